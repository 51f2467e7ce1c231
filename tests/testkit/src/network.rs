//! The network between the devices: delay, loss, copies, replays, clogs and partitions, per
//! direction of each pair.

use std::time::Duration;

use quorate_core::message::Lane;

use crate::rng::Rng;

/// How the links behave. All figures hold for each direction of each pair on its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weather {
    /// The least a frame takes.
    pub delay_min: Duration,
    /// What it takes on top, on average; exponentially distributed.
    pub delay_mean: Duration,
    /// Frames lost, per million.
    pub loss_ppm: u32,
    /// Frames that arrive twice, per million.
    pub copy_ppm: u32,
    /// Frames that arrive once more, up to ten seconds later, per million.
    pub replay_ppm: u32,
    /// Frames after which their link clogs for up to [`CLOG_MAX`], per million.
    pub clog_ppm: u32,
    /// Whether a lane keeps its frames in order, as a stream does; else they overtake each other.
    pub ordered: bool,
}

/// How long a link stays clogged at most: its frames wait.
pub const CLOG_MAX: Duration = Duration::from_secs(5);

impl Weather {
    /// A quiet local network: one millisecond, nothing lost.
    #[must_use]
    pub const fn calm() -> Self {
        Self {
            delay_min: Duration::from_millis(1),
            delay_mean: Duration::ZERO,
            loss_ppm: 0,
            copy_ppm: 0,
            replay_ppm: 0,
            clog_ppm: 0,
            ordered: true,
        }
    }
}

/// Who cannot reach whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// One device is alone.
    Isolate(usize),
    /// One device hears nobody, yet everybody hears it.
    Deaf(usize),
    /// One device is heard by nobody, yet hears everybody.
    Mute(usize),
    /// Two sides; the bit of each device says which.
    Halves(u64),
    /// Two sides; only frames from the set ones to the others are lost.
    OneWay(u64),
    /// Each device reaches its two neighbours only.
    Ring,
    /// Nobody reaches anybody.
    All,
}

/// The links of one table.
#[derive(Debug)]
pub struct Network {
    devices: usize,
    weather: Weather,
    cut: Option<Cut>,
    links: Vec<Link>,
    rng: Rng,
    /// Frames lost so far, for the report.
    pub(crate) lost: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Link {
    clogged_until: Duration,
    /// The last arrival on each lane, which none may overtake where lanes are ordered.
    last: [Duration; 3],
}

impl Network {
    /// Links between `devices` devices.
    #[must_use]
    pub fn new(devices: usize, weather: Weather, rng: Rng) -> Self {
        Self {
            devices,
            weather,
            cut: None,
            links: vec![Link::default(); devices * devices],
            rng,
            lost: 0,
        }
    }

    /// Changes how links behave, and opens those that are clogged.
    pub fn set_weather(&mut self, weather: Weather) {
        self.weather = weather;
        self.links.fill(Link::default());
    }

    /// Cuts links, or mends them all.
    pub const fn set_cut(&mut self, cut: Option<Cut>) {
        self.cut = cut;
    }

    /// Whether frames `from` one device `to` another can arrive.
    #[must_use]
    pub fn reaches(&self, from: usize, to: usize) -> bool {
        let side = |set: u64, device: usize| set >> device & 1 == 1;
        let apart = from.abs_diff(to);
        match self.cut {
            None => true,
            Some(Cut::Isolate(one)) => from != one && to != one,
            Some(Cut::Deaf(one)) => to != one,
            Some(Cut::Mute(one)) => from != one,
            Some(Cut::Halves(set)) => side(set, from) == side(set, to),
            Some(Cut::OneWay(set)) => !side(set, from) || side(set, to),
            Some(Cut::All) => false,
            Some(Cut::Ring) => apart == 1 || apart + 1 == self.devices,
        }
    }

    /// When a frame sent at `now` arrives: not at all, once, or several times.
    pub fn send(
        &mut self,
        now: Duration,
        (from, to): (usize, usize),
        lane: Lane,
    ) -> impl Iterator<Item = Duration> + use<> {
        let mut arrivals = [None; 3];
        if self.reaches(from, to) && !self.rng.chance(self.weather.loss_ppm) {
            arrivals[0] = Some(self.arrival(now, (from, to), lane));
            if self.rng.chance(self.weather.copy_ppm) {
                arrivals[1] = Some(self.arrival(now, (from, to), lane));
            }
            if self.rng.chance(self.weather.replay_ppm) {
                let late = self.rng.between(Duration::ZERO, Duration::from_secs(10));
                arrivals[2] = arrivals[0].map(|first| first + late);
            }
        } else {
            self.lost += 1;
        }
        arrivals.into_iter().flatten()
    }

    fn arrival(&mut self, now: Duration, (from, to): (usize, usize), lane: Lane) -> Duration {
        let weather = self.weather;
        let link = &mut self.links[from * self.devices + to];
        if self.rng.chance(weather.clog_ppm) {
            link.clogged_until = now + self.rng.between(Duration::ZERO, CLOG_MAX);
        }
        let extra = if weather.delay_mean.is_zero() {
            Duration::ZERO
        } else {
            self.rng.exponential(weather.delay_mean)
        };
        let arrival = now.max(link.clogged_until) + weather.delay_min + extra;
        if !weather.ordered {
            return arrival;
        }
        let last = &mut link.last[lane as usize];
        *last = arrival.max(*last);
        *last
    }
}
