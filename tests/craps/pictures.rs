//! What the screen shows, on a terminal made of text.

use std::time::Duration;

use quorate::core::local::Local;
use quorate::{Money, Seat, Seats};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use crate::rules::bet::{Bet, Dice, Number, Pair, Side};
use crate::rules::{Action, Craps};
use crate::screen::draw;
use crate::screen::model::{
    DiceBox, Faces, Faults, Header, LogLine, Notice, Overlay, Replay, ScreenModel, SeatRow, Signed,
    Speed, Tone, Vote,
};

#[test]
fn the_wide_screen_shows_the_whole_table() {
    let screen = drawn(&model(), 106, 24);
    for text in [
        "table 7f3a-91c2  height 128  LAN, no server",
        "4 seats: 3 decide, 1 may cheat",
        "▶ Ann        you",
        "POINT 8",
        "you roll: r, within 12 s",
        "PASS Ann 50+100",
        "DON'T PASS Eve 30",
        "6 Eve 12",
        "COME 5 Bob 10",
        "chips + bets + BANK 96,000 = 100,000 at every height",
        "waiting for the secret of Eve",
        "how height 128 became final (slowed 100x)",
        "proposed ■",
        "FINAL in 6.8 ms: 3 of 4 signed, each on its disk first",
        "! Mal signed two different votes",
        "   127  Bob bets 5 on Any Craps",
        "k kill a peer",
    ] {
        assert!(screen.contains(text), "no `{text}` in\n{screen}");
    }
}

#[test]
fn who_was_convicted_stays_on_the_screen_as_struck_off() {
    let mut model = model();
    model.seats[3].convicted = Some("signed twice @121".to_owned());
    for width in [80, 106] {
        let screen = drawn(&model, width, 24);
        let row = "Mal        OUT: signed twice @121";
        assert!(screen.contains(row), "no `{row}` in\n{screen}");
    }
}

#[test]
fn the_narrow_screen_has_room_for_all_of_it() {
    let screen = drawn(&model(), 80, 24);
    for text in [
        "height 128",
        "3 of 4 decide",
        "POINT 8",
        "PASS Ann 50+100",
        "CRAPS Bob 5",
        "BANK 96,000",
        "waiting for the secret of Eve",
        "FINAL in 6.8 ms",
        "q quit",
        "? help",
    ] {
        assert!(screen.contains(text), "no `{text}` in\n{screen}");
    }
}

#[test]
fn a_tall_felt_shows_the_numbers_side_by_side_with_the_puck_on_the_point() {
    let screen = drawn(&model(), 120, 40);
    for text in [
        "4         5         6         8 ON      9         10",
        "PASS Ann 50+100, Bob 20   DON'T PASS Eve 30",
        "PLACE       ·         ·         Eve 12",
        "COME        ·         Bob 10",
        "next roll   FIELD ·   COME ·   ANY 7 ·   CRAPS Bob 5",
        "sealed opened",
        "h hard",
        "? help",
    ] {
        assert!(screen.contains(text), "no `{text}` in\n{screen}");
    }
}

#[test]
fn beside_dice_that_lie_stand_the_secrets_of_the_next_roll() {
    let mut model = model();
    model.dice.opened = Seats::NONE;
    model.dice.faces = Faces::Fell(Dice([3, 5]));
    for width in [80, 106, 120] {
        let screen = drawn(&model, width, 24);
        assert!(screen.contains("│ sealed for next roll "), "{screen}");
        assert!(
            !screen.contains("opened") && !screen.contains('◌'),
            "{screen}"
        );
    }
}

#[test]
fn bets_on_one_number_stand_below_each_other_and_keep_their_chips() {
    let mut model = model();
    let view = model.view.as_mut().expect("the model plays");
    let big = (Bet::Place(Number::Six), Money::of(1_234_567));
    for index in 0..3 {
        let seat = Seat::new(index).expect("a seat of the test");
        view.seats.get_mut(seat).expect("it plays").bets = vec![big];
    }
    let screen = drawn(&model, 120, 40);
    assert_eq!(screen.matches("1,234,567").count(), 3, "{screen}");
}

