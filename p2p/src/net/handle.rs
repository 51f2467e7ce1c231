//! The two ends an owner holds: a handle to command the net, and its events.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use bytes::Bytes;
use libp2p::Multiaddr;
use quorate_core::Digest;
use quorate_core::crypto::PublicKey;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::shared::{Ending, Shared};
use super::{Admission, Chaos, Event, Lane, RequestId};
use crate::limits::{
    ADDRESS_BYTES_MAX, ANNOUNCEMENT_BYTES_MAX, ANSWER_BYTES_MAX, BOOK_ADDRESSES_MAX,
    CHANNEL_PEERS_MAX, CHANNELS_MAX, GREETING_BYTES_MAX, REQUEST_BYTES_MAX,
};

/// What the loop is asked to do.
#[derive(Debug)]
pub(super) enum Command {
    Open {
        channel: Digest,
        admission: Admission,
        greeting: Bytes,
    },
    Close {
        channel: Digest,
    },
    Request {
        request: RequestId,
        channel: Digest,
        peer: PublicKey,
        bytes: Bytes,
    },
    Answer {
        token: u64,
        bytes: Option<Bytes>,
    },
    Hint {
        peer: PublicKey,
        addresses: Vec<Multiaddr>,
    },
    Announce(Option<Bytes>),
    Browse(Browsing),
    Ban(PublicKey),
    Pardon(PublicKey),
    Pause,
    Resume,
    Shutdown,
}

/// Whether peers of the local network are asked what they announce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Browsing {
    /// Ask each one found, once.
    On,
    /// Ask nobody.
    Off,
}

/// A caller's mistake, or a net that cannot do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NetError {
    /// The network thread has more commands than it can take; try again.
    #[error("the network thread is busy")]
    Busy,
    /// The secret or public key is no valid ed25519 key.
    #[error("not a valid key: {0}")]
    BadKey(PublicKey),
    /// Not an address to listen on, or already taken.
    #[error("cannot listen on {address}: {reason}")]
    CannotListen {
        /// The address.
        address: Multiaddr,
        /// What the system said.
        reason: String,
    },
    /// The system gives no thread, or no network.
    #[error("cannot start the network: {0}")]
    CannotStart(String),
    /// No lanes to that peer are open.
    #[error("no open lanes to peer {0}")]
    NotUp(PublicKey),
    /// The net was shut down.
    #[error("the network is shut down")]
    Stopped,
    /// More bytes than may be sent at once.
    #[error("{bytes} bytes are too many, at most {max} are allowed")]
    TooLarge {
        /// The length given.
        bytes: usize,
        /// The length allowed.
        max: usize,
    },
    /// More channels, or peers in one, than a net takes.
    #[error("at most {max} channels, or peers in one, are allowed")]
    TooMany {
        /// How many are allowed.
        max: usize,
    },
}

/// What a net has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Connections that were established, inbound and outbound.
    pub connections_opened: u64,
    /// Bytes of frames, requests and answers that were written.
    pub bytes_sent: u64,
    /// Bytes of frames, requests and answers that were read.
    pub bytes_received: u64,
    /// Frames that were dropped because a peer read too slowly.
    pub frames_dropped: u64,
}

/// Commands a net; cheap to clone, usable from any thread, never waits for the network.
#[derive(Clone, Debug)]
pub struct NetHandle {
    pub(super) shared: Arc<Shared>,
    pub(super) commands: mpsc::Sender<Command>,
}

impl NetHandle {
    /// The net's own identity.
    #[must_use]
    pub fn local(&self) -> PublicKey {
        self.shared.local
    }

    /// Opens `channel` to whom `admission` names, or changes an open one. `greeting` is what
    /// peers are told of the upper layer, signed with the hello, from the next hello on.
    ///
    /// # Errors
    /// [`NetError::TooMany`] channels or peers, a [`NetError::TooLarge`] greeting, or a
    /// [`NetError::BadKey`] in the roster.
    pub fn open(
        &self,
        channel: Digest,
        admission: Admission,
        greeting: Bytes,
    ) -> Result<(), NetError> {
        at_most(greeting.len(), GREETING_BYTES_MAX)?;
        if let Admission::Roster(peers) = &admission {
            if peers.len() > CHANNEL_PEERS_MAX {
                return Err(NetError::TooMany {
                    max: CHANNEL_PEERS_MAX,
                });
            }
            let bad = peers
                .iter()
                .find(|peer| super::identity::peer_id(peer).is_none());
            bad.map_or(Ok(()), |peer| Err(NetError::BadKey(*peer)))?;
        }
        if !self.shared.note_open(channel) {
            return Err(NetError::TooMany { max: CHANNELS_MAX });
        }
        self.command(Command::Open {
            channel,
            admission,
            greeting,
        })
    }

