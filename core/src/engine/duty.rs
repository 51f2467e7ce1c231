//! What a seat does for the table by itself: get ready, reveal, commit anew, accuse.

use super::Engine;
use super::operations::Wish;
use crate::dice::Commitment;
use crate::game::Game;
use crate::genesis::DicePolicy;
use crate::limits::STATES_KEPT;
use crate::message::{Content, Deadline, Entry};
use crate::seat::Seat;
use crate::table::TableState;
use crate::time::Height;

/// What a seat does for the table unasked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Errand {
    Ready,
    /// Sit down, naming the state after this height.
    Join(Height),
    Reveal(Height),
    /// Open what was sealed in this turn.
    Open(u64),
    /// Show the hidden rolls asked for at this height, when so many are still to be shown.
    Show {
        show: Height,
        owed: usize,
    },
    Commit {
        after: u64,
    },
    Here,
    /// Accuse the seat of what it did at this height.
    Accuse(Seat, Height),
}

impl Errand {
    /// The errand that `content` does, if it is one, of a seat that gave as many commitments.
    pub(super) const fn of(content: &Content, given: u64) -> Option<Self> {
        match content {
            Content::Open { turn, .. } => Some(Self::Open(*turn)),
            Content::Ready { .. } => Some(Self::Ready),
            Content::Join { height, .. } => Some(Self::Join(*height)),
            Content::Reveal { roll, .. } => Some(Self::Reveal(*roll)),
            Content::Commit { .. } => Some(Self::Commit { after: given }),
            Content::Here => Some(Self::Here),
            Content::Evidence(proof) => Some(Self::Accuse(proof.seat(), proof.height())),
            _ => None,
        }
    }
}

impl<G: Game> Engine<G> {
    /// Does what is due and not on its way yet.
    pub(super) fn do_duties(&mut self) {
        let Some(seat) = self.authors() else { return };
        for errand in self.errands(seat) {
            if !self.operations.does(errand)
                && let Some(content) = self.content_of(errand, seat)
                && let Some(entry) = self.sign_operation(seat, content, Wish::Errand(errand))
            {
                self.note_reveal(&entry);
            }
        }
    }

    /// The seat this device signs entries for: its own, or the one it was admitted to.
    pub(super) fn authors(&self) -> Option<Seat> {
        let key = self.signer.as_ref()?.public();
        self.table.seat_for(&key)
    }

    /// What is due, in this order.
    fn errands(&self, seat: Seat) -> impl Iterator<Item = Errand> + use<G> {
        let due = if self.me.is_none() {
            [self.joining(), None, None, None]
        } else if !self.table.ready().contains(seat) {
            let in_time = self.now.wall <= self.table.genesis().expires;
            [in_time.then_some(Errand::Ready), None, None, None]
        } else {
            self.errands_in_play(seat)
        };
        due.into_iter().flatten()
    }

    fn errands_in_play(&self, seat: Seat) -> [Option<Errand>; 4] {
        let table = &self.table;
        let ended = table.play().is_some_and(|play| play.end().is_some());
        let accuse = self.accusation().filter(|_| table.play().is_some());
        let lost = table.roster().players().contains(seat)
            && table.genesis().dice != DicePolicy::Local
            && table.pot().wants_commitment(seat);
        let lost = (lost && !ended).then(|| Errand::Commit {
            after: table.pot().given(seat),
        });
        // To be passed over is the device's affair, to be away the player's.
        let away = table.presence().away().contains(seat);
        let asleep = table.sleep().asleep().contains(seat) && self.behind().is_none();
        let missed = if away { self.attentive } else { asleep };
        let owed = self.owed(seat);
        [owed, accuse, lost, missed.then_some(Errand::Here)]
    }

    /// What this seat owes to what the table collects.
    fn owed(&self, seat: Seat) -> Option<Errand> {
        let (deadline, awaited) = self.table.collecting()?;
        if !awaited.contains(seat) {
            return None;
        }
        match deadline {
            Deadline::Reveal { roll } => Some(Errand::Reveal(roll)),
            Deadline::Open { turn } => Some(Errand::Open(turn)),
            Deadline::Show { show } => {
                let owed = self.table.owed_shows(seat).len();
                Some(Errand::Show { show, owed })
            }
            _ => None,
        }
    }

    /// If this seat counts as away from now on although it voted in that very height, its device is
    /// there and nobody looks at it: to say `Here` for it would be a lie.
    pub(super) fn mind_absence(&mut self, next: &TableState<G>) {
        let Some(me) = self.me else { return };
        let away = |table: &TableState<G>| table.presence().away().contains(me);
        if away(next) && !away(&self.table) {
            let mut voted = self.consensus.dossier().vote_sets().into_iter();
            self.attentive = !voted.any(|set| set.seats.contains(me));
        }
    }

    fn content_of(&mut self, errand: Errand, seat: Seat) -> Option<Content> {
        let given = self.table.pot().given(seat);
        match errand {
            Errand::Ready => {
                let plays = self.table.roster().players().contains(seat);
                let commitment = self.first_commitment(plays, 1)?;
                Some(Content::Ready { commitment })
            }
            Errand::Join(height) => self.join(seat, height),
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
            Errand::Open(turn) => self.open_seal(seat, turn),
            Errand::Show { show, .. } => self.show_hidden(seat, show),
            Errand::Here => Some(Content::Here),
            Errand::Commit { .. } => {
                let commitment = self.fresh_commitment(given + 1)?;
                Some(Content::Commit { commitment })
            }
            Errand::Accuse(seat, height) => self.charge(seat, height),
        }
    }

    /// What an admitted newcomer has to do: sit down, and say so again with a newer state when the
    /// one it named grows too old for the table to know.
    fn joining(&self) -> Option<Errand> {
        if self.behind().is_some() {
            return None; // whoever has not followed yet would be a sleeper from the start
        }
        let named = self.operations.joins();
        Some(Errand::Join(named.unwrap_or_else(|| self.table.height())))
    }

    /// Whether the table will soon no longer know the state after `height`.
    fn grows_old(&self, height: Height) -> bool {
        self.table.height().0 >= height.0.saturating_add(STATES_KEPT as u64 / 2)
    }

    /// Whether `entry` is a `Join` by which this device can still sit down at `seat`.
    pub(super) fn seats(&self, entry: &Entry, seat: Seat) -> bool {
        let pending = self.table.membership().pending().get(seat);
        let follows = self.table.nonce(seat, entry.stream());
        match entry.body.content {
            Content::Join {
                invitation, height, ..
            } => {
                let terms = pending.map(|pending| pending.newcomer.digest());
                (entry.body.seat, entry.body.follows) == (seat, follows)
                    && terms == Some(invitation)
                    && !self.grows_old(height)
            }
            _ => false,
        }
    }

    fn join(&mut self, seat: Seat, height: Height) -> Option<Content> {
        let pending = self.table.membership().pending().get(seat)?;
        let (plays, invitation) = (pending.newcomer.kind.plays(), pending.newcomer.digest());
        let number = self.table.pot().given(seat) + 1;
        let commitment = self.first_commitment(plays, number)?;
        let counter = commitment.map_or(0, |_| number);
        Some(Content::Join {
            invitation,
            commitment,
            counter,
            height,
            state: self.table.digest(),
        })
    }

    /// The first commitment of a seat, if it needs one; none at all if it cannot be made.
    fn first_commitment(&mut self, plays: bool, counter: u64) -> Option<Option<Commitment>> {
        let wanted = plays && self.table.genesis().dice != DicePolicy::Local;
        if wanted {
            self.fresh_commitment(counter).map(Some)
        } else {
            Some(None)
        }
    }
}
