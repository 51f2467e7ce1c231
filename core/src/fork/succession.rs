//! What follows a fork: a new table that the innocent agree to, from where all were of one mind.

use serde::{Deserialize, Serialize};

use crate::certificate::Checker;
use crate::crypto::{self, PublicKey, Signature, Signer, Verifier};
use crate::digest::Digest;
use crate::evidence::{Court, Evidence, EvidenceError};
use crate::genesis::{Genesis, GenesisError, Predecessor, Seating, SignedGenesis};
use crate::roster::{Holder, Roster, quorum};
use crate::seat::{PerSeat, Seat, Seats};
use crate::time::{Height, Wall};

/// A successor and who agreed to it.
///
/// Every seat at the new table signs its genesis. Of the seats that are left of the old one when
/// the guilty are taken away, floor(2n/3)+1 must agree; who has a seat at the new table agrees by
/// signing its genesis, anybody else by a [consent](Self::consent).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Succession {
    /// The new table, with the signatures of its seats.
    pub signed: SignedGenesis,
    /// Agreement of seats of the old table that have none at the new one.
    pub consents: PerSeat<Signature>,
    /// The proof against each seat that is left out as guilty.
    pub proofs: PerSeat<Evidence>,
}

/// What a device knows of the table that was forked.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// Its genesis.
    pub genesis: &'a Genesis,
    /// The height that the successor would start from.
    pub height: Height,
    /// Digest of the block that this device saw decided there.
    pub branch: Digest,
    /// Who held which seat there.
    pub roster: &'a Roster,
    /// Digest of the game as it stood there.
    pub carried: Digest,
    /// The last height that this device saw decided.
    pub tip: Height,
}

/// Why a successor is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SuccessionError {
    /// A genesis that no table can start from.
    #[error("genesis: {0}")]
    Genesis(#[from] GenesisError),
    /// It takes over from no table, or from another.
    #[error("it takes over from another table")]
    OtherTable,
    /// It goes on from another height, block or state than this device saw.
    #[error("it goes on from another block or state than this device saw decided")]
    OtherBranch,
    /// It changes what is played, or how.
    #[error("{0} differs from the table it takes over from")]
    OtherTerms(&'static str),
    /// It gives up more decided heights than it says, or than is allowed.
    #[error("it gives up {depth} decided heights, at most {most} may be")]
    Depth {
        /// How many.
        depth: u64,
        /// The bound.
        most: u64,
    },
    /// A seat that is left out as guilty without a proof, or a proof that proves nothing.
    #[error("seat {seat} is not proven guilty: {why}")]
    Unproven {
        /// The seat.
        seat: Seat,
        /// Why not.
        why: EvidenceError,
    },
    /// Somebody proven guilty sits at the new table.
    #[error("seat {0} is proven guilty and sits at the new table")]
    Guilty(Seat),
    /// A seat of the new table is held by somebody else than at the old one, or by the same under
    /// another name, or as a witness and not as a player.
    #[error("seat {0} has another holder than at the table it takes over from")]
    OtherHolder(Seat),
    /// Seats of the new table whose signature is missing or false.
    #[error("seats {0:?} have not signed")]
    Unsigned(Seats),
    /// Too few of the seats that are left agree.
    #[error("{have} of the seats that are left agree, {need} must")]
    Consent {
        /// How many agree.
        have: usize,
        /// How many must.
        need: usize,
    },
}

impl Origin<'_> {
    /// The genesis of a successor without the `guilty` and the `absent`, giving up at most `depth`
    /// decided heights. Every device that was of one mind at that height drafts the same.
    #[must_use]
    pub fn draft(&self, guilty: Seats, absent: Seats, depth: u32, expires: Wall) -> Genesis {
        let table = self.genesis.table();
        let heirs = self.roster.iter();
        let heirs = heirs.filter(|(seat, _)| !(guilty | absent).contains(*seat));
        let heirs: Vec<_> = heirs.collect();
        let seating = |(seat, holder): &(Seat, &Holder)| Seating {
            name: holder.name.clone(),
            key: holder.key,
            ml_dsa: holder.ml_dsa.clone(),
            kind: holder.kind.clone(),
            nonce: heir_nonce(self, *seat, holder.key),
        };
        Genesis {
            seats: heirs.iter().map(seating).collect(),
            predecessor: Some(Predecessor {
                table,
                height: self.height,
                branch: self.branch,
                depth,
                seats: heirs.iter().map(|(seat, _)| *seat).collect(),
                guilty,
                carried: self.carried,
            }),
            expires,
            ..self.genesis.clone()
        }
    }
}

