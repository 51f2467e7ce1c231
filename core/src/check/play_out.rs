//! One random game, watched.

use std::collections::VecDeque;

use super::again::Again;
use super::hostile::twisted;
use super::twin::Twin;
use super::{Check, Conceal, Flaw, FlawKind, Report};
use crate::codec;
use crate::digest::Digest;
use crate::game::{ActError, End, Game, Happened, Rejection, Viewer, guarded};
use crate::limits::CANDIDATES_MAX;
use crate::local::{Local, Op};
use crate::seat::{Seat, Seats};
use crate::state::StallPolicy;

/// How many of the last things that happened a flaw shows.
const TRACE_LINES: usize = 12;

/// How many of the actions seen are kept to be twisted.
const SEEN: u32 = 32;
/// Hostile actions of a step.
const TWISTS: u32 = 3;

pub(super) struct PlayOut<'a, G: Game> {
    table: Local<G>,
    twin: Twin<G>,
    again: Again<G>,
    conceal: Option<Conceal<'a, G>>,
    /// Actions that somebody could do, to be twisted.
    seen: Vec<G::Action>,
    number: u32,
    players: u8,
    step: u32,
    trace: VecDeque<Happened<G>>,
    pub(super) report: Report,
}

impl<'a, G: Game> PlayOut<'a, G> {
    pub(super) fn new(
        game: &G,
        options: &Check,
        number: u32,
        conceal: Option<Conceal<'a, G>>,
    ) -> Result<Self, Flaw> {
        let players = players(game, options, number);
        let at_setup = |kind| Flaw {
            play_out: number,
            step: 0,
            players,
            trace: vec![],
            kind,
        };
        let seed = Digest::of("check", &(options.seed, number));
        let seed = seed.map_or([0; 32], |seed| *seed.as_bytes());
        let table = Local::watched(game.clone(), players, seed)
            .map_err(|rejection| at_setup(FlawKind::Setup(rejection)))?;
        let seats = Seats::first(usize::from(players));
        let twin = Twin::new(game, seats).map_err(at_setup)?;
        let stalls = [
            StallPolicy::DefaultMove,
            StallPolicy::Forfeit,
            StallPolicy::Pause,
        ];
        let table = table.with_stall(stalls[number as usize % stalls.len()]);
        let (step, trace, report) = (0, VecDeque::new(), Report::default());
        let again = Again::new(twin.game().clone());
        Ok(Self {
            table,
            twin,
            again,
            conceal,
            seen: Vec::new(),
            number,
            players,
            step,
            trace,
            report,
        })
    }

    pub(super) fn play(&mut self, options: &Check) -> Result<(), Flaw> {
        let played = self.play_on(options).and_then(|()| self.again.check());
        let flaw = match played {
            Ok(()) => return Ok(()),
            Err(kind) => kind,
        };
        self.watch();
        let trace = self
            .trace
            .iter()
            .map(|h| format!("turn {}: {:?}", h.turn, h.cause))
            .collect();
        let Self {
            number: play_out,
            step,
            players,
            ..
        } = *self;
        Err(Flaw {
            play_out,
            step,
            players,
            trace,
            kind: flaw,
        })
    }

    fn play_on(&mut self, options: &Check) -> Result<(), FlawKind> {
        self.report.play_outs = 1;
        self.compare()?;
        while self.step < options.steps {
            self.step += 1;
            if self.table.end().is_some() {
                self.report.count_end(self.table.end());
                if !self.table.once_in(4) || self.table.rematch().is_err() {
                    return Ok(());
                }
            } else if !(options.absences && self.table.once_in(12) && self.disturb()) {
                self.act()?;
            }
            self.report.steps += 1;
            self.compare()?;
        }
        self.report.count_end(self.table.end());
        Ok(())
    }

    /// Lets held dice fall, a random seat do something legal, or time pass.
    fn act(&mut self) -> Result<(), FlawKind> {
        if self.table.play().is_rolling() {
            self.table.hold_dice(false);
            return Ok(());
        }
        if self.table.end().is_some() {
            return Ok(()); // the held dice ended the game
        }
        let mut seats = self.table.play().actors() - self.table.sealed();
        while let Some(seat) = self.table.any_of(seats) {
            let legal = self.legal(seat)?;
            self.twist(seat, &legal)?;
            self.leaves_no_trace(seat)?;
            if let Some(action) = self.table.any_action(legal) {
                return self.act_as(seat, action);
            }
            seats.remove(seat);
        }
        self.wait()
    }

