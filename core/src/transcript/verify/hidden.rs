//! Hidden rolls by hand: what everybody threw in, and what their owners showed.

use std::collections::BTreeMap;

use super::dice::{self, Dice};
use super::flaw::Cause;
use crate::dice::Part;
use crate::game::Game;
use crate::message::{Block, Content};
use crate::table::TableState;

/// Checks that the hidden rolls dealt between two states rest on the secrets that were revealed.
/// They count once they are shown.
pub(super) fn dealt<G: Game>(
    (before, after): (&TableState<G>, &TableState<G>),
    dice: &Dice,
) -> Result<u64, Cause> {
    let Some(play) = after.play() else {
        return Ok(0);
    };
    for hidden in play.hidden() {
        let thrown = |table: &TableState<G>| table.hidden().get(hidden)?.thrown;
        let is_leaf = after
            .hidden()
            .get(hidden)
            .is_some_and(|dealt| dealt.part.is_leaf());
        let Some(now) = thrown(after).filter(|_| is_leaf && thrown(before).is_none()) else {
            continue;
        };
        if dice.dealt(after.table()) != Some(now) {
            return Err(Cause::NoSecrets);
        }
    }
    Ok(0)
}

/// Makes the hidden rolls that the entries of `block` show again, as they stood in `table` before
/// it; tells how many there were.
pub(super) fn shown<G: Game>(table: &TableState<G>, block: &Block) -> Result<u64, Cause> {
    let mut done = BTreeMap::new();
    let mut rolls = 0;
    for entry in &block.entries {
        let Content::Show { openings, .. } = &entry.body.content else {
            continue;
        };
        let seat = entry.body.seat;
        let done = done.entry(seat).or_insert(0);
        let owed = table.owed_shows(seat);
        for (hidden, opening) in owed.iter().skip(*done).zip(openings) {
            let Some(dealt) = table.hidden().get(hidden) else {
                continue;
            };
            let (Some(thrown), Part::Leaf(leaf)) = (dealt.thrown, dealt.part) else {
                continue;
            };
            if opening.leaf() != leaf.index {
                return Err(Cause::NoSecrets);
            }
            let id = (table.table(), hidden.id());
            let here = dice::hidden(id, &thrown, opening.nonce(), &hidden.draw());
            let said = dealt.open(table.table(), hidden, Some(opening.nonce()));
            let said = said.map_or_else(Vec::new, |roll| roll.values().to_vec());
            if said != here {
                return Err(Cause::Dice { said, here });
            }
            rolls += 1;
        }
        *done += openings.len();
    }
    Ok(rolls)
}
