//! Sealed turns and hidden rolls at a table of engines: nobody reads a secret before its time, and
//! whoever keeps one back gets nothing for it.

use super::peek::{Action, Peek};
use super::rps::{Hand, Rps};
use super::table::{Table, seat};
use quorate_core::codec;
use quorate_core::crypto::Signer;
use quorate_core::dice::Secrets;
use quorate_core::engine::Event;
use quorate_core::game::{Cause, End, Game, SeatChange, Settled};
use quorate_core::genesis::Protocol;
use quorate_core::journal::Record;
use quorate_core::message::{Content, Message};
use quorate_core::{PerSeat, Seats};

under_both! {
    a_sealed_turn_opens_once_everybody_has_sealed,
    nobody_can_read_a_sealed_move_before_all_are_sealed,
    a_second_sealed_move_is_refused,
    a_seat_that_seals_too_late_has_no_move,
    a_seat_that_keeps_its_opening_back_has_no_move_and_is_named,
    a_seat_that_restarts_between_seal_and_open_opens_the_same,
    a_seat_commits_anew_when_its_secrets_are_used_up,
    a_hidden_roll_is_seen_by_its_owner_only,
    shown_rolls_are_what_their_owners_saw,
    a_seat_that_restarts_between_deal_and_show_shows_the_same,
    an_owner_that_shows_nothing_keeps_the_others_waiting_no_longer_than_a_roll,
    an_owner_that_withholds_its_public_secret_gets_another_roll_and_is_named,
}

const SECOND: u64 = 1_000_000;

fn rps(protocol: Protocol, seats: u8) -> Table<Rps> {
    Table::under(protocol, Rps { to_win: 200 }, seats)
}

fn peek(protocol: Protocol, seats: u8) -> Table<Peek> {
    let mut table = Table::under(protocol, Peek, seats);
    table.pass(SECOND);
    table
}

/// What engine `at` was told to have happened.
fn causes<G: Game>(table: &Table<G>, at: usize) -> Vec<Cause<G::Action>> {
    let decided = table.events[at].iter().filter_map(|event| match event {
        Event::Decided(decided) => Some(&decided.happened),
        _ => None,
    });
    decided
        .flatten()
        .map(|happened| happened.cause.clone())
        .collect()
}

fn opened(table: &Table<Rps>, at: usize) -> Vec<PerSeat<Option<Hand>>> {
    let moves = causes(table, at)
        .into_iter()
        .filter_map(|cause| match cause {
            Cause::Opened(moves) => Some(moves),
            _ => None,
        });
    moves.collect()
}

fn settled<G: Game>(table: &Table<G>, at: usize) -> Vec<Settled> {
    let settled = table.events[at].iter().filter_map(|event| match event {
        Event::Settled { settled, .. } => Some(settled.clone()),
        _ => None,
    });
    settled.collect()
}

/// Everything of the kind that `is` that left the seat at `from` since the last look.
fn left<G: Game>(table: &mut Table<G>, from: usize, is: fn(&Content) -> bool) -> usize {
    let sent = table.overheard().into_iter();
    let sent = sent.filter(|(by, message)| {
        *by == from && matches!(message, Message::Entry(entry) if is(&entry.body.content))
    });
    sent.count()
}

fn is_open(content: &Content) -> bool {
    matches!(content, Content::Open { .. })
}

fn is_show(content: &Content) -> bool {
    matches!(content, Content::Show { .. })
}

/// The secrets of `at` that its disk holds.
fn secrets<G: Game>(table: &Table<G>, at: usize) -> Vec<Secrets> {
    let id = table.engines[0].table().table();
    let records = table.records[at].iter();
    let seeds = records.filter_map(|record| match record {
        Record::Secrets { counter, seed } => {
            Some(Secrets::derive(seed, id, table.keys[at].public(), *counter))
        }
        _ => None,
    });
    seeds.collect()
}

/// Whether any frame that was overheard holds one of the secrets that `at` keeps for itself.
fn leaked<G: Game>(table: &mut Table<G>, at: usize) -> bool {
    let secrets = secrets(table, at);
    let nonces: Vec<_> = secrets
        .iter()
        .flat_map(|secrets| (1..16).map(|leaf| *secrets.open(leaf).unwrap().nonce()))
        .collect();
    let frames: Vec<_> = table
        .overheard()
        .into_iter()
        .map(|(_, message)| message)
        .collect();
    frames.iter().any(|message| {
        let bytes = codec::encode(message).unwrap();
        nonces
            .iter()
            .any(|nonce| bytes.windows(32).any(|part| part == nonce))
    })
}

