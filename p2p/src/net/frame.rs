//! Frames: a length as a minimal varint, then as many bytes.

use std::io;

use bytes::{BufMut, Bytes, BytesMut};
use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// A length takes at most this many bytes: 2^35 is beyond every limit.
const LENGTH_BYTES_MAX: usize = 5;
/// How much is allocated ahead of what has arrived, whatever length was announced.
const STEP: usize = 64 * 1024;

/// What the bytes of a lane begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Head {
    /// More bytes are needed to tell.
    Incomplete,
    /// A frame of `length` bytes follows `head` bytes of length.
    Frame { head: usize, length: u64 },
    /// No length.
    Garbage,
}

/// Reads the length at the beginning of `bytes`.
pub(super) fn head(bytes: &[u8]) -> Head {
    let mut length = 0;
    for (at, byte) in bytes.iter().take(LENGTH_BYTES_MAX).enumerate() {
        length |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            let over_long = *byte == 0 && at > 0;
            return if over_long {
                Head::Garbage
            } else {
                Head::Frame {
                    head: at + 1,
                    length,
                }
            };
        }
    }
    if bytes.len() < LENGTH_BYTES_MAX {
        Head::Incomplete
    } else {
        Head::Garbage
    }
}

/// Puts a length.
pub(super) fn put_length(out: &mut BytesMut, mut length: usize) {
    while length >= 0x80 {
        out.put_u8(0x80 | low_bits(length));
        length >>= 7;
    }
    out.put_u8(low_bits(length));
}

const fn low_bits(length: usize) -> u8 {
    length.to_le_bytes()[0] & 0x7f
}

/// Writes one frame and flushes it.
pub(super) async fn write<T: AsyncWrite + Unpin>(io: &mut T, bytes: &[u8]) -> io::Result<()> {
    let mut frame = BytesMut::with_capacity(LENGTH_BYTES_MAX + bytes.len());
    put_length(&mut frame, bytes.len());
    frame.put_slice(bytes);
    io.write_all(&frame).await?;
    io.flush().await
}

/// Reads one frame of at most `max` bytes.
pub(super) async fn read<T: AsyncRead + Unpin>(io: &mut T, max: usize) -> io::Result<Bytes> {
    let mut start = Vec::with_capacity(LENGTH_BYTES_MAX);
    let length = loop {
        match head(&start) {
            Head::Frame { length, .. } => break length,
            Head::Garbage => return Err(io::ErrorKind::InvalidData.into()),
            Head::Incomplete => {
                let mut byte = [0];
                io.read_exact(&mut byte).await?;
                start.extend(byte);
            }
        }
    };
    let fits = usize::try_from(length).ok().filter(|length| *length <= max);
    let length = fits.ok_or(io::ErrorKind::InvalidData)?;
    let mut bytes = BytesMut::with_capacity(length.min(STEP));
    while bytes.len() < length {
        let from = bytes.len();
        bytes.resize(length.min(from + STEP), 0);
        io.read_exact(&mut bytes[from..]).await?;
    }
    Ok(bytes.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_is_read_as_it_was_put_and_no_other_way() {
        for length in [0, 1, 127, 128, 300, 16_383, 16_384, 4 << 20, (1 << 32) - 1] {
            let mut out = BytesMut::new();
            put_length(&mut out, length);
            assert_eq!(
                head(&out),
                Head::Frame {
                    head: out.len(),
                    length: length as u64
                }
            );
            assert_eq!(head(&out[..out.len() - 1]), Head::Incomplete);
        }
        assert_eq!(head(&[0x80, 0]), Head::Garbage, "over-long");
        assert_eq!(head(&[0xff; 5]), Head::Garbage, "endless");
    }
}
