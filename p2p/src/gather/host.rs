//! The host of a gathering: gives out the seats, proposes the genesis, collects signatures.

use std::collections::BTreeSet;
use std::sync::Arc;

use quorate_core::crypto::{Ed25519, PublicKey, Signature, Signer};
use quorate_core::genesis::{Genesis, Seating as Chair, SignedGenesis, TableId};
use quorate_core::roster::{Name, SeatKind};
use quorate_core::{Mono, Now, PerSeat, Seat};

use super::{Ask, Gathering, Offer, Step, Taken, Terms};
use crate::limits::SEAT_KEPT;
use crate::table::{Refusal, Trouble};

/// The host's side of a gathering.
pub(crate) struct Host {
    terms: Terms,
    signer: Arc<dyn Signer>,
    /// Who sits here, the host first.
    chairs: Vec<Occupied>,
    /// Peers that are connected, seated or not.
    visitors: BTreeSet<PublicKey>,
    proposal: Option<Proposal>,
}

struct Occupied {
    chair: Chair,
    /// Since when its holder is gone; none while it is here.
    gone: Option<Mono>,
}

struct Proposal {
    genesis: Genesis,
    table: TableId,
    signatures: PerSeat<Signature>,
}

impl Host {
    pub(crate) fn new(terms: Terms, name: Name, nonce: [u8; 32], signer: Arc<dyn Signer>) -> Self {
        let chair = Chair {
            name,
            key: signer.public(),
            nonce,
            kind: SeatKind::Player,
        };
        let chairs = vec![Occupied { chair, gone: None }];
        Self {
            terms,
            signer,
            chairs,
            visitors: BTreeSet::new(),
            proposal: None,
        }
    }

    /// What follows from nobody but the host being there: a table of one begins at once.
    pub(crate) fn start(&mut self, now: Now) -> Vec<Step> {
        let mut steps = vec![Step::Seats(self.taken())];
        steps.extend(self.propose_if_full(now));
        steps
    }

    /// A peer is connected.
    pub(crate) fn up(&mut self, peer: PublicKey) -> Vec<Step> {
        self.visitors.insert(peer);
        vec![Step::Send(peer, self.offer())]
    }

    /// A peer is gone. Its seat is kept, and given away only when somebody else asks for it.
    pub(crate) fn down(&mut self, peer: PublicKey, now: Now) -> Vec<Step> {
        self.visitors.remove(&peer);
        let Some(chair) = self.chairs.iter_mut().find(|chair| chair.chair.key == peer) else {
            return Vec::new();
        };
        chair.gone = Some(now.mono);
        self.changed(now)
    }

    /// A peer says something.
    pub(crate) fn hear(&mut self, peer: PublicKey, message: Gathering, now: Now) -> Vec<Step> {
        match message {
            Gathering::Ask(ask) => self.ask(peer, ask, now),
            Gathering::Sign(table, signature) => self.sign(peer, table, signature),
            Gathering::Refused(why) => self.declined(peer, why, now),
            Gathering::Watch => vec![Step::Send(peer, self.offer())], // told when it begins
            Gathering::Apply(_) => Vec::new(), // of another life of this table
            Gathering::Offer(_) | Gathering::Propose(_) | Gathering::Begin(_) => {
                vec![Step::Fault(peer)]
            }
        }
    }

    fn ask(&mut self, peer: PublicKey, ask: Ask, now: Now) -> Vec<Step> {
        let Ask {
            name,
            nonce,
            kind,
            fingerprint,
        } = ask;
        if fingerprint != self.terms.fingerprint {
            let (game, theirs, ours) =
                (self.terms.game.clone(), fingerprint, self.terms.fingerprint);
            return refuse(
                peer,
                Refusal::MixedBuild {
                    who: name,
                    game,
                    theirs,
                    ours,
                },
            );
        }
        let chair = Chair {
            name,
            key: peer,
            nonce,
            kind: kind.clone(),
        };
        let occupied = Occupied { chair, gone: None };
        let own =
            |other: &Occupied| other.chair.key == peer && other.chair.kind.plays() == kind.plays();
        let place = self.chairs.iter().position(own);
        match place.or_else(|| self.abandoned(&kind, now.mono)) {
            Some(place) => {
                let same = self.chairs[place].chair == occupied.chair;
                self.chairs[place] = occupied;
                if let Some(proposal) = self.proposal.as_ref().filter(|_| same) {
                    let again = Gathering::Propose(Box::new(proposal.genesis.clone()));
                    return vec![Step::Seats(self.taken()), Step::Send(peer, again)];
                }
            }
            None if self.has_room(&kind) => {
                // Whoever asks for a seat of another kind gives its own up.
                self.chairs.retain(|other| other.chair.key != peer);
                self.chairs.push(occupied);
            }
            None => {
                let seats = self.terms.chairs_of(&kind);
                return refuse(peer, Refusal::Full { seats });
            }
        }
        self.proposal = None; // it was for other people
        self.changed(now)
    }

