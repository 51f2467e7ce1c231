//! The end at which an owner commands a net.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use libp2p::Multiaddr;
use quorate_core::Digest;
use quorate_core::crypto::PublicKey;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::error::at_most;
use super::shared::{Ending, Shared};
use super::{Admission, Chaos, Lane, NetError, RequestId};
use crate::limits::{
    ADDRESS_BYTES_MAX, ANNOUNCEMENT_BYTES_MAX, BOOK_ADDRESSES_MAX, CHANNEL_PEERS_MAX, CHANNELS_MAX,
    GREETING_BYTES_MAX, REQUEST_BYTES_MAX,
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

/// What a net has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Connections that were established, inbound and outbound: one between two peers counts at
    /// each of them. Two that dialled at once have one more for a moment, which happens when the
    /// dial of the lower key takes longer than [`DIAL_COURTESY`](crate::limits::DIAL_COURTESY).
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
        let (Admission::Roster(named) | Admission::Anyone { tell: named, .. }) = &admission;
        if named.len() > CHANNEL_PEERS_MAX {
            return Err(NetError::TooMany {
                max: CHANNEL_PEERS_MAX,
            });
        }
        if let Admission::Roster(peers) = &admission {
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
    /// [`Event::SlowPeer`](super::Event::SlowPeer) told.
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

    /// Asks `peer`; [`Event::Answer`](super::Event::Answer) tells what became of it.
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

    /// Asks peers of the local network what they announce; each tells
    /// [`Event::Discovered`](super::Event::Discovered).
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::COMMANDS;

    #[test]
    fn a_net_that_does_not_keep_up_refuses_commands_and_nobody_waits() {
        let local = PublicKey::from_bytes([1; 32]);
        let (commands, _commanded) = mpsc::channel(COMMANDS);
        let shared = Arc::new(Shared::new(local, Chaos::default()));
        let net = NetHandle { shared, commands };
        for _ in 0..COMMANDS {
            assert_eq!(net.pause(), Ok(()));
        }
        assert_eq!(net.resume(), Err(NetError::Busy));
    }
}
