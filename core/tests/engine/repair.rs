//! What was lost on the way is sent again.

use super::chips::{Action, Chips, Side};
use super::table::Table;
use quorate_core::genesis::Protocol;

under_both! {
    what_went_with_a_broken_connection_is_sent_over_the_next_at_once,
}

fn what_went_with_a_broken_connection_is_sent_over_the_next_at_once(protocol: Protocol) {
    let mut table = Table::under(protocol, Chips::default(), 4);
    let before = table.height();
    let leader = table.engines[0].consensus().leader().index();
    table.down = (0..4).filter(|index| *index != leader).collect();
    table.act(leader, Action::Bet(Side::Over, 10));
    table.pass(1_000);
    for index in std::mem::take(&mut table.down) {
        table.connect(index);
    }
    assert_eq!(
        table.height(),
        before.next(),
        "and nobody waited for a clock"
    );
}
