//! The three open lanes between this peer and another, for one channel: one task each.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::FuturesUnordered;
use futures::{AsyncReadExt, StreamExt, TryStreamExt};
use libp2p::Stream;
use libp2p::swarm::ConnectionId;
use quorate_core::Digest;
use quorate_core::crypto::{PublicKey, SecretKey};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::config::Quotas;
use super::hello::{self, Failure, First, Joined, Nonce, Party};
use super::outbox::Outbox;
use super::quota::Meter;
use super::reader::Reader;
use super::shared::Shared;
use super::writer::Writer;
use super::{DownCause, Event, Fault, FaultCause, HelloFault, Lane};
use crate::limits::{FAREWELL, HELLO_TIMEOUT};

/// Names a session: no two of one net ever have the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) peer: PublicKey,
    pub(super) channel: Digest,
    pub(super) number: u64,
}

/// What the net's own tasks tell the loop.
#[derive(Debug)]
pub(super) enum Inner {
    /// A session tells of itself.
    Session(Key, Note),
    /// What a stream that a peer opened began with.
    First {
        peer: PublicKey,
        connection: ConnectionId,
        first: Result<(First, Stream), Failure>,
    },
}

/// What a session tells of itself.
#[derive(Debug)]
pub(super) enum Note {
    /// The lanes are open.
    Up,
    /// The peer told addresses.
    Addresses { bytes: Bytes },
    /// The session is over, or never began.
    Ended { why: Ended },
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// It was up, and went down.
    Down(DownCause),
    /// Its hello failed.
    Hello(Failure),
}

/// Where everything of one session comes from and goes to.
pub(super) struct Route {
    pub(super) channel: Digest,
    pub(super) peer: PublicKey,
    pub(super) outbox: Arc<Outbox>,
    pub(super) shared: Arc<Shared>,
    pub(super) number: u64,
    pub(super) events: mpsc::Sender<Event>,
    pub(super) inbox: mpsc::Sender<Inner>,
}

impl Route {
    /// Tells the owner, waiting while it is slow.
    pub(super) async fn tell(&self, event: Event) {
        let _ = self.events.send(event).await; // the owner may be gone; the loop ends us then
    }

    /// Tells the owner, if there is room.
    pub(super) fn try_tell(&self, event: Event) -> bool {
        self.events.try_send(event).is_ok()
    }

    pub(super) async fn fault(&self, cause: FaultCause) {
        self.tell(Event::Fault(Fault {
            peer: Some(self.peer),
            cause,
        }))
        .await;
    }

    pub(super) async fn note(&self, note: Note) {
        let _ = self.inbox.send(Inner::Session(self.key(), note)).await;
    }

    /// Nothing more can be sent on this session.
    fn hang_up(&self) {
        self.shared
            .remove_outbox(self.channel, self.peer, &self.outbox);
    }

    const fn key(&self) -> Key {
        Key {
            peer: self.peer,
            channel: self.channel,
            number: self.number,
        }
    }
}

/// A lane of a peer's hello that has arrived.
pub(super) type Joining = (Joined, Stream);

/// Which side of the hello this is.
pub(super) enum Role {
    /// We open; the streams are on their way.
    Opener {
        streams: [oneshot::Receiver<Stream>; 3],
    },
    /// The peer opens.
    Other {
        control: Stream,
        nonce: Nonce,
        joining: mpsc::Receiver<Joining>,
    },
}

/// What a session is started with.
pub(super) struct Start {
    pub(super) route: Route,
    pub(super) role: Role,
    pub(super) secret: SecretKey,
    pub(super) greeting: Bytes,
    pub(super) quotas: Quotas,
    /// The session this one takes over from: its `Down` comes before our `Up`.
    pub(super) previous: Option<JoinHandle<()>>,
    /// Ends the session.
    pub(super) cancel: oneshot::Receiver<DownCause>,
}

