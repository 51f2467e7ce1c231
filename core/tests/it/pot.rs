//! The secrets of a commitment: what each is for, how many there are, and what withholding gets.

use quorate_core::crypto::{PublicKey, SecretKey, Signer};
use quorate_core::dice::{Commitment, Dealt, Part, Pot, PotError, Secrets, draw, outcome};
use quorate_core::game::{Draw, Hidden};
use quorate_core::genesis::TableId;
use quorate_core::limits::LEAVES_OWN;
use quorate_core::{Digest, Height, Seats, codec};

use crate::seats::seat;

const TABLE: TableId = TableId(Digest::ZERO);

fn key(index: u8) -> PublicKey {
    SecretKey::from_bytes(&[index + 1; 32]).public()
}

/// The secrets of a seat under its `counter`-th commitment.
fn secrets(index: u8, counter: u64) -> Secrets {
    Secrets::derive(&[index; 32], TABLE, key(index), counter)
}

fn committed(seats: u8) -> Pot {
    let mut pot = Pot::default();
    for index in 0..seats {
        pot.commit(seat(index), secrets(index, 1).commitment())
            .unwrap();
    }
    pot
}

/// Reveals the public secret of a seat, and commits anew.
fn reveal(pot: &mut Pot, index: u8, roll: Height) -> Result<(), PotError> {
    let counter = pot.given(seat(index));
    let opening = secrets(index, counter).open_public();
    let next = secrets(index, counter + 1).commitment();
    pot.reveal((TABLE, seat(index), key(index)), roll, &opening, next)
}

#[test]
fn each_secret_opens_its_own_leaf_and_no_other() {
    let mut pot = committed(2);
    let leaves: Vec<_> = (0..3).map(|_| pot.take_leaf(seat(0)).unwrap()).collect();
    for leaf in &leaves {
        for index in 0..16 {
            let opening = secrets(0, 1).open(index).unwrap();
            let opens = opening.opens_leaf(leaf, TABLE, key(0));
            assert_eq!(
                opens,
                index == leaf.index,
                "secret {index} for {}",
                leaf.index
            );
        }
        let foreign = secrets(1, 1).open(leaf.index).unwrap();
        assert!(!foreign.opens_leaf(leaf, TABLE, key(1)));
        let later = secrets(0, 2).open(leaf.index).unwrap();
        assert!(!later.opens_leaf(leaf, TABLE, key(0)));
        let mine = secrets(0, 1).open(leaf.index).unwrap();
        assert!(
            !mine.opens_leaf(leaf, TABLE, key(1)),
            "a copied commitment opens nothing"
        );
    }
    assert!(secrets(0, 1).open(16).is_none());
}

#[test]
fn a_commitment_has_fifteen_secrets_to_keep_back_and_never_gives_one_twice() {
    let mut pot = committed(2);
    let given: Vec<_> = (0..LEAVES_OWN)
        .map(|_| pot.take_leaf(seat(0)).unwrap().index)
        .collect();
    assert_eq!(
        given,
        (1..=15).collect::<Vec<_>>(),
        "the first is for public rolls"
    );
    let error = pot.take_leaf(seat(0)).unwrap_err();
    assert_eq!(error, PotError::NoLeaf(seat(0)));
    let text = "seat 0 has used up its 15 secrets; a fresh commitment brings more";
    assert_eq!(error.to_string(), text);
    assert!(pot.take_leaf(seat(1)).is_ok(), "others have their own");
}

#[test]
fn a_seat_commits_anew_only_when_nothing_is_left_to_keep_back() {
    let mut pot = committed(2);
    let fresh = secrets(0, 2).commitment();
    for _ in 0..LEAVES_OWN {
        assert_eq!(pot.commit(seat(0), fresh), Err(PotError::Standing(seat(0))));
        pot.take_leaf(seat(0)).unwrap();
    }
    assert_eq!(pot.commit(seat(0), fresh), Ok(()));
    let leaf = pot.take_leaf(seat(0)).unwrap();
    assert_eq!((leaf.commitment, leaf.counter, leaf.index), (fresh, 2, 1));
}

#[test]
fn a_commitment_that_is_due_in_a_roll_cannot_be_exchanged() {
    let mut pot = committed(2);
    for _ in 0..LEAVES_OWN {
        pot.take_leaf(seat(0)).unwrap();
    }
    let roll = Height(5);
    pot.open(roll, Seats::first(2), 2).unwrap();
    let fresh = secrets(0, 2).commitment();
    assert_eq!(pot.commit(seat(0), fresh), Err(PotError::Standing(seat(0))));
    reveal(&mut pot, 0, roll).unwrap();
    assert_eq!(
        pot.take_leaf(seat(0)).unwrap().counter,
        2,
        "its reveal brought another"
    );
}

#[test]
fn k_colluders_choose_among_k_and_one_results_at_most() {
    for colluders in 0..4u8 {
        let (honest, players) = (2, Seats::first(usize::from(colluders) + 2));
        let mut pot = committed(honest + colluders);
        let mut results = Vec::new();
        // They see each result before the others do, and never like it.
        for height in 1.. {
            let roll = Height(height);
            let Some(contributors) = pot.open(roll, players, 2) else {
                break;
            };
            let mut ahead = pot.clone();
            for seat in contributors {
                reveal(&mut ahead, u8::try_from(seat.index()).unwrap(), roll).unwrap();
            }
            results.push(ahead.complete(TABLE).unwrap().dealt);
            let unwilling = contributors
                .iter()
                .find(|seat| seat.index() >= usize::from(honest));
            for seat in contributors.iter().filter(|seat| Some(*seat) != unwilling) {
                reveal(&mut pot, u8::try_from(seat.index()).unwrap(), roll).unwrap();
            }
            if pot.complete(TABLE).is_some() {
                break;
            }
            assert_eq!(
                pot.withhold(8),
                unwilling.map(Seats::from).unwrap(),
                "by name"
            );
        }
        assert_eq!(results.len(), usize::from(colluders) + 1);
        results.sort_unstable();
        results.dedup();
        assert_eq!(results.len(), usize::from(colluders) + 1, "no two alike");
    }
}

