//! A peer that speaks the protocol and breaks its rules.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::{AsyncWriteExt, StreamExt};
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::swarm::{ConnectionId, SwarmEvent};
use libp2p::{Stream, Swarm, SwarmBuilder};
use quorate_core::Digest;
use quorate_core::crypto::{SecretKey, Signer};
use tokio::runtime::{self, Handle};

use super::hello::{Bond, Failure, First, Party, Refused, Reply};
use super::outbox::Kind;
use super::streams::Streams;
use super::{
    Admission, DownCause, Event, Fault, FaultCause, HelloFault, Lane, Net, NetConfig, NetEvents,
    NetHandle, Quota, Quotas, exchange, frame, identity,
};
use crate::limits::{
    ANSWERS_PER_PEER, BOOK_ADDRESSES_MAX, CONNECTIONS_PER_PEER, HELLO_BURST, STREAMS_WAITING_MAX,
    TOLD_BURST,
};

const PATIENCE: Duration = Duration::from_secs(60);

/// An honest net with one bystander, and an attacker on its roster whose key is the lowest.
struct Scene {
    /// Of a runtime that a thread of its own drives.
    runtime: Handle,
    attacker: SecretKey,
    honest: (NetHandle, NetEvents),
    bystander: (NetHandle, NetEvents),
    channel: Digest,
}

/// The attacker's connection; its swarm runs in the runtime's background.
struct Line {
    streams: Vec<Stream>,
}

fn secrets() -> [SecretKey; 3] {
    let mut secrets = [1, 2, 3].map(|byte| SecretKey::from_bytes(&[byte; 32]));
    secrets.sort_by_key(Signer::public);
    secrets
}

impl Scene {
    fn new(quotas: Quotas) -> Self {
        let [attacker, honest, bystander] = secrets();
        let channel = Digest::of_bytes("test", b"attacked");
        let keys = [&attacker, &honest, &bystander].map(Signer::public);
        let start = |secret: SecretKey| {
            let config = NetConfig {
                quotas,
                ..NetConfig::loopback(secret)
            };
            let (net, events) = Net::start(config).unwrap();
            net.open(channel, Admission::Roster(keys.into()), Bytes::new())
                .unwrap();
            (net, events)
        };
        let (honest, bystander) = (start(honest), start(bystander));
        honest
            .0
            .hint(bystander.0.local(), bystander.0.listening())
            .unwrap();
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let handle = runtime.handle().clone();
        std::thread::spawn(move || runtime.block_on(std::future::pending::<()>()));
        Self {
            runtime: handle,
            attacker,
            honest,
            bystander,
            channel,
        }
    }

    /// Connects, and opens so many streams.
    fn line(&self, streams: usize) -> Line {
        let target = identity::peer_id(&self.honest.0.local()).unwrap();
        let address = self.honest.0.listening().remove(0);
        let keypair = identity::keypair(&self.attacker).unwrap();
        self.runtime.block_on(async {
            let mut swarm: Swarm<Streams> = SwarmBuilder::with_existing_identity(keypair)
                .with_tokio()
                .with_quic()
                .with_behaviour(|_| Streams::default())
                .unwrap()
                .with_swarm_config(|config| config.with_idle_connection_timeout(PATIENCE))
                .build();
            swarm
                .dial(DialOpts::peer_id(target).addresses(vec![address]).build())
                .unwrap();
            let connection: ConnectionId = loop {
                match swarm.select_next_some().await {
                    SwarmEvent::ConnectionEstablished { connection_id, .. } => break connection_id,
                    SwarmEvent::OutgoingConnectionError { error, .. } => panic!("{error}"),
                    _ => {}
                }
            };
            let wanted: Vec<_> = (0..streams)
                .map(|_| swarm.behaviour_mut().open(target, connection))
                .collect();
            tokio::spawn(async move {
                loop {
                    swarm.select_next_some().await;
                }
            });
            let opened = futures::future::join_all(wanted).await;
            Line {
                streams: opened.into_iter().map(Result::unwrap).collect(),
            }
        })
    }

    /// A line with a good hello behind it.
    fn lanes(&self) -> [Stream; 3] {
        let mut streams: [Stream; 3] = self.line(3).streams.try_into().unwrap();
        let greeting = Bytes::new();
        let party = self.party(&self.attacker, self.channel, &greeting);
        self.runtime.block_on(party.open(&mut streams)).unwrap();
        streams
    }

    fn party<'a>(&self, secret: &'a SecretKey, channel: Digest, greeting: &'a Bytes) -> Party<'a> {
        Party {
            secret,
            channel,
            peer: self.honest.0.local(),
            greeting,
        }
    }

    /// Says something on an open lane.
    fn say(&self, lane: &mut Stream, bytes: &[u8]) {
        let said = self.runtime.block_on(async {
            lane.write_all(bytes).await?;
            lane.flush().await
        });
        said.unwrap();
    }

