//! Devices that leave for good once they may: what they said last is heard.

use std::thread;

use bytes::Bytes;
use quorate_core::Seats;
use quorate_core::game::Settled;
use quorate_p2p::net::{Chaos, Lane};

use crate::peers::{channel, key, table};
use crate::race::{Action, SOON, gathered, node};

#[test]
fn what_was_sent_before_a_shutdown_arrives() {
    const FRAMES: u32 = 200;
    for time in 0..8 {
        let channel = channel(&format!("shutdown {time}"));
        let mut peers = table(2, channel);
        for number in 0..FRAMES {
            for lane in Lane::ALL {
                let mut frame = vec![0; 4096];
                frame[..4].copy_from_slice(&number.to_be_bytes());
                let sent = peers[0].net.send(channel, key(1), lane, frame.into());
                sent.unwrap();
            }
        }
        peers[0].net.shutdown();
        for lane in Lane::ALL {
            for number in 0..FRAMES {
                let frame: Bytes = peers[1].wait_frame(channel, key(0), lane);
                assert_eq!(frame[..4], number.to_be_bytes(), "{lane:?}");
            }
        }
        peers[1].wait_down(channel, key(0));
    }
}

#[test]
fn whoever_leaves_as_soon_as_it_may_has_every_report_and_strands_nobody() {
    for _ in 0..2 {
        let nodes = ["Ann", "Bob", "Eve", "Mal"].map(node);
        let tables = gathered(&nodes);
        // Half of what is said gets lost, the last reports among it.
        let chaos = Chaos {
            loss: 0.5,
            ..Chaos::default()
        };
        nodes.iter().for_each(|node| node.set_chaos(chaos.clone()));
        let first = tables.iter().find(|table| !table.legal().is_empty());
        let settled = first.unwrap().act(Action::Step(1)).unwrap().wait(SOON);
        let Some(Settled::Decided { height, .. }) = settled else {
            panic!("{settled:?}");
        };
        let leaving = nodes.into_iter().zip(tables).map(|(node, table)| {
            thread::spawn(move || {
                assert!(table.reached(height, SOON));
                let digests = table.linger(SOON);
                node.shutdown();
                digests
            })
        });
        let leaving: Vec<_> = leaving.collect();
        for leaver in leaving {
            let digests = leaver.join().unwrap();
            assert_eq!(digests.seats(), Seats::first(4), "a report is missing");
            let first = digests.iter().next().unwrap().1;
            assert!(digests.iter().all(|(_, digest)| digest == first));
        }
    }
}
