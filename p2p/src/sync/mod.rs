//! Decided blocks for whoever lacks them.
//!
//! Every seat keeps every decision and gives it to whoever asks, in chunks. One certified answer is
//! enough, so peers are asked one after the other, the next before the first has failed when it is
//! slow; what they answer is believed only as far as its certificates reach.

mod fetch;

use std::sync::Arc;

use quorate_core::Height;
use quorate_core::certificate::DecisionCertificate;
use quorate_core::codec;
use quorate_core::message::Block;
use serde::{Deserialize, Serialize};

pub(crate) use fetch::{Fetch, Fetching};

use crate::store::Decision;

/// What one peer asks another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Question {
    /// Decisions from `from` to `to`, as many as fit in an answer.
    Blocks { from: Height, to: Height },
}

/// What it is answered: stored bytes as they are, ascending from the height asked for.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    Blocks(Vec<(Vec<u8>, Vec<u8>)>),
}

impl Question {
    pub(crate) fn encode(&self) -> Vec<u8> {
        // Invariant: two integers always encode.
        codec::encode(self).expect("a question always encodes")
    }
}

/// The answer to a question for decisions up to `to`.
pub(crate) fn answer(decisions: Vec<Decision>, to: Height) -> Vec<u8> {
    let wanted = decisions
        .into_iter()
        .take_while(|decision| decision.height <= to);
    let blocks = wanted
        .map(|decision| (decision.block, decision.certificate))
        .collect();
    // Invariant: bytes always encode.
    codec::encode(&Answer::Blocks(blocks)).expect("an answer always encodes")
}

/// The decisions in an answer; none if it is not one, or not what was asked for.
pub(crate) fn read(bytes: &[u8], from: Height) -> Option<Vec<(Arc<Block>, DecisionCertificate)>> {
    let Answer::Blocks(blocks) = codec::decode(bytes).ok()?;
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
