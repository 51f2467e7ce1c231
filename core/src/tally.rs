//! Tallies: the votes of one kind in one round, each seat counted once.
//!
//! A vote waits unchecked until it could complete a quorum, and none is checked beyond the quorum,
//! so that a faultless round checks two foreign votes of each kind at a table of four. A seat's
//! first vote stands; a second one for something else is looked at only to tell a forgery from an
//! equivocation.

use std::collections::BTreeMap;

use crate::certificate::Checker;
use crate::crypto::Signature;
use crate::digest::Digest;
use crate::genesis::TableId;
use crate::message::{Peer, Vote, VoteKind};
use crate::roster::Roster;
use crate::seat::{PerSeat, Seat, Seats};

/// What became of a vote that was put into a tally.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counted {
    /// It is held.
    Held,
    /// The same vote was held already.
    Known,
    /// Its signature is false.
    False,
    /// The seat signed two different votes in this slot; the first stands.
    Equivocation(Box<(Vote, Vote)>),
}

/// The votes of one kind in one round.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    votes: BTreeMap<Seat, Slot>,
    /// Other seats whose vote was checked since [`take_news`](Self::take_news) was asked last.
    news: Seats,
}

#[derive(Clone, Debug)]
struct Slot {
    vote: Vote,
    checked: bool,
    /// Who brought it: a false signature is charged to that connection.
    from: Peer,
}

/// What a tally needs for checking.
pub struct Scrutiny<'a> {
    /// The table, part of what is signed.
    pub table: TableId,
    /// Whose keys check the votes.
    pub roster: &'a Roster,
    /// Remembers what was checked.
    pub checker: &'a mut Checker,
}

impl Scrutiny<'_> {
    /// Whether the signature was checked before, and holds.
    fn knows(&self, vote: &Vote) -> bool {
        let bytes = vote.bytes(self.table);
        self.roster
            .holder(vote.seat)
            .is_some_and(|holder| self.checker.knows(&holder.keys(), &bytes, &vote.signature))
    }

    fn holds(&mut self, vote: &Vote) -> bool {
        let bytes = vote.bytes(self.table);
        self.roster
            .holder(vote.seat)
            .is_some_and(|holder| self.checker.check(&holder.keys(), &bytes, &vote.signature))
    }
}

impl Tally {
    /// Puts a vote in that `from` brought. It waits for its check, unless it conflicts with one
    /// that is held.
    pub fn insert(&mut self, vote: Vote, from: Peer, scrutiny: &mut Scrutiny<'_>) -> Counted {
        let seat = vote.seat;
        let Some(slot) = self.votes.get_mut(&seat) else {
            // A leader's was checked with its proposal, one of a later round before it came here.
            let checked = scrutiny.knows(&vote);
            self.note_checked(seat, checked);
            let slot = Slot {
                vote,
                checked,
                from,
            };
            self.votes.insert(seat, slot);
            return Counted::Held;
        };
        if slot.vote == vote {
            return Counted::Known;
        }
        if !scrutiny.holds(&vote) {
            return Counted::False;
        }
        let news = !slot.checked;
        let counted = if news && !scrutiny.holds(&slot.vote) {
            slot.vote = vote;
            slot.from = from;
            Counted::Held
        } else if slot.vote.digest == vote.digest {
            Counted::Known
        } else {
            Counted::Equivocation(Box::new((slot.vote.clone(), vote)))
        };
        slot.checked = true;
        self.note_checked(seat, news);
        counted
    }

    fn note_checked(&mut self, seat: Seat, news: bool) {
        if news {
            self.news |= Seats::from(seat);
        }
    }

    /// The votes of other seats that were checked since this was last asked; each is given once.
    pub fn take_news(&mut self) -> impl Iterator<Item = &Vote> {
        let news = std::mem::take(&mut self.news);
        let votes = &self.votes;
        news.iter()
            .filter_map(|seat| votes.get(&seat).map(|slot| &slot.vote))
    }

    /// How many votes are held, checked or not.
    #[must_use]
    pub fn len(&self) -> usize {
        self.votes.len()
    }

