//! What this device lacks, and what others lack: decided blocks and snapshots.

use std::sync::Arc;

use bytes::Bytes;
use quorate_core::certificate::DecisionCertificate;
use quorate_core::codec::{self, Blob};
use quorate_core::engine::Input;
use quorate_core::game::Game;
use quorate_core::message::{Block, Peer};
use quorate_core::{Digest, Height};

use super::playing::Playing;
use super::{Connection, Hands};
use crate::clock;
use crate::net::{Answerer, RequestError, RequestId};
use crate::node::History;
use crate::store::StoreError;
use crate::sync::{self, Download, Fetch, Fetching, Question, Read, Taken};
use crate::table::FaultKind;

impl<G: Game> Playing<G> {
    /// The connections of `peers` that may be asked, the most promising first.
    fn ranked(&self, hands: &Hands<G>, peers: &[Peer]) -> Vec<Connection> {
        let mut ranked = self.peers.ranked(peers);
        ranked.retain(|connection| !hands.conduct.is_banned(&connection.key));
        ranked.sort_by_key(|connection| hands.conduct.lost(&connection.key));
        ranked
    }

    /// The engine wants decided blocks.
    pub(super) fn wants_blocks(
        &mut self,
        hands: &Hands<G>,
        (from, to): (Height, Height),
        peers: &[Peer],
    ) {
        if self.download.is_none() {
            let ranked = self.ranked(hands, peers);
            self.fetching = Some(Fetching::new(from, to, ranked, clock::mono()));
        }
    }

    /// The engine wants a snapshot. Who keeps a whole history, for transcripts, would have a gap in
    /// it then, and takes blocks as long as somebody has them.
    pub(super) fn wants_snapshot(
        &mut self,
        hands: &Hands<G>,
        (above, to): (Height, Height),
        peers: &[Peer],
    ) {
        if hands.ledger.history() == History::Whole && !self.gone {
            self.wants_blocks(hands, (above.next(), to), peers);
        } else if self.download.is_none() {
            self.download = Some(Download::new(above, self.ranked(hands, peers)));
        }
    }

    /// Asks for what is wanted, if something is and it is time to.
    pub(super) fn fetch(&mut self, hands: &Hands<G>) {
        self.fetch_blocks(hands);
        let now = clock::mono();
        while let Some(download) = &mut self.download {
            let Some((connection, question)) = download.next(now) else {
                break;
            };
            match hands.line.ask(&connection, &question) {
                Some(request) => drop(self.asked.insert(request, (connection, None))),
                None => download.failed(),
            }
        }
        self.download.take_if(|download| download.is_over());
    }

    /// Asks for decided blocks, if some are wanted and it is time to.
    fn fetch_blocks(&mut self, hands: &Hands<G>) {
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
                        Some(request) => drop(self.asked.insert(request, (connection, Some(from)))),
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
        if self.answered_heirs(hands, request, result) {
            return;
        }
        let Some((connection, from)) = self.asked.remove(&request) else {
            return;
        };
        let read = result.as_ref().ok();
        match read.and_then(|bytes| sync::read(bytes, from)) {
            Some(Read::Blocks(decisions)) => self.blocks(hands, connection, decisions),
            Some(Read::Snapshot(height, total, part)) => {
                self.part(hands, connection, (height, total, &part));
            }
            read => {
                tracing::debug!(peer = %connection.key, ?read, "nothing from it");
                let gone = read.is_some();
                if !gone && result.is_ok() {
                    self.charge(hands, connection.key, FaultKind::Answer);
                }
                self.peers.answered(connection.key, false);
                match &mut self.fetching {
                    Some(fetching) if gone && from.is_some() => {
                        self.gone |= fetching.denied(connection.peer, clock::mono());
                    }
                    _ => self.failed(&connection, from.is_none()),
                }
            }
        }
        self.fetch(hands);
    }

    /// Somebody has nothing to give, or nothing that holds: the next one is asked.
    fn failed(&mut self, connection: &Connection, snapshot: bool) {
        if snapshot {
            let download = self.download.as_mut();
            let download = download.filter(|download| download.is_from(connection));
            download.into_iter().for_each(Download::failed);
        } else {
            let now = clock::mono();
            let fetching = self.fetching.iter_mut();
            fetching.for_each(|fetching| fetching.failed(now));
        }
    }

    fn blocks(
        &mut self,
        hands: &mut Hands<G>,
        connection: Connection,
        decisions: Vec<(Arc<Block>, DecisionCertificate)>,
    ) {
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
        let (next, now) = (self.engine.height(), clock::mono());
        self.came_of_it(hands, &connection, next > before);
        self.fetching
            .take_if(|fetching| !fetching.advance(next, connection, now));
    }

    /// Notes whether what a peer gave has brought this device further.
    fn came_of_it(&mut self, hands: &mut Hands<G>, connection: &Connection, further: bool) {
        self.peers.answered(connection.key, further);
        if further {
            self.gone = false;
            hands.conduct.thank(connection.key);
        }
    }

    fn part(
        &mut self,
        hands: &mut Hands<G>,
        connection: Connection,
        (height, total, part): (Height, u64, &Blob),
    ) {
        let download = self.download.as_mut();
        let Some(download) = download.filter(|download| download.is_from(&connection)) else {
            return; // too late
        };
        let whole = match download.take(height, total, part) {
            Taken::More => return,
            Taken::Whole(bytes) => codec::decode(&bytes).ok(),
            Taken::False => None,
        };
        let Some(snapshot) = whole else {
            self.charge(hands, connection.key, FaultKind::Answer);
            self.peers.answered(connection.key, false);
            return self.failed(&connection, true);
        };
        let (before, peer) = (self.engine.height(), connection.peer);
        let snapshot = Box::new(snapshot);
        self.handle(hands, Input::Snapshot { peer, snapshot });
        let further = self.engine.height() > before;
        self.came_of_it(hands, &connection, further);
        if further {
            self.download = None;
        } else {
            self.failed(&connection, true);
        }
    }
}

/// Answers a peer's question from the store, or with what this device `said` of a successor.
pub(super) fn give<G: Game>(
    hands: &mut Hands<G>,
    said: Option<&(Digest, Blob)>,
    question: &Bytes,
    answer: Answerer,
) {
    let Ok(question) = codec::decode::<Question>(question) else {
        return;
    };
    match answer_to(hands, said, &question) {
        Ok(bytes) => drop(answer.send(bytes.into())),
        Err(error) => tracing::error!(%error, "cannot read what a peer asks for"),
    }
}

fn answer_to<G: Game>(
    hands: &mut Hands<G>,
    said: Option<&(Digest, Blob)>,
    question: &Question,
) -> Result<Vec<u8>, StoreError> {
    match *question {
        Question::Blocks { from, to } => {
            let decisions = hands.ledger.decisions(from)?;
            Ok(sync::answer(decisions, from, to))
        }
        Question::Heirs { known } => Ok(sync::heirs(said, known)),
        Question::Snapshot { above, part } => {
            let height = part.map(|(height, _)| height);
            let start = part.map_or(0, |(_, start)| start);
            Ok(match hands.ledger.snapshot(above, height)? {
                Some((height, bytes)) => sync::part(height, &bytes, start),
                None => sync::gone(),
            })
        }
    }
}
