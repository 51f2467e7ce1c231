//! Writes what waits in an outbox: control before votes before proposals, many frames at once.

use std::pin::{Pin, pin};
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::{Buf, BufMut, BytesMut};
use futures::AsyncWrite;
use futures::io::WriteHalf;
use libp2p::Stream;
use tokio::time::Sleep;

use super::outbox::Next;
use super::session::Route;
use super::{DownCause, Event, Lane, frame};
use crate::limits::WRITE_BYTES;

/// How often a slow peer is told of, at most.
const SLOW_EVERY: Duration = Duration::from_millis(500);

/// The outbound halves of a session's lanes.
pub(super) struct Writer<'a> {
    route: &'a Route,
    lanes: [Outbound; 3],
    delayed: Option<Pin<Box<Sleep>>>,
}

struct Outbound {
    lane: Lane,
    stream: WriteHalf<Stream>,
    buffer: BytesMut,
    unflushed: bool,
    closed: bool,
    slow_told: Option<Instant>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(route: &'a Route, streams: [WriteHalf<Stream>; 3]) -> Self {
        let [control, votes, proposals] = streams;
        let outbound = |lane, stream| Outbound {
            lane,
            stream,
            buffer: BytesMut::new(),
            unflushed: false,
            closed: false,
            slow_told: None,
        };
        let lanes = [
            outbound(Lane::Control, control),
            outbound(Lane::Votes, votes),
            outbound(Lane::Proposals, proposals),
        ];
        Self {
            route,
            lanes,
            delayed: None,
        }
    }

    /// Writes until a stream fails. A lane that the peer does not read holds up no other.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<DownCause> {
        self.route.outbox.register(context.waker());
        loop {
            let (mut progress, mut due) = (false, None);
            for lane in &mut self.lanes {
                due = earliest(due, lane.fill(self.route));
                match lane.poll_write(self.route, context) {
                    Ok(wrote) => progress |= wrote,
                    Err(cause) => return Poll::Ready(cause),
                }
                if progress && lane.lane != Lane::Control {
                    break; // look at the more urgent lanes again
                }
            }
            if !progress {
                return self.wait(due, context);
            }
        }
    }

    /// Writes what is queued, then closes the lanes, so that the peer knows that this was all.
    pub(super) fn poll_close(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.poll(context).is_ready() {
            return Poll::Ready(()); // broken: there is nobody to write to
        }
        // Whatever could be written was: a lane with an empty buffer has an empty queue.
        if self.delayed.is_some() || self.lanes.iter().any(|lane| !lane.buffer.is_empty()) {
            return Poll::Pending;
        }
        for lane in self.lanes.iter_mut().filter(|lane| !lane.closed) {
            lane.closed = pin!(&mut lane.stream).poll_close(context).is_ready();
        }
        if self.lanes.iter().all(|lane| lane.closed) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    fn wait(&mut self, due: Option<Instant>, context: &mut Context<'_>) -> Poll<DownCause> {
        for lane in &mut self.lanes {
            if lane.poll_flush(context).is_err() {
                return Poll::Ready(DownCause::Lost);
            }
        }
        self.delayed = due.map(|due| Box::pin(tokio::time::sleep_until(due.into())));
        if let Some(delayed) = &mut self.delayed
            && delayed.as_mut().poll(context).is_ready()
        {
            context.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

impl Outbound {
    /// Takes frames that may be written now; tells when the next one may, if that is later.
    fn fill(&mut self, route: &Route) -> Option<Instant> {
        self.tell_if_slow(route);
        let now = Instant::now();
        while self.buffer.len() < WRITE_BYTES {
            let queued = match route.outbox.next(self.lane, now) {
                Next::Frame(queued) => queued,
                Next::NotBefore(due) => return Some(due),
                Next::Empty => break,
            };
            let kind = (self.lane == Lane::Control).then_some(queued.kind as u8);
            frame::put_length(
                &mut self.buffer,
                queued.bytes.len() + usize::from(kind.is_some()),
            );
            self.buffer.extend(kind);
            self.buffer.put_slice(&queued.bytes);
        }
        None
    }

    /// Writes what it can; tells whether that was anything.
    fn poll_write(&mut self, route: &Route, context: &mut Context<'_>) -> Result<bool, DownCause> {
        if self.buffer.is_empty() {
            return Ok(false);
        }
        match pin!(&mut self.stream).poll_write(context, &self.buffer) {
            Poll::Ready(Ok(written)) if written > 0 => {
                self.buffer.advance(written);
                self.unflushed = true;
                route
                    .shared
                    .counters
                    .bytes_sent
                    .fetch_add(written as u64, Ordering::Relaxed);
                Ok(true)
            }
            Poll::Ready(_) => Err(DownCause::Lost),
            Poll::Pending => Ok(false),
        }
    }

    fn poll_flush(&mut self, context: &mut Context<'_>) -> Result<(), DownCause> {
        if self.unflushed {
            match pin!(&mut self.stream).poll_flush(context) {
                Poll::Ready(Ok(())) => self.unflushed = false,
                Poll::Ready(Err(_)) => return Err(DownCause::Lost),
                Poll::Pending => {}
            }
        }
        Ok(())
    }

    /// Tells of dropped frames, if the events have room; else they are counted on.
    fn tell_if_slow(&mut self, route: &Route) {
        if self
            .slow_told
            .is_some_and(|told| told.elapsed() < SLOW_EVERY)
        {
            return;
        }
        let dropped = route.outbox.take_dropped(self.lane);
        if dropped == 0 {
            return;
        }
        let (channel, peer, lane) = (route.channel, route.peer, self.lane);
        if route.try_tell(Event::SlowPeer {
            channel,
            peer,
            lane,
            dropped,
        }) {
            self.slow_told = Some(Instant::now());
            route
                .shared
                .counters
                .frames_dropped
                .fetch_add(dropped, Ordering::Relaxed);
        } else {
            route.outbox.return_dropped(self.lane, dropped);
        }
    }
}

fn earliest(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    one.into_iter().chain(other).min()
}
