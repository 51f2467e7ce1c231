//! One line for a panic of the rules, instead of a dump on the player's screen.

use std::panic::{self, PanicHookInfo};

/// Replaces the process's panic hook by one that writes a line to the log.
///
/// Tables catch every panic of a game's rules and go on, and the rules fingerprint panics once on
/// purpose, to see whether this build checks arithmetic; the usual hook would print each over the
/// player's screen. For programs only: a hook belongs to the whole process, so no library calls
/// this, but [`quorate::play`](https://docs.rs/quorate) does.
pub fn quiet_panics() {
    panic::set_hook(Box::new(|info| {
        if !is_probe(info) {
            let thread = std::thread::current();
            let thread = thread.name().unwrap_or("without a name");
            tracing::error!(thread, "{info}");
        }
    }));
}

/// Whether it is the fingerprint's own.
fn is_probe(info: &PanicHookInfo<'_>) -> bool {
    let file = info.location().map_or("", |location| location.file());
    file.replace('\\', "/").ends_with("check/fingerprint.rs")
}
