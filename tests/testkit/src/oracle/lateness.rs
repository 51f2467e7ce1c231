//! Nobody may be declared late, or withholding, whose entry every honest seat held in time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use quorate_core::crypto::Signature;
use quorate_core::message::{Block, Content, Deadline, Entry, Stream};
use quorate_core::{Seat, Seats};
use rustc_hash::FxHashMap;

use super::{Invariant, Judgement, Violation};

/// What every device knows of entries and clocks.
pub(crate) struct Lateness {
    pub(super) judges: Judges,
    devices: Vec<Device>,
    /// Entries of honest seats that may still be decided.
    entries: BTreeMap<(Seat, Stream, u64), Arc<Entry>>,
    /// The last decided nonces.
    nonces: BTreeMap<(Seat, Stream), u64>,
}

/// Whose entries are looked after, and who must have held them.
pub(crate) struct Judges {
    /// Every honest seat there ever was.
    pub(super) seats: Seats,
    /// The devices of those that decide now.
    pub(super) devices: Vec<usize>,
}

#[derive(Default)]
struct Device {
    up: bool,
    /// When it first received an entry since it started.
    held: FxHashMap<Signature, Duration>,
    sight: Sight,
    turn_due: Option<Duration>,
    owed_due: Option<Duration>,
}

/// What a device sees of the clocks that run after a decided height.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sight {
    /// Turn, number of its clock, and how long that runs.
    pub(crate) turn: Option<(u64, u64, Duration)>,
    /// What closes the collection of secrets that runs, and after how long.
    pub(crate) owed: Option<(Deadline, Duration)>,
}

/// A seat may prepare a block that closes a deadline this long after its clock started: what
/// arrives later may be in time, and still too late.
pub(crate) fn safe(length: Duration) -> Duration {
    length - Duration::from_secs(1).min(length / 10)
}

impl Lateness {
    pub(super) fn new(judges: Judges, devices: usize) -> Self {
        Self {
            judges,
            devices: (0..devices).map(|_| Device::default()).collect(),
            entries: BTreeMap::new(),
            nonces: BTreeMap::new(),
        }
    }

    /// An entry of an honest seat is on its disk.
    pub(super) fn signed(&mut self, entry: &Arc<Entry>) {
        let slot = (entry.body.seat, entry.stream(), entry.body.nonce);
        self.entries.insert(slot, entry.clone());
    }

    /// A device starts, with every clock new.
    pub(crate) fn started(&mut self, device: usize) {
        self.devices[device] = Device {
            up: true,
            ..Device::default()
        };
    }

    /// A device is gone.
    pub(crate) fn crashed(&mut self, device: usize) {
        self.devices[device].up = false;
    }

    /// An entry reached a device that could take it.
    pub(crate) fn arrived(&mut self, device: usize, entry: &Entry, now: Duration) {
        if self.judges.seats.contains(entry.body.seat) {
            self.devices[device]
                .held
                .entry(entry.signature.clone())
                .or_insert(now);
        }
    }

    /// What a device sees after a decided height; `when` tells in true time when a clock that
    /// starts there now will have run so long.
    pub(crate) fn sees(
        &mut self,
        device: usize,
        sight: Sight,
        when: impl Fn(Duration) -> Duration,
    ) {
        let device = &mut self.devices[device];
        if sight.turn != device.sight.turn {
            device.turn_due = sight.turn.map(|(.., length)| when(safe(length)));
        }
        if sight.owed != device.sight.owed {
            device.owed_due = sight.owed.map(|(_, length)| when(safe(length)));
        }
        device.sight = sight;
    }

    /// What a device sees when it starts. It may have prepared by a clock of its life before, so
    /// nothing is known of when these fall due.
    pub(crate) fn sees_at_start(&mut self, device: usize, sight: Sight) {
        self.devices[device].sight = sight;
    }

    /// A block was decided for the first time that declares these seats `late` at their turn, and
    /// these as having withheld. `meets` tells whether an entry could be applied just before it.
    pub(crate) fn judge(
        &self,
        block: &Block,
        (late, withheld): (Seats, Seats),
        meets: impl Fn(&Entry) -> bool,
    ) -> Judgement {
        for seat in late & self.judges.seats {
            self.judge_one(block, seat, Stream::Actions, &meets)?;
        }
        for seat in withheld & self.judges.seats {
            self.judge_one(block, seat, Stream::Operations, &meets)?;
        }
        Ok(())
    }

    fn judge_one(
        &self,
        block: &Block,
        seat: Seat,
        stream: Stream,
        meets: &impl Fn(&Entry) -> bool,
    ) -> Judgement {
        let last = self.nonces.get(&(seat, stream)).copied().unwrap_or(0);
        let open = (seat, stream, last + 1)..=(seat, stream, u64::MAX);
        for (_, entry) in self.entries.range(open) {
            let valid = entry.body.follows == last && entry.body.valid_until >= block.height;
            if valid && !block.entries.contains(entry) && self.all_held(entry) && meets(entry) {
                let (height, nonce) = (block.height, entry.body.nonce);
                let what = format!(
                    "h{height} declares seat {seat} late, whose entry {stream:?} {nonce} every \
                     honest seat held in time"
                );
                return Err(Violation::new(Invariant::Late, what));
            }
        }
        Ok(())
    }

    /// Whether every honest seat was up and got the entry before the first of their clocks could
    /// let its seat go along with a block that closes. One slow clock is outweighed by others, so
    /// no seat's own clock alone can tell.
    fn all_held(&self, entry: &Entry) -> bool {
        let owed = |device: &Device, closes| {
            let seen = device.sight.owed.is_some_and(|(open, _)| open == closes);
            device.owed_due.filter(|_| seen && device.up)
        };
        let due = |device: &Device| match entry.body.content {
            Content::Actions { turn, .. } | Content::Seal { turn, .. } => {
                let seen = device.sight.turn.is_some_and(|(number, ..)| number == turn);
                device.turn_due.filter(|_| seen && device.up)
            }
            Content::Reveal { roll, .. } => owed(device, Deadline::Reveal { roll }),
            Content::Open { turn, .. } => owed(device, Deadline::Open { turn }),
            Content::Show { show, .. } => owed(device, Deadline::Show { show }),
            _ => None,
        };
        let honest = || {
            self.judges
                .devices
                .iter()
                .map(|device| &self.devices[*device])
        };
        let first: Option<Vec<_>> = honest().map(due).collect();
        let Some(first) = first.and_then(|dues| dues.into_iter().min()) else {
            return false;
        };
        honest().all(|device| {
            device
                .held
                .get(&entry.signature)
                .is_some_and(|at| *at < first)
        })
    }

    /// A block was decided for the first time: its entries are settled.
    pub(crate) fn settle(&mut self, block: &Block) {
        for entry in &block.entries {
            let (seat, stream) = (entry.body.seat, entry.stream());
            self.nonces.insert((seat, stream), entry.body.nonce);
            self.entries.retain(|(whose, which, nonce), _| {
                (*whose, *which) != (seat, stream) || *nonce > entry.body.nonce
            });
        }
        for device in &mut self.devices {
            // What nobody waits for any more.
            if device.held.len() > 1_024 {
                device.held.clear();
            }
        }
    }
}
