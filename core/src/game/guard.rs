//! Runs the rules so that a panic in them is a refusal.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Rejection, Verdict};

/// Runs the `hook` of the rules that this is; a panic becomes a [`Rejection`] marked as a bug, and
/// says in which hook.
///
/// Unwind safety is the caller's: it hands the rules copies that it drops on `Err`. The process's
/// panic hook has printed by then. Core installs none, for a hook belongs to the whole process; a
/// host that owns the process may quiet it while it drives a table.
pub(crate) fn guarded<T>(hook: &'static str, rules: impl FnOnce() -> T) -> Verdict<T> {
    catch_unwind(AssertUnwindSafe(rules)).map_err(|panic| {
        let message = message(&*panic);
        Rejection::formatted(
            "the rules panicked",
            format_args!("{hook} panicked: {message}"),
        )
        .as_bug()
    })
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&'static str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
