//! The rules by scripted rolls, on a table of one device.

use std::time::Duration;

use quorate::core::local::Local;
use quorate::core::seat::Seats;
use quorate::core::state::Play;
use quorate::{ActError, Check, End, Money, Seat, SeatChange, Viewer, Why, check};

use crate::rules::bet::{Bet, Number, Pair, Side};
use crate::rules::{Action, Craps, Event, View};

const ON_SIX: Bet = Bet::Number(Side::Right, Number::Six);

#[test]
fn a_pass_bet_wins_on_the_point_with_its_odds() {
    let mut table = table([3, 3, 5, 5, 2, 4]);
    let [ann, _] = table.players();
    bet(&mut table, ann, Bet::PASS, 10);
    roll(&mut table);
    assert_eq!(view(&table).point, Some(Number::Six));
    bet(&mut table, ann, Bet::LineOdds(Side::Right), 30);
    roll(&mut table);
    assert_eq!(chips(&table, ann), 960, "a ten decides nothing");
    roll(&mut table);
    assert_eq!(chips(&table, ann), 1_000 + 10 + 36);
    assert_eq!(view(&table).point, None);
    assert!(view(&table).seats[ann].bets.is_empty());
}

#[test]
fn a_seven_out_takes_the_line_and_passes_the_dice() {
    let mut table = table([4, 4, 3, 4]);
    let [ann, bob] = table.players();
    bet(&mut table, ann, Bet::PASS, 10);
    bet(&mut table, bob, Bet::DONT_PASS, 20);
    roll(&mut table);
    roll(&mut table);
    assert_eq!((chips(&table, ann), chips(&table, bob)), (990, 1_020));
    assert_eq!(view(&table).shooter, bob);
    let said = table
        .drain()
        .into_iter()
        .flat_map(|happened| happened.events);
    assert!(said.collect::<Vec<_>>().contains(&Event::SevenOut(ann)));
}

#[test]
fn the_dice_stay_with_the_shooter_who_makes_the_point() {
    let mut table = table([4, 4, 4, 4, 3, 4]);
    let [ann, _] = table.players();
    (0..3).for_each(|_| roll(&mut table)); // the last is a seven on the come-out
    assert_eq!(view(&table).shooter, ann);
}

#[test]
fn twelve_on_the_come_out_gives_a_dont_pass_bet_back() {
    let mut table = table([6, 6]);
    let [ann, _] = table.players();
    bet(&mut table, ann, Bet::DONT_PASS, 10);
    roll(&mut table);
    assert_eq!(chips(&table, ann), 1_000);
}

#[test]
fn a_come_bet_travels_to_its_number_and_the_next_one_follows() {
    let mut table = table([4, 4, 3, 3, 3, 3, 6, 2, 3, 4]);
    let [ann, _] = table.players();
    roll(&mut table);
    bet(&mut table, ann, Bet::Come(Side::Right), 10);
    roll(&mut table); // to the six
    assert_eq!(view(&table).seats[ann].stake(ON_SIX), Money::of(10));
    bet(
        &mut table,
        ann,
        Bet::NumberOdds(Side::Right, Number::Six),
        10,
    );
    bet(&mut table, ann, Bet::Come(Side::Right), 20);
    roll(&mut table); // the first wins with its odds, the second takes its place
    assert_eq!(chips(&table, ann), 1_000 + 10 + 12 - 20);
    assert_eq!(view(&table).seats[ann].bets, [(ON_SIX, Money::of(20))]);
    roll(&mut table); // the point; the Come bet stays
    roll(&mut table); // a seven on the come-out decides it
    assert_eq!(chips(&table, ann), 1_000 + 10 + 12 - 20);
    assert!(view(&table).seats[ann].bets.is_empty());
}

#[test]
fn come_odds_come_back_when_a_seven_falls_on_the_come_out() {
    let mut table = table([4, 4, 3, 3, 4, 4, 3, 4]);
    let [ann, _] = table.players();
    roll(&mut table);
    bet(&mut table, ann, Bet::Come(Side::Right), 10);
    roll(&mut table);
    bet(
        &mut table,
        ann,
        Bet::NumberOdds(Side::Right, Number::Six),
        30,
    );
    roll(&mut table);
    roll(&mut table);
    assert_eq!(
        chips(&table, ann),
        990,
        "the flat bet is lost, the odds were off"
    );
}

