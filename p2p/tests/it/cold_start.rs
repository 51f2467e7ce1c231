//! Nets that start together: what is sent as soon as lanes are up arrives, all of it.

use bytes::Bytes;
use quorate_p2p::limits::{
    ADDRESS_BYTES_MAX, ANNOUNCEMENT_BYTES_MAX, CHANNEL_PEERS_MAX, CHANNELS_MAX, GREETING_BYTES_MAX,
    REQUEST_BYTES_MAX,
};
use quorate_p2p::net::{Admission, Event, Fault, FaultCause, Lane, Multiaddr, NetError};

use crate::peers::{Peer, channel, introduce, key, roster, table, wait_all_up};

fn everything_published_on_up_arrives(count: u8) {
    let channel = channel("cold start");
    let mut peers: Vec<_> = (0..count).map(Peer::start).collect();
    introduce(&peers);
    peers
        .iter()
        .for_each(|peer| peer.open(channel, roster(count)));
    for peer in &mut peers {
        for other in (0..count)
            .map(key)
            .filter(|other| *other != peer.key())
            .collect::<Vec<_>>()
        {
            let greeting = peer.wait_up(channel, other);
            assert_eq!(greeting, format!("greetings from {other}"));
            for lane in Lane::ALL {
                let frame = Bytes::from(format!("{lane:?} of {}", peer.key()));
                peer.net.send(channel, other, lane, frame).unwrap();
            }
        }
    }
    for peer in &mut peers {
        for other in (0..count)
            .map(key)
            .filter(|other| *other != peer.key())
            .collect::<Vec<_>>()
        {
            for lane in Lane::ALL {
                let frame = peer.wait_frame(channel, other, lane);
                assert_eq!(frame, format!("{lane:?} of {other}"));
            }
        }
    }
}

#[test]
fn four_peers_lose_nothing_at_a_cold_start() {
    everything_published_on_up_arrives(4);
}

#[test]
fn eight_peers_lose_nothing_at_a_cold_start() {
    everything_published_on_up_arrives(8);
}

#[test]
fn peers_that_dial_each_other_at_once_end_with_one_set_of_lanes() {
    for round in 0..10 {
        let channel = channel(&format!("crossed {round}"));
        // Opened before anybody has an address, then introduced at once: both dial.
        let mut peers: Vec<_> = (0..2).map(Peer::start).collect();
        peers.iter().for_each(|peer| peer.open(channel, roster(2)));
        introduce(&peers);
        wait_all_up(&mut peers, channel);
        let (first, rest) = peers.split_at_mut(1);
        let (ann, bob) = (&mut first[0], &mut rest[0]);
        ann.net
            .send(channel, bob.key(), Lane::Votes, "aye".into())
            .unwrap();
        bob.net
            .send(channel, ann.key(), Lane::Votes, "nay".into())
            .unwrap();
        assert_eq!(ann.wait_frame(channel, bob.key(), Lane::Votes), "nay");
        assert_eq!(bob.wait_frame(channel, ann.key(), Lane::Votes), "aye");
    }
}

#[test]
fn one_address_of_one_peer_is_enough_for_all_to_meet() {
    let channel = channel("hearsay");
    let mut peers: Vec<_> = (0..5).map(Peer::start).collect();
    for guest in &peers[1..] {
        guest
            .net
            .hint(peers[0].key(), peers[0].net.listening())
            .unwrap();
    }
    peers.iter().for_each(|peer| peer.open(channel, roster(5)));
    wait_all_up(&mut peers, channel);
}

#[test]
fn a_channel_opened_late_comes_up_over_the_connection_there_is() {
    let (early, late) = (channel("early"), channel("late"));
    let mut peers = table(3, early);
    let opened = |peers: &[Peer]| -> Vec<_> {
        peers
            .iter()
            .map(|peer| peer.net.stats().connections_opened)
            .collect()
    };
    let before = opened(&peers);
    for peer in &peers {
        peer.open(late, roster(3));
    }
    wait_all_up(&mut peers, late);
    peers[0]
        .net
        .broadcast(late, Lane::Control, &"late".into())
        .unwrap();
    peers[0]
        .net
        .broadcast(early, Lane::Control, &"early".into())
        .unwrap();
    let host = peers[0].key();
    for peer in &mut peers[1..] {
        assert_eq!(peer.wait_frame(late, host, Lane::Control), "late");
        assert_eq!(peer.wait_frame(early, host, Lane::Control), "early");
    }
    assert_eq!(opened(&peers), before, "no connection of its own");
}

#[test]
fn closing_one_channel_leaves_the_other_up() {
    let (kept, closed) = (channel("kept"), channel("closed"));
    let mut peers = table(2, kept);
    peers.iter().for_each(|peer| peer.open(closed, roster(2)));
    wait_all_up(&mut peers, closed);
    let [ann, bob] = [peers[0].key(), peers[1].key()];
    peers[0].net.close(closed).unwrap();
    peers[0].wait_down(closed, bob);
    peers[1].wait_down(closed, ann);
    let send = peers[0].net.send(closed, bob, Lane::Votes, "gone".into());
    assert_eq!(send, Err(NetError::NotUp(bob)));
    peers[0]
        .net
        .send(kept, bob, Lane::Votes, "here".into())
        .unwrap();
    assert_eq!(peers[1].wait_frame(kept, ann, Lane::Votes), "here");
}

