//! Sealed turns and hidden rolls at real tables: what a handle answers, and what a device may see.

use quorate_core::game::{ActError, Cause, Game};
use quorate_core::{PerSeat, Seats};
use quorate_p2p::{Event, Node, Status, Table};

use crate::peek::{self, Peek};
use crate::race::{SOON, decided, eventually, node, node_in, seating};
use crate::rps::{Hand, Rps};

/// Two nodes at a table of `game`, in the order of their seats.
fn two<G: Game>(nodes: &[Node; 2], game: G) -> [Table<G>; 2] {
    let host = nodes[0].host(game, seating(2)).unwrap();
    let guest = nodes[1].join(&host.link().unwrap()).unwrap();
    for table in [&host, &guest] {
        assert!(table.begun(SOON), "{:?}", table.status());
    }
    [host, guest]
}

#[test]
fn a_handle_says_what_is_sealed_and_what_is_awaited() {
    let nodes = ["Ann", "Bob"].map(node);
    let [ann, bob] = two(&nodes, Rps { to_win: 9 });
    let (here, there) = (ann.seat().unwrap(), bob.seat().unwrap());
    let mut events = bob.events();
    let turn = ann.play().unwrap().turn_number();
    let first = ann.act(Hand::Rock);
    assert_eq!(ann.act(Hand::Paper).unwrap_err(), ActError::AlreadySealed);
    decided(&first.unwrap());
    assert_eq!(ann.act(Hand::Paper).unwrap_err(), ActError::AlreadySealed);
    assert_eq!(ann.legal(), []);
    let awaited = Seats::from(there);
    assert_eq!(ann.status(), Status::Sealed { turn, awaited });
    assert!(matches!(bob.status(), Status::Playing { .. }));
    decided(&bob.act(Hand::Paper).unwrap());
    let mut moves = None;
    while moves.is_none() {
        if let Some(Event::Happened { happened, .. }) = events.wait(SOON)
            && let Cause::Opened(opened) = happened.cause
        {
            moves = Some(opened);
        }
    }
    let expected = [(here, Some(Hand::Rock)), (there, Some(Hand::Paper))];
    assert_eq!(moves, Some(expected.into_iter().collect::<PerSeat<_>>()));
    eventually("another turn", || {
        matches!(ann.status(), Status::Playing { .. })
    });
    assert_eq!(
        ann.legal(),
        [Hand::Paper, Hand::Scissors],
        "not the same twice"
    );
}

#[test]
fn a_view_holds_what_this_device_may_open_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut nodes = [node("Ann"), node_in("Bob", folder.path())];
    let [ann, bob] = two(&nodes, Peek);
    let (here, there) = (ann.seat().unwrap(), bob.seat().unwrap());
    let die = |table: &Table<Peek>, seat| table.view().and_then(|seen| seen.view[seat]);
    eventually("dealt", || {
        die(&ann, here).is_some() && die(&bob, there).is_some()
    });
    assert_eq!((die(&ann, there), die(&bob, here)), (None, None));
    let before = die(&bob, there);
    let link = ann.link().unwrap();
    nodes[1].kill();
    drop(bob);
    nodes[1] = node_in("Bob", folder.path());
    let bob: Table<Peek> = nodes[1].join(&link).unwrap();
    assert!(bob.begun(SOON), "{:?}", bob.status());
    eventually("seen again", || die(&bob, there) == before);
    for table in [&ann, &bob] {
        let mine = table.seat();
        eventually("my turn", || table.play().unwrap().awaited().only() == mine);
        assert!(
            table.view().is_some(),
            "an action is meant for the turn last looked at"
        );
        decided(&table.act(peek::Action::Keep).unwrap());
    }
    eventually("shown", || {
        die(&ann, there) == before && die(&bob, here) == die(&ann, here)
    });
}
