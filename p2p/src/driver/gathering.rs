//! A table's thread while seats are being taken.

use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::sync::Arc;

use quorate_core::crypto::PublicKey;
use quorate_core::game::Game;
use quorate_core::genesis::{Genesis, SignedGenesis};
use quorate_core::journal::Journal;
use quorate_core::reputation::Detection;
use quorate_core::roster::SeatKind;
use quorate_core::{Mono, Seat};

use super::{Card, Errand, Hands, Heard, Line, Phase, Playing, Role, meta, seat_name};
use crate::clock;
use crate::gather::{Asking, Gathering, Guest, Host, PROTOCOL, Step, Taken, Terms, check};
use crate::limits::VISITORS_MAX;
use crate::link::Link;
use crate::net::{self, Admission};
use crate::table::{Event, FaultKind, Halt, PeerFault, Refusal, Seated, Status, Trouble};

/// Waiting for a genesis that everybody signed.
pub(super) struct Waiting<G: Game> {
    side: Side,
    /// What the own seat is to be for; none for a watcher.
    wish: Option<SeatKind>,
    /// Peers that are connected by the invitation's channel.
    visitors: BTreeSet<PublicKey>,
    taken: Vec<Taken>,
    trouble: Option<Trouble>,
    paused: bool,
    game: PhantomData<fn() -> G>,
}

enum Side {
    Host(Host),
    Guest(Guest),
}

impl<G: Game> Waiting<G> {
    /// Notes on disk how this device came to the table.
    pub(super) fn introduce(
        hands: &mut Hands<G>,
        errand: Errand<G>,
        link: &Link,
    ) -> Result<Role, Halt> {
        let role = match errand {
            Errand::Host(game, seating) => {
                let terms = Terms::of(&game, &seating);
                let why = |error: quorate_core::codec::EncodeError| error.to_string();
                Role::Host(Box::new(
                    terms.map_err(|e| Halt::WrongRules { why: why(e) })?,
                ))
            }
            Errand::Join => Role::Guest,
            Errand::Witness => Role::Witness,
            Errand::Watch => Role::Watcher,
        };
        let (game, version) = (G::NAME.to_owned(), G::VERSION);
        let card = Card {
            role,
            link: link.to_string(),
            game,
            version,
        };
        hands.ledger.set(meta::CARD, &card)?;
        Ok(card.role)
    }

    /// Begins to wait; a table of one begins to play at once.
    pub(super) fn start(hands: &mut Hands<G>, role: Role, link: &Link) -> Result<Phase<G>, Halt> {
        let candidate: Option<Box<Genesis>> = hands.ledger.get(meta::CANDIDATE)?;
        let now = clock::now();
        let (name, secret) = (hands.me.name.clone(), Arc::clone(&hands.me.secret));
        let wish = role.wish(&name);
        let (side, steps) = match role {
            Role::Host(terms) => {
                let mut host = Host::new(*terms, name, *hands.me.random()?, &secret);
                let (max, tell) = (VISITORS_MAX, Vec::new());
                hands.line.open_invite(Admission::Anyone { max, tell });
                let steps = host.start(now);
                (Side::Host(host), steps)
            }
            Role::Guest | Role::Witness | Role::Watcher => {
                let nonce = *hands.me.random()?;
                let me = wish.clone().map(|kind| Asking {
                    name: seat_name(&name, &kind),
                    nonce,
                    kind,
                    secret,
                });
                let guest = Guest::new(link, me, check::<G>, candidate, now.mono);
                follow(hands, link, &[]);
                (Side::Guest(guest), Vec::new())
            }
        };
        let visitors = BTreeSet::new();
        let (taken, trouble, game) = (Vec::new(), None, PhantomData);
        let mut waiting = Self {
            side,
            wish,
            visitors,
            taken,
            trouble,
            paused: false,
            game,
        };
        waiting.show(hands);
        let next = waiting.carry_out(hands, steps)?;
        Ok(next.unwrap_or(Phase::Waiting(waiting)))
    }

