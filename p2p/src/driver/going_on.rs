//! A table's thread after a fork: what the others hold of a successor is asked for, what holds is
//! kept, and once enough agree the successor is opened.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use quorate_core::codec::{self, Blob};
use quorate_core::crypto::PublicKey;
use quorate_core::engine::Input;
use quorate_core::evidence::Evidence;
use quorate_core::fork::{Fork, Succession};
use quorate_core::game::Game;
use quorate_core::genesis::SignedGenesis;
use quorate_core::message::Message;
use quorate_core::state::Saved;
use quorate_core::{Digest, Height, Mono, PerSeat, Seats};

use super::playing::Playing;
use super::{Card, Connection, Door, Hands, Role, Running, meta};
use crate::clock;
use crate::heirs::{Branch, CannotGoOn, Heard, Heirs, Part, PartFault};
use crate::limits::{BRANCH_SHOWN_EVERY, HEIRS_ASK_EVERY};
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
    /// How many proofs are on disk.
    proven: usize,
    /// Which fork each peer was shown that goes on from elsewhere, and when it may be again.
    shown: BTreeMap<PublicKey, (Height, Mono)>,
    /// Whether the successor was told of.
    over: bool,
}

impl GoingOn {
    fn heirs(&mut self) -> Option<&mut Heirs> {
        self.from.as_mut()?.1.as_mut().ok()
    }

    /// Who has a say in the successor: nobody before a fork.
    pub(super) fn speakers(&self) -> impl Iterator<Item = PublicKey> {
        let heirs = self
            .from
            .iter()
            .filter_map(|(_, heirs)| heirs.as_ref().ok());
        heirs.flat_map(Heirs::speakers)
    }

    /// Whether the game goes on elsewhere, or without this device.
    pub(super) const fn is_over(&self) -> bool {
        self.over
    }

    /// What this device says to who asks.
    pub(super) const fn said(&self) -> Option<&(Digest, Blob)> {
        self.said.as_ref()
    }

    /// Whether a peer may be shown what is known of a fork; notes that it is.
    fn may_show(&mut self, to: PublicKey, fork: Height, now: Mono) -> bool {
        let shown = self.shown.get(&to);
        let lately = shown.is_some_and(|(shown, again)| *shown == fork && now < *again);
        if !lately {
            let again = now.after(BRANCH_SHOWN_EVERY);
            self.shown.insert(to, (fork, again));
        }
        !lately
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
        match &mut self.going_on.from {
            Some((known, _)) if *known == fork => {}
            // What is settled stays so, also if a fork below it becomes known.
            Some((known, Ok(heirs))) if heirs.settled().is_some() => *known = fork,
            _ => self.begin_to_go_on(hands, fork)?,
        }
        let proofs = self.engine.proofs().count() + self.engine.forks().len();
        if std::mem::replace(&mut self.going_on.proofs, proofs) != proofs {
            self.learn_proofs();
        }
        if !std::mem::take(&mut self.going_on.changed) {
            return Ok(());
        }
        self.write_down(hands)?;
        self.open_doors(hands); // who lost its seat above the fork has a say again
        self.say_heirs();
        self.show_heirs(hands);
        self.enter(hands)?;
        Ok(())
    }

    /// Writes down what must be on disk before anything is said or signed that follows from it.
    fn write_down(&mut self, hands: &mut Hands<G>) -> Result<(), StoreError> {
        let known = self.going_on.proven;
        let Some(heirs) = self.going_on.heirs() else {
            return Ok(());
        };
        // A restart must not count on those again who are left out for what they did.
        let proven = heirs.proofs().len();
        if proven > known {
            hands.ledger.set(meta::PROVEN, heirs.proofs())?;
        }
        if let Some(settled) = heirs.settle() {
            hands.ledger.set(meta::SUCCESSOR, settled)?; // this device enters no other
        }
        self.going_on.proven = proven.max(known);
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
        let proven: Option<PerSeat<Evidence>> = hands.ledger.get(meta::PROVEN)?;
        let proven = proven.unwrap_or_default();
        self.going_on.proven = proven.len();
        if let Some(heirs) = self.going_on.heirs() {
            heirs.learn(proven.iter().map(|(_, proof)| proof));
        }
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
        let settled: Option<Succession> = hands.ledger.get(meta::SUCCESSOR)?;
        // What is settled stays so, also if a fork below it becomes known.
        let from = settled
            .as_ref()
            .and_then(|one| one.signed.genesis.predecessor.as_ref());
        let fork = from.map_or(fork, |from| from.height.next());
        let branch = self.branch(hands, fork)?;
        Ok(branch.map(|branch| {
            let scheme = self.engine.table().genesis().signatures;
            let signer = hands.me.secret.signer(scheme);
            // Who lost its seat in what is given up has it again.
            let mut heirs = Heirs::new(branch, signer, self.wish.is_some());
            settled
                .into_iter()
                .for_each(|settled| heirs.resume(settled));
            heirs
        }))
    }

