//! A table's two channels on the network.

use std::sync::{Arc, Weak};

use bytes::Bytes;
use quorate_core::Digest;
use quorate_core::codec;
use quorate_core::crypto::PublicKey;
use quorate_core::genesis::TableId;
use quorate_core::message;
use serde::{Deserialize, Serialize};

use super::{Connection, Door, Mailbox};
use crate::gather::{Gathering, PROTOCOL};
use crate::net::{Admission, Lane, NetError, NetHandle, RequestId};
use crate::node::Routes;
use crate::sync::Question;

/// What both sides say first on every channel.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Greeting {
    protocol: u16,
}

/// What a frame at the invitation's door is, by its first byte. At the table's door there are
/// engine frames alone.
const GATHERING: u8 = 0;
const ENGINE: u8 = 1;

/// A frame that was read at a door.
#[derive(Debug)]
pub(crate) enum Heard {
    Gathering(Gathering),
    Engine(Bytes),
    Garbage,
}

/// A table's two channels on the network.
pub(crate) struct Line {
    pub(crate) net: NetHandle,
    routes: Arc<Routes>,
    mailbox: Weak<dyn Mailbox>,
    invite: Digest,
    table: Option<Digest>,
}

impl Line {
    pub(crate) fn new(
        net: NetHandle,
        routes: Arc<Routes>,
        mailbox: Weak<dyn Mailbox>,
        invite: Digest,
    ) -> Self {
        Self {
            net,
            routes,
            mailbox,
            invite,
            table: None,
        }
    }

    /// Opens the invitation's channel, or changes who may use it.
    pub(crate) fn open_invite(&self, admission: Admission) {
        self.open(self.invite, admission);
    }

    /// Opens the table's own channel to the other seats.
    pub(crate) fn open_table(&mut self, table: TableId, others: Vec<PublicKey>) {
        self.table = Some(table.0);
        self.open(table.0, Admission::Roster(others));
    }

    /// Closes the table's own channel: this device has no seat any more.
    pub(crate) fn close_table(&mut self) {
        if let Some(table) = self.table.take() {
            self.routes.remove(&table);
            let _ = self.net.close(table); // fails when the net is down: then it is closed
        }
    }

    fn open(&self, channel: Digest, admission: Admission) {
        self.routes.add(channel, self.mailbox.clone());
        // Invariant: one integer always encodes.
        let greeting = codec::encode(&Greeting { protocol: PROTOCOL }).expect("it always encodes");
        if let Err(error) = self.net.open(channel, admission, greeting.into()) {
            tracing::error!(channel = %channel.short(), %error, "cannot open a channel");
        }
    }

    /// Closes both channels.
    pub(crate) fn close(&self) {
        for channel in [Some(self.invite), self.table].into_iter().flatten() {
            self.routes.remove(&channel);
            let _ = self.net.close(channel); // fails when the net is down: then it is closed
        }
    }

    /// Whether the table's own channel is open here.
    pub(crate) const fn is_table_open(&self) -> bool {
        self.table.is_some()
    }

    /// At which door a channel is.
    pub(crate) fn door(&self, channel: Digest) -> Option<Door> {
        if channel == self.invite {
            Some(Door::Invite)
        } else {
            (Some(channel) == self.table).then_some(Door::Table)
        }
    }

    /// The channel at a door, if that is open: what is for one door has no place at the other.
    fn channel(&self, door: Door) -> Option<Digest> {
        match door {
            Door::Invite => Some(self.invite),
            Door::Table => self.table,
        }
    }

    /// The protocol version a greeting names; 0 if it is none.
    pub(crate) fn version(greeting: &Bytes) -> u16 {
        codec::decode::<Greeting>(greeting).map_or(0, |greeting| greeting.protocol)
    }

    /// Says something about the gathering.
    pub(crate) fn say(&self, to: PublicKey, message: &Gathering) {
        let Ok(body) = codec::encode(message) else {
            return;
        };
        let frame = Bytes::from([&[GATHERING], &*body].concat());
        drop_failure(self.net.send(self.invite, to, Lane::Control, frame));
    }

    /// Sends an engine's frame.
    pub(crate) fn send(&self, to: &Connection, lane: message::Lane, bytes: &Arc<[u8]>) {
        let Some(channel) = self.channel(to.door) else {
            return;
        };
        let frame = match to.door {
            Door::Table => Bytes::from_owner(Arc::clone(bytes)),
            Door::Invite => Bytes::from([&[ENGINE], &**bytes].concat()),
        };
        drop_failure(self.net.send(channel, to.key, lane_of(lane), frame));
    }

    /// Sends an engine's frame to all other seats.
    pub(crate) fn broadcast(&self, lane: message::Lane, bytes: Arc<[u8]>) {
        let Some(table) = self.table else { return };
        let sent = self
            .net
            .broadcast(table, lane_of(lane), &Bytes::from_owner(bytes));
        drop_failure(sent.map(drop));
    }

    /// Reads a frame that arrived at `door`.
    pub(crate) fn read(door: Door, mut bytes: Bytes) -> Heard {
        if door == Door::Table {
            return Heard::Engine(bytes);
        }
        let body = bytes.split_off(bytes.len().min(1));
        match bytes.first() {
            Some(&ENGINE) => Heard::Engine(body),
            Some(&GATHERING) => codec::decode(&body).map_or(Heard::Garbage, Heard::Gathering),
            _ => Heard::Garbage,
        }
    }

    /// Asks for decided blocks; none if the net cannot take the question now.
    pub(crate) fn ask(&self, of: &Connection, question: &Question) -> Option<RequestId> {
        let (channel, bytes) = (self.channel(of.door)?, question.encode().into());
        let ask = || self.net.request(channel, of.key, bytes);
        self.routes.asking(self.mailbox.clone(), ask).ok()
    }
}

/// A frame to a peer that is gone needs no care: repair makes good what matters once it is back.
fn drop_failure(sent: Result<(), NetError>) {
    match sent {
        Ok(()) | Err(NetError::NotUp(_) | NetError::Stopped) => {}
        Err(error) => tracing::warn!(%error, "a frame was not sent"),
    }
}

const fn lane_of(lane: message::Lane) -> Lane {
    match lane {
        message::Lane::Control => Lane::Control,
        message::Lane::Votes => Lane::Votes,
        message::Lane::Proposals => Lane::Proposals,
    }
}
