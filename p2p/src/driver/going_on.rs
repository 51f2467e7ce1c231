//! A table's thread after a fork: what the others hold of a successor is asked for, what holds is
//! kept, and once enough agree the successor is opened.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use quorate_core::codec::{self, Blob};
use quorate_core::crypto::PublicKey;
use quorate_core::fork::Succession;
use quorate_core::game::Game;
use quorate_core::genesis::SignedGenesis;
use quorate_core::message::Message;
use quorate_core::state::Saved;
use quorate_core::{Digest, Height, Mono, Seats};

use super::playing::Playing;
use super::{Card, Connection, Door, Hands, Role, Running, meta};
use crate::clock;
use crate::heirs::{Branch, CannotGoOn, Heard, Heirs, Part, PartFault};
use crate::limits::{BRANCH_SHOWN, HEIRS_ASK_EVERY};
use crate::link::Link;
use crate::net::{RequestError, RequestId};
use crate::node::OpenError;
use crate::store::StoreError;
use crate::sync::{self, Question};
use crate::table::{Event, FaultKind, Halt, Succeeding};

/// What a successor starts with on this device.
pub(crate) struct Inheritance {
    pub(crate) signed: SignedGenesis,
    pub(crate) carried: Saved,
    /// Where the heirs were found, encoded.
    pub(crate) addresses: BTreeMap<PublicKey, Vec<Vec<u8>>>,
    pub(crate) role: Role,
    /// The link of the halted table.
    pub(crate) before: Link,
}

/// Opens successors on the node; none while the node is shut down.
pub(crate) type Successors<G> =
    Box<dyn Fn(Inheritance) -> Option<Result<Arc<Running<G>>, OpenError>> + Send>;

/// A halted table's way to its successor.
#[derive(Default)]
pub(super) struct GoingOn {
    /// The fork that is gone on from, and what is known of the successor.
    from: Option<(Height, Result<Heirs, CannotGoOn>)>,
    /// What this device says to who asks, and its digest.
    said: Option<(Digest, Blob)>,
    /// Questions under way.
    asked: BTreeMap<RequestId, Connection>,
    /// What each peer said last.
    heard: BTreeMap<PublicKey, Digest>,
    /// When to ask again.
    next: Mono,
    /// Whether something has changed that has to be shown, said or settled.
    changed: bool,
    /// How many proofs the engine had at the last look.
    proofs: usize,
    /// Whether the successor was told of.
    over: bool,
}

impl GoingOn {
    fn heirs(&mut self) -> Option<&mut Heirs> {
        self.from.as_mut()?.1.as_mut().ok()
    }

    /// Whether the game goes on elsewhere, or without this device.
    pub(super) const fn is_over(&self) -> bool {
        self.over
    }

    /// What this device says to who asks.
    pub(super) const fn said(&self) -> Option<&(Digest, Blob)> {
        self.said.as_ref()
    }

    pub(super) fn next_timeout(&self) -> Option<Mono> {
        let asks = matches!(self.from, Some((_, Ok(_)))) && !self.over;
        asks.then_some(self.next)
    }
}

impl<G: Game> Playing<G> {
    /// Follows what the engine finds of forks, and does what follows from what others said.
    pub(super) fn mind_fork(&mut self, hands: &mut Hands<G>) -> Result<(), Halt> {
        let Some(fork) = self.engine.forked_at() else {
            return Ok(());
        };
        let known = self.going_on.from.as_ref();
        if known.is_none_or(|(known, _)| *known != fork) {
            self.begin_to_go_on(hands, fork)?;
        }
        let proofs = self.engine.proofs().count() + self.engine.forks().len();
        if std::mem::replace(&mut self.going_on.proofs, proofs) != proofs {
            self.learn_proofs();
        }
        if !std::mem::take(&mut self.going_on.changed) {
            return Ok(());
        }
        if let Some(heirs) = self.going_on.heirs()
            && let Some(settled) = heirs.settle()
        {
            // Before anything is signed there: this device enters no other.
            hands.ledger.set(meta::SUCCESSOR, settled)?;
        }
        self.say_heirs();
        self.show_heirs(hands);
        self.enter(hands)?;
        Ok(())
    }