#[test]
fn the_keys_tell_how_to_mend_what_is_broken() {
    let mut model = model();
    let whole = drawn(&model, 106, 24);
    assert!(!whole.contains("b bring") && whole.contains("s split in halves"));
    model.faults = Faults {
        killed: Some("Mal".to_owned()),
        split: true,
        lag: true,
    };
    let broken = drawn(&model, 80, 24);
    for text in [
        "b bring Mal back",
        "s heal the split",
        "l end the lag",
        "q quit",
    ] {
        assert!(broken.contains(text), "no `{text}` in\n{broken}");
    }
}

#[test]
fn the_newest_of_the_log_is_seen_and_a_long_notice_hides_no_part_of_itself() {
    let mut model = model();
    model.log = (0..50)
        .map(|height| LogLine {
            height,
            text: format!("event {height}"),
            tone: Tone::Quiet,
        })
        .collect();
    let text = "no quorum: 2 of 4 seats here, 3 needed; missing: Eve and Mal (s heals)";
    model.notice.text = text.to_owned();
    let screen = drawn(&model, 106, 24);
    assert!(
        screen.contains("event 49") && !screen.contains("event 20"),
        "{screen}"
    );
    assert!(drawn(&model, 80, 24).contains(text));
}

#[test]
fn no_window_is_too_small_to_draw() {
    let mut model = model();
    for overlay in [
        Overlay::None,
        Overlay::Help,
        Overlay::Verify {
            lines: vec!["a line".repeat(40)],
            from: 3,
        },
        Overlay::Invite {
            note: "every seat is taken".to_owned(),
            link: "quorate:".repeat(20),
            code: vec!["█".repeat(50); 25],
        },
    ] {
        model.overlay = overlay;
        for width in 1..110 {
            drawn(&model, width, width / 3 + 1);
        }
    }
}

#[test]
fn the_dice_are_hidden_then_tumble_then_lie() {
    let mut model = model();
    model.dice.faces = Faces::Sealed;
    assert!(drawn(&model, 106, 24).contains("│  ?  │"));
    let tumbling: Vec<_> = (0..6)
        .map(|tick| {
            model.dice.faces = Faces::Tumbling(tick);
            drawn(&model, 106, 24)
        })
        .collect();
    assert!(tumbling.windows(2).all(|frames| frames[0] != frames[1]));
    model.dice.faces = Faces::Fell(Dice([6, 1]));
    let lying = drawn(&model, 106, 24);
    assert!(
        lying.contains("│●   ●│ │     │") && lying.contains("6 + 1 = 7"),
        "{lying}"
    );
}

#[test]
fn the_replay_shows_a_vote_only_once_its_time_has_come() {
    let mut model = model();
    let frame = |model: &mut ScreenModel, tenths: u64| {
        let replay = model.replay.as_mut().expect("the model has a replay");
        replay.now = Duration::from_micros(tenths * 100);
        drawn(model, 106, 24)
    };
    let first = frame(&mut model, 0);
    assert!(first.contains("proposed ■") && !first.contains("prepared"));
    let middle = frame(&mut model, 40);
    assert!(middle.contains("prepared") && !middle.contains("committed"));
    assert!(middle.contains("not final yet"));
    assert!(frame(&mut model, 68).contains("FINAL in 6.8 ms"));
}

#[test]
fn ten_seats_fit_beside_each_other() {
    let mut model = model();
    let names = ["Fay", "Gus", "Hal", "Ivy", "Jo", "Kim"];
    model.seats.extend(
        (4..)
            .zip(names)
            .map(|(index, name)| row(index, name, "bot")),
    );
    let screen = drawn(&model, 106, 30);
    assert!(names.iter().all(|name| screen.contains(name)), "{screen}");
    let small = drawn(&model, 80, 24);
    assert!(
        small.contains("more") && small.contains("of all"),
        "{small}"
    );
}

#[test]
fn an_invitation_shows_its_code_only_where_it_fits() {
    let code = vec!["█".repeat(40); 18];
    let link = "quorate:table".to_owned();
    let model = ScreenModel {
        overlay: Overlay::Invite {
            note: "come".to_owned(),
            link,
            code,
        },
        ..model()
    };
    let large = drawn(&model, 106, 30);
    assert!(large.contains("quorate:table") && large.contains(&"█".repeat(40)));
    assert!(drawn(&model, 40, 20).contains("phone's camera"));
}