    /// Closes `channel`: its lanes go down, and peers no other channel wants are let go.
    ///
    /// # Errors
    /// [`NetError::Busy`] or [`NetError::Stopped`].
    pub fn close(&self, channel: Digest) -> Result<(), NetError> {
        self.command(Command::Close { channel })?;
        self.shared.note_closed(&channel);
        Ok(())
    }

    /// Sends `bytes` to `peer`. If the lane is full, its oldest frame is dropped and
    /// [`Event::SlowPeer`] told.
    ///
    /// # Errors
    /// [`NetError::NotUp`] if the lanes are not open, [`NetError::TooLarge`] beyond
    /// [`Lane::frame_bytes_max`].
    pub fn send(
        &self,
        channel: Digest,
        peer: PublicKey,
        lane: Lane,
        bytes: Bytes,
    ) -> Result<(), NetError> {
        at_most(bytes.len(), lane.frame_bytes_max())?;
        let outbox = self
            .shared
            .outbox(channel, peer)
            .ok_or(NetError::NotUp(peer))?;
        self.shared.push(&outbox, peer, lane, bytes);
        Ok(())
    }

    /// Sends `bytes` to every peer of `channel` whose lanes are open; tells how many there are.
    ///
    /// # Errors
    /// [`NetError::TooLarge`] beyond [`Lane::frame_bytes_max`].
    pub fn broadcast(&self, channel: Digest, lane: Lane, bytes: &Bytes) -> Result<usize, NetError> {
        at_most(bytes.len(), lane.frame_bytes_max())?;
        let outboxes = self.shared.outboxes(channel);
        for (peer, outbox) in &outboxes {
            self.shared.push(outbox, *peer, lane, bytes.clone());
        }
        Ok(outboxes.len())
    }

    /// Asks `peer`; [`Event::Answer`] tells what became of it.
    ///
    /// # Errors
    /// [`NetError::TooLarge`], [`NetError::Busy`] or [`NetError::Stopped`].
    pub fn request(
        &self,
        channel: Digest,
        peer: PublicKey,
        bytes: Bytes,
    ) -> Result<RequestId, NetError> {
        at_most(bytes.len(), REQUEST_BYTES_MAX)?;
        let request = RequestId(self.shared.requests.fetch_add(1, Ordering::Relaxed));
        self.command(Command::Request {
            request,
            channel,
            peer,
            bytes,
        })?;
        Ok(request)
    }

    /// Adds addresses at which `peer` may be found: from a link, a file, the host app.
    ///
    /// # Errors
    /// [`NetError::TooLarge`] for an address, [`NetError::BadKey`], [`NetError::Busy`] or
    /// [`NetError::Stopped`].
    pub fn hint(&self, peer: PublicKey, mut addresses: Vec<Multiaddr>) -> Result<(), NetError> {
        addresses.truncate(BOOK_ADDRESSES_MAX);
        addresses
            .iter()
            .try_for_each(|address| at_most(address.len(), ADDRESS_BYTES_MAX))?;
        super::identity::peer_id(&peer).ok_or(NetError::BadKey(peer))?;
        self.command(Command::Hint { peer, addresses })
    }

    /// What the local network is told, if anything: `None` ends it.
    ///
    /// # Errors
    /// [`NetError::TooLarge`], [`NetError::Busy`] or [`NetError::Stopped`].
    pub fn announce(&self, announcement: Option<Bytes>) -> Result<(), NetError> {
        at_most(
            announcement.as_ref().map_or(0, Bytes::len),
            ANNOUNCEMENT_BYTES_MAX,
        )?;
        self.command(Command::Announce(announcement))
    }

    /// Asks peers of the local network what they announce; each tells [`Event::Discovered`].
    ///
    /// # Errors
    /// [`NetError::Busy`] or [`NetError::Stopped`].
    pub fn browse(&self, browsing: Browsing) -> Result<(), NetError> {
        self.command(Command::Browse(browsing))
    }

    /// Refuses every connection of `peer` until [`NetHandle::pardon`].
    ///
    /// # Errors
    /// [`NetError::Busy`] or [`NetError::Stopped`].
    pub fn ban(&self, peer: PublicKey) -> Result<(), NetError> {
        self.command(Command::Ban(peer))
    }

    /// Ends a ban.
    ///
    /// # Errors
    /// [`NetError::Busy`] or [`NetError::Stopped`].
    pub fn pardon(&self, peer: PublicKey) -> Result<(), NetError> {
        self.command(Command::Pardon(peer))
    }