    /// Works out what a successor would go on from, with what was said before a restart.
    fn begin_to_go_on(&mut self, hands: &Hands<G>, fork: Height) -> Result<(), Halt> {
        let heirs = self.heirs_of(hands, fork)?;
        if let Err(why) = &heirs {
            tracing::warn!(%why, "cannot go on after the fork");
        }
        self.going_on = GoingOn {
            from: Some((fork, heirs)),
            changed: true,
            ..GoingOn::default()
        };
        self.learn_proofs();
        let without: Option<Seats> = hands.ledger.get(meta::WITHOUT)?;
        if let (Some(heirs), Some(without)) = (self.going_on.heirs(), without) {
            heirs.go_on(without);
        }
        Ok(())
    }

    fn heirs_of(
        &self,
        hands: &Hands<G>,
        fork: Height,
    ) -> Result<Result<Heirs, CannotGoOn>, StoreError> {
        let began_with: Option<Saved> = hands.ledger.get(meta::CARRIED)?;
        let settled: Option<Succession> = hands.ledger.get(meta::SUCCESSOR)?;
        // What is settled stays so, also if a fork below it becomes known.
        let from = settled
            .as_ref()
            .and_then(|one| one.signed.genesis.predecessor.as_ref());
        let fork = from.map_or(fork, |from| from.height.next());
        let branch = Branch::find(&hands.ledger, self.engine.table(), began_with, fork);
        Ok(branch.map(|branch| {
            let scheme = self.engine.table().genesis().signatures;
            let signer = hands.me.secret.signer(scheme);
            let sits = self.wish.is_some() && self.engine.seat().is_some();
            let mut heirs = Heirs::new(branch, signer, sits);
            settled
                .into_iter()
                .for_each(|settled| heirs.resume(settled));
            heirs
        }))
    }

    fn learn_proofs(&mut self) {
        let proofs: Vec<_> = self.engine.proofs().cloned().collect();
        let blames = self.engine.forks().iter().map(|fork| fork.blame().guilty);
        let blames: Vec<_> = blames.collect();
        self.going_on.changed = true;
        if let Some(heirs) = self.going_on.heirs() {
            let blamed = blames
                .iter()
                .flat_map(|guilty| guilty.iter().map(|(_, proof)| proof));
            heirs.learn(proofs.iter().map(|proof| &**proof).chain(blamed));
        }
    }

    /// The player wants to go on without these seats.
    pub(super) fn go_on(&mut self, hands: &mut Hands<G>, without: Seats) -> Result<(), CannotGoOn> {
        let heirs = match &mut self.going_on.from {
            None => return Err(CannotGoOn::NotForked),
            Some((_, Err(why))) => return Err(why.clone()),
            Some((_, Ok(heirs))) => heirs,
        };
        heirs.may_go_on(without)?;
        let without = heirs.go_on(without);
        // On disk before it is said: a restart must not give up fewer.
        hands.ledger.set(meta::WITHOUT, &without)?;
        self.going_on.changed = true;
        Ok(())
    }

    fn say_heirs(&mut self) {
        let part = self.going_on.heirs().and_then(|heirs| heirs.part());
        self.going_on.said = part.map(|part| {
            // Invariant: signatures, proofs and a genesis always encode.
            let bytes = codec::encode(&part).expect("a part always encodes");
            (digest(&bytes), bytes.into())
        });
    }

    fn show_heirs(&self, hands: &Hands<G>) {
        let Some((_, heirs)) = &self.going_on.from else {
            return;
        };
        let now = heirs.as_ref().map(Heirs::progress).map_err(Clone::clone);
        let before = hands
            .shared
            .update(|board| std::mem::replace(&mut board.succeeding, now.clone()));
        let Ok(now) = now else { return };
        let (agreed, needed) = (now.agreed, now.needed);
        let same = |before: Succeeding| (before.agreed, before.without) == (agreed, now.without);
        if !agreed.is_empty() && !before.is_ok_and(same) {
            hands.shared.tell(Event::Agreed { agreed, needed });
        }
    }

    /// Opens the successor, if it is settled and this device has a seat there.
    fn enter(&mut self, hands: &Hands<G>) -> Result<(), Halt> {
        if self.going_on.over {
            return Ok(());
        }
        let Some(heirs) = self.going_on.heirs() else {
            return Ok(());
        };
        let Some(settled) = heirs.settled().cloned() else {
            return Ok(());
        };
        let seated = heirs.inherits();
        let (table, carried) = (
            settled.signed.genesis.table(),
            heirs.branch().carried.clone(),
        );
        if seated {
            let card: Option<Card> = hands.ledger.get(meta::CARD)?;
            let role = card.map_or(Role::Guest, |card| card.role.of_heir());
            let inheritance = Inheritance {
                signed: settled.signed,
                carried,
                addresses: self.known(hands),
                role,
                before: hands.shared.read(|board| board.link.clone()),
            };
            match (hands.successors)(inheritance) {
                Some(Ok(running)) => {
                    hands.shared.update(|board| board.successor = Some(running));
                }
                Some(Err(why)) => {
                    tracing::error!(%why, "cannot open the successor yet");
                    return Ok(()); // tried again with the next question
                }
                None => return Ok(()), // the next start of the node does
            }
        }
        tracing::info!(%table, seated, "the table has a successor");
        self.going_on.over = true;
        hands.shared.tell(Event::Succeeded { table, seated });
        Ok(())
    }

