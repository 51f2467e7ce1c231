//! Writing a transcript, part by part.

use std::io::{self, Write};

use super::part::{MAGIC, PartRef};
use crate::certificate::DecisionCertificate;
use crate::codec::{self, Blob};
use crate::genesis::SignedGenesis;
use crate::limits::FRAME_BYTES_MAX;
use crate::message::Block;
use crate::state::Saved;
use crate::time::Height;

/// Writes the parts of a transcript as they come. It does not check them.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    tip: Height,
}

impl<W: Write> Writer<W> {
    /// Begins the transcript of the table that `genesis` founded.
    ///
    /// # Errors
    /// Whatever `out` answers.
    pub fn new(mut out: W, genesis: &SignedGenesis) -> io::Result<Self> {
        out.write_all(MAGIC)?;
        let mut writer = Self {
            out,
            tip: Height(0),
        };
        writer.part(&PartRef::Genesis(genesis))?;
        Ok(writer)
    }

    /// Adds the game that a successor goes on with, before the first decision.
    ///
    /// # Errors
    /// Whatever the output answers.
    pub fn carried(&mut self, carried: &Saved) -> io::Result<()> {
        self.part(&PartRef::Carried(carried))
    }

    /// Adds the next decision.
    ///
    /// # Errors
    /// Whatever the output answers.
    pub fn decision(&mut self, block: &Block, by: &DecisionCertificate) -> io::Result<()> {
        self.tip = block.height;
        self.part(&PartRef::Decision {
            block,
            certificate: by,
        })
    }

    /// Adds what the state digest of the last block covers, which names another roster.
    ///
    /// # Errors
    /// Whatever the output answers.
    pub fn state(&mut self, covered: Vec<u8>) -> io::Result<()> {
        self.part(&PartRef::State(&Blob::from(covered)))
    }

    /// Ends the transcript and gives the output back, flushed.
    ///
    /// # Errors
    /// Whatever the output answers.
    pub fn finish(mut self) -> io::Result<W> {
        self.part(&PartRef::End(self.tip))?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn part(&mut self, part: &PartRef<'_>) -> io::Result<()> {
        let bytes = codec::encode(part).map_err(|error| refused(&error))?;
        let fits = u32::try_from(bytes.len())
            .ok()
            .filter(|_| bytes.len() <= FRAME_BYTES_MAX);
        let length = fits.ok_or_else(|| refused(&"a part is too long"))?;
        self.out.write_all(&length.to_le_bytes())?;
        self.out.write_all(&bytes)
    }
}

fn refused(why: &dyn std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.to_string())
}
