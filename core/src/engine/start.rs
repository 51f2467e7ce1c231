//! Starting: from a signed genesis and what the journal holds.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::Engine;
use super::amnesia::rests_on;
use super::checkpoints::Checkpoints;
use super::claims::Stalled;
use super::clocks::DeadlineClocks;
use super::conduct::Conduct;
use super::docket::Docket;
use super::operations::Operations;
use super::outbox::Outbox;
use super::pace::Stopwatch;
use super::peers::Peers;
use super::pool::Pool;
use super::secrets::Secretary;
use super::submit::Submissions;
use crate::certificate::{Checker, DecisionCertificate};
use crate::codec;
use crate::consensus::Pace;
use crate::crypto::{Scheme, SeatKeys, Signature, Signer, Verifier};
use crate::digest::Digest;
use crate::game::Game;
use crate::genesis::{Genesis, GenesisError, SignedGenesis};
use crate::journal::{Corrupt, Journal, Record};
use crate::message::{Block, RoundChange, Statement, Vote};
use crate::seat::{Seat, Seats};
use crate::snapshot::Anchor;
use crate::state::Saved;
use crate::table::{CarryError, TableState};
use crate::time::{Height, Now};

/// What an engine starts from.
pub struct Setup<G: Game> {
    /// The rules with their options.
    pub game: Arc<G>,
    /// Digest of how this build's rules behave ([`fingerprint`](crate::check::fingerprint)).
    pub fingerprint: Digest,
    /// What every seat agreed to.
    pub genesis: SignedGenesis,
    /// Signs for this device's seat; none for a watcher. A key without a seat watches too, until
    /// the table admits it: then it sits down by itself.
    pub signer: Option<Arc<dyn Signer>>,
    /// Checks signatures.
    pub verifier: Arc<dyn Verifier>,
    /// Secret random bytes, fresh at every start; the dice secrets derive from them.
    pub entropy: [u8; 32],
    /// A decision that the link vouches for, so that whoever holds no seat can go on from its
    /// snapshot however much the roster has changed; none where nobody is trusted so far.
    pub anchor: Option<Anchor>,
}

