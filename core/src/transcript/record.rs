//! Making the transcript of a table from what a device kept of it.

use std::io::{self, Write};
use std::sync::Arc;

use super::write::Writer;
use crate::certificate::DecisionCertificate;
use crate::codec::EncodeError;
use crate::game::Game;
use crate::genesis::SignedGenesis;
use crate::message::Block;
use crate::state::Saved;
use crate::table::{BlockRefusal, TableState};

/// Records decisions as a transcript. It runs the rules along with them, for what state digests
/// cover where the roster changes; it checks no signature.
#[derive(Debug)]
pub struct Recorder<G: Game, W> {
    writer: Writer<W>,
    table: TableState<G>,
}

/// Why a transcript cannot be recorded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The output failed.
    #[error("it cannot be written: {0}")]
    Io(#[from] io::Error),
    /// A decision that does not follow from those before.
    #[error("the decisions do not follow from each other: {0}")]
    Block(#[from] BlockRefusal),
    /// The state has no canonical bytes.
    #[error("the state cannot be encoded: {0}")]
    State(#[from] EncodeError),
}

impl<G: Game, W: Write> Recorder<G, W> {
    /// Begins the transcript of the table that stood as `table` before its first block: that of
    /// `genesis`, which goes on with the `carried` game if it is a successor.
    ///
    /// # Errors
    /// [`RecordError::Io`] if the output fails.
    pub fn new(
        out: W,
        genesis: &SignedGenesis,
        table: TableState<G>,
        carried: Option<&Saved>,
    ) -> Result<Self, RecordError> {
        let mut writer = Writer::new(out, genesis)?;
        if let Some(carried) = carried {
            writer.carried(carried)?;
        }
        Ok(Self { writer, table })
    }

    /// Adds the next decision.
    ///
    /// # Errors
    /// [`RecordError`] if it does not follow, or the output fails.
    pub fn decision(
        &mut self,
        block: &Arc<Block>,
        certificate: &DecisionCertificate,
    ) -> Result<(), RecordError> {
        let after = self.table.clone().after([block])?;
        self.writer.decision(block, certificate)?;
        if after.epoch() != self.table.epoch() {
            self.writer.state(after.encoded()?)?;
        }
        self.table = after;
        Ok(())
    }

    /// Ends the transcript and gives the output back, flushed.
    ///
    /// # Errors
    /// [`RecordError::Io`] if the output fails.
    pub fn finish(self) -> Result<W, RecordError> {
        Ok(self.writer.finish()?)
    }
}
