//! Sealed turns and hidden rolls at a table of engines: nobody reads a secret before its time, and
//! whoever keeps one back gets nothing for it.

use super::peek::{Action, Peek};
use super::puppet::{Do, Puppet};
use super::rps::{Hand, Rps};
use super::table::{SECOND, Table, seat};
use quorate_core::codec;
use quorate_core::crypto::Signer;
use quorate_core::dice::{Opening, PotError, Secrets};
use quorate_core::engine::{Event, Input};
use quorate_core::game::{Cause, End, Game, SeatChange, Settled};
use quorate_core::genesis::{DicePolicy, Genesis, Protocol};
use quorate_core::message::{Content, Message};
use quorate_core::table::{EntryRefusal, TableState};
use quorate_core::{PerSeat, Seats};

under_both! {
    a_sealed_turn_opens_once_everybody_has_sealed,
    nobody_can_read_a_sealed_move_before_all_are_sealed,
    a_second_sealed_move_is_refused,
    a_seat_that_seals_too_late_has_no_move,
    a_seat_that_keeps_its_opening_back_has_no_move_and_is_named,
    a_seat_that_restarts_between_seal_and_open_opens_the_same,
    a_seat_commits_anew_when_its_secrets_are_used_up,
    a_hidden_roll_is_seen_by_its_owner_only,
    shown_rolls_are_what_their_owners_saw,
    a_seat_that_restarts_between_deal_and_show_shows_the_same,
    an_owner_that_shows_nothing_keeps_the_others_waiting_no_longer_than_a_roll,
    an_owner_that_withholds_its_public_secret_gets_another_roll_and_is_named,
    only_what_was_sealed_can_be_opened_and_only_when_it_is_time,
    only_the_owners_own_part_shows_a_hidden_roll,
    a_seat_that_was_away_cannot_void_a_turn_while_it_is_opened,
    many_hidden_rolls_of_one_owner_are_dealt_and_shown_in_portions,
    practice_tables_have_sealed_turns_and_hidden_rolls_too,
}

fn rps(protocol: Protocol, seats: u8) -> Table<Rps> {
    Table::under(protocol, Rps { to_win: 200 }, seats)
}

/// Lets seats reveal for so long that a test has time to look.
fn patient(genesis: &mut Genesis) {
    genesis.dice = DicePolicy::CommitReveal {
        deadline_ms: 20_000,
        returns_after: 8,
    };
}

fn peek(protocol: Protocol, seats: u8) -> Table<Peek> {
    let mut table = Table::under(protocol, Peek, seats);
    table.pass(SECOND);
    table
}

/// Lets time pass until seat 1 sees that it `is` so, half a minute at most.
fn until<G: Game>(table: &mut Table<G>, is: impl Fn(&TableState<G>) -> bool) {
    for _ in 0..300 {
        if is(table.engines[1].table()) {
            return;
        }
        table.pass(SECOND / 10);
    }
    panic!("it never came to that");
}

/// What engine `at` was told to have happened.
fn causes<G: Game>(table: &Table<G>, at: usize) -> Vec<Cause<G::Action>> {
    let decided = table.events[at].iter().filter_map(|event| match event {
        Event::Decided(decided) => Some(&decided.happened),
        _ => None,
    });
    decided
        .flatten()
        .map(|happened| happened.cause.clone())
        .collect()
}

fn opened(table: &Table<Rps>, at: usize) -> Vec<PerSeat<Option<Hand>>> {
    let moves = causes(table, at)
        .into_iter()
        .filter_map(|cause| match cause {
            Cause::Opened(moves) => Some(moves),
            _ => None,
        });
    moves.collect()
}

fn settled<G: Game>(table: &Table<G>, at: usize) -> Vec<Settled> {
    let settled = table.events[at].iter().filter_map(|event| match event {
        Event::Settled { settled, .. } => Some(settled.clone()),
        _ => None,
    });
    settled.collect()
}

/// Everything of the kind that `is` that left the seat at `from` since the last look.
fn left<G: Game>(table: &mut Table<G>, from: usize, is: fn(&Content) -> bool) -> usize {
    let sent = table.overheard().into_iter();
    let sent = sent.filter(|(by, message)| {
        *by == from && matches!(message, Message::Entry(entry) if is(&entry.body.content))
    });
    sent.count()
}

fn is_open(content: &Content) -> bool {
    matches!(content, Content::Open { .. })
}

