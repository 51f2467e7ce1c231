//! A table's thread when the roster changes: whom its doors admit, who asks for a seat, and who
//! got one.

use std::collections::BTreeSet;

use quorate_core::crypto::PublicKey;
use quorate_core::engine::Input;
use quorate_core::game::Game;
use quorate_core::roster::Newcomer;
use quorate_core::snapshot::Anchor;
use quorate_core::{Epoch, Seat, Seats};

use super::gathering::follow;
use super::playing::Playing;
use super::{Door, Hands, Phase, meta, seat_name};
use crate::gather::{Application, Gathering};
use crate::limits::{ASKERS_MAX, CHANNEL_PEERS_MAX, VISITORS_MAX};
use crate::net::Admission;
use crate::table::{Event, Halt, Refusal, Status};

/// Whom this device's doors admit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Doors {
    /// Whether the table's own channel is open: this device has a seat, or was admitted to one, or
    /// had one where a successor goes on from.
    table: bool,
    /// Whether it sits there already.
    seated: bool,
    /// Who may use the table's own channel.
    keys: Vec<PublicKey>,
    /// The other seats: whom a device without one follows, and is told of by those who have one.
    seats: Vec<PublicKey>,
}

impl<G: Game> Playing<G> {
    /// A seat opens the table to the other seats, and the invitation to whoever comes; without one
    /// it asks at the invitation's door. Called again whenever the roster may have changed.
    pub(super) fn open_doors(&mut self, hands: &mut Hands<G>) {
        let doors = self.doors_now(hands.key());
        if self.doors.as_ref() == Some(&doors) {
            return;
        }
        let link = hands.shared.read(|board| board.link.clone());
        if doors.table {
            for (peer, addresses) in link.peers() {
                drop(hands.line.net.hint(peer, addresses)); // others correct what it says
            }
            let table = self.engine.table().table();
            hands.line.open_table(table, doors.keys.clone());
        } else {
            hands.line.close_table();
        }
        let mut followed = BTreeSet::new();
        if doors.seated {
            let (max, tell) = (VISITORS_MAX, doors.seats.clone());
            hands.line.open_invite(Admission::Anyone { max, tell });
        } else {
            followed = follow(hands, &link, &doors.seats);
        }
        let before = self.doors.replace(doors);
        self.mind_connections(hands);
        if before.is_some_and(|before| before.seated) {
            // Of those who came to this seat's door, whom it follows from now on.
            for peer in self
                .visitors
                .intersection(&followed)
                .copied()
                .collect::<Vec<_>>()
            {
                self.up(hands, Door::Invite, peer);
            }
        }
    }

    /// Brings the connections in line with the doors: where one is closed nobody is connected, and
    /// one connection to each seat is enough. Who asked to follow before it had left may follow.
    pub(super) fn mind_connections(&mut self, hands: &mut Hands<G>) {
        let mut gone = Vec::new();
        if !hands.line.is_table_open() {
            gone.extend(self.peers.close(Door::Table));
        }
        if self.engine.seat().is_some() {
            gone.extend(self.peers.close_doubled());
        }
        for connection in gone {
            let peer = connection.peer;
            self.handle(hands, Input::Disconnected { peer });
        }
        if self.engine.seat().is_none() {
            self.early.clear(); // this device serves nobody
        }
        let roster = self.engine.table().roster();
        let left = |key: &PublicKey| roster.seat_of(key).is_none();
        let left: Vec<_> = self.early.iter().copied().filter(left).collect();
        for key in left {
            self.early.remove(&key);
            if !hands.conduct.is_banned(&key) {
                self.wants_to_follow(hands, key);
            }
        }
    }

    /// Seats, admitted newcomers, after a fork whoever sat where a successor goes on from, and
    /// those who sat here before: one that slept through its own dismissal is told so by whoever
    /// it still knows.
    fn doors_now(&self, me: PublicKey) -> Doors {
        let table = self.engine.table();
        let authors = table.authors().iter();
        let mut keys: Vec<_> = authors
            .filter_map(|seat| Some(table.author(seat)?.identity))
            .collect();
        keys.extend(self.going_on.speakers());
        for span in table.membership().past().iter().rev() {
            keys.extend(span.roster.iter().map(|(_, holder)| holder.key));
        }
        let mut known = BTreeSet::from([me]);
        keys.retain(|key| known.insert(*key));
        keys.truncate(CHANNEL_PEERS_MAX);
        let holders = table.roster().iter().map(|(_, holder)| holder.key);
        let sits = table.seat_for(&me).is_some() || self.going_on.speakers().any(|key| key == me);
        Doors {
            table: sits && self.wish.is_some(),
            seated: self.engine.seat().is_some(),
            keys,
            seats: holders.filter(|key| *key != me).collect(),
        }
    }

    /// The table has come to `found`: is it the table of the link?
    fn expect(&mut self, found: Anchor) {
        let passed = self.expected.take_if(|link| link.height <= found.height);
        if passed.is_some_and(|link| link.height == found.height && link != found) {
            let height = found.height;
            self.astray = Some(Halt::OtherHistory { height });
        }
    }

    /// What a decision means for the doors, and for those who stand before them.
    pub(super) fn follow_table(&mut self, hands: &mut Hands<G>, came_to: Anchor) {
        self.expect(came_to);
        self.open_doors(hands);
        let table = self.engine.table();
        let news = |board: &crate::table::Board<G>| {
            let waits = |asker: &Newcomer| table.may_admit(asker).is_ok();
            !board.askers.iter().all(waits)
        };
        if hands.shared.read(|board| news(board)) {
            let settled = |asker: &Newcomer| table.seat_for(&asker.key).is_some();
            hands
                .shared
                .update(|board| board.askers.retain(|asker| !settled(asker)));
        }
    }

