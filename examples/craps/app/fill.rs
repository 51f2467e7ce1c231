//! From the table's handle to what the screen shows.

use std::time::{Duration, Instant};

use quorate::{Seat, SeatKind, Seated, Seats, Status};

use super::App;
use super::wording::{self, Presence};
use crate::rules::View;
use crate::screen::model::{DiceBox, Faces, Header, Notice, ScreenModel, SeatRow, Tone, list};

impl App {
    /// The picture of this moment.
    pub(super) fn picture(&self, now: Instant) -> ScreenModel {
        let table = self.crew.table();
        let seated = table.seated();
        let rows = seated.iter().map(|seated| self.row(seated));
        ScreenModel {
            header: self.header(seated.len()),
            seats: rows.chain(self.struck(&seated)).collect(),
            view: self.view.clone(),
            left: self.left(&table.status()),
            dice: self.dice_box(&seated, now),
            replay: self.replay.as_ref().map(|show| show.picture(now)),
            notice: self.notice(&table.status()),
            log: self.diary.lines(),
            faults: self.crew.faults(),
            stake: self.stake,
            overlay: self.overlay.clone(),
        }
    }

    fn header(&self, seats: usize) -> Header {
        let table = self.crew.table();
        let id = table.id().map(|id| id.0.to_string()).unwrap_or_default();
        let short = id
            .get(..8)
            .map_or_else(String::new, |id| format!("{}-{}", &id[..4], &id[4..]));
        let all_here = self.crew.peers().len() == seats;
        Header {
            table: short,
            height: table.pulse().height.0,
            network: if all_here {
                "one process, no server"
            } else {
                "no server"
            }
            .to_owned(),
            seats,
            decide: quorate::core::roster::quorum(seats),
            may_cheat: seats.saturating_sub(1) / 3,
        }
    }

    fn row(&self, seated: &Seated) -> SeatRow {
        let mine = self
            .crew
            .peers()
            .iter()
            .find(|peer| peer.table.seat() == Some(seated.seat));
        let away = self
            .view
            .as_ref()
            .and_then(|view| view.seats.get(seated.seat));
        let trouble = wording::trouble(Presence {
            me: seated.me,
            killed: mine.is_some_and(|peer| peer.dead),
            heard: seated.present,
            away: away.is_some_and(|seat| seat.away),
        });
        // A ping does not pass through the lag, and messages do: once each way.
        let ways = if mine.is_some() { 2 } else { 1 };
        let rtt = seated.rtt.map(|rtt| rtt + self.crew.delay() * ways);
        let runs = match &seated.kind {
            SeatKind::Witness { run_by } => Some(format!("for {run_by}")),
            _ => None,
        };
        let note = match (seated.me, mine.is_some(), seated.connected) {
            (true, ..) => "you",
            (_, true, _) => "bot",
            (.., true) => "peer",
            _ => "through others",
        };
        SeatRow {
            seat: seated.seat,
            name: seated.name.to_string(),
            note: runs.unwrap_or_else(|| note.to_owned()),
            rtt: rtt.filter(|_| !matches!(trouble, Some("killed" | "silent"))),
            trouble,
            convicted: None,
        }
    }

    /// Those who were convicted, and are gone from the table.
    fn struck(&self, seated: &[Seated]) -> impl Iterator<Item = SeatRow> {
        let sits = |row: &SeatRow| {
            let mut seated = seated.iter();
            seated.any(|other| other.seat == row.seat && other.name.as_str() == row.name)
        };
        self.struck.iter().filter(move |row| !sits(row)).cloned()
    }

    fn dice_box(&self, seated: &[Seated], now: Instant) -> DiceBox {
        if let Some(show) = &self.dice {
            return show.picture(now);
        }
        let players = seated.iter().filter(|seated| seated.kind.plays());
        let sealed: Seats = players.map(|seated| seated.seat).collect();
        let last = self.view.as_ref().and_then(|view| view.dice);
        DiceBox {
            sealed,
            opened: Seats::NONE,
            faces: last.map_or(Faces::Sealed, Faces::Fell),
        }
    }

    /// What keeps the table waiting is more urgent than what just happened.
    fn notice(&self, status: &Status) -> Notice {
        let bad = |text: String| Notice {
            text,
            tone: Tone::Bad,
        };
        match status {
            Status::Gathering {
                taken,
                seats,
                trouble,
            } => {
                let trouble = trouble
                    .as_ref()
                    .map_or_else(String::new, |why| format!(": {why}"));
                let fragile = match seats {
                    2 => {
                        "; if either sleeps the table stops: --witnesses 2 cures it, but either \
                         can still stop the dice"
                    }
                    3 => "; if one sleeps the table stops, and --witnesses 1 cures it",
                    _ => "",
                };
                bad(format!(
                    "{taken} of {seats} seats are taken{trouble}; i shows the link{fragile}"
                ))
            }
            Status::Waiting { absent, .. } => bad(self.waiting(*absent)),
            Status::CutOff => {
                bad("nobody who knows the table can be reached; still trying".to_owned())
            }
            Status::Asking { admitted: false } => {
                bad("the table plays already; its players are asked to let you in".to_owned())
            }
            Status::Asking { admitted: true } => {
                bad("you are admitted, and sit down as soon as the game lets you".to_owned())
            }
            Status::CatchingUp { height, target } => {
                bad(format!("catching up: height {height} of {target}"))
            }
            Status::Halted(why) => bad(format!("this seat stopped: {why}")),
            Status::Refused(why) => bad(why.to_string()),
            Status::Stopped => bad("this seat was stopped".to_owned()),
            _ => self.notice.clone(),
        }
    }

    /// How long the shooter still has, where anything can be decided.
    fn left(&self, status: &Status) -> Option<Duration> {
        let waits = matches!(status, Status::Waiting { .. });
        self.crew.table().pulse().left.filter(|_| !waits)
    }

    /// Why nothing can be decided, and what would help.
    fn waiting(&self, absent: Seats) -> String {
        let seats = self.crew.table().seated().len();
        let (here, must) = (
            seats.saturating_sub(absent.len()),
            quorate::core::roster::quorum(seats),
        );
        let faults = self.crew.faults();
        let help = match faults.killed {
            _ if faults.split => " (s heals)".to_owned(),
            Some(_) => " (b helps)".to_owned(),
            None if seats < 4 => format!(" (--witnesses {} would help)", 4 - seats),
            None => String::new(),
        };
        let names = self.names(absent);
        format!("no quorum: {here} of {seats} seats here, {must} needed; missing: {names}{help}")
    }

    /// What the names of `seats` are, for a sentence.
    pub(super) fn names(&self, seats: Seats) -> String {
        let seated = self.crew.table().seated();
        let name = |seat: Seat| {
            let seated = seated.iter().find(|seated| seated.seat == seat);
            let gone = self.struck.iter().find(|row| row.seat == seat);
            match (seated, gone) {
                (Some(seated), _) => seated.name.to_string(),
                (None, Some(row)) => row.name.clone(),
                (None, None) => format!("seat {seat}"),
            }
        };
        list(seats.iter().map(name))
    }
}

/// What `view` says about the end, once it came.
pub(super) fn result(view: &View, names: impl Fn(Seats) -> String) -> String {
    let most = view
        .seats
        .iter()
        .map(|(_, seat)| seat.chips)
        .max()
        .unwrap_or_default();
    let winners = view.seats.which(|seat| seat.chips == most);
    format!(
        "the game is over: {} ends with {most} chips. q leaves",
        names(winners)
    )
}
