//! A table without a screen: bots play, and what happens is told line by line.

use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use quorate::{Cause, Digest, Event, PerSeat, Seats, Status, Table};

use crate::bots::Pace;
use crate::cli::Options;
use crate::crew::{Crew, Trouble};
use crate::rules::Craps;
use crate::summary::{Summary, Voice};

/// How long a bot that shoots waits for others to bet.
const PATIENCE: Duration = Duration::from_millis(60);
/// How often the end is looked for while nothing happens.
const LOOK_UP: Duration = Duration::from_millis(200);
/// How long a process that is done waits for the others to have the last height.
const LINGER: Duration = Duration::from_secs(10);

/// Plays until the last roll, tells about it, and returns how it went.
///
/// # Errors
/// If this process got no seat, or its table stopped.
pub(crate) fn run(mut crew: Crew, options: &Options) -> Result<Summary, Trouble> {
    let voice = if options.json {
        Voice::Json
    } else {
        Voice::Text
    };
    let mut log = Log { voice, actions: 0 };
    let events = crew.table().events_from(0);
    let seed = options.seed.unwrap_or_else(seed_of_the_clock);
    crew.employ(0, Pace::Machine(PATIENCE), seed)?;
    log.follow(crew.table(), events, options.rounds)?;
    crew.dismiss();
    let summary = summarize(&crew, log.actions);
    if let Some(file) = &options.transcript {
        crew.save(file)?;
    }
    voice.summary(&summary)?;
    Ok(summary)
}

/// What is told and counted on the way.
struct Log {
    voice: Voice,
    actions: u64,
}

impl Log {
    /// Reads events until the game ends or `rounds` rolls have fallen.
    ///
    /// # Errors
    /// If the table will not go on here, or the system wants this process to end.
    fn follow(
        &mut self,
        table: &Table<Craps>,
        mut events: quorate::Events<Craps>,
        rounds: Option<u32>,
    ) -> Result<(), Trouble> {
        loop {
            if quorate::asked_to_leave() {
                return Err("asked to end before the last roll fell".into());
            }
            match events.wait(LOOK_UP) {
                Some(event) => self.tell(table, event)?,
                None if is_done(table, rounds)? => return Ok(()),
                None => {}
            }
        }
    }

    fn tell(&mut self, table: &Table<Craps>, event: Event<Craps>) -> io::Result<()> {
        match event {
            Event::Decided(decided) => self.voice.decided(table, &decided)?,
            Event::Rolling { roll, contributors } => {
                self.voice.rolling(table, roll, contributors)?;
            }
            Event::Happened { happened, .. } if matches!(happened.cause, Cause::Acted(..)) => {
                self.actions += 1;
            }
            _ => {}
        }
        Ok(())
    }
}

/// Whether the last roll has fallen.
///
/// # Errors
/// If the table will not go on here.
fn is_done(table: &Table<Craps>, rounds: Option<u32>) -> Result<bool, Trouble> {
    match table.status() {
        Status::Ended(_) => Ok(true),
        Status::Refused(why) => Err(why.into()),
        Status::Halted(why) => Err(why.into()),
        Status::Stopped => Err("the table was stopped".into()),
        _ => {
            let fallen = table.play().map_or(0, |play| play.state().rolls());
            Ok(rounds.is_some_and(|rounds| fallen >= rounds))
        }
    }
}

/// Waits for the others, and compares.
fn summarize(crew: &Crew, actions: u64) -> Summary {
    let table = crew.table();
    let digests = table.linger(LINGER);
    for peer in crew.peers().iter().skip(1) {
        let _ = peer.table.linger(LINGER); // for the others' sake; the first tells the digests
    }
    let pulse = table.pulse();
    let seats: Seats = table.seated().iter().map(|seated| seated.seat).collect();
    let play = table.play();
    let (connections_opened, bytes_sent) = crew.traffic();
    Summary {
        table: table.id().map_or_else(String::new, |id| id.0.to_string()),
        seats,
        height: pulse.height,
        agreed: agree(&digests, table, seats),
        digests,
        conserved: play
            .as_ref()
            .is_some_and(|play| play.game().conserves(play.state())),
        rolls: play.as_ref().map_or(0, |play| play.state().rolls()),
        actions,
        p50_ms: crew.tally.percentile_ms(50),
        p99_ms: crew.tally.percentile_ms(99),
        round_changes: crew.tally.round_changes(),
        connections_opened,
        bytes_sent,
    }
}

/// Whether a quorum told the same digest, and nobody another one.
fn agree(digests: &PerSeat<Digest>, table: &Table<Craps>, seats: Seats) -> bool {
    let own = table.seat().and_then(|seat| digests.get(seat));
    let same = own.is_some_and(|own| digests.iter().all(|(_, digest)| digest == own));
    same && digests.len() > seats.len() * 2 / 3
}

/// Choices that differ from run to run.
fn seed_of_the_clock() -> u64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    now.as_secs() ^ u64::from(now.subsec_nanos()) << 32
}