/// All secrets that the seat at `at` ever had, spent ones included.
fn secrets<G: Game>(table: &Table<G>, at: usize) -> Vec<Secrets> {
    let (id, key) = (table.engines[0].table().table(), table.keys[at].public());
    let seeds = table.seeds[at].iter();
    seeds
        .map(|(counter, seed)| Secrets::derive(seed, id, key, *counter))
        .collect()
}

/// The seats of which a frame that was overheard holds a secret that they keep for themselves.
fn leaks<G: Game>(table: &mut Table<G>) -> Vec<usize> {
    let frames = table.overheard().into_iter();
    let frames: Vec<_> = frames
        .map(|(_, message)| codec::encode(&message).unwrap())
        .collect();
    let leaked = |at: &usize| {
        let secrets = secrets(table, *at);
        let mut kept = secrets
            .iter()
            .flat_map(|secrets| (1..16).map(|leaf| *secrets.open(leaf).unwrap().nonce()));
        kept.any(|nonce| {
            let holds = |frame: &Vec<u8>| frame.windows(32).any(|part| part == nonce);
            frames.iter().any(holds)
        })
    };
    (0..table.engines.len()).filter(leaked).collect()
}

fn a_sealed_turn_opens_once_everybody_has_sealed(protocol: Protocol) {
    for seats in [2, 3, 4] {
        let mut table = rps(protocol, seats);
        let hands = [Hand::Rock, Hand::Paper, Hand::Scissors, Hand::Rock];
        let count = usize::from(seats);
        for (index, hand) in hands.into_iter().take(count).enumerate() {
            assert!(
                opened(&table, 0).is_empty(),
                "not while seat {index} is thinking"
            );
            table.act(index, hand);
        }
        table.pass(SECOND);
        let expected: PerSeat<_> = (0..count).map(|i| (seat(i), Some(hands[i]))).collect();
        for at in 0..count {
            assert_eq!(opened(&table, at), std::slice::from_ref(&expected));
            assert!(matches!(settled(&table, at)[..], [Settled::Decided { .. }]));
        }
        table.agreed();
    }
}

fn nobody_can_read_a_sealed_move_before_all_are_sealed(protocol: Protocol) {
    let mut table = rps(protocol, 4);
    table.overheard();
    for index in 0..3 {
        table.act(index, Hand::Paper);
    }
    table.pass(SECOND);
    assert_eq!(
        table.engines[3].table().sealed().len(),
        3,
        "the seals are decided"
    );
    assert_eq!(leaks(&mut table), [0; 0]);
    let clear = |event: &Event<Rps>| {
        matches!(event, Event::Decided(decided)
        if decided.block.entries.iter().any(|entry| is_open(&entry.body.content)))
    };
    assert!(!table.events[3].iter().any(clear));
    table.act(3, Hand::Rock);
    table.pass(SECOND);
    assert!(
        table.events[3].iter().any(clear),
        "once all are sealed all open"
    );
}

fn a_second_sealed_move_is_refused(protocol: Protocol) {
    let mut table = rps(protocol, 4);
    table.act(0, Hand::Paper);
    table.act(0, Hand::Rock);
    let said = settled(&table, 0);
    assert!(
        matches!(&said[..], [Settled::Decided { .. }, Settled::Refused(why)]
            if why.text.contains("sealed already")),
        "{said:?}"
    );
}

fn a_seat_that_seals_too_late_has_no_move(protocol: Protocol) {
    let mut table = rps(protocol, 4);
    for index in 0..3 {
        table.act(index, Hand::Paper);
    }
    table.pass(SECOND * 10);
    let paper = Some(Hand::Paper);
    let expected = [paper, paper, paper, None];
    let expected: PerSeat<_> = (0..4).map(|i| (seat(i), expected[i])).collect();
    assert_eq!(opened(&table, 3)[0], expected);
    let named = |cause: &Cause<Hand>| matches!(cause, Cause::Seat(_, SeatChange::Withheld));
    assert!(!causes(&table, 0).iter().any(named), "late is not withheld");
}

