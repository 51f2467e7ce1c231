//! Moves that the state has no room for: who makes them, on purpose or not, stops nobody.

use std::sync::Arc;

use super::puppet::{Do, Puppet};
use super::table::{Table, seat};
use quorate_core::codec;
use quorate_core::genesis::Protocol;
use quorate_core::limits::STATE_BYTES_MAX;
use quorate_core::message::{Content, Entry, EntryBody, Message, Peer, Stream};
use quorate_core::time::Round;
use quorate_core::{Height, Wall};

under_both! {
    a_move_too_large_for_the_state_stops_nobody,
    a_move_that_leaves_a_state_without_bytes_stops_nobody,
    of_two_moves_that_fit_alone_and_not_together_the_second_stops_nobody,
    a_move_in_time_counts_whatever_the_same_seat_sent_besides,
    a_move_has_room_among_others_that_make_up_for_each_other,
    who_gives_each_seat_another_entry_of_one_nonce_slows_nobody_down,
}

const SECOND: u64 = 1_000_000;

fn bulk(share: usize) -> Vec<Do> {
    vec![Do::Grow(
        u32::try_from(STATE_BYTES_MAX / 10 * share).unwrap(),
    )]
}

/// A move that `by` signed past its own engine, which would have refused it.
fn entry(table: &Table<Puppet>, by: usize, nonce: u64, orders: &Vec<Do>) -> Arc<Entry> {
    following(table, by, (nonce, nonce - 1), orders)
}

/// The same with its nonce and the one it follows.
fn following(
    table: &Table<Puppet>,
    by: usize,
    (nonce, follows): (u64, u64),
    orders: &Vec<Do>,
) -> Arc<Entry> {
    let state = table.engines[0].table();
    let body = EntryBody {
        table: state.table(),
        seat: seat(by),
        nonce,
        follows,
        valid_until: Height(1_000),
        content: Content::Actions {
            turn: state.play().unwrap().turn_number(),
            actions: vec![codec::encode(orders).unwrap()],
        },
    };
    Arc::new(Entry::sign(body, &table.keys[by]))
}

fn send(table: &mut Table<Puppet>, by: usize, orders: &Vec<Do>) {
    let message = Message::Entry(entry(table, by, 1, orders));
    for to in (0..4).filter(|to| *to != by) {
        table.deliver(to, Peer(u64::try_from(by).unwrap()), &message);
    }
}

/// Longer than anybody waits before a block may leave an entry out; then somebody moves.
fn somebody_moves_after(table: &mut Table<Puppet>) {
    table.pass(10 * SECOND);
    let before = table.height();
    table.act(1, vec![Do::Emit(7)]);
    assert_eq!(table.height(), before.next(), "one move, one height");
    assert_eq!(table.engines[0].round(), Round(0));
}

fn a_move_too_large_for_the_state_stops_nobody(protocol: Protocol) {
    let mut table = Table::under(protocol, Puppet, 4);
    send(&mut table, 3, &bulk(20));
    somebody_moves_after(&mut table);
}

fn a_move_that_leaves_a_state_without_bytes_stops_nobody(protocol: Protocol) {
    let mut table = Table::under(protocol, Puppet, 4);
    send(&mut table, 3, &vec![Do::Float]);
    somebody_moves_after(&mut table);
}

fn of_two_moves_that_fit_alone_and_not_together_the_second_stops_nobody(protocol: Protocol) {
    let mut table = Table::under(protocol, Puppet, 4);
    send(&mut table, 2, &bulk(6));
    send(&mut table, 3, &bulk(6));
    table.pass(SECOND);
    let bytes = table.engines[0].table().play().unwrap().state().bulk.len();
    assert_eq!(bytes, STATE_BYTES_MAX / 10 * 6, "one of them was made");
    somebody_moves_after(&mut table);
}

/// What saves a seat from being declared late is what an honest leader would have taken of it.
fn a_move_in_time_counts_whatever_the_same_seat_sent_besides(protocol: Protocol) {
    let table = Table::under(protocol, Puppet, 4);
    let state = table.engines[0].table();
    let plan = quorate_core::table::Plan {
        entries: Vec::new(),
        due: Vec::new(),
        time: Wall(0),
        parent_round: Round(0),
    };
    let block = state.build(&plan).unwrap().block;
    let extra = [
        entry(&table, 3, 1, &vec![Do::Emit(7)]),
        entry(&table, 3, 2, &bulk(20)),
    ];
    let after = state
        .after_entries(&block, &extra)
        .expect("the first of them stands");
    assert_eq!(after.nonce(seat(3), extra[0].stream()), 1);
}

/// A leader that cheats has a state without bytes on the way: nobody else's move is left out by it.
fn a_move_has_room_among_others_that_make_up_for_each_other(protocol: Protocol) {
    let table = Table::under(protocol, Puppet, 4);
    let state = table.engines[0].table();
    let (cheat, wanted, other) = (2, 3, 1);
    let entries = vec![
        entry(&table, cheat, 1, &bulk(12)),
        entry(&table, other, 1, &vec![Do::Shrink]),
    ];
    let plan = quorate_core::table::Plan {
        entries,
        due: Vec::new(),
        time: Wall(0),
        parent_round: Round(0),
    };
    let block = state.build(&plan).unwrap().block;
    assert_eq!(block.entries, plan.entries, "together they stand");
    let wanted = entry(&table, wanted, 1, &vec![Do::Emit(7)]);
    assert!(state.had_room_for(&wanted, &block));
    let after = state.after_entries(&block, std::slice::from_ref(&wanted));
    let after = after.expect("all of them stand");
    assert_eq!(after.nonce(wanted.body.seat, wanted.stream()), 1);
}

/// One seat alone is given what stands, and the others two each of what does not: what the first
/// passes on is weighed all the same, or it would wait until that seat leads, and hold back the
/// blocks of all others.
fn who_gives_each_seat_another_entry_of_one_nonce_slows_nobody_down(protocol: Protocol) {
    let mut table = Table::under(protocol, Puppet, 4);
    let cheat = 3;
    table.down = vec![cheat];
    for favoured in (0..12).map(|turn| turn % 3) {
        let nonce = |table: &Table<Puppet>| {
            let state = table.engines[0].table();
            state.nonce(seat(cheat), Stream::Actions)
        };
        let before = nonce(&table);
        let made = |orders: Vec<Do>| {
            let nonces = (before + 1, before);
            Message::Entry(following(&table, cheat, nonces, &orders))
        };
        let good = made(vec![Do::Emit(1)]);
        let bad = [made(vec![Do::Reject]), made(vec![Do::Emit(1), Do::Reject])];
        for to in (0..3).filter(|to| *to != favoured) {
            for bad in &bad {
                table.deliver(to, Peer(3), bad);
            }
        }
        table.deliver(favoured, Peer(3), &good);
        table.settle();
        table.pass(SECOND * 5 / 2);
        assert!(nonce(&table) > before, "seat {favoured} alone had it");
    }
}