/// What stands in for the bytes a holder would contribute: nobody can choose a branch that all
/// were of one mind about, so nobody can choose these either.
fn heir_nonce(origin: &Origin<'_>, seat: Seat, key: PublicKey) -> [u8; 32] {
    let (table, branch) = (origin.genesis.table(), origin.branch);
    // Invariant: digests, a seat and a key always encode.
    let nonce = Digest::of("heir", &(table, branch, seat, key)).expect("digests always encode");
    *nonce.as_bytes()
}

impl Succession {
    /// A successor that nobody has signed yet.
    #[must_use]
    pub fn new(genesis: Genesis, proofs: PerSeat<Evidence>) -> Self {
        Self {
            signed: SignedGenesis {
                genesis,
                signatures: PerSeat::default(),
            },
            consents: PerSeat::default(),
            proofs,
        }
    }

    /// Agrees to it, as whoever `signer` is: with a signature of the genesis where it has a seat at
    /// the new table, with a consent where it only had one at the old.
    pub fn agree(&mut self, old: &Roster, signer: &dyn Signer) {
        let genesis = &self.signed.genesis;
        if let Some(seat) = genesis.roster().seat_of(&signer.public()) {
            let signature = SignedGenesis::sign(genesis, signer);
            self.signed.signatures.insert(seat, signature);
        } else if let Some(seat) = old.seat_of(&signer.public()) {
            self.consents.insert(seat, Self::consent(genesis, signer));
        }
    }

    /// Takes what others signed of the same successor. What is here stays: a seat that signs in two
    /// ways must not keep two devices exchanging them for ever.
    pub fn merge(&mut self, other: &Self) {
        if other.signed.genesis == self.signed.genesis {
            add(&mut self.signed.signatures, &other.signed.signatures);
            add(&mut self.consents, &other.consents);
        }
    }

    /// Whose agreement is in it, whether it holds or not.
    #[must_use]
    pub fn agreeing(&self) -> Seats {
        self.signed.signatures.seats() | self.consents.seats()
    }

    /// The seats whose agreement is in it and does not hold.
    #[must_use]
    pub fn forged(&self, old: &Roster, verifier: &dyn Verifier) -> Seats {
        let genesis = &self.signed.genesis;
        let consent = consent_bytes(genesis);
        let signed = self.signed.signatures.iter().filter(|(seat, signature)| {
            !SignedGenesis::signed_by(genesis, *seat, signature, verifier)
        });
        let consented = self.consents.iter().filter(|(seat, by)| {
            let holder = old.holder(*seat);
            !holder.is_some_and(|holder| verifier.verify(&holder.keys(), &consent, by))
        });
        let forged: Seats = signed.map(|(seat, _)| seat).collect();
        forged | consented.map(|(seat, _)| seat).collect()
    }

    /// Agreement to a successor of somebody who has no seat there.
    #[must_use]
    pub fn consent(genesis: &Genesis, signer: &dyn Signer) -> Signature {
        signer.sign(&consent_bytes(genesis))
    }

    /// Checks that this may take over from what `origin` describes, and that enough agree.
    ///
    /// # Errors
    /// [`SuccessionError`] names the first thing that is wrong.
    pub fn check(
        &self,
        origin: &Origin<'_>,
        verifier: &std::sync::Arc<dyn Verifier>,
    ) -> Result<(), SuccessionError> {
        let genesis = &self.signed.genesis;
        genesis.validate()?;
        let predecessor = genesis.predecessor.as_ref();
        let predecessor = predecessor.ok_or(SuccessionError::OtherTable)?;
        if predecessor.table != origin.genesis.table() {
            return Err(SuccessionError::OtherTable);
        }
        let (height, branch) = (predecessor.height, predecessor.branch);
        let here = (origin.height, origin.branch, origin.carried);
        if (height, branch, predecessor.carried) != here {
            return Err(SuccessionError::OtherBranch);
        }
        same_terms(origin.genesis, genesis)?;
        if let Some(seat) = other_holder(genesis, origin.roster) {
            return Err(SuccessionError::OtherHolder(seat));
        }
        depth(predecessor, origin)?;
        self.guilty(predecessor, origin, verifier)?;
        let missing = self.signed.missing(&**verifier);
        if !missing.is_empty() {
            return Err(SuccessionError::Unsigned(missing));
        }
        self.agreed(predecessor, origin, &**verifier)
    }

