//! What a table's thread shows of its engine.

use quorate_core::dice::OpenRoll;
use quorate_core::game::Game;
use quorate_core::state::Play;
use quorate_core::{Digest, Height, Round, Seats};

use super::Hands;
use super::playing::Playing;
use crate::clock;
use crate::table::{Event, Halt, InFlight, Pending, RollProgress, Seated, Status};

/// What was shown last, to see whether anything changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    height: Height,
    state: Digest,
    round: Round,
    present: Seats,
    connected: Seats,
    opened: Seats,
    pendings: usize,
    claimed: Seats,
    followers_behind: usize,
}

impl Shown {
    /// Nothing yet: whatever comes is news.
    pub(super) const NOTHING: Self = Self {
        height: Height(u64::MAX),
        state: Digest::ZERO,
        round: Round(0),
        present: Seats::NONE,
        connected: Seats::NONE,
        opened: Seats::NONE,
        pendings: 0,
        claimed: Seats::NONE,
        followers_behind: 0,
    };
}

impl<G: Game> Playing<G> {
    /// What a table shows as it begins, or is taken up again.
    pub(super) fn show_start(&mut self, hands: &mut Hands<G>) {
        let table = self.engine.table().table();
        let (seat, genesis) = (self.engine.seat(), self.signed.clone());
        hands.shared.update(|board| {
            board.seat = seat;
            board.genesis = Some(genesis);
            board.link.table = Some(table);
            let again = |pending: &Pending| InFlight {
                pending: pending.clone(),
                turn: 0,
                actions: Vec::new(),
            };
            board.pendings = self.pendings.values().map(again).collect();
        });
        tracing::info!(%table, seat = ?seat, height = %self.engine.table().height(), "began");
        hands.shared.tell(Event::Began { table });
        let news = self.show(hands);
        news.into_iter().for_each(|news| hands.shared.tell(news));
    }

    /// Brings the board up to date; returns what is to be told of the status, if it changed.
    pub(super) fn show(&mut self, hands: &Hands<G>) -> Option<Event<G>> {
        let table = self.engine.table();
        let opened = table.rolling().map_or(Seats::NONE, OpenRoll::revealed);
        let now = Shown {
            height: table.height(),
            state: table.digest(),
            round: self.engine.round(),
            present: self.engine.present(),
            connected: self.peers.seats(),
            opened,
            pendings: self.pendings.len(),
            claimed: self.engine.claimed_by(),
            followers_behind: self.engine.followers_behind(),
        };
        let before = std::mem::replace(&mut self.shown, now);
        if now != before {
            self.show_board(hands, before);
        }
        self.show_moment(hands);
        hands.shared.set(self.status())
    }

    /// What changes at moments of its own, without a change to tell readers about.
    fn show_moment(&self, hands: &Hands<G>) {
        let deadline = self.left().map(|left| clock::mono().after(left));
        let rolling = self.engine.table().collecting().is_some();
        let tips = self.engine.tips();
        let (tally, stalled) = (self.engine.tally(), self.engine.may_claim().is_ok());
        hands.shared.read(|board| {
            (board.tally, board.stalled) = (Some(tally), stalled);
            board.deadline = deadline.filter(|_| !rolling);
            board.roll_deadline = deadline.filter(|_| rolling);
            for seated in &mut board.seated {
                seated.rtt = self.peers.rtt(&seated.key);
            }
        });
        let news = |board: &mut crate::table::Board<G>| {
            tips.iter()
                .any(|(seat, tip)| board.tips.get(seat) != Some(tip))
        };
        if hands.shared.read(news) {
            // Somebody may be waiting for what a seat shows.
            hands
                .shared
                .update(|board| board.tips.extend(tips.iter().map(|(s, tip)| (s, *tip))));
        }
    }

