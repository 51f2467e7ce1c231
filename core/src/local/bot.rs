//! A bot that knows nothing: it does anything legal.

use std::collections::BTreeMap;

use blake3::OutputReader;
use serde::Serialize;

use crate::codec;
use crate::dice::draw::below;

/// One of `actions` by chance: first the kind of action (the variant of an enum), each equally
/// likely, then one of that kind. If every action were equally likely, forty sizes of a raise would
/// drown the one fold, and games would never end.
pub fn pick<A: Serialize>(mut actions: Vec<A>, chance: &mut OutputReader) -> Option<A> {
    let mut kinds: BTreeMap<Vec<u8>, Vec<usize>> = BTreeMap::new();
    for (index, action) in actions.iter().enumerate() {
        kinds.entry(kind(action)).or_default().push(index);
    }
    let of_kind = one_of(kinds.len(), chance).and_then(|kind| kinds.values().nth(kind))?;
    let index = *of_kind.get(one_of(of_kind.len(), chance)?)?;
    Some(actions.swap_remove(index))
}

fn one_of(count: usize, chance: &mut OutputReader) -> Option<usize> {
    let bound = u32::try_from(count).ok().filter(|bound| *bound > 0)?;
    Some(below(chance, bound) as usize)
}

/// What an action's encoding begins with: the index of the variant, if it is an enum.
fn kind<A: Serialize>(action: &A) -> Vec<u8> {
    let mut bytes = codec::encode(action).unwrap_or_default();
    let length = bytes
        .iter()
        .position(|byte| byte & 0x80 == 0)
        .map_or(0, |last| last + 1);
    bytes.truncate(length);
    bytes
}
