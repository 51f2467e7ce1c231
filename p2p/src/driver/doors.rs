//! A table's doors while its engine runs: who comes, who goes, and what they say.

use bytes::Bytes;
use quorate_core::crypto::PublicKey;
use quorate_core::engine::Input;
use quorate_core::game::Game;
use quorate_core::genesis::SignedGenesis;

use super::playing::Playing;
use super::{Door, Hands, Heard, Line};
use crate::gather::{Gathering, PROTOCOL};
use crate::limits::FOLLOWERS_MAX;
use crate::net;
use crate::table::{FaultKind, PeerFault, Refusal};

impl<G: Game> Playing<G> {
    pub(super) fn net(&mut self, hands: &mut Hands<G>, event: net::Event) {
        match event {
            net::Event::Up {
                channel,
                peer,
                greeting,
            } => {
                let theirs = Line::version(&greeting);
                match hands.line.door(channel) {
                    Some(door) if theirs == PROTOCOL => self.up(hands, door, peer),
                    _ => cannot_talk(peer, theirs),
                }
            }
            net::Event::Down { channel, peer, why } => {
                tracing::debug!(%peer, %why, "connection down");
                if let Some(door) = hands.line.door(channel) {
                    self.down(hands, door, peer);
                }
            }
            net::Event::Frame {
                channel,
                peer,
                bytes,
                ..
            } => {
                if let Some(door) = hands.line.door(channel) {
                    self.heard(hands, door, peer, bytes);
                }
            }
            net::Event::Request {
                channel,
                peer,
                bytes,
                answer,
            } => {
                // Whoever only knocks is given nothing: each answer is a walk to the disk. Nor is
                // who is shut out.
                let door = hands.line.door(channel);
                let inside = door.is_some_and(|door| self.peers.by_key(door, peer).is_some());
                if inside && !hands.conduct.is_banned(&peer) {
                    let said = self.going_on.said();
                    super::catching_up::give(hands, said, &bytes, answer);
                }
            }
            net::Event::Answer {
                request, result, ..
            } => self.answered(hands, request, &result),
            net::Event::Rtt { peer, rtt } => self.peers.set_rtt(peer, rtt),
            net::Event::Fault(fault) => self.net_fault(hands, fault),
            net::Event::SlowPeer {
                peer,
                lane,
                dropped,
                ..
            } => {
                tracing::warn!(%peer, ?lane, dropped, "a peer reads too slowly");
            }
            _ => {}
        }
    }

    pub(super) fn up(&mut self, hands: &mut Hands<G>, door: Door, peer: PublicKey) {
        if door == Door::Invite {
            self.visitors.insert(peer);
        }
        let seat = self.engine.table().roster().seat_of(&peer);
        match (door, self.engine.seat()) {
            (Door::Table, _) => {
                self.connect(hands, door, peer);
                self.mind_connections(hands);
            }
            (Door::Invite, Some(_)) if seat.is_none() && hands.conduct.is_banned(&peer) => {
                hands.line.say(peer, &Gathering::Refused(Refusal::Banned));
            }
            // Whoever the link names, or the roster: a watcher behind by an epoch cannot tell, and
            // believes nothing that it does not check.
            (Door::Invite, None) => {
                hands.line.say(peer, &Gathering::Watch);
                self.connect(hands, door, peer);
                self.say_application(hands, peer);
            }
            // A seat meets one that does not know yet that the table has begun.
            (Door::Invite, Some(_)) => self.tell_begun(hands, peer, true),
        }
    }

    fn tell_begun(&self, hands: &Hands<G>, peer: PublicKey, welcome: bool) {
        let message = if welcome {
            Gathering::Begin(Box::new(SignedGenesis::clone(&self.signed)))
        } else {
            Gathering::Refused(Refusal::Begun)
        };
        hands.line.say(peer, &message);
    }

    fn connect(&mut self, hands: &mut Hands<G>, door: Door, key: PublicKey) {
        let seat = self.engine.table().roster().seat_of(&key);
        let (connection, before) = self.peers.connect(door, key, seat);
        if let Some(before) = before {
            self.handle(hands, Input::Disconnected { peer: before.peer });
        }
        // One that follows and has a seat here knows of what this device does not: blocks by which
        // it lost that seat, or a fork. It does not keep the seat's place.
        let follows = door == Door::Invite && self.engine.seat().is_some();
        let key = Some(key).filter(|_| !follows || seat.is_none());
        let peer = connection.peer;
        self.handle(hands, Input::Connected { peer, key });
    }

