//! The books that the oracle keeps of what is decided: rosters, ballots, entries, dice. The table
//! keeps such books too; none of it is used here.

use std::sync::Arc;

use quorate_core::dice::Secrets;
use quorate_core::message::{Block, Choice, Content, Deadline, Entry, Motion, MotionId};
use quorate_core::motion::{Ballots, ClosedMotion, OpenMotion, Resolution};
use quorate_core::roster::{Name, Newcomer, SeatKind};
use quorate_core::table::MotionNews;
use quorate_core::{Epoch, Height, Seats};

use super::{Court, acts, block, breaks, seat};
use crate::oracle::polls::Polls;
use crate::oracle::{Invariant, Judgement};

/// A court, and what each seat has signed so far.
struct Book {
    court: Court,
    height: u64,
    epoch: u32,
    nonces: [[u64; 2]; 5],
}

impl Book {
    fn open() -> Self {
        Self {
            court: Court::new(),
            height: 0,
            epoch: 0,
            nonces: [[0; 2]; 5],
        }
    }

    /// The next entry of a seat, as it should be.
    fn next(&mut self, by: usize, content: Content) -> Arc<Entry> {
        let last = &mut self.nonces[by][content.stream().index()];
        let follows = *last;
        *last += 1;
        self.court.signed(by, (follows + 1, follows), content)
    }

    fn block(&mut self, entries: Vec<Arc<Entry>>) -> Arc<Block> {
        self.height += 1;
        let mut next = self.court.link(self.height, block("before"), "after");
        let fields = Arc::make_mut(&mut next);
        (fields.entries, fields.epoch) = (entries, Epoch(self.epoch));
        next
    }

    fn decides(&mut self, entries: Vec<Arc<Entry>>, news: &[MotionNews]) -> Judgement {
        let block = self.block(entries);
        let voters = Some(Seats::first(4));
        self.court.oracle.decided(&block, news, (None, voters, 0))
    }

    /// In turn `turn`, while the dice roll or not.
    fn plays(&mut self, entries: Vec<Arc<Entry>>, (turn, rolling): (u64, bool)) -> Judgement {
        let block = self.block(entries);
        let before = Some((turn, rolling));
        self.court.oracle.decided(&block, &[], (before, None, 0))
    }

    /// So many rolls have a result in the next block.
    fn rolls(&mut self, results: u64) {
        let block = self.block(Vec::new());
        let voters = Some(Seats::first(4));
        let court = &mut self.court;
        court
            .oracle
            .decided(&block, &[], (None, voters, results))
            .expect("rolled");
    }

    fn closes(&mut self, deadline: Deadline) -> Judgement {
        let mut block = self.block(Vec::new());
        Arc::make_mut(&mut block).deadlines = vec![deadline];
        let voters = Some(Seats::first(4));
        self.court.oracle.decided(&block, &[], (None, voters, 0))
    }

    fn secrets(&self, by: usize, counter: u64) -> Secrets {
        let key = self.court.keys.public(by);
        Secrets::derive(&[9; 32], self.court.table, key, counter)
    }

    fn ready(&mut self, by: usize) -> Arc<Entry> {
        let commitment = Some(self.secrets(by, 1).commitment());
        self.next(by, Content::Ready { commitment })
    }

    /// Opens the secret of one commitment, with the next after it.
    fn reveal(&mut self, by: usize, roll: u64, counter: u64) -> Arc<Entry> {
        let content = Content::Reveal {
            roll: Height(roll),
            opening: self.secrets(by, counter).open_public(),
            next: self.secrets(by, counter + 1).commitment(),
        };
        self.next(by, content)
    }
}

fn yes(motion: u32) -> Content {
    Content::Ballot {
        motion: MotionId(motion),
        choice: Choice::Yes,
    }
}

/// The table says that a motion has passed.
fn passed(id: u32, motion: Motion) -> MotionNews {
    MotionNews::Closed(ClosedMotion {
        motion: OpenMotion {
            id: MotionId(id),
            by: seat(0),
            motion: Arc::new(motion),
            ballots: Ballots::among(Seats::first(4)),
        },
        resolution: Resolution::Passed,
    })
}

fn newcomer(book: &Book) -> Newcomer {
    Newcomer {
        key: book.court.keys.public(4),
        ml_dsa: None,
        name: Name::new("Eve").expect("a plain name"),
        kind: SeatKind::Player,
        nonce: [3; 32],
        buy_in: String::new(),
    }
}

