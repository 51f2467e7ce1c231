//! What a table decided holds for strangers.

use quorate_core::codec::Blob;
use quorate_core::crypto::AnyScheme;
use quorate_core::engine::Operation;
use quorate_core::game::End;
use quorate_core::genesis::{DicePolicy, FaultProfile, Genesis, Protocol};
use quorate_core::message::Motion;
use quorate_core::roster::quorum;
use quorate_core::transcript::{Cause, Part, verify};
use quorate_core::{Epoch, Height, Seats};

use super::{holds, parts, played, recorded, replayed, written};
use crate::chips::{Action, Chips};
use crate::peek::{self, Peek};
use crate::roster::{admit, pass, table as rostered};
use crate::rps::{Hand, Rps};
use crate::succession::{agreed, branch, forked};
use crate::table::{SECOND, Table, seat};

under_both! {
    what_a_table_decided_holds_for_strangers,
    rosters_are_followed_from_what_blocks_sign,
    sealed_turns_and_hidden_rolls_hold_too,
    a_successor_shows_the_game_that_it_took_over,
    who_withheld_and_who_was_late_is_named,
}

fn what_a_table_decided_holds_for_strangers(protocol: Protocol) {
    let table = played(protocol);
    let bytes = recorded(&table, 3, None);
    let verdict = holds::<Chips>(&bytes);
    assert_eq!(verdict.heights, table.height());
    assert_eq!(verdict.tip, table.engines[0].table().tip());
    assert_eq!((verdict.rolls, verdict.secrets), (2, 6));
    assert_eq!((verdict.protocol, verdict.epochs), (protocol, 1));
    let names: Vec<_> = verdict.seats.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["Player 0", "Player 1", "Player 2", "Player 3"]);
    assert!(!verdict.seats[3].kind.plays(), "the last is a witness");
    assert_eq!(written(&parts(&bytes)), bytes, "one transcript, one form");
}

fn rosters_are_followed_from_what_blocks_sign(protocol: Protocol) {
    let mut table = rostered(protocol, 4);
    admit(&mut table, &[0, 1, 2, 3], 50, "Eve");
    table.operate(1, Operation::Leave);
    table.pass(5 * SECOND);
    pass(&mut table, &[0, 2, 3], Motion::Remove(seat(3)));
    table.act(0, Action::Roll);
    table.pass(20 * SECOND);
    assert_eq!(table.engines[0].table().epoch(), Epoch(3));
    let bytes = recorded(&table, 0, None);
    let verdict = holds::<Chips>(&bytes);
    assert_eq!(verdict.epochs, 4);
    assert!(verdict.rolls > 0);
    let eve = &verdict.seats[4];
    assert_eq!(
        (eve.name.as_str(), eve.seat, eve.until),
        ("Eve", seat(4), None)
    );
    assert!(eve.from > Height(1));
    let gone: Seats = verdict
        .seats
        .iter()
        .filter_map(|s| s.until.map(|_| s.seat))
        .collect();
    assert_eq!(gone, Seats::from(seat(1)) | Seats::from(seat(3)));

    // Without what the state digest covers nobody can tell who decides next, but by the rules.
    let mut less = parts(&bytes);
    let at = less
        .iter()
        .position(|part| matches!(part, Part::State(_)))
        .unwrap();
    less.remove(at);
    let flaw = verify(&*written(&less), AnyScheme).unwrap_err();
    assert_eq!(flaw.cause, Cause::NoState);
    replayed::<Chips>(&written(&less)).unwrap();
    // And no other roster will do.
    let mut other = parts(&bytes);
    let Part::State(covered) = &other[at] else {
        panic!()
    };
    let mut covered = covered.to_vec();
    covered[40] ^= 1;
    other[at] = Part::State(Blob::from(covered));
    let flaw = verify(&*written(&other), AnyScheme).unwrap_err();
    assert_eq!(flaw.cause, Cause::OtherState);
    assert_eq!(
        replayed::<Chips>(&written(&other)).unwrap_err().cause,
        Cause::OtherState
    );
    // Where no roster changes there is no place for one.
    let (mut twice, same) = (parts(&bytes), parts(&bytes)[at].clone());
    twice.insert(at, same);
    assert_eq!(
        verify(&*written(&twice), AnyScheme).unwrap_err().cause,
        Cause::Misplaced
    );
}

