//! Every signature in a message or record, whatever it is wrapped in.

use std::fmt;
use std::sync::Arc;

use quorate_core::certificate::{CommitsCertificate, QuorumVotes, RoundCertificate};
use quorate_core::crypto::Signature;
use quorate_core::journal::Record;
use quorate_core::message::{
    Block, Claim, Entry, Evidence, Justification, Message, Proposal, RoundChange, Statement, Vote,
    VoteKind,
};
use quorate_core::{Digest, Epoch, Height, Round, Seat, Seats};

use super::Judgement;

/// One signature, whose it is, and what it covers.
pub(super) struct Signed<'a> {
    pub(super) seat: Seat,
    pub(super) what: What<'a>,
    pub(super) signature: &'a Signature,
    /// Inside something else, where a seat may pass it on unread: a block's entries, a parent's
    /// certificate.
    pub(super) carried: bool,
}

/// What a signature covers.
pub(super) enum What<'a> {
    Vote(VoteContent),
    Change(ChangeContent),
    Entry(&'a Arc<Entry>),
    /// Beside the vote it entitles to.
    Justification(VoteContent, &'a Justification),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct VoteContent {
    pub(super) kind: VoteKind,
    pub(super) epoch: Epoch,
    pub(super) height: Height,
    pub(super) round: Round,
    pub(super) digest: Option<Digest>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct ChangeContent {
    pub(super) epoch: Epoch,
    pub(super) height: Height,
    pub(super) round: Round,
    pub(super) claim: Option<(Round, Digest)>,
}

impl fmt::Display for Signed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seat = self.seat;
        match &self.what {
            What::Vote(vote) => {
                let VoteContent {
                    kind,
                    height,
                    round,
                    digest,
                    ..
                } = vote;
                let digest = digest.map_or_else(|| "nil".to_owned(), |digest| digest.short());
                write!(f, "{kind:?} h{height} r{round} {digest} of seat {seat}")
            }
            What::Change(change) => {
                let ChangeContent { height, round, .. } = change;
                write!(f, "round change h{height} to r{round} of seat {seat}")
            }
            What::Entry(entry) => {
                let nonce = entry.body.nonce;
                write!(f, "entry {:?} {nonce} of seat {seat}", entry.stream())
            }
            What::Justification(..) => write!(f, "justification of seat {seat}"),
        }
    }
}