#[test]
fn a_roll_is_another_with_any_other_secret_in_it() {
    let wanted = Draw::below(1 << 31);
    let rolled = |table, roll, sources: [u8; 3]| {
        let mut pot = Pot::default();
        let thrown = sources.map(|source| Secrets::derive(&[source; 32], TABLE, key(0), 1));
        for (index, secrets) in (0..).zip(&thrown) {
            pot.commit(seat(index), secrets.commitment()).unwrap();
        }
        pot.open(roll, Seats::first(3), 2).unwrap();
        for (index, secrets) in (0..).zip(&thrown) {
            let (opening, next) = (secrets.open_public(), secrets.commitment());
            pot.reveal((TABLE, seat(index), key(0)), roll, &opening, next)
                .unwrap();
        }
        let mut result = pot.complete(table).unwrap();
        let values = draw(&mut result.stream, &wanted);
        let nonces = thrown.map(|secrets| *secrets.open_public().nonce());
        assert_eq!(values, outcome(table, roll, &nonces, &wanted), "as by hand");
        (result.dealt, values)
    };
    let result = rolled(TABLE, Height(5), [1, 2, 3]);
    let another = TableId(Digest::from_bytes([1; 32]));
    let others = [
        rolled(TABLE, Height(5), [9, 2, 3]),
        rolled(TABLE, Height(5), [1, 9, 3]),
        rolled(TABLE, Height(5), [1, 2, 9]),
        rolled(TABLE, Height(5), [3, 2, 1]),
        rolled(TABLE, Height(6), [1, 2, 3]),
        rolled(another, Height(5), [1, 2, 3]),
    ];
    for other in others {
        assert!(other.0 != result.0 && other.1 != result.1);
    }
}

fn hidden(id: u32) -> Hidden {
    // As the table makes them: plain data.
    let bytes = codec::encode(&(id, seat(0), Draw::below(1 << 31))).unwrap();
    codec::decode(&bytes).unwrap()
}

#[test]
fn a_hidden_roll_depends_on_the_owners_secret_on_everybodys_and_on_its_number() {
    let mut pot = committed(2);
    let part = Part::Leaf(pot.take_leaf(seat(0)).unwrap());
    let thrown = |byte| Some(Digest::from_bytes([byte; 32]));
    let nonce = *secrets(0, 1).open(1).unwrap().nonce();
    let other = *secrets(0, 1).open(2).unwrap().nonce();
    let open = |thrown, id, nonce: Option<&[u8; 32]>| {
        Dealt { part, thrown }.open(TABLE, &hidden(id), nonce)
    };
    let value = open(thrown(1), 7, Some(&nonce));
    assert!(value.is_some());
    assert_eq!(value, open(thrown(1), 7, Some(&nonce)));
    for another in [
        open(thrown(2), 7, Some(&nonce)),
        open(thrown(1), 8, Some(&nonce)),
        open(thrown(1), 7, Some(&other)),
    ] {
        assert_ne!(another, value);
    }
    assert_eq!(open(thrown(1), 7, None), None, "not without the owner");
    assert_eq!(open(None, 7, Some(&nonce)), None, "not before it is dealt");
    let missing = Dealt {
        part: Part::Missing,
        thrown: thrown(1),
    };
    assert_eq!(missing.open(TABLE, &hidden(7), Some(&nonce)), None);
}

#[test]
fn an_old_commitment_stays_good_for_what_was_set_aside_under_it() {
    let mut pot = committed(2);
    let leaf = pot.take_leaf(seat(0)).unwrap();
    pot.open(Height(3), Seats::first(2), 2).unwrap();
    reveal(&mut pot, 1, Height(3)).unwrap();
    assert_eq!(pot.withhold(8), Seats::from(seat(0)));
    assert_eq!(pot.standing(seat(0)), None, "its commitment is gone");
    let opening = secrets(0, 1).open(leaf.index).unwrap();
    assert!(opening.opens_leaf(&leaf, TABLE, key(0)));
    let fresh: Commitment = secrets(0, 2).commitment();
    assert_eq!(
        pot.commit(seat(0), fresh),
        Ok(()),
        "and it may commit at once"
    );
    assert!(
        !pot.eligible().contains(seat(0)),
        "yet throws in nothing for a while"
    );
    assert!(
        pot.take_leaf(seat(0)).is_ok(),
        "but can be dealt to, and seal moves"
    );
}

#[test]
fn who_withheld_counts_again_once_eight_rolls_had_a_result_and_not_before() {
    let mut pot = committed(3);
    let all = Seats::first(3);
    let (absent, others) = (seat(2), Seats::first(2));
    pot.open(Height(1), all, 2).unwrap();
    for index in [0, 1] {
        reveal(&mut pot, index, Height(1)).unwrap();
    }
    assert_eq!(pot.withhold(8), Seats::from(absent));
    pot.commit(absent, secrets(2, 2).commitment()).unwrap();
    for height in (2..).map(Height).take(8) {
        assert_eq!(pot.open(height, all, 2), Some(others), "at {height}");
        for index in [0, 1] {
            reveal(&mut pot, index, height).unwrap();
        }
        assert!(pot.complete(TABLE).is_some());
    }
    assert_eq!(pot.open(Height(10), all, 2), Some(all));
}