fn sealed_turns_and_hidden_rolls_hold_too(protocol: Protocol) {
    let mut table = Table::under(protocol, Rps { to_win: 5 }, 3);
    for at in 0..3 {
        table.act(at, [Hand::Rock, Hand::Paper, Hand::Scissors][at]);
    }
    table.pass(SECOND);
    holds::<Rps>(&recorded(&table, 1, None));

    let mut table = Table::under(protocol, Peek, 3);
    table.pass(SECOND);
    for at in 0..3 {
        table.act(
            at,
            if at == 0 {
                peek::Action::Change
            } else {
                peek::Action::Keep
            },
        );
        table.pass(SECOND);
    }
    let verdict = holds::<Peek>(&recorded(&table, 1, None));
    assert_eq!(verdict.rolls, 3, "three dice were shown");
    assert!(matches!(verdict.end, Some(End::Finished(_))));

    let practice = |genesis: &mut Genesis| genesis.dice = DicePolicy::Local;
    let mut table = Table::with(protocol, Chips::default(), 2, practice);
    table.act(0, Action::Roll);
    let verdict = holds::<Chips>(&recorded(&table, 0, None));
    assert_eq!((verdict.rolls, verdict.secrets), (1, 0));
}

fn a_successor_shows_the_game_that_it_took_over(protocol: Protocol) {
    let table = forked(protocol);
    let succession = agreed(&table, Seats::NONE);
    let (carried, _) = branch(&table, 0).carry().unwrap();
    let mut heirs = table.heirs(succession.signed, carried.clone());
    heirs.act(0, Action::Roll);
    heirs.pass(2 * SECOND);
    let bytes = recorded(&heirs, 0, Some(&carried));
    let verdict = holds::<Chips>(&bytes);
    assert_eq!(verdict.took_over, Some(table.genesis().table()));
    assert!(verdict.to_string().ends_with("is not shown"), "{verdict}");
    let mut less = parts(&bytes);
    less.remove(1);
    assert!(matches!(
        replayed::<Chips>(&written(&less)).unwrap_err().cause,
        Cause::TakenOver(_)
    ));
    verify(&*written(&less), AnyScheme).unwrap();
    let (other, _) = heirs.engines[0].table().carry().unwrap();
    less.insert(1, Part::Carried(Box::new(other)));
    let flaw = verify(&*written(&less), AnyScheme).unwrap_err();
    assert_eq!(flaw.cause, Cause::Carried);
}

fn who_withheld_and_who_was_late_is_named(protocol: Protocol) {
    let mut table = Table::under(protocol, Chips::default(), 4);
    table.down = vec![2];
    table.act(0, Action::Roll);
    table.pass(90 * SECOND);
    let verdict = holds::<Chips>(&recorded(&table, 0, None));
    assert!(verdict.seats[2].withheld > 0, "{verdict:?}");
    assert!(verdict.seats.iter().any(|s| s.late > 0), "{verdict:?}");
    assert!(verdict.rolls > 0);
}

#[test]
fn the_verifier_counts_quorums_as_the_table_does() {
    // Counted apart on purpose; here the two are laid side by side.
    for seats in 2..=4 {
        let table = Table::under(Protocol::Pbft, Rps { to_win: 9 }, seats);
        let verdict = holds::<Rps>(&recorded(&table, 0, None));
        assert_eq!(verdict.heights, Height(1));
    }
    let by_hand = |n: usize| (1..=n).find(|votes| 3 * votes > 2 * n).unwrap();
    assert!((1..=64).all(|n| by_hand(n) == quorum(n)));
}

#[test]
fn a_fault_profile_has_its_own_quorum() {
    let profile = FaultProfile {
        byzantine: 0,
        crashed: 2,
    };
    let set = |genesis: &mut Genesis| genesis.profile = Some(profile);
    let mut table = Table::with(Protocol::Pbft, Chips::default(), 5, set);
    table.act(0, Action::Roll);
    table.pass(SECOND);
    let bytes = recorded(&table, 0, None);
    holds::<Chips>(&bytes);
    let signed = parts(&bytes).into_iter().find_map(|part| match part {
        Part::Decision { certificate, .. } => Some(certificate.0.signatures.len()),
        _ => None,
    });
    assert_eq!(signed, Some(3));
}