/// Why an engine does not start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A genesis that no table can start from.
    #[error("genesis: {0}")]
    Genesis(#[from] GenesisError),
    /// Seats whose genesis signature is missing or false.
    #[error("seats {0:?} have not signed the genesis")]
    Unsigned(Seats),
    /// The table plays another game, version or options.
    #[error("the table plays {theirs}, this build has {ours}")]
    OtherGame {
        /// Name and version in the genesis.
        theirs: String,
        /// Name and version here.
        ours: String,
    },
    /// The table's rules behave differently from this build's.
    #[error("the table's rules behave differently: their fingerprint is {theirs}, ours {ours}")]
    OtherRules {
        /// Fingerprint in the genesis.
        theirs: Digest,
        /// Fingerprint here.
        ours: Digest,
    },
    /// A signer for tables that sign in another way.
    #[error("the table signs with {theirs}, this device's signer with {ours}")]
    OtherScheme {
        /// How the table signs.
        theirs: Scheme,
        /// How the signer does.
        ours: Scheme,
    },
    /// A successor without the game it takes over.
    #[error("the game to go on with: {0}")]
    Carried(#[from] CarryError),
    /// A journal that cannot be trusted.
    #[error("journal: {0}")]
    Corrupt(#[from] Corrupt),
}

impl<G: Game> Engine<G> {
    /// Starts from `setup`, taking up what `journal` holds; an empty journal is a fresh start.
    ///
    /// # Errors
    /// [`StartError`] if the genesis, the rules, the key or the journal does not fit.
    pub fn new(setup: Setup<G>, journal: Journal, now: Now) -> Result<Self, StartError> {
        Self::start(setup, None, journal, now)
    }

    /// Starts a successor, which goes on with the game that `carried` holds.
    ///
    /// # Errors
    /// [`StartError`] as for [`new`](Self::new), and if that is not the game everybody signed.
    pub fn succeed(
        setup: Setup<G>,
        carried: Saved,
        journal: Journal,
        now: Now,
    ) -> Result<Self, StartError> {
        Self::start(setup, Some(carried), journal, now)
    }

    fn start(
        setup: Setup<G>,
        carried: Option<Saved>,
        journal: Journal,
        now: Now,
    ) -> Result<Self, StartError> {
        may_start(&setup)?;
        let Setup {
            game,
            genesis: signed,
            signer,
            verifier,
            entropy,
            anchor,
            ..
        } = setup;
        let table = first_state(signed.genesis, game, carried)?;
        let me = seat_of(&table, signer.as_deref());
        let mut engine = Self {
            consensus: Self::begin_consensus(&table, me, &Pace::default()),
            table,
            me,
            signer,
            checker: Checker::new(verifier),
            tried: BTreeMap::new(),
            parents: BTreeMap::new(),
            journalled: Vec::new(),
            pool: Pool::default(),
            clocks: DeadlineClocks::default(),
            peers: Peers::default(),
            present: Seats::NONE,
            recent: VecDeque::new(),
            ahead: Vec::new(),
            secretary: Secretary::new(entropy),
            docket: Docket::default(),
            conduct: Conduct::default(),
            forks: Vec::new(),
            submissions: Submissions::default(),
            operations: Operations::default(),
            stalled: Stalled::default(),
            attentive: true,
            outbox: Outbox::new(),
            now,
            stopwatch: Stopwatch::default(),
            began: now.mono,
            stirred: None,
            shown: None,
            changed: true,
            fetched: None,
            clock_wrong: false,
            halted: None,
            signed: None,
            rolled_back: false,
            checkpoints: Checkpoints::trusting(anchor),
        };
        engine.replay(journal)?;
        engine.crank();
        Ok(engine)
    }

    fn replay(&mut self, journal: Journal) -> Result<(), Corrupt> {
        // The seat's own disk is trusted: its decisions were verified before they were written.
        let mut trusting = Checker::new(Arc::new(Trusting));
        if let Some(snapshot) = &journal.snapshot {
            self.replay_snapshot(snapshot)?;
        }
        for (block, certificate) in journal.decisions {
            if block.height <= self.table.height() {
                continue; // the snapshot covers it
            }
            self.replay_decision(&block, certificate, &mut trusting)?;
        }
        for record in journal.records {
            self.replay_record(record)?;
        }
        self.forget_secrets();
        self.pool.prune(&self.table);
        self.mend_operations();
        Ok(())
    }

    fn replay_decision(
        &mut self,
        block: &Arc<Block>,
        certificate: DecisionCertificate,
        trusting: &mut Checker,
    ) -> Result<(), Corrupt> {
        let (wanted, found) = (self.height(), block.height);
        if wanted != found {
            return Err(Corrupt::Gap { wanted, found });
        }
        let refused = |why| Corrupt::Decision { height: found, why };
        if block.digest() != certificate.0.digest {
            return Err(refused("the certificate is for another block".to_owned()));
        }
        let applied = self
            .table
            .apply(block, trusting)
            .map_err(|why| refused(why.to_string()))?;
        self.begin_height(applied.state, Arc::clone(block), certificate);
        self.file_decided(block);
        Ok(())
    }

    fn replay_record(&mut self, record: Record) -> Result<(), Corrupt> {
        // What this device wrote down itself has nobody to be charged.
        let _ = self.observe(rests_on(&record));
        let current = |height: Height| height == self.height();
        match record {
            Record::Secrets { counter, seed } => self.secretary.resume(counter, seed),
            Record::Sealed { turn, action } => self.secretary.resume_seal(turn, action),
            Record::Entry(entry) => self.replay_entry(entry),
            Record::Evidence(evidence) => self.replay_evidence(&evidence)?,
            Record::Fork(fork) => self.replay_fork(*fork)?,
            Record::Proposal { proposal, block } if current(block.height) => {
                self.own(&proposal.vote)?;
                self.journalled.push(block.digest());
                self.consensus
                    .dossier_mut()
                    .resume_proposal(proposal, block);
            }
            Record::Prepare { vote, block } if current(vote.height) => {
                self.own(&vote)?;
                self.journalled.extend(block.as_ref().and(vote.digest));
                self.consensus.dossier_mut().resume_vote(vote, block);
            }
            Record::Commit {
                vote,
                certificate,
                block,
            } if current(vote.height) => {
                self.own(&vote)?;
                self.journalled.extend(block.as_ref().and(vote.digest));
                let dossier = self.consensus.dossier_mut();
                certificate
                    .into_iter()
                    .for_each(|held| dossier.resume_certificate(held));
                dossier.resume_vote(vote, block);
            }
            Record::RoundChange { change, claim } if current(change.height) => {
                self.own_change(&change)?;
                let dossier = self.consensus.dossier_mut();
                claim
                    .into_iter()
                    .for_each(|claim| dossier.resume_certificate(claim));
                self.consensus.resume_change(change);
            }
            Record::RoundOver(over) if current(over.height) => {
                self.consensus.resume_round_over(over);
            }
            Record::RoundOver(over) => self.past(over.height)?,
            Record::Proposal { block, .. } => self.past(block.height)?,
            Record::Prepare { vote, .. } | Record::Commit { vote, .. } => self.past(vote.height)?,
            Record::RoundChange { change, .. } => self.past(change.height)?,
            Record::RolledBack(_) => self.lay_down(),
            Record::Snapshot(snapshot) => {
                return Err(Corrupt::Contradiction(snapshot.height()));
            }
            Record::Decision { block, .. } => {
                return Err(Corrupt::Contradiction(block.height));
            }
        }
        Ok(())
    }

    /// A record of a decided height is no longer needed; one of a height that is not reached
    /// cannot have been written.
    fn past(&self, height: Height) -> Result<(), Corrupt> {
        if height < self.height() {
            Ok(())
        } else {
            Err(Corrupt::Contradiction(height))
        }
    }

    fn own(&mut self, vote: &Vote) -> Result<(), Corrupt> {
        self.note_signed(&Statement::Vote(vote.clone()));
        let slot_free = self.consensus.dossier().slot_allows(vote);
        self.own_signature(
            vote.seat,
            &vote.bytes(self.table.table()),
            &vote.signature,
            vote.height,
        )?;
        if slot_free {
            Ok(())
        } else {
            Err(Corrupt::Contradiction(vote.height))
        }
    }

    fn own_change(&mut self, change: &RoundChange) -> Result<(), Corrupt> {
        self.note_signed(&Statement::RoundChange(change.clone()));
        let bytes = change.bytes(self.table.table());
        self.own_signature(change.seat, &bytes, &change.signature, change.height)
    }

    fn own_signature(
        &mut self,
        seat: Seat,
        bytes: &[u8],
        signature: &Signature,
        height: Height,
    ) -> Result<(), Corrupt> {
        let foreign = Corrupt::Contradiction(height);
        let keys = self.signer.as_ref().map(|signer| signer.keys());
        let keys = keys.ok_or(foreign.clone())?;
        let mine = self.me == Some(seat) && self.checker.check(&keys, bytes, signature);
        if mine { Ok(()) } else { Err(foreign) }
    }

    fn replay_entry(&mut self, entry: Arc<crate::message::Entry>) {
        let seat = entry.body.seat;
        let own = self.signer.as_ref().map(|signer| signer.keys());
        if own.is_none() || self.table.author(seat) != own {
            return; // of a seat this device had once
        }
        let undecided = entry.body.nonce > self.table.nonce(seat, entry.stream());
        self.submissions.resume(entry.clone(), undecided);
        if undecided {
            self.resume_operation(seat, &entry);
            let met = (self.me, self.now.mono);
            // What no longer fits is pruned after the replay.
            let _ = self.pool.insert(entry, met, &self.table, &mut self.checker);
        }
    }
}

/// The table before its first block.
fn first_state<G: Game>(
    genesis: Genesis,
    game: Arc<G>,
    carried: Option<Saved>,
) -> Result<TableState<G>, StartError> {
    let genesis = Arc::new(genesis);
    match carried {
        Some(carried) => Ok(TableState::succeeding(genesis, game, carried)?),
        None if genesis.predecessor.is_some() => Err(CarryError::Nothing.into()),
        None => Ok(TableState::new(genesis, game)),
    }
}

fn may_start<G: Game>(setup: &Setup<G>) -> Result<(), StartError> {
    complete(&setup.genesis, &*setup.verifier)?;
    same_rules(&setup.game, setup.fingerprint, &setup.genesis)?;
    same_scheme(&setup.genesis.genesis, setup.signer.as_deref())
}

/// Checks that the genesis is one, and that everybody signed it.
fn complete(signed: &SignedGenesis, verifier: &dyn Verifier) -> Result<(), StartError> {
    signed.genesis.validate()?;
    let missing = signed.missing(verifier);
    if missing.is_empty() {
        Ok(())
    } else {
        Err(StartError::Unsigned(missing))
    }
}

fn same_rules<G: Game>(
    game: &Arc<G>,
    ours: Digest,
    signed: &SignedGenesis,
) -> Result<(), StartError> {
    let genesis = &signed.genesis;
    let options = codec::encode(&**game).unwrap_or_default();
    if (genesis.game.as_str(), genesis.version) != (G::NAME, G::VERSION)
        || genesis.options != options
    {
        return Err(StartError::OtherGame {
            theirs: format!("{} {}", genesis.game, genesis.version),
            ours: format!("{} {}", G::NAME, G::VERSION),
        });
    }
    let theirs = genesis.fingerprint;
    if theirs == ours {
        Ok(())
    } else {
        Err(StartError::OtherRules { theirs, ours })
    }
}

/// The seat at the table of who signs here, if it has one.
fn seat_of<G: Game>(table: &TableState<G>, signer: Option<&dyn Signer>) -> Option<Seat> {
    table.roster().seat_of(&signer?.public())
}

/// What a signer of another scheme signed would count here, and nowhere else.
fn same_scheme(genesis: &Genesis, signer: Option<&dyn Signer>) -> Result<(), StartError> {
    let theirs = genesis.signatures;
    let ours = signer.map_or(theirs, |signer| signer.keys().scheme());
    if theirs == ours {
        Ok(())
    } else {
        Err(StartError::OtherScheme { theirs, ours })
    }
}

/// Believes what the seat's own disk says.
struct Trusting;

impl Verifier for Trusting {
    fn verify(&self, _: &SeatKeys, _: &[u8], _: &Signature) -> bool {
        true
    }
}
