//! Peers that go away and come back.

use std::time::Duration;

use quorate_p2p::net::{Chaos, Event, Lane, NetConfig};

use crate::peers::{Peer, channel, introduce, key, roster, secret, table, wait_all_up};

fn comes_back_after_a_crash(transport: &str) {
    for crashed in [0, 3] {
        let channel = channel("restart");
        let config = |index| {
            let listen = vec![transport.parse().unwrap()];
            NetConfig {
                listen,
                ..NetConfig::loopback(secret(index))
            }
        };
        let mut peers: Vec<_> = (0..4).map(|index| Peer::with(config(index))).collect();
        introduce(&peers);
        peers.iter().for_each(|peer| peer.open(channel, roster(4)));
        wait_all_up(&mut peers, channel);
        let gone = peers.remove(crashed);
        let (back, addresses) = (gone.key(), gone.net.known_addresses());
        assert_eq!(addresses.len(), 3, "it knew where the others are");
        gone.net.crash();
        let mut again = Peer::with(config(u8::try_from(crashed).unwrap()));
        for (other, addresses) in addresses {
            again.net.hint(other, addresses).unwrap();
        }
        again.open(channel, roster(4));
        for peer in &mut peers {
            peer.wait_down(channel, back);
            peer.wait_up(channel, back);
            again.wait_up(channel, peer.key());
            peer.net
                .send(channel, back, Lane::Proposals, "welcome".into())
                .unwrap();
            assert_eq!(
                again.wait_frame(channel, peer.key(), Lane::Proposals),
                "welcome"
            );
        }
    }
}

#[test]
fn a_crashed_peer_is_back_with_its_key_over_quic() {
    comes_back_after_a_crash("/ip4/127.0.0.1/udp/0/quic-v1");
}

#[test]
fn a_crashed_peer_is_back_with_its_key_over_tcp() {
    comes_back_after_a_crash("/ip4/127.0.0.1/tcp/0");
}

#[test]
fn a_peer_that_crashes_and_stays_away_goes_down_everywhere() {
    let channel = channel("crash");
    let mut peers = table(3, channel);
    peers[2].net.crash();
    peers[0].wait_down(channel, key(2));
    peers[1].wait_down(channel, key(2));
    peers[0]
        .net
        .send(channel, key(1), Lane::Votes, "on".into())
        .unwrap();
    assert_eq!(peers[1].wait_frame(channel, key(0), Lane::Votes), "on");
}

#[test]
fn a_second_life_takes_over_while_the_first_still_seems_connected() {
    // The old process hangs: its connection stays, silent. The new one has the same key.
    let channel = channel("second life");
    for (stays, hangs) in [(0, 1), (1, 0)] {
        let mut peers: Vec<_> = [stays, hangs].map(Peer::start).into();
        introduce(&peers);
        peers.iter().for_each(|peer| peer.open(channel, roster(2)));
        wait_all_up(&mut peers, channel);
        let mut again = Peer::start(hangs);
        again
            .net
            .hint(key(stays), peers[0].net.listening())
            .unwrap();
        // Younger connections than a second count as crossed, so let the first one age.
        peers[0].find(&|_: &Event| None::<()>, Duration::from_millis(1100));
        again.open(channel, roster(2));
        again.wait_up(channel, key(stays));
        again
            .net
            .send(channel, key(stays), Lane::Votes, "reborn".into())
            .unwrap();
        assert_eq!(
            peers[0].wait_frame(channel, key(hangs), Lane::Votes),
            "reborn"
        );
    }
}

#[test]
fn a_paused_peer_comes_back_when_it_is_resumed() {
    let channel = channel("pause");
    let mut peers = table(3, channel);
    let sleeper = peers[1].key();
    peers[1].net.pause().unwrap();
    peers[0].wait_down(channel, sleeper);
    peers[2].wait_down(channel, sleeper);
    peers[1].net.resume().unwrap();
    peers[0].wait_up(channel, sleeper);
    peers[2].wait_up(channel, sleeper);
}

#[test]
fn a_cut_peer_hears_nothing_until_the_cut_heals() {
    let channel = channel("cut");
    let mut peers = table(3, channel);
    let [ann, bob, eve] = [0, 1, 2].map(key);
    let cut = Chaos {
        cut: [bob].into(),
        ..Chaos::default()
    };
    peers[0].net.set_chaos(cut);
    peers[0]
        .net
        .broadcast(channel, Lane::Votes, &"behind the cut".into())
        .unwrap();
    assert_eq!(
        peers[2].wait_frame(channel, ann, Lane::Votes),
        "behind the cut"
    );
    peers[1]
        .net
        .send(channel, ann, Lane::Votes, "one way".into())
        .unwrap();
    assert_eq!(peers[0].wait_frame(channel, bob, Lane::Votes), "one way");
    peers[0].net.set_chaos(Chaos::default());
    peers[0]
        .net
        .broadcast(channel, Lane::Votes, &"healed".into())
        .unwrap();
    assert_eq!(peers[1].wait_frame(channel, ann, Lane::Votes), "healed");
    assert_eq!(peers[2].wait_frame(channel, ann, Lane::Votes), "healed");
    peers[2].net.ban(bob).unwrap();
    peers[1].wait_down(channel, eve);
    peers[2].net.pardon(bob).unwrap();
    peers[1].wait_up(channel, eve);
}