fn a_seat_that_keeps_its_opening_back_has_no_move_and_is_named(protocol: Protocol) {
    let mut table = rps(protocol, 4);
    table.act(0, Hand::Rock);
    table.down.push(0); // its seal is decided, and nothing more is heard of it
    for index in [1, 2, 3] {
        table.act(index, Hand::Paper);
    }
    table.pass(SECOND * 4);
    let paper = Some(Hand::Paper);
    let expected = [None, paper, paper, paper];
    let expected: PerSeat<_> = (0..4).map(|i| (seat(i), expected[i])).collect();
    assert_eq!(opened(&table, 1)[0], expected);
    let told = causes(&table, 1);
    let opened = told
        .iter()
        .position(|cause| matches!(cause, Cause::Opened(_)));
    let named = Cause::Seat(seat(0), SeatChange::Withheld);
    let named = told.iter().position(|cause| *cause == named);
    assert!(opened < named, "the game learns of it after the moves");
}

fn a_seat_that_restarts_between_seal_and_open_opens_the_same(protocol: Protocol) {
    let mut table = rps(protocol, 4);
    table.act(0, Hand::Scissors);
    table.restart(0);
    for index in [1, 2, 3] {
        table.act(index, Hand::Paper);
    }
    table.pass(SECOND * 2);
    assert_eq!(
        opened(&table, 1)[0].get(seat(0)),
        Some(&Some(Hand::Scissors))
    );
    // And between the last seal and its own opening, which never left.
    for index in [0, 1, 2] {
        table.act(index, Hand::Rock);
    }
    table.stuck_disks.push(0);
    table.act(3, Hand::Rock);
    table.stuck_disks.clear();
    table.overheard();
    table.restart(0);
    table.pass(SECOND * 4);
    assert!(left(&mut table, 0, is_open) > 0);
    assert_eq!(opened(&table, 1)[1].get(seat(0)), Some(&Some(Hand::Rock)));
    table.agreed();
}

fn a_seat_commits_anew_when_its_secrets_are_used_up(protocol: Protocol) {
    let mut table = rps(protocol, 2);
    for turn in 0..33 {
        let hand = [Hand::Rock, Hand::Paper][turn % 2];
        table.act(0, hand);
        table.act(1, hand);
        table.pass(SECOND);
        let both: PerSeat<_> = (0..2).map(|i| (seat(i), Some(hand))).collect();
        assert_eq!(opened(&table, 0).last(), Some(&both), "turn {turn}");
    }
    let commitments = secrets(&table, 0).len();
    assert_eq!(commitments, 3, "fifteen moves a commitment");
}

fn seen(table: &Table<Peek>, at: usize) -> PerSeat<Option<u32>> {
    let engine = &table.engines[at];
    engine.table().play().unwrap().view(&engine.viewer())
}

fn a_hidden_roll_is_seen_by_its_owner_only(protocol: Protocol) {
    for seats in [2, 4] {
        let mut table = Table::under(protocol, Peek, seats);
        table.overheard();
        table.pass(SECOND);
        for at in 0..usize::from(seats) {
            let seen = seen(&table, at);
            let known = seen.which(Option::is_some);
            assert_eq!(known, Seats::from(seat(at)), "its own die and no other");
            assert!((1..=6).contains(&seen[seat(at)].unwrap()));
        }
        table.act(0, Action::Change);
        table.pass(SECOND);
        assert_eq!(leaks(&mut table), [0; 0], "no secret left its device");
    }
}

fn shown_rolls_are_what_their_owners_saw(protocol: Protocol) {
    let mut table = peek(protocol, 4);
    let mut expected = PerSeat::default();
    for at in 0..4 {
        let change = if at % 2 == 0 {
            Action::Change
        } else {
            Action::Keep
        };
        if at == 3 {
            expected.extend((0..4).map(|i| (seat(i), seen(&table, i)[seat(i)])));
        }
        table.act(at, change);
        table.pass(SECOND);
    }
    assert!(expected.iter().all(|(_, die)| die.is_some()));
    for at in 0..4 {
        assert_eq!(seen(&table, at), expected);
    }
    let end = table.engines[0].table().play().unwrap().end().cloned();
    assert!(matches!(end, Some(End::Finished(_))));
    table.agreed();
}

fn a_seat_that_restarts_between_deal_and_show_shows_the_same(protocol: Protocol) {
    let mut table = peek(protocol, 4);
    let before = seen(&table, 2)[seat(2)];
    table.restart(2);
    assert_eq!(
        seen(&table, 2)[seat(2)],
        before,
        "the same die after a restart"
    );
    for at in 0..4 {
        table.act(at, Action::Keep);
        table.pass(SECOND);
    }
    assert_eq!(seen(&table, 0)[seat(2)], before);
    table.agreed();
}

