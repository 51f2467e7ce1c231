//! What waits to be written to one peer of one channel: three bounded queues.
//!
//! A full queue drops its *oldest* frame: votes and status are superseded by newer ones, and what
//! is not is repaired by the upper layer. So nobody who sends ever waits for a slow reader.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::task::Waker;
use std::time::Instant;

use bytes::Bytes;
use futures::task::AtomicWaker;

use super::Lane;
use super::shared::lock;
use crate::limits::{
    CONTROL_OUTBOX_FRAMES, OUTBOX_BYTES, PROPOSALS_OUTBOX_FRAMES, VOTES_OUTBOX_FRAMES,
};

/// The three queues of one peer, and who writes them out.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    queues: Mutex<[Queue; 3]>,
    writer: AtomicWaker,
}

#[derive(Debug, Default)]
struct Queue {
    frames: VecDeque<Queued>,
    bytes: usize,
    dropped: u64,
}

/// A frame that waits, and whose it is.
#[derive(Clone, Debug)]
pub(super) struct Queued {
    pub(super) kind: Kind,
    pub(super) bytes: Bytes,
    due: Option<Instant>,
}

/// Whose a frame of the control lane is; the other lanes carry the upper layer's alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Upper,
    Addresses,
}

/// What a lane has for its writer.
#[derive(Debug)]
pub(super) enum Next {
    Empty,
    Frame(Queued),
    NotBefore(Instant),
}

impl Outbox {
    /// Queues an upper layer's frame, to be written not before `due`.
    pub(super) fn push(&self, lane: Lane, bytes: Bytes, due: Option<Instant>) {
        self.queue(
            lane,
            Queued {
                kind: Kind::Upper,
                bytes,
                due,
            },
        );
    }

    /// Queues a frame of the net's own on the control lane.
    pub(super) fn push_addresses(&self, bytes: Bytes) {
        self.queue(
            Lane::Control,
            Queued {
                kind: Kind::Addresses,
                bytes,
                due: None,
            },
        );
    }

    fn queue(&self, lane: Lane, mut frame: Queued) {
        let queue = &mut lock(&self.queues)[lane as usize];
        let last = queue.frames.back().and_then(|last| last.due);
        frame.due = frame.due.max(last); // one lane stays in order, however delayed
        queue.bytes += frame.bytes.len();
        queue.frames.push_back(frame);
        while queue.frames.len() > frames_max(lane) || queue.bytes > OUTBOX_BYTES {
            let Some(oldest) = queue.frames.pop_front() else {
                break;
            };
            queue.bytes -= oldest.bytes.len();
            queue.dropped += 1;
        }
        self.writer.wake();
    }

    /// The oldest frame of `lane`, if it may be written at `now`.
    pub(super) fn next(&self, lane: Lane, now: Instant) -> Next {
        let queue = &mut lock(&self.queues)[lane as usize];
        match queue.frames.front().map(|frame| frame.due) {
            Some(Some(due)) if due > now => Next::NotBefore(due),
            _ => match queue.frames.pop_front() {
                Some(frame) => {
                    queue.bytes -= frame.bytes.len();
                    Next::Frame(frame)
                }
                None => Next::Empty,
            },
        }
    }

    /// How many frames of `lane` were dropped since the last call.
    pub(super) fn take_dropped(&self, lane: Lane) -> u64 {
        std::mem::take(&mut lock(&self.queues)[lane as usize].dropped)
    }

    /// Counts `dropped` again: they could not be told.
    pub(super) fn return_dropped(&self, lane: Lane, dropped: u64) {
        lock(&self.queues)[lane as usize].dropped += dropped;
    }

    /// Who is woken by the next frame.
    pub(super) fn register(&self, waker: &Waker) {
        self.writer.register(waker);
    }
}

const fn frames_max(lane: Lane) -> usize {
    match lane {
        Lane::Control => CONTROL_OUTBOX_FRAMES,
        Lane::Votes => VOTES_OUTBOX_FRAMES,
        Lane::Proposals => PROPOSALS_OUTBOX_FRAMES,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queued(outbox: &Outbox, lane: Lane) -> Vec<Bytes> {
        let next = || match outbox.next(lane, Instant::now()) {
            Next::Frame(frame) => Some(frame.bytes),
            Next::Empty | Next::NotBefore(_) => None,
        };
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn a_full_lane_drops_its_oldest_frames_and_counts_them() {
        for lane in Lane::ALL {
            let (outbox, max) = (Outbox::default(), frames_max(lane));
            for number in 0..max as u64 + 3 {
                outbox.push(lane, number.to_be_bytes().to_vec().into(), None);
            }
            assert_eq!(outbox.take_dropped(lane), 3);
            let kept = queued(&outbox, lane);
            assert_eq!((kept.len(), &kept[0][..]), (max, &3u64.to_be_bytes()[..]));
        }
    }

    #[test]
    fn a_lane_is_full_by_bytes_too() {
        let outbox = Outbox::default();
        for _ in 0..3 {
            outbox.push(Lane::Votes, vec![0; OUTBOX_BYTES / 2].into(), None);
        }
        assert_eq!(outbox.take_dropped(Lane::Votes), 1);
        assert_eq!(queued(&outbox, Lane::Votes).len(), 2);
    }
}