/// Seats 0 to 2 have said yes to what seat 0 asks.
fn asked(book: &mut Book, motion: &Motion) {
    let put = book.next(0, Content::Motion(motion.clone()));
    let ballots = [1, 2].map(|by| book.next(by, yes(1)));
    book.decides(vec![put], &[]).expect("put");
    book.decides(ballots.to_vec(), &[]).expect("answered");
}

#[test]
fn a_motion_passes_by_more_than_two_thirds_and_by_no_fewer() {
    let mut book = Book::open();
    asked(&mut book, &Motion::Rematch);
    let rematch = [passed(1, Motion::Rematch)];
    book.decides(vec![], &rematch).expect("three of four");

    let mut book = Book::open();
    let put = book.next(0, Content::Motion(Motion::Rematch));
    let ballot = book.next(1, yes(1));
    book.decides(vec![put, ballot], &[]).expect("two of four");
    breaks(book.decides(vec![], &rematch), Invariant::Ballot);
}

/// One who had not said yes is out first, then the motion passes, then one who had is out.
#[test]
fn a_motion_may_pass_in_the_midst_of_a_block_that_takes_seats_out() {
    let mut book = Book::open();
    let mut polls = Polls::new(Seats::first(5));
    let put = book.next(0, Content::Motion(Motion::Rematch));
    let ballots = [1, 2].map(|by| book.next(by, yes(1)));
    let block = book.block([vec![put], ballots.to_vec()].concat());
    polls
        .decided(&block, &[], Some(Seats::first(5)))
        .expect("put");
    let rematch = [passed(1, Motion::Rematch)];
    let end = book.block(vec![]);
    let nobody_left = polls.clone().decided(&end, &rematch, Some(Seats::first(5)));
    breaks(nobody_left.map(drop), Invariant::Ballot);
    let left = Seats::first(5) - Seats::from(seat(3)) - Seats::from(seat(2));
    polls
        .decided(&end, &rematch, Some(left))
        .expect("three of four");
}

#[test]
fn a_seat_answers_a_motion_once_and_only_one_that_was_put() {
    let mut book = Book::open();
    asked(&mut book, &Motion::Rematch);
    let again = book.next(2, yes(1));
    breaks(book.decides(vec![again], &[]), Invariant::Ballot);
    let never_put = book.next(3, yes(2));
    breaks(book.decides(vec![never_put], &[]), Invariant::Ballot);
}

#[test]
fn a_motion_of_an_epoch_that_is_over_passes_no_more() {
    let mut book = Book::open();
    asked(&mut book, &Motion::Rematch);
    let leaves = book.next(3, Content::Leave);
    book.decides(vec![leaves], &[]).expect("leaves");
    book.epoch = 1;
    let rematch = [passed(1, Motion::Rematch)];
    breaks(book.decides(vec![], &rematch), Invariant::Ballot);
}

#[test]
fn another_roster_begins_another_epoch() {
    let mut book = Book::open();
    let leaves = book.next(3, Content::Leave);
    book.decides(vec![leaves], &[]).expect("leaves");
    assert_eq!(book.court.oracle.roster(Height(2)), Seats::first(3));
    breaks(book.decides(vec![], &[]), Invariant::Prefix);
    book.height -= 1;
    book.epoch = 1;
    book.decides(vec![], &[]).expect("in the next epoch");
}

#[test]
fn who_was_admitted_sits_down_and_nobody_else() {
    let mut book = Book::open();
    let (terms, joins) = (newcomer(&book), |terms: &Newcomer| Content::Join {
        invitation: terms.digest(),
        commitment: None,
        counter: 1,
        height: Height(1),
        state: block("after"),
    });
    asked(&mut book, &Motion::Admit(terms.clone()));
    let admitted = [passed(1, Motion::Admit(terms.clone()))];
    book.decides(vec![], &admitted).expect("admitted");
    let join = book.next(4, joins(&terms));
    book.decides(vec![join], &[]).expect("sits down");
    assert_eq!(book.court.oracle.roster(Height(4)), Seats::first(4));
    assert_eq!(book.court.oracle.roster(Height(5)), Seats::first(5));

    let mut book = Book::open();
    let unasked = book.next(3, joins(&terms));
    breaks(book.decides(vec![unasked], &[]), Invariant::Ballot);
}

#[test]
fn what_a_motion_asked_for_in_vain_is_not_done() {
    let mut book = Book::open();
    asked(&mut book, &Motion::Remove(seat(3)));
    let failed = MotionNews::Failed {
        id: MotionId(1),
        why: quorate_core::game::Rejection::new("it cannot be done"),
    };
    let news = [passed(1, Motion::Remove(seat(3))), failed];
    book.decides(vec![], &news).expect("passed, and failed");
    assert_eq!(book.court.oracle.roster(Height(9)), Seats::first(4));
}

