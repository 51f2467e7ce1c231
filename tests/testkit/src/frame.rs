//! A frame on its way: bytes, and what they mean, decoded once for everybody who looks on.

use std::fmt;
use std::sync::{Arc, OnceLock};

use quorate_core::certificate::QuorumVotes;
use quorate_core::codec;
use quorate_core::message::{Block, Lane, Message, VoteKind};

/// Bytes that one engine sent another.
pub struct Frame {
    /// The lane it travels on.
    pub lane: Lane,
    /// What is delivered.
    pub bytes: Arc<[u8]>,
    message: OnceLock<Option<Message>>,
}

impl Frame {
    /// A frame of these bytes.
    #[must_use]
    pub fn new(lane: Lane, bytes: Arc<[u8]>) -> Arc<Self> {
        Arc::new(Self {
            lane,
            bytes,
            message: OnceLock::new(),
        })
    }

    /// A frame that says `message`.
    #[must_use]
    pub fn of(message: Message) -> Arc<Self> {
        // Invariant: messages hold integers and bytes only, which always encode.
        let bytes = codec::encode(&message).expect("a message always encodes");
        Arc::new(Self {
            lane: message.lane(),
            bytes: bytes.into(),
            message: OnceLock::from(Some(message)),
        })
    }

    /// Whether it is a status, by its first byte: most frames are, and nobody signs them.
    #[must_use]
    pub fn is_status(&self) -> bool {
        self.bytes.first() == Some(&0)
    }

    /// What it says; none if it is no message.
    #[must_use]
    pub fn message(&self) -> Option<&Message> {
        let decoded = self.message.get_or_init(|| codec::decode(&self.bytes).ok());
        decoded.as_ref()
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message() {
            None => write!(f, "garbage of {} bytes", self.bytes.len()),
            Some(message) => describe(message, f),
        }
    }
}

fn describe(message: &Message, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match message {
        Message::Status(status) => {
            write!(f, "status h{} r{}", status.height, status.round)?;
            write!(
                f,
                " prepared {:?} heard {:?}",
                status.prepared.map(|r| r.0),
                status.heard
            )
        }
        Message::Vote(vote) => {
            let kind = match vote.kind {
                VoteKind::Prepare => "prepare",
                VoteKind::Commit => "commit",
            };
            let digest = vote.digest.map_or_else(|| "nil".into(), |d| d.short());
            write!(
                f,
                "{kind} h{} r{} {digest} of seat {}",
                vote.height, vote.round, vote.seat
            )
        }
        Message::RoundChange(change, _) => {
            let claim = change.claim.map_or_else(
                || "nothing".into(),
                |claim| format!("{} of r{}", claim.digest.short(), claim.round),
            );
            let (height, round, seat) = (change.height, change.round, change.seat);
            write!(
                f,
                "round change h{height} to r{round} of seat {seat} claims {claim}"
            )
        }
        Message::Prepared(held) => certificate("prepared", &held.0, f),
        Message::Decided(held) => certificate("decided", &held.0, f),
        Message::Proposal(proposal) => {
            let vote = &proposal.vote;
            let digest = vote.digest.map_or_else(|| "nil".into(), |d| d.short());
            write!(f, "proposal h{} r{} {digest}", vote.height, vote.round)?;
            let body = proposal.block.as_ref();
            body.map_or(Ok(()), |block| contents(block, f))
        }
        Message::Entry(entry) => {
            let body = &entry.body;
            let stream = entry.stream();
            write!(f, "entry {stream:?} {} of seat {}", body.nonce, body.seat)
        }
        Message::WantBody(digest) => write!(f, "wants body {}", digest.short()),
        Message::Body(block) => {
            write!(f, "body h{} {}", block.height, block.digest().short())?;
            contents(block, f)
        }
        _ => f.write_str("a message of a newer kind"),
    }
}

fn certificate(kind: &str, votes: &QuorumVotes, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let digest = votes.digest.short();
    write!(f, "{kind} h{} r{} {digest}", votes.height, votes.round)
}

fn contents(block: &Block, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for entry in &block.entries {
        let (seat, nonce) = (entry.body.seat, entry.body.nonce);
        write!(f, " {seat}:{:?}:{nonce}", entry.stream())?;
    }
    for deadline in &block.deadlines {
        write!(f, " {deadline:?}")?;
    }
    Ok(())
}