type Each<'e> = &'e mut dyn FnMut(Signed<'_>);

/// Every signature in a message.
pub(super) fn each_in_message(message: &Message, each: Each<'_>) {
    match message {
        Message::Vote(vote) => each(of_vote(vote, false)),
        Message::RoundChange(change, claim) => {
            each(of_change(change));
            if let Some(held) = claim {
                of_votes(&held.0, VoteKind::Prepare, false, each);
            }
        }
        Message::Prepared(held) => of_votes(&held.0, VoteKind::Prepare, false, each),
        Message::Decided(held) => of_votes(&held.0, VoteKind::Commit, false, each),
        Message::Proposal(proposal) => {
            of_proposal(proposal, each);
            if let Some(block) = &proposal.block {
                of_block(block, each);
            }
        }
        Message::Entry(entry) => each(of_entry(entry, false)),
        Message::Body(block) => of_block(block, each),
        Message::RoundOver(over) => of_commits(over, false, each),
        _ => {}
    }
}

/// Every signature in a record. What is not carried is either the record's own or part of a
/// certificate.
pub(super) fn each_in_record(record: &Record, each: Each<'_>) {
    match record {
        Record::Entry(entry) => each(of_entry(entry, false)),
        Record::Proposal { proposal, .. } => {
            each(of_vote(&proposal.vote, false));
            if let Some(held) = &proposal.justification {
                each(of_justification(&proposal.vote, held));
                of_changes(held.changes.as_ref(), each);
                if let Some(prepared) = &held.prepared {
                    of_votes(&prepared.0, VoteKind::Prepare, true, each);
                }
            }
        }
        Record::Prepare { vote, .. } => each(of_vote(vote, false)),
        Record::Commit {
            vote, certificate, ..
        } => {
            each(of_vote(vote, false));
            if let Some(held) = certificate {
                of_votes(&held.0, VoteKind::Prepare, true, each);
            }
        }
        Record::RoundOver(over) => of_commits(over, true, each),
        Record::RoundChange { change, claim } => {
            each(of_change(change));
            if let Some(held) = claim {
                of_votes(&held.0, VoteKind::Prepare, true, each);
            }
        }
        Record::Decision { certificate, .. } => {
            of_votes(&certificate.0, VoteKind::Commit, true, each);
        }
        Record::Snapshot(held) => of_votes(&held.certificate.0, VoteKind::Commit, true, each),
        _ => {}
    }
}

/// The height a certificate is about, and how many seats signed it.
pub(super) type Signers = (Height, usize);

/// How many seats signed each certificate in a message.
pub(super) fn each_certificate(
    message: &Message,
    each: &mut dyn FnMut(Signers) -> Judgement,
) -> Judgement {
    match message {
        Message::RoundChange(_, Some(held)) | Message::Prepared(held) => each(signers(&held.0)),
        Message::Decided(held) => each(signers(&held.0)),
        Message::Proposal(proposal) => justified(proposal, each),
        Message::RoundOver(over) => each(committers(over)),
        _ => Ok(()),
    }
}

/// How many seats signed each certificate in a record.
pub(super) fn each_certificate_of_record(
    record: &Record,
    each: &mut dyn FnMut(Signers) -> Judgement,
) -> Judgement {
    match record {
        Record::Proposal { proposal, .. } => justified(proposal, each),
        Record::Commit {
            certificate: Some(held),
            ..
        }
        | Record::RoundChange {
            claim: Some(held), ..
        } => each(signers(&held.0)),
        Record::RoundOver(over) => each(committers(over)),
        Record::Decision { certificate, .. } => each(signers(&certificate.0)),
        Record::Snapshot(held) => each(signers(&held.certificate.0)),
        _ => Ok(()),
    }
}

fn justified(proposal: &Proposal, each: &mut dyn FnMut(Signers) -> Judgement) -> Judgement {
    let Some(held) = &proposal.justification else {
        return Ok(());
    };
    if let Some(changes) = &held.changes {
        let seats = changes.changes.iter().map(|(seat, _)| seat);
        each((changes.height, distinct(seats)))?;
    }
    let prepared = held.prepared.as_ref();
    prepared.map_or(Ok(()), |prepared| each(signers(&prepared.0)))
}

fn committers(over: &CommitsCertificate) -> Signers {
    (
        over.height,
        distinct(over.commits.iter().map(|(seat, _)| seat)),
    )
}

fn signers(votes: &QuorumVotes) -> Signers {
    (
        votes.height,
        distinct(votes.signatures.iter().map(|(seat, _)| seat)),
    )
}

/// A seat that stands in a certificate twice counts once.
fn distinct(seats: impl Iterator<Item = Seat>) -> usize {
    seats.collect::<Seats>().len()
}

fn of_proposal(proposal: &Proposal, each: Each<'_>) {
    each(of_vote(&proposal.vote, false));
    if let Some(held) = &proposal.justification {
        each(of_justification(&proposal.vote, held));
        of_changes(held.changes.as_ref(), each);
        if let Some(prepared) = &held.prepared {
            of_votes(&prepared.0, VoteKind::Prepare, false, each);
        }
    }
    if let Some(parent) = &proposal.parent {
        of_votes(&parent.0, VoteKind::Commit, true, each);
    }
}

/// Both halves of a proof.
pub(super) fn each_in_evidence(evidence: &Evidence, each: Each<'_>) {
    for statement in [&evidence.first, &evidence.second] {
        each(match statement {
            Statement::Vote(vote) => of_vote(vote, false),
            Statement::RoundChange(change) => of_change(change),
        });
    }
}

/// Every signature in a block.
pub(super) fn each_in_block(block: &Block, each: Each<'_>) {
    of_block(block, each);
}

fn of_block(block: &Block, each: Each<'_>) {
    block
        .entries
        .iter()
        .for_each(|entry| each(of_entry(entry, true)));
}

const fn content(vote: &Vote) -> VoteContent {
    VoteContent {
        kind: vote.kind,
        epoch: vote.epoch,
        height: vote.height,
        round: vote.round,
        digest: vote.digest,
    }
}

const fn of_vote(vote: &Vote, carried: bool) -> Signed<'_> {
    Signed {
        seat: vote.seat,
        what: What::Vote(content(vote)),
        signature: &vote.signature,
        carried,
    }
}

fn of_votes(votes: &QuorumVotes, kind: VoteKind, carried: bool, each: Each<'_>) {
    for (seat, signature) in votes.signatures.iter() {
        let what = What::Vote(VoteContent {
            kind,
            epoch: votes.epoch,
            height: votes.height,
            round: votes.round,
            digest: Some(votes.digest),
        });
        each(Signed {
            seat,
            what,
            signature,
            carried,
        });
    }
}

fn of_change(change: &RoundChange) -> Signed<'_> {
    let what = What::Change(ChangeContent {
        epoch: change.epoch,
        height: change.height,
        round: change.round,
        claim: change.claim.map(pair),
    });
    Signed {
        seat: change.seat,
        what,
        signature: &change.signature,
        carried: false,
    }
}

fn of_commits(over: &CommitsCertificate, carried: bool, each: Each<'_>) {
    for (seat, (digest, signature)) in over.commits.iter() {
        let what = What::Vote(VoteContent {
            kind: VoteKind::Commit,
            epoch: over.epoch,
            height: over.height,
            round: over.round,
            digest: *digest,
        });
        each(Signed {
            seat,
            what,
            signature,
            carried,
        });
    }
}

fn of_changes(changes: Option<&RoundCertificate>, each: Each<'_>) {
    let Some(changes) = changes else {
        return;
    };
    for (seat, (claim, signature)) in changes.changes.iter() {
        let what = What::Change(ChangeContent {
            epoch: changes.epoch,
            height: changes.height,
            round: changes.round,
            claim: claim.map(pair),
        });
        each(Signed {
            seat,
            what,
            signature,
            carried: true,
        });
    }
}

const fn pair(claim: Claim) -> (Round, Digest) {
    (claim.round, claim.digest)
}

fn of_entry(entry: &Arc<Entry>, carried: bool) -> Signed<'_> {
    Signed {
        seat: entry.body.seat,
        what: What::Entry(entry),
        signature: &entry.signature,
        carried,
    }
}

const fn of_justification<'a>(vote: &Vote, held: &'a Justification) -> Signed<'a> {
    Signed {
        seat: vote.seat,
        what: What::Justification(content(vote), held),
        signature: &held.signature,
        carried: false,
    }
}