    /// Those left out as guilty are, and nobody who is proven guilty stays.
    fn guilty(
        &self,
        predecessor: &Predecessor,
        origin: &Origin<'_>,
        verifier: &std::sync::Arc<dyn Verifier>,
    ) -> Result<(), SuccessionError> {
        let court = Court {
            table: predecessor.table,
            protocol: origin.genesis.protocol,
            roster: origin.roster,
        };
        let mut checker = Checker::new(std::sync::Arc::clone(verifier));
        for (seat, proof) in self.proofs.iter() {
            let of_seat = proof.seat() == seat;
            let offence = proof.check(&court, &mut checker);
            let unproven = |why| SuccessionError::Unproven { seat, why };
            offence.map_err(unproven)?;
            if !of_seat {
                return Err(unproven(EvidenceError::Stranger(seat)));
            }
        }
        let proven = self.proofs.seats();
        if let Some(seat) = (predecessor.guilty - proven).nth(0) {
            let why = EvidenceError::NoContradiction;
            return Err(SuccessionError::Unproven { seat, why });
        }
        let roster = self.signed.genesis.roster();
        let sits = |seat: &Seat| {
            let holder = origin.roster.holder(*seat);
            holder.is_some_and(|holder| roster.seat_of(&holder.key).is_some())
        };
        match proven.iter().find(sits) {
            Some(seat) => Err(SuccessionError::Guilty(seat)),
            None => Ok(()),
        }
    }

    /// Enough of the seats that are left agree.
    fn agreed(
        &self,
        predecessor: &Predecessor,
        origin: &Origin<'_>,
        verifier: &dyn Verifier,
    ) -> Result<(), SuccessionError> {
        let genesis = &self.signed.genesis;
        let (heirs, consent) = (genesis.roster(), consent_bytes(genesis));
        let agrees = |seat: &Seat| {
            let Some(holder) = origin.roster.holder(*seat) else {
                return false;
            };
            // The signatures of all who sit at the new table were checked before.
            let consents = self.consents.get(*seat);
            heirs.seat_of(&holder.key).is_some()
                || consents.is_some_and(|by| verifier.verify(&holder.keys(), &consent, by))
        };
        let left = origin.roster.seats() - predecessor.guilty;
        let (have, need) = (left.iter().filter(agrees).count(), quorum(left.len()));
        if have >= need {
            Ok(())
        } else {
            Err(SuccessionError::Consent { have, need })
        }
    }
}

/// Adds signatures of those who have none here.
fn add(ours: &mut PerSeat<Signature>, theirs: &PerSeat<Signature>) {
    let here = ours.seats();
    let news = theirs.iter().filter(|(seat, _)| !here.contains(*seat));
    ours.extend(news.map(|(seat, signature)| (seat, signature.clone())));
}

fn consent_bytes(genesis: &Genesis) -> Vec<u8> {
    // Invariant: a table id is 32 bytes, which always encode.
    crypto::signing_bytes("consent", &genesis.table()).expect("a table id always encodes")
}

/// The successor plays the same by the same rules: a fork is no way to change them.
fn same_terms(old: &Genesis, new: &Genesis) -> Result<(), SuccessionError> {
    let heir = Genesis {
        seats: old.seats.clone(),
        predecessor: old.predecessor.clone(),
        expires: old.expires,
        ..new.clone()
    };
    let rules = |genesis: &Genesis| {
        (
            genesis.game.clone(),
            genesis.version,
            genesis.options.clone(),
            genesis.fingerprint,
        )
    };
    if rules(old) != rules(new) {
        Err(SuccessionError::OtherTerms("the game"))
    } else if heir != *old {
        Err(SuccessionError::OtherTerms("a policy"))
    } else {
        Ok(())
    }
}

/// A seat that does not go to who held it, as what it held it: what lies there is its holder's, a
/// witness has no say in the game, and a name is what the others know a player by.
fn other_holder(genesis: &Genesis, old: &Roster) -> Option<Seat> {
    let heirs = genesis.roster();
    let other = |seat: &Seat| heirs.holder(*seat) != old.holder(*seat);
    heirs.seats().iter().find(other)
}

fn depth(predecessor: &Predecessor, origin: &Origin<'_>) -> Result<(), SuccessionError> {
    let given_up = origin.tip.0.saturating_sub(predecessor.height.0);
    let said = u64::from(predecessor.depth);
    let most = u64::from(origin.genesis.fork_depth);
    if said > most {
        Err(SuccessionError::Depth { depth: said, most })
    } else if given_up > said {
        Err(SuccessionError::Depth {
            depth: given_up,
            most: said,
        })
    } else {
        Ok(())
    }
}
