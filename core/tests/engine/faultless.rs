//! Nobody fails: what it costs, and that it ends in quiet.

use std::sync::atomic::Ordering;

use super::chips::{Action, Chips, Side};
use super::table::Table;
use quorate_core::engine::Event;
use quorate_core::game::{Cause, Settled};
use quorate_core::genesis::Protocol;
use quorate_core::message::{Message, VoteKind};
use quorate_core::{Height, Seats};

under_both! {
    tables_of_every_size_begin_bet_and_roll_alike,
    a_player_is_told_what_became_of_a_bet,
    four_seats_make_eight_and_check_sixteen_signatures_a_decision,
    the_votes_that_decide_are_told_once_and_before_the_decision,
    an_idle_table_holds_no_consensus_timer,
    every_seat_soon_knows_that_the_others_know_it_is_level,
    a_move_after_a_pause_costs_no_more_than_one_in_haste,
}

fn rolled<G: quorate_core::Game>(events: &[Event<G>]) -> usize {
    let decided = events.iter().filter_map(|event| match event {
        Event::Decided(decided) => Some(decided),
        _ => None,
    });
    let happened = decided.flat_map(|decided| &decided.happened);
    happened
        .filter(|happened| matches!(happened.cause, Cause::Rolled(_)))
        .count()
}

fn tables_of_every_size_begin_bet_and_roll_alike(protocol: Protocol) {
    for seats in [2, 3, 4, 7] {
        let mut table = Table::under(protocol, Chips::default(), seats);
        assert_eq!(table.height(), Height(1), "{seats} seats begin");
        table.act(1, Action::Bet(Side::Over, 10));
        table.act(0, Action::Roll);
        table.pass(1_000_000);
        table.agreed();
        for events in &table.events {
            assert_eq!(rolled(events), 1, "{seats} seats roll");
        }
    }
}

fn a_player_is_told_what_became_of_a_bet(protocol: Protocol) {
    let mut table = Table::under(protocol, Chips::default(), 4);
    table.act(2, Action::Bet(Side::Under, 5));
    let settled = table.events[2].iter().find_map(|event| match event {
        Event::Settled { settled, .. } => Some(settled.clone()),
        _ => None,
    });
    assert_eq!(settled, Some(Settled::Decided { height: Height(2) }));
}

fn four_seats_make_eight_and_check_sixteen_signatures_a_decision(protocol: Protocol) {
    let mut table = Table::under(
        protocol,
        Chips {
            rounds: 100,
            ..Chips::default()
        },
        4,
    );
    let before = (table.height(), made(&table), checked(&table));
    for index in 0..4 {
        table.act(index, Action::Bet(Side::Over, 1));
    }
    let decisions = usize::try_from(table.height().0 - before.0.0).unwrap();
    assert_eq!(decisions, 4, "one entry a decision");
    assert_eq!(made(&table) - before.1, (8 + 1) * decisions);
    assert_eq!(checked(&table) - before.2, (16 + 3) * decisions);
}

/// What a replay of the height is drawn from.
fn the_votes_that_decide_are_told_once_and_before_the_decision(protocol: Protocol) {
    let mut table = Table::under(protocol, Chips::default(), 4);
    table.act(1, Action::Bet(Side::Over, 10));
    for events in &table.events {
        let mut told = [Seats::NONE; 2];
        for event in events {
            match event {
                Event::Voted(vote) if vote.height == Height(2) => {
                    let seats = &mut told[usize::from(vote.kind == VoteKind::Commit)];
                    assert!(!seats.contains(vote.seat), "{vote:?} is told twice");
                    *seats |= Seats::from(vote.seat);
                }
                Event::Decided(decided) if decided.height == Height(2) => {
                    assert!(told[0].len() >= 3, "{told:?}");
                    assert_eq!(told[1] & decided.signers, decided.signers);
                }
                _ => {}
            }
        }
    }
}

fn made<G: quorate_core::Game>(table: &Table<G>) -> usize {
    table.work.made.load(Ordering::Relaxed)
}

fn checked<G: quorate_core::Game>(table: &Table<G>) -> usize {
    table.work.checked.load(Ordering::Relaxed)
}

fn an_idle_table_holds_no_consensus_timer(protocol: Protocol) {
    let mut table = Table::under(protocol, Chips::default(), 4);
    table.act(1, Action::Bet(Side::Over, 10));
    table.pass(2_000_000);
    let height = table.height();
    table.pass(5_000_000);
    assert_eq!(table.height(), height);
    for engine in &table.engines {
        assert_eq!(engine.consensus().next_timeout(), None);
    }
}

fn every_seat_soon_knows_that_the_others_know_it_is_level(protocol: Protocol) {
    let mut table = Table::under(protocol, Chips::default(), 4);
    table.act(1, Action::Bet(Side::Over, 10));
    table.pass(900_000);
    for engine in &table.engines {
        let tips = engine.tips();
        assert_eq!(tips.seats().len(), 3);
        for (seat, tip) in tips.iter() {
            assert_eq!(tip.height, table.height());
            assert_eq!(
                tip.level,
                Seats::first(4),
                "seat {seat} shows whom it knows"
            );
        }
    }
}

fn a_move_after_a_pause_costs_no_more_than_one_in_haste(protocol: Protocol) {
    let mut table = Table::under(protocol, Chips::default(), 4);
    for index in 0..4 {
        table.pass(5_300_000);
        table.overheard();
        let (signed, verified) = (made(&table), checked(&table));
        table.act(index, Action::Bet(Side::Over, 1));
        assert_eq!(made(&table) - signed, 8 + 1);
        assert_eq!(checked(&table) - verified, 16 + 3);
        let overheard = table.overheard();
        let frames = overheard
            .iter()
            .filter(|(_, message)| !matches!(message, Message::Status(_)));
        // The entry, the proposal, three Prepares and four Commits, each to three seats.
        assert_eq!(frames.count(), (1 + 1 + 3 + 4) * 3);
    }
}
