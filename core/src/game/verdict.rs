//! What the rules say to a move: yes, or no and why.

use std::borrow::Cow;
use std::fmt;

/// The answer of the rules: a value, or the reason why not.
pub type Verdict<T = ()> = Result<T, Rejection>;

/// Why the rules refuse something. It is told to the player and never decided by the table, so its
/// text may be translated, shortened or changed without a new version of the rules.
///
/// Written with [`reject!`](crate::reject) and [`ensure!`](crate::ensure), or made from a literal:
///
/// ```
/// use quorate_core::game::{Rejection, Verdict};
/// fn square(index: u8) -> Verdict<u8> {
///     quorate_core::ensure!(index < 9, "there is no square {index}");
///     Ok(index)
/// }
/// let refused = square(11).unwrap_err();
/// assert_eq!(refused.code, "there is no square {index}");
/// assert_eq!(refused.text, "there is no square 11");
/// assert_eq!(Rejection::from("too late").code, "too late");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The unformatted literal: a key for translations.
    pub code: &'static str,
    /// What to show where there is no translation.
    pub text: Cow<'static, str>,
    /// Whether the rules are at fault and not the player: a panic, lost value, a misuse of
    /// [`Cx`](super::Cx).
    pub bug: bool,
}

impl Rejection {
    /// A refusal whose text is its code.
    #[must_use]
    pub const fn new(code: &'static str) -> Self {
        Self {
            code,
            text: Cow::Borrowed(code),
            bug: false,
        }
    }

    /// A refusal with a formatted text; what [`reject!`](crate::reject) expands to.
    #[must_use]
    pub fn formatted(code: &'static str, text: fmt::Arguments<'_>) -> Self {
        let text = text
            .as_str()
            .map_or_else(|| Cow::Owned(text.to_string()), Cow::Borrowed);
        Self {
            code,
            text,
            bug: false,
        }
    }

    /// The same refusal, marked as the fault of the rules.
    #[must_use]
    pub fn as_bug(self) -> Self {
        Self { bug: true, ..self }
    }
}

impl From<&'static str> for Rejection {
    fn from(code: &'static str) -> Self {
        Self::new(code)
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whose = if self.bug { "a bug in the rules: " } else { "" };
        write!(f, "{whose}{}", self.text)
    }
}

impl std::error::Error for Rejection {}

/// Returns `Err` with a [`Rejection`](crate::game::Rejection) from a function of the rules.
///
/// The literal is the code, the formatted literal the text.
#[macro_export]
macro_rules! reject {
    ($code:literal $($args:tt)*) => {
        return ::core::result::Result::Err($crate::game::Rejection::formatted(
            $code,
            ::core::format_args!($code $($args)*),
        ))
    };
}

/// [Rejects](crate::reject) unless a condition holds.
#[macro_export]
macro_rules! ensure {
    ($condition:expr, $code:literal $($args:tt)*) => {
        if !$condition {
            $crate::reject!($code $($args)*);
        }
    };
}