fn a_sealed_turn_opens_once_everybody_has_sealed(protocol: Protocol) {
    for seats in [2, 3, 4] {
        let mut table = rps(protocol, seats);
        let hands = [Hand::Rock, Hand::Paper, Hand::Scissors, Hand::Rock];
        let count = usize::from(seats);
        for index in 0..count {
            assert!(
                opened(&table, 0).is_empty(),
                "not while seat {index} is thinking"
            );
            table.act(index, hands[index]);
        }
        table.pass(SECOND);
        let expected: PerSeat<_> = (0..count).map(|i| (seat(i), Some(hands[i]))).collect();
        for at in 0..count {
            assert_eq!(opened(&table, at), [expected.clone()]);
            assert!(matches!(settled(&table, at)[..], [Settled::Decided { .. }]));
        }
        table.agreed();
    }
}

fn nobody_can_read_a_sealed_move_before_all_are_sealed(protocol: Protocol) {
    let mut table = rps(protocol, 4);
    table.overheard();
    for index in 0..3 {
        table.act(index, Hand::Paper);
    }
    table.pass(SECOND);
    assert_eq!(
        table.engines[3].table().sealed().len(),
        3,
        "the seals are decided"
    );
    for index in 0..3 {
        assert!(!leaked(&mut table, index));
        table.overheard();
    }
    let clear = |event: &Event<Rps>| {
        matches!(event, Event::Decided(decided)
        if decided.block.entries.iter().any(|entry| is_open(&entry.body.content)))
    };
    assert!(!table.events[3].iter().any(clear));
    table.act(3, Hand::Rock);
    table.pass(SECOND);
    assert!(
        table.events[3].iter().any(clear),
        "once all are sealed all open"
    );
}

fn a_second_sealed_move_is_refused(protocol: Protocol) {
    let mut table = rps(protocol, 4);
    table.act(0, Hand::Paper);
    table.act(0, Hand::Rock);
    let said = settled(&table, 0);
    assert!(
        matches!(&said[..], [Settled::Decided { .. }, Settled::Refused(why)]
            if why.text.contains("sealed already")),
        "{said:?}"
    );
}

fn a_seat_that_seals_too_late_has_no_move(protocol: Protocol) {
    let mut table = rps(protocol, 4);
    for index in 0..3 {
        table.act(index, Hand::Paper);
    }
    table.pass(SECOND * 10);
    let paper = Some(Hand::Paper);
    let expected = [paper, paper, paper, None];
    let expected: PerSeat<_> = (0..4).map(|i| (seat(i), expected[i])).collect();
    assert_eq!(opened(&table, 3)[0], expected);
    let named = |cause: &Cause<Hand>| matches!(cause, Cause::Seat(_, SeatChange::Withheld));
    assert!(!causes(&table, 0).iter().any(named), "late is not withheld");
}

fn a_seat_that_keeps_its_opening_back_has_no_move_and_is_named(protocol: Protocol) {
    let mut table = rps(protocol, 4);
    for index in [1, 2, 3] {
        table.act(index, Hand::Paper);
    }
    // Its seal is decided, and it is gone before anybody opens.
    table.act(0, Hand::Rock);
    let mut table = rps(protocol, 4);
    table.act(0, Hand::Rock);
    table.down.push(0);
    for index in [1, 2, 3] {
        table.act(index, Hand::Paper);
    }
    table.pass(SECOND * 4);
    let paper = Some(Hand::Paper);
    let expected = [None, paper, paper, paper];
    let expected: PerSeat<_> = (0..4).map(|i| (seat(i), expected[i])).collect();
    assert_eq!(opened(&table, 1)[0], expected);
    let told = causes(&table, 1);
    let opened = told
        .iter()
        .position(|cause| matches!(cause, Cause::Opened(_)));
    let named = Cause::Seat(seat(0), SeatChange::Withheld);
    let named = told.iter().position(|cause| *cause == named);
    assert!(opened < named, "the game learns of it after the moves");
}

fn a_seat_that_restarts_between_seal_and_open_opens_the_same(protocol: Protocol) {
    let mut table = rps(protocol, 4);
    table.act(0, Hand::Scissors);
    table.restart(0);
    for index in [1, 2, 3] {
        table.act(index, Hand::Paper);
    }
    table.pass(SECOND * 2);
    assert_eq!(
        opened(&table, 1)[0].get(seat(0)),
        Some(&Some(Hand::Scissors))
    );
    // And between the last seal and its own opening, which never left.
    for index in [0, 1, 2] {
        table.act(index, Hand::Rock);
    }
    table.stuck_disks.push(0);
    table.act(3, Hand::Rock);
    table.stuck_disks.clear();
    table.overheard();
    table.restart(0);
    table.pass(SECOND * 4);
    assert!(left(&mut table, 0, is_open) > 0);
    assert_eq!(opened(&table, 1)[1].get(seat(0)), Some(&Some(Hand::Rock)));
    table.agreed();
}

