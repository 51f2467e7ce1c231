//! What the player does: from an action to a decided entry, or to the reason why not.

use std::sync::Arc;

use super::outbox::Deferred;
use super::{Engine, Event, Misuse};
use crate::codec;
use crate::game::{ActError, Game, Rejection, Settled};
use crate::journal::Record;
use crate::limits::SUBMISSIONS_MAX;
use crate::message::{Block, Content, Entry, EntryBody, Message, Stream};
use crate::seat::Seat;
use crate::state::Play;
use crate::table::EntryRefusal;
use crate::time::Height;

/// The player's undecided entries, ascending by nonce.
#[derive(Debug, Default)]
pub(super) struct Submissions {
    open: Vec<Open>,
    /// The highest own nonce given out in each stream.
    last: [u64; 2],
}

#[derive(Debug)]
struct Open {
    ticket: Option<u64>,
    entry: Arc<Entry>,
    /// Why the rules refuse it, once a later entry is on its way that puts it out of the world.
    refused: Option<Rejection>,
}

impl Submissions {
    /// How many are on their way.
    pub(super) const fn len(&self) -> usize {
        self.open.len()
    }

    /// Takes back an own entry from the journal.
    pub(super) fn resume(&mut self, entry: Arc<Entry>, undecided: bool) {
        let stream = entry.stream().index();
        self.last[stream] = self.last[stream].max(entry.body.nonce);
        if entry.stream() == Stream::Actions && undecided {
            let ticket = u64::MAX - entry.body.nonce;
            let withdrawal = matches!(&entry.body.content,
                Content::Actions { actions, .. } if actions.is_empty());
            self.open.push(Open {
                ticket: Some(ticket).filter(|_| !withdrawal),
                entry,
                refused: None,
            });
        }
    }
}

impl<G: Game> Engine<G> {
    pub(super) fn submit(
        &mut self,
        ticket: u64,
        turn: u64,
        actions: &[G::Action],
    ) -> Result<(), Misuse> {
        let seat = self.me.ok_or(Misuse::NoSeat)?;
        if actions.is_empty() {
            return Err(Misuse::NoAction);
        }
        if self.submissions.open.len() >= SUBMISSIONS_MAX {
            let settled = Settled::Refused(Rejection::new("too many moves wait to be decided"));
            self.outbox.event(Event::Settled { ticket, settled });
            return Ok(());
        }
        if let Err(settled) = self.acceptable(seat, turn, actions) {
            self.outbox.event(Event::Settled { ticket, settled });
            return Ok(());
        }
        match self.content_for(seat, turn, actions) {
            Ok(content) => {
                if let Some(entry) = self.sign_entry(seat, content) {
                    self.submissions.open.push(Open {
                        ticket: Some(ticket),
                        entry,
                        refused: None,
                    });
                }
            }
            Err(why) => {
                let settled = Settled::Refused(Rejection::new(why));
                self.outbox.event(Event::Settled { ticket, settled });
            }
        }
        Ok(())
    }

