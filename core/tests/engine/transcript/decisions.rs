//! Decisions that were changed, by one who holds a transcript or by a quorum that lies together.

use std::sync::Arc;

use quorate_core::certificate::{DecisionCertificate, QuorumVotes};
use quorate_core::crypto::{AnyScheme, SecretKey, Signature};
use quorate_core::genesis::Protocol;
use quorate_core::message::{Block, Content, Deadline, Entry, Unsigned, Vote, VoteKind};
use quorate_core::table::BlockRefusal;
use quorate_core::transcript::{Cause, Part, verify};
use quorate_core::{Digest, Epoch, Height, Seats, Wall};

use super::{parts, played, recorded, replayed, written};
use crate::chips::{Action, Chips, Side};
use crate::table::{SECOND, Table, seat};

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
        let last = votes.signatures.seats().iter().next_back().unwrap();
        votes.signatures.remove(last);
    }),
    ("4 signatures decide it, and a quorum is 3", |_, votes| {
        let missing = Seats::first(4) - votes.signatures.seats();
        let any = votes.signatures.iter().next().unwrap().1.clone();
        votes.signatures.insert(missing.only().unwrap(), any);
    }),
    ("seat 9 signed, and is not on the roster", |_, votes| {
        let first = votes.signatures.seats().nth(0).unwrap();
        let signature = votes.signatures.remove(first).unwrap();
        votes.signatures = votes
            .signatures
            .iter()
            .map(|(s, v)| (s, v.clone()))
            .collect();
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
        let pair: Vec<_> = votes
            .signatures
            .iter()
            .map(|(s, v)| (s, v.clone()))
            .collect();
        votes.signatures.insert(pair[0].0, pair[1].1.clone());
        votes.signatures.insert(pair[1].0, pair[0].1.clone());
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
            for flaw in [verify(&*forged, AnyScheme), replayed::<Chips>(&forged)] {
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
    let flaw = verify(&*cheaper, AnyScheme).unwrap_err();
    assert!(
        flaw.to_string().contains("the signature of entry"),
        "{flaw}"
    );
    assert!(replayed::<Chips>(&cheaper).is_err());
    let elsewhere = lie(&|entry| entry.body.table.0 = Digest::ZERO);
    let flaw = verify(&*elsewhere, AnyScheme).unwrap_err();
    assert!(
        flaw.to_string().contains("made for another table"),
        "{flaw}"
    );
    let stranger = lie(&|entry| entry.body.seat = seat(8));
    let flaw = verify(&*stranger, AnyScheme).unwrap_err();
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
    verify(&*richer, AnyScheme).unwrap();
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

fn late_turn() -> Vec<Deadline> {
    let (turn, clock) = (77, 77);
    vec![Deadline::Turn { turn, clock }]
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
    for flaw in [verify(&*forged, AnyScheme), replayed::<Chips>(&forged)] {
        let flaw = flaw.unwrap_err();
        assert_eq!(flaw.height, Some(Height(height)));
        assert!(matches!(flaw.cause, Cause::Reveal { .. }), "{flaw}");
    }
}
