//! A table that has come up opens nothing more: connections are kept, and no heartbeat dials.

use quorate_p2p::Node;

use crate::race::{gathered, node, play};

/// The connections that each of them opened since it started.
fn opened(nodes: &[Node]) -> Vec<u64> {
    let stats = nodes.iter().map(Node::stats);
    stats.map(|stats| stats.connections_opened).collect()
}

#[test]
fn a_table_in_play_opens_no_connection() {
    let nodes = ["Ann", "Bob", "Eve", "Dan"].map(node);
    let tables = gathered(&nodes);
    play(&tables, 4);
    let before = opened(&nodes);
    assert!(
        before.iter().all(|opened| (3..=6).contains(opened)),
        "one with each of three, two where both dialled: {before:?}"
    );
    play(&tables, 40);
    assert_eq!(opened(&nodes), before);
}
