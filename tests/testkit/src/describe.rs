//! Messages in a few words, for traces.

use std::fmt::{Formatter, Result};

use quorate_core::Digest;
use quorate_core::certificate::QuorumVotes;
use quorate_core::message::{Block, Message, Proposal, RoundChange, Status, Vote, VoteKind};

/// Says what a message is about.
pub(crate) fn describe(message: &Message, f: &mut Formatter<'_>) -> Result {
    match message {
        Message::Status(held) => status(held, f),
        Message::Vote(held) => vote(held, f),
        Message::RoundChange(change, _) => round_change(change, f),
        Message::Prepared(held) => certificate("prepared", &held.0, f),
        Message::Decided(held) => certificate("decided", &held.0, f),
        Message::Proposal(held) => proposal(held, f),
        Message::Entry(entry) => {
            let (seat, nonce) = (entry.body.seat, entry.body.nonce);
            write!(f, "entry {:?} {nonce} of seat {seat}", entry.stream())
        }
        Message::WantBody(digest) => write!(f, "wants body {}", digest.short()),
        Message::Body(block) => {
            write!(f, "body h{} {}", block.height, block.digest().short())?;
            contents(block, f)
        }
        Message::RoundOver(over) => {
            write!(f, "round over h{} r{}", over.height, over.round)
        }
        _ => f.write_str("a message of a newer kind"),
    }
}

fn status(status: &Status, f: &mut Formatter<'_>) -> Result {
    let (height, round, heard) = (status.height, status.round, status.heard);
    let prepared = status.prepared.map(|round| round.0);
    write!(
        f,
        "status h{height} r{round} prepared {prepared:?} heard {heard:?}"
    )
}

fn vote(vote: &Vote, f: &mut Formatter<'_>) -> Result {
    let kind = match vote.kind {
        VoteKind::Prepare => "prepare",
        VoteKind::Commit => "commit",
    };
    let (height, round, seat) = (vote.height, vote.round, vote.seat);
    write!(
        f,
        "{kind} h{height} r{round} {} of seat {seat}",
        short(vote.digest)
    )
}

fn round_change(change: &RoundChange, f: &mut Formatter<'_>) -> Result {
    let (height, round, seat) = (change.height, change.round, change.seat);
    write!(
        f,
        "round change h{height} to r{round} of seat {seat} claims "
    )?;
    match change.claim {
        Some(claim) => write!(f, "{} of r{}", claim.digest.short(), claim.round),
        None => f.write_str("nothing"),
    }
}

fn certificate(name: &str, votes: &QuorumVotes, f: &mut Formatter<'_>) -> Result {
    let (height, round) = (votes.height, votes.round);
    write!(f, "{name} h{height} r{round} {}", votes.digest.short())
}

fn proposal(proposal: &Proposal, f: &mut Formatter<'_>) -> Result {
    let vote = &proposal.vote;
    let (height, round) = (vote.height, vote.round);
    write!(f, "proposal h{height} r{round} {}", short(vote.digest))?;
    let body = proposal.block.as_ref();
    body.map_or(Ok(()), |block| contents(block, f))
}

fn contents(block: &Block, f: &mut Formatter<'_>) -> Result {
    for entry in &block.entries {
        let (seat, nonce) = (entry.body.seat, entry.body.nonce);
        write!(f, " {seat}:{:?}:{nonce}", entry.stream())?;
    }
    for deadline in &block.deadlines {
        write!(f, " {deadline:?}")?;
    }
    Ok(())
}

fn short(digest: Option<Digest>) -> String {
    digest.map_or_else(|| "nil".to_owned(), |digest| digest.short())
}
