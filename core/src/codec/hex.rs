//! Bytes as text, for documents that people and other programs read.

/// `bytes` in lower-case hexadecimal.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The bytes that `text` is the hexadecimal form of; none if it is of none.
///
/// ```
/// use quorate_core::codec::{from_hex, to_hex};
/// assert_eq!(from_hex(&to_hex(b"dice")).as_deref(), Some(&b"dice"[..]));
/// assert_eq!(from_hex("+f"), None);
/// ```
#[must_use]
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let nibble = |digit: u8| char::from(digit).to_digit(16);
    let pair = |pair: &[u8]| {
        let [high, low] = *pair else { return None };
        u8::try_from(nibble(high)? << 4 | nibble(low)?).ok()
    };
    text.as_bytes().chunks(2).map(pair).collect()
}
