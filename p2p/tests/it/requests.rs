//! Requests, answers, and refusals.

use bytes::Bytes;
use quorate_p2p::limits::{ANSWER_BYTES_MAX, REQUEST_BYTES_MAX};
use quorate_p2p::net::{Answerer, Chaos, Event, NetError, RequestError, RequestId};

use crate::peers::{Peer, channel, key, table};

fn wait_request(peer: &mut Peer) -> (Bytes, Answerer) {
    match peer.wait_event("request", |event| matches!(event, Event::Request { .. })) {
        Event::Request { bytes, answer, .. } => (bytes, answer),
        _ => unreachable!("the event that was waited for"),
    }
}

fn wait_answer(peer: &mut Peer, id: RequestId) -> Result<Bytes, RequestError> {
    peer.wait_for("answer", |event| match event {
        Event::Answer {
            request, result, ..
        } if *request == id => Some(result.clone()),
        _ => None,
    })
}

#[test]
fn the_largest_request_gets_the_largest_answer() {
    let channel = channel("requests");
    let mut peers = table(2, channel);
    let question = Bytes::from(vec![1; REQUEST_BYTES_MAX]);
    let answer = Bytes::from(vec![2; ANSWER_BYTES_MAX]);
    let id = peers[0]
        .net
        .request(channel, key(1), question.clone())
        .unwrap();
    let (asked, answerer) = wait_request(&mut peers[1]);
    assert_eq!(asked, question);
    answerer.send(answer.clone()).unwrap();
    assert_eq!(wait_answer(&mut peers[0], id), Ok(answer));
}

#[test]
fn an_answerer_that_is_dropped_refuses() {
    let channel = channel("refusals");
    let mut peers = table(2, channel);
    let id = peers[0]
        .net
        .request(channel, key(1), "anything?".into())
        .unwrap();
    drop(wait_request(&mut peers[1]));
    assert_eq!(wait_answer(&mut peers[0], id), Err(RequestError::Refused));
    let id = peers[0]
        .net
        .request(channel, key(1), "anything?".into())
        .unwrap();
    let too_long = Bytes::from(vec![0; ANSWER_BYTES_MAX + 1]);
    let sent = wait_request(&mut peers[1]).1.send(too_long);
    assert!(matches!(sent, Err(NetError::TooLarge { .. })));
    assert_eq!(wait_answer(&mut peers[0], id), Err(RequestError::Refused));
}

#[test]
fn nobody_is_asked_about_a_channel_it_has_not_opened_to_us() {
    let mut peers = table(2, channel("ours"));
    let id = peers[0]
        .net
        .request(channel("theirs"), key(1), "psst".into())
        .unwrap();
    assert_eq!(wait_answer(&mut peers[0], id), Err(RequestError::Refused));
    let id = peers[0]
        .net
        .request(channel("ours"), key(7), "who?".into())
        .unwrap();
    assert_eq!(
        wait_answer(&mut peers[0], id),
        Err(RequestError::NotConnected)
    );
}

#[test]
fn a_cut_request_times_out() {
    let channel = channel("cut requests");
    let mut peers = table(2, channel);
    peers[0].net.set_chaos(Chaos {
        cut: [key(1)].into(),
        ..Chaos::default()
    });
    let id = peers[0]
        .net
        .request(channel, key(1), "hello?".into())
        .unwrap();
    assert_eq!(wait_answer(&mut peers[0], id), Err(RequestError::Timeout));
}
