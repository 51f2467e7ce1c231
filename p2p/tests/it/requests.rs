//! Requests, answers, and refusals.

use bytes::Bytes;
use quorate_p2p::limits::{ANSWER_BYTES_MAX, ASKED_BURST, REQUEST_BYTES_MAX, REQUESTS_PER_PEER};
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

#[test]
fn one_peer_is_asked_so_much_at_once_and_no_more() {
    let channel = channel("many requests");
    let mut peers = table(2, channel);
    let ask = |peers: &[Peer]| {
        let asked = peers[0].net.request(channel, key(1), "again?".into());
        asked.unwrap()
    };
    let asked: Vec<_> = (0..REQUESTS_PER_PEER).map(|_| ask(&peers)).collect();
    // Nobody answers yet.
    let waiting: Vec<_> = asked.iter().map(|_| wait_request(&mut peers[1])).collect();
    let more = ask(&peers);
    assert_eq!(wait_answer(&mut peers[0], more), Err(RequestError::TooMany));
    for (_, answerer) in waiting {
        answerer.send("yes".into()).unwrap();
    }
    for id in asked {
        assert_eq!(wait_answer(&mut peers[0], id), Ok("yes".into()));
    }
}

#[test]
fn who_asks_without_end_is_refused_after_a_burst() {
    let channel = channel("endless requests");
    let mut peers = table(2, channel);
    let mut refused = 0;
    for _ in 0..4 * ASKED_BURST {
        let id = peers[0]
            .net
            .request(channel, key(1), "more".into())
            .unwrap();
        let told = |event: &Event| match event {
            Event::Request { .. } => Some(()),
            _ => None,
        };
        // Either it is put to the owner, or it is refused without the owner.
        loop {
            if peers[1]
                .find(&told, std::time::Duration::from_millis(1))
                .is_some()
            {
                // The answerer went with the event: that refuses, too.
                let _ = wait_answer(&mut peers[0], id);
                break;
            }
            let answered = |event: &Event| match event {
                Event::Answer { request, .. } if *request == id => Some(()),
                _ => None,
            };
            if peers[0]
                .find(&answered, std::time::Duration::from_millis(1))
                .is_some()
            {
                refused += 1;
                break;
            }
        }
    }
    assert!(refused > 0, "every one of them was put to the owner");
}
