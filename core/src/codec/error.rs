//! Why a value cannot be encoded, or bytes cannot be decoded.

use std::fmt::Display;

/// A value without a canonical encoding.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// Nested deeper than [`DECODE_DEPTH_MAX`](crate::limits::DECODE_DEPTH_MAX).
    #[error("nested too deeply")]
    Depth,
    /// A list of elements without bytes, such as `Vec<()>`: its length alone would make memory
    /// grow.
    #[error("a list of elements without bytes has no canonical encoding; use a count")]
    EmptyElements,
    /// Floats differ between platforms; a decided value must not.
    #[error("a float has no canonical encoding; use integers, such as cents")]
    Float,
    /// A map whose keys do not ascend, such as a `HashMap`: its order differs between devices.
    #[error("map keys do not ascend; use a BTreeMap")]
    MapOrder,
    /// A sequence or map that does not know its length.
    #[error("a sequence of unknown length has no canonical encoding")]
    UnknownLength,
    /// A sequence or map with more or fewer elements than its `Serialize` announced.
    #[error("a sequence of another length than it announces")]
    WrongLength,
    /// The value's own `Serialize` refused.
    #[error("not serializable: {0}")]
    Custom(String),
}

impl serde::ser::Error for EncodeError {
    fn custom<T: Display>(message: T) -> Self {
        Self::Custom(message.to_string())
    }
}

/// Bytes that are not the canonical encoding of a value of the wanted type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("byte {offset}: {kind}")]
pub struct DecodeError {
    /// How many bytes had been read.
    pub offset: usize,
    /// What was wrong there.
    pub kind: DecodeErrorKind,
}

/// What was wrong with the bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// Nested deeper than [`DECODE_DEPTH_MAX`](crate::limits::DECODE_DEPTH_MAX).
    #[error("nested too deeply")]
    Depth,
    /// The bytes end inside the value.
    #[error("unexpected end")]
    End,
    /// The value's type refused what it was given.
    #[error("invalid value: {0}")]
    Invalid(String),
    /// A length beyond the end of the bytes.
    #[error("length beyond the end")]
    Length,
    /// The value encodes to other bytes than these.
    #[error("not the canonical encoding")]
    NotCanonical,
    /// A bool, option or character with an impossible value.
    #[error("impossible tag")]
    Tag,
    /// Bytes after the value.
    #[error("trailing bytes")]
    Trailing,
    /// The type asks for a format that describes itself, or for a float.
    #[error("type cannot be decoded")]
    Unsupported,
    /// Text that is not UTF-8.
    #[error("not UTF-8")]
    Utf8,
    /// A varint that is over-long or too large for its type.
    #[error("varint over-long or too large")]
    Varint,
}

impl serde::de::Error for DecodeErrorKind {
    fn custom<T: Display>(message: T) -> Self {
        Self::Invalid(message.to_string())
    }
}