#[test]
fn an_entry_follows_the_one_before_it_and_is_decided_once() {
    let mut book = Book::open();
    let first = book.next(0, acts(1));
    book.decides(vec![first.clone()], &[]).expect("the first");
    breaks(book.decides(vec![first], &[]), Invariant::Entry);
    let gap = book.court.signed(0, (3, 2), acts(1));
    breaks(book.decides(vec![gap], &[]), Invariant::Entry);
    let back = book.court.signed(0, (1, 1), acts(1));
    breaks(book.decides(vec![back], &[]), Invariant::Entry);
    let other = book.court.signed(0, (7, 0), Content::Here);
    book.decides(vec![other], &[]).expect("of another stream");
}

#[test]
fn an_entry_that_its_seat_did_not_sign_is_seen() {
    let mut book = Book::open();
    let mut forged = Entry::clone(&book.next(0, acts(1)));
    forged.body.nonce = 2;
    breaks(book.decides(vec![Arc::new(forged)], &[]), Invariant::Entry);
}

#[test]
fn no_move_means_a_turn_that_is_over_and_none_is_made_while_dice_roll() {
    let mut book = Book::open();
    let stale = book.next(0, acts(4));
    breaks(book.plays(vec![stale], (5, false)), Invariant::Entry);
    let early = book.next(1, acts(5));
    breaks(book.plays(vec![early], (5, true)), Invariant::Entry);
    let good = book.next(2, acts(5));
    book.plays(vec![good], (5, false)).expect("in its turn");
}

#[test]
fn a_reveal_opens_the_commitment_that_stands() {
    let mut book = Book::open();
    let ready: Vec<_> = (0..4).map(|by| book.ready(by)).collect();
    book.decides(ready, &[]).expect("committed");
    let first = book.reveal(0, 1, 1);
    book.decides(vec![first], &[]).expect("opens it");
    let second = book.reveal(0, 2, 2);
    book.decides(vec![second], &[]).expect("opens the next");
    let spent = book.reveal(0, 3, 2);
    breaks(book.decides(vec![spent], &[]), Invariant::Secret);
}

#[test]
fn who_withheld_sits_out_until_its_bench_is_over_or_a_motion_readmits_it() {
    let commits = |book: &mut Book| {
        let commitment = book.secrets(3, 2).commitment();
        let fresh = book.next(3, Content::Commit { commitment });
        book.decides(vec![fresh], &[])
            .expect("commits anew, and waits");
    };
    let withheld = || {
        let mut book = Book::open();
        let ready: Vec<_> = (0..4).map(|by| book.ready(by)).collect();
        book.decides(ready, &[]).expect("committed");
        let roll = Height(book.height);
        let others: Vec<_> = (0..3).map(|by| book.reveal(by, roll.0, 1)).collect();
        book.decides(others, &[]).expect("three reveal");
        book.closes(Deadline::Reveal { roll }).expect("one did not");
        assert_eq!(book.court.oracle.dice.closings(), 1);
        commits(&mut book);
        book
    };
    let mut book = withheld();
    let early = book.reveal(3, 4, 2);
    breaks(book.decides(vec![early], &[]), Invariant::Secret);

    let mut book = withheld();
    book.rolls(8);
    assert_eq!(book.court.oracle.dice.closings(), 0);
    let later = book.reveal(3, 4, 2);
    book.decides(vec![later], &[]).expect("its bench is over");

    // The block with the eighth result asks for a roll that waits for it again.
    let mut book = withheld();
    book.rolls(7);
    book.rolls(1);
    let roll = Height(book.height);
    book.closes(Deadline::Reveal { roll }).expect("again");
    let early = book.reveal(3, roll.0 + 1, 2);
    breaks(book.decides(vec![early], &[]), Invariant::Secret);

    let mut book = withheld();
    let readmit = Motion::Readmit(seat(3));
    let put = book.next(0, Content::Motion(readmit.clone()));
    let ballots = [1, 2].map(|by| book.next(by, yes(1)));
    book.decides(vec![put], &[]).expect("put");
    let news = [passed(1, readmit)];
    book.decides(ballots.to_vec(), &news).expect("readmitted");
    let back = book.reveal(3, 4, 2);
    book.decides(vec![back], &[]).expect("throws in again");
}
