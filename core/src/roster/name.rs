//! What people call a player.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::limits::NAME_CHARS_MAX;

/// What people call a player: 1 to 32 characters without control codes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Name(String);

/// A name that is empty, too long, or holds control codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// No visible character.
    #[error("a name needs at least one visible character")]
    Empty,
    /// More than 32 characters.
    #[error("a name has {0} characters, at most {NAME_CHARS_MAX} are allowed")]
    TooLong(usize),
    /// A control code, a line break or a direction override.
    #[error("a name may not hold control codes")]
    Control,
}

/// Whether a character of one text could change how others beside it look: a control code, a line
/// break or a direction override.
pub(crate) fn rewrites_the_screen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

impl Name {
    /// The name `text`, with white space trimmed from both ends.
    ///
    /// # Errors
    /// [`NameError`] if it is empty, longer than 32 characters, or holds control codes.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let text = text.trim();
        let count = text.chars().count();
        if text.is_empty() {
            Err(NameError::Empty)
        } else if count > NAME_CHARS_MAX {
            Err(NameError::TooLong(count))
        } else if text.chars().any(rewrites_the_screen) {
            Err(NameError::Control)
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(&text).map_err(D::Error::custom)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