#[test]
fn whoever_comes_to_an_open_door_is_told_where_those_are_whom_it_names_and_it_seeks() {
    let invite = channel("watching");
    let [mut host, mut other, mut guest] = [0, 1, 2].map(Peer::start);
    let anyone = |tell| Admission::Anyone { max: 2, tell };
    host.net.hint(key(1), other.net.listening()).unwrap();
    host.open(invite, anyone(vec![key(1)]));
    other.open(invite, anyone(Vec::new()));
    guest.net.hint(key(0), host.net.listening()).unwrap();
    guest.open(invite, Admission::Roster(vec![key(0)]));
    guest.wait_up(invite, key(0));
    host.wait_up(invite, key(2));
    guest.open(invite, Admission::Roster(vec![key(0), key(1)]));
    guest.wait_up(invite, key(1));
    other.wait_up(invite, key(2));
}

#[test]
fn guests_gather_at_a_host_that_admits_anyone_up_to_its_bound() {
    let invite = channel("gathering");
    let mut host = Peer::start(0);
    host.open(
        invite,
        Admission::Anyone {
            max: 2,
            tell: Vec::new(),
        },
    );
    let addresses = host.net.listening();
    let guest = |index| {
        let guest = Peer::start(index);
        guest.net.hint(key(0), addresses.clone()).unwrap();
        guest.open(invite, Admission::Roster(vec![key(0)]));
        guest
    };
    let mut guests = [guest(1), guest(2)];
    for guest in &mut guests {
        guest.wait_up(invite, host.key());
        host.wait_up(invite, guest.key());
    }
    let mut third = guest(3);
    host.wait_event("stranger", |event| {
        matches!(event, Event::Fault(Fault { peer: Some(peer), cause: FaultCause::Stranger })
            if *peer == third.key())
    });
    guests[0].net.close(invite).unwrap();
    host.wait_down(invite, guests[0].key());
    third.wait_up(invite, host.key());
}

#[test]
fn a_stranger_is_refused_and_named_and_nobody_else_notices() {
    let channel = channel("strangers");
    let mut peers = table(2, channel);
    let stranger = Peer::start(9);
    stranger
        .net
        .hint(peers[0].key(), peers[0].net.listening())
        .unwrap();
    stranger.open(channel, Admission::Roster(vec![peers[0].key()]));
    peers[0].wait_event("fault", |event| {
        matches!(event, Event::Fault(Fault { peer: Some(peer), cause: FaultCause::Stranger })
            if *peer == stranger.key())
    });
    let [ann, bob] = [peers[0].key(), peers[1].key()];
    peers[1]
        .net
        .send(channel, ann, Lane::Votes, "still here".into())
        .unwrap();
    assert_eq!(peers[0].wait_frame(channel, bob, Lane::Votes), "still here");
    assert!(peers.iter_mut().all(|peer| {
        !peer
            .told()
            .iter()
            .any(|event| matches!(event, Event::Down { .. }))
    }));
}

#[test]
fn whatever_knocks_without_our_protocol_is_named_by_its_address() {
    use std::io::Write;

    let mut peer = Peer::start(0);
    let is_tcp = |address: &Multiaddr| address.to_string().contains("/tcp/");
    let address = peer
        .net
        .listening()
        .into_iter()
        .find(is_tcp)
        .unwrap()
        .to_string();
    let port: u16 = address.rsplit('/').next().unwrap().parse().unwrap();
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n")
        .unwrap();
    let knocker = stream.local_addr().unwrap().port();
    peer.wait_event("fault", |event| match event {
        Event::Fault(Fault {
            peer: None,
            cause: FaultCause::Handshake { address },
        }) => address.to_string() == format!("/ip4/127.0.0.1/tcp/{knocker}"),
        _ => false,
    });
}

#[test]
fn callers_get_errors_for_what_no_peer_could_take() {
    let peer = Peer::start(0);
    let too_long = Bytes::from(vec![0; Lane::Control.frame_bytes_max() + 1]);
    assert!(matches!(
        peer.net.broadcast(channel("any"), Lane::Control, &too_long),
        Err(NetError::TooLarge { .. })
    ));
    let of = |length: usize| Bytes::from(vec![0; length]);
    let peers = u8::try_from(CHANNEL_PEERS_MAX + 1).unwrap();
    assert_eq!(
        peer.net.open(channel("any"), roster(peers), Bytes::new()),
        Err(NetError::TooMany {
            max: CHANNEL_PEERS_MAX
        })
    );
    let too_large = [
        peer.net
            .open(channel("any"), roster(2), of(GREETING_BYTES_MAX + 1)),
        peer.net.announce(Some(of(ANNOUNCEMENT_BYTES_MAX + 1))),
        peer.net
            .request(channel("any"), key(1), of(REQUEST_BYTES_MAX + 1))
            .map(drop),
        peer.net.hint(
            key(1),
            vec![
                format!("/dns4/{}/tcp/1", "x".repeat(ADDRESS_BYTES_MAX))
                    .parse()
                    .unwrap(),
            ],
        ),
    ];
    for refused in too_large {
        assert!(
            matches!(refused, Err(NetError::TooLarge { .. })),
            "{refused:?}"
        );
    }
    for number in 0..CHANNELS_MAX {
        peer.open(channel(&format!("channel {number}")), roster(2));
    }
    let more = peer.net.open(channel("more"), roster(2), Bytes::new());
    assert_eq!(more, Err(NetError::TooMany { max: CHANNELS_MAX }));
    peer.net.close(channel("channel 0")).unwrap();
    peer.open(channel("more"), roster(2));
    peer.net.shutdown();
    peer.net.shutdown();
    assert_eq!(peer.net.close(channel("any")), Err(NetError::Stopped));
}
