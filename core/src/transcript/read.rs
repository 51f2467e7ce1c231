//! Reading a transcript, part by part.

use std::io::{self, Read};

use super::part::{MAGIC, Part};
use crate::codec::{self, DecodeError};
use crate::limits::FRAME_BYTES_MAX;

/// Reads the parts of a transcript. It checks their form; whether they hold, a verifier does.
#[derive(Debug)]
pub struct Reader<R> {
    input: R,
    ended: bool,
}

/// Why bytes are no transcript, or none that can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The input failed.
    #[error("it cannot be read: {text}")]
    Io {
        /// What kind of failure.
        kind: io::ErrorKind,
        /// What the system says.
        text: String,
    },
    /// It begins as no transcript does.
    #[error("this is no transcript")]
    NotOne,
    /// A transcript of a form that this build does not read.
    #[error("a transcript of a form that this build does not read")]
    Form,
    /// A part longer than any can be.
    #[error("a part of {0} bytes, more than the {FRAME_BYTES_MAX} allowed")]
    TooLong(u32),
    /// A part that is not what parts are.
    #[error("a part is damaged: {0}")]
    Part(#[from] DecodeError),
    /// It stops before its end.
    #[error("it is cut off")]
    CutOff,
    /// Bytes behind its end.
    #[error("something stands behind its end")]
    Trailing,
}

impl<R: Read> Reader<R> {
    /// Begins to read.
    ///
    /// # Errors
    /// [`ReadError`] if `input` does not begin as a transcript does.
    pub fn new(mut input: R) -> Result<Self, ReadError> {
        let mut magic = [0; MAGIC.len()];
        let read = fill(&mut input, &mut magic)?;
        // The last character but one is the version.
        let name = MAGIC.len() - 2;
        if read == MAGIC.len() && magic == *MAGIC {
            Ok(Self {
                input,
                ended: false,
            })
        } else if read == MAGIC.len() && magic[..name] == MAGIC[..name] {
            Err(ReadError::Form)
        } else {
            Err(ReadError::NotOne)
        }
    }

    /// The next part; none behind [`Part::End`].
    ///
    /// # Errors
    /// [`ReadError`] if there is none, or something behind the end.
    pub fn next_part(&mut self) -> Result<Option<Part>, ReadError> {
        let mut length = [0; 4];
        let read = fill(&mut self.input, &mut length)?;
        if self.ended {
            return if read == 0 {
                Ok(None)
            } else {
                Err(ReadError::Trailing)
            };
        }
        if read < length.len() {
            return Err(ReadError::CutOff);
        }
        let part: Part = codec::decode(&self.bytes(u32::from_le_bytes(length))?)?;
        self.ended = matches!(part, Part::End(_));
        Ok(Some(part))
    }

    fn bytes(&mut self, length: u32) -> Result<Vec<u8>, ReadError> {
        let wanted = usize::try_from(length).unwrap_or(usize::MAX);
        if wanted > FRAME_BYTES_MAX {
            return Err(ReadError::TooLong(length));
        }
        // Memory grows with what is there, not with what a length promises.
        let mut bytes = Vec::new();
        let part = self.input.by_ref().take(u64::from(length));
        { part }.read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() == wanted {
            Ok(bytes)
        } else {
            Err(ReadError::CutOff)
        }
    }
}

/// Reads until `bytes` are full or the input ends; tells how many were read.
fn fill(input: &mut impl Read, bytes: &mut [u8]) -> Result<usize, ReadError> {
    let mut read = 0;
    while read < bytes.len() {
        match input.read(&mut bytes[read..]) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(read)
}

#[allow(clippy::needless_pass_by_value, reason = "fits `map_err`")]
fn failed(error: io::Error) -> ReadError {
    ReadError::Io {
        kind: error.kind(),
        text: error.to_string(),
    }
}
