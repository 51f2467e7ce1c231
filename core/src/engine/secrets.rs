//! What this seat keeps to itself: the seeds of its secrets, the moves it sealed, and what they
//! open.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::{Engine, Request};
use crate::dice::{self, Commitment, Opening, Part, Secrets};
use crate::digest::domain_hasher;
use crate::game::{Game, Viewer};
use crate::genesis::DicePolicy;
use crate::journal::{Record, Spent};
use crate::limits::SHOWS_PER_ENTRY_MAX;
use crate::message::Content;
use crate::seat::Seat;
use crate::state::Play;
use crate::table::Sealed;
use crate::time::Height;

/// Keeps this seat's secrets.
#[derive(Debug)]
pub(super) struct Secretary {
    /// Seeds of secrets by the number of their commitment; those that are spent are dropped.
    seeds: BTreeMap<u64, Zeroizing<[u8; 32]>>,
    /// Moves of this seat by the turn they were sealed in. Of several, decided is which it was.
    sealed: Vec<(u64, Zeroizing<Vec<u8>>)>,
    entropy: [u8; 32],
}

impl Secretary {
    pub(super) const fn new(entropy: [u8; 32]) -> Self {
        Self {
            seeds: BTreeMap::new(),
            sealed: Vec::new(),
            entropy,
        }
    }

    /// Takes back a seed from the journal.
    pub(super) fn resume(&mut self, counter: u64, seed: [u8; 32]) {
        self.seeds.insert(counter, Zeroizing::new(seed));
    }

    /// Takes back a sealed move from the journal.
    pub(super) fn resume_seal(&mut self, turn: u64, action: Vec<u8>) {
        self.sealed.push((turn, Zeroizing::new(action)));
    }

    /// A seed for the secrets of the `counter`-th commitment.
    fn seed(&self, counter: u64) -> [u8; 32] {
        let mut hasher = domain_hasher("dice/seed");
        hasher.update(&self.entropy);
        hasher.update(&counter.to_be_bytes());
        *hasher.finalize().as_bytes()
    }
}

impl<G: Game> Engine<G> {
    /// What binds this seat to `action` in this sealed turn, once the move is on its way to the
    /// disk; none while the seat has no secret left for it.
    pub(super) fn make_seal(&mut self, seat: Seat, turn: u64, action: Vec<u8>) -> Option<Content> {
        let leaf = match self.table.genesis().dice {
            DicePolicy::Local => None,
            DicePolicy::CommitReveal { .. } => Some(self.table.pot().next_leaf(seat)?),
        };
        // Practice tables have no commitments: each turn has secrets of its own.
        let (counter, index) = leaf.map_or((turn, 0), |leaf| (leaf.counter, leaf.index));
        if leaf.is_none() {
            self.fresh_commitment(counter)?;
        }
        let opening = self.secrets(counter)?.open(index)?;
        let (table, key) = (self.table.table(), self.signer.as_ref()?.public());
        let seal = dice::seal(table, key, turn, opening.nonce(), &action);
        let record = Record::Sealed {
            turn,
            action: action.clone(),
        };
        self.outbox.persist(record, Vec::new());
        self.secretary.resume_seal(turn, action);
        Some(Content::Seal { turn, seal })
    }

    /// Opens what this seat sealed; none if the journal with it was lost.
    pub(super) fn open_seal(&self, seat: Seat, turn: u64) -> Option<Content> {
        let sealed = *self.table.sealed_by(seat)?;
        let (action, opening) = self.sealed_move(&sealed, turn)?;
        Some(Content::Open {
            turn,
            action,
            opening,
        })
    }

    /// The move behind a seal of this seat.
    fn sealed_move(&self, sealed: &Sealed, turn: u64) -> Option<(Vec<u8>, Opening)> {
        let (counter, index) = sealed
            .leaf
            .map_or((turn, 0), |leaf| (leaf.counter, leaf.index));
        let opening = self.secrets(counter)?.open(index)?;
        let (table, key) = (self.table.table(), self.signer.as_ref()?.public());
        let fits =
            |action: &[u8]| dice::seal(table, key, turn, opening.nonce(), action) == sealed.seal;
        let mut moves = self.secretary.sealed.iter();
        let (_, action) = moves.find(|(of, action)| *of == turn && fits(action))?;
        Some((action.to_vec(), opening))
    }

