//! Liar's dice for 2 to 6: hidden rolls.
//!
//! Everybody rolls five dice that nobody else sees. In turn each bids higher, how many dice of one
//! face lie on the table in all, or calls the bid before a lie: then all show. If there are as many
//! as were bid the caller loses a die, else the bidder; who has the last die wins. Dice that are
//! not shown when asked for count nothing, and cost one of them: hiding never pays.
//!
//! ```text
//! $ cargo run --example liars_dice -- 0 --bots 2
//! player 1 (bot): Bid(count: 2, face: 2)
//! player 2 (bot): Bid(count: 3, face: 6)
//! player 1 (bot): Bid(count: 4, face: 5)
//! player 2 (bot): Bid(count: 5, face: 5)
//! player 1 (bot): Call
//!   Called(dice: (player 1 (bot): [2 6 4 6 3], player 2 (bot): [3 4 4 5 4]),
//!     lose: [player 2 (bot)])
//! ...
//! won by player 2 (bot)
//! ```
//!
//! `host` and `join` play it with others; `help` tells how.

use std::process::ExitCode;
use std::time::Duration;

use quorate::{
    Cx, Draw, Game, Hidden, Outcome, PerSeat, Seat, SeatChange, Seats, Shown, Turn, Verdict,
    Viewer, ensure,
};

#[quorate::data]
struct LiarsDice;

/// So many dice, or more, show this face.
#[quorate::data]
#[derive(Copy, PartialEq, PartialOrd)]
struct Bid {
    count: u32,
    face: u32,
}

#[quorate::data]
#[derive(Copy, PartialEq)]
enum Action {
    Bid(Bid),
    Call,
}

/// What a call led to: the dice of each, none where they were hidden, and who loses a die.
#[quorate::data]
struct Called {
    dice: PerSeat<Option<Vec<u32>>>,
    lose: Seats,
}

#[quorate::data]
struct Round {
    /// How many dice each still has.
    dice: PerSeat<u16>,
    cups: PerSeat<Hidden>,
    bid: Option<(Seat, Bid)>,
    next: Seat,
}

#[quorate::data]
struct Sight {
    mine: Option<Vec<u32>>,
    dice: PerSeat<u16>,
    bid: Option<(Seat, Bid)>,
}

impl Round {
    /// Everybody rolls anew; `next` begins, or who sits behind it.
    fn begin(&mut self, cx: &mut Cx<LiarsDice>, next: Seat) {
        let players = self.dice.seats();
        self.next = players.around(next).next().unwrap_or(next);
        self.bid = None;
        self.cups = PerSeat::default();
        if players.len() > 1 {
            self.cups = self
                .dice
                .map(|seat, count| cx.roll_hidden(seat, Draw::dice(*count, 6)));
        }
    }
}

impl Game for LiarsDice {
    const NAME: &'static str = "liars-dice";
    type State = Round;
    type Action = Action;
    type Event = Called;
    type View = Sight;

    fn players(&self) -> std::ops::RangeInclusive<u8> {
        2..=6
    }

    fn setup(&self, cx: &mut Cx<Self>) -> Verdict<Round> {
        let next = cx.players().nth(0).ok_or("nobody plays")?;
        let (dice, cups) = (PerSeat::new(cx.players(), |_| 5), PerSeat::default());
        let mut round = Round {
            dice,
            cups,
            bid: None,
            next,
        };
        round.begin(cx, next);
        Ok(round)
    }

    fn turn(&self, round: &Round) -> Turn {
        Turn::of(round.next).within(Duration::from_secs(60))
    }

    fn apply(&self, round: &mut Round, cx: &mut Cx<Self>, seat: Seat, action: Action) -> Verdict {
        let last = round.bid.map(|(_, bid)| bid);
        match action {
            Action::Call => {
                ensure!(last.is_some(), "there is nothing to call");
                let cups: Vec<_> = round.cups.iter().map(|(_, cup)| *cup).collect();
                cx.show(&cups); // `next` is who called, until all have shown
            }
            Action::Bid(bid) => {
                let dice: u32 = round.dice.iter().map(|(_, left)| u32::from(*left)).sum();
                let there = (1..=dice).contains(&bid.count) && (1..=6).contains(&bid.face);
                ensure!(there, "there are no such dice");
                ensure!(
                    last.is_none_or(|last| bid > last),
                    "bid more dice, or a higher face"
                );
                round.bid = Some((seat, bid));
                round.next = round.dice.seats().after(seat).ok_or("nobody plays")?;
            }
        }
        Ok(())
    }

