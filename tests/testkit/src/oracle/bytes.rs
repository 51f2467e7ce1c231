//! What a signature covers, written out by hand: a prefix that names the kind, then the fields in
//! order, integers as little varints, digests as they are.

use quorate_core::codec;
use quorate_core::genesis::TableId;
use quorate_core::message::VoteKind;
use quorate_core::{Digest, Epoch, Height, Round};

use super::flatten::{VoteContent, What};

/// The bytes that were signed.
pub(super) fn of(table: TableId, what: &What<'_>) -> Vec<u8> {
    match what {
        What::Vote(vote) => {
            let mut bytes = prefix("vote");
            vote_content(&mut bytes, table, vote);
            bytes
        }
        What::Change(change) => {
            let mut bytes = prefix("round-change");
            place(
                &mut bytes,
                table,
                (change.epoch, change.height, change.round),
            );
            optional(&mut bytes, change.claim, |bytes, (round, digest)| {
                varint(bytes, round.0.into());
                digest_of(bytes, &digest);
            });
            bytes
        }
        // Nested content: here the decoder's own counterpart writes it.
        What::Entry(entry) => encoded("entry", &entry.body),
        What::Justification(vote, held) => {
            let mut bytes = prefix("justification");
            vote_content(&mut bytes, table, vote);
            let grounds = (held.changes.as_ref(), held.prepared.as_ref());
            bytes.extend(codec::encode(&grounds).unwrap_or_default());
            bytes
        }
    }
}

fn vote_content(bytes: &mut Vec<u8>, table: TableId, vote: &VoteContent) {
    let kind = match vote.kind {
        VoteKind::Prepare => 0,
        VoteKind::Commit => 1,
    };
    varint(bytes, kind);
    place(bytes, table, (vote.epoch, vote.height, vote.round));
    optional(bytes, vote.digest, |bytes, digest| {
        digest_of(bytes, &digest);
    });
}

/// The digest of a block, as every seat must compute it.
pub(super) fn block_digest(block: &quorate_core::message::Block) -> Digest {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"quorate/1/block\0");
    hasher.update(&codec::encode(block).unwrap_or_default());
    Digest::from_bytes(*hasher.finalize().as_bytes())
}

/// The digest of a state, as every seat must compute it.
pub(super) fn state_digest(bytes: &[u8]) -> Digest {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"quorate/1/state\0");
    hasher.update(bytes);
    Digest::from_bytes(*hasher.finalize().as_bytes())
}

fn prefix(kind: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(128);
    bytes.extend_from_slice(b"quorate/1/sign/");
    bytes.extend_from_slice(kind.as_bytes());
    bytes.push(0);
    bytes
}

fn encoded<T: serde::Serialize + ?Sized>(kind: &str, content: &T) -> Vec<u8> {
    let mut bytes = prefix(kind);
    bytes.extend(codec::encode(content).unwrap_or_default());
    bytes
}

fn place(bytes: &mut Vec<u8>, table: TableId, (epoch, height, round): (Epoch, Height, Round)) {
    digest_of(bytes, &table.0);
    varint(bytes, epoch.0.into());
    varint(bytes, height.0);
    varint(bytes, round.0.into());
}

fn optional<T>(bytes: &mut Vec<u8>, value: Option<T>, write: impl FnOnce(&mut Vec<u8>, T)) {
    bytes.push(u8::from(value.is_some()));
    if let Some(value) = value {
        write(bytes, value);
    }
}

fn digest_of(bytes: &mut Vec<u8>, digest: &Digest) {
    bytes.extend_from_slice(digest.as_bytes());
}

fn varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(u8::try_from(value & 0x7f).unwrap_or(0) | 0x80);
        value >>= 7;
    }
    bytes.push(u8::try_from(value).unwrap_or(0));
}