    /// Whether a seat of this kind is free.
    fn has_room(&self, kind: &SeatKind) -> bool {
        let same = |chair: &&Occupied| chair.chair.kind.plays() == kind.plays();
        let taken = self.chairs.iter().filter(same).count();
        taken < usize::from(self.terms.chairs_of(kind))
    }

    /// A seat of this kind whose holder has been gone for long; only if no other is free.
    fn abandoned(&self, kind: &SeatKind, now: Mono) -> Option<usize> {
        let full = !self.has_room(kind);
        let long = |gone: Mono| now >= gone.after(SEAT_KEPT);
        let left = |chair: &Occupied| {
            chair.chair.kind.plays() == kind.plays() && chair.gone.is_some_and(long)
        };
        self.chairs.iter().position(|chair| full && left(chair))
    }

    fn declined(&mut self, peer: PublicKey, why: Refusal, now: Now) -> Vec<Step> {
        let mut steps = vec![Step::TurnedAway(peer, why)];
        let before = self.chairs.len();
        self.chairs.retain(|chair| chair.chair.key != peer);
        if self.chairs.len() < before {
            self.proposal = None;
            steps.extend(self.changed(now));
        }
        steps
    }

    /// Tells everybody who sits here now, and proposes the genesis once all seats are taken.
    fn changed(&mut self, now: Now) -> Vec<Step> {
        let offer = self.offer();
        let mut steps = vec![Step::Seats(self.taken())];
        steps.extend(
            self.visitors
                .iter()
                .map(|peer| Step::Send(*peer, offer.clone())),
        );
        let absent = self
            .chairs
            .iter()
            .filter(|chair| chair.gone.is_some())
            .count();
        let full = self.chairs.len() == self.terms.chairs();
        let trouble = (full && absent > 0).then_some(Trouble::PlayersAway { absent });
        steps.push(Step::Trouble(trouble));
        steps.extend(self.propose_if_full(now));
        steps
    }

    fn propose_if_full(&mut self, now: Now) -> Vec<Step> {
        let here = self
            .chairs
            .iter()
            .filter(|chair| chair.gone.is_none())
            .count();
        if here < self.terms.chairs() || self.proposal.is_some() {
            return Vec::new();
        }
        let chairs = self
            .chairs
            .iter()
            .map(|chair| chair.chair.clone())
            .collect();
        let genesis = self.terms.genesis(chairs, now.wall);
        let signature = SignedGenesis::sign(&genesis, &*self.signer);
        let mut signatures = PerSeat::default();
        signatures.extend(seat(0).map(|seat| (seat, signature)));
        let table = genesis.table();
        let mut steps = vec![Step::Candidate(Box::new(genesis.clone()))];
        for chair in &self.chairs[1..] {
            let message = Gathering::Propose(Box::new(genesis.clone()));
            steps.push(Step::Send(chair.chair.key, message));
        }
        self.proposal = Some(Proposal {
            genesis,
            table,
            signatures,
        });
        steps.extend(self.begin_if_signed());
        steps
    }

    fn sign(&mut self, peer: PublicKey, table: TableId, signature: Signature) -> Vec<Step> {
        let Some(proposal) = self
            .proposal
            .as_mut()
            .filter(|proposal| proposal.table == table)
        else {
            return Vec::new(); // of a proposal that was given up since
        };
        let chairs = &proposal.genesis.seats;
        let place = chairs
            .iter()
            .position(|chair| chair.key == peer)
            .and_then(seat);
        let signed =
            |seat: &Seat| SignedGenesis::signed_by(&proposal.genesis, *seat, &signature, &Ed25519);
        let Some(seat) = place.filter(signed) else {
            return vec![Step::Fault(peer)];
        };
        proposal.signatures.insert(seat, signature);
        self.begin_if_signed()
    }

