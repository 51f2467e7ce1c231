//! A table without a quorum: those present sign where it stands.

use std::sync::Arc;

use quorate_core::certificate::{DecisionCertificate, QuorumVotes};
use quorate_core::claim::{Claim, ClaimError};
use quorate_core::crypto::{AnyScheme, Scheme, SecretKey, Signature, Signer};
use quorate_core::engine::{Event, Input, Misuse};
use quorate_core::genesis::Protocol;
use quorate_core::message::{Message, Peer, Testimony, Unsigned, Vote, VoteKind};
use quorate_core::roster::{Holder, Name, Roster, SeatKind};
use quorate_core::{Digest, Epoch, Height, Round, Seats, Wall, codec};

use super::chips::{Action, Chips, Side};
use super::table::{SECOND, Table, seat};

/// Four seats of which two vanish after a bet.
fn stalled() -> Table<Chips> {
    let mut table = Table::founded(Chips::default(), 4, |_| {});
    table.act(1, Action::Bet(Side::Over, 10));
    table.down = vec![2, 3];
    table
}

fn gone() -> Seats {
    Seats::from(seat(2)) | seat(3).into()
}

#[test]
fn two_of_four_sign_where_play_stands_and_who_is_absent() {
    let mut table = stalled();
    assert_eq!(table.engines[0].may_claim(), Err(Misuse::QuorumHolds));
    table.pass(30 * SECOND);
    let early = table.engines[0].may_claim();
    assert!(
        matches!(early, Err(Misuse::ClaimTooEarly { .. })),
        "{early:?}"
    );
    table.pass(100 * SECOND);
    let told = |index: usize| {
        let stalled = |event: &&Event<Chips>| matches!(event, Event::Stalled { .. });
        table.events[index].iter().filter(stalled).count()
    };
    assert_eq!((told(0), told(1)), (1, 1), "each is told once");
    for by in [0, 1] {
        table.handle(by, Input::Claim);
        table.settle();
    }
    for engine in &table.engines[..2] {
        let claim = engine.claim().unwrap();
        assert!(
            claim.says.starts_with("not certified: 2 of 4 seats"),
            "{}",
            claim.says
        );
        let standing = claim.verify(Arc::new(AnyScheme)).unwrap();
        assert_eq!(standing.height, table.height());
        assert_eq!(standing.signed, Seats::first(2));
        assert_eq!(standing.absent, gone());
        assert!(standing.founding);
    }
}

#[test]
fn play_resumes_from_the_last_decision_and_the_claim_is_history() {
    let mut table = stalled();
    table.pass(130 * SECOND);
    table.handle(0, Input::Claim);
    table.settle();
    let height = table.height();
    assert!(table.engines[0].claim().is_some());
    table.down.clear();
    table.act(1, Action::CashOut);
    table.pass(5 * SECOND);
    assert!(table.height() > height);
    assert!(table.engines[0].claim().is_none());
    assert_eq!(table.engines[0].may_claim(), Err(Misuse::QuorumHolds));
    table.agreed();
}

#[test]
fn a_changed_claim_shows_nothing() {
    let mut table = stalled();
    table.pass(130 * SECOND);
    table.handle(0, Input::Claim);
    let claim = table.engines[0].claim().unwrap();
    let verify = |claim: &Claim| claim.verify(Arc::new(AnyScheme));
    let nobody = Claim {
        testimonies: vec![],
        ..claim.clone()
    };
    assert_eq!(verify(&nobody), Err(ClaimError::Unsigned));
    // Another seat's absence is put into its mouth.
    let bytes = codec::from_hex(&claim.testimonies[0]).unwrap();
    let testimony: Testimony = codec::decode(&bytes).unwrap();
    let forged = Testimony {
        absent: seat(1).into(),
        ..testimony
    };
    let forged = Claim {
        testimonies: vec![codec::to_hex(&codec::encode(&forged).unwrap())],
        ..claim.clone()
    };
    assert_eq!(verify(&forged), Err(ClaimError::Testimony(seat(0))));
    let garbled = Claim {
        certificate: claim.genesis.clone(),
        ..claim
    };
    assert_eq!(verify(&garbled), Err(ClaimError::Field("certificate")));
}

