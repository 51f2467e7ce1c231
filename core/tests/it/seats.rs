//! Seats by their numbers.

use quorate_core::{Seat, Seats};

pub(crate) fn seat(index: u8) -> Seat {
    Seat::new(index).unwrap()
}

pub(crate) fn seats(indices: &[u8]) -> Seats {
    indices.iter().map(|index| seat(*index)).collect()
}
