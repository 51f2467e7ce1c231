//! Decided blocks, and snapshots, for whoever lacks them.
//!
//! Every seat gives what it keeps to whoever asks, in chunks. One certified answer is
//! enough, so peers are asked one after the other, the next before the first has failed when it is
//! slow; what they answer is believed only as far as its certificates reach.

mod download;
mod fetch;

use std::sync::Arc;

use quorate_core::Digest;
use quorate_core::Height;
use quorate_core::certificate::DecisionCertificate;
use quorate_core::codec::{self, Blob};
use quorate_core::message::Block;
use serde::{Deserialize, Serialize};

pub(crate) use download::{Download, Taken};
pub(crate) use fetch::{Fetch, Fetching};

use crate::limits::CHUNK_BYTES;
use crate::store::Decision;

/// What one peer asks another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Question {
    /// Decisions from `from` to `to`, as many as fit in an answer.
    Blocks { from: Height, to: Height },
    /// The newest snapshot of a height above `above`; then that of this height, from this byte on.
    Snapshot {
        above: Height,
        part: Option<(Height, u64)>,
    },
    /// What this device holds of a successor of its halted table, if that is other than what has
    /// this digest.
    Heirs { known: Option<Digest> },
}

/// What it is answered: stored bytes as they are, ascending from the height asked for.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    Blocks(Vec<(Vec<u8>, Vec<u8>)>),
    /// A part of the snapshot of that height, which is so many bytes long.
    Snapshot(Height, u64, Blob),
    /// That is not kept here any more, or not yet.
    Gone,
    /// A [`Part`](crate::heirs::Part); none if there is nothing to say, or nothing new.
    Heirs(Option<Blob>),
}

impl Question {
    pub(crate) fn encode(&self) -> Vec<u8> {
        // Invariant: integers always encode.
        codec::encode(self).expect("a question always encodes")
    }
}

/// The answer to a question for decisions from `from` up to `to`.
pub(crate) fn answer(decisions: Vec<Decision>, from: Height, to: Height) -> Vec<u8> {
    let expected = (from.0..).map(Height);
    let wanted = decisions
        .into_iter()
        .zip(expected)
        .take_while(|(decision, expected)| decision.height == *expected && decision.height <= to);
    let blocks: Vec<_> = wanted
        .map(|(decision, _)| (decision.block, decision.certificate))
        .collect();
    encoded(&if blocks.is_empty() {
        Answer::Gone
    } else {
        Answer::Blocks(blocks)
    })
}

/// The answer to a question for the bytes of `snapshot` from `start` on.
pub(crate) fn part(height: Height, snapshot: &[u8], start: u64) -> Vec<u8> {
    let start = usize::try_from(start).unwrap_or(usize::MAX);
    let rest = snapshot.get(start..).unwrap_or_default();
    let part = rest[..rest.len().min(CHUNK_BYTES)].to_vec();
    encoded(&if part.is_empty() {
        Answer::Gone
    } else {
        Answer::Snapshot(height, snapshot.len() as u64, part.into())
    })
}

/// The answer to a question about a successor by who `said` so much, to one that has `known`.
pub(crate) fn heirs(said: Option<&(Digest, Blob)>, known: Option<Digest>) -> Vec<u8> {
    let news = said.filter(|(digest, _)| known != Some(*digest));
    encoded(&Answer::Heirs(news.map(|(_, part)| part.clone())))
}

/// Reads an answer about a successor; none if it is none.
pub(crate) fn read_heirs(bytes: &[u8]) -> Option<Option<Blob>> {
    match codec::decode(bytes).ok()? {
        Answer::Heirs(part) => Some(part),
        _ => None,
    }
}

/// The answer that there is nothing to give.
pub(crate) fn gone() -> Vec<u8> {
    encoded(&Answer::Gone)
}

fn encoded(answer: &Answer) -> Vec<u8> {
    // Invariant: integers and bytes always encode.
    codec::encode(answer).expect("an answer always encodes")
}

/// What an answer says, read as far as its question allows.
#[derive(Debug)]
pub(crate) enum Read {
    Blocks(Vec<(Arc<Block>, DecisionCertificate)>),
    Snapshot(Height, u64, Blob),
    Gone,
}

/// Reads an answer about decisions from `from` on, or about a snapshot; none if it is none.
pub(crate) fn read(bytes: &[u8], from: Option<Height>) -> Option<Read> {
    match (codec::decode(bytes).ok()?, from) {
        (Answer::Blocks(blocks), Some(from)) => decisions(blocks, from).map(Read::Blocks),
        (Answer::Snapshot(height, total, part), None) => Some(Read::Snapshot(height, total, part)),
        (Answer::Gone, _) => Some(Read::Gone),
        _ => None,
    }
}

/// The decisions in an answer; none if they are not what was asked for.
fn decisions(
    blocks: Vec<(Vec<u8>, Vec<u8>)>,
    from: Height,
) -> Option<Vec<(Arc<Block>, DecisionCertificate)>> {
    let mut next = from;
    let mut read = Vec::with_capacity(blocks.len());
    for (block, certificate) in blocks {
        let block: Block = codec::decode(&block).ok()?;
        if block.height != next {
            return None;
        }
        next = next.next();
        read.push((Arc::new(block), codec::decode(&certificate).ok()?));
    }
    (!read.is_empty()).then_some(read)
}
