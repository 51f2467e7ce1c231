//! Witnesses: seats that decide and do not play.

use super::chips::{Action, Chips, Side};
use super::table::{SECOND, Table, genesis};
use quorate_core::crypto::SecretKey;
use quorate_core::engine::Operation;
use quorate_core::genesis::{Genesis, GenesisError, Protocol};
use quorate_core::journal::Record;
use quorate_core::message::{Content, Motion};
use quorate_core::roster::{Name, SeatKind};
use quorate_core::{Height, Seats};

/// Makes witnesses, run by the first player, of all seats from `players` on.
fn with_witnesses(genesis: &mut Genesis, players: usize) {
    for seating in &mut genesis.seats[players..] {
        let run_by = Name::new("Player 0").unwrap();
        seating.kind = SeatKind::Witness { run_by };
    }
}

pub(super) fn table(protocol: Protocol, players: u8, witnesses: u8) -> Table<Chips> {
    Table::founded(Chips::default(), players + witnesses, |genesis| {
        genesis.protocol = protocol;
        with_witnesses(genesis, usize::from(players));
    })
}

under_both! {
    three_people_and_a_witness_play_on_without_one_of_them,
    a_witness_decides_and_does_nothing_else,
}

fn three_people_and_a_witness_play_on_without_one_of_them(protocol: Protocol) {
    let mut table = table(protocol, 3, 1);
    assert_eq!(table.height(), Height(1), "it begins");
    let state = table.engines[0].table();
    assert_eq!(
        state.play().unwrap().players(),
        Seats::first(3),
        "the game sees people"
    );
    table.down = vec![2];
    table.act(0, Action::Bet(Side::Over, 5));
    table.act(0, Action::Roll);
    table.pass(30 * SECOND);
    for device in [0, 1, 3] {
        let play = table.engines[device].table().play();
        assert!(play.unwrap().state().round > 0);
    }
}

fn a_witness_decides_and_does_nothing_else(protocol: Protocol) {
    let mut table = table(protocol, 3, 1);
    table.act(0, Action::Roll);
    table.pass(2 * SECOND);
    let entries = table.records[3].iter().filter_map(|record| match record {
        Record::Entry(entry) => Some(entry.body.content.clone()),
        _ => None,
    });
    let entries: Vec<_> = entries.collect();
    assert_eq!(entries, [Content::Ready { commitment: None }]);
    let signs = |record: &Record| !matches!(record, Record::Decision { .. } | Record::Entry(_));
    assert!(table.records[3].iter().any(signs), "it votes");
    let before = table.records[3].len();
    table.operate(3, Operation::Propose(Motion::Pause));
    let entry = |record: &Record| matches!(record, Record::Entry(_));
    assert!(
        !table.records[3][before..].iter().any(entry),
        "it has no ballot"
    );
    table.agreed();
}

#[test]
fn two_people_with_two_witnesses_can_lose_one_vote_and_not_the_dice() {
    let mut table = table(Protocol::Pbft, 2, 2);
    table.down = vec![3];
    table.act(0, Action::Roll);
    table.pass(30 * SECOND);
    assert!(table.engines[1].table().play().unwrap().state().round > 0);
}

#[test]
fn a_table_of_witnesses_is_refused() {
    let verdict = |players: usize, witnesses: usize| {
        let count = u8::try_from(players + witnesses).unwrap();
        let keys: Vec<_> = (0..count)
            .map(|number| SecretKey::from_bytes(&[number + 1; 32]))
            .collect();
        let mut genesis = genesis(&Chips::default(), &keys);
        with_witnesses(&mut genesis, players);
        genesis.validate()
    };
    let alone = |players, least| Err(GenesisError::DiceAlone { players, least });
    assert_eq!(verdict(0, 4), Err(GenesisError::NoPlayer));
    assert_eq!(verdict(1, 3), alone(1, 2));
    // Two of seven may be faulty: they could be the two whose secrets make the dice.
    assert_eq!(verdict(2, 5), alone(2, 3));
    assert_eq!(verdict(3, 4), Ok(()));
}
