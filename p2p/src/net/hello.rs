//! The hello with which two peers open the lanes of a channel.
//!
//! The peer with the lower key opens; the other may only ask for it. Three streams of one
//! connection are opened at once; on the first:
//!
//! ```text
//! opener                                   other
//!   Hello{channel, nonce}              ->        is the channel open, is the peer admitted?
//!                                      <-  Welcome{nonce, greeting, signature} or Refused
//!   Confirm{greeting, signature}       ->
//!   Join{lane, nonce} on each other    ->
//!                                      <-  Ready: everything sent from here on is read
//! ```
//!
//! Both signatures cover both keys, both nonces, the channel and the signer's greeting: none can
//! be replayed to another peer, for another channel, or at another time.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures::{AsyncRead, AsyncWrite};
use libp2p::Stream;
use quorate_core::Digest;
use quorate_core::codec;
use quorate_core::crypto::{
    AnyScheme, PublicKey, SecretKey, Signature, Signer, Verifier, signing_bytes,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{HelloFault, frame};
use crate::limits::GREETING_BYTES_MAX;

/// Bytes of the largest message of a hello.
const MESSAGE_BYTES_MAX: usize = GREETING_BYTES_MAX + 256;

pub(super) type Nonce = [u8; 32];

/// The first message on every stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum First {
    /// Opens the lanes of a channel; this stream is its control lane.
    Hello { channel: Digest, nonce: Nonce },
    /// This stream is another lane of the channel opened with `nonce`.
    Join {
        channel: Digest,
        lane: Joined,
        nonce: Nonce,
    },
    /// Asks the peer with the lower key to open the lanes of a channel.
    Poke { channel: Digest },
}

/// A lane that joins the control lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Joined {
    Votes,
    Proposals,
}

/// The other side's answer to a hello.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Reply {
    Welcome { nonce: Nonce, statement: Statement },
    Refused(Refused),
}

/// Why a hello was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Refused {
    /// The channel is not open there, or not to us.
    NotOpen,
    /// As many peers as the channel takes are there already.
    Full,
}

/// What one side says of itself, signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Statement {
    greeting: Vec<u8>,
    signature: Signature,
}

#[derive(Serialize, Deserialize)]
struct Ready;

/// What both signatures cover beside the greeting.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Bond {
    pub(super) channel: Digest,
    pub(super) opener: PublicKey,
    pub(super) other: PublicKey,
    pub(super) opener_nonce: Nonce,
    pub(super) other_nonce: Nonce,
}

/// How a hello fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The other side broke the rules.
    Fault(HelloFault),
    /// The connection was lost, or the time is over.
    Lost,
    /// The other side does not want us, now.
    Refused(Refused),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidData => Self::Fault(HelloFault::Malformed),
            _ => Self::Lost,
        }
    }
}

/// One side of a hello.
pub(super) struct Party<'a> {
    pub(super) secret: &'a SecretKey,
    pub(super) channel: Digest,
    pub(super) peer: PublicKey,
    pub(super) greeting: &'a Bytes,
}

