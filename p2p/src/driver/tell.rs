//! What a table's thread tells the readers of events.

use std::sync::Arc;

use quorate_core::engine::{self, Decided};
use quorate_core::game::{Cause, Game};
use quorate_core::message::{Peer, Vote};
use quorate_core::roster::Roster;
use quorate_core::snapshot::Anchor;
use quorate_core::{Height, Mono};

use super::Hands;
use super::playing::Playing;
use crate::clock;
use crate::limits::{TRACE_VOTES, TRACES};
use crate::table::{Board, DiceWatch, Event, Trace, Voted};

impl<G: Game> Playing<G> {
    pub(super) fn tell(&mut self, hands: &mut Hands<G>, event: engine::Event<G>) {
        self.mind_conduct(hands, &event);
        let shared = &hands.shared;
        match event {
            engine::Event::Decided(decided) => self.decided(hands, decided),
            engine::Event::Voted(vote) => self.voted(hands, &vote),
            engine::Event::Revealed { roll, seat } => {
                shared.update(|board| {
                    let open = board.roll.as_mut().filter(|open| open.roll == roll);
                    open.map(|open| open.opened.insert(seat))
                });
                shared.tell(Event::Opened { roll, seat });
            }
            engine::Event::RoundChanged { height, round } => {
                tracing::info!(%height, %round, "gave up a round");
                shared.tell(Event::RoundChanged { height, round });
            }
            engine::Event::Guilty { evidence, offence } => {
                let seat = evidence.seat();
                tracing::warn!(%seat, %offence, "proven guilty");
                self.show_proofs(hands);
                hands.shared.tell(Event::Guilty { seat, offence });
            }
            engine::Event::Forked { fork, halts } => {
                let height = fork.height();
                self.show_proofs(hands);
                hands.shared.tell(Event::Forked { height, halts });
            }
            engine::Event::Fault { peer, fault } => self.blame(hands, peer, fault),
            engine::Event::Epoch { epoch, seat, .. } => self.follow_roster(hands, epoch, seat),
            engine::Event::Stalled { absent } => shared.tell(Event::Stalled { absent }),
            engine::Event::Claimed { signed } => shared.tell(Event::Claimed { signed }),
            engine::Event::EntryRefused { seat, why } => {
                let roster = self.engine.table().roster();
                let name = roster.holder(seat).map(|holder| holder.name.as_str());
                tracing::warn!(%seat, name, %why, "refused what a seat submitted");
                shared.tell(Event::Refused { seat, why });
            }
            engine::Event::Present { seats } => shared.tell(Event::Present { seats }),
            event => self.tell_of_history(hands, &event),
        }
    }

    /// Tells what becomes of a device that lacks decisions, or has lost what it did.
    fn tell_of_history(&mut self, hands: &mut Hands<G>, event: &engine::Event<G>) {
        let shared = &hands.shared;
        match *event {
            engine::Event::CatchingUp { height, target } => {
                shared.tell(Event::CatchingUp { height, target });
            }
            engine::Event::Adopted { from, height, .. } => {
                tracing::info!(%from, %height, "went on from a snapshot");
                self.dice = DiceWatch::default();
                if let Some(found) = self.engine.checkpoint() {
                    self.follow_table(hands, found);
                }
                hands.shared.tell(Event::Adopted { from, height });
            }
            engine::Event::LinkStale { known, needed } => {
                tracing::warn!(
                    known,
                    needed,
                    "too few of those at the table are known here"
                );
                shared.tell(Event::LinkStale { known, needed });
            }
            engine::Event::RolledBack { height, round } => {
                tracing::error!(%height, %round, "this device has lost what it signed");
                let epoch = self.engine.table().epoch();
                self.follow_roster(hands, epoch, None);
                hands.shared.tell(Event::RolledBack { height });
            }
            engine::Event::Halted(ref halted) => {
                tracing::error!(height = %self.engine.height(), %halted, "halted");
            }
            _ => {}
        }
    }