#[test]
fn the_help_is_whole_on_eighty_columns() {
    let model = ScreenModel {
        overlay: Overlay::Help,
        ..model()
    };
    let (small, large) = (drawn(&model, 80, 24), drawn(&model, 140, 60));
    let words = |screen: &str| {
        let line = |line: &str| line.replace(['│', '─', '┌', '┐', '└', '┘'], "");
        let lines = screen.lines().map(|text| line(text).trim().to_owned());
        lines.filter(|line| !line.is_empty()).collect::<Vec<_>>()
    };
    assert_eq!(words(&small), words(&large));
    assert!(small.contains("where craps was started"), "{small}");
}

#[test]
fn titles_do_not_run_together_in_a_small_window() {
    let screen = drawn(&model(), 60, 15);
    assert!(screen.contains("POINT 8"), "{screen}");
    assert!(!screen.contains("became final"), "no room: {screen}");
}

/// The table of the README: a point of 8, bets of three seats, a roll in the air.
fn model() -> ScreenModel {
    let mut table = Local::scripted(Craps::default(), 4, [4, 4, 2, 3]).expect("the default game");
    let [ann, bob, eve, _] = table.players();
    let mut act = |seat, action| table.act_as(seat, action).expect("a legal action");
    let mut bet = |seat, on, amount| act(seat, Action::Bet(on, Money::of(amount)));
    bet(ann, Bet::PASS, 50);
    bet(bob, Bet::PASS, 20);
    bet(eve, Bet::DONT_PASS, 30);
    act(ann, Action::Roll);
    act(bob, Action::Bet(Bet::Come(Side::Right), Money::of(10)));
    act(ann, Action::Roll);
    let mut bet = |seat, on, amount| act(seat, Action::Bet(on, Money::of(amount)));
    bet(ann, Bet::LineOdds(Side::Right), 100);
    bet(eve, Bet::Place(Number::Six), 12);
    bet(ann, Bet::Hard(Pair::Fours), 5);
    bet(bob, Bet::AnyCraps, 5);
    let all = Seats::first(4);
    ScreenModel {
        header: Header {
            table: "7f3a-91c2".to_owned(),
            height: 128,
            network: "LAN, no server".to_owned(),
            seats: 4,
            decide: 3,
            may_cheat: 1,
        },
        seats: vec![
            row(0, "Ann", "you"),
            row(1, "Bob", "phone"),
            row(2, "Eve", "laptop"),
            SeatRow {
                trouble: Some("killed"),
                ..row(3, "Mal", "bot")
            },
        ],
        view: Some(table.view_as(ann).view),
        left: Some(Duration::from_millis(11_200)),
        dice: DiceBox {
            sealed: all,
            opened: all - eve.into(),
            faces: Faces::Tumbling(3),
        },
        replay: Some(replay()),
        notice: Notice {
            text: "Mal signed two different votes at height 121".to_owned(),
            tone: Tone::Bad,
        },
        log: vec![LogLine {
            height: 127,
            text: "Bob bets 5 on Any Craps".to_owned(),
            tone: Tone::Quiet,
        }],
        faults: Faults::default(),
        stake: Money::of(10),
        overlay: Overlay::None,
    }
}

fn row(index: u8, name: &str, note: &str) -> SeatRow {
    let seat = Seat::new(index).expect("a seat of the test");
    let (name, note) = (name.to_owned(), note.to_owned());
    SeatRow {
        seat,
        name,
        note,
        trouble: None,
        rtt: Some(Duration::from_millis(u64::from(index) * 20)),
        convicted: None,
    }
}

fn replay() -> Replay {
    let votes = [
        (0, Signed::Proposed, 0),
        (2, Signed::Prepared, 2_400),
        (1, Signed::Prepared, 3_000),
        (0, Signed::Committed, 5_100),
        (2, Signed::Committed, 5_900),
        (1, Signed::Committed, 6_800),
    ];
    let votes = votes.map(|(seat, kind, at)| Vote {
        seat: Seat::new(seat).expect("a seat of the test"),
        kind,
        at: Duration::from_micros(at),
    });
    let all = Duration::from_micros(6_800);
    Replay {
        height: 128,
        speed: Speed::Slowed(100),
        now: all,
        votes: votes.to_vec(),
        decided: Some(all),
        signed: 3,
    }
}

fn drawn(model: &ScreenModel, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal of text");
    terminal
        .draw(|frame| draw(frame, model))
        .expect("text takes everything");
    let buffer = terminal.backend().buffer();
    let rows = buffer.content.chunks(usize::from(width));
    rows.map(|row| {
        row.iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect::<String>()
            + "\n"
    })
    .collect()
}