#[test]
fn place_bets_and_hardways_stay_up_when_they_win() {
    let mut table = table([5, 5, 3, 3, 3, 3]);
    let [ann, _] = table.players();
    roll(&mut table);
    bet(&mut table, ann, Bet::Place(Number::Six), 12);
    bet(&mut table, ann, Bet::Hard(Pair::Threes), 5);
    roll(&mut table);
    roll(&mut table);
    assert_eq!(chips(&table, ann), 1_000 - 17 + 2 * (14 + 45));
    assert_eq!(view(&table).seats[ann].bets.len(), 2);
}

#[test]
fn several_seats_bet_while_one_shoots() {
    let mut table = table([6, 5]);
    let [ann, bob] = table.players();
    bet(&mut table, bob, Bet::Field, 10);
    bet(&mut table, ann, Bet::PASS, 50);
    bet(&mut table, bob, Bet::PASS, 20);
    assert_eq!(
        act(&mut table, bob, Action::Roll),
        Err("only the shooter throws the dice".into())
    );
    roll(&mut table);
    assert_eq!((chips(&table, ann), chips(&table, bob)), (1_050, 1_030));
}

#[test]
fn bets_are_refused_with_the_reason() {
    let mut table = table([4, 4]);
    let [ann, _] = table.players();
    let odds = Bet::LineOdds(Side::Right);
    let refusals = |table: &mut Local<Craps>, bets: &[(Bet, u32, &str)]| {
        for (bet, amount, why) in bets {
            let refused = act(table, ann, Action::Bet(*bet, Money::of(*amount)));
            assert_eq!(refused, Err((*why).to_owned()), "{bet}");
        }
    };
    refusals(
        &mut table,
        &[
            (Bet::Come(Side::Right), 10, "Come needs a point"),
            (odds, 10, "Pass odds needs a point"),
            (Bet::PASS, 0, "the least bet is 1"),
            (Bet::PASS, 1_001, "you have 1000 chips"),
            (ON_SIX, 10, "a Come bet moves to its number by itself"),
            (
                Bet::NumberOdds(Side::Wrong, Number::Six),
                10,
                "odds need a bet on Don't Come on 6",
            ),
        ],
    );
    bet(&mut table, ann, Bet::PASS, 10);
    roll(&mut table);
    refusals(
        &mut table,
        &[
            (Bet::PASS, 10, "Pass is for the come-out"),
            (odds, 31, "odds are limited to 3 times the bet"),
        ],
    );
    let down = act(&mut table, ann, Action::TakeDown(Bet::PASS));
    assert_eq!(down, Err("Pass stands until it is decided".to_owned()));
    let down = act(&mut table, ann, Action::TakeDown(Bet::Field));
    assert_eq!(down, Err("you have no bet on Field".to_owned()));
}

#[test]
fn odds_against_the_shooter_are_limited_by_what_they_win() {
    let mut table = table([5, 5]);
    let [ann, _] = table.players();
    bet(&mut table, ann, Bet::DONT_PASS, 10);
    roll(&mut table);
    let lay = |table: &mut Local<Craps>, amount| {
        act(
            table,
            ann,
            Action::Bet(Bet::LineOdds(Side::Wrong), Money::of(amount)),
        )
    };
    assert!(
        lay(&mut table, 62).is_err(),
        "62 against a ten would win 31"
    );
    assert_eq!(lay(&mut table, 60), Ok(()));
}

#[test]
fn a_bet_that_is_taken_down_takes_its_odds_along() {
    let mut table = table([5, 5]);
    let [ann, _] = table.players();
    bet(&mut table, ann, Bet::DONT_PASS, 10);
    roll(&mut table);
    bet(&mut table, ann, Bet::LineOdds(Side::Wrong), 20);
    assert_eq!(
        act(&mut table, ann, Action::TakeDown(Bet::DONT_PASS)),
        Ok(())
    );
    assert_eq!(chips(&table, ann), 1_000);
}

