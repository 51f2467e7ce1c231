//! Tables in play.

use quorate_p2p::{Event, Status};

use crate::race::{SOON, act, assert_level, eventually, gathered, node, play};

#[test]
fn four_nodes_gather_play_twenty_turns_and_agree() {
    let nodes = ["Ann", "Bob", "Eve", "Mal"].map(node);
    let tables = gathered(&nodes);
    play(&tables, 20);
    assert_level(&tables);
    let names: Vec<_> = tables[3]
        .seated()
        .into_iter()
        .map(|seated| seated.name)
        .collect();
    assert_eq!(names[0].as_str(), "Ann");
    assert_eq!(names.len(), 4);
    for table in &tables {
        let mut events = table.events_from(0);
        let faults = std::iter::from_fn(|| events.try_next()).filter_map(|event| match event {
            Event::Fault(fault) => Some(fault.to_string()),
            _ => None,
        });
        assert_eq!(
            faults.collect::<Vec<_>>(),
            [""; 0],
            "honest peers are not accused"
        );
    }
}

#[test]
fn a_roll_can_be_computed_again_by_hand() {
    let nodes = ["Ann", "Bob"].map(node);
    let tables = gathered(&nodes);
    act(&tables, crate::race::Action::Roll);
    act(&tables, crate::race::Action::Roll);
    for table in &tables {
        let proof = table.last_roll().unwrap();
        assert_eq!(proof.thrown.len(), 2);
        proof.verify().unwrap();
        let mut forged = proof;
        forged.values[0] = forged.values[0] % 6 + 1;
        assert_eq!(forged.verify(), Err(quorate_p2p::RollFlaw::Values));
    }
}

#[test]
fn one_node_sits_at_two_tables() {
    let nodes = ["Ann", "Bob"].map(node);
    let one = gathered(&nodes);
    let two = gathered(&nodes);
    play(&one, 4);
    play(&two, 2);
    play(&one, 2);
    assert_level(&one);
    assert_level(&two);
    assert_ne!(one[0].id(), two[0].id());
}

#[test]
fn a_table_of_one_plays_with_its_own_dice() {
    let nodes = [node("Ann")];
    let tables = gathered(&nodes);
    play(&tables, 8);
    assert!(matches!(tables[0].status(), Status::Playing { .. }));
}

#[test]
fn events_tell_every_height_in_order_to_any_number_of_readers() {
    let nodes = ["Ann", "Bob"].map(node);
    let tables = gathered(&nodes);
    play(&tables, 6);
    for _ in 0..2 {
        let mut events = tables[1].events_from(0);
        let decided = std::iter::from_fn(|| events.try_next()).filter_map(|event| match event {
            Event::Decided(decided) => Some(decided.height.0),
            _ => None,
        });
        let heights: Vec<_> = decided.collect();
        assert!(heights.len() >= 6, "{heights:?}");
        assert!(
            heights.iter().copied().eq(1..=heights.len() as u64),
            "{heights:?}"
        );
    }
    let traces = tables[0].traces();
    assert!(
        traces
            .iter()
            .any(|trace| trace.decided.is_some() && !trace.votes.is_empty())
    );
}

#[test]
fn below_quorum_nothing_is_decided_and_play_resumes_by_itself() {
    let nodes = ["Ann", "Bob", "Eve", "Mal"].map(node);
    let tables = gathered(&nodes);
    play(&tables, 2);
    let mut events = tables[0].events();
    for node in &nodes[2..] {
        node.pause().unwrap();
    }
    let absent = loop {
        match events.wait(SOON) {
            Some(Event::Status(Status::Waiting { absent, needed })) => break (absent, needed),
            Some(_) => {}
            None => panic!("nothing happens: {:?}", tables[0].status()),
        }
    };
    assert!(absent.1 >= 1);
    eventually("paused", || tables[2].status() == Status::Paused);
    for node in &nodes[2..] {
        node.resume().unwrap();
    }
    play(&tables, 4);
    assert_level(&tables);
}