    /// The actions as an entry holds them: in a sealed turn, sealed.
    fn content_for(
        &mut self,
        seat: Seat,
        turn: u64,
        actions: &[G::Action],
    ) -> Result<Content, &'static str> {
        let encoded: Result<Vec<_>, _> = actions.iter().map(codec::encode).collect();
        let mut actions = encoded.map_err(|_| "the action cannot be encoded")?;
        let sealed = self
            .table
            .play()
            .is_some_and(|play| play.turn().is_sealed());
        if !sealed {
            return Ok(Content::Actions { turn, actions });
        }
        let action = actions.pop().filter(|_| actions.is_empty());
        let action = action.ok_or("a sealed move is one action")?;
        let sealed = self.make_seal(seat, turn, action);
        sealed.ok_or("this seat has no secret left to seal with; it is committing anew")
    }

    /// What decided state says to the actions now. Entries of one's own on their way may change
    /// that, so while there are some, only a stale turn is refused here.
    fn acceptable(&self, seat: Seat, turn: u64, actions: &[G::Action]) -> Result<(), Settled> {
        let Some(play) = self.table.play() else {
            return Err(Settled::Refused(Rejection::new("play has not begun")));
        };
        if self.table.presence().paused() {
            return Err(Settled::Refused(Rejection::new("the table is paused")));
        }
        let same = |open: &Open| {
            matches!(open.entry.body.content,
            Content::Seal { turn: of, .. } if of == turn)
        };
        let sealing = self.submissions.open.iter().any(same);
        let sealed = play.turn_number() == turn && self.table.sealed().contains(seat);
        if sealing || sealed {
            let why = format_args!("{}", ActError::AlreadySealed);
            return Err(Settled::Refused(Rejection::formatted(
                "already sealed",
                why,
            )));
        }
        match play.check_act(seat, turn, actions) {
            Ok(()) => Ok(()),
            Err(ActError::Stale { meant, now }) if meant < now => Err(Settled::Stale),
            Err(_) if !self.submissions.open.is_empty() => Ok(()),
            Err(ActError::Rejected(why)) => Err(Settled::Refused(why)),
            Err(other) => Err(Settled::Refused(Rejection::formatted(
                "refused",
                format_args!("{other}"),
            ))),
        }
    }

    /// Signs, journals and sends an entry of this seat.
    pub(super) fn sign_entry(&mut self, seat: Seat, content: Content) -> Option<Arc<Entry>> {
        let signer = self.signer.clone()?;
        let stream = content.stream();
        let decided = self.table.nonce(seat, stream);
        let follows = match stream {
            Stream::Actions => self.last_live().unwrap_or(decided),
            Stream::Operations => self.operations.last().unwrap_or(decided),
        };
        let nonce = self.submissions.last[stream.index()]
            .max(decided)
            .checked_add(1)?;
        self.submissions.last[stream.index()] = nonce;
        let lifetime = u64::from(self.table.genesis().bounds.entry_lifetime);
        let body = EntryBody {
            table: self.table.table(),
            seat,
            nonce,
            follows,
            // Half of what is allowed, so that a device a little behind does not refuse it.
            valid_until: Height(self.height().0.saturating_add(lifetime / 2)),
            content,
        };
        let entry = Arc::new(Entry::sign(body, &*signer));
        self.checker
            .trust(&signer.keys(), &Entry::bytes(&entry.body), &entry.signature);
        let met = (self.me, self.now.mono);
        // An own entry always fits: its nonce is above every other.
        let _ = self
            .pool
            .insert(entry.clone(), met, &self.table, &mut self.checker);
        let then = vec![Deferred::Broadcast(Message::Entry(entry.clone()))];
        self.outbox.persist(Record::Entry(entry.clone()), then);
        self.stir();
        Some(entry)
    }

    /// The nonce of the last own action entry that can still be decided.
    fn last_live(&self) -> Option<u64> {
        let live = self
            .submissions
            .open
            .iter()
            .rfind(|open| open.refused.is_none());
        live.map(|open| open.entry.body.nonce)
    }

    /// Tells the player what `block` did to the entries that were open, and puts those out of the
    /// world that the rules now refuse.
    pub(super) fn settle_submissions(&mut self, block: &Block) {
        let Some(seat) = self.me else {
            return self.end_submissions(block);
        };
        let decided = self.table.nonce(seat, Stream::Actions);
        let open = std::mem::take(&mut self.submissions.open);
        for open in open {
            match self.settled(&open, decided, block) {
                None => self.submissions.open.push(open),
                Some(settled) => {
                    if let Some(ticket) = open.ticket {
                        self.outbox.event(Event::Settled { ticket, settled });
                    }
                }
            }
        }
        self.relink(seat, decided);
        self.withdraw_refused(seat);
    }

    /// Without a seat nothing of this device can be decided after `block` any more.
    fn end_submissions(&mut self, block: &Block) {
        for open in std::mem::take(&mut self.submissions.open) {
            let Some(ticket) = open.ticket else { continue };
            let settled = if block.entries.contains(&open.entry) {
                Settled::Decided {
                    height: block.height,
                }
            } else {
                Settled::Refused(Rejection::new("this device has no seat any more"))
            };
            self.outbox.event(Event::Settled { ticket, settled });
        }
    }

    fn settled(&self, open: &Open, decided: u64, block: &Block) -> Option<Settled> {
        let body = &open.entry.body;
        if block.entries.iter().any(|entry| entry == &open.entry) {
            return Some(Settled::Decided {
                height: block.height,
            });
        }
        if body.nonce <= decided {
            let refused = open.refused.clone().map(Settled::Refused);
            return Some(refused.unwrap_or(Settled::Superseded));
        }
        let play = self.table.play();
        let ended = play.is_some_and(|play| play.end().is_some());
        let now = play.map_or(0, Play::turn_number);
        if ended || body.content.is_stale(now) {
            return Some(Settled::Stale);
        }
        (body.valid_until < self.height()).then_some(Settled::Expired)
    }

    /// Signs anew what follows a nonce that is no longer the last decided one, and so could never
    /// be decided as it is.
    fn relink(&mut self, seat: Seat, decided: u64) {
        let open = std::mem::take(&mut self.submissions.open);
        let (dead, live) = open
            .into_iter()
            .partition(|open| open.entry.body.follows < decided);
        self.submissions.open = live;
        let dead: Vec<Open> = dead;
        for open in dead.into_iter().filter(|open| open.ticket.is_some()) {
            if let Some(entry) = self.sign_entry(seat, open.entry.body.content.clone()) {
                let refused = None;
                self.submissions.open.push(Open {
                    entry,
                    refused,
                    ..open
                });
            }
        }
    }

    /// If the first open entry is refused by the rules as things stand, a later nonce without
    /// actions takes its place, so that it cannot be decided after the player was told that it was
    /// refused. Entries behind it are signed anew.
    fn withdraw_refused(&mut self, seat: Seat) {
        let Some(first) = self
            .submissions
            .open
            .first()
            .filter(|open| open.refused.is_none())
        else {
            return;
        };
        let why = match self.table.would_take(&first.entry) {
            // The dice decide first, or this device is behind the one that set the turn.
            Ok(())
            | Err(EntryRefusal::Act(
                ActError::Rolling | ActError::Paused | ActError::Stale { .. },
            )) => return,
            Err(EntryRefusal::Act(ActError::Rejected(why))) => why,
            Err(EntryRefusal::Act(other)) => {
                Rejection::formatted("refused", format_args!("{other}"))
            }
            Err(_) => return,
        };
        let behind = self.submissions.open.split_off(1);
        self.submissions.open[0].refused = Some(why);
        let turn = self.table.play().map_or(0, Play::turn_number);
        let Some(withdrawal) = self.sign_entry(
            seat,
            Content::Actions {
                turn,
                actions: vec![],
            },
        ) else {
            return;
        };
        self.submissions.open.push(Open {
            ticket: None,
            entry: withdrawal,
            refused: None,
        });
        for open in behind {
            if let Some(entry) = self.sign_entry(seat, open.entry.body.content.clone()) {
                self.submissions.open.push(Open { entry, ..open });
            }
        }
    }

    /// The tickets of own actions and operations that are not decided yet. Those of entries taken
    /// back from the journal count down from the highest number there is.
    pub fn tickets(&self) -> impl Iterator<Item = u64> {
        let acts = self.submissions.open.iter().filter_map(|open| open.ticket);
        acts.chain(self.operations.tickets())
    }

    /// Own action entries that are not decided yet.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.submissions.open.len()
    }
}
