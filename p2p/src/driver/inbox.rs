//! What a table's thread is told: one queue for the network, the player and the node.

use std::any::Any;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::limits::{INBOX_BYTES, INBOX_MAIL};
use crate::lock;
use crate::net;

/// Takes what the network has for one table, whatever game is played there.
pub(crate) trait Mailbox: Send + Sync {
    /// Never waits: a frame or question beyond the inbox's bounds is dropped.
    fn deliver(&self, event: net::Event);

    /// Ends the table's thread.
    fn stop(&self, how: Stop);

    /// Whether the network is paused.
    fn pause(&self, paused: bool);

    /// The same, for whoever knows which game is played there.
    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

/// How a table's thread ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stop {
    /// After what has arrived is worked off and on disk.
    Gracefully,
    /// At once, as if the process had died.
    Dead,
}

/// A queue that drops what can be asked for again rather than grow or make anybody wait.
#[derive(Debug)]
pub(crate) struct Inbox<T> {
    queue: Mutex<Queue<T>>,
    arrived: Condvar,
}

#[derive(Debug)]
struct Queue<T> {
    mail: VecDeque<(T, usize)>,
    bytes: usize,
    dropped: u64,
}

impl<T> Default for Inbox<T> {
    fn default() -> Self {
        let queue = Queue {
            mail: VecDeque::new(),
            bytes: 0,
            dropped: 0,
        };
        Self {
            queue: Mutex::new(queue),
            arrived: Condvar::new(),
        }
    }
}

impl<T> Inbox<T> {
    /// Adds what must not be lost. Whoever calls this bounds how much there can be.
    pub(crate) fn push(&self, mail: T) {
        let mut queue = lock(&self.queue);
        queue.mail.push_back((mail, 0));
        self.arrived.notify_one();
    }

    /// Adds what the sender would send again; drops it if the inbox is full.
    pub(crate) fn offer(&self, mail: T, bytes: usize) {
        let mut queue = lock(&self.queue);
        if queue.mail.len() >= INBOX_MAIL || queue.bytes + bytes > INBOX_BYTES {
            queue.dropped += 1;
            return;
        }
        queue.bytes += bytes;
        queue.mail.push_back((mail, bytes));
        self.arrived.notify_one();
    }

    /// Waits until there is mail or `timeout` has passed, then takes at most `most`.
    pub(crate) fn wait(&self, timeout: Option<Duration>, most: usize) -> Vec<T> {
        let until = timeout.map(|timeout| Instant::now() + timeout);
        let mut queue = lock(&self.queue);
        while queue.mail.is_empty() {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            queue = match left {
                Some(Duration::ZERO) => break,
                Some(left) => {
                    let waited = self.arrived.wait_timeout(queue, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self
                    .arrived
                    .wait(queue)
                    .unwrap_or_else(PoisonError::into_inner),
            };
        }
        queue.take(most)
    }

    /// How much was dropped since this was last asked.
    pub(crate) fn dropped(&self) -> u64 {
        std::mem::take(&mut lock(&self.queue).dropped)
    }
}

impl<T> Queue<T> {
    fn take(&mut self, most: usize) -> Vec<T> {
        let count = most.min(self.mail.len());
        let taken: Vec<_> = self.mail.drain(..count).collect();
        self.bytes -= taken.iter().map(|(_, bytes)| bytes).sum::<usize>();
        taken.into_iter().map(|(mail, _)| mail).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_inbox_drops_frames_and_keeps_what_must_not_be_lost() {
        let inbox = Inbox::default();
        for frame in 0..=INBOX_MAIL {
            inbox.offer(frame, 1);
        }
        inbox.push(usize::MAX);
        assert_eq!(inbox.dropped(), 1);
        let mail = inbox.wait(None, usize::MAX);
        assert_eq!(
            (mail.len(), mail.last()),
            (INBOX_MAIL + 1, Some(&usize::MAX))
        );
    }

    #[test]
    fn a_full_inbox_is_full_by_bytes_too_and_takes_more_once_emptied() {
        let inbox = Inbox::default();
        inbox.offer(1, INBOX_BYTES);
        inbox.offer(2, 1);
        assert_eq!((inbox.dropped(), inbox.wait(None, 9)), (1, vec![1]));
        inbox.offer(3, INBOX_BYTES);
        assert_eq!(inbox.wait(Some(Duration::ZERO), 9), [3]);
    }
}