    /// Whether no vote is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.votes.is_empty()
    }

    /// Puts in one's own vote, which needs no check.
    pub fn insert_own(&mut self, vote: Vote) {
        self.votes.insert(
            vote.seat,
            Slot {
                vote,
                checked: true,
                from: Peer::SELF,
            },
        );
    }

    /// Checks as many votes for `digest` as could complete `quorum`, no more; `coming` seats are
    /// sure to follow (one's own vote on its way to the disk). Returns the seats known to have
    /// voted for it. False votes are dropped, and whoever brought them is added to `liars`.
    pub fn settle(
        &mut self,
        digest: Option<Digest>,
        (quorum, coming): (usize, usize),
        scrutiny: &mut Scrutiny<'_>,
        liars: &mut Vec<Peer>,
    ) -> Seats {
        let unchecked = self.unchecked(|vote| vote.digest == digest);
        let mut sure = self.checked(digest).len() + coming;
        if sure + unchecked.len() >= quorum {
            for seat in unchecked {
                if sure >= quorum {
                    break;
                }
                sure += usize::from(self.check_one(seat, scrutiny, liars));
            }
        }
        self.checked(digest)
    }

    /// Checks every vote held; as [`settle`](Self::settle) does with false ones.
    pub fn settle_all(&mut self, scrutiny: &mut Scrutiny<'_>, liars: &mut Vec<Peer>) {
        for seat in self.unchecked(|_| true) {
            self.check_one(seat, scrutiny, liars);
        }
    }

    fn unchecked(&self, wanted: impl Fn(&Vote) -> bool) -> Vec<Seat> {
        let slots = self
            .votes
            .iter()
            .filter(|(_, slot)| !slot.checked && wanted(&slot.vote));
        slots.map(|(seat, _)| *seat).collect()
    }

    fn check_one(
        &mut self,
        seat: Seat,
        scrutiny: &mut Scrutiny<'_>,
        liars: &mut Vec<Peer>,
    ) -> bool {
        let Some(slot) = self.votes.get_mut(&seat) else {
            return false;
        };
        if slot.checked {
            return true;
        }
        slot.checked = scrutiny.holds(&slot.vote);
        if slot.checked {
            self.note_checked(seat, true);
            return true;
        }
        liars.push(slot.from);
        self.votes.remove(&seat);
        false
    }

    /// Seats whose checked vote is for `digest`.
    #[must_use]
    pub fn checked(&self, digest: Option<Digest>) -> Seats {
        self.of(digest)
            .filter(|(_, slot)| slot.checked)
            .map(|(seat, _)| seat)
            .collect()
    }

    /// Seats whose checked vote is for anything.
    #[must_use]
    pub fn voters(&self) -> Seats {
        self.votes
            .iter()
            .filter(|(_, slot)| slot.checked)
            .map(|(seat, _)| *seat)
            .collect()
    }

    /// What was voted for, nil and unchecked votes included, each once.
    #[must_use]
    pub fn choices(&self) -> Vec<Option<Digest>> {
        let mut choices: Vec<_> = self.votes.values().map(|slot| slot.vote.digest).collect();
        choices.sort_unstable();
        choices.dedup();
        choices
    }

    /// The checked votes, by seat.
    pub fn iter_checked(&self) -> impl Iterator<Item = &Vote> {
        self.votes
            .values()
            .filter(|slot| slot.checked)
            .map(|slot| &slot.vote)
    }

    /// The first `quorum` signatures of checked votes for `digest`, if there are as many.
    #[must_use]
    pub fn quorum_of(&self, digest: Digest, quorum: usize) -> Option<PerSeat<Signature>> {
        let of = self.of(Some(digest)).filter(|(_, slot)| slot.checked);
        let signatures: PerSeat<_> = of
            .take(quorum)
            .map(|(seat, slot)| (seat, slot.vote.signature.clone()))
            .collect();
        (signatures.len() == quorum).then_some(signatures)
    }

    /// The choices and signatures of the first `quorum` checked votes, nil first; fewer if there
    /// are fewer.
    #[must_use]
    pub fn first_of_any(&self, quorum: usize) -> PerSeat<(Option<Digest>, Signature)> {
        let mut checked: Vec<_> = self.iter_checked().collect();
        checked.sort_by_key(|vote| (vote.digest.is_some(), vote.seat));
        let choice = |vote: &Vote| (vote.seat, (vote.digest, vote.signature.clone()));
        checked.into_iter().take(quorum).map(choice).collect()
    }

    fn of(&self, digest: Option<Digest>) -> impl Iterator<Item = (Seat, &Slot)> {
        let votes = self.votes.iter().map(|(seat, slot)| (*seat, slot));
        votes.filter(move |(_, slot)| slot.vote.digest == digest)
    }
}

/// Both tallies of one round.
#[derive(Clone, Debug, Default)]
pub struct RoundTally {
    /// First votes.
    pub prepares: Tally,
    /// Second votes.
    pub commits: Tally,
}

impl RoundTally {
    /// The tally of `kind`.
    #[must_use]
    pub const fn of(&self, kind: VoteKind) -> &Tally {
        match kind {
            VoteKind::Prepare => &self.prepares,
            VoteKind::Commit => &self.commits,
        }
    }

    /// The tally of `kind` for changing.
    pub const fn of_mut(&mut self, kind: VoteKind) -> &mut Tally {
        match kind {
            VoteKind::Prepare => &mut self.prepares,
            VoteKind::Commit => &mut self.commits,
        }
    }
}