    /// Shows the hidden rolls that this seat was asked for, the first ones if they are many; none
    /// if their secrets were lost with the journal.
    pub(super) fn show_hidden(&self, seat: Seat, show: Height) -> Option<Content> {
        let owed = self.table.owed_shows(seat).into_iter();
        let opening = |hidden| {
            let dealt = self.table.hidden().get(&hidden)?;
            self.opening_of(dealt.part)
        };
        let openings: Option<Vec<_>> = owed.take(SHOWS_PER_ENTRY_MAX).map(opening).collect();
        let openings = openings?;
        Some(Content::Show { show, openings })
    }

    /// Opens this seat's own part of a hidden roll.
    fn opening_of(&self, part: Part) -> Option<Opening> {
        match part {
            Part::Leaf(leaf) => self.secrets(leaf.counter)?.open(leaf.index),
            _ => None,
        }
    }

    /// Who looks at the table on this device, with the hidden rolls that it can open. A witness
    /// sees what a watcher does: the game does not know its seat.
    #[must_use]
    pub fn viewer(&self) -> Viewer {
        let (Some(seat), Some(play)) = (self.me, self.table.play()) else {
            return Viewer::watcher();
        };
        if !play.seated().contains(seat) {
            return Viewer::watcher();
        }
        let own = play.hidden().filter(|hidden| hidden.owner() == seat);
        own.fold(Viewer::seat_of(seat), |viewer, hidden| {
            let roll = self.table.hidden().get(hidden).and_then(|dealt| {
                let opening = self.opening_of(dealt.part);
                let nonce = opening.as_ref().map(Opening::nonce);
                dealt.open(self.table.table(), hidden, nonce)
            });
            match roll {
                Some(roll) => viewer.with_secret(hidden, roll),
                None => viewer,
            }
        })
    }

    /// The commitment to fresh secrets, which are on their way to the disk before it leaves.
    pub(super) fn fresh_commitment(&mut self, counter: u64) -> Option<Commitment> {
        if let Some(secrets) = self.secrets(counter) {
            return Some(secrets.commitment());
        }
        let seed = self.secretary.seed(counter);
        self.outbox
            .persist(Record::Secrets { counter, seed }, Vec::new());
        self.secretary.resume(counter, seed);
        Some(self.secrets(counter)?.commitment())
    }

    /// The secrets under this seat's `counter`-th commitment, if their seed is known.
    pub(super) fn secrets(&self, counter: u64) -> Option<Secrets> {
        let (seed, signer) = (self.secretary.seeds.get(&counter)?, self.signer.as_ref()?);
        Some(Secrets::derive(
            seed,
            self.table.table(),
            signer.public(),
            counter,
        ))
    }

    /// Forgets secrets that can no longer be asked for: a decided block has opened them, or put
    /// later ones in their place, and nothing that is hidden or sealed rests on them. Those of a
    /// commitment that is not decided yet stay, for its entry may still be, and can only be sent
    /// again as it is.
    pub(super) fn forget_secrets(&mut self) {
        let Some(seat) = self.me else { return };
        let turn = self.table.play().map_or(0, Play::turn_number);
        let counter = match self.table.genesis().dice {
            DicePolicy::Local => turn,
            DicePolicy::CommitReveal { .. } => {
                let given = self.table.pot().given(seat);
                let kept = self.table.kept_since(seat);
                kept.map_or(given, |kept| kept.min(given))
            }
        };
        let kept = self.secretary.seeds.split_off(&counter);
        let spent = std::mem::replace(&mut self.secretary.seeds, kept);
        let sealed = self.secretary.sealed.len();
        self.secretary.sealed.retain(|(of, _)| *of >= turn);
        if !spent.is_empty() || self.secretary.sealed.len() < sealed {
            self.outbox
                .request(Request::Forget(Spent { counter, turn }));
        }
    }
}