    fn act_as(&mut self, seat: Seat, action: G::Action) -> Result<(), FlawKind> {
        let bytes = codec::encode(&action).map_or(0, |bytes| bytes.len());
        self.report.action_bytes_max = self.report.action_bytes_max.max(bytes);
        let told = format!("{action:?}");
        // Coming back is a step of its own, after which the action need not be legal.
        let was_away = self.table.away().contains(seat);
        match self.table.act_as(seat, action) {
            Err(ActError::Rejected(rejection)) if rejection.bug || !was_away => {
                Err(FlawKind::Bug {
                    seat,
                    action: told,
                    rejection,
                })
            }
            Err(error) if !was_away => Err(FlawKind::Hook(error.to_string())),
            _ => Ok(()),
        }
    }

    /// The candidates of `seat` that the rules accept. That they refuse some is right; that they
    /// fail on one is a flaw, which filtering would hide.
    fn legal(&mut self, seat: Seat) -> Result<Vec<G::Action>, FlawKind> {
        let play = self.table.play();
        let mut legal = guarded("candidates", || play.game().candidates(play.state(), seat))
            .map_err(|bug| FlawKind::Hook(format!("{} (of seat {seat})", bug.text)))?;
        legal.truncate(CANDIDATES_MAX);
        let (mut bug, offered) = (None, legal.len());
        legal.retain(|action| match play.try_action(seat, action) {
            Err(ActError::Rejected(rejection)) if rejection.bug => {
                let action = format!("{action:?}");
                bug.get_or_insert(FlawKind::Bug {
                    seat,
                    action,
                    rejection,
                });
                false
            }
            tried => tried.is_ok(),
        });
        self.report.candidates_refused += (offered - legal.len()) as u64;
        bug.map_or(Ok(legal), Err)
    }

    /// Tries what no honest program would send: the rules may refuse it, or allow it, and must not
    /// fail.
    fn twist(&mut self, seat: Seat, legal: &[G::Action]) -> Result<(), FlawKind> {
        for action in legal {
            if self.seen.len() < SEEN as usize {
                self.seen.push(action.clone());
            } else if self.table.once_in(8) {
                let at = self.table.chance_below(SEEN) as usize;
                self.seen[at] = action.clone();
            }
        }
        for _ in 0..TWISTS {
            let table = &mut self.table;
            let mut below = |bound: usize| {
                let bound = u32::try_from(bound).unwrap_or(u32::MAX);
                table.chance_below(bound.max(1)) as usize
            };
            let at = below(self.seen.len());
            let Some(action) = self.seen.get(at).and_then(|seen| twisted(seen, &mut below)) else {
                continue;
            };
            self.report.hostile += 1;
            let play = self.table.play();
            let actions = std::slice::from_ref(&action);
            match play.check_act(seat, play.turn_number(), actions) {
                Err(ActError::Rejected(rejection)) if rejection.bug => {
                    let action = format!("{action:?}");
                    return Err(FlawKind::Bug {
                        seat,
                        action,
                        rejection,
                    });
                }
                tried => self.report.hostile_allowed += u64::from(tried.is_ok()),
            }
        }
        Ok(())
    }

    /// What was only tried has changed nothing, not even what copies of the state share.
    fn leaves_no_trace(&self, seat: Seat) -> Result<(), FlawKind> {
        let play = self.table.play();
        let before = play.state_bytes().ok();
        let now = codec::encode(play.state()).ok();
        match (before, now) {
            (Some(before), Some(now)) if *before != *now => Err(FlawKind::Trace(seat)),
            _ => Ok(()),
        }
    }

    /// Nobody has anything to do: only the clock can go on, or somebody who comes back.
    fn wait(&mut self) -> Result<(), FlawKind> {
        let absent = self.table.play().awaited() & self.table.away();
        if let Some(left) = self.table.left() {
            self.table.advance(left);
        } else if let Some(seat) = absent.nth(0) {
            self.table.here_as(seat);
        } else {
            return Err(FlawKind::Stuck {
                must: self.table.play().awaited(),
            });
        }
        Ok(())
    }

