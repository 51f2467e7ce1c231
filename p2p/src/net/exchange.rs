//! Requests and answers on the wire: a length and the bytes, never more than agreed.

use std::io;

use bytes::Bytes;
use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use libp2p::StreamProtocol;
use libp2p::request_response::{self, Codec, ProtocolSupport};
use quorate_core::Digest;

use super::frame;
use crate::limits::{
    ANNOUNCEMENT_BYTES_MAX, ANSWER_BYTES_MAX, ANSWERS_PER_PEER, REQUEST_BYTES_MAX, REQUEST_TIMEOUT,
};

const DIGEST_BYTES: usize = 32;
const REFUSED: u8 = 0;
const ANSWERED: u8 = 1;

/// Sends bytes there and bytes, or a refusal, back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exchange {
    request_bytes_max: usize,
    answer_bytes_max: usize,
}

pub(super) type Behaviour = request_response::Behaviour<Exchange>;
pub(super) type Event = request_response::Event<Bytes, Option<Bytes>>;
pub(super) type Channel = request_response::ResponseChannel<Option<Bytes>>;

/// Questions about a channel.
pub(super) fn sync() -> Behaviour {
    let codec = Exchange {
        request_bytes_max: DIGEST_BYTES + REQUEST_BYTES_MAX,
        answer_bytes_max: ANSWER_BYTES_MAX,
    };
    behaviour(codec, StreamProtocol::new("/quorate/sync/1"))
}

/// The question what a peer announces to the local network.
pub(super) fn nearby() -> Behaviour {
    let codec = Exchange {
        request_bytes_max: 0,
        answer_bytes_max: ANNOUNCEMENT_BYTES_MAX,
    };
    behaviour(codec, StreamProtocol::new("/quorate/nearby/1"))
}

fn behaviour(codec: Exchange, protocol: StreamProtocol) -> Behaviour {
    let config = request_response::Config::default()
        .with_request_timeout(REQUEST_TIMEOUT)
        .with_max_concurrent_streams(2 * ANSWERS_PER_PEER);
    Behaviour::with_codec(codec, [(protocol, ProtocolSupport::Full)], config)
}

/// A question as it travels: the channel it is about, then its bytes.
pub(super) fn address_to(channel: Digest, question: &[u8]) -> Bytes {
    [channel.as_bytes(), question].concat().into()
}

/// The channel a question is about, and its bytes.
pub(super) fn addressed(mut request: Bytes) -> Option<(Digest, Bytes)> {
    let channel = *request.first_chunk::<DIGEST_BYTES>()?;
    Some((Digest::from_bytes(channel), request.split_off(DIGEST_BYTES)))
}

impl Codec for Exchange {
    type Protocol = StreamProtocol;
    type Request = Bytes;
    type Response = Option<Bytes>;

    async fn read_request<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Bytes>
    where
        T: AsyncRead + Unpin + Send,
    {
        frame::read(io, self.request_bytes_max).await
    }

    async fn read_response<T>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
    ) -> io::Result<Option<Bytes>>
    where
        T: AsyncRead + Unpin + Send,
    {
        let mut kind = [0];
        io.read_exact(&mut kind).await?;
        match kind {
            [REFUSED] => Ok(None),
            [ANSWERED] => frame::read(io, self.answer_bytes_max).await.map(Some),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    async fn write_request<T>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        request: Bytes,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        frame::write(io, &request).await
    }

    async fn write_response<T>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        answer: Option<Bytes>,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        match answer {
            None => io.write_all(&[REFUSED]).await,
            Some(bytes) => {
                io.write_all(&[ANSWERED]).await?;
                frame::write(io, &bytes).await
            }
        }
    }
}
