//! Transcripts: what a table decided holds for strangers, and nothing else does.

use std::sync::Arc;

use super::chips::{Action, Chips, Side};
use super::peek::{self, Peek};
use super::roster::{admit, pass, table as rostered};
use super::rps::{Hand, Rps};
use super::succession::{agreed, branch, forked};
use super::table::{Table, seat};
use super::witness;
use quorate_core::certificate::{DecisionCertificate, QuorumVotes};
use quorate_core::codec::{self, Blob};
use quorate_core::crypto::{Ed25519, SecretKey, Signature};
use quorate_core::engine::Operation;
use quorate_core::game::{End, Game};
use quorate_core::genesis::{DicePolicy, Protocol};
use quorate_core::journal::Record;
use quorate_core::message::{Block, Content, Entry, Motion, Unsigned, Vote, VoteKind};
use quorate_core::roster::quorum;
use quorate_core::state::Saved;
use quorate_core::table::{BlockRefusal, TableState};
use quorate_core::transcript::{
    Cause, Flaw, MAGIC, Part, ReadError, Reader, Recorder, Verdict, replay, verify,
};
use quorate_core::{Digest, Epoch, Height, Seats, Wall};

const SECOND: u64 = 1_000_000;

under_both! {
    what_a_table_decided_holds_for_strangers,
    rosters_are_followed_from_what_blocks_sign,
    sealed_turns_and_hidden_rolls_hold_too,
    a_successor_shows_the_game_that_it_took_over,
    who_withheld_and_who_was_late_is_named,
}

/// The transcript of a table, as device `by` kept it.
fn recorded<G: Game>(table: &Table<G>, by: usize, carried: Option<&Saved>) -> Vec<u8> {
    let play = table.engines[by].table().play().unwrap();
    let genesis = Arc::new(table.genesis().clone());
    let start = match carried {
        Some(carried) => {
            TableState::succeeding(genesis, play.game().clone(), carried.clone()).unwrap()
        }
        None => TableState::new(genesis, play.game().clone()),
    };
    let mut recorder = Recorder::new(Vec::new(), table.signed(), start, carried).unwrap();
    for record in &table.records[by] {
        if let Record::Decision { block, certificate } = record {
            recorder.decision(block, certificate).unwrap();
        }
    }
    recorder.finish().unwrap()
}

fn replayed<G: Game>(bytes: &[u8]) -> Result<Verdict, Flaw> {
    replay::<G>(bytes, Ed25519, |_| {})
}

/// Both ways to verify, of which the one with the rules is returned.
fn holds<G: Game>(bytes: &[u8]) -> Verdict {
    let known = verify(bytes, Ed25519).unwrap();
    let all = replayed::<G>(bytes).unwrap();
    assert_eq!((known.heights, known.tip), (all.heights, all.tip));
    assert_eq!((known.epochs, known.secrets), (all.epochs, all.secrets));
    assert!(all.replayed && !known.replayed);
    all
}

fn parts(bytes: &[u8]) -> Vec<Part> {
    let mut reader = Reader::new(bytes).unwrap();
    std::iter::from_fn(|| reader.next_part().unwrap()).collect()
}

fn written(parts: &[Part]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    for part in parts {
        let part = codec::encode(part).unwrap();
        bytes.extend(u32::try_from(part.len()).unwrap().to_le_bytes());
        bytes.extend(part);
    }
    bytes
}