fn a_seat_commits_anew_when_its_secrets_are_used_up(protocol: Protocol) {
    let mut table = rps(protocol, 2);
    for turn in 0..33 {
        let hand = [Hand::Rock, Hand::Paper][turn % 2];
        table.act(0, hand);
        table.act(1, hand);
        table.pass(SECOND);
        let both: PerSeat<_> = (0..2).map(|i| (seat(i), Some(hand))).collect();
        assert_eq!(opened(&table, 0).last(), Some(&both), "turn {turn}");
    }
    let commitments = secrets(&table, 0).len();
    assert_eq!(commitments, 3, "fifteen moves a commitment");
}

fn seen<'a>(table: &'a Table<Peek>, at: usize) -> PerSeat<Option<u32>> {
    let engine = &table.engines[at];
    engine.table().play().unwrap().view(&engine.viewer())
}

fn a_hidden_roll_is_seen_by_its_owner_only(protocol: Protocol) {
    for seats in [2, 4] {
        let mut table = Table::under(protocol, Peek, seats);
        table.overheard();
        table.pass(SECOND);
        for at in 0..usize::from(seats) {
            let seen = seen(&table, at);
            let known = seen.which(Option::is_some);
            assert_eq!(known, Seats::from(seat(at)), "its own die and no other");
            assert!((1..=6).contains(&seen[seat(at)].unwrap()));
        }
        table.act(0, Action::Change);
        table.pass(SECOND);
        for at in 0..usize::from(seats) {
            assert!(!leaked(&mut table, at), "a secret left its device");
        }
    }
}

fn shown_rolls_are_what_their_owners_saw(protocol: Protocol) {
    let mut table = peek(protocol, 4);
    let mut expected = PerSeat::default();
    for at in 0..4 {
        let change = if at % 2 == 0 {
            Action::Change
        } else {
            Action::Keep
        };
        if at == 3 {
            expected.extend((0..4).map(|i| (seat(i), seen(&table, i)[seat(i)])));
        }
        table.act(at, change);
        table.pass(SECOND);
    }
    assert!(expected.iter().all(|(_, die)| die.is_some()));
    for at in 0..4 {
        assert_eq!(seen(&table, at), expected);
    }
    let end = table.engines[0].table().play().unwrap().end().cloned();
    assert!(matches!(end, Some(End::Finished(_))));
    table.agreed();
}

fn a_seat_that_restarts_between_deal_and_show_shows_the_same(protocol: Protocol) {
    let mut table = peek(protocol, 4);
    let before = seen(&table, 2)[seat(2)];
    table.restart(2);
    assert_eq!(
        seen(&table, 2)[seat(2)],
        before,
        "the same die after a restart"
    );
    for at in 0..4 {
        table.act(at, Action::Keep);
        table.pass(SECOND);
    }
    assert_eq!(seen(&table, 0)[seat(2)], before);
    table.agreed();
}

fn an_owner_that_shows_nothing_keeps_the_others_waiting_no_longer_than_a_roll(protocol: Protocol) {
    let mut table = peek(protocol, 4);
    for at in 0..3 {
        table.act(at, Action::Keep);
        table.pass(SECOND);
    }
    table.overheard();
    table.act(3, Action::Keep);
    assert!(
        left(&mut table, 1, is_show) > 0,
        "asked for, the others show"
    );
    let mut table = peek(protocol, 4);
    table.act(0, Action::Keep);
    table.down.push(0);
    for at in 1..4 {
        table.act(at, Action::Keep);
        table.pass(SECOND);
    }
    table.pass(SECOND * 5);
    let shown = seen(&table, 1);
    assert_eq!(shown.which(Option::is_none), Seats::from(seat(0)));
    let end = table.engines[1].table().play().unwrap().end().cloned();
    assert!(matches!(end, Some(End::Finished(outcome)) if !outcome.winners().contains(seat(0))));
}

fn an_owner_that_withholds_its_public_secret_gets_another_roll_and_is_named(protocol: Protocol) {
    let mut table = Table::under(protocol, Peek, 4);
    table.pass(SECOND);
    table.down.push(3);
    table.act(0, Action::Change);
    table.pass(SECOND * 6);
    let withheld = Cause::Seat(seat(3), SeatChange::Withheld);
    assert!(causes(&table, 0).contains(&withheld));
    assert!(
        !table.engines[0].table().play().unwrap().is_rolling(),
        "the die is dealt"
    );
    assert!(seen(&table, 0)[seat(0)].is_some());
}
