//! Actions that no honest program sends: real ones with something in their bytes changed.

use crate::codec;
use crate::game::Data;

/// Numbers that rules forget: the ends of what fits one, two, four and eight bytes, as varints.
const ENDS: [&[u8]; 8] = [
    &[0],
    &[0x7f],
    &[0xff, 0x01],
    &[0x80, 0x80, 0x04],
    &[0xff, 0xff, 0x03],
    &[0xff, 0xff, 0xff, 0xff, 0x0f],
    &[0x80, 0x80, 0x80, 0x80, 0x08],
    &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
];

/// `action` with one place of its bytes changed, if that is an action of the game too. `below`
/// draws a number below another.
pub(super) fn twisted<A: Data>(action: &A, mut below: impl FnMut(usize) -> usize) -> Option<A> {
    let mut bytes = codec::encode(action)
        .ok()
        .filter(|bytes| !bytes.is_empty())?;
    let at = below(bytes.len());
    match below(3) {
        0 => bytes[at] ^= 1 << below(8),
        1 => bytes[at] = bytes[at].wrapping_add(1),
        _ => {
            // A whole number makes place for another.
            let number = bytes[at..].iter().position(|byte| *byte < 0x80);
            let end = at + number.unwrap_or(0) + 1;
            bytes.splice(at..end, ENDS[below(ENDS.len())].iter().copied());
        }
    }
    codec::decode(&bytes).ok()
}