    /// Something that happens at real tables; false if it cannot happen now.
    fn disturb(&mut self) -> bool {
        let table = &mut self.table;
        let Some(seat) = table.any_of(table.seats()) else {
            return false;
        };
        match table.chance_below(7) {
            0 if table.once_in(3) => table.leave_as(seat),
            1 => table.withhold_as(seat),
            2 => return table.join().is_ok(),
            3 => table.hold_dice(true),
            4 => table.here_as(seat),
            5 | 6 => {
                let Some(left) = table.left() else {
                    return false;
                };
                table.advance(left);
            }
            _ => return false,
        }
        true
    }

    /// Looks at what happened, at the views, and at the twin.
    fn compare(&mut self) -> Result<(), FlawKind> {
        let ops = self.table.recorded();
        if let Some(End::RulesBug(text)) = self.table.end() {
            return Err(FlawKind::Hook(text.clone()));
        }
        if self.table.play().is_rolling() && !self.table.dice_held() {
            return Err(FlawKind::RollsForever);
        }
        let asked_to = ops.iter().any(|op| matches!(op, Op::Abandon));
        self.check_abandoned(asked_to)?;
        self.check_views()?;
        self.check_leaks()?;
        let happened = self.watch();
        let play = self.table.play();
        self.again.note(ops.clone(), play)?;
        self.twin.follow(ops, play, &happened)?;
        let bytes = play.state_bytes().map_or(0, |bytes| bytes.len());
        self.report.state_bytes_max = self.report.state_bytes_max.max(bytes);
        self.report.turns_max = self.report.turns_max.max(play.turn_number());
        Ok(())
    }

    fn check_abandoned(&self, asked_to: bool) -> Result<(), FlawKind> {
        let play = self.table.play();
        let enough = play.players().len() >= usize::from(*play.range().start());
        let stuck = play.end() == Some(&End::Abandoned) && enough && !asked_to;
        let gone = play.seated() - play.players();
        if stuck {
            Err(FlawKind::GoneSeat { gone })
        } else {
            Ok(())
        }
    }

    fn check_views(&mut self) -> Result<(), FlawKind> {
        let seat = self.table.any_of(self.table.seats());
        let viewer = seat.map_or_else(Viewer::watcher, |seat| self.table.viewer(seat));
        for viewer in [viewer, Viewer::watcher()] {
            self.table
                .play()
                .try_view(&viewer)
                .map_err(FlawKind::View)?;
        }
        Ok(())
    }

    /// What a viewer must not know makes no difference to what it sees.
    fn check_leaks(&self) -> Result<(), FlawKind> {
        let Some(conceal) = self.conceal else {
            return Ok(());
        };
        let play = self.table.play();
        let seats = self
            .table
            .seats()
            .iter()
            .map(|seat| self.table.viewer(seat));
        for viewer in seats.chain([Viewer::watcher()]) {
            let mut concealed = play.state().clone();
            conceal(&mut concealed, viewer.seat());
            let sees = |state: &G::State| {
                let view = guarded("view", || play.game().view(state, &viewer));
                let bytes = codec::encode(&view.map_err(FlawKind::View)?);
                bytes.map_err(|error| {
                    let text = format_args!("views that cannot be compared: {error}");
                    FlawKind::View(Rejection::formatted("views that cannot be compared", text))
                })
            };
            if sees(play.state())? != sees(&concealed)? {
                return Err(FlawKind::Leak(viewer.seat()));
            }
        }
        Ok(())
    }

    /// What happened since the last look; remembers the end of it.
    fn watch(&mut self) -> Vec<Happened<G>> {
        let happened = self.table.drain();
        self.trace.extend(happened.iter().cloned());
        let over = self.trace.len().saturating_sub(TRACE_LINES);
        self.trace.drain(..over);
        happened
    }
}

/// How many play: every number that the game allows in turn, up to eight.
fn players<G: Game>(game: &G, options: &Check, number: u32) -> u8 {
    let range = guarded("players", || game.players()).unwrap_or(1..=1);
    let (min, max) = (*range.start(), *range.end());
    let most = max.min(min.max(8)).max(min);
    let more = number % (u32::from(most - min) + 1);
    options
        .players
        .unwrap_or(min + u8::try_from(more).unwrap_or(0))
}