    fn begin_if_signed(&mut self) -> Vec<Step> {
        let all = |proposal: &&Proposal| proposal.signatures.len() == proposal.genesis.seats.len();
        let Some(proposal) = self.proposal.as_ref().filter(all) else {
            return Vec::new();
        };
        let (genesis, signatures) = (proposal.genesis.clone(), proposal.signatures.clone());
        let signed = Box::new(SignedGenesis {
            genesis,
            signatures,
        });
        // The host stores it before anybody hears of it.
        let mut steps = vec![Step::Begin(signed.clone())];
        let tell = |peer: &PublicKey| Step::Send(*peer, Gathering::Begin(signed.clone()));
        steps.extend(self.visitors.iter().map(tell));
        steps
    }

    fn offer(&self) -> Gathering {
        let host = self.chairs[0].chair.name.clone();
        Gathering::Offer(Box::new(Offer {
            host,
            terms: self.terms.clone(),
            taken: self.taken(),
        }))
    }

    pub(crate) fn taken(&self) -> Vec<Taken> {
        let taken = |occupied: &Occupied| Taken {
            name: occupied.chair.name.clone(),
            key: occupied.chair.key,
            kind: occupied.chair.kind.clone(),
            here: occupied.gone.is_none(),
        };
        self.chairs.iter().map(taken).collect()
    }

    /// How many seats there will be.
    pub(crate) fn seats(&self) -> usize {
        self.terms.chairs()
    }
}

fn seat(index: usize) -> Option<Seat> {
    Seat::new(u8::try_from(index).ok()?)
}

fn refuse(peer: PublicKey, why: Refusal) -> Vec<Step> {
    let message = Gathering::Refused(why.clone());
    vec![Step::Send(peer, message), Step::TurnedAway(peer, why)]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

    use std::time::Duration;

    use quorate_core::crypto::SecretKey;
    use quorate_core::{Digest, Wall};

    use super::*;
    use crate::gather::Seating;

    const SEATS: u8 = 3;

    fn at(time: Duration) -> Now {
        let (mono, wall) = (Mono::default().after(time), Wall(1));
        Now { mono, wall }
    }

    fn key(number: u8) -> PublicKey {
        SecretKey::from_bytes(&[number; 32]).public()
    }

    fn ask(host: &mut Host, number: u8, now: Now) -> Vec<Step> {
        let ask = Ask {
            name: Name::new(&format!("guest {number}")).unwrap(),
            nonce: [number; 32],
            kind: SeatKind::Player,
            fingerprint: host.terms.fingerprint,
        };
        host.up(key(number));
        host.hear(key(number), Gathering::Ask(ask), now)
    }

    /// A table of three: its host, guest 2, who left as soon as it sat down, and guest 3.
    fn full() -> Host {
        let (signer, seating) = (
            Arc::new(SecretKey::from_bytes(&[1; 32])),
            Seating::of(SEATS),
        );
        let terms = Terms {
            game: "none".to_owned(),
            version: 1,
            options: Vec::new(),
            fingerprint: Digest::ZERO,
            seats: SEATS,
            witnesses: 0,
            protocol: seating.protocol,
            profile: seating.profile,
            schedule: seating.schedule,
            dice: seating.dice,
            timing: seating.timing,
            bounds: seating.bounds,
            stall: seating.stall,
            motions: seating.motions,
            checkpoint: seating.checkpoint,
        };
        let mut host = Host::new(terms, Name::new("host").unwrap(), [0; 32], signer);
        let now = at(Duration::ZERO);
        ask(&mut host, 2, now);
        host.down(key(2), now);
        ask(&mut host, 3, now);
        host
    }

    fn refused(steps: &[Step]) -> Option<&Refusal> {
        steps.iter().find_map(|step| match step {
            Step::TurnedAway(_, why) => Some(why),
            _ => None,
        })
    }

    #[test]
    fn a_seat_is_kept_for_who_is_gone_for_a_moment_and_then_given_away() {
        let mut host = full();
        let early = ask(&mut host, 4, at(SEAT_KEPT / 2));
        assert_eq!(refused(&early), Some(&Refusal::Full { seats: SEATS }));
        let late = ask(&mut host, 4, at(SEAT_KEPT));
        assert_eq!(refused(&late), None);
        assert!(host.taken().iter().any(|taken| taken.key == key(4)));
        assert!(!host.taken().iter().any(|taken| taken.key == key(2)));
    }
}
