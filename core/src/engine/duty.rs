//! What a seat does for the table by itself: get ready, reveal, commit anew.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::{Engine, Request};
use crate::dice::{Commitment, Secrets};
use crate::digest::domain_hasher;
use crate::game::Game;
use crate::genesis::DicePolicy;
use crate::journal::Record;
use crate::message::Content;
use crate::seat::Seat;
use crate::time::Height;

/// Keeps this seat's secrets and what it has done for the table.
#[derive(Debug)]
pub(super) struct Secretary {
    /// Seeds of secrets by the number of their commitment; those that are spent are dropped.
    seeds: BTreeMap<u64, Zeroizing<[u8; 32]>>,
    entropy: [u8; 32],
    /// Operations of this seat that are on their way: the nonce the last one has.
    sent: Option<Errand>,
}

/// An operation that is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Errand {
    Ready,
    Reveal(Height),
    Commit { after: u64 },
}

impl Secretary {
    pub(super) fn new(entropy: [u8; 32]) -> Self {
        Self {
            seeds: BTreeMap::new(),
            entropy,
            sent: None,
        }
    }

    /// Takes back a seed from the journal.
    pub(super) fn resume(&mut self, counter: u64, seed: [u8; 32]) {
        self.seeds.insert(counter, Zeroizing::new(seed));
    }

    /// Takes back an operation from the journal that is not decided yet.
    pub(super) fn resume_errand(&mut self, content: &Content, given: u64) {
        self.sent = match content {
            Content::Ready { .. } => Some(Errand::Ready),
            Content::Reveal { roll, .. } => Some(Errand::Reveal(*roll)),
            Content::Commit { .. } => Some(Errand::Commit { after: given }),
            Content::Actions { .. } => self.sent,
        };
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
    /// Does what is due and not on its way yet.
    pub(super) fn do_duties(&mut self) {
        let Some(seat) = self.me else { return };
        let Some(errand) = self
            .errand(seat)
            .filter(|due| self.secretary.sent != Some(*due))
        else {
            return;
        };
        if let Some(content) = self.content_of(errand, seat) {
            self.secretary.sent = Some(errand);
            if let Some(entry) = self.sign_entry(seat, content) {
                self.note_reveal(&entry);
            }
        }
    }

    fn errand(&self, seat: Seat) -> Option<Errand> {
        if !self.table.ready().contains(seat) {
            let in_time = self.now.wall <= self.table.genesis().expires;
            return in_time.then_some(Errand::Ready);
        }
        if self.table.play().is_some_and(|play| play.end().is_some()) {
            return None;
        }
        if let Some(roll) = self
            .table
            .rolling()
            .filter(|roll| roll.awaited().contains(seat))
        {
            return Some(Errand::Reveal(roll.id));
        }
        let lost = self.table.genesis().dice != DicePolicy::Local
            && self.table.pot().standing(seat).is_none();
        lost.then(|| Errand::Commit {
            after: self.table.pot().given(seat),
        })
    }

    fn content_of(&mut self, errand: Errand, seat: Seat) -> Option<Content> {
        let given = self.table.pot().given(seat);
        match errand {
            Errand::Ready => {
                let wanted = self.table.genesis().dice != DicePolicy::Local;
                let commitment = if wanted {
                    Some(self.fresh_commitment(1)?)
                } else {
                    None
                };
                Some(Content::Ready { commitment })
            }
            Errand::Reveal(roll) => {
                // Without its secrets, lost with a journal, a seat can only be told late.
                let opening = self.secrets(given)?.open_public();
                let next = self.fresh_commitment(given + 1)?;
                Some(Content::Reveal {
                    roll,
                    opening,
                    next,
                })
            }
            Errand::Commit { .. } => {
                let commitment = self.fresh_commitment(given + 1)?;
                Some(Content::Commit { commitment })
            }
        }
    }

    /// The commitment to fresh secrets, which are on their way to the disk before it leaves.
    fn fresh_commitment(&mut self, counter: u64) -> Option<Commitment> {
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
    fn secrets(&self, counter: u64) -> Option<Secrets> {
        let (seed, signer) = (self.secretary.seeds.get(&counter)?, self.signer.as_ref()?);
        Some(Secrets::derive(
            seed,
            self.table.table(),
            signer.public(),
            counter,
        ))
    }

    /// Forgets secrets that can no longer be asked for: a decided block has opened them, or put
    /// later ones in their place. Those of a commitment that is not decided yet stay, for its entry
    /// may still be, and can only be sent again as it is.
    pub(super) fn forget_secrets(&mut self) {
        let Some(seat) = self.me else { return };
        let counter = self.table.pot().given(seat);
        let kept = self.secretary.seeds.split_off(&counter);
        let spent = std::mem::replace(&mut self.secretary.seeds, kept);
        if !spent.is_empty() {
            self.outbox.request(Request::Forget { counter });
        }
    }
}
