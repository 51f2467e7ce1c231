//! A watcher's own opinion: every decision that it follows is verified as a stranger would.

use std::sync::Arc;

use quorate_core::Height;
use quorate_core::crypto::Ed25519;
use quorate_core::engine::Engine;
use quorate_core::game::Game;
use quorate_core::genesis::SignedGenesis;
use quorate_core::journal::{Journal, Record};
use quorate_core::table::TableState;
use quorate_core::transcript::Audit;

use super::playing::Playing;
use super::{Chunk, Hands};
use crate::store::StoreError;
use crate::table::Halt;

/// Verifies what a watcher has on disk; none for whoever wants a seat.
pub(super) fn begin<G: Game>(
    signed: &SignedGenesis,
    journal: &Journal,
    watches: bool,
) -> Result<Option<Box<Audit<G>>>, Halt> {
    if !watches {
        return Ok(None);
    }
    let mut audit = Audit::new(signed.clone(), None, Arc::new(Ed25519))?;
    for (block, certificate) in &journal.decisions {
        audit.decision(block, certificate)?;
    }
    Ok(Some(Box::new(audit)))
}

impl<G: Game> Playing<G> {
    /// Verifies the decisions among `records`.
    pub(super) fn audit(&mut self, records: &[Record]) -> Result<(), Halt> {
        let Some(audit) = &mut self.audit else {
            return Ok(());
        };
        for record in records {
            if let Record::Decision { block, certificate } = record {
                audit.decision(block, certificate)?;
            }
        }
        Ok(())
    }

    /// Shows what was verified so far.
    pub(super) fn show_verdict(&self, hands: &Hands<G>) {
        if let Some(audit) = &self.audit {
            let verdict = Some(Arc::new(audit.verdict()));
            hands.shared.update(|board| board.verdict = verdict);
        }
    }
}

/// Decisions for a transcript, and how far the table is.
pub(super) fn chunk<G: Game>(
    hands: &Hands<G>,
    engine: Option<&Engine<G>>,
    from: Height,
) -> Result<Chunk, StoreError> {
    let decisions = hands.ledger.decisions(from)?;
    let table = engine.map(Engine::table);
    Ok(Chunk {
        epoch: table.map(TableState::epoch).unwrap_or_default(),
        tip: table.map(TableState::height).unwrap_or_default(),
        decisions,
    })
}
