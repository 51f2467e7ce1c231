//! From a stream of bytes to dice, without bias.
//!
//! Every table uses this one function: the local one feeds it a seeded stream, the networked one a
//! stream that all players made together. It is simple enough to check by hand: read four bytes,
//! little-endian; keep as many low bits as the largest wanted number has; if the result is too
//! large, read the next four.

use blake3::OutputReader;

use crate::game::Draw;

/// The result of `draw` that the stream gives, from where it stands. A draw that is not
/// [valid](Draw::is_valid) gives nothing and reads nothing.
///
/// Dice are numbers below their sides, plus one. An order starts from 0, 1, 2 and so on and
/// exchanges, from the last place down to the second, each place with one drawn at or below it.
pub fn draw(xof: &mut OutputReader, draw: &Draw) -> Vec<u32> {
    if !draw.is_valid() {
        return Vec::new();
    }
    match *draw {
        Draw::Dice { count, sides } => (0..count).map(|_| below(xof, sides) + 1).collect(),
        Draw::Below(bound) => vec![below(xof, bound)],
        Draw::Order(count) => {
            let mut order: Vec<u32> = (0..u32::from(count)).collect();
            for last in (1..u32::from(count)).rev() {
                let other = below(xof, last + 1);
                order.swap(last as usize, other as usize);
            }
            order
        }
    }
}

/// A number from 0 to `bound - 1`, each equally likely, for a `bound` above 0. Half of all reads
/// or more are good, whatever the bound.
pub(crate) fn below(xof: &mut OutputReader, bound: u32) -> u32 {
    let mask = u32::MAX
        .checked_shr((bound - 1).leading_zeros())
        .unwrap_or(0);
    loop {
        let mut bytes = [0; 4];
        xof.fill(&mut bytes);
        let number = u32::from_le_bytes(bytes) & mask;
        if number < bound {
            return number;
        }
    }
}
