//! The end at which an owner reads what a net tells.

use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::Event;

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
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
