//! Seats that led in vain are passed over until they show themselves; the seat to act leads.

use quorate_core::Height;
use quorate_core::engine::Event;
use quorate_core::genesis::{FaultProfile, Genesis, Protocol, Schedule};

use super::chips::{Action, Chips, Side};
use super::table::{SECOND, Table, seat};

under_both! {
    a_phone_in_a_pocket_fails_once_or_at_two_heights_in_a_row,
    a_seat_wakes_when_it_returns,
    the_seat_to_act_leads,
    six_seats_built_for_a_sleeper_play_on_with_two_down,
}

fn table(protocol: Protocol, seats: u8, change: impl FnOnce(&mut Genesis)) -> Table<Chips> {
    let chips = Chips {
        rounds: 100,
        ..Chips::default()
    };
    Table::with(protocol, chips, seats, change)
}

/// The rounds that decided each height from the second on, as seat 0 saw it.
fn rounds(table: &Table<Chips>) -> Vec<u32> {
    let decided = table.events[0].iter().filter_map(|event| match event {
        Event::Decided(decided) => Some(decided.round.0),
        _ => None,
    });
    decided.skip(1).collect()
}

fn a_phone_in_a_pocket_fails_once_or_at_two_heights_in_a_row(protocol: Protocol) {
    let mut table = table(protocol, 4, |_| {});
    table.down.push(3);
    for index in [0, 1, 2].into_iter().cycle().take(15) {
        table.act(index, Action::Bet(Side::Over, 1));
        table.pass(SECOND * 8);
    }
    let rounds = rounds(&table);
    assert!(rounds.len() > 8, "{rounds:?}");
    let failed = |rounds: &[u32]| rounds.iter().filter(|round| **round > 0).count();
    let first = rounds.iter().position(|round| *round > 0);
    // It may lead the very next height too, whose block tells that it led this one in vain.
    let (at_once, later) = rounds[first.expect("it led")..].split_at(2);
    assert!(failed(at_once) >= 1 && failed(later) == 0, "{rounds:?}");
    let sleep = table.engines[0].table().sleep();
    assert_eq!(sleep.asleep(), seat(3).into());
}

fn a_seat_wakes_when_it_returns(protocol: Protocol) {
    let mut table = table(protocol, 4, |_| {});
    table.down.push(3);
    while table.engines[0].table().sleep().asleep().is_empty() {
        table.act(0, Action::Bet(Side::Over, 1));
        table.act(1, Action::Bet(Side::Over, 1));
        table.pass(SECOND * 8);
    }
    table.down.clear();
    table.pass(SECOND * 2);
    table.catch_up(3);
    table.pass(SECOND * 2);
    let sleep = table.engines[0].table().sleep();
    assert!(sleep.asleep().is_empty(), "it said that it is here");
    table.act(2, Action::Bet(Side::Over, 1)); // the turn's clock starts again, and is in no hurry
    let height = table.height();
    table.pass(SECOND * 10);
    assert_eq!(table.height(), height, "once is enough");
    table.agreed();
}

fn the_seat_to_act_leads(protocol: Protocol) {
    let table = table(protocol, 4, |genesis| genesis.schedule = Schedule::ToAct);
    for engine in &table.engines {
        // The shooter must act, and its clock is nobody else's.
        let shooter = engine.table().play().unwrap().awaited().only();
        assert_eq!(Some(engine.consensus().leader()), shooter);
    }
    let mut rolling = table;
    rolling.stuck_disks.push(2);
    rolling.act(0, Action::Roll);
    let state = rolling.engines[0].table();
    assert!(state.rolling().is_some(), "one secret is still missing");
    let by_score = quorate_core::schedule::Leaders::of(
        Schedule::HashScore,
        state.table(),
        state.roster(),
        state.height().next(),
        quorate_core::Seats::NONE,
    );
    assert_eq!(
        *state.leaders(),
        by_score,
        "while others have a deadline, nobody chooses"
    );
}

fn six_seats_built_for_a_sleeper_play_on_with_two_down(protocol: Protocol) {
    let profile = Some(FaultProfile {
        byzantine: 1,
        crashed: 1,
    });
    for (profile, plays) in [(None, false), (profile, true)] {
        let mut table = table(protocol, 6, |genesis| genesis.profile = profile);
        table.down.extend([4, 5]);
        table.act(0, Action::Bet(Side::Over, 1));
        table.pass(SECOND * 60);
        assert_eq!(table.height() >= Height(2), plays, "{profile:?}");
    }
}
