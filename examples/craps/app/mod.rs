//! The program behind the screen: it reads the table, answers keys, and draws.

mod diary;
mod dice_show;
mod fill;
mod guilt;
mod keys;
mod notes;
mod paper;
mod play;
mod record;
mod replay_show;
mod wording;

use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};
use quorate::{Cause, Event, Events, Height, Money, Pending, Round, Status};
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, KeyCode, KeyEvent, KeyEventKind};
use ratatui::crossterm::terminal;

use crate::bots::Pace;
use crate::crew::{Crew, Trouble};
use crate::rules::bet::Dice;
use crate::rules::{Craps, View};
use crate::screen;
use crate::screen::model::{Notice, Overlay, SeatRow, Tone};
use diary::Diary;
use dice_show::DiceShow;
use keys::Wish;
use replay_show::ReplayShow;

/// Between two pictures.
const FRAME: Duration = Duration::from_millis(40);
/// Keys pressed and not answered yet.
const INPUT: usize = 64;
/// How long bots take to bet and to roll, for people to keep up.
const BOTS: Pace = Pace::Person(Duration::from_millis(3_500));

/// What an invitation says of the seats.
const FREE: &str =
    "Whoever has this link can take a seat, with `craps join LINK`. The code holds it too.";
const FULL: &str = "Every seat here is taken; `craps host` opens a table for your friends.";

/// What stands above a roll that is checked by hand, and below it.
const SEALED: &str = "Before this roll was asked for, each seat had sealed a secret: its seal is \
    the root of a tree of blake3 hashes. After that it could only open it, or be named for not \
    doing so.";
const DRAWN: &str = "Each die is made of the next four bytes of that hash, little-endian: their \
    lowest three bits, plus one; a 6 or a 7 is skipped.";

/// What the screen remembers between two pictures.
pub(crate) struct App {
    crew: Crew,
    events: Events<Craps>,
    /// The game as the screen shows it: while dice tumble, as it was before they fell.
    view: Option<View>,
    dice: Option<DiceShow>,
    replay: Option<ReplayShow>,
    notice: Notice,
    diary: Diary,
    /// Who was convicted, and of what.
    struck: Vec<SeatRow>,
    overlay: Overlay,
    stake: Money,
    /// Whether `h` was pressed, and a digit is to follow.
    hardway: bool,
    /// What the player did and is not decided yet, and how it is called.
    pending: Option<(Pending, String)>,
    /// What is said once the dice lie.
    result: Option<Notice>,
    open: bool,
}

/// Whether there is a terminal for a picture and keys, to be asked before a seat is taken.
///
/// # Errors
/// Says what to do without one.
pub(crate) fn check_terminal() -> Result<(), Trouble> {
    let raw = terminal::enable_raw_mode().and_then(|()| terminal::disable_raw_mode());
    raw.map_err(|error| format!("this needs a terminal, or --auto: {error}").into())
}

/// Shows the table of the crew's first seat until its player has had enough.
///
/// # Errors
/// If the terminal does not work, or no bot can be started.
pub(crate) fn run(mut crew: Crew, transcript: Option<&Path>) -> Result<(), Trouble> {
    crew.employ(1, BOTS, 7)?;
    let mut app = App::new(crew);
    app.show(&mut RawTerminal::take()?)?;
    if let Some(file) = transcript {
        app.crew.save(file)?;
    }
    Ok(())
}

/// The terminal while it is the program's own: given back however the program ends, a panic
/// included.
struct RawTerminal {
    terminal: DefaultTerminal,
    /// Whether pictures go to a terminal at all, and not to a file.
    shown: bool,
    input: Receiver<event::Event>,
}

impl RawTerminal {
    fn take() -> io::Result<Self> {
        let shown = io::stdout().is_terminal();
        let terminal = ratatui::try_init()?;
        // The hook that came with it would give the terminal back at every panic of any thread,
        // and those of the rules are caught.
        quorate::quiet_panics();
        let input = listen()?;
        Ok(Self {
            terminal,
            shown,
            input,
        })
    }

    /// Whether its window was closed.
    fn is_gone(&self) -> bool {
        self.shown && !io::stdout().is_terminal()
    }
}

/// Reads what is typed, in a thread of its own: where a window is closed, reading never comes back,
/// and this program has to end all the same.
fn listen() -> io::Result<Receiver<event::Event>> {
    let (sender, input) = sync_channel(INPUT);
    let read = move || while event::read().is_ok_and(|event| sender.send(event).is_ok()) {};
    thread::Builder::new().name("keys".to_owned()).spawn(read)?;
    Ok(input)
}