impl Party<'_> {
    /// Opens: returns the other side's greeting once it is ready.
    pub(super) async fn open(&self, streams: &mut [Stream; 3]) -> Result<Bytes, Failure> {
        let nonce = fresh_nonce()?;
        let [control, votes, proposals] = streams;
        let channel = self.channel;
        say(control, &First::Hello { channel, nonce }).await?;
        let (other_nonce, statement) = match hear(control).await? {
            Reply::Welcome { nonce, statement } => (nonce, statement),
            Reply::Refused(why) => return Err(Failure::Refused(why)),
        };
        let opener = self.secret.public();
        let bond = Bond {
            channel,
            opener,
            other: self.peer,
            opener_nonce: nonce,
            other_nonce,
        };
        let greeting = check(&self.peer, bond, statement)?;
        say(control, &self.statement(bond)?).await?;
        say(
            votes,
            &First::Join {
                channel,
                lane: Joined::Votes,
                nonce,
            },
        )
        .await?;
        say(
            proposals,
            &First::Join {
                channel,
                lane: Joined::Proposals,
                nonce,
            },
        )
        .await?;
        hear::<Ready>(control).await?;
        Ok(greeting)
    }

    /// Answers a hello: returns the opener's greeting, not yet [`ready`].
    pub(super) async fn answer(
        &self,
        control: &mut Stream,
        opener_nonce: Nonce,
    ) -> Result<Bytes, Failure> {
        let (channel, other) = (self.channel, self.secret.public());
        let other_nonce = fresh_nonce()?;
        let bond = Bond {
            channel,
            opener: self.peer,
            other,
            opener_nonce,
            other_nonce,
        };
        let statement = self.statement(bond)?;
        say(
            control,
            &Reply::Welcome {
                nonce: other_nonce,
                statement,
            },
        )
        .await?;
        check(&self.peer, bond, hear(control).await?)
    }

    pub(super) fn statement(&self, bond: Bond) -> Result<Statement, Failure> {
        let signed = signed(bond, self.secret.public(), self.greeting)?;
        let signature = self.secret.sign(&signed);
        Ok(Statement {
            greeting: self.greeting.to_vec(),
            signature,
        })
    }
}

/// Tells the opener that every lane is read.
pub(super) async fn ready(control: &mut Stream) -> Result<(), Failure> {
    Ok(say(control, &Ready).await?)
}

/// Refuses a hello.
pub(super) async fn refuse(control: &mut Stream, why: Refused) -> Result<(), Failure> {
    Ok(say(control, &Reply::Refused(why)).await?)
}

/// Asks the peer to open the lanes of `channel`.
pub(super) async fn poke(stream: &mut Stream, channel: Digest) -> io::Result<()> {
    say(stream, &First::Poke { channel }).await
}

/// The first message of a stream that a peer opened.
pub(super) async fn first(stream: &mut Stream) -> Result<First, Failure> {
    Ok(hear(stream).await?)
}

/// Ends `hello` as lost when it takes longer than `limit`.
pub(super) async fn within<T>(
    limit: Duration,
    hello: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::time::timeout(limit, hello)
        .await
        .unwrap_or(Err(Failure::Lost))
}

fn check(peer: &PublicKey, bond: Bond, statement: Statement) -> Result<Bytes, Failure> {
    if statement.greeting.len() > GREETING_BYTES_MAX {
        return Err(Failure::Fault(HelloFault::Malformed));
    }
    let signed = signed(bond, *peer, &statement.greeting)?;
    if AnyScheme.verify(&(*peer).into(), &signed, &statement.signature) {
        Ok(statement.greeting.into())
    } else {
        Err(Failure::Fault(HelloFault::Signature))
    }
}

fn signed(bond: Bond, signer: PublicKey, greeting: &[u8]) -> Result<Vec<u8>, Failure> {
    // Nothing in a bond lacks an encoding; should that change, no hello succeeds.
    signing_bytes("hello", &(bond, signer, greeting)).map_err(|_| Failure::Lost)
}

fn fresh_nonce() -> Result<Nonce, Failure> {
    let mut nonce = Nonce::default();
    getrandom::fill(&mut nonce).map_err(|_| Failure::Lost)?;
    Ok(nonce)
}

async fn say<M: Serialize>(io: &mut (impl AsyncWrite + Unpin), message: &M) -> io::Result<()> {
    let bytes = codec::encode(message).map_err(|_| io::ErrorKind::InvalidInput)?;
    frame::write(io, &bytes).await
}

async fn hear<M: Serialize + DeserializeOwned>(io: &mut (impl AsyncRead + Unpin)) -> io::Result<M> {
    let bytes = frame::read(io, MESSAGE_BYTES_MAX).await?;
    codec::decode(&bytes).map_err(|_| io::ErrorKind::InvalidData.into())
}