    /// Waits for exactly this fault of the attacker, and checks that the bystander plays on.
    fn blames(&mut self, cause: &FaultCause) {
        let blamed = Fault {
            peer: Some(self.attacker.public()),
            cause: cause.clone(),
        };
        let events = &mut self.honest.1;
        wait(
            events,
            |event| matches!(event, Event::Fault(fault) if *fault == blamed),
        );
        self.bystander_plays_on();
    }

    fn is_down(&mut self, cause: DownCause) {
        let wanted = (self.attacker.public(), cause);
        wait(&mut self.honest.1, |event| match event {
            Event::Down { peer, why, .. } => (*peer, *why) == wanted,
            _ => false,
        });
    }

    fn bystander_plays_on(&mut self) {
        let (channel, honest) = (self.channel, self.honest.0.local());
        let sent = || {
            self.bystander
                .0
                .send(channel, honest, Lane::Votes, "still here".into())
        };
        if sent().is_err() {
            wait(&mut self.bystander.1, |event| {
                matches!(event, Event::Up { .. })
            });
            sent().unwrap();
        }
        let bystander = self.bystander.0.local();
        wait(
            &mut self.honest.1,
            |event| matches!(event, Event::Frame { peer, .. } if *peer == bystander),
        );
    }
}

fn wait(events: &mut NetEvents, wanted: impl Fn(&Event) -> bool) {
    let until = Instant::now() + PATIENCE;
    let next = || events.wait(until.saturating_duration_since(Instant::now()));
    assert!(
        std::iter::from_fn(next).any(|event| wanted(&event)),
        "waited in vain"
    );
}

fn bad_hello(fault: HelloFault) -> FaultCause {
    FaultCause::BadHello(fault)
}

#[test]
fn a_first_message_that_is_no_hello_is_blamed_on_its_sender() {
    let mut scene = Scene::new(Quotas::default());
    let mut stream = scene.line(1).streams.remove(0);
    scene
        .runtime
        .block_on(frame::write(&mut stream, &[0xee; 40]))
        .unwrap();
    scene.blames(&bad_hello(HelloFault::Malformed));
}

#[test]
fn a_hello_signed_by_another_key_opens_nothing() {
    let mut scene = Scene::new(Quotas::default());
    let mut streams: [Stream; 3] = scene.line(3).streams.try_into().unwrap();
    let other = SecretKey::from_bytes(&[9; 32]);
    let nonce = [5; 32];
    let hello = First::Hello {
        channel: scene.channel,
        nonce,
    };
    let bytes = quorate_core::codec::encode(&hello).unwrap();
    scene.runtime.block_on(async {
        frame::write(&mut streams[0], &bytes).await.unwrap();
        frame::read(&mut streams[0], 4096).await.unwrap();
        let statement = quorate_core::codec::encode(&(Vec::<u8>::new(), other.sign(b"whatever")));
        frame::write(&mut streams[0], &statement.unwrap())
            .await
            .unwrap();
    });
    scene.blames(&bad_hello(HelloFault::Signature));
}

#[test]
fn a_channel_that_does_not_admit_a_peer_stays_shut_for_it() {
    let mut scene = Scene::new(Quotas::default());
    let private = Digest::of_bytes("test", b"private");
    let guests = Admission::Roster(vec![scene.bystander.0.local()]);
    scene.honest.0.open(private, guests, Bytes::new()).unwrap();
    let mut streams: [Stream; 3] = scene.line(3).streams.try_into().unwrap();
    let greeting = Bytes::new();
    let party = scene.party(&scene.attacker, private, &greeting);
    let opened = scene.runtime.block_on(party.open(&mut streams));
    assert_eq!(opened, Err(Failure::Refused(Refused::NotOpen)));
    scene.blames(&FaultCause::NotAdmitted { channel: private });
}

#[test]
fn hellos_beyond_the_quota_are_refused() {
    let mut scene = Scene::new(Quotas::default());
    let elsewhere = Digest::of_bytes("test", b"elsewhere");
    let streams = scene
        .line(usize::try_from(HELLO_BURST).unwrap() + 4)
        .streams;
    for mut stream in streams {
        let poke = First::Hello {
            channel: elsewhere,
            nonce: [0; 32],
        };
        let bytes = quorate_core::codec::encode(&poke).unwrap();
        scene
            .runtime
            .block_on(frame::write(&mut stream, &bytes))
            .unwrap();
    }
    scene.blames(&bad_hello(HelloFault::TooMany));
}

