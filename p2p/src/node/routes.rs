//! Which table a thing that comes from the network is for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, Weak};

use quorate_core::Digest;

use crate::driver::Mailbox;
use crate::lock;
use crate::net::{Event, NetError, NetEvents, RequestId};

/// The mailboxes of a node's tables by channel and by open request.
#[derive(Default)]
pub(crate) struct Routes {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    channels: BTreeMap<Digest, Weak<dyn Mailbox>>,
    requests: BTreeMap<RequestId, Weak<dyn Mailbox>>,
}

impl Routes {
    pub(crate) fn add(&self, channel: Digest, mailbox: Weak<dyn Mailbox>) {
        lock(&self.state).channels.insert(channel, mailbox);
    }

    pub(crate) fn remove(&self, channel: &Digest) {
        lock(&self.state).channels.remove(channel);
    }

    /// Makes a request whose answer goes to `mailbox`. The answer cannot overtake this: it is
    /// routed under the same lock.
    pub(crate) fn asking(
        &self,
        mailbox: Weak<dyn Mailbox>,
        ask: impl FnOnce() -> Result<RequestId, NetError>,
    ) -> Result<RequestId, NetError> {
        let mut state = lock(&self.state);
        let request = ask()?;
        state.requests.insert(request, mailbox);
        Ok(request)
    }

    fn of_channel(&self, channel: &Digest) -> Option<Arc<dyn Mailbox>> {
        lock(&self.state).channels.get(channel)?.upgrade()
    }

    fn of_request(&self, request: RequestId) -> Option<Arc<dyn Mailbox>> {
        lock(&self.state).requests.remove(&request)?.upgrade()
    }

    /// Every table once, although it may have two channels.
    pub(crate) fn tables(&self) -> Vec<Arc<dyn Mailbox>> {
        let mut tables: Vec<Arc<dyn Mailbox>> = Vec::new();
        for mailbox in lock(&self.state)
            .channels
            .values()
            .filter_map(Weak::upgrade)
        {
            if !tables.iter().any(|table| Arc::ptr_eq(table, &mailbox)) {
                tables.push(mailbox);
            }
        }
        tables
    }

    /// Hands an event to the table it is for. What is for the node comes back.
    fn route(&self, event: Event) -> Option<Event> {
        let mailbox = match &event {
            Event::Up { channel, .. }
            | Event::Down { channel, .. }
            | Event::Frame { channel, .. }
            | Event::Request { channel, .. }
            | Event::SlowPeer { channel, .. } => self.of_channel(channel),
            Event::Answer { request, .. } => self.of_request(*request),
            Event::Rtt { peer, rtt } => {
                for table in self.tables() {
                    table.deliver(Event::Rtt {
                        peer: *peer,
                        rtt: *rtt,
                    });
                }
                return None;
            }
            Event::Fault(fault) => {
                tracing::warn!(%fault, "fault on the network");
                for table in self.tables() {
                    table.deliver(Event::Fault(fault.clone()));
                }
                return None;
            }
            _ => return Some(event),
        };
        if let Some(mailbox) = mailbox {
            mailbox.deliver(event);
        }
        None
    }

    /// Routes events until the net is shut down. `own` takes what is for the node.
    pub(crate) fn run(&self, mut events: NetEvents, mut own: impl FnMut(Event)) {
        // Invariant: `next` is a plain wait without a runtime behind it.
        while let Some(event) = futures::executor::block_on(events.next()) {
            if let Some(event) = self.route(event) {
                own(event);
            }
        }
    }
}
