//! Hidden rolls: dealt to their owners, and shown by them when the game asks.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::execution::Execution;
use super::{EntryRefusal, TableState};
use crate::dice::{Dealt, Leaf, Opening, Part, PotError};
use crate::digest::Digest;
use crate::game::{Game, Hidden, Roll, Shown};
use crate::limits::SHOWS_PER_ENTRY_MAX;
use crate::seat::{Seat, Seats};
use crate::state::Play;
use crate::time::Height;

/// The hidden rolls that are not over, and those that are being shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HiddenRolls {
    /// By the number of the roll.
    dealt: Arc<BTreeMap<u32, Dealt>>,
    show: Option<OpenShow>,
}

/// Hidden rolls that wait to be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct OpenShow {
    /// The height that decided the request.
    id: Height,
    /// What was shown so far, by the number of the roll.
    shown: BTreeMap<u32, Roll>,
}

impl HiddenRolls {
    /// What the table knows of `hidden`, once it is being dealt.
    #[must_use]
    pub fn get(&self, hidden: &Hidden) -> Option<&Dealt> {
        self.dealt.get(&hidden.id())
    }

    /// The secrets that their owners keep back.
    fn leaves(&self) -> impl Iterator<Item = (u32, Leaf)> {
        self.dealt
            .iter()
            .filter_map(|(id, dealt)| match dealt.part {
                Part::Leaf(leaf) => Some((*id, leaf)),
                _ => None,
            })
    }

    /// The secrets of `owned` rolls are gone with their owner: nobody can show them any more.
    pub(super) fn lose(&mut self, owned: impl Fn(u32) -> bool) {
        for (id, dealt) in Arc::make_mut(&mut self.dealt).iter_mut() {
            if owned(*id) {
                dealt.part = Part::Missing;
            }
        }
    }

    fn deal(&mut self, hidden: &Hidden, part: Part) {
        let thrown = None;
        Arc::make_mut(&mut self.dealt).insert(hidden.id(), Dealt { part, thrown });
    }
}

impl<G: Game> TableState<G> {
    /// The hidden rolls that are not over.
    #[must_use]
    pub const fn hidden(&self) -> &HiddenRolls {
        &self.hidden
    }

    /// The lowest number of a commitment of `seat` whose secrets are still needed; none if none is.
    #[must_use]
    pub fn kept_since(&self, seat: Seat) -> Option<u64> {
        let owned = |id: &u32| {
            let play = self.play.as_ref();
            play.is_some_and(|play| play.hidden_of(*id).is_some_and(|h| h.owner() == seat))
        };
        let hidden = self.hidden.leaves().filter(|(id, _)| owned(id));
        let leaves = hidden
            .map(|(_, leaf)| leaf)
            .chain(self.sealed_by(seat).and_then(|sealed| sealed.leaf));
        leaves.map(|leaf| leaf.counter).min()
    }

    /// The hidden rolls that `seat` has yet to show, ascending.
    #[must_use]
    pub fn owed_shows(&self, seat: Seat) -> Vec<Hidden> {
        let Some((show, play)) = self.hidden.show.as_ref().zip(self.play.as_ref()) else {
            return Vec::new();
        };
        let owed = |hidden: &&Hidden| {
            let leaf = matches!(self.hidden.get(hidden), Some(dealt) if dealt.part.is_leaf());
            leaf && hidden.owner() == seat && !show.shown.contains_key(&hidden.id())
        };
        let mut owed: Vec<_> = play.needs().show.iter().filter(owed).copied().collect();
        owed.sort_unstable();
        owed
    }

    /// The hidden rolls that are being shown, by the height that asked for it, and the owners that
    /// have yet to show theirs.
    #[must_use]
    pub fn showing(&self) -> Option<(Height, Seats)> {
        let (show, play) = self.hidden.show.as_ref().zip(self.play.as_ref())?;
        let able = play.players() & self.roster.players();
        let owes = |seat: &Seat| !self.owed_shows(*seat).is_empty();
        Some((show.id, able.iter().filter(owes).collect()))
    }
}

impl<G: Game> Execution<G> {
    /// Sets aside what the owners of the hidden rolls to be dealt keep back, while `contributors`
    /// reveal. An owner that has used up its secrets and commits anew by revealing is dealt to in
    /// the next roll.
    pub(super) fn set_aside(&mut self, contributors: Seats) {
        let state = self.state_mut();
        let deal = state.play.as_ref().map(|play| play.needs().deal.clone());
        for hidden in deal.unwrap_or_default() {
            let owner = hidden.owner();
            if state.hidden.get(&hidden).is_some() {
                continue; // set aside before somebody withheld: it stays what it was
            }
            match state.pot.take_leaf(owner) {
                Ok(leaf) => state.hidden.deal(&hidden, Part::Leaf(leaf)),
                Err(_) if contributors.contains(owner) => {}
                Err(_) => state.hidden.deal(&hidden, Part::Missing),
            }
        }
    }