#[test]
fn an_oversize_frame_ends_the_lanes_before_it_is_read() {
    for lane in Lane::ALL {
        let mut scene = Scene::new(Quotas::default());
        let mut lanes = scene.lanes();
        let max = lane.frame_bytes_max() + usize::from(lane == Lane::Control);
        let mut bytes = bytes::BytesMut::new();
        frame::put_length(&mut bytes, max + 1);
        scene
            .runtime
            .block_on(lanes[lane as usize].write_all(&bytes))
            .unwrap();
        scene
            .runtime
            .block_on(lanes[lane as usize].flush())
            .unwrap();
        scene.blames(&FaultCause::OversizeFrame {
            lane,
            bytes: max as u64 + 1,
            max,
        });
    }
}

#[test]
fn garbage_on_a_lane_ends_the_lanes_and_they_can_be_opened_again() {
    let garbage: [(Lane, &[u8]); 4] = [
        (Lane::Votes, &[0xff; 8]),
        (Lane::Proposals, &[0x80, 0]),
        (Lane::Control, &[2, 9, 9]),
        (Lane::Control, &[3, Kind::Addresses as u8, 1, 1]),
    ];
    for (lane, bytes) in garbage {
        let mut scene = Scene::new(Quotas::default());
        let mut lanes = scene.lanes();
        scene
            .runtime
            .block_on(lanes[lane as usize].write_all(bytes))
            .unwrap();
        scene
            .runtime
            .block_on(lanes[lane as usize].flush())
            .unwrap();
        scene.blames(&FaultCause::Garbage { lane });
        drop(lanes);
        scene.lanes();
    }
}

#[test]
fn a_frame_that_never_ends_holds_up_nobody() {
    let mut scene = Scene::new(Quotas::default());
    let mut lanes = scene.lanes();
    let half = [0xff, 0xff, 0x0f, 1, 2, 3];
    scene
        .runtime
        .block_on(lanes[Lane::Votes as usize].write_all(&half))
        .unwrap();
    scene
        .runtime
        .block_on(lanes[Lane::Votes as usize].flush())
        .unwrap();
    scene.bystander_plays_on();
    drop(lanes);
    scene.is_down(DownCause::Lost);
}

#[test]
fn whoever_stays_above_its_quota_is_read_slowly_and_named() {
    let few = |count| std::num::NonZeroU32::new(count).unwrap();
    let quota = Quota {
        frames: few(20),
        frames_burst: few(20),
        bytes: few(1 << 20),
        bytes_burst: few(1 << 20),
    };
    let mut scene = Scene::new(Quotas {
        votes: quota,
        ..Quotas::default()
    });
    let mut lanes = scene.lanes();
    let frames: Vec<u8> = [1, 7].repeat(200);
    scene
        .runtime
        .block_on(lanes[Lane::Votes as usize].write_all(&frames))
        .unwrap();
    scene
        .runtime
        .block_on(lanes[Lane::Votes as usize].flush())
        .unwrap();
    scene.blames(&FaultCause::AboveQuota { lane: Lane::Votes });
    let attacker = scene.attacker.public();
    let sent = scene
        .honest
        .0
        .send(scene.channel, attacker, Lane::Votes, "slow down".into());
    assert_eq!(
        sent,
        Ok(()),
        "the lanes are still up: only the owner punishes"
    );
}

#[test]
fn a_hello_replayed_at_another_time_opens_nothing() {
    let mut scene = Scene::new(Quotas::default());
    let greeting = Bytes::new();
    let party = scene.party(&scene.attacker, scene.channel, &greeting);
    let opener_nonce = [5; 32];
    let hello = First::Hello {
        channel: scene.channel,
        nonce: opener_nonce,
    };
    let hello = quorate_core::codec::encode(&hello).unwrap();
    let mut recorded = None;
    for _ in 0..2 {
        let mut stream = scene.line(1).streams.remove(0);
        scene.runtime.block_on(async {
            frame::write(&mut stream, &hello).await.unwrap();
            let welcome = frame::read(&mut stream, 8192).await.unwrap();
            let Ok(Reply::Welcome { nonce, .. }) = quorate_core::codec::decode(&welcome) else {
                panic!("refused");
            };
            let bond = Bond {
                channel: scene.channel,
                opener: scene.attacker.public(),
                other: scene.honest.0.local(),
                opener_nonce,
                other_nonce: nonce,
            };
            // Good the first time, when it is only written down.
            match recorded.take() {
                None => recorded = Some(party.statement(bond).unwrap()),
                Some(statement) => {
                    let bytes = quorate_core::codec::encode(&statement).unwrap();
                    frame::write(&mut stream, &bytes).await.unwrap();
                }
            }
        });
    }
    scene.blames(&bad_hello(HelloFault::Signature));
}