/// Three people and a witness, some bets and rolls.
fn played(protocol: Protocol) -> Table<Chips> {
    let mut table = witness::table(protocol, 3, 1);
    for _ in 0..2 {
        table.act(1, Action::Bet(Side::Over, 10));
        table.act(2, Action::Bet(Side::Under, 20));
        let shooter = table.engines[0].table().play().unwrap().awaited();
        table.act(shooter.only().unwrap().index(), Action::Roll);
        table.pass(2 * SECOND);
    }
    table
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
    let flaw = verify(&*written(&less), Ed25519).unwrap_err();
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
    let flaw = verify(&*written(&other), Ed25519).unwrap_err();
    assert_eq!(flaw.cause, Cause::OtherState);
    assert_eq!(
        replayed::<Chips>(&written(&other)).unwrap_err().cause,
        Cause::OtherState
    );
    // Where no roster changes there is no place for one.
    let (mut twice, same) = (parts(&bytes), parts(&bytes)[at].clone());
    twice.insert(at, same);
    assert_eq!(
        verify(&*written(&twice), Ed25519).unwrap_err().cause,
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

    let practice = |genesis: &mut quorate_core::genesis::Genesis| genesis.dice = DicePolicy::Local;
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
    holds::<Chips>(&bytes);
    let mut less = parts(&bytes);
    less.remove(1);
    assert!(matches!(
        replayed::<Chips>(&written(&less)).unwrap_err().cause,
        Cause::TakenOver(_)
    ));
    verify(&*written(&less), Ed25519).unwrap();
    let (other, _) = heirs.engines[0].table().carry().unwrap();
    less.insert(1, Part::Carried(Box::new(other)));
    let flaw = verify(&*written(&less), Ed25519).unwrap_err();
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

/// The decisions of `parts` with the one at `height` changed, and everything behind it left out.
fn forged(bytes: &[u8], height: u64, change: impl FnOnce(&mut Block, &mut QuorumVotes)) -> Vec<u8> {
    let mut change = Some(change);
    let mut kept = Vec::new();
    for part in parts(bytes) {
        let Part::Decision { block, certificate } = &part else {
            kept.push(part);
            continue;
        };
        if block.height == Height(height) {
            let (mut block, mut votes) = ((**block).clone(), certificate.0.clone());
            change.take().unwrap()(&mut block, &mut votes);
            let (block, certificate) = (Arc::new(block), DecisionCertificate(votes));
            kept.push(Part::Decision { block, certificate });
            break;
        }
        kept.push(part);
    }
    assert!(change.is_none(), "there is such a height");
    kept.push(Part::End(Height(height)));
    written(&kept)
}

/// Lets the seats that signed `votes` sign `block` instead: a quorum that lies together.
fn conspire(keys: &[SecretKey], block: &Block, votes: &mut QuorumVotes) {
    votes.digest = block.digest();
    let unsigned = Unsigned {
        kind: VoteKind::Commit,
        table: block.table,
        epoch: votes.epoch,
        height: votes.height,
        round: votes.round,
        digest: Some(votes.digest),
    };
    let sign = |seat| {
        (
            seat,
            Vote::sign(unsigned, seat, &keys[seat.index()]).signature,
        )
    };
    votes.signatures = votes.signatures.seats().iter().map(sign).collect();
}

type Change = fn(&mut Block, &mut QuorumVotes);

/// What can be wrong with one decision, and what it is called.
const CHANGES: &[(&str, Change)] = &[
    ("belongs to another table", |block, _| {
        block.table.0 = Digest::ZERO;
    }),
    ("says epoch 7", |block, _| block.epoch = Epoch(7)),
    ("a block of height 9", |block, _| block.height = Height(9)),
    ("does not follow", |block, _| block.parent = Digest::ZERO),
    ("before that of the block before", |block, _| {
        block.time = Wall(0);
    }),
    ("not of this block", |block, _| {
        block.parent_round = block.parent_round.next();
    }),
    ("not of this block", |block, _| block.time.0 += 1),
    ("not of this block", |block, _| drop(block.entries.pop())),
    ("not of this block", |block, _| block.deadlines.clear()),
    ("not of this block", |block, _| {
        block.post_state = Digest::ZERO;
    }),
    ("not of this block", |_, votes| votes.height = Height(2)),
    ("not of this block", |_, votes| votes.epoch = Epoch(1)),
    ("not of this block", |_, votes| votes.digest = Digest::ZERO),
    ("under the block is false", |_, votes| {
        votes.round = votes.round.next();
    }),
    ("2 signatures decide it, and a quorum is 3", |_, votes| {
        let last = votes.signatures.seats().iter().last().unwrap();
        votes.signatures.remove(last);
    }),
    ("4 signatures decide it, and a quorum is 3", |_, votes| {
        let missing = Seats::first(4) - votes.signatures.seats();
        let any = *votes.signatures.iter().next().unwrap().1;
        votes.signatures.insert(missing.only().unwrap(), any);
    }),
    ("seat 9 signed, and is not on the roster", |_, votes| {
        let first = votes.signatures.seats().nth(0).unwrap();
        let signature = votes.signatures.remove(first).unwrap();
        votes.signatures = votes.signatures.iter().map(|(s, v)| (s, *v)).collect();
        votes.signatures.insert(seat(9), signature);
    }),
    ("under the block is false", |_, votes| {
        let first = votes.signatures.seats().nth(0).unwrap();
        votes
            .signatures
            .insert(first, Signature::from_bytes(&[7; 64]));
    }),
    ("under the block is false", |_, votes| {
        // Two seats' signatures, exchanged.
        let pair: Vec<_> = votes.signatures.iter().map(|(s, v)| (s, *v)).collect();
        votes.signatures.insert(pair[0].0, pair[1].1);
        votes.signatures.insert(pair[1].0, pair[0].1);
    }),
];

#[test]
fn whatever_is_changed_in_a_decision_is_named_with_its_height() {
    let bytes = recorded(&late(), 0, None);
    let with_deadline = parts(&bytes).iter().find_map(|part| match part {
        Part::Decision { block, .. } if !block.deadlines.is_empty() => Some(block.height.0),
        _ => None,
    });
    let height = with_deadline.unwrap();
    assert!(height > 2);
    for (expected, change) in CHANGES {
        // A block without an entry has none to lose; the one before the deadline has some.
        let at = if *expected == CHANGES[7].0 {
            height
        } else {
            height - 1
        };
        for at in [at, height] {
            let mut changed = false;
            let forged = forged(&bytes, at, |block, votes| {
                let before = (block.clone(), votes.clone());
                change(block, votes);
                changed = before != (block.clone(), votes.clone());
            });
            if !changed {
                continue;
            }
            for flaw in [verify(&*forged, Ed25519), replayed::<Chips>(&forged)] {
                let flaw = flaw.expect_err(expected);
                assert_eq!(flaw.height, Some(Height(at)), "{flaw}");
                assert!(flaw.to_string().contains(expected), "{expected}: {flaw}");
            }
        }
    }
}

/// A table with a roll that one of four withheld.
fn late() -> Table<Chips> {
    let mut table = Table::under(Protocol::Pbft, Chips::default(), 4);
    table.down = vec![2];
    table.act(0, Action::Bet(Side::Over, 3));
    table.act(0, Action::Roll);
    table.pass(20 * SECOND);
    table.down.clear();
    table
}

#[test]
fn entries_hold_also_where_a_quorum_lies() {
    let table = played(Protocol::Pbft);
    let bytes = recorded(&table, 0, None);
    let bet = parts(&bytes).into_iter().find_map(|part| match part {
        Part::Decision { block, .. } => block
            .entries
            .iter()
            .position(|entry| matches!(entry.body.content, Content::Actions { .. }))
            .map(|at| (block.height.0, at)),
        _ => None,
    });
    let (height, at) = bet.unwrap();
    let lie = |change: &dyn Fn(&mut Entry)| {
        forged(&bytes, height, |block, votes| {
            let mut entry = (*block.entries[at]).clone();
            change(&mut entry);
            block.entries[at] = Arc::new(entry);
            conspire(&table.keys, block, votes);
        })
    };
    let cheaper = lie(&|entry| entry.body.nonce += 1);
    let flaw = verify(&*cheaper, Ed25519).unwrap_err();
    assert!(
        flaw.to_string().contains("the signature of entry"),
        "{flaw}"
    );
    assert!(replayed::<Chips>(&cheaper).is_err());
    let elsewhere = lie(&|entry| entry.body.table.0 = Digest::ZERO);
    let flaw = verify(&*elsewhere, Ed25519).unwrap_err();
    assert!(
        flaw.to_string().contains("made for another table"),
        "{flaw}"
    );
    let stranger = lie(&|entry| entry.body.seat = seat(8));
    let flaw = verify(&*stranger, Ed25519).unwrap_err();
    assert_eq!(flaw.cause, Cause::Stranger(seat(8)));
}

#[test]
fn the_rules_find_what_every_seat_signed_and_is_false_nevertheless() {
    let table = played(Protocol::Tendermint);
    let bytes = recorded(&table, 0, None);
    let height = table.height().0;
    let richer = forged(&bytes, height, |block, votes| {
        block.post_state = Digest::of_bytes("test", b"another state");
        conspire(&table.keys, block, votes);
    });
    verify(&*richer, Ed25519).unwrap();
    let flaw = replayed::<Chips>(&richer).unwrap_err();
    assert_eq!(flaw.height, Some(Height(height)));
    assert!(
        matches!(flaw.cause, Cause::Refused(BlockRefusal::State { .. })),
        "{flaw}"
    );
    let early = forged(&bytes, height, |block, votes| {
        block.deadlines = late_turn();
        conspire(&table.keys, block, votes);
    });
    let flaw = replayed::<Chips>(&early).unwrap_err();
    assert!(matches!(flaw.cause, Cause::Refused(_)), "{flaw}");
}

fn late_turn() -> Vec<quorate_core::message::Deadline> {
    let (turn, clock) = (77, 77);
    vec![quorate_core::message::Deadline::Turn { turn, clock }]
}

#[test]
fn a_secret_that_was_not_committed_to_is_named() {
    let table = played(Protocol::Pbft);
    let bytes = recorded(&table, 0, None);
    // The secrets of the second roll, thrown into the first.
    let reveals = |nth: usize| {
        let blocks = parts(&bytes).into_iter().filter_map(|part| match part {
            Part::Decision { block, .. } => Some(block),
            _ => None,
        });
        let entries = blocks.flat_map(|block| {
            let height = block.height.0;
            block
                .entries
                .clone()
                .into_iter()
                .map(move |entry| (height, entry))
        });
        let mut entries = entries.filter(|(_, entry)| {
            let reveal = matches!(entry.body.content, Content::Reveal { .. });
            reveal && entry.body.seat == seat(0)
        });
        entries.nth(nth).unwrap()
    };
    let ((height, first), (_, second)) = (reveals(0), reveals(1));
    let forged = forged(&bytes, height, |block, votes| {
        let entry = block
            .entries
            .iter_mut()
            .find(|entry| ***entry == *first)
            .unwrap();
        let mut body = first.body.clone();
        if let (Content::Reveal { opening, .. }, Content::Reveal { opening: other, .. }) =
            (&mut body.content, &second.body.content)
        {
            *opening = *other;
        }
        *entry = Arc::new(Entry::sign(body, &table.keys[0]));
        conspire(&table.keys, block, votes);
    });
    for flaw in [verify(&*forged, Ed25519), replayed::<Chips>(&forged)] {
        let flaw = flaw.unwrap_err();
        assert_eq!(flaw.height, Some(Height(height)));
        assert!(matches!(flaw.cause, Cause::Reveal { .. }), "{flaw}");
    }
}

#[test]
fn the_genesis_is_what_every_seat_signed() {
    let bytes = recorded(&played(Protocol::Pbft), 0, None);
    let changed = |change: &dyn Fn(&mut quorate_core::genesis::SignedGenesis)| {
        let mut parts = parts(&bytes);
        let Part::Genesis(signed) = &mut parts[0] else {
            panic!()
        };
        change(signed);
        let flaw = verify(&*written(&parts), Ed25519).unwrap_err();
        assert_eq!(flaw.height, None);
        assert_eq!(replayed::<Chips>(&written(&parts)).unwrap_err(), flaw);
        flaw.cause
    };
    let everybody = Cause::Unsigned(Seats::first(4));
    assert_eq!(changed(&|signed| signed.genesis.options.push(0)), everybody);
    let kinder = |signed: &mut quorate_core::genesis::SignedGenesis| {
        signed.genesis.dice = DicePolicy::Local;
    };
    assert_eq!(changed(&kinder), everybody);
    let one = Cause::Unsigned(Seats::from(seat(2)));
    let drop_one = |signed: &mut quorate_core::genesis::SignedGenesis| {
        signed.signatures.remove(seat(2));
    };
    assert_eq!(changed(&drop_one), one);
    let extra = |signed: &mut quorate_core::genesis::SignedGenesis| {
        let any = *signed.signatures.iter().next().unwrap().1;
        signed.signatures.insert(seat(20), any);
    };
    assert_eq!(changed(&extra), Cause::GenesisStranger);
    let nobody = |signed: &mut quorate_core::genesis::SignedGenesis| signed.genesis.seats.clear();
    assert!(matches!(changed(&nobody), Cause::Genesis(_)));
    let flaw = replayed::<Rps>(&bytes).unwrap_err();
    assert!(matches!(flaw.cause, Cause::OtherGame { .. }), "{flaw}");
}

#[test]
fn parts_have_their_places() {
    let bytes = recorded(&played(Protocol::Pbft), 0, None);
    let all = parts(&bytes);
    let flaw = |parts: &[Part]| {
        let flaw = verify(&*written(parts), Ed25519).unwrap_err();
        assert!(replayed::<Chips>(&written(parts)).is_err());
        flaw.cause
    };
    let last = all.len() - 1;
    assert_eq!(flaw(&all[1..]), Cause::Misplaced, "no genesis");
    assert_eq!(flaw(&all[..last]), Cause::Read(ReadError::CutOff));
    let mut shorter = all.clone();
    shorter.remove(last - 1);
    assert_eq!(flaw(&shorter), Cause::End(Height(last as u64 - 1)));
    let mut gap = all.clone();
    gap.remove(2);
    assert_eq!(flaw(&gap), Cause::Height(Height(3)));
    let mut twice = all.clone();
    twice.insert(1, all[0].clone());
    assert_eq!(flaw(&twice), Cause::Misplaced);
    let mut more = bytes.clone();
    more.push(0);
    let cause = verify(&*more, Ed25519).unwrap_err().cause;
    assert_eq!(cause, Cause::Read(ReadError::Trailing));
    let cause = verify(&bytes[..bytes.len() - 1], Ed25519)
        .unwrap_err()
        .cause;
    assert_eq!(cause, Cause::Read(ReadError::CutOff));
    let mut newer = bytes;
    newer[MAGIC.len() - 2] = b'2';
    let cause = verify(&*newer, Ed25519).unwrap_err().cause;
    assert_eq!(cause, Cause::Read(ReadError::Form));
}

#[test]
fn a_flipped_bit_anywhere_is_found() {
    let mut table = Table::under(Protocol::Pbft, Chips::default(), 2);
    table.act(0, Action::Roll);
    table.pass(SECOND);
    let bytes = recorded(&table, 0, None);
    verify(&*bytes, Ed25519).unwrap();
    for at in (0..bytes.len()).filter(|at| *at < 64 || at % 3 == 0) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        assert!(
            verify(&*flipped, Ed25519).is_err(),
            "byte {at} of {}",
            bytes.len()
        );
        if at % 48 == 0 {
            assert!(replayed::<Chips>(&flipped).is_err(), "byte {at}");
        }
    }
}

#[test]
fn a_part_that_promises_more_than_any_has_is_not_read() {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(u32::MAX.to_le_bytes());
    let flaw = verify(&*bytes, Ed25519).unwrap_err();
    assert_eq!(flaw.cause, Cause::Read(ReadError::TooLong(u32::MAX)));
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
    let profile = quorate_core::genesis::FaultProfile {
        byzantine: 0,
        crashed: 2,
    };
    let set = |genesis: &mut quorate_core::genesis::Genesis| genesis.profile = Some(profile);
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
