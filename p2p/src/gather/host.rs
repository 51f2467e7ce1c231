//! The host of a gathering: gives out the seats, proposes the genesis, collects signatures.

use std::collections::BTreeSet;
use std::sync::Arc;

use quorate_core::crypto::{
    AnyScheme, MlDsaKey, PublicKey, Scheme, SeatKeys, SecretKey, Signature, Signer,
};
use quorate_core::genesis::{Genesis, Seating as Chair, SignedGenesis, TableId};
use quorate_core::roster::{Name, SeatKind};
use quorate_core::{Mono, Now, PerSeat, Seat};

use super::{Ask, Brought, Gathering, Offer, Step, Taken, Terms};
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
    pub(crate) fn new(terms: Terms, name: Name, nonce: [u8; 32], secret: &SecretKey) -> Self {
        let signer = secret.signer(terms.signatures);
        let SeatKeys { identity, ml_dsa } = signer.keys();
        let chair = Chair {
            name,
            key: identity,
            ml_dsa,
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
            ml_dsa,
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
        if let Some(steps) = self.wrong_key(peer, ml_dsa.as_ref()) {
            return steps;
        }
        let ml_dsa = ml_dsa.map(|brought| brought.key);
        let chair = Chair {
            name,
            key: peer,
            ml_dsa,
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

    /// What follows if this is not the key that the table's signatures ask of `peer`.
    fn wrong_key(&self, peer: PublicKey, brought: Option<&Brought>) -> Option<Vec<Step>> {
        let signatures = self.terms.signatures;
        if signatures != brought.map_or(Scheme::Ed25519, |_| Scheme::MlDsa87) {
            return Some(refuse(peer, Refusal::WrongKey { signatures }));
        }
        let brought = brought?;
        if !brought.is_of(peer, self.signer.public()) {
            return Some(vec![Step::Fault(peer)]);
        }
        // Who has several identities may own up to one key with each. No genesis could begin so.
        let same = |chair: &&Chair| {
            let large = chair.ml_dsa.as_ref().map(MlDsaKey::as_bytes);
            chair.key != peer && large == Some(brought.key.as_bytes())
        };
        let holder = self.chairs.iter().map(|other| &other.chair).find(same)?;
        let name = holder.name.clone();
        Some(refuse(peer, Refusal::SameKey { name }))
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
        let signed = |seat: &Seat| {
            SignedGenesis::signed_by(&proposal.genesis, *seat, &signature, &AnyScheme)
        };
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

    use quorate_core::limits::{NAME_CHARS_MAX, OPTIONS_BYTES_MAX, SHARE_BYTES_MAX};
    use quorate_core::message::Message;
    use quorate_core::{Wall, codec};

    use super::super::message::tests;
    use super::*;
    use crate::limits::CONTROL_FRAME_BYTES_MAX;
    use crate::net::Lane;

    const SEATS: u8 = 3;

    fn at(time: Duration) -> Now {
        let (mono, wall) = (Mono::default().after(time), Wall(1));
        Now { mono, wall }
    }

    fn secret(number: u8) -> SecretKey {
        SecretKey::from_bytes(&[number; 32])
    }

    fn key(number: u8) -> PublicKey {
        secret(number).public()
    }

    fn ask(host: &mut Host, number: u8, now: Now) -> Vec<Step> {
        ask_with(host, number, None, now)
    }

    /// What this guest brings to the host.
    fn brought(number: u8) -> Option<Brought> {
        Brought::to(key(1), &secret(number), Scheme::MlDsa87)
    }

    /// The same with the large key of another guest, for which this one vouches.
    fn claimed(number: u8, other: u8) -> Brought {
        let key = tests::claimed(&secret(number), &secret(other));
        Brought {
            key,
            ..brought(other).unwrap()
        }
    }

    fn ask_with(host: &mut Host, number: u8, ml_dsa: Option<Brought>, now: Now) -> Vec<Step> {
        let ask = Ask {
            name: Name::new(&format!("guest {number}")).unwrap(),
            nonce: [number; 32],
            kind: SeatKind::Player,
            ml_dsa,
            fingerprint: host.terms.fingerprint,
        };
        host.up(key(number));
        host.hear(key(number), Gathering::Ask(ask), now)
    }

    /// A table of three: its host, guest 2, who left as soon as it sat down, and guest 3.
    fn full() -> Host {
        let mut host = host(Scheme::Ed25519);
        let now = at(Duration::ZERO);
        ask(&mut host, 2, now);
        host.down(key(2), now);
        ask(&mut host, 3, now);
        host
    }

    /// A table of three with its host alone.
    fn host(signatures: Scheme) -> Host {
        let mut terms = Terms::of_no_game(SEATS);
        terms.signatures = signatures;
        Host::new(terms, Name::new("host").unwrap(), [0; 32], &secret(1))
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

    #[test]
    fn who_brings_no_key_for_how_the_table_signs_is_told_so() {
        let now = at(Duration::ZERO);
        for (scheme, key) in [(Scheme::MlDsa87, None), (Scheme::Ed25519, brought(2))] {
            let mut host = host(scheme);
            let steps = ask_with(&mut host, 2, key, now);
            let why = Refusal::WrongKey { signatures: scheme };
            assert_eq!(refused(&steps), Some(&why));
            assert_eq!(host.taken().len(), 1);
        }
        let why = Refusal::WrongKey {
            signatures: Scheme::MlDsa87,
        };
        let sentence = "the table signs with ml-dsa-87, and this device brings no key for that";
        assert_eq!(why.to_string(), sentence);
    }

    #[test]
    fn a_large_key_sits_down_with_who_holds_its_secret_and_nobody_else() {
        let (mut host, now) = (host(Scheme::MlDsa87), at(Duration::ZERO));
        let elsewhere = Brought::to(key(9), &secret(2), Scheme::MlDsa87);
        for false_claim in [brought(3), Some(claimed(2, 3)), elsewhere] {
            let steps = ask_with(&mut host, 2, false_claim, now);
            assert!(matches!(&*steps, [Step::Fault(peer)] if *peer == key(2)));
        }
        assert_eq!(host.taken().len(), 1, "nobody took its place");
        ask_with(&mut host, 3, brought(3), now);
        let again = ask_with(&mut host, 3, brought(3), now);
        assert_eq!(refused(&again), None, "its holder asks again");
        ask_with(&mut host, 2, brought(2), now);
        assert_eq!(host.taken().len(), usize::from(SEATS));
    }

    #[test]
    fn who_has_two_identities_sits_down_once_with_one_large_key() {
        let (mut host, now) = (host(Scheme::MlDsa87), at(Duration::ZERO));
        ask_with(&mut host, 3, brought(3), now);
        let mut second = claimed(2, 3);
        second.prove(key(1), key(2), &*secret(3).signer(Scheme::MlDsa87));
        let steps = ask_with(&mut host, 2, Some(second), now);
        let name = Name::new("guest 3").unwrap();
        assert_eq!(refused(&steps), Some(&Refusal::SameKey { name }));
    }

    /// A signed genesis of as many seats as such a table can have, everything at its bound.
    fn largest(scheme: Scheme) -> SignedGenesis {
        let mut terms = host(scheme).terms;
        terms.options = vec![0; OPTIONS_BYTES_MAX];
        terms.bounds.share_bytes = u32::try_from(SHARE_BYTES_MAX).unwrap();
        let signers = (0..scheme.seats_max()).map(|number| secret(number).signer(scheme));
        let signers: Vec<_> = signers.collect();
        let chair = |signer: &Arc<dyn Signer>| Chair {
            name: Name::new(&"\u{1f3b2}".repeat(NAME_CHARS_MAX)).unwrap(),
            key: signer.public(),
            ml_dsa: signer.keys().ml_dsa,
            nonce: [0xff; 32],
            kind: SeatKind::Player,
        };
        let genesis = terms.genesis(signers.iter().map(chair).collect(), Wall(u64::MAX));
        let signed = |(index, signer): (usize, &Arc<dyn Signer>)| {
            Some((seat(index)?, SignedGenesis::sign(&genesis, &**signer)))
        };
        let signatures = signers.iter().enumerate().filter_map(signed).collect();
        SignedGenesis {
            genesis,
            signatures,
        }
    }

    #[test]
    fn what_the_largest_tables_say_fits_its_lane() {
        for scheme in [Scheme::Ed25519, Scheme::MlDsa87] {
            let signed = largest(scheme);
            let seats = usize::from(scheme.seats_max());
            for kind in 0..=12 {
                let lane = match kind {
                    0 => Lane::Control,
                    5 | 6 | 8 => Lane::Proposals,
                    _ => Lane::Votes,
                };
                let max = Message::bytes_max(&[kind], &signed.genesis, seats);
                assert!(max <= lane.frame_bytes_max(), "{scheme} {kind}: {max}");
            }
            let begin = Gathering::Begin(Box::new(signed));
            let bytes = codec::encode(&begin).unwrap().len();
            assert!(bytes <= CONTROL_FRAME_BYTES_MAX, "{scheme}: {bytes}");
        }
    }
}
