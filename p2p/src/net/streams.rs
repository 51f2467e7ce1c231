//! The behaviour that opens and accepts the streams of lanes, on a connection of our choice.
//!
//! A stream that was asked for goes straight to who asked; one that a peer opened goes to the
//! loop. Neither is ever dropped because somebody was slow to take it.

use std::collections::VecDeque;
use std::task::{Context, Poll};

use libp2p::core::upgrade::ReadyUpgrade;
use libp2p::core::{Endpoint, transport::PortUse};
use libp2p::swarm::handler::{
    ConnectionEvent, DialUpgradeError, FullyNegotiatedInbound, FullyNegotiatedOutbound,
};
use libp2p::swarm::{
    ConnectionDenied, ConnectionHandler, ConnectionHandlerEvent, ConnectionId, FromSwarm,
    NetworkBehaviour, NotifyHandler, StreamProtocol, SubstreamProtocol, THandler, THandlerInEvent,
    THandlerOutEvent, ToSwarm,
};
use libp2p::{Multiaddr, PeerId, Stream};
use tokio::sync::oneshot;

use crate::limits::STREAMS_WAITING_MAX;

const PROTOCOL: StreamProtocol = StreamProtocol::new("/quorate/lane/1");

/// Where the opened stream goes; it is dropped if the stream cannot be opened.
pub(super) type Wanted = oneshot::Sender<Stream>;

/// A stream that a peer opened.
#[derive(Debug)]
pub(super) struct Accepted {
    pub(super) peer: PeerId,
    pub(super) connection: ConnectionId,
    pub(super) stream: Stream,
}

/// Opens and accepts streams.
#[derive(Debug, Default)]
pub(super) struct Streams {
    queue: VecDeque<ToSwarm<Accepted, Wanted>>,
}

impl Streams {
    /// Opens a stream; the receiver errs if the connection or the peer does not let us.
    pub(super) fn open(
        &mut self,
        peer_id: PeerId,
        connection: ConnectionId,
    ) -> oneshot::Receiver<Stream> {
        let (event, stream) = oneshot::channel();
        let handler = NotifyHandler::One(connection);
        self.queue.push_back(ToSwarm::NotifyHandler {
            peer_id,
            handler,
            event,
        });
        stream
    }
}

impl NetworkBehaviour for Streams {
    type ConnectionHandler = StreamsHandler;
    type ToSwarm = Accepted;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(StreamsHandler::default())
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(StreamsHandler::default())
    }

    fn on_swarm_event(&mut self, _: FromSwarm<'_>) {}

    fn on_connection_handler_event(
        &mut self,
        peer: PeerId,
        connection: ConnectionId,
        stream: THandlerOutEvent<Self>,
    ) {
        self.queue.push_back(ToSwarm::GenerateEvent(Accepted {
            peer,
            connection,
            stream,
        }));
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        // Filled by the loop, which polls the swarm afterwards: no waker needed.
        self.queue.pop_front().map_or(Poll::Pending, Poll::Ready)
    }
}

/// The side of [`Streams`] that sits on one connection.
#[derive(Debug, Default)]
pub(super) struct StreamsHandler {
    wanted: VecDeque<Wanted>,
    accepted: VecDeque<Stream>,
}

impl ConnectionHandler for StreamsHandler {
    type FromBehaviour = Wanted;
    type ToBehaviour = Stream;
    type InboundProtocol = ReadyUpgrade<StreamProtocol>;
    type OutboundProtocol = ReadyUpgrade<StreamProtocol>;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = Wanted;

    fn listen_protocol(&self) -> SubstreamProtocol<Self::InboundProtocol, ()> {
        SubstreamProtocol::new(ReadyUpgrade::new(PROTOCOL), ())
    }

    fn poll(
        &mut self,
        _: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Self::OutboundProtocol, Wanted, Stream>> {
        // Both queues are filled by calls after which the connection polls again: no waker needed.
        if let Some(wanted) = self.wanted.pop_front() {
            let protocol = SubstreamProtocol::new(ReadyUpgrade::new(PROTOCOL), wanted);
            return Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol });
        }
        match self.accepted.pop_front() {
            Some(stream) => Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(stream)),
            None => Poll::Pending,
        }
    }

    fn on_behaviour_event(&mut self, wanted: Wanted) {
        self.wanted.push_back(wanted);
    }

    fn on_connection_event(
        &mut self,
        event: ConnectionEvent<'_, Self::InboundProtocol, Self::OutboundProtocol, (), Wanted>,
    ) {
        match event {
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound {
                protocol: stream,
                ..
            }) if self.accepted.len() < STREAMS_WAITING_MAX => self.accepted.push_back(stream),
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound {
                protocol: stream,
                info: wanted,
            }) => {
                let _ = wanted.send(stream); // who asked may have given up meanwhile
            }
            ConnectionEvent::DialUpgradeError(DialUpgradeError { info: wanted, .. }) => {
                drop(wanted);
            }
            _ => {}
        }
    }
}
