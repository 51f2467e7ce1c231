//! Slow readers, and faults made on purpose.

use std::time::{Duration, Instant};

use bytes::Bytes;
use quorate_p2p::net::{CHAOS_VARIABLE, Chaos, Event, Lane};
use quorate_p2p::{Config, Node};

use crate::peers::{channel, key, table};

#[test]
fn loss_loses_about_its_share_and_delay_keeps_the_order() {
    let channel = channel("loss");
    let mut peers = table(2, channel);
    let (loss, delay) = (0.25, Some(Duration::ZERO..Duration::from_millis(20)));
    peers[0].net.set_chaos(Chaos {
        loss,
        delay,
        ..Chaos::default()
    });
    for number in 0..800u32 {
        let frame = Bytes::copy_from_slice(&number.to_be_bytes());
        peers[0]
            .net
            .send(channel, key(1), Lane::Votes, frame)
            .unwrap();
    }
    peers[0].net.set_chaos(Chaos::default());
    peers[0]
        .net
        .send(channel, key(1), Lane::Votes, "end".into())
        .unwrap();
    let mut arrived = Vec::new();
    loop {
        let frame = peers[1].wait_frame(channel, key(0), Lane::Votes);
        let Ok(number) = <[u8; 4]>::try_from(&frame[..]) else {
            break;
        };
        arrived.push(u32::from_be_bytes(number));
    }
    assert!(arrived.is_sorted());
    assert!(
        (450..750).contains(&arrived.len()),
        "{} of 800 arrived",
        arrived.len()
    );
}

#[test]
fn delay_holds_frames_back() {
    let channel = channel("delay");
    let mut peers = table(2, channel);
    let least = Duration::from_millis(150);
    let chaos = Chaos {
        delay: Some(least..Duration::from_millis(200)),
        ..Chaos::default()
    };
    peers[0].net.set_chaos(chaos);
    let sent = Instant::now();
    peers[0]
        .net
        .send(channel, key(1), Lane::Control, "later".into())
        .unwrap();
    assert_eq!(peers[1].wait_frame(channel, key(0), Lane::Control), "later");
    assert!(sent.elapsed() >= least);
}

#[test]
fn a_slow_reader_is_told_of_and_holds_up_nobody_else() {
    let channel = channel("slow");
    let mut peers = table(3, channel);
    // Peer 1 reads no events while much more is sent than anything in between can hold.
    let frame = Bytes::from(vec![7; 1 << 20]);
    let slow = |event: &Event| match event {
        Event::SlowPeer {
            peer,
            lane,
            dropped,
            ..
        } => Some((*peer, *lane, *dropped)),
        _ => None,
    };
    let mut told = None;
    for _ in 0..4096 {
        peers[0]
            .net
            .send(channel, key(1), Lane::Proposals, frame.clone())
            .unwrap();
        told = peers[0].find(&slow, Duration::from_millis(1));
        if told.is_some() {
            break;
        }
    }
    let (peer, lane, dropped) = told.expect("the outbox overflows");
    assert_eq!((peer, lane), (key(1), Lane::Proposals));
    assert!(dropped > 0);
    for number in 0..100 {
        let frame = Bytes::from(format!("{number}"));
        peers[0]
            .net
            .send(channel, key(2), Lane::Proposals, frame.clone())
            .unwrap();
        assert_eq!(peers[2].wait_frame(channel, key(0), Lane::Proposals), frame);
    }
    // Votes to the slow reader do not wait behind its proposals.
    peers[0]
        .net
        .send(channel, key(1), Lane::Votes, "vote".into())
        .unwrap();
    assert_eq!(peers[1].wait_frame(channel, key(0), Lane::Votes), "vote");
}

/// Starts a node in a process of its own, whose environment says `chaos`; tells what it said.
fn started_with(chaos: &str) -> String {
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    child.args([
        "--ignored",
        "--exact",
        "--nocapture",
        "chaos::a_child_starts",
    ]);
    let output = child.env(CHAOS_VARIABLE, chaos).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
#[ignore = "runs in a process of its own, for the environment"]
#[allow(clippy::print_stdout, reason = "what its parent reads")]
fn a_child_starts() {
    match Node::start(Config::loopback("Ann").unwrap()) {
        Ok(node) => {
            println!("started");
            node.shutdown();
        }
        Err(error) => println!("refused: {error}"),
    }
}

#[test]
fn the_environment_makes_chaos_or_is_told_what_is_wrong_with_it() {
    assert!(started_with("delay=80..200ms,loss=5%").contains("started"));
    assert!(started_with("").contains("started"));
    let refused = started_with("delay=soon");
    let says = "refused: QUORATE_CHAOS: \"soon\" is no delay";
    assert!(refused.contains(says), "{refused}");
}
