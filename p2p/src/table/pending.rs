//! What became of an own entry, as soon as it is known.

use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use quorate_core::game::Settled;

use crate::lock;

/// What will become of what this seat did: a future of [`Settled`], and a handle to wait on
/// without one.
///
/// Dropping it takes nothing back. It can be cloned, and found again after a restart with
/// [`Table::pendings`](crate::Table::pendings).
#[derive(Clone, Debug)]
pub struct Pending {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    since: Instant,
    state: Mutex<State>,
    settled: Condvar,
}

#[derive(Debug, Default)]
struct State {
    settled: Option<(Settled, Duration)>,
    wakers: Vec<Waker>,
}

impl Pending {
    pub(crate) fn new() -> Self {
        let (since, state, settled) = (Instant::now(), Mutex::default(), Condvar::new());
        Self {
            shared: Arc::new(Shared {
                since,
                state,
                settled,
            }),
        }
    }

    /// How it ended, if it has.
    #[must_use]
    pub fn settled(&self) -> Option<Settled> {
        Some(lock(&self.shared.state).settled.as_ref()?.0.clone())
    }

    /// How long it took from [`act`](crate::Table::act) until it was settled.
    #[must_use]
    pub fn took(&self) -> Option<Duration> {
        Some(lock(&self.shared.state).settled.as_ref()?.1)
    }

    /// Waits in a plain thread, at most `timeout`; `None` if it is not settled by then.
    #[must_use]
    pub fn wait(&self, timeout: Duration) -> Option<Settled> {
        let state = lock(&self.shared.state);
        let open = |state: &mut State| state.settled.is_none();
        let waited = self.shared.settled.wait_timeout_while(state, timeout, open);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        Some(state.settled.as_ref()?.0.clone())
    }

    /// Whether both are of the same act.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    pub(crate) fn settle(&self, settled: Settled) {
        let mut state = lock(&self.shared.state);
        let took = self.shared.since.elapsed();
        state.settled.get_or_insert((settled, took));
        state.wakers.drain(..).for_each(Waker::wake);
        self.shared.settled.notify_all();
    }
}

impl Future for Pending {
    type Output = Settled;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Settled> {
        let mut state = lock(&self.shared.state);
        if let Some((settled, _)) = &state.settled {
            return Poll::Ready(settled.clone());
        }
        if !state
            .wakers
            .iter()
            .any(|waker| waker.will_wake(context.waker()))
        {
            state.wakers.push(context.waker().clone());
        }
        Poll::Pending
    }
}
