//! The clock of the open deadline, on this seat's own monotonic time.

use std::time::Duration;

use crate::message::Deadline;
use crate::time::Mono;

/// How early a seat goes along with a deadline that its leader declares: clocks differ a little.
fn slack(length: Duration) -> Duration {
    Duration::from_secs(1).min(length / 10)
}

/// How long the table has waited for what its open deadline closes.
///
/// A turn's clock stands still while there is no quorum; a roll's runs on. Restart, sync and a gap
/// from suspend start it anew, for nobody knows what the others saw meanwhile.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DeadlineClock {
    running: Option<Running>,
}

#[derive(Clone, Copy, Debug)]
struct Running {
    deadline: Deadline,
    length: Duration,
    /// Counted until `resumed`.
    before: Duration,
    /// Since when it runs; none while it stands still.
    resumed: Option<Mono>,
}

impl DeadlineClock {
    /// Follows what the table waits for now.
    pub(super) fn follow(&mut self, open: Option<(Deadline, Duration)>, now: Mono) {
        let same = self.running.map(|running| running.deadline) == open.map(|(open, _)| open);
        if !same {
            self.running = open.map(|(deadline, length)| Running {
                deadline,
                length,
                before: Duration::ZERO,
                resumed: Some(now),
            });
        }
    }

    /// Starts anew.
    pub(super) fn restart(&mut self, now: Mono) {
        if let Some(running) = &mut self.running {
            running.before = Duration::ZERO;
            running.resumed = running.resumed.map(|_| now);
        }
    }

    /// Lets a turn's clock stand still, or run again.
    pub(super) fn set_quorum(&mut self, quorum: bool, now: Mono) {
        let Some(running) = &mut self.running else {
            return;
        };
        let run = quorum || matches!(running.deadline, Deadline::Reveal { .. });
        match (run, running.resumed) {
            (true, None) => running.resumed = Some(now),
            (false, Some(since)) => {
                running.before += now.since(since);
                running.resumed = None;
            }
            _ => {}
        }
    }

    /// The deadline, if it is due.
    pub(super) fn due(&self, now: Mono) -> Option<Deadline> {
        let running = self
            .running
            .filter(|running| running.elapsed(now) >= running.length)?;
        Some(running.deadline)
    }

    /// How long the deadline has been due.
    pub(super) fn overdue(&self, now: Mono) -> Duration {
        self.running
            .map_or(Duration::ZERO, |r| r.elapsed(now).saturating_sub(r.length))
    }

    /// When it falls due, if it runs and is not due yet.
    pub(super) fn falls_due(&self, now: Mono) -> Option<Mono> {
        let running = self.running?;
        running.resumed?;
        let left = running.length.checked_sub(running.elapsed(now))?;
        (left > Duration::ZERO).then(|| now.after(left))
    }

    /// What is left of it.
    pub(super) fn left(&self, now: Mono) -> Option<Duration> {
        self.running
            .map(|running| running.length.saturating_sub(running.elapsed(now)))
    }

    /// When this seat would go along with a leader that declares `deadline`: now, later, or, if it
    /// is not what this seat waits for or stands still, never by itself.
    pub(super) fn agrees(&self, deadline: Deadline, now: Mono) -> Result<(), Option<Mono>> {
        let Some(running) = self.running.filter(|running| running.deadline == deadline) else {
            return Err(None);
        };
        let wanted = running.length - slack(running.length);
        match wanted
            .checked_sub(running.elapsed(now))
            .filter(|left| !left.is_zero())
        {
            None => Ok(()),
            Some(left) => Err(running.resumed.map(|_| now.after(left))),
        }
    }

    /// Whether something that arrived at `then` came before the deadline passed here.
    pub(super) fn was_in_time(&self, then: Mono, now: Mono) -> bool {
        now.since(then) >= self.overdue(now)
    }
}

impl Running {
    fn elapsed(&self, now: Mono) -> Duration {
        self.before
            + self
                .resumed
                .map_or(Duration::ZERO, |since| now.since(since))
    }
}