    fn show_board(&self, hands: &Hands<G>, before: Shown) {
        let table = self.engine.table();
        let now = self.shown;
        let me = self.engine.seat();
        let seated = |(seat, holder): (_, &quorate_core::roster::Holder)| Seated {
            seat,
            name: holder.name.clone(),
            key: holder.key,
            kind: holder.kind.clone(),
            me: me == Some(seat),
            present: now.present.contains(seat),
            connected: now.connected.contains(seat),
            rtt: self.peers.rtt(&holder.key),
        };
        let seated = table.roster().iter().map(seated).collect();
        let play = (now.height != before.height)
            .then(|| (table.play().cloned(), self.engine.viewer(), table.sealed()));
        let leader = table.leaders().leader(now.round);
        let (tip, checkpoint) = (table.tip(), self.engine.checkpoint());
        let motions = (now.height != before.height).then(|| table.motions().all().to_vec());
        hands.shared.update(|board| {
            if let Some(play) = play {
                (board.play, board.viewer, board.sealed) = play;
            }
            (board.height, board.state, board.round) = (now.height, now.state, now.round);
            (board.seat, board.tip, board.checkpoint) = (me, tip, checkpoint);
            if let Some(motions) = motions {
                board.motions = motions;
            }
            board.paused = table.presence().paused();
            board.away = table.presence().away();
            board.claim = self.engine.claim();
            (board.present, board.connected) = (now.present, now.connected);
            board.followers_behind = now.followers_behind;
            board.leader = Some(leader);
            board.seated = seated;
            board.pendings.retain(|flight| {
                !self
                    .settled
                    .iter()
                    .any(|(pending, _)| pending.is(&flight.pending))
            });
            let seen = board.roll.take();
            board.roll = table.rolling().map(|roll| {
                let seen = seen.filter(|seen| seen.roll == roll.id);
                let early = seen.map_or(Seats::NONE, |seen| seen.opened);
                RollProgress {
                    roll: roll.id,
                    draw: table.play().and_then(|play| play.needs().roll),
                    contributors: roll.contributors,
                    opened: (early | roll.revealed()) & roll.contributors,
                    left: None,
                }
            });
        });
    }

    fn status(&self) -> Status {
        let table = self.engine.table();
        if let Some(halted) = self.engine.halted() {
            return Status::Halted(Halt::Engine(halted.clone()));
        }
        if self.paused {
            return Status::Paused;
        }
        if let Some(end) = table.play().and_then(|play| play.end()) {
            return Status::Ended(end.clone());
        }
        let roster = table.roster();
        let alone = self.engine.present().is_empty() && self.peers.is_empty();
        if alone && self.engine.seat().is_none() {
            return Status::CutOff;
        }
        let behind = self
            .fetching
            .as_ref()
            .filter(|f| f.to() > table.height().next());
        if let Some(fetching) = behind {
            return Status::CatchingUp {
                height: table.height(),
                target: fetching.to(),
            };
        }
        if self.engine.seat().is_none() && self.application.is_some() {
            let key = self.application.as_ref().map(|of| of.newcomer.key);
            let admitted = key.is_some_and(|key| table.seat_for(&key).is_some());
            return Status::Asking { admitted };
        }
        if table.presence().paused() {
            return Status::Paused;
        }
        let absent = roster.seats() - self.engine.present();
        let here = roster.len() - absent.len();
        let wanted = if table.play().is_some() {
            roster.quorum()
        } else {
            roster.len()
        };
        let needed = wanted.saturating_sub(here);
        match table.play() {
            Some(play) if needed == 0 => self.in_play(play),
            _ => Status::Waiting { absent, needed },
        }
    }

    /// What a table is doing where a quorum is here.
    fn in_play(&self, play: &Play<G>) -> Status {
        let table = self.engine.table();
        let turn = play.turn_number();
        let sealed = self.engine.seat().map(|me| table.sealed().contains(me));
        if !play.needs().open.is_empty() {
            Status::Opening
        } else if play.is_rolling() {
            Status::Rolling
        } else if sealed == Some(true) {
            let awaited = table.awaited();
            Status::Sealed { turn, awaited }
        } else {
            Status::Playing { turn, left: None }
        }
    }
}
