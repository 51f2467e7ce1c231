//! A watcher's own opinion: every decision that it follows is verified as a stranger would.

use std::sync::Arc;

use quorate_core::Height;
use quorate_core::crypto::AnyScheme;
use quorate_core::engine::Engine;
use quorate_core::game::Game;
use quorate_core::genesis::SignedGenesis;
use quorate_core::journal::Record;
use quorate_core::table::TableState;
use quorate_core::transcript::Audit;

use super::playing::Playing;
use super::{Chunk, Hands, meta};
use crate::store::StoreError;
use crate::table::Halt;

/// Verifies what a watcher has on disk, up to `tip`; none for whoever wants a seat, and for whoever
/// went on from a snapshot once: what lies before that it never saw.
pub(super) fn begin<G: Game>(
    hands: &Hands<G>,
    signed: &SignedGenesis,
    tip: Height,
    watches: bool,
) -> Result<Option<Box<Audit<G>>>, Halt> {
    if !watches {
        return Ok(None);
    }
    let mut audit = Box::new(Audit::new(signed.clone(), None, Arc::new(AnyScheme))?);
    loop {
        let chunk = hands.ledger.decided(audit.table().height().next())?;
        if chunk.is_empty() {
            let whole = audit.table().height() >= tip;
            return Ok(whole.then_some(audit));
        }
        for (block, certificate) in chunk {
            if block.height != audit.table().height().next() {
                return Ok(None);
            }
            audit.decision(&block, &certificate)?;
        }
    }
}

impl<G: Game> Playing<G> {
    /// Verifies the decisions among `records`. A snapshot that this device goes on from ends that:
    /// the engine has checked it, and nobody can check from the genesis what lies between.
    pub(super) fn audit(&mut self, records: &[Record]) -> Result<(), Halt> {
        for record in records {
            let Some(audit) = &mut self.audit else {
                return Ok(());
            };
            match record {
                Record::Decision { block, certificate } => {
                    audit.decision(block, certificate)?;
                }
                Record::Snapshot(held) if held.height() > audit.table().height() => {
                    tracing::warn!(height = %held.height(), "what lies before is not verified");
                    self.audit = None;
                }
                _ => {}
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
    let first = from == Height(1);
    let carried = first.then(|| hands.ledger.get(meta::CARRIED)).transpose()?;
    Ok(Chunk {
        carried: carried.flatten(),
        epoch: table.map(TableState::epoch).unwrap_or_default(),
        tip: table.map(TableState::height).unwrap_or_default(),
        decisions,
    })
}