#[test]
fn a_lane_that_is_closed_alone_takes_the_others_down_with_it() {
    let mut scene = Scene::new(Quotas::default());
    let mut lanes = scene.lanes();
    scene
        .runtime
        .block_on(lanes[Lane::Votes as usize].close())
        .unwrap();
    scene.is_down(DownCause::Lost);
    scene.bystander_plays_on();
}

#[test]
fn streams_that_never_say_anything_hold_up_nobody() {
    let mut scene = Scene::new(Quotas::default());
    let silent = scene.line(STREAMS_WAITING_MAX + 32);
    scene.bystander_plays_on();
    drop(silent);
    scene.lanes();
}

#[test]
fn one_peer_has_so_many_connections_and_no_more() {
    let mut scene = Scene::new(Quotas::default());
    scene.bystander_plays_on();
    let before = scene.honest.0.stats().connections_opened;
    let lines: Vec<_> = (0..2 * CONNECTIONS_PER_PEER)
        .map(|_| scene.line(0))
        .collect();
    scene.bystander_plays_on();
    let opened = scene.honest.0.stats().connections_opened - before;
    assert!(opened <= u64::from(CONNECTIONS_PER_PEER), "{opened}");
    drop(lines);
}

#[test]
fn connections_that_never_shake_hands_hold_up_nobody() {
    let mut scene = Scene::new(Quotas::default());
    let addresses = scene.honest.0.listening();
    let port = addresses.iter().find_map(|address| {
        address.iter().find_map(|part| match part {
            libp2p::multiaddr::Protocol::Tcp(port) => Some(port),
            _ => None,
        })
    });
    let connect = || std::net::TcpStream::connect(("127.0.0.1", port.unwrap())).unwrap();
    let idle: Vec<_> = std::iter::repeat_with(connect).take(200).collect();
    scene.bystander_plays_on();
    scene.lanes();
    drop(idle);
}

#[test]
fn made_up_addresses_of_others_stay_few_and_rank_last() {
    let mut scene = Scene::new(Quotas::default());
    scene.bystander_plays_on();
    let mut lanes = scene.lanes();
    let bystander = scene.bystander.0.local();
    for number in 0..4 * TOLD_BURST {
        let made_up = |port| -> Vec<u8> {
            let [_, _, high, low] = number.to_be_bytes();
            let text = format!("/ip4/10.1.{high}.{low}/tcp/{port}");
            text.parse::<super::Multiaddr>().unwrap().to_vec()
        };
        let others = vec![(
            bystander,
            (1..=BOOK_ADDRESSES_MAX).map(made_up).collect::<Vec<_>>(),
        )];
        let own = Vec::<Vec<u8>>::new();
        let told = quorate_core::codec::encode(&(own, others, false)).unwrap();
        let mut bytes = bytes::BytesMut::new();
        frame::put_length(&mut bytes, told.len() + 1);
        bytes.extend([Kind::Addresses as u8]);
        bytes.extend(told);
        scene.say(&mut lanes[Lane::Control as usize], &bytes);
    }
    scene.bystander_plays_on();
    let known = scene.honest.0.known_addresses();
    let (_, known) = known.iter().find(|(peer, _)| *peer == bystander).unwrap();
    assert!(known.len() <= BOOK_ADDRESSES_MAX);
    let real = scene.bystander.0.listening();
    assert!(real.contains(&known[0]), "{known:?}");
    assert!(real.iter().all(|real| known.contains(real)), "{known:?}");
}

#[test]
fn a_peer_that_asks_without_waiting_is_refused_beyond_its_share() {
    let mut scene = Scene::new(Quotas::default());
    let target = identity::peer_id(&scene.honest.0.local()).unwrap();
    let address = scene.honest.0.listening().remove(0);
    let keypair = identity::keypair(&scene.attacker).unwrap();
    let question = exchange::address_to(scene.channel, b"everything");
    let refused = scene.runtime.block_on(async {
        let mut swarm: Swarm<exchange::Behaviour> = SwarmBuilder::with_existing_identity(keypair)
            .with_tokio()
            .with_quic()
            .with_behaviour(|_| exchange::sync())
            .unwrap()
            .build();
        for _ in 0..ANSWERS_PER_PEER + 3 {
            let addresses = vec![address.clone()];
            let asking = swarm.behaviour_mut();
            asking.send_request_with_addresses(&target, question.clone(), addresses);
        }
        let mut refused = 0;
        while refused < 3 {
            if let SwarmEvent::Behaviour(exchange::Event::Message {
                message: libp2p::request_response::Message::Response { response, .. },
                ..
            }) = swarm.select_next_some().await
            {
                assert_eq!(response, None);
                refused += 1;
            }
        }
        refused
    });
    assert_eq!(refused, 3);
    for _ in 0..ANSWERS_PER_PEER {
        wait(&mut scene.honest.1, |event| {
            matches!(event, Event::Request { .. })
        });
    }
    scene.bystander_plays_on();
}
