//! What the handles, the loop and the lanes share across threads; every lock is held for moments.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use libp2p::Multiaddr;
use quorate_core::Digest;
use quorate_core::crypto::PublicKey;

use super::outbox::Outbox;
use super::{Chaos, Lane, Stats};
use crate::limits::CHANNELS_MAX;

/// State shared by the threads of one net.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) local: PublicKey,
    pub(super) counters: Counters,
    pub(super) requests: AtomicU64,
    stopping: AtomicU8,
    outboxes: Mutex<BTreeMap<Digest, BTreeMap<PublicKey, Arc<Outbox>>>>,
    channels: Mutex<BTreeSet<Digest>>,
    chaos: Mutex<Arc<Chaos>>,
    listening: Mutex<Vec<Multiaddr>>,
    book: Mutex<Vec<(PublicKey, Vec<Multiaddr>)>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What a net has done so far.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) connections_opened: AtomicU64,
    pub(super) bytes_sent: AtomicU64,
    pub(super) bytes_received: AtomicU64,
    pub(super) frames_dropped: AtomicU64,
}

/// How a net ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Goodbye = 1,
    Crash = 2,
}

const RUNNING: u8 = 0;

/// What chaos does to one thing that is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Lost,
    Sent { due: Option<Instant> },
}

impl Shared {
    pub(super) fn new(local: PublicKey, chaos: Chaos) -> Self {
        Self {
            local,
            counters: Counters::default(),
            requests: AtomicU64::new(0),
            stopping: AtomicU8::new(RUNNING),
            outboxes: Mutex::default(),
            channels: Mutex::default(),
            chaos: Mutex::new(Arc::new(chaos)),
            listening: Mutex::default(),
            book: Mutex::default(),
            thread: Mutex::default(),
        }
    }

    /// Ends the loop; the first to say how decides.
    pub(super) fn stop(&self, how: Ending) {
        let first = Ordering::AcqRel;
        let _ = self
            .stopping
            .compare_exchange(RUNNING, how as u8, first, Ordering::Acquire);
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire) != RUNNING
    }

    pub(super) fn is_crashing(&self) -> bool {
        self.stopping.load(Ordering::Acquire) == Ending::Crash as u8
    }

    /// Notes an open channel; `false` if there are too many.
    pub(super) fn note_open(&self, channel: Digest) -> bool {
        let mut channels = lock(&self.channels);
        let fits = channels.contains(&channel) || channels.len() < CHANNELS_MAX;
        if fits {
            channels.insert(channel);
        }
        fits
    }

    pub(super) fn note_closed(&self, channel: &Digest) {
        lock(&self.channels).remove(channel);
    }

    pub(super) fn outbox(&self, channel: Digest, peer: PublicKey) -> Option<Arc<Outbox>> {
        lock(&self.outboxes).get(&channel)?.get(&peer).cloned()
    }

    pub(super) fn outboxes(&self, channel: Digest) -> Vec<(PublicKey, Arc<Outbox>)> {
        let outboxes = lock(&self.outboxes);
        let peers = outboxes.get(&channel).into_iter().flatten();
        peers
            .map(|(peer, outbox)| (*peer, Arc::clone(outbox)))
            .collect()
    }

    pub(super) fn add_outbox(&self, channel: Digest, peer: PublicKey, outbox: Arc<Outbox>) {
        lock(&self.outboxes)
            .entry(channel)
            .or_default()
            .insert(peer, outbox);
    }

    /// Removes the outbox of a session, unless a newer session has put its own there.
    pub(super) fn remove_outbox(&self, channel: Digest, peer: PublicKey, mine: &Arc<Outbox>) {
        let mut outboxes = lock(&self.outboxes);
        let Some(peers) = outboxes.get_mut(&channel) else {
            return;
        };
        if peers
            .get(&peer)
            .is_some_and(|outbox| Arc::ptr_eq(outbox, mine))
        {
            peers.remove(&peer);
        }
        if peers.is_empty() {
            outboxes.remove(&channel);
        }
    }

    /// Queues an upper layer's frame, as far as chaos lets it.
    pub(super) fn push(&self, outbox: &Outbox, peer: PublicKey, lane: Lane, bytes: Bytes) {
        if let Fate::Sent { due } = self.fate(peer) {
            outbox.push(lane, bytes, due);
        }
    }

    /// What chaos does to something sent to `peer` now.
    pub(super) fn fate(&self, peer: PublicKey) -> Fate {
        let chaos = Arc::clone(&lock(&self.chaos));
        if chaos.cut.contains(&peer) || (chaos.loss > 0.0 && fastrand::f64() < chaos.loss) {
            return Fate::Lost;
        }
        let delay = chaos.delay.as_ref().map(|range| {
            let spread = range.end.saturating_sub(range.start);
            range.start + spread.mul_f64(fastrand::f64())
        });
        let delay = delay.filter(|delay| *delay > Duration::ZERO);
        Fate::Sent {
            due: delay.map(|delay| Instant::now() + delay),
        }
    }

    pub(super) fn set_chaos(&self, chaos: Chaos) {
        *lock(&self.chaos) = Arc::new(chaos);
    }

    pub(super) fn stats(&self) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            connections_opened: read(&self.counters.connections_opened),
            bytes_sent: read(&self.counters.bytes_sent),
            bytes_received: read(&self.counters.bytes_received),
            frames_dropped: read(&self.counters.frames_dropped),
        }
    }

    pub(super) fn listening(&self) -> Vec<Multiaddr> {
        lock(&self.listening).clone()
    }

    pub(super) fn set_listening(&self, addresses: Vec<Multiaddr>) {
        *lock(&self.listening) = addresses;
    }

    pub(super) fn book(&self) -> Vec<(PublicKey, Vec<Multiaddr>)> {
        lock(&self.book).clone()
    }

    pub(super) fn set_book(&self, book: Vec<(PublicKey, Vec<Multiaddr>)>) {
        *lock(&self.book) = book;
    }

    pub(super) fn set_thread(&self, thread: JoinHandle<()>) {
        *lock(&self.thread) = Some(thread);
    }

    pub(super) fn take_thread(&self) -> Option<JoinHandle<()>> {
        lock(&self.thread).take()
    }
}

/// Locks; a thread that panicked while it held the lock left nothing half done here.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