    /// Closes every connection and dials nobody: the app goes to the background.
    ///
    /// # Errors
    /// [`NetError::Busy`] or [`NetError::Stopped`].
    pub fn pause(&self) -> Result<(), NetError> {
        self.command(Command::Pause)
    }

    /// Dials everybody again, at once.
    ///
    /// # Errors
    /// [`NetError::Busy`] or [`NetError::Stopped`].
    pub fn resume(&self) -> Result<(), NetError> {
        self.command(Command::Resume)
    }

    /// Makes these faults from now on, instead of the ones before.
    pub fn set_chaos(&self, chaos: Chaos) {
        self.shared.set_chaos(chaos);
    }

    /// What the net has done so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.shared.stats()
    }

    /// Where the net listens, without its identity.
    #[must_use]
    pub fn listening(&self) -> Vec<Multiaddr> {
        self.shared.listening()
    }

    /// Every peer whose addresses are known, best addresses first: for [`NetHandle::hint`] after a
    /// restart.
    #[must_use]
    pub fn known_addresses(&self) -> Vec<(PublicKey, Vec<Multiaddr>)> {
        self.shared.book()
    }

    /// Closes every connection, ends the network thread and waits for it. Idempotent.
    pub fn shutdown(&self) {
        self.end(Ending::Goodbye);
    }

    /// Ends the network thread as a crash would: nobody is told, every socket falls silent. For
    /// demos and tests.
    pub fn crash(&self) {
        self.end(Ending::Crash);
    }

    fn end(&self, how: Ending) {
        self.shared.stop(how);
        let _ = self.commands.try_send(Command::Shutdown); // if full, the loop sees the flag
        if let Some(thread) = self.shared.take_thread() {
            let _ = thread.join(); // a panic there was reported by the panic hook
        }
    }

    fn command(&self, command: Command) -> Result<(), NetError> {
        self.commands
            .try_send(command)
            .map_err(|error| match error {
                TrySendError::Full(_) => NetError::Busy,
                TrySendError::Closed(_) => NetError::Stopped,
            })
    }
}

fn at_most(bytes: usize, max: usize) -> Result<(), NetError> {
    if bytes > max {
        Err(NetError::TooLarge { bytes, max })
    } else {
        Ok(())
    }
}

/// Takes the answer to one request; dropping it refuses.
#[derive(Debug)]
pub struct Answerer {
    pub(super) token: u64,
    pub(super) commands: mpsc::WeakSender<Command>,
}

impl Answerer {
    /// Answers.
    ///
    /// # Errors
    /// [`NetError::TooLarge`], [`NetError::Busy`] or [`NetError::Stopped`]; the peer is refused.
    pub fn send(mut self, bytes: Bytes) -> Result<(), NetError> {
        at_most(bytes.len(), ANSWER_BYTES_MAX)?;
        self.give(Some(bytes))
    }

    fn give(&mut self, bytes: Option<Bytes>) -> Result<(), NetError> {
        let commands = std::mem::replace(&mut self.commands, mpsc::Sender::downgrade(&dead()));
        let commands = commands.upgrade().ok_or(NetError::Stopped)?;
        commands
            .try_send(Command::Answer {
                token: self.token,
                bytes,
            })
            .map_err(|_| NetError::Busy)
    }
}

fn dead() -> mpsc::Sender<Command> {
    mpsc::channel(1).0
}

impl Drop for Answerer {
    fn drop(&mut self) {
        let _ = self.give(None); // too late or already answered: nobody waits
    }
}

/// The events of a net. While nobody reads them, peers' lanes are read no further.
#[derive(Debug)]
pub struct NetEvents {
    pub(super) events: mpsc::Receiver<Event>,
}

impl NetEvents {
    /// The next event; `None` once the net is shut down. For async code, of any runtime.
    pub async fn next(&mut self) -> Option<Event> {
        self.events.recv().await
    }

    /// The next event if there is one.
    pub fn try_next(&mut self) -> Option<Event> {
        self.events.try_recv().ok()
    }

    /// Waits for the next event in a plain thread; `None` after `timeout` or once the net is shut
    /// down.
    pub fn wait(&mut self, timeout: Duration) -> Option<Event> {
        let until = Instant::now() + timeout;
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut context = Context::from_waker(&waker);
        loop {
            if let Poll::Ready(event) = self.events.poll_recv(&mut context) {
                return event;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            thread::park_timeout(left);
        }
    }

    /// Polls for the next event, for code that waits for several things.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Event>> {
        self.events.poll_recv(context)
    }

    /// Waits until the net is shut down, dropping events.
    pub async fn closed(&mut self) {
        while poll_fn(|context| self.events.poll_recv(context))
            .await
            .is_some()
        {}
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
