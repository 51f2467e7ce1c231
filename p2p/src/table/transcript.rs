//! The transcript of a table, from what this device keeps of it.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use quorate_core::certificate::DecisionCertificate;
use quorate_core::codec;
use quorate_core::game::Game;
use quorate_core::genesis::SignedGenesis;
use quorate_core::message::Block;
use quorate_core::table::TableState;
use quorate_core::transcript::{RecordError, Recorder, Verdict, Writer};
use quorate_core::{Epoch, Height};

use super::{Kind, Table};
use crate::driver::{Chunk, Mail};
use crate::store::StoreError;

/// How often who waits for decisions looks whether the table's thread is still there.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Why there is no transcript.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TranscriptError {
    /// A table on this device alone: nobody signed anything.
    #[error("a table on one device has no transcript")]
    Local,
    /// Nothing is decided yet.
    #[error("the table has not begun")]
    NotBegun,
    /// The table's thread has ended, and its store is closed.
    #[error("the table has stopped on this device")]
    Stopped,
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// This device no longer has the decisions before one, or never had them: it went on from a
    /// snapshot, or [keeps no more](crate::History::SinceCheckpoint). Somebody else may have them.
    #[error("this device has no decisions below height {0}: it went on from a snapshot")]
    Gone(Height),
    /// What the store holds is no decision of this table.
    #[error("the stored decision of height {0} cannot be read")]
    Decision(Height),
    /// The output failed, or the stored decisions do not follow from each other.
    #[error(transparent)]
    Record(#[from] RecordError),
}

impl From<io::Error> for TranscriptError {
    fn from(error: io::Error) -> Self {
        Self::Record(error.into())
    }
}

impl<G: Game> Table<G> {
    /// Writes the table's transcript up to now to `out`: the genesis, every decided block and its
    /// certificate, for anybody to [verify](quorate_core::transcript) offline. Returns the last
    /// height in it.
    ///
    /// It is written piece by piece as the store is read, on the caller's thread; play goes on.
    /// A watcher writes the same as a seat.
    ///
    /// # Errors
    /// [`TranscriptError`]; what was written until then is cut off.
    pub fn transcript(&self, out: impl Write) -> Result<Height, TranscriptError> {
        if matches!(self.kind, Kind::Local(_)) {
            return Err(TranscriptError::Local);
        }
        let genesis = self.genesis().ok_or(TranscriptError::NotBegun)?;
        let first = self.chunk(Height(1))?;
        let tip = first.tip;
        if tip == Height(0) {
            return Err(TranscriptError::NotBegun);
        }
        let mut record = Record::<G, _>::new(out, &genesis, &first)?;
        let mut chunk = first;
        let mut next = Height(1);
        loop {
            for decision in &chunk.decisions {
                let (block, certificate) = decoded(decision)?;
                if block.height > next {
                    return Err(TranscriptError::Gone(block.height));
                }
                if block.height != next || next > tip {
                    return Err(TranscriptError::Decision(next));
                }
                record.decision(&Arc::new(block), &certificate)?;
                if next == tip {
                    record.finish()?;
                    return Ok(tip);
                }
                next = next.next();
            }
            if chunk.decisions.is_empty() {
                return Err(TranscriptError::Decision(next));
            }
            chunk = self.chunk(next)?;
        }
    }

    /// What this device, which only watches, has verified by itself so far, believing nobody: with
    /// the code that checks transcripts. A watcher that goes on from a snapshot verifies no
    /// further, for it never sees what lies before. None for a seat, whose engine decides with the
    /// others.
    #[must_use]
    pub fn verdict(&self) -> Option<Arc<Verdict>> {
        self.shared()?.read(|board| board.verdict.clone())
    }

    /// Stored decisions from `from` on.
    fn chunk(&self, from: Height) -> Result<Chunk, TranscriptError> {
        let shared = self.shared().ok_or(TranscriptError::Local)?;
        let (answer, answered) = sync_channel(1);
        shared.inbox.push(Mail::Decisions { from, answer });
        loop {
            match answered.recv_timeout(LOOK_EVERY) {
                Ok(chunk) => return Ok(chunk?),
                Err(RecvTimeoutError::Timeout) if !shared.status().is_final() => {}
                Err(_) => return Err(TranscriptError::Stopped),
            }
        }
    }
}

/// Records with the rules where the roster has changed, and without where it has not.
enum Record<G: Game, W> {
    Plain(Writer<W>),
    Followed(Box<Recorder<G, W>>),
}

impl<G: Game, W: Write> Record<G, W> {
    fn new(out: W, signed: &SignedGenesis, first: &Chunk) -> Result<Self, TranscriptError> {
        let carried = first.carried.as_ref();
        if first.epoch == Epoch(0) {
            let mut writer = Writer::new(out, signed)?;
            carried.map_or(Ok(()), |carried| writer.carried(carried))?;
            return Ok(Self::Plain(writer));
        }
        let unreadable = || TranscriptError::Decision(Height(0));
        let game: G = codec::decode(&signed.genesis.options).map_err(|_| unreadable())?;
        let (genesis, game) = (Arc::new(signed.genesis.clone()), Arc::new(game));
        let table = match carried {
            Some(carried) => TableState::succeeding(genesis, game, carried.clone()),
            None => Ok(TableState::new(genesis, game)),
        };
        let table = table.map_err(|_| unreadable())?;
        let recorder = Recorder::new(out, signed, table, carried)?;
        Ok(Self::Followed(Box::new(recorder)))
    }

    fn decision(
        &mut self,
        block: &Arc<Block>,
        certificate: &DecisionCertificate,
    ) -> Result<(), TranscriptError> {
        match self {
            Self::Plain(writer) => Ok(writer.decision(block, certificate)?),
            Self::Followed(recorder) => Ok(recorder.decision(block, certificate)?),
        }
    }

    fn finish(self) -> Result<(), TranscriptError> {
        match self {
            Self::Plain(writer) => drop(writer.finish()?),
            Self::Followed(recorder) => drop(recorder.finish()?),
        }
        Ok(())
    }
}

fn decoded(
    decision: &crate::store::Decision,
) -> Result<(Block, DecisionCertificate), TranscriptError> {
    let bad = |_| TranscriptError::Decision(decision.height);
    let block = codec::decode(&decision.block).map_err(bad)?;
    Ok((block, codec::decode(&decision.certificate).map_err(bad)?))
}