    /// Deals the hidden rolls for which secrets were set aside: everybody's come to `thrown`.
    pub(super) fn deal(&mut self, thrown: Digest) {
        let state = self.state_mut();
        let Some(play) = &mut state.play else { return };
        let set_aside = |hidden: &&Hidden| state.hidden.get(hidden).is_some();
        let batch: Vec<_> = play
            .needs()
            .deal
            .iter()
            .filter(set_aside)
            .copied()
            .collect();
        if batch.is_empty() {
            return;
        }
        let dealt = Arc::make_mut(&mut state.hidden.dealt);
        for hidden in &batch {
            dealt
                .entry(hidden.id())
                .and_modify(|dealt| dealt.thrown = Some(thrown));
        }
        let step = play.dealt(&batch);
        self.took(step);
    }

    /// Deals all hidden rolls with practice dice.
    pub(super) fn deal_practice(&mut self, thrown: Digest) {
        let state = self.state_mut();
        let deal = state.play.as_ref().map(|play| play.needs().deal.clone());
        for hidden in deal.unwrap_or_default() {
            state.hidden.deal(&hidden, Part::Practice);
        }
        self.deal(thrown);
    }

    /// A seat shows some of the hidden rolls that it was asked for, the lowest numbers first.
    pub(super) fn show(
        &mut self,
        seat: Seat,
        show: Height,
        openings: &[Opening],
    ) -> Result<(), EntryRefusal> {
        let open = self.state().showing();
        if open.is_none_or(|(id, awaited)| id != show || !awaited.contains(seat)) {
            return Err(EntryRefusal::NotAwaited(seat));
        }
        let owed = self.state().owed_shows(seat);
        if openings.is_empty() || openings.len() > owed.len().min(SHOWS_PER_ENTRY_MAX) {
            return Err(EntryRefusal::Size(openings.len()));
        }
        let rolls = owed.iter().zip(openings);
        let rolls: Option<Vec<_>> = rolls
            .map(|(hidden, opening)| Some((hidden.id(), self.shown_by(seat, hidden, opening)?)))
            .collect();
        let rolls = rolls.ok_or(PotError::Mismatch(seat))?;
        let show = self.state_mut().hidden.show.as_mut();
        show.into_iter()
            .for_each(|show| show.shown.extend(rolls.clone()));
        Ok(())
    }

    /// What `opening` makes of `hidden`, if it is the owner's.
    fn shown_by(&self, seat: Seat, hidden: &Hidden, opening: &Opening) -> Option<Roll> {
        let state = self.state();
        let (key, dealt) = (state.roster.holder(seat)?.key, state.hidden.get(hidden)?);
        let Part::Leaf(leaf) = dealt.part else {
            return None;
        };
        let opens = opening.opens_leaf(&leaf, state.table, key);
        opens.then(|| dealt.open(state.table, hidden, Some(opening.nonce())))?
    }

    /// Asks the owners to show what the game wants to see, or, if nobody is awaited, shows it.
    pub(super) fn ask_or_show(&mut self) {
        let id = self.state().height;
        let hidden = &mut self.state_mut().hidden;
        if hidden.show.is_some() {
            return self.shown();
        }
        hidden.show = Some(OpenShow {
            id,
            shown: BTreeMap::new(),
        });
    }

    /// Gives the rules what was shown; what was not is withheld.
    pub(super) fn shown(&mut self) {
        let state = self.state_mut();
        let show = state.hidden.show.take();
        let mut rolls = show.map(|show| show.shown).unwrap_or_default();
        let Some(play) = &mut state.play else { return };
        let mut shown = Shown::default();
        for hidden in &play.needs().show {
            let practice = || state.hidden.get(hidden)?.open(state.table, hidden, None);
            let roll = rolls.remove(&hidden.id()).or_else(practice);
            shown.insert(
                hidden,
                roll.filter(|_| play.players().contains(hidden.owner())),
            );
        }
        let step = play.shown(shown);
        self.took(step);
    }

    /// Forgets the hidden rolls that are over.
    pub(super) fn forget_hidden(&mut self) {
        let state = self.state_mut();
        let open = |id: &u32| {
            let play = state.play.as_ref();
            play.is_some_and(|play: &Play<G>| play.hidden_of(*id).is_some())
        };
        if !state.hidden.dealt.keys().all(open) {
            let mut dealt = (*state.hidden.dealt).clone();
            dealt.retain(|id, _| open(id));
            state.hidden.dealt = Arc::new(dealt);
        }
        if state
            .play
            .as_ref()
            .is_none_or(|play| play.needs().show.is_empty())
        {
            state.hidden.show = None;
        }
    }
}