impl Drop for RawTerminal {
    fn drop(&mut self) {
        let _ = ratatui::try_restore(); // a terminal that is gone needs nothing
    }
}

impl App {
    fn new(crew: Crew) -> Self {
        let events = crew.table().events();
        let text = "p bets 10 on Pass, r rolls in your turn, ? tells the rest";
        Self {
            crew,
            events,
            view: None,
            dice: None,
            replay: None,
            notice: Notice {
                text: text.to_owned(),
                tone: Tone::Quiet,
            },
            diary: Diary::default(),
            struck: Vec::new(),
            overlay: Overlay::None,
            stake: Money::of(10),
            hardway: false,
            pending: None,
            result: None,
            open: true,
        }
    }

    fn show(&mut self, raw: &mut RawTerminal) -> Result<(), Trouble> {
        while self.open && !quorate::asked_to_leave() && !raw.is_gone() {
            self.catch_up(Instant::now());
            let picture = self.picture(Instant::now());
            raw.terminal.draw(|frame| screen::draw(frame, &picture))?;
            let frame_ends = Instant::now() + FRAME;
            loop {
                let left = frame_ends.saturating_duration_since(Instant::now());
                match raw.input.recv_timeout(left) {
                    Ok(event::Event::Key(key)) if key.kind != KeyEventKind::Release => {
                        self.press(key);
                    }
                    Ok(_) | Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => {
                        return Err("the terminal cannot be read".into());
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes in what happened since the last picture.
    fn catch_up(&mut self, now: Instant) {
        while let Some(event) = self.events.try_next() {
            self.take_in(event, now);
        }
        self.settle();
        self.replay = ReplayShow::next(self.replay.take(), &self.crew.table().traces(), now);
        let rolling = self.crew.table().pulse().rolling;
        self.dice.take_if(|show| show.is_past(rolling, now));
        if self.dice.as_ref().is_none_or(|show| !show.goes_on(now)) {
            self.diary.release();
            self.view = self.crew.table().view().map(|seen| seen.view);
            self.notice = self
                .result
                .take()
                .unwrap_or_else(|| std::mem::take(&mut self.notice));
        }
        if let (Status::Ended(_), Some(view)) = (self.crew.table().status(), &self.view) {
            let text = fill::result(view, |seats| self.names(seats));
            self.notice = Notice {
                text,
                tone: Tone::Good,
            };
        }
    }

    fn take_in(&mut self, event: Event<Craps>, now: Instant) {
        let held = self.dice.as_ref().is_some_and(|show| show.goes_on(now));
        self.record(&event, held);
        match event {
            Event::Rolling { contributors, .. } => {
                self.dice = Some(DiceShow::new(contributors, now));
            }
            Event::Opened { seat, .. } => {
                self.dice.iter_mut().for_each(|show| show.open(seat));
            }
            Event::Happened { happened, .. } => {
                if let Cause::Rolled(roll) = &happened.cause
                    && let Ok(dice) = roll.get::<2>()
                {
                    let dice = Dice(dice.map(|value| value.to_le_bytes()[0]));
                    self.dice.iter_mut().for_each(|show| show.fall(dice));
                }
                self.tell_own(&happened.events);
            }
            Event::RoundChanged { height, round } => {
                self.crew.tally.round_changed();
                self.tell_of_round(height, round);
            }
            Event::Guilty { seat, offence } => self.convicted(seat, offence),
            _ => {}
        }
    }

    fn press(&mut self, key: KeyEvent) {
        self.crew.table().attend(); // whatever the key means, somebody is here
        if keys::is_ctrl_c(key) {
            self.open = false;
            return;
        }
        if let Overlay::Verify { from, lines } = &mut self.overlay {
            let last = u16::try_from(lines.len()).unwrap_or(u16::MAX);
            match key.code {
                KeyCode::Down => return *from = from.saturating_add(1).min(last),
                KeyCode::Up => return *from = from.saturating_sub(1),
                _ => {}
            }
        }
        if !matches!(std::mem::take(&mut self.overlay), Overlay::None) {
            return;
        }
        let after_h = std::mem::take(&mut self.hardway);
        if let Some(wish) = keys::wish(key, self.view.as_ref(), after_h) {
            self.grant(wish);
        }
    }

    fn grant(&mut self, wish: Wish) {
        match wish {
            Wish::Bet(bet) => self.bet(bet),
            Wish::Odds => self.odds(),
            Wish::TakeDown => self.take_down(),
            Wish::Roll => self.roll(),
            Wish::Hardway => {
                self.hardway = true;
                self.say(Tone::Quiet, "a hardway: 1 to 4 for 4, 6, 8 or 10");
            }
            Wish::RaiseStake => self.stake = keys::next_stake(self.stake, true),
            Wish::LowerStake => self.stake = keys::next_stake(self.stake, false),
            Wish::Verify => self.verify(),
            Wish::Invite => self.invite(),
            Wish::Help => self.overlay = Overlay::Help,
            Wish::Kill => self.kill(),
            Wish::Cheat => self.cheat(),
            Wish::Transcript => self.write_down(),
            Wish::Revive => self.revive(),
            Wish::Split => {
                if self.crew.split() {
                    self.tell(
                        Tone::Bad,
                        "you split the table in two; neither half can decide",
                    );
                } else {
                    self.tell(
                        Tone::Good,
                        "you healed the split: the halves hear each other",
                    );
                }
            }
            Wish::Lag => {
                if self.crew.lag() {
                    self.tell(Tone::Bad, "you slowed every message down by 200 ms");
                } else {
                    self.tell(Tone::Good, "messages are as fast as before");
                }
            }
            Wish::Quit => self.open = false,
        }
    }

    fn verify(&mut self) {
        let Some(proof) = self.crew.table().last_roll() else {
            return self.say(Tone::Quiet, "nothing was rolled yet");
        };
        let checked = match proof.verify() {
            Ok(()) => {
                "checked here: every secret fits its seal, and they make these dice".to_owned()
            }
            Err(flaw) => format!("THIS ROLL IS FALSE: {flaw}"),
        };
        let mut proof = proof.to_string();
        for seated in self.crew.table().seated() {
            let (seat, name) = (seated.seat, seated.name);
            proof = proof.replace(&format!("seat {seat},"), &format!("seat {seat}, {name},"));
        }
        let text = format!("{SEALED}\n\n{proof}\n\n{DRAWN}\n\n{checked}");
        let lines = text.lines().map(str::to_owned).collect();
        self.overlay = Overlay::Verify { lines, from: 0 };
    }

    fn invite(&mut self) {
        let Some(link) = self.crew.link().map(|link| link.to_string()) else {
            return self.say(Tone::Bad, "this table has no link");
        };
        // Upper case makes a smaller code; a link is read without case.
        let code = QrCode::with_error_correction_level(link.to_uppercase(), EcLevel::L);
        let code = code.map_or_else(
            |_| String::new(), // a link too long for any code is still a link
            |code| code.render::<Dense1x2>().quiet_zone(false).build(),
        );
        let code = code.lines().map(str::to_owned).collect();
        let full = !matches!(self.crew.table().status(), Status::Gathering { .. });
        let note = if full { FULL } else { FREE }.to_owned();
        self.overlay = Overlay::Invite { note, link, code };
    }

    fn kill(&mut self) {
        match self.crew.kill() {
            Some(name) => {
                let text = format!("you cut the power of {name}; b brings it back from its disk");
                self.tell(Tone::Bad, text);
            }
            None => self.say(Tone::Quiet, "no bot of this process is left to kill"),
        }
    }

    fn revive(&mut self) {
        match self.crew.revive() {
            Ok(Some(name)) => {
                let text = format!("{name} starts again, with what its disk remembers");
                self.tell(Tone::Good, text);
            }
            Ok(None) => self.say(Tone::Quiet, "nobody of this process is gone"),
            Err(trouble) => self.say(Tone::Bad, format!("it does not come back: {trouble}")),
        }
    }

    /// Names who leads the new round, unless it is over already.
    fn tell_of_round(&mut self, height: Height, round: Round) {
        let pulse = self.crew.table().pulse();
        let leader = pulse.leader.filter(|_| pulse.height < height);
        let leader = leader.map_or_else(String::new, |seat| {
            format!(", {} leads it", self.names(seat.into()))
        });
        let text = format!("height {height} was not decided in time: round {round}{leader}");
        self.tell(Tone::Bad, text);
    }

    /// Says it now, and keeps it in the log.
    fn tell(&mut self, tone: Tone, text: impl Into<String>) {
        let text = text.into();
        self.note(tone, text.clone());
        self.say(tone, text);
    }

    fn say(&mut self, tone: Tone, text: impl Into<String>) {
        self.notice = Notice {
            text: text.into(),
            tone,
        };
    }
}