#[test]
fn no_bet_exceeds_the_limit_but_by_its_odds() {
    let game = Craps {
        buy_in: Money::of(20_000),
        ..Craps::default()
    };
    let mut table = Local::scripted(game, 2, [4, 4]).unwrap();
    let [ann, _] = table.players();
    bet(&mut table, ann, Bet::PASS, 9_000);
    let more = act(&mut table, ann, Action::Bet(Bet::PASS, Money::of(1_001)));
    assert_eq!(more, Err("the limit is 10000 on one bet".to_owned()));
    roll(&mut table);
    bet(&mut table, ann, Bet::LineOdds(Side::Right), 11_000);
}

#[test]
fn the_bank_takes_no_bet_it_could_not_pay_and_lets_no_winner_stay_that_it_could_not_pay_again() {
    let game = Craps {
        chips: Money::of(2_100),
        ..Craps::default()
    };
    let mut table = Local::scripted(game, 2, [5, 5, 3, 3]).unwrap();
    let [ann, bob] = table.players();
    bet(&mut table, bob, Bet::PASS, 10);
    roll(&mut table);
    bet(&mut table, ann, Bet::Hard(Pair::Threes), 10);
    let more = act(&mut table, bob, Action::Bet(Bet::AnySeven, Money::of(10)));
    assert_eq!(
        more,
        Err("the bank has 100 and could not pay this bet".to_owned())
    );
    roll(&mut table); // the hardway wins 90 of the 100
    assert_eq!(chips(&table, ann), 1_090, "its stake came back too");
    assert!(view(&table).seats[ann].bets.is_empty());
    assert_eq!(view(&table).bank, Money::of(10), "enough for the Pass bet");
}

#[test]
fn a_shooter_who_dawdles_throws_all_the_same() {
    let mut table = table([4, 4]);
    table.advance(Duration::from_secs(12));
    assert_eq!(view(&table).point, Some(Number::Eight));
}

#[test]
fn a_shooter_who_is_away_passes_the_dice_and_gets_them_again_when_all_are() {
    let mut table = table([4, 4, 5, 5, 5, 5]);
    let [ann, bob] = table.players();
    table.advance(Duration::from_secs(36));
    assert_eq!(view(&table).shooter, bob);
    assert!(view(&table).seats[ann].away);
    table.script([5, 5, 5, 5, 5, 5]);
    table.advance(Duration::from_secs(36));
    assert_eq!(table.left(), None, "with everybody away the table sleeps");
    bet(&mut table, ann, Bet::Field, 10);
    assert_eq!(view(&table).shooter, ann, "who comes back shoots");
}

#[test]
fn who_leaves_gets_free_bets_back_and_the_rest_is_played_out() {
    let mut table = Local::scripted(Craps::default(), 3, [4, 4, 4, 4]).unwrap();
    let [ann, bob, _] = table.players();
    bet(&mut table, ann, Bet::PASS, 10);
    roll(&mut table);
    bet(&mut table, ann, Bet::Place(Number::Six), 12);
    table.leave_as(ann);
    assert_eq!(view(&table).shooter, bob);
    assert_eq!(view(&table).total, Money::of(100_000));
    roll(&mut table);
    // 1,000 each of the others, and what the absent one has now.
    assert_eq!(view(&table).bank, Money::of(100_000 - 2_000 - 1_010));
}

#[test]
fn who_cheated_loses_chips_and_bets_to_the_bank() {
    let (mut play, _) = Play::start(Craps::default().into(), Seats::first(3)).unwrap();
    let ann = Seat::new(0).unwrap();
    let bet = Action::Bet(Bet::PASS, Money::of(10));
    play.act(ann, play.turn_number(), &[bet]).unwrap();
    play.seat_changed(ann, SeatChange::Gone(Why::Guilty));
    assert_eq!(play.view(&Viewer::watcher()).bank, Money::of(98_000));
}