    pub(super) fn net(
        &mut self,
        hands: &mut Hands<G>,
        event: net::Event,
    ) -> Result<Option<Phase<G>>, Halt> {
        let now = clock::now();
        if let (Side::Host(_), Some(peer)) = (&self.side, event.frame_of())
            && hands.conduct.is_banned(&peer)
        {
            hands.line.say(peer, &Gathering::Refused(Refusal::Banned));
            return Ok(None);
        }
        let steps = match event {
            net::Event::Up { peer, greeting, .. } => {
                let theirs = Line::version(&greeting);
                if theirs != PROTOCOL {
                    return Ok(self.other_protocol(hands, peer, theirs));
                }
                self.visitors.insert(peer);
                match &mut self.side {
                    Side::Host(host) => host.up(peer),
                    Side::Guest(guest) => guest.up(peer),
                }
            }
            net::Event::Down { peer, .. } => {
                self.visitors.remove(&peer);
                hands.words.forget(&peer);
                match &mut self.side {
                    Side::Host(host) => host.down(peer, now),
                    Side::Guest(guest) => {
                        guest.down(now.mono);
                        Vec::new()
                    }
                }
            }
            net::Event::Frame {
                channel,
                peer,
                bytes,
                ..
            } => {
                // A guest chose its host; a host hears anybody.
                if matches!(self.side, Side::Host(_)) && !hands.words.take(peer) {
                    return Ok(None);
                }
                let door = hands.line.door(channel).unwrap_or(super::Door::Invite);
                match (Line::read(door, bytes), &mut self.side) {
                    (Heard::Gathering(message), Side::Host(host)) => host.hear(peer, message, now),
                    (Heard::Gathering(message), Side::Guest(guest)) => {
                        guest.hear(peer, message, now)
                    }
                    (Heard::Engine(_), _) => Vec::new(), // it has begun; we shall hear so
                    (Heard::Garbage, _) => vec![Step::Fault(peer)],
                }
            }
            _ => Vec::new(),
        };
        self.carry_out(hands, steps)
    }

    pub(super) fn tick(&mut self, hands: &mut Hands<G>) -> Result<Option<Phase<G>>, Halt> {
        let steps = match &mut self.side {
            Side::Host(_) => Vec::new(),
            Side::Guest(guest) => guest.tick(clock::mono()),
        };
        self.carry_out(hands, steps)
    }

    pub(super) fn next_timeout(&self) -> Option<Mono> {
        match &self.side {
            Side::Host(_) => None,
            Side::Guest(guest) => guest.next_timeout(),
        }
    }

    pub(super) fn pause(&mut self, hands: &Hands<G>, paused: bool) {
        self.paused = paused;
        self.show(hands);
    }

    fn carry_out(
        &mut self,
        hands: &mut Hands<G>,
        steps: Vec<Step>,
    ) -> Result<Option<Phase<G>>, Halt> {
        let mut next = None;
        for step in steps {
            match step {
                Step::Send(peer, message) => hands.line.say(peer, &message),
                Step::Candidate(genesis) => hands.ledger.set(meta::CANDIDATE, &genesis)?,
                Step::Begin(signed) => {
                    hands.ledger.set(meta::GENESIS, &*signed)?;
                    next = Some(*signed);
                }
                Step::Seats(taken) => self.seats(hands, taken),
                Step::Trouble(trouble) => {
                    self.trouble = trouble;
                    self.show(hands);
                }
                Step::TurnedAway(key, why) => {
                    tracing::info!(peer = %key, %why, "turned away");
                    hands.shared.tell(Event::TurnedAway { key, why });
                }
                Step::Refused(why) => {
                    tracing::warn!(%why, "no seat");
                    hands.shared.show(Status::Refused(why));
                    return Ok(Some(Phase::Over));
                }
                Step::Fault(peer) => fault(hands, peer),
            }
        }
        next.map(|signed| self.play(hands, signed)).transpose()
    }

