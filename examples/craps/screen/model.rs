//! Everything the screen shows, as plain data: filled from the tables, drawn without them.

use std::time::Duration;

use quorate::{Money, Seat, Seats};

use crate::rules::View;
use crate::rules::bet::Dice;

/// One picture of the table.
#[derive(Clone, Debug, Default)]
pub(crate) struct ScreenModel {
    pub(crate) header: Header,
    pub(crate) seats: Vec<SeatRow>,
    /// The game; `None` until the table has begun.
    pub(crate) view: Option<View>,
    /// How long the shooter still has.
    pub(crate) left: Option<Duration>,
    pub(crate) dice: DiceBox,
    pub(crate) replay: Option<Replay>,
    pub(crate) notice: Notice,
    /// What happened, the newest last.
    pub(crate) log: Vec<LogLine>,
    pub(crate) faults: Faults,
    /// Chips the next bet puts down.
    pub(crate) stake: Money,
    pub(crate) overlay: Overlay,
}

/// The first line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Header {
    /// The table's id, shortened.
    pub(crate) table: String,
    /// The last decided height.
    pub(crate) height: u64,
    /// How the peers are connected.
    pub(crate) network: String,
    pub(crate) seats: usize,
    /// Seats that must sign a decision.
    pub(crate) decide: usize,
    /// Seats that may cheat without harm.
    pub(crate) may_cheat: usize,
}

/// One line of the seats.
#[derive(Clone, Debug)]
pub(crate) struct SeatRow {
    pub(crate) seat: Seat,
    pub(crate) name: String,
    /// What is to be said about it: "you", "bot".
    pub(crate) note: String,
    /// What is wrong with it, if anything.
    pub(crate) trouble: Option<&'static str>,
    /// The last round trip to it.
    pub(crate) rtt: Option<Duration>,
    /// What it was convicted of, if it was: it sits here no more.
    pub(crate) convicted: Option<String>,
}

/// The dice and the secrets they are made of.
#[derive(Clone, Debug, Default)]
pub(crate) struct DiceBox {
    /// Seats whose sealed secret the roll counts.
    pub(crate) sealed: Seats,
    /// Those of them that have opened it.
    pub(crate) opened: Seats,
    pub(crate) faces: Faces,
}

/// What the dice show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Faces {
    /// Nothing yet: question marks.
    #[default]
    Sealed,
    /// In the air; the number changes what is seen of them.
    Tumbling(u64),
    Fell(Dice),
}

/// How a height became final, played slowly.
#[derive(Clone, Debug)]
pub(crate) struct Replay {
    pub(crate) height: u64,
    pub(crate) speed: Speed,
    /// How far the replay is, in the time of what it shows.
    pub(crate) now: Duration,
    /// The votes, in the order in which they came.
    pub(crate) votes: Vec<Vote>,
    /// When the height was final; `None` while it is not.
    pub(crate) decided: Option<Duration>,
    /// Seats that signed the decision.
    pub(crate) signed: usize,
}

/// How fast a replay is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speed {
    /// So many times slower than it was.
    Slowed(u32),
    /// So many times faster.
    Hastened(u32),
}

/// One vote of a replay.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vote {
    pub(crate) seat: Seat,
    pub(crate) kind: Signed,
    /// Since the height began.
    pub(crate) at: Duration,
}

/// What a seat signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signed {
    Proposed,
    Prepared,
    Committed,
    /// A vote for nothing, or in a round that came to nothing.
    InVain,
}

/// The line between the panels and the keys.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notice {
    pub(crate) text: String,
    pub(crate) tone: Tone,
}

/// One line of the log.
#[derive(Clone, Debug)]
pub(crate) struct LogLine {
    /// The last decided height when it happened, or the one that decided it.
    pub(crate) height: u64,
    pub(crate) text: String,
    pub(crate) tone: Tone,
}

/// What the player broke and has not mended.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    /// Whom the next press of `b` brings back.
    pub(crate) killed: Option<String>,
    pub(crate) split: bool,
    pub(crate) lag: bool,
}

/// How urgent a notice is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tone {
    #[default]
    Quiet,
    Good,
    Bad,
}

/// What covers the table.
#[derive(Clone, Debug, Default)]
pub(crate) enum Overlay {
    #[default]
    None,
    Help,
    /// A roll, worked out by hand, and the first line shown.
    Verify {
        lines: Vec<String>,
        from: u16,
    },
    /// A word about the seats, the link, and its code, row by row.
    Invite {
        note: String,
        link: String,
        code: Vec<String>,
    },
}

impl ScreenModel {
    /// Those who still sit here.
    pub(crate) fn sitting(&self) -> impl Iterator<Item = &SeatRow> {
        self.seats.iter().filter(|row| row.convicted.is_none())
    }

    /// The name of `seat`, or its number.
    pub(crate) fn name(&self, seat: Seat) -> String {
        let row = self.seats.iter().find(|row| row.seat == seat);
        row.map_or_else(|| format!("seat {seat}"), |row| row.name.clone())
    }

    /// The names of `seats` as a person would say them: "Ann, Bob and Eve".
    pub(crate) fn names(&self, seats: Seats) -> String {
        list(seats.iter().map(|seat| self.name(seat)))
    }
}

/// "Ann, Bob and Eve".
pub(crate) fn list(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    match names.split_last() {
        None => "nobody".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

/// `1240` as `1,240`.
pub(crate) fn grouped(amount: Money) -> String {
    let digits = amount.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
