//! The canonical codec: one value, one encoding.
//!
//! A compact, non-self-describing serde format. Integers are minimal LEB128 varints (signed ones
//! zigzagged, `u8` a plain byte), sequences and strings carry their length, options and bools are
//! one byte of 0 or 1, enum variants their index. Floats have no encoding, and a map whose keys do
//! not ascend is refused, so that a `HashMap` in a game's state is an error at the first encode
//! instead of a fork later.
//!
//! Decoding refuses trailing bytes, over-long varints and lengths beyond the input, nests to a
//! bounded depth, and encodes the value again and compares: bytes that decode are the only bytes
//! that decode to that value.

mod blob;
mod decode;
mod encode;
mod error;
mod hex;
mod order;
pub(crate) mod raw;

use serde::{Serialize, de::DeserializeOwned};

pub use blob::Blob;
pub use error::{DecodeError, DecodeErrorKind, EncodeError};
pub use hex::{from_hex, to_hex};

/// Room for most messages, so that few encodings grow.
pub(crate) const USUAL: usize = 256;

/// The canonical bytes of `value`.
///
/// # Errors
/// [`EncodeError`] if the value holds a float, a map whose keys do not ascend, a sequence of
/// unknown or wrong length or of elements without bytes, or nests too deeply, or if its own
/// `Serialize` fails.
///
/// ```
/// let bytes = quorate_core::codec::encode(&(7u32, "seven")).unwrap();
/// assert_eq!(bytes, [7, 5, b's', b'e', b'v', b'e', b'n']);
/// assert!(quorate_core::codec::encode(&0.5f32).is_err());
/// ```
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, EncodeError> {
    encode_after(Vec::with_capacity(USUAL), value)
}

/// `bytes`, and after them the canonical bytes of `value`.
pub(crate) fn encode_after<T: Serialize + ?Sized>(
    bytes: Vec<u8>,
    value: &T,
) -> Result<Vec<u8>, EncodeError> {
    let mut encoder = encode::Encoder::after(bytes);
    value.serialize(&mut encoder)?;
    Ok(encoder.into_bytes())
}

/// Where a value that cannot be encoded has what cannot, as ` in a.b.c`; nothing if that is in no
/// field of a struct.
pub(crate) fn place_of_error<T: Serialize + ?Sized>(value: &T) -> String {
    let mut encoder = encode::Encoder::after(Vec::new());
    match value.serialize(&mut encoder) {
        Err(_) if !encoder.place().is_empty() => format!(" in {}", encoder.place().join(".")),
        _ => String::new(),
    }
}

/// The value whose canonical bytes are `bytes`.
///
/// # Errors
/// [`DecodeError`] with the offset and the reason if `bytes` are not exactly that.
///
/// ```
/// use quorate_core::codec::{decode, DecodeErrorKind};
/// assert_eq!(decode::<u32>(&[7]).unwrap(), 7);
/// assert_eq!(decode::<u32>(&[0x87, 0]).unwrap_err().kind, DecodeErrorKind::Varint);
/// ```
pub fn decode<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    let mut decoder = decode::Decoder::new(bytes);
    let value = T::deserialize(&mut decoder).map_err(|kind| decoder.error(kind))?;
    if decoder.remaining() > 0 {
        return Err(decoder.error(DecodeErrorKind::Trailing));
    }
    match encode_after(Vec::with_capacity(bytes.len()), &value) {
        Ok(again) if again == bytes => Ok(value),
        _ => Err(decoder.error(DecodeErrorKind::NotCanonical)),
    }
}

/// The value at the beginning of `bytes`, whatever stands behind it.
///
/// # Errors
/// As [`decode`].
pub(crate) fn decode_first<T: Serialize + DeserializeOwned>(
    bytes: &[u8],
) -> Result<T, DecodeError> {
    let mut decoder = decode::Decoder::new(bytes);
    let value = T::deserialize(&mut decoder).map_err(|kind| decoder.error(kind))?;
    let read = bytes.len() - decoder.remaining();
    match encode_after(Vec::with_capacity(read), &value) {
        Ok(again) if again == bytes[..read] => Ok(value),
        _ => Err(decoder.error(DecodeErrorKind::NotCanonical)),
    }
}