fn an_owner_that_shows_nothing_keeps_the_others_waiting_no_longer_than_a_roll(protocol: Protocol) {
    let mut table = peek(protocol, 4);
    table.act(0, Action::Keep);
    table.down.push(0);
    for at in 1..4 {
        table.act(at, Action::Keep);
        table.pass(SECOND);
    }
    table.pass(SECOND * 5);
    let shown = seen(&table, 1);
    assert_eq!(shown.which(Option::is_none), Seats::from(seat(0)));
    let end = table.engines[1].table().play().unwrap().end().cloned();
    assert!(matches!(end, Some(End::Finished(outcome)) if !outcome.winners().contains(seat(0))));
}

fn an_owner_that_withholds_its_public_secret_gets_another_roll_and_is_named(protocol: Protocol) {
    let mut table = Table::under(protocol, Peek, 4);
    table.pass(SECOND);
    table.down.push(3);
    table.act(0, Action::Change);
    table.pass(SECOND * 6);
    let withheld = Cause::Seat(seat(3), SeatChange::Withheld);
    assert!(causes(&table, 0).contains(&withheld));
    assert!(
        !table.engines[0].table().play().unwrap().is_rolling(),
        "the die is dealt"
    );
    assert!(seen(&table, 0)[seat(0)].is_some());
}

/// What the table at `at` says to an opening of seat 0 by its secret at `leaf`.
fn opens(
    table: &Table<Rps>,
    at: usize,
    (turn, hand, leaf): (u64, Hand, u8),
) -> Result<(), EntryRefusal> {
    let open = Content::Open {
        turn,
        action: codec::encode(&hand).unwrap(),
        opening: secrets(table, 0)[0].open(leaf).unwrap(),
    };
    table.engines[at].table().would_accept(seat(0), &open)
}

fn only_what_was_sealed_can_be_opened_and_only_when_it_is_time(protocol: Protocol) {
    let mut table = Table::with(protocol, Rps { to_win: 9 }, 4, patient);
    table.act(0, Hand::Rock);
    let turn = table.engines[1].table().play().unwrap().turn_number();
    let right = (turn, Hand::Rock, 1);
    let early = opens(&table, 1, right);
    assert_eq!(
        early,
        Err(EntryRefusal::NotAwaited(seat(0))),
        "others are thinking"
    );
    table.down.push(0);
    for index in [1, 2, 3] {
        table.act(index, Hand::Paper);
    }
    until(&mut table, |state| state.opening().is_some());
    let mismatch = Err(EntryRefusal::Pot(PotError::Mismatch(seat(0))));
    assert_eq!(
        opens(&table, 1, (turn, Hand::Scissors, 1)),
        mismatch,
        "another move"
    );
    assert_eq!(
        opens(&table, 1, (turn, Hand::Rock, 2)),
        mismatch,
        "another secret"
    );
    let awaited = Err(EntryRefusal::NotAwaited(seat(0)));
    assert_eq!(
        opens(&table, 1, (turn + 1, Hand::Rock, 1)),
        awaited,
        "another turn"
    );
    assert_eq!(opens(&table, 1, right), Ok(()), "what it sealed");
    until(&mut table, |state| state.opening().is_none());
    assert_eq!(opens(&table, 1, right), awaited, "too late");
}

fn only_the_owners_own_part_shows_a_hidden_roll(protocol: Protocol) {
    let mut table = Table::with(protocol, Peek, 4, patient);
    table.pass(SECOND);
    let show = |table: &Table<Peek>, by: usize, openings: Vec<Opening>| {
        let show = table.engines[1].table().showing().map(|(show, _)| show);
        let show = show.unwrap_or(table.height());
        let show = Content::Show { show, openings };
        table.engines[1].table().would_accept(seat(by), &show)
    };
    let mine = |leaf| secrets(&table, 0)[0].open(leaf).unwrap();
    let (right, public) = (mine(1), mine(0));
    let foreign = secrets(&table, 1)[0].open(1).unwrap();
    let awaited = Err(EntryRefusal::NotAwaited(seat(0)));
    assert_eq!(show(&table, 0, vec![right]), awaited, "nobody asked");
    table.act(0, Action::Keep);
    table.down.push(0);
    for at in 1..4 {
        table.act(at, Action::Keep);
        table.pass(SECOND * 2 / 3);
    }
    until(&mut table, |state| {
        let awaited = state.showing().map(|(_, awaited)| awaited);
        awaited == Some(Seats::from(seat(0)))
    });
    let mismatch = Err(EntryRefusal::Pot(PotError::Mismatch(seat(0))));
    assert_eq!(show(&table, 0, vec![foreign]), mismatch);
    assert_eq!(show(&table, 0, vec![public]), mismatch);
    let stranger = Err(EntryRefusal::NotAwaited(seat(1)));
    assert_eq!(
        show(&table, 1, vec![right]),
        stranger,
        "who has shown its own"
    );
    assert_eq!(
        show(&table, 0, vec![right, right]),
        Err(EntryRefusal::Size(2))
    );
    assert_eq!(show(&table, 0, vec![]), Err(EntryRefusal::Size(0)));
    assert_eq!(show(&table, 0, vec![right]), Ok(()));
}

