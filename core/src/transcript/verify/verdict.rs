//! What a transcript that holds says.

use std::fmt;

use crate::crypto::PublicKey;
use crate::digest::Digest;
use crate::game::End;
use crate::genesis::{Genesis, Protocol, TableId};
use crate::roster::{Holder, Name, SeatKind};
use crate::seat::Seat;
use crate::time::{Height, Wall};

/// What a transcript that holds says: one sentence when shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The table.
    pub table: TableId,
    /// The game's name.
    pub game: String,
    /// The version of its rules.
    pub version: u32,
    /// How blocks were agreed on.
    pub protocol: Protocol,
    /// Who sat where, in the order they sat down.
    pub seats: Vec<Sitting>,
    /// The last decided height.
    pub heights: Height,
    /// Digest of its block, or of the genesis.
    pub tip: Digest,
    /// How many rosters there were.
    pub epochs: u32,
    /// The time of the first block.
    pub began: Wall,
    /// The time of the last block.
    pub ended: Wall,
    /// Entries in all blocks.
    pub entries: u64,
    /// Secrets that seats revealed, each the one that it had committed to.
    pub secrets: u64,
    /// Dice and hidden rolls made again from those secrets; 0 without the rules.
    pub rolls: u64,
    /// Whether the rules were run.
    pub replayed: bool,
    /// How play ended, where the rules were run and it has.
    pub end: Option<End>,
}

/// One holder of one seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sitting {
    /// The seat.
    pub seat: Seat,
    /// What the others called the holder.
    pub name: Name,
    /// The key that signed.
    pub key: PublicKey,
    /// What the seat was for.
    pub kind: SeatKind,
    /// The first height it decided.
    pub from: Height,
    /// The last, if it is gone.
    pub until: Option<Height>,
    /// How often it was declared late; 0 where the rules were not run.
    pub late: u32,
    /// How often it kept a secret back; 0 where the rules were not run.
    pub withheld: u32,
}

impl Verdict {
    pub(super) fn of(genesis: &Genesis) -> Self {
        Self {
            table: genesis.table(),
            game: genesis.game.clone(),
            version: genesis.version,
            protocol: genesis.protocol,
            seats: Vec::new(),
            heights: Height(0),
            tip: genesis.table().0,
            epochs: 1,
            began: Wall(0),
            ended: Wall(0),
            entries: 0,
            secrets: 0,
            rolls: 0,
            replayed: false,
            end: None,
        }
    }

    /// Notes that `seat` was declared late.
    pub(super) fn was_late(&mut self, seat: Seat) {
        self.holder(seat).into_iter().for_each(|s| s.late += 1);
    }

    /// Notes that `seat` kept back a secret.
    pub(super) fn withheld(&mut self, seat: Seat) {
        self.holder(seat).into_iter().for_each(|s| s.withheld += 1);
    }

    /// The latest holder of `seat`.
    fn holder(&mut self, seat: Seat) -> Option<&mut Sitting> {
        let mut latest = self.seats.iter_mut().rev();
        latest.find(|sitting| sitting.seat == seat)
    }
}

impl Sitting {
    pub(super) fn new(seat: Seat, holder: &Holder, from: Height) -> Self {
        Self {
            seat,
            name: holder.name.clone(),
            key: holder.key,
            kind: holder.kind.clone(),
            from,
            until: None,
            late: 0,
            withheld: 0,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            game,
            table,
            heights,
            entries,
            secrets,
            rolls,
            ..
        } = self;
        write!(
            f,
            "{game} at table {table}: {heights} heights, {entries} entries"
        )?;
        if self.replayed {
            write!(f, ", {rolls} rolls made again")?;
            f.write_str("; every signature, every state and every die holds")
        } else {
            write!(f, ", {secrets} secrets opened")?;
            f.write_str("; every signature holds, the rules were not run")
        }
    }
}