    pub(super) fn down(&mut self, hands: &mut Hands<G>, door: Door, key: PublicKey) {
        if door == Door::Invite {
            self.visitors.remove(&key);
            self.early.remove(&key);
            self.refused.remove(&key);
            hands.words.forget(&key);
        }
        if let Some(connection) = self.peers.disconnect(door, key) {
            self.handle(
                hands,
                Input::Disconnected {
                    peer: connection.peer,
                },
            );
        }
    }

    fn heard(&mut self, hands: &mut Hands<G>, door: Door, key: PublicKey, bytes: Bytes) {
        match Line::read(door, bytes) {
            Heard::Gathering(_) | Heard::Garbage if !self.hears(hands, key) => {}
            Heard::Engine(bytes) => {
                if let Some(connection) = self.peers.by_key(door, key) {
                    let (peer, bytes) = (connection.peer, bytes.to_vec());
                    self.handle(hands, Input::Received { peer, bytes });
                }
            }
            Heard::Gathering(message) => self.gathering(hands, key, &message),
            Heard::Garbage => self.charge(hands, key, FaultKind::Gathering),
        }
    }

    /// Whether one more word at the invitation's door is heard: a seat hears anybody, and must not
    /// be kept busy by it.
    fn hears(&self, hands: &mut Hands<G>, key: PublicKey) -> bool {
        self.engine.seat().is_none() || hands.words.take(key)
    }

    /// Somebody at the invitation's door, after the table has begun.
    fn gathering(&mut self, hands: &mut Hands<G>, key: PublicKey, message: &Gathering) {
        if self.engine.seat().is_none() {
            if let Gathering::Refused(why) = message {
                self.turned_away(hands, key, why);
            }
            return; // a watcher is told again what it knows
        }
        let seat = self.engine.table().roster().seat_of(&key);
        let banned = hands.conduct.is_banned(&key);
        if seat.is_none() && banned {
            return;
        }
        let sits = seat.is_some() && self.peers.by_key(Door::Table, key).is_some();
        match message {
            Gathering::Ask(_) => self.tell_begun(hands, key, true),
            Gathering::Apply(application) => self.asked_for_seat(hands, key, application),
            Gathering::Watch if sits || banned => {
                if self.visitors.contains(&key) {
                    self.early.insert(key);
                }
                self.tell_begun(hands, key, false);
            }
            Gathering::Watch => self.wants_to_follow(hands, key),
            _ => {} // late words of a gathering that is over
        }
    }

    /// Somebody at the invitation's door wants to follow.
    pub(super) fn wants_to_follow(&mut self, hands: &mut Hands<G>, key: PublicKey) {
        let followers = self.peers.at(Door::Invite).count();
        let follows = self.peers.by_key(Door::Invite, key).is_some();
        let welcome = follows || followers < FOLLOWERS_MAX;
        self.tell_begun(hands, key, welcome);
        if welcome && !follows {
            self.connect(hands, Door::Invite, key);
        }
    }

    /// The net tells every table of every fault. Those of strangers belong to none of them, and a
    /// seat that came before this device had opened the table was early, not wrong.
    fn net_fault(&mut self, hands: &mut Hands<G>, fault: net::Fault) {
        use net::FaultCause::{NotAdmitted, Stranger};

        let Some(peer) = fault.peer else { return };
        let seated = self.engine.table().roster().seat_of(&peer).is_some();
        let early = matches!(fault.cause, Stranger | NotAdmitted { .. });
        if seated && !early || self.peers.by_key(Door::Invite, peer).is_some() {
            self.charge(hands, peer, fault.cause.into());
        }
    }

    /// Tells of what a peer did wrong on the network, and notes it.
    pub(super) fn charge(&mut self, hands: &mut Hands<G>, peer: PublicKey, kind: FaultKind) {
        let what = kind.detection();
        self.fault(hands, Some(peer), kind);
        if let Some(what) = what {
            self.note_conduct(hands, peer, what);
        }
    }

    pub(super) fn fault(&self, hands: &mut Hands<G>, peer: Option<PublicKey>, kind: FaultKind) {
        let roster = self.engine.table().roster();
        let seat = peer.and_then(|peer| roster.seat_of(&peer));
        let name = seat
            .and_then(|seat| roster.holder(seat))
            .map(|holder| holder.name.clone());
        let fault = PeerFault {
            peer,
            seat,
            name,
            kind,
        };
        hands.fault(fault);
    }
}

fn cannot_talk(who: PublicKey, theirs: u16) {
    let ours = PROTOCOL;
    let why = Refusal::OtherProtocol { who, theirs, ours };
    tracing::warn!(peer = %who, %why, "cannot talk");
}
