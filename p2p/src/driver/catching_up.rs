//! Decided blocks that this device lacks, and those that others lack.

use bytes::Bytes;
use quorate_core::codec;
use quorate_core::engine::Input;
use quorate_core::game::Game;

use super::Hands;
use super::playing::Playing;
use crate::clock;
use crate::net::{Answerer, RequestError, RequestId};
use crate::sync::{self, Fetch, Question};
use crate::table::FaultKind;

impl<G: Game> Playing<G> {
    /// Asks for decided blocks, if some are wanted and it is time to.
    pub(super) fn fetch(&mut self, hands: &Hands<G>) {
        let now = clock::mono();
        let Some(fetching) = &mut self.fetching else {
            return;
        };
        loop {
            match fetching.next(now) {
                Some(Fetch::Ask(connection)) => {
                    let from = fetching.from();
                    let question = Question::Blocks {
                        from,
                        to: fetching.to(),
                    };
                    match hands.line.ask(&connection, &question) {
                        Some(request) => drop(self.asked.insert(request, (connection, from))),
                        None => fetching.failed(now),
                    }
                }
                Some(Fetch::Wait) => return,
                None => break,
            }
        }
        self.fetching = None; // the engine brings it up again while it is behind
    }

    pub(super) fn answered(
        &mut self,
        hands: &mut Hands<G>,
        request: RequestId,
        result: &Result<Bytes, RequestError>,
    ) {
        let now = clock::mono();
        let Some((connection, from)) = self.asked.remove(&request) else {
            return;
        };
        let read = result
            .as_ref()
            .ok()
            .and_then(|bytes| sync::read(bytes, from));
        let Some(decisions) = read else {
            tracing::debug!(peer = %connection.key, ?result, "no blocks from it");
            if result.is_ok() {
                self.charge(hands, connection.key, FaultKind::Answer);
            }
            self.peers.answered(connection.key, false);
            return self
                .fetching
                .iter_mut()
                .for_each(|fetching| fetching.failed(now));
        };
        let before = self.engine.height();
        for (block, certificate) in decisions {
            let peer = connection.peer;
            self.handle(
                hands,
                Input::Decision {
                    peer,
                    block,
                    certificate,
                },
            );
        }
        let next = self.engine.height();
        self.peers.answered(connection.key, next > before);
        if next > before {
            hands.conduct.thank(connection.key);
        }
        self.fetching
            .take_if(|fetching| !fetching.advance(next, connection, now));
        self.fetch(hands);
    }
}

/// Answers a peer's question from the store.
pub(super) fn give<G: Game>(hands: &Hands<G>, question: &Bytes, answer: Answerer) {
    let Ok(Question::Blocks { from, to }) = codec::decode(question) else {
        return;
    };
    match hands.ledger.decisions(from) {
        Ok(decisions) => drop(answer.send(sync::answer(decisions, to).into())),
        Err(error) => tracing::error!(%error, "cannot read decided blocks"),
    }
}
