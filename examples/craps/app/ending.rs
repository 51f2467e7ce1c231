//! Signals that ask the program to end, so that it gives the terminal back before it does.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// Whether somebody asked the program to end.
pub(super) struct Ending(Arc<AtomicBool>);

impl Ending {
    /// From here on the first signal is a wish, and the second one ends the program at once.
    pub(super) fn watch() -> io::Result<Self> {
        let asked = Arc::new(AtomicBool::new(false));
        #[cfg(unix)]
        let also = [signal_hook::consts::SIGHUP];
        #[cfg(not(unix))]
        let also = [];
        for signal in [SIGINT, SIGTERM].into_iter().chain(also) {
            flag::register_conditional_default(signal, Arc::clone(&asked))?;
            flag::register(signal, Arc::clone(&asked))?;
        }
        Ok(Self(asked))
    }

    pub(super) fn is_asked_for(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
