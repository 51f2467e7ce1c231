//! One line for a panic of the rules, instead of a dump on the player's screen.

use std::collections::VecDeque;
use std::panic::{self, PanicHookInfo};
use std::sync::{Mutex, PoisonError};

/// Panics whose place is remembered: rules that panic often do so at few places.
const PANICS_KEPT: usize = 32;

/// What the last panics said, and where, the newest last; each is kept once.
static PANICS: Mutex<VecDeque<(String, String)>> = Mutex::new(VecDeque::new());

/// Replaces the process's panic hook by one that writes a line to the log, and remembers where the
/// panic was for [`with_panic_place`].
///
/// Tables catch every panic of a game's rules and go on, and the rules fingerprint panics once on
/// purpose, to see whether this build checks arithmetic; the usual hook would print each over the
/// player's screen. For programs only: a hook belongs to the whole process, so no library calls
/// this, but [`quorate::play`](https://docs.rs/quorate) does.
pub fn quiet_panics() {
    panic::set_hook(Box::new(|info| {
        if !is_probe(info) {
            remember(info);
            let thread = std::thread::current();
            let thread = thread.name().unwrap_or("without a name");
            tracing::error!(thread, "{info}");
        }
    }));
}

/// `text`, which tells of a panic of the rules, with the place of that panic put in: `apply
/// panicked: no such card` becomes `apply panicked at src/main.rs:153: no such card`. Unchanged if
/// [`quiet_panics`] was not called before, or heard of no such panic.
///
/// ```
/// quorate_p2p::quiet_panics();
/// let _ = std::panic::catch_unwind(|| panic!("no such card"));
/// let text = quorate_p2p::with_panic_place("apply panicked: no such card");
/// assert!(text.starts_with("apply panicked at ") && text.ends_with(": no such card"));
/// ```
#[must_use]
pub fn with_panic_place(text: &str) -> String {
    let panics = PANICS.lock().unwrap_or_else(PoisonError::into_inner);
    let told = |(message, _): &&(String, String)| text.contains(&panicked(message));
    match panics.iter().rev().find(told) {
        Some((message, place)) => {
            let placed = format!("panicked at {place}: {message}");
            text.replacen(&panicked(message), &placed, 1)
        }
        None => text.to_owned(),
    }
}

/// How a refusal of the rules quotes a panic.
fn panicked(message: &str) -> String {
    format!("panicked: {message}")
}

fn remember(info: &PanicHookInfo<'_>) {
    let payload = info.payload();
    let literal = payload.downcast_ref::<&str>().copied();
    let message = literal.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let (Some(message), Some(place)) = (message, info.location()) else {
        return;
    };
    let place = format!("{}:{}", place.file(), place.line());
    let one = (message.to_owned(), place);
    let mut panics = PANICS.lock().unwrap_or_else(PoisonError::into_inner);
    panics.retain(|known| *known != one);
    if panics.len() == PANICS_KEPT {
        panics.pop_front();
    }
    panics.push_back(one);
}

/// Whether it is the fingerprint's own.
fn is_probe(info: &PanicHookInfo<'_>) -> bool {
    let file = info.location().map_or("", |location| location.file());
    file.replace('\\', "/").ends_with("check/fingerprint.rs")
}