    /// Another roster decides.
    pub(super) fn follow_roster(&mut self, hands: &Hands<G>, epoch: Epoch, seat: Option<Seat>) {
        let roster = self.engine.table().roster().clone();
        self.peers.follow(&roster);
        let seats: Seats = roster.seats();
        if seat.is_some() {
            self.application = None;
        }
        hands.shared.update(|board| board.seat = seat);
        tracing::info!(%epoch, ?seats, ?seat, "the roster has changed");
        hands.shared.tell(Event::Roster { epoch, seats, seat });
    }

    /// A device that wants a seat, and never had one here, asks for it.
    pub(super) fn begin_to_ask(&mut self, hands: &Hands<G>) -> Result<(), Halt> {
        let me = hands.key();
        let table = self.engine.table();
        let mut spans = table.membership().past().iter();
        let knew = spans.any(|span| span.roster.seat_of(&me).is_some());
        if !knew && table.genesis().roster().seat_of(&me).is_none() {
            self.apply(hands, String::new())?;
        }
        Ok(())
    }

    /// Asks for a seat, or asks again: every seat at the door is told.
    pub(super) fn ask(&mut self, hands: &Hands<G>, buy_in: String) {
        if let Err(halt) = self.apply(hands, buy_in) {
            tracing::error!(%halt, "cannot ask for a seat");
        }
        let doors: Vec<_> = self.peers.at(Door::Invite).map(|door| door.key).collect();
        doors
            .into_iter()
            .for_each(|peer| self.say_application(hands, peer));
    }

    fn apply(&mut self, hands: &Hands<G>, buy_in: String) -> Result<(), Halt> {
        let (key, table) = (hands.key(), self.engine.table());
        let Some(kind) = self.wish.clone().filter(|_| table.seat_for(&key).is_none()) else {
            return Ok(());
        };
        let nonce = *hands.me.random()?;
        let name = seat_name(&hands.me.name, &kind);
        let signer = hands.me.secret.signer(table.genesis().signatures);
        self.refused.clear();
        let newcomer = Newcomer {
            key,
            ml_dsa: signer.keys().ml_dsa,
            name,
            kind,
            nonce,
            buy_in,
        };
        let application = Application::new(newcomer, table.table(), &*signer);
        self.application = Some(Box::new(application));
        Ok(())
    }

    /// Tells a seat what this device asks for, if it does.
    pub(super) fn say_application(&self, hands: &Hands<G>, peer: PublicKey) {
        let wanted = self.application.clone();
        let wanted = wanted.filter(|_| self.engine.seat().is_none());
        wanted
            .into_iter()
            .for_each(|application| hands.line.say(peer, &Gathering::Apply(application)));
    }

    /// Somebody asks for a seat at this table, which plays already.
    pub(super) fn asked_for_seat(
        &mut self,
        hands: &mut Hands<G>,
        key: PublicKey,
        application: &Application,
    ) {
        let asker = &application.newcomer;
        if asker.key == key && self.engine.table().seat_for(&key).is_some() {
            return; // it was admitted, and will see so
        }
        if !application.is_of(key, self.engine.table().table()) {
            return self.fault(hands, Some(key), crate::table::FaultKind::Gathering);
        }
        if let Err(why) = self.engine.table().may_admit(asker) {
            let why = Refusal::NotAdmitted {
                why: why.to_string(),
            };
            hands.line.say(key, &Gathering::Refused(why.clone()));
            return hands.shared.tell(Event::TurnedAway { key, why });
        }
        let new = hands.shared.update(|board| {
            let before = board.askers.iter().position(|other| other.key == key);
            if before.is_some_and(|at| board.askers[at] == *asker) {
                return false;
            }
            before
                .into_iter()
                .for_each(|at| drop(board.askers.remove(at)));
            let room = board.askers.len() < ASKERS_MAX;
            board.askers.extend(room.then(|| asker.clone()));
            room
        });
        if new {
            let newcomer = Box::new(asker.clone());
            hands.shared.tell(Event::Asks { newcomer });
        }
    }

    /// A seat says that this device cannot have one. That is an answer once every seat that it
    /// reaches says so: what one of them says is not what the table decides. Who sat here before
    /// goes on watching.
    pub(super) fn turned_away(&mut self, hands: &Hands<G>, by: PublicKey, why: &Refusal) {
        // Whoever serves as many as it can says that it has begun: no answer to what was asked.
        let asks = self.application.is_some() && *why != Refusal::Begun;
        if !asks || self.engine.seat().is_some() {
            return;
        }
        self.refused.insert(by);
        let mut seats = self.peers.at(Door::Invite).filter(|at| at.seat.is_some());
        if seats.any(|at| !self.refused.contains(&at.key)) {
            return;
        }
        self.application = None;
        let (key, why) = (hands.key(), why.clone());
        let table = self.engine.table();
        let mut spans = table.membership().past().iter();
        let knew = spans.any(|span| span.roster.seat_of(&key).is_some());
        if !knew {
            self.turned_down = Some(why.clone());
        }
        hands.shared.tell(Event::TurnedAway { key, why });
    }

    /// No seat here, for good.
    pub(super) fn give_up(&self, hands: &mut Hands<G>, why: Refusal) -> Result<Phase<G>, Halt> {
        tracing::warn!(%why, "no seat");
        hands.ledger.set(meta::ENDED, &true)?; // there is nothing to take up again
        hands.shared.show(Status::Refused(why));
        Ok(Phase::Over)
    }
}
