//! What the documents for strangers have in common: hexadecimal fields, and how they speak of
//! people.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::{self, from_hex, to_hex};
use crate::roster::{Holder, Roster};
use crate::seat::Seats;

/// What stands before all that a document says of a roster that its genesis does not show.
pub(crate) const IF_THEY_SAT_THERE: &str =
    "if those sat there who are said to, which the genesis does not show, ";

/// A value's canonical bytes, in hexadecimal.
pub(crate) fn hex<T: Serialize>(value: &T) -> String {
    // Invariant: documents hold integers, bytes and text only, which always encode.
    to_hex(&codec::encode(value).expect("documents always encode"))
}

/// The value of a field; none if it is not one in canonical bytes.
pub(crate) fn read<T: DeserializeOwned + Serialize>(text: &str) -> Option<T> {
    codec::decode(&from_hex(text)?).ok()
}

/// What the holders of `seats` are called. Of a roster that is not the `founding` one, whoever
/// wrote the document may have made the names up: what it shows is what their keys did.
pub(crate) fn names(roster: &Roster, seats: Seats, founding: bool) -> String {
    let name = |holder: &Holder| {
        if founding {
            return holder.name.to_string();
        }
        let key = to_hex(&holder.key.as_bytes()[..8]);
        format!("the holder of key {key}, said to be {}", holder.name)
    };
    let holders = seats.iter().filter_map(|seat| roster.holder(seat));
    let names: Vec<_> = holders.map(name).collect();
    names.join(if founding { ", " } else { "; " })
}