#[test]
fn a_false_testimony_is_charged_to_who_brought_it() {
    let mut table = stalled();
    table.pass(130 * SECOND);
    table.overheard();
    table.handle(0, Input::Claim);
    let said = table
        .overheard()
        .into_iter()
        .find_map(|(_, message)| match message {
            Message::Testimony(testimony) => Some(testimony),
            _ => None,
        });
    let framed = Testimony {
        seat: seat(3),
        ..said.unwrap()
    };
    table.deliver(1, Peer(0), &Message::Testimony(framed));
    let charged = |event: &Event<Chips>| {
        matches!(event, Event::Fault { peer: Peer(0), fault }
            if *fault == quorate_core::engine::Fault::FalseTestimony)
    };
    assert!(table.events[1].iter().any(charged));
    table.settle();
    assert_eq!(table.engines[1].claimed_by(), seat(0).into());
}

/// Whoever knows a table's genesis, which its link or any transcript gives, makes up a roster of
/// keys of their own under the players' names, and a "certified" last decision.
fn made_up(table: &Table<Chips>, forger: &[SecretKey]) -> (Roster, Claim) {
    let holder = |(index, key): (usize, &SecretKey)| Holder {
        name: Name::new(&format!("Player {index}")).unwrap(),
        key: key.public(),
        ml_dsa: None,
        kind: SeatKind::Player,
    };
    let roster = Roster::new(forger.iter().enumerate().map(holder));
    let (id, digest) = (table.genesis().table(), Digest::from_bytes([7; 32]));
    let unsigned = Unsigned {
        kind: VoteKind::Commit,
        table: id,
        epoch: Epoch(3),
        height: Height(99),
        round: Round(0),
        digest: Some(digest),
    };
    let votes = (0..3).map(|by| {
        (
            seat(by),
            Vote::sign(unsigned, seat(by), &forger[by]).signature,
        )
    });
    let certificate = DecisionCertificate(QuorumVotes {
        epoch: Epoch(3),
        height: Height(99),
        round: Round(0),
        digest,
        signatures: votes.collect(),
    });
    let testimony = |by: usize| {
        let testimony = Testimony {
            height: Height(99),
            block: digest,
            state: Digest::ZERO,
            absent: Seats::from(seat(3)),
            at: Wall(1),
            seat: seat(by),
            signature: Signature::from_bytes(&[0; 64]),
        };
        testimony.signed(id, &forger[by])
    };
    let testimonies = [testimony(0), testimony(1)];
    let claim = Claim::new(table.genesis(), &roster, &certificate, &testimonies);
    (roster, claim)
}

#[test]
fn a_claim_of_a_made_up_roster_does_not_say_that_its_decision_is_certified() {
    let table = Table::under(Protocol::Pbft, Chips::default(), 4);
    let forger = [100, 101, 102, 103].map(|byte| SecretKey::from_bytes(&[byte; 32]));
    let (roster, claim) = made_up(&table, &forger);
    let standing = claim.verify(Arc::new(AnyScheme)).unwrap();
    assert!(!standing.founding);
    let said = standing.to_string();
    let key = &codec::to_hex(forger[0].public().as_bytes())[..16];
    let start = format!(
        "not certified: if those sat there who are said to, which the genesis does not show, the \
         holder of key {key}, said to be Player 0; "
    );
    assert!(said.starts_with(&start), "{said}");
    assert!(said.contains("which they certified themselves"), "{said}");
    // Nor may somebody the genesis knows be given another key to sign with.
    let large = Roster::of(roster.iter().map(|(seat, holder)| {
        let ml_dsa = forger[0].signer(Scheme::MlDsa87).keys().ml_dsa;
        let holder = Holder {
            ml_dsa,
            ..holder.clone()
        };
        (seat, holder)
    }));
    let mixed = Claim {
        roster: codec::to_hex(&codec::encode(&large).unwrap()),
        ..claim
    };
    let verdict = mixed.verify(Arc::new(AnyScheme));
    assert_eq!(verdict, Err(ClaimError::Field("roster")));
}