#[test]
fn a_newcomer_buys_in_from_the_bank() {
    let mut table = table([]);
    let eve = table.join().unwrap();
    assert_eq!(chips(&table, eve), 1_000);
    assert_eq!(view(&table).bank, Money::of(97_000));
    let poor = Craps {
        chips: Money::of(2_500),
        ..Craps::default()
    };
    assert!(
        Local::seeded(poor, 2, 0).unwrap().join().is_err(),
        "the bank has 500"
    );
}

#[test]
fn the_game_ends_after_its_last_roll_with_every_bet_given_back() {
    let game = Craps {
        rounds: Some(2),
        ..Craps::default()
    };
    let mut table = Local::scripted(game, 2, [4, 4, 5, 4]).unwrap();
    let [ann, bob] = table.players();
    roll(&mut table);
    bet(&mut table, bob, Bet::Field, 10);
    bet(&mut table, ann, Bet::Place(Number::Six), 12);
    roll(&mut table);
    let Some(End::Finished(outcome)) = table.end() else {
        panic!("the game goes on");
    };
    assert_eq!(outcome.winners(), bob.into());
    assert_eq!(outcome.scores().get(ann), Some(&1_000));
}

#[test]
fn the_game_ends_when_everybody_is_broke() {
    let game = Craps {
        buy_in: Money::of(10),
        ..Craps::default()
    };
    let mut table = Local::scripted(game, 2, [1, 1]).unwrap();
    for seat in table.players::<2>() {
        bet(&mut table, seat, Bet::PASS, 10);
    }
    roll(&mut table);
    assert!(matches!(table.end(), Some(End::Finished(_))));
}

#[test]
fn a_bet_meant_for_before_the_roll_never_lands_after_it() {
    let mut table = table([4, 4]);
    let [_, bob] = table.players();
    let seen = table.view_as(bob).turn;
    roll(&mut table);
    let late = table.act_in(seen, bob, [Action::Bet(Bet::Field, Money::of(10))]);
    assert!(matches!(late, Err(ActError::Stale { .. })));
}

#[test]
fn options_that_make_no_game_are_refused() {
    for game in [
        Craps {
            twelve: 4,
            ..Craps::default()
        },
        Craps {
            least: Money::ZERO,
            ..Craps::default()
        },
        Craps {
            rounds: Some(0),
            ..Craps::default()
        },
        Craps {
            chips: Money::of(1_999),
            ..Craps::default()
        },
    ] {
        assert!(Local::seeded(game, 2, 0).is_err());
    }
}

#[test]
fn no_chip_is_made_or_lost_in_hundreds_of_random_games() {
    for game in [
        Craps {
            rounds: Some(20),
            ..Craps::default()
        },
        Craps {
            rounds: Some(20),
            chips: Money::of(9_000),
            twelve: 3,
            ..Craps::default()
        },
    ] {
        let options = Check::default().play_outs(40);
        let report = check(&game, &options).unwrap_or_else(|flaw| panic!("{flaw}"));
        assert!(report.finished > 10, "{report:?}");
    }
}

fn table<const N: usize>(dice: [u32; N]) -> Local<Craps> {
    Local::scripted(Craps::default(), 2, dice).expect("the default options are good")
}

fn view(table: &Local<Craps>) -> View {
    table.view_as_watcher().view
}

fn chips(table: &Local<Craps>, seat: Seat) -> u64 {
    view(table).seats[seat].chips.units()
}

fn bet(table: &mut Local<Craps>, seat: Seat, bet: Bet, amount: u32) {
    assert_eq!(
        act(table, seat, Action::Bet(bet, Money::of(amount))),
        Ok(()),
        "{bet}"
    );
}

/// The shooter throws, and the dice fall as scripted.
fn roll(table: &mut Local<Craps>) {
    let shooter = view(table).shooter;
    assert_eq!(act(table, shooter, Action::Roll), Ok(()));
    assert!(!table.play().is_rolling(), "the script is too short");
}

/// What the rules say, refusals as their text.
fn act(table: &mut Local<Craps>, seat: Seat, action: Action) -> Result<(), String> {
    table
        .act_as(seat, action)
        .map_err(|error| error.to_string())
}