impl Start {
    /// Runs the session to its end.
    pub(super) async fn run(mut self) {
        let hello = hello::within(
            HELLO_TIMEOUT,
            shake_hands(
                &self.route,
                self.role,
                HandShake {
                    secret: &self.secret,
                    greeting: &self.greeting,
                },
            ),
        );
        let shaken = tokio::select! {
            shaken = hello => shaken,
            _ = &mut self.cancel => Err(Failure::Lost),
        };
        if let Some(previous) = self.previous {
            let _ = previous.await; // a panic there was reported by the panic hook
        }
        let (channel, peer) = (self.route.channel, self.route.peer);
        let (streams, greeting) = match shaken {
            Ok(shaken) => shaken,
            Err(failure) => {
                if let Failure::Fault(fault) = failure {
                    self.route.fault(FaultCause::BadHello(fault)).await;
                }
                self.route
                    .note(Note::Ended {
                        why: Ended::Hello(failure),
                    })
                    .await;
                return;
            }
        };
        let outbox = Arc::clone(&self.route.outbox);
        self.route.shared.add_outbox(channel, peer, outbox);
        self.route
            .tell(Event::Up {
                channel,
                peer,
                greeting,
            })
            .await;
        self.route.note(Note::Up).await;
        let why = carry(&self.route, streams, self.quotas, self.cancel).await;
        self.route.hang_up();
        self.route.tell(Event::Down { channel, peer, why }).await;
        self.route
            .note(Note::Ended {
                why: Ended::Down(why),
            })
            .await;
    }
}

struct HandShake<'a> {
    secret: &'a SecretKey,
    greeting: &'a Bytes,
}

async fn shake_hands(
    route: &Route,
    role: Role,
    HandShake { secret, greeting }: HandShake<'_>,
) -> Result<([Stream; 3], Bytes), Failure> {
    let party = Party {
        secret,
        channel: route.channel,
        peer: route.peer,
        greeting,
    };
    match role {
        Role::Opener {
            streams: [control, votes, proposals],
        } => {
            let opened = futures::try_join!(control, votes, proposals);
            let (control, votes, proposals) = opened.map_err(|_| Failure::Lost)?;
            let mut streams = [control, votes, proposals];
            let greeting = party.open(&mut streams).await?;
            Ok((streams, greeting))
        }
        Role::Other {
            mut control,
            nonce,
            mut joining,
        } => {
            let greeting = party.answer(&mut control, nonce).await?;
            let (mut votes, mut proposals) = (None, None);
            while votes.is_none() || proposals.is_none() {
                let (joined, stream) = joining.recv().await.ok_or(Failure::Lost)?;
                let place = match joined {
                    Joined::Votes => &mut votes,
                    Joined::Proposals => &mut proposals,
                };
                if place.replace(stream).is_some() {
                    return Err(Failure::Fault(HelloFault::UnknownLane));
                }
            }
            hello::ready(&mut control).await?;
            match (votes, proposals) {
                (Some(votes), Some(proposals)) => Ok(([control, votes, proposals], greeting)),
                _ => Err(Failure::Lost),
            }
        }
    }
}

/// Carries frames both ways until something ends it. Who closes, and who sees the other close,
/// first writes what it was given to send: a peer that leaves is heard to the end, and hears all.
async fn carry(
    route: &Route,
    streams: [Stream; 3],
    quotas: Quotas,
    cancel: oneshot::Receiver<DownCause>,
) -> DownCause {
    let [control, votes, proposals] = streams.map(AsyncReadExt::split);
    let mut writer = Writer::new(route, [control.1, votes.1, proposals.1]);
    let reader = |lane, stream, quota| Reader::new(lane, stream, Meter::new(quota)).run(route);
    let mut reading = pin!(read_all([
        reader(Lane::Control, control.0, quotas.control),
        reader(Lane::Votes, votes.0, quotas.votes),
        reader(Lane::Proposals, proposals.0, quotas.proposals),
    ]));
    let (why, all_read) = tokio::select! {
        biased;
        cancelled = cancel => (cancelled.unwrap_or(DownCause::Closed), false),
        why = poll_fn(|context| writer.poll(context)) => return why,
        read = &mut reading => match read {
            Ok(()) => (DownCause::Lost, true),
            Err(why) => return why,
        },
    };
    if all_read || why == DownCause::Closed {
        route.hang_up();
        let closed = poll_fn(|context| writer.poll_close(context));
        let farewell = async {
            if all_read {
                closed.await;
            } else {
                // That the peer closes in its turn is its word that it has read everything.
                let _ = futures::join!(closed, reading);
            }
        };
        let _ = tokio::time::timeout(FAREWELL, farewell).await; // a peer that hangs is left
    }
    why
}

/// Reads every lane until the peer has closed them all. Once it closed one it has to close the
/// others: lanes that are only half open serve nobody.
async fn read_all(
    readers: [impl Future<Output = Result<(), DownCause>>; 3],
) -> Result<(), DownCause> {
    let mut lanes: FuturesUnordered<_> = readers.into_iter().collect();
    lanes.next().await.unwrap_or(Ok(()))?;
    let others = lanes.try_collect::<()>();
    tokio::time::timeout(FAREWELL, others)
        .await
        .unwrap_or(Err(DownCause::Lost))
}
