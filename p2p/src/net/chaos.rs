//! Chaos in words: `delay=80..200ms,loss=5%`.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;
use std::time::Duration;

use super::Chaos;
use crate::limits::CHAOS_DELAY_MAX;

/// The variable of the environment that makes every node of a process worse.
pub const CHAOS_VARIABLE: &str = "QUORATE_CHAOS";

/// Words that describe no chaos.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChaosError {
    /// A part that is not `name=value`.
    #[error("{0:?} is not of the form name=value; write delay=80..200ms,loss=5%")]
    Form(String),
    /// A name that means nothing.
    #[error("there is no {0:?}; there are delay and loss")]
    Unknown(String),
    /// The same name twice.
    #[error("{0} is given twice")]
    Twice(&'static str),
    /// A delay that is none, or too long.
    #[error("{0:?} is no delay; write 100ms, 80..200ms or 1s, a minute at most")]
    Delay(String),
    /// A loss that is no percentage.
    #[error("{0:?} is no loss; write 0% to 100%")]
    Loss(String),
    /// The environment holds something that is no text.
    #[error("it is no text")]
    NotText,
}

impl Chaos {
    /// What the environment says in `QUORATE_CHAOS`; none if it says nothing.
    ///
    /// # Errors
    /// [`ChaosError`] if it says what makes no sense.
    pub fn of_environment() -> Result<Option<Self>, ChaosError> {
        match std::env::var(CHAOS_VARIABLE) {
            Ok(text) if text.trim().is_empty() => Ok(None),
            Ok(text) => text.parse().map(Some),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => Err(ChaosError::NotText),
        }
    }

    /// These faults and those of `other`: the later delay, the greater loss, both cuts.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.cut.extend(other.cut.iter().copied());
        self.loss = self.loss.max(other.loss);
        self.delay = match (self.delay, &other.delay) {
            (Some(one), Some(two)) => Some(one.start.max(two.start)..one.end.max(two.end)),
            (one, two) => one.or_else(|| two.clone()),
        };
        self
    }
}

impl FromStr for Chaos {
    type Err = ChaosError;

    fn from_str(text: &str) -> Result<Self, ChaosError> {
        let (mut delay, mut loss) = (None, None);
        for part in text.split(',').map(str::trim) {
            let form = || ChaosError::Form(part.to_owned());
            let (name, value) = part.split_once('=').ok_or_else(form)?;
            let value = value.trim();
            match name.trim() {
                "delay" if delay.is_some() => return Err(ChaosError::Twice("delay")),
                "loss" if loss.is_some() => return Err(ChaosError::Twice("loss")),
                "delay" => {
                    let span = span(value).ok_or_else(|| ChaosError::Delay(value.to_owned()))?;
                    delay = Some(span);
                }
                "loss" => {
                    let part = percent(value).ok_or_else(|| ChaosError::Loss(value.to_owned()))?;
                    loss = Some(part);
                }
                other => return Err(ChaosError::Unknown(other.to_owned())),
            }
        }
        Ok(Self {
            delay,
            loss: loss.unwrap_or(0.0),
            ..Self::default()
        })
    }
}

/// `80..200ms`, `80ms..1s`, or `100ms` for always the same.
fn span(text: &str) -> Option<Range<Duration>> {
    let (from, to) = text.split_once("..").unwrap_or((text, text));
    let to = duration(to.trim(), None)?;
    let unit = text
        .trim_end()
        .trim_start_matches(|letter: char| letter != 'm' && letter != 's');
    let from = duration(
        from.trim(),
        Some(if unit.starts_with('s') { "s" } else { "ms" }),
    )?;
    (from <= to && to <= CHAOS_DELAY_MAX).then_some(from..to)
}

/// A number with its unit, which may be missing if there is a `usual` one.
fn duration(text: &str, usual: Option<&str>) -> Option<Duration> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit());
    let (number, unit) = text.split_at(digits.unwrap_or(text.len()));
    let number = number.parse().ok()?;
    match if unit.is_empty() { usual? } else { unit } {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        _ => None,
    }
}

fn percent(text: &str) -> Option<f64> {
    let number: f64 = text.strip_suffix('%')?.trim().parse().ok()?;
    (0.0..=100.0).contains(&number).then_some(number / 100.0)
}

impl fmt::Display for Chaos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut faults = Vec::new();
        if let Some(Range { start, end }) = &self.delay {
            let (start, end) = (start.as_millis(), end.as_millis());
            faults.push(format!("every message leaves {start} to {end} ms late"));
        }
        if self.loss > 0.0 {
            faults.push(format!("{} % of all messages are lost", self.loss * 100.0));
        }
        if !self.cut.is_empty() {
            faults.push(format!("{} peers get nothing", self.cut.len()));
        }
        if faults.is_empty() {
            return f.write_str("no faults");
        }
        f.write_str(&faults.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Chaos, ChaosError> {
        text.parse()
    }

    const fn ms(from: u64, to: u64) -> Option<Range<Duration>> {
        Some(Duration::from_millis(from)..Duration::from_millis(to))
    }

    #[test]
    fn delay_and_loss_are_read_in_any_order_and_unit() {
        let both = of("delay=80..200ms,loss=5%").unwrap();
        assert_eq!((both.delay.clone(), both.loss), (ms(80, 200), 0.05));
        assert_eq!(of("loss=5%, delay=80..200ms").unwrap(), both);
        assert_eq!(of("delay=100ms").unwrap().delay, ms(100, 100));
        assert_eq!(of("delay=1..2s").unwrap().delay, ms(1_000, 2_000));
        assert_eq!(of("delay=500ms..1s").unwrap().delay, ms(500, 1_000));
        assert!((of("loss=12.5%").unwrap().loss - 0.125).abs() < 1e-9);
        assert_eq!(
            both.to_string(),
            "every message leaves 80 to 200 ms late, 5 % of all messages are lost"
        );
    }

    #[test]
    fn what_makes_no_sense_is_said_clearly() {
        for (text, says) in [
            ("", "not of the form name=value"),
            ("delay", "not of the form name=value"),
            ("speed=3", "there is no \"speed\""),
            ("delay=fast", "is no delay"),
            ("delay=80..200", "is no delay"),
            ("delay=200..80ms", "is no delay"),
            ("delay=2000s", "is no delay"),
            ("delay=-5ms", "is no delay"),
            ("loss=5", "is no loss"),
            ("loss=101%", "is no loss"),
            ("loss=NaN%", "is no loss"),
            ("loss=1%,loss=2%", "loss is given twice"),
        ] {
            let error = of(text).expect_err(text).to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn two_kinds_of_chaos_are_as_bad_as_the_worse_of_them() {
        let one = of("delay=80..200ms,loss=5%").unwrap();
        let both = one.clone().and(&of("delay=100..150ms,loss=9%").unwrap());
        assert_eq!((both.delay, both.loss), (ms(100, 200), 0.09));
        assert_eq!(Chaos::default().and(&one), one);
    }
}
