//! The clocks of the open deadlines, on this seat's own monotonic time.

use std::time::Duration;

use crate::message::Deadline;
use crate::table::OpenDeadline;
use crate::time::Mono;

/// How early a seat goes along with a deadline that its leader declares: clocks differ a little.
fn slack(length: Duration) -> Duration {
    Duration::from_secs(1).min(length / 10)
}

/// How long the table has waited for what its open deadlines close.
///
/// Clocks stand still while decided state says so, and while there is no quorum; but those of what
/// devices do by themselves.
/// Restart, sync and a gap from suspend start them anew, for nobody knows what the others saw
/// meanwhile.
#[derive(Clone, Debug, Default)]
pub(super) struct DeadlineClocks {
    clocks: Vec<Clock>,
}

#[derive(Clone, Copy, Debug)]
struct Clock {
    deadline: Deadline,
    length: Duration,
    /// Counted until `resumed`.
    before: Duration,
    /// Since when it runs; none while it stands still.
    resumed: Option<Mono>,
    /// Whether decided state lets it stand still: then no leader declares it, long due or not. A
    /// follower may still agree to it, in the block that ends the pause.
    stopped: bool,
}

impl DeadlineClocks {
    /// Follows what the table waits for now, with or without a quorum.
    pub(super) fn follow(&mut self, open: &[OpenDeadline], quorum: bool, now: Mono) {
        let before = std::mem::take(&mut self.clocks);
        self.clocks.extend(open.iter().map(|open| {
            let same = before.iter().find(|clock| clock.deadline == open.deadline);
            let mut clock = same.copied().unwrap_or(Clock {
                deadline: open.deadline,
                length: open.length,
                before: Duration::ZERO,
                resumed: None,
                stopped: false,
            });
            clock.stopped = !open.runs;
            clock.run(open.runs && (quorum || open.deadline.is_of_devices()), now);
            clock
        }));
    }

    /// Starts anew.
    pub(super) fn restart(&mut self, now: Mono) {
        for clock in &mut self.clocks {
            clock.before = Duration::ZERO;
            clock.resumed = clock.resumed.map(|_| now);
        }
    }

    fn of(&self, deadline: Deadline) -> Option<&Clock> {
        self.clocks.iter().find(|clock| clock.deadline == deadline)
    }

    /// The deadlines that are due and can be declared, ascending.
    pub(super) fn due(&self, now: Mono) -> impl Iterator<Item = Deadline> {
        let due = self.clocks.iter().filter(|clock| !clock.stopped);
        let due = due.filter(move |clock| clock.is_due(now));
        due.map(|clock| clock.deadline)
    }

    /// How long `deadline` has been due.
    pub(super) fn overdue(&self, deadline: Deadline, now: Mono) -> Duration {
        self.of(deadline).map_or(Duration::ZERO, |clock| {
            clock.elapsed(now).saturating_sub(clock.length)
        })
    }

    /// When the next one falls due that runs and is not due yet.
    pub(super) fn falls_due(&self, now: Mono) -> Option<Mono> {
        let running = self.clocks.iter().filter(|clock| clock.resumed.is_some());
        let left = running.filter(|clock| !clock.is_due(now));
        left.map(|clock| now.after(clock.left(now))).min()
    }

    /// What is left of `deadline`.
    pub(super) fn left(&self, deadline: Deadline, now: Mono) -> Option<Duration> {
        self.of(deadline).map(|clock| clock.left(now))
    }

    /// When this seat would go along with a leader that declares `deadline`: now, later, or, if it
    /// is not what this seat waits for or stands still, never by itself.
    pub(super) fn agrees(&self, deadline: Deadline, now: Mono) -> Result<(), Option<Mono>> {
        let clock = self.of(deadline).ok_or(None)?;
        let wanted = clock.length - slack(clock.length);
        match wanted.saturating_sub(clock.elapsed(now)) {
            Duration::ZERO => Ok(()),
            left => Err(clock.resumed.map(|_| now.after(left))),
        }
    }

    /// Whether something that arrived at `then` came before `deadline` passed here.
    pub(super) fn was_in_time(&self, deadline: Deadline, then: Mono, now: Mono) -> bool {
        now.since(then) >= self.overdue(deadline, now)
    }
}

impl Clock {
    fn elapsed(&self, now: Mono) -> Duration {
        let running = self.resumed.map(|since| now.since(since));
        self.before + running.unwrap_or_default()
    }

    fn left(&self, now: Mono) -> Duration {
        self.length.saturating_sub(self.elapsed(now))
    }

    fn is_due(&self, now: Mono) -> bool {
        self.left(now).is_zero()
    }

    /// Lets it run, or stand still.
    fn run(&mut self, run: bool, now: Mono) {
        match (run, self.resumed) {
            (true, None) => self.resumed = Some(now),
            (false, Some(_)) => {
                self.before = self.elapsed(now);
                self.resumed = None;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a turn of a second is due at `ms`, when the table follows it, running or not.
    fn due(clocks: &mut DeadlineClocks, runs: bool, ms: u64) -> bool {
        let now = Mono::default().after(Duration::from_millis(ms));
        let open = OpenDeadline {
            deadline: Deadline::Turn { turn: 1, clock: 1 },
            length: Duration::from_secs(1),
            runs,
        };
        clocks.follow(&[open], true, now);
        clocks.due(now).next().is_some()
    }

    /// Else a paused table would decide one empty block after the other, until the moves that wait
    /// for its end have expired.
    #[test]
    fn a_deadline_that_was_due_when_a_pause_began_is_not_due_before_its_end() {
        let mut clocks = DeadlineClocks::default();
        assert!(!due(&mut clocks, true, 0));
        assert!(due(&mut clocks, true, 1_000));
        assert!(!due(&mut clocks, false, 1_001));
        assert!(!due(&mut clocks, false, 9_000));
        assert!(due(&mut clocks, true, 9_001));
    }
}