    /// Where the table can go on from, below a fork at this height.
    fn branch(
        &self,
        hands: &Hands<G>,
        fork: Height,
    ) -> Result<Result<Branch, CannotGoOn>, StoreError> {
        let began_with: Option<Saved> = hands.ledger.get(meta::CARRIED)?;
        let table = self.engine.table();
        Ok(Branch::find(&hands.ledger, table, began_with, fork))
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
        // On disk before it is signed and said: a restart must not give up fewer.
        hands.ledger.set(meta::WITHOUT, &heirs.given_up(without))?;
        heirs.go_on(without);
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
        let settled = heirs.settled().is_some();
        let at = self.peers.at(Door::Table);
        let speakers: Vec<_> = at.filter(|at| heirs.speaker(at.key).is_some()).collect();
        going_on.changed |= settled; // it could not be opened before
        for connection in speakers {
            let waits = going_on
                .asked
                .values()
                .any(|asked| asked.key == connection.key);
            if waits {
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
        let heard = Part::read(bytes).and_then(|part| heirs.hear(from.key, part));
        let heard = match heard {
            Ok(Heard::Elsewhere(part)) if heirs.is_bound_by(from.key, &part) => {
                self.follow(hands, *part)
            }
            // Asked again, for nothing of it is kept.
            Ok(Heard::Elsewhere(_)) => return self.show_branch(hands, from),
            heard => heard,
        };
        let going_on = &mut self.going_on;
        going_on.heard.insert(from.key, digest(bytes)); // the same is not looked at again
        match heard {
            Ok(heard) => going_on.changed |= heard == Heard::Taken,
            Err(fault) => self.charge(hands, from.key, fault.into()),
        }
    }

    /// Enters a successor that this device signed before it heard of a lower fork.
    fn follow(&mut self, hands: &Hands<G>, part: Part) -> Result<Heard, PartFault> {
        let predecessor = part.succession.signed.genesis.predecessor.as_ref();
        let above = predecessor.map_or(Height(0), |from| from.height).next();
        match (self.branch(hands, above), self.going_on.heirs()) {
            (Ok(Ok(branch)), Some(heirs)) => {
                heirs.follow(branch, part)?;
                Ok(Heard::Taken)
            }
            (found, _) => {
                tracing::error!(?found, "cannot go on from where this device signed");
                Ok(Heard::Passed)
            }
        }
    }

    /// Shows a device that goes on from elsewhere what was decided here, and the own fork: one of
    /// the two learns of a fork below the one it knows, and both come to the lowest.
    fn show_branch(&mut self, hands: &Hands<G>, to: &Connection) {
        let Some((fork, _)) = self.going_on.from else {
            return;
        };
        if !self.going_on.may_show(to.key, fork, clock::mono()) {
            return;
        }
        let ours =
            Branch::landmarks(fork).filter_map(|height| hands.ledger.certificate(height).ok()?);
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

    /// Compares decisions of long ago that somebody showed with those on disk.
    pub(super) fn compare(&mut self, hands: &mut Hands<G>) -> Result<(), StoreError> {
        for theirs in std::mem::take(&mut self.shown_decisions) {
            let ours = hands.ledger.certificate(theirs.0.height)?;
            let other = ours.filter(|ours| ours.0.digest != theirs.0.digest);
            if let Some(ours) = other {
                let fork = Box::new(Fork { ours, theirs });
                self.handle(hands, Input::Forked(fork));
            }
        }
        Ok(())
    }
}

fn digest(part: &[u8]) -> Digest {
    Digest::of_bytes("heirs", part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_is_shown_again_after_a_while_and_at_once_if_it_is_another() {
        let mut going_on = GoingOn::default();
        let [ann, bob] = [1, 2].map(|byte| PublicKey::from_bytes([byte; 32]));
        let now = Mono::default();
        assert!(going_on.may_show(ann, Height(9), now));
        assert!(!going_on.may_show(ann, Height(9), now));
        assert!(going_on.may_show(bob, Height(9), now));
        assert!(going_on.may_show(ann, Height(5), now));
        assert!(going_on.may_show(ann, Height(5), now.after(BRANCH_SHOWN_EVERY)));
    }
}