    /// Asks the others what they hold, if it is time to.
    pub(super) fn ask_heirs(&mut self, hands: &Hands<G>) {
        let now = clock::mono();
        let due = self.going_on.next_timeout().is_some_and(|due| due <= now);
        if !due || self.paused {
            return;
        }
        let going_on = &mut self.going_on;
        going_on.next = now.after(HEIRS_ASK_EVERY);
        let Some(heirs) = going_on.heirs() else {
            return;
        };
        let (roster, guilty) = (Arc::clone(&heirs.branch().roster), heirs.guilty());
        let settled = heirs.settled().is_some();
        going_on.changed |= settled; // it could not be opened before
        for connection in self.peers.at(Door::Table) {
            let seat = roster.seat_of(&connection.key);
            let waits = going_on
                .asked
                .values()
                .any(|asked| asked.key == connection.key);
            if waits || seat.is_none_or(|seat| guilty.contains(seat)) {
                continue;
            }
            let known = going_on.heard.get(&connection.key).copied();
            let request = hands.line.ask(connection, &Question::Heirs { known });
            let asked = request.map(|request| (request, *connection));
            going_on.asked.extend(asked);
        }
    }

    /// Takes an answer, if the question was about a successor.
    pub(super) fn answered_heirs(
        &mut self,
        hands: &mut Hands<G>,
        request: RequestId,
        result: &Result<Bytes, RequestError>,
    ) -> bool {
        let Some(connection) = self.going_on.asked.remove(&request) else {
            return false;
        };
        let Ok(bytes) = result else { return true };
        match sync::read_heirs(bytes) {
            Some(Some(part)) => self.heard_part(hands, &connection, &part),
            Some(None) => {}
            None => self.charge(hands, connection.key, FaultKind::Answer),
        }
        true
    }

    fn heard_part(&mut self, hands: &mut Hands<G>, from: &Connection, bytes: &Blob) {
        let going_on = &mut self.going_on;
        let Some(heirs) = going_on.heirs() else {
            return;
        };
        let Some(seat) = heirs.branch().roster.seat_of(&from.key) else {
            return;
        };
        let part: Result<Part, _> = codec::decode(bytes);
        let part = part.map_err(|_| PartFault::Malformed);
        match part.and_then(|part| heirs.hear(seat, part)) {
            Ok(Heard::Taken) => {
                going_on.heard.insert(from.key, digest(bytes));
                going_on.changed = true;
            }
            Ok(Heard::Elsewhere) => self.show_branch(hands, from),
            Err(fault) => {
                going_on.heard.insert(from.key, digest(bytes)); // the same is not looked at again
                self.charge(hands, from.key, fault.into());
            }
        }
    }

    /// Shows a device that goes on from elsewhere what was decided here, and the own fork: one of
    /// the two learns of a fork below the one it knows, and both come to the lowest.
    fn show_branch(&mut self, hands: &Hands<G>, to: &Connection) {
        let Some((fork, _)) = self.going_on.from else {
            return;
        };
        let lowest = Height(fork.0.saturating_sub(BRANCH_SHOWN).max(1));
        let stored = hands.ledger.decisions(lowest).unwrap_or_default();
        let stored = stored.iter().filter(|decision| decision.height <= fork);
        let ours = stored.filter_map(|decision| codec::decode(&decision.certificate).ok());
        let forks = self.engine.forks().iter();
        let theirs = forks.filter(|held| held.height() == fork);
        let theirs = theirs.map(|held| held.theirs.clone());
        for certificate in theirs.chain(ours) {
            let message = Message::Decided(certificate);
            // Invariant: a certificate holds integers and bytes, which always encode.
            let bytes = codec::encode(&message).expect("a certificate always encodes");
            hands.line.send(to, message.lane(), &bytes.into());
        }
    }
}

fn digest(part: &[u8]) -> Digest {
    Digest::of_bytes("heirs", part)
}
