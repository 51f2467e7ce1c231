//! Reads the frames of one lane.

use std::sync::atomic::Ordering;

use bytes::{Bytes, BytesMut};
use futures::AsyncReadExt;
use futures::io::ReadHalf;
use libp2p::Stream;

use super::outbox::Kind;
use super::quota::{Meter, Pace};
use super::session::{Note, Route};
use super::{DownCause, Event, FaultCause, Lane, frame};

/// How much is read at once.
const READ_BYTES: usize = 16 * 1024;

/// Why no further frame comes.
enum End {
    /// The peer closed the lane after a whole frame.
    Closed,
    /// The lane broke off.
    Lost,
    /// What came is no frame.
    Fault(FaultCause),
}

/// One lane's inbound half.
pub(super) struct Reader {
    lane: Lane,
    stream: ReadHalf<Stream>,
    meter: Meter,
    arriving: Box<[u8; READ_BYTES]>,
    buffer: BytesMut,
}

impl Reader {
    pub(super) fn new(lane: Lane, stream: ReadHalf<Stream>, meter: Meter) -> Self {
        let arriving = Box::new([0; READ_BYTES]);
        Self {
            lane,
            stream,
            meter,
            arriving,
            buffer: BytesMut::new(),
        }
    }

    /// Passes frames on until the peer closes the lane; waits while their reader is slow.
    pub(super) async fn run(mut self, route: &Route) -> Result<(), DownCause> {
        loop {
            let bytes = match self.frame().await {
                Ok(bytes) => bytes,
                Err(End::Fault(cause)) => {
                    route.fault(cause).await;
                    return Err(DownCause::Fault);
                }
                Err(End::Lost) => return Err(DownCause::Lost),
                Err(End::Closed) => return Ok(()),
            };
            let counters = &route.shared.counters;
            counters
                .bytes_received
                .fetch_add(bytes.len() as u64, Ordering::Relaxed);
            if self.meter.admit(bytes.len()).await == Pace::Breach {
                route
                    .fault(FaultCause::AboveQuota { lane: self.lane })
                    .await;
            }
            if let Err(cause) = self.pass_on(bytes, route).await {
                route.fault(cause).await;
                return Err(DownCause::Fault);
            }
        }
    }

    async fn pass_on(&self, mut bytes: Bytes, route: &Route) -> Result<(), FaultCause> {
        let lane = self.lane;
        if lane == Lane::Control {
            let kind = bytes.first().copied().ok_or(FaultCause::Garbage { lane })?;
            bytes = bytes.slice(1..);
            if kind == Kind::Addresses as u8 {
                route.note(Note::Addresses { bytes }).await;
                return Ok(());
            }
            if kind != Kind::Upper as u8 {
                return Err(FaultCause::Garbage { lane });
            }
        }
        let (channel, peer) = (route.channel, route.peer);
        route
            .tell(Event::Frame {
                channel,
                peer,
                lane,
                bytes,
            })
            .await;
        Ok(())
    }

    async fn frame(&mut self) -> Result<Bytes, End> {
        let lane = self.lane;
        let max = lane.frame_bytes_max() + usize::from(lane == Lane::Control);
        let (head, length) = loop {
            match frame::head(&self.buffer) {
                frame::Head::Garbage => return Err(End::Fault(FaultCause::Garbage { lane })),
                frame::Head::Incomplete => self.more().await?,
                frame::Head::Frame {
                    head,
                    length: bytes,
                } => match usize::try_from(bytes).ok().filter(|length| *length <= max) {
                    Some(length) => break (head, length),
                    None => {
                        let cause = FaultCause::OversizeFrame { lane, bytes, max };
                        return Err(End::Fault(cause));
                    }
                },
            }
        };
        while self.buffer.len() < head + length {
            self.more().await?;
        }
        let mut bytes = self.buffer.split_to(head + length).freeze();
        Ok(bytes.split_off(head))
    }

    /// Reads on: what is kept never exceeds what has arrived, whatever length was announced.
    async fn more(&mut self) -> Result<(), End> {
        match self.stream.read(&mut *self.arriving).await {
            Ok(0) if self.buffer.is_empty() => Err(End::Closed),
            Ok(0) | Err(_) => Err(End::Lost),
            Ok(read) => {
                self.buffer.extend_from_slice(&self.arriving[..read]);
                Ok(())
            }
        }
    }
}
