//! What a table's thread makes of misbehaviour: proofs to show, reputations to note, and, for
//! demos, misbehaviour of its own.

use quorate_core::Digest;
use quorate_core::crypto::PublicKey;
use quorate_core::engine::{self, Suspect};
use quorate_core::evidence::{self, Evidence};
use quorate_core::fork::{self, Fork};
use quorate_core::game::Game;
use quorate_core::message::{Message, Unsigned, Vote, VoteKind};
use quorate_core::reputation::Detection;

use super::playing::Playing;
use super::{Door, Hands};

impl<G: Game> Playing<G> {
    /// Shows the proofs that the journal and the chain hold.
    pub(super) fn show_proofs(&self, hands: &Hands<G>) {
        let proofs: Vec<_> = self.engine.proofs().collect();
        let proofs = proofs.into_iter().filter_map(|proof| self.exported(proof));
        let proofs: Vec<_> = proofs.collect();
        let forks = self.engine.forks().iter();
        let forks: Vec<_> = forks.filter_map(|fork| self.exported_fork(fork)).collect();
        hands.shared.update(|board| {
            (board.proofs, board.forks) = (proofs, forks);
        });
    }

    /// A proof as a document for strangers.
    fn exported(&self, proof: &Evidence) -> Option<evidence::Exported> {
        let (_, court) = self.engine.table().court(proof.height())?;
        let holder = court.roster.holder(proof.seat())?;
        let genesis = &self.signed.genesis;
        Some(evidence::Exported::new(proof, genesis, holder))
    }

    fn exported_fork(&self, fork: &Fork) -> Option<fork::Exported> {
        let (_, court) = self.engine.table().court(fork.height())?;
        let genesis = &self.signed.genesis;
        Some(fork::Exported::new(fork, genesis, court.roster))
    }

    /// Notes what an event says of somebody's conduct.
    pub(super) fn mind_conduct(&mut self, hands: &mut Hands<G>, event: &engine::Event<G>) {
        let Some((suspect, what)) = event.detection() else {
            return;
        };
        let key = match suspect {
            Suspect::Peer(peer) => self.peers.by_peer(peer).map(|connection| connection.key),
            Suspect::Seat(seat) => {
                let table = self.engine.table();
                let roster = match event {
                    // Whoever held the seat then, which somebody else may hold now.
                    engine::Event::Guilty { evidence, .. } => table
                        .court(evidence.height())
                        .map(|(_, court)| court.roster),
                    _ => Some(&**table.roster()),
                };
                let holder = roster.and_then(|roster| roster.holder(seat));
                holder.map(|holder| holder.key)
            }
        };
        if let Some(key) = key {
            self.note_conduct(hands, key, what);
        }
    }

    /// Notes what `key` did. A ban closes the invitation's door to it; a seat keeps its own.
    pub(super) fn note_conduct(&mut self, hands: &mut Hands<G>, key: PublicKey, what: Detection) {
        if key != hands.key() && hands.conduct.note(key, what) {
            tracing::warn!(peer = %key, ?what, "shut out");
            self.down(hands, Door::Invite, key);
        }
    }

    /// Signs two different votes where an honest seat signs one, and sends them to everybody.
    pub(super) fn contradict(&self, hands: &Hands<G>) {
        let Some(seat) = self.engine.seat() else {
            return;
        };
        let table = self.engine.table();
        let signer = hands.me.secret.signer(table.genesis().signatures);
        for what in ["one thing", "another"] {
            let unsigned = Unsigned {
                kind: VoteKind::Commit,
                table: table.table(),
                epoch: table.epoch(),
                height: self.engine.height(),
                round: self.engine.round(),
                digest: Some(Digest::of_bytes("contradiction", what.as_bytes())),
            };
            let vote = Message::Vote(Vote::sign(unsigned, seat, &*signer));
            // Invariant: a vote holds integers and digests, which always encode.
            let bytes = quorate_core::codec::encode(&vote).expect("a vote always encodes");
            hands.line.broadcast(vote.lane(), bytes.into());
        }
    }
}