    fn play(&mut self, hands: &mut Hands<G>, signed: SignedGenesis) -> Result<Phase<G>, Halt> {
        let wish = self.wish.clone();
        let mut playing = Playing::start(hands, signed, Journal::default(), wish)?;
        playing.welcome(hands, &self.visitors);
        Ok(Phase::Playing(Box::new(playing)))
    }

    fn other_protocol(&self, hands: &Hands<G>, who: PublicKey, theirs: u16) -> Option<Phase<G>> {
        let why = Refusal::OtherProtocol {
            who,
            theirs,
            ours: PROTOCOL,
        };
        tracing::warn!(peer = %who, %why, "cannot talk");
        match self.side {
            Side::Host(_) => {
                hands.shared.tell(Event::TurnedAway { key: who, why });
                None
            }
            Side::Guest(_) => {
                hands.shared.show(Status::Refused(why));
                Some(Phase::Over)
            }
        }
    }

    fn seats(&mut self, hands: &Hands<G>, taken: Vec<Taken>) {
        for (index, new) in taken.iter().enumerate() {
            let known = self.taken.iter().any(|old| old.key == new.key);
            if let (false, Some(seat)) = (known, seat(index)) {
                hands.shared.tell(Event::Joined {
                    seat,
                    name: new.name.clone(),
                });
            }
        }
        for old in &self.taken {
            if !taken.iter().any(|new| new.key == old.key) {
                hands.shared.tell(Event::Left {
                    name: old.name.clone(),
                });
            }
        }
        self.taken = taken;
        self.show(hands);
    }

    fn show(&self, hands: &Hands<G>) {
        let me = hands.key();
        let seated = |(index, taken): (usize, &Taken)| {
            Some(Seated {
                seat: seat(index)?,
                name: taken.name.clone(),
                key: taken.key,
                kind: taken.kind.clone(),
                me: taken.key == me,
                present: taken.here,
                connected: self.visitors.contains(&taken.key),
                rtt: None,
            })
        };
        let seated = self.taken.iter().enumerate().filter_map(seated).collect();
        hands.shared.update(|board| board.seated = seated);
        let (taken, trouble) = (self.taken.len(), self.trouble);
        let seats = match &self.side {
            Side::Host(host) => host.seats(),
            Side::Guest(guest) => guest.seats(),
        };
        hands.shared.show(match self.paused {
            true => Status::Paused,
            false => Status::Gathering {
                taken,
                seats,
                trouble,
            },
        });
    }
}

/// Opens the invitation's channel to those whom the link names, and says where they are, and to
/// `seats`: whoever sits at the table can tell of it, wherever the writer of the link is by now.
/// Returns all of them.
pub(super) fn follow<G: Game>(
    hands: &Hands<G>,
    link: &Link,
    seats: &[PublicKey],
) -> BTreeSet<PublicKey> {
    let peers = link.peers();
    for (peer, addresses) in &peers {
        if let Err(error) = hands.line.net.hint(*peer, addresses.clone()) {
            tracing::warn!(%peer, %error, "an address of the link is of no use");
        }
    }
    let me = hands.key();
    let others = peers.into_keys().chain(seats.iter().copied());
    let others: BTreeSet<_> = others.filter(|peer| *peer != me).collect();
    let roster = others.iter().copied().collect();
    hands.line.open_invite(Admission::Roster(roster));
    others
}

fn fault<G: Game>(hands: &mut Hands<G>, peer: PublicKey) {
    let kind = FaultKind::Gathering;
    let fault = PeerFault {
        peer: Some(peer),
        seat: None,
        name: None,
        kind,
    };
    hands.conduct.note(peer, Detection::Malformed);
    hands.fault(fault);
}

fn seat(index: usize) -> Option<Seat> {
    Seat::new(u8::try_from(index).ok()?)
}