    /// Charges whoever brought what cannot be; a false answer counts against it as a source.
    fn blame(&mut self, hands: &mut Hands<G>, peer: Peer, fault: engine::Fault) {
        let connection = self.peers.by_peer(peer);
        let answer = matches!(
            fault,
            engine::Fault::Decision(_) | engine::Fault::Snapshot { .. }
        );
        if let Some(connection) = connection.filter(|_| answer) {
            self.peers.answered(connection.key, false);
        }
        let key = connection.map(|connection| connection.key);
        self.fault(hands, key, fault.into());
    }

    fn decided(&mut self, hands: &mut Hands<G>, decided: Decided<G>) {
        let table = self.engine.table().table();
        let roster = self.roster_of(decided.height);
        tracing::debug!(%table, height = %decided.height, round = %decided.round, "decided");
        self.dice.read(&decided.block, &roster);
        let rolled = decided
            .happened
            .iter()
            .find_map(|happened| match &happened.cause {
                Cause::Rolled(roll) => Some(roll),
                _ => None,
            });
        let proof = rolled.and_then(|roll| self.dice.proof(table, roll));
        let leaders = self.leaders_of(decided.height);
        let leader = leaders.leader(decided.round);
        hands.shared.update(|board| {
            if proof.is_some() {
                board.last_roll = proof;
            }
            let trace = board.trace(decided.height, decided.at);
            trace.decided = Some(decided.at);
            trace.digest = Some(decided.block.digest());
            (trace.round, trace.leader) = (decided.round, Some(leader));
            trace.signers = decided.signers;
        });
        let (height, digest) = (decided.height, decided.block.digest());
        self.follow_table(hands, Anchor { height, digest });
        let decided = Arc::new(decided);
        hands.shared.tell(Event::Decided(Arc::clone(&decided)));
        for happened in &decided.happened {
            hands.shared.tell(Event::Happened {
                height,
                happened: happened.clone(),
            });
        }
        for news in &decided.news {
            let news = news.clone();
            hands.shared.tell(Event::Motion { height, news });
        }
        self.asked_to_roll(hands, height);
    }

    /// Tells that a roll begins, if the block just decided asked for it.
    fn asked_to_roll(&self, hands: &Hands<G>, height: Height) {
        let open = self
            .engine
            .table()
            .rolling()
            .filter(|roll| roll.id == height);
        if let Some(roll) = open {
            let (roll, contributors) = (roll.id, roll.contributors);
            hands.shared.tell(Event::Rolling { roll, contributors });
        }
    }

    /// The leaders of the last decided height, or of the next.
    fn leaders_of(&self, height: Height) -> &quorate_core::schedule::Leaders {
        let table = self.engine.table();
        if height <= table.height() {
            table.sleep().led()
        } else {
            table.leaders()
        }
    }

    /// Who decided `height`, or decides it; for heights out of sight, who decides now.
    fn roster_of(&self, height: Height) -> Arc<Roster> {
        let table = self.engine.table();
        let known = table.roster_at(height).map(|(_, roster)| roster);
        Arc::clone(known.unwrap_or(table.roster()))
    }

    fn voted(&self, hands: &Hands<G>, vote: &Vote) {
        let at = clock::mono();
        let leader = self.leaders_of(vote.height).leader(vote.round);
        let voted = Voted {
            seat: vote.seat,
            kind: vote.kind,
            round: vote.round,
            nil: vote.digest.is_none(),
            at,
        };
        hands.shared.update(|board| {
            let trace = board.trace(vote.height, at);
            if trace.decided.is_none() && vote.round >= trace.round {
                (trace.round, trace.leader) = (vote.round, Some(leader));
            }
            if trace.votes.len() < TRACE_VOTES {
                trace.votes.push(voted);
            }
        });
    }
}

impl<G: Game> Board<G> {
    /// The trace of `height`, which begins now if there is none.
    fn trace(&mut self, height: Height, now: Mono) -> &mut Trace {
        let known = self.traces.iter().position(|trace| trace.height == height);
        let index = known.unwrap_or_else(|| {
            if self.traces.len() > TRACES {
                self.traces.pop_front();
            }
            self.traces.push_back(Trace::new(height, now));
            self.traces.len() - 1
        });
        &mut self.traces[index]
    }
}