    fn on_show(&self, round: &mut Round, cx: &mut Cx<Self>, shown: &Shown) -> Verdict {
        let (bidder, bid) = round.bid.ok_or("nothing was bid")?;
        let dice = round.cups.map(|_, cup| shown.get(cup).map(<[u32]>::to_vec));
        let shows =
            |dice: &Option<Vec<u32>>| dice.iter().flatten().filter(|d| **d == bid.face).count();
        let there: usize = dice.iter().map(|(_, dice)| shows(dice)).sum();
        let truth = there >= usize::try_from(bid.count).map_err(|_| "too many dice")?;
        let hiding = dice.which(Option::is_none);
        let loser = if truth { round.next } else { bidder };
        let lose = if hiding.is_empty() {
            loser.into()
        } else {
            hiding
        };
        for seat in lose {
            let left = round.dice.remove(seat).unwrap_or(0).saturating_sub(1);
            round.dice.extend((left > 0).then_some((seat, left)));
        }
        cx.emit(Called { dice, lose });
        round.begin(cx, lose.nth(0).unwrap_or(loser));
        Ok(())
    }

    fn on_seat(
        &self,
        round: &mut Round,
        cx: &mut Cx<Self>,
        seat: Seat,
        change: SeatChange,
    ) -> Verdict {
        if let SeatChange::Gone(_) = change
            && round.dice.remove(seat).is_some()
        {
            let cups: Vec<_> = round.cups.iter().map(|(_, cup)| *cup).collect();
            cx.discard(&cups);
            round.begin(cx, round.next);
        }
        Ok(())
    }

    fn outcome(&self, round: &Round) -> Option<Outcome> {
        match round.dice.len() {
            0 => Some(Outcome::draw()), // nobody showed anything
            1 => Some(Outcome::won(round.dice.seats())),
            _ => None,
        }
    }

    fn view(&self, round: &Round, viewer: &Viewer) -> Sight {
        let cup = viewer.seat().and_then(|seat| round.cups.get(seat));
        let mine = cup.and_then(|cup| viewer.open(cup)).map(<[u32]>::to_vec);
        Sight {
            mine,
            dice: round.dice.clone(),
            bid: round.bid,
        }
    }

    fn candidates(&self, round: &Round, _: Seat) -> Vec<Action> {
        let least = round.bid.map_or(1, |(_, bid)| bid.count);
        let bids =
            (least..least + 2).flat_map(|count| (1..=6).map(move |face| Bid { count, face }));
        std::iter::once(Action::Call)
            .chain(bids.map(Action::Bid))
            .collect()
    }
}

fn main() -> ExitCode {
    quorate::play(LiarsDice)
}

#[cfg(test)]
mod tests {
    use quorate::Table;

    use super::*;

    const DICE: [u32; 10] = [2, 2, 3, 4, 5, 2, 6, 6, 1, 1];

    fn bid(count: u32, face: u32) -> Action {
        Action::Bid(Bid { count, face })
    }

    fn called(withholds: bool) -> Vec<u16> {
        let table = Table::scripted(LiarsDice, 2, DICE.into_iter().chain([1; 10])).unwrap();
        let [ann, bob] = table.players();
        assert_eq!(table.view_as(ann).unwrap().mine, Some(DICE[..5].to_vec()));
        assert_eq!(table.view_as(bob).unwrap().mine, Some(DICE[5..].to_vec()));
        assert!(table.act_as(ann, Action::Call).is_err(), "nothing to call");
        table.act_as(ann, bid(3, 2)).unwrap();
        assert!(table.act_as(bob, bid(2, 6)).is_err(), "not higher");
        if withholds {
            table.withhold_as(ann);
        }
        table.act_as(bob, Action::Call).unwrap();
        let dice = table.view_as(ann).unwrap().view.dice;
        dice.iter().map(|(_, left)| *left).collect()
    }

    #[test]
    fn who_calls_the_truth_loses_a_die_unless_somebody_hides() {
        assert_eq!(called(false), [5, 4], "there are three twos");
        assert_eq!(called(true), [4, 5], "ann did not show hers");
    }

    #[test]
    fn it_plays_to_the_end_whoever_plays() {
        quorate::check(&LiarsDice, &quorate::Check::default()).unwrap();
    }
}
