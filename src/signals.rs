//! Whether the system wants this program to end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::{consts, flag};

/// What asks a program to end: Ctrl-C, `kill`, and the end of its terminal.
const SIGNALS: &[std::ffi::c_int] = &[
    consts::SIGINT,
    consts::SIGTERM,
    #[cfg(unix)]
    consts::SIGHUP,
];

static ASKED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Whether somebody asked this program to end: with Ctrl-C, with `kill`, or by closing its
/// terminal.
///
/// The first call begins to listen. From then on such a signal no longer ends the program, which
/// looks here from time to time and ends by itself, so that its peers hear what it said last, and
/// its terminal is as it was. A second signal ends it at once.
///
/// ```
/// assert!(!quorate::asked_to_leave());
/// ```
#[must_use]
pub fn asked_to_leave() -> bool {
    ASKED.get_or_init(listen).load(Ordering::Relaxed)
}

fn listen() -> Arc<AtomicBool> {
    let asked = Arc::new(AtomicBool::new(false));
    for signal in SIGNALS {
        // In this order, or the first signal would find the flag set that it sets itself. Where
        // the system refuses either, the signal ends the program as it always did.
        let _ = flag::register_conditional_default(*signal, Arc::clone(&asked));
        let _ = flag::register(*signal, Arc::clone(&asked));
    }
    asked
}
