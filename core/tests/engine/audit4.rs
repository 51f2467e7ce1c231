//! Findings of the audit of issue 4. Each test fails while the finding stands.

use std::sync::Arc;

use super::puppet::{Do, Puppet};
use super::table::{Table, seat};
use quorate_core::Height;
use quorate_core::codec;
use quorate_core::genesis::Protocol;
use quorate_core::message::{Content, Entry, EntryBody, Message, Peer};

under_both! {
    an_entry_that_the_state_has_no_room_for_does_not_stop_the_table,
}

const SECOND: u64 = 1_000_000;

/// One seat of four sends, past its own engine, an action that `would_take` refuses (the state would
/// be larger than a table allows) and that `had_room_for` takes, for it never settles. No honest
/// leader includes it, and no honest seat prepares a block that leaves it out.
fn an_entry_that_the_state_has_no_room_for_does_not_stop_the_table(protocol: Protocol) {
    let mut table = Table::under(protocol, Puppet, 4);
    let turn = table.engines[0].table().play().unwrap().turn_number();
    let orders = codec::encode(&vec![Do::Grow(2 << 20)]).unwrap();
    let body = EntryBody {
        table: table.engines[0].table().table(),
        seat: seat(3),
        nonce: 1,
        follows: 0,
        valid_until: Height(1_000),
        content: Content::Actions {
            turn,
            actions: vec![orders],
        },
    };
    let entry = Message::Entry(Arc::new(Entry::sign(body, &table.keys[3])));
    for to in 0..3 {
        table.deliver(to, Peer(3), &entry);
    }
    table.pass(10 * SECOND);
    let before = table.height();
    table.act(1, vec![Do::Emit(7)]);
    table.pass(60 * SECOND);
    let holds: Vec<_> = table.engines[..3]
        .iter()
        .map(|engine| (engine.round(), engine.consensus().hold().cloned()))
        .collect();
    assert!(table.height() > before, "a minute later: {holds:?}");
}