fn a_seat_that_was_away_cannot_void_a_turn_while_it_is_opened(protocol: Protocol) {
    let mut table = rps(protocol, 4);
    let away = 3;
    for hand in [Hand::Rock, Hand::Paper, Hand::Rock] {
        for index in 0..away {
            table.act(index, hand);
        }
        table.pass(SECOND * 6);
    }
    let is_away = table.engines[0].table().presence().away();
    assert_eq!(is_away, Seats::from(seat(away)));
    let before = opened(&table, 1).len();
    table.act(0, Hand::Paper);
    table.down.push(0); // opens nothing
    for index in [1, 2] {
        table.act(index, Hand::Paper);
    }
    until(&mut table, |state| state.opening().is_some());
    table.handle(away, Input::Attend);
    table.settle();
    until(&mut table, |state| state.presence().away().is_empty());
    assert!(
        table.engines[1].table().opening().is_some(),
        "they open still"
    );
    until(&mut table, |state| state.opening().is_none());
    let expected = [None, Some(Hand::Paper), Some(Hand::Paper), None];
    let expected: PerSeat<_> = (0..4).map(|i| (seat(i), expected[i])).collect();
    assert_eq!(opened(&table, 1)[before], expected);
}

fn puppet(protocol: Protocol, orders: Vec<Do>) -> Table<Puppet> {
    let mut table = Table::under(protocol, Puppet, 3);
    table.act(0, orders);
    table.pass(SECOND * 4);
    table
}

fn many_hidden_rolls_of_one_owner_are_dealt_and_shown_in_portions(protocol: Protocol) {
    let count = 70; // more than the secrets of four commitments, and than one entry shows
    let mut orders = vec![Do::Hide(seat(1)); count];
    orders.push(Do::Hide(seat(2)));
    let mut table = puppet(protocol, orders);
    let view = |table: &Table<Puppet>, at: usize| {
        let engine = &table.engines[at];
        engine.table().play().unwrap().view(&engine.viewer())
    };
    let (own, other) = (view(&table, 1), view(&table, 0));
    assert!(own[..count].iter().all(Option::is_some) && own[count].is_none());
    assert!(other.iter().all(Option::is_none));
    assert_eq!(
        secrets(&table, 1).len(),
        6,
        "five rolls, each with another commitment"
    );
    table.act(0, vec![Do::ShowAll]);
    table.pass(SECOND * 4);
    let shown: Vec<_> = own[..count]
        .iter()
        .map(|die| format!("Some([{}])", die.unwrap()))
        .collect();
    let log = table.engines[2]
        .table()
        .play()
        .unwrap()
        .state()
        .log
        .join(" ");
    assert!(log.contains(&shown.join(", ")), "{log}");
    assert!(
        !log.contains("None])"),
        "the last one is shown by another seat: {log}"
    );
    table.agreed();
}

fn practice_tables_have_sealed_turns_and_hidden_rolls_too(protocol: Protocol) {
    let local = |genesis: &mut Genesis| genesis.dice = DicePolicy::Local;
    let mut table = Table::with(protocol, Rps { to_win: 9 }, 2, local);
    table.act(0, Hand::Rock);
    table.restart(0);
    table.act(1, Hand::Paper);
    table.pass(SECOND);
    let moves: PerSeat<_> = [Hand::Rock, Hand::Paper]
        .map(Some)
        .into_iter()
        .enumerate()
        .map(|(i, hand)| (seat(i), hand))
        .collect();
    assert_eq!(opened(&table, 0), [moves]);
    let mut table = Table::with(protocol, Peek, 2, local);
    let own = seen(&table, 0)[seat(0)];
    assert!(own.is_some());
    table.act(0, Action::Keep);
    table.act(1, Action::Change);
    assert_eq!(seen(&table, 1)[seat(0)], own);
    table.agreed();
}
