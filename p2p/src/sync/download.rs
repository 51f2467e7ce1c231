//! Fetching one snapshot, part by part from one peer, and from the next when that one fails.

use std::time::Duration;

use quorate_core::codec::Blob;
use quorate_core::limits::SNAPSHOT_BYTES_MAX;
use quorate_core::{Height, Mono};

use super::Question;
use crate::driver::Connection;
use crate::limits::{FETCH_TRIES, REQUEST_TIMEOUT};

/// What became of a part.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// There is more to ask for.
    More,
    /// That was the last one: the whole snapshot's bytes.
    Whole(Vec<u8>),
    /// Not what was asked for.
    False,
}

/// The snapshot that this device is after.
#[derive(Debug)]
pub(crate) struct Download {
    above: Height,
    /// Whom to ask, the most promising last.
    left: Vec<Connection>,
    from: Option<Connection>,
    /// Of which height, how long it will be, and what is here of it.
    partial: Option<(Height, usize, Vec<u8>)>,
    /// Until when an answer is waited for.
    until: Option<Mono>,
}

impl Download {
    /// After a snapshot of a height above `above`, of the peers of `ranked`, the most promising
    /// first.
    pub(crate) fn new(above: Height, mut ranked: Vec<Connection>) -> Self {
        ranked.truncate(FETCH_TRIES);
        ranked.reverse();
        Self {
            above,
            left: ranked,
            from: None,
            partial: None,
            until: None,
        }
    }

    /// Whom to ask what now; none while an answer is waited for, and once it is
    /// [over](Self::is_over).
    pub(crate) fn next(&mut self, now: Mono) -> Option<(Connection, Question)> {
        if self.until.is_some_and(|until| now < until) {
            return None;
        }
        if self.until.take().is_some() {
            self.failed();
        }
        if self.from.is_none() {
            self.from = self.left.pop();
        }
        let from = self.from?;
        let part = self.partial.as_ref();
        let part = part.map(|(height, _, bytes)| (*height, bytes.len() as u64));
        // The network gives up a little earlier, so that an answer is never taken for a later one.
        self.until = Some(now.after(REQUEST_TIMEOUT + Duration::from_secs(1)));
        let above = self.above;
        Some((from, Question::Snapshot { above, part }))
    }

    /// Takes a part of the snapshot of `height` that is `total` bytes long.
    pub(crate) fn take(&mut self, height: Height, total: u64, part: &Blob) -> Taken {
        self.until = None;
        let total = usize::try_from(total).unwrap_or(usize::MAX);
        let partial = (height, total, Vec::new());
        let (begun, whole, bytes) = self.partial.get_or_insert(partial);
        let fits = part.len() <= whole.saturating_sub(bytes.len());
        let same = (height, total) == (*begun, *whole);
        let sane = height > self.above && total <= SNAPSHOT_BYTES_MAX && !part.is_empty();
        if !fits || !same || !sane {
            return Taken::False;
        }
        // Room is made for what has come, not for what was promised.
        bytes.extend_from_slice(part);
        if bytes.len() < *whole {
            return Taken::More;
        }
        Taken::Whole(std::mem::take(bytes))
    }

    /// The peer that was asked failed, or gave what does not hold: the next one is asked, from the
    /// beginning.
    pub(crate) fn failed(&mut self) {
        self.from = None;
        self.until = None;
        self.partial = None;
    }

    /// Whether this is the peer that is asked.
    pub(crate) fn is_from(&self, connection: &Connection) -> bool {
        self.from.is_some_and(|from| from.peer == connection.peer)
    }

    /// When [`next`](Self::next) has something to say, without an answer before.
    pub(crate) const fn due(&self) -> Option<Mono> {
        self.until
    }

    /// Whether nobody is left to ask: the engine brings it up again.
    pub(crate) const fn is_over(&self) -> bool {
        self.from.is_none() && self.left.is_empty()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

    use quorate_core::crypto::PublicKey;
    use quorate_core::message::Peer;

    use super::*;
    use crate::driver::Door;

    fn connection(number: u8) -> Connection {
        Connection {
            peer: Peer(number.into()),
            door: Door::Table,
            key: PublicKey::from_bytes([number; 32]),
            seat: None,
        }
    }

    fn part(bytes: &[u8]) -> Blob {
        bytes.to_vec().into()
    }

    fn asked(download: &mut Download, now: Mono) -> Option<(u64, Option<(Height, u64)>)> {
        match download.next(now)? {
            (of, Question::Snapshot { part, .. }) => Some((of.peer.0, part)),
            _ => None,
        }
    }

    #[test]
    fn a_snapshot_comes_part_by_part_from_one_peer() {
        let now = Mono::default();
        let mut download = Download::new(Height(7), (1..=3).map(connection).collect());
        assert_eq!(asked(&mut download, now), Some((1, None)));
        assert_eq!(asked(&mut download, now), None, "an answer is waited for");
        assert_eq!(download.take(Height(9), 5, &part(&[1, 2, 3])), Taken::More);
        assert_eq!(asked(&mut download, now), Some((1, Some((Height(9), 3)))));
        let whole = Taken::Whole(vec![1, 2, 3, 4, 5]);
        assert_eq!(download.take(Height(9), 5, &part(&[4, 5])), whole);
    }

    #[test]
    fn false_parts_are_told_and_hold_no_memory() {
        let of = |height: u64, total: u64, bytes: &[u8]| {
            let mut download = Download::new(Height(7), vec![connection(1)]);
            download.next(Mono::default()).unwrap();
            let taken = download.take(Height(height), total, &part(bytes));
            let held = download.partial.map_or(0, |(.., bytes)| bytes.capacity());
            (taken, held)
        };
        assert_eq!(of(7, 5, &[1]), (Taken::False, 0), "not above");
        assert_eq!(of(9, 5, &[]), (Taken::False, 0), "nothing");
        assert_eq!(
            of(9, 2, &[1, 2, 3]),
            (Taken::False, 0),
            "more than promised"
        );
        let max = SNAPSHOT_BYTES_MAX as u64;
        assert_eq!(of(9, max + 1, &[1]), (Taken::False, 0), "too long");
        let (taken, held) = of(9, max, &[1]);
        assert_eq!(taken, Taken::More);
        assert!(held < 1024, "{held} bytes for one that came");
    }

    #[test]
    fn who_changes_its_mind_halfway_is_false() {
        let mut download = Download::new(Height(7), vec![connection(1)]);
        let _ = download.next(Mono::default());
        assert_eq!(download.take(Height(9), 5, &part(&[1])), Taken::More);
        assert_eq!(download.take(Height(10), 5, &part(&[2])), Taken::False);
    }

    #[test]
    fn who_fails_or_is_silent_makes_room_for_the_next_until_three_have_been_asked() {
        let mut now = Mono::default();
        let mut download = Download::new(Height(7), (1..=5).map(connection).collect());
        assert_eq!(asked(&mut download, now), Some((1, None)));
        download.failed();
        assert_eq!(asked(&mut download, now), Some((2, None)));
        now = download.due().unwrap();
        assert_eq!(asked(&mut download, now), Some((3, None)));
        assert!(!download.is_over());
        download.failed();
        assert!(download.is_over());
        assert_eq!(asked(&mut download, now), None);
    }
}
