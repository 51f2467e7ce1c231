//! The check of a dispute.

use super::annals::{Annals, secrets_digest, values_digest};
use crate::dice;
use crate::digest::Digest;
use crate::genesis::TableId;
use crate::message::{Charge, Content, Dispute, Entry, Exhibit};
use crate::seat::{PerSeat, Seat};
use crate::time::Height;

/// What the table knows that bears on a dispute.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The table.
    pub table: TableId,
    /// What it remembers.
    pub annals: &'a Annals,
    /// The digest of its state after the height in dispute, if it still knows.
    pub state: Option<Digest>,
    /// Whether the seat that is charged has been proven guilty in the epoch of that height.
    pub proven: bool,
}

/// What a check comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It is so.
    Upheld,
    /// It is not so.
    Dismissed,
    /// Neither shows: the players judge.
    Open,
}

/// Checks a dispute whose exhibit's signatures hold.
#[must_use]
pub fn check(dispute: &Dispute, facts: &Facts<'_>) -> Finding {
    let Dispute {
        charge,
        height,
        exhibit,
    } = dispute;
    match charge {
        Charge::InvalidTransition => transition(exhibit, facts, Finding::Dismissed),
        // Whether the rules themselves pay as people think they should no digest tells.
        Charge::WrongPayout => transition(exhibit, facts, Finding::Open),
        Charge::WrongRoll => roll(*height, exhibit, facts),
        Charge::DoubleVote(_) => {
            let shown = matches!(exhibit, Exhibit::Contradiction(_));
            if shown || facts.proven {
                Finding::Upheld
            } else {
                Finding::Open
            }
        }
        Charge::WithheldReveal(seat) => noted(*seat, facts.annals.who_withheld(*height)),
        Charge::StalledSeat(seat) => noted(*seat, facts.annals.who_was_late(*height)),
    }
}

fn noted(seat: Seat, who: Option<crate::seat::Seats>) -> Finding {
    match who {
        Some(who) if who.contains(seat) => Finding::Upheld,
        Some(_) => Finding::Dismissed,
        None => Finding::Open,
    }
}

fn transition(exhibit: &Exhibit, facts: &Facts<'_>, consistent: Finding) -> Finding {
    let Some(state) = facts.state else {
        return Finding::Open;
    };
    match exhibit {
        Exhibit::Decision { block, .. } if block.post_state != state => Finding::Upheld,
        _ => consistent,
    }
}

fn roll(id: Height, exhibit: &Exhibit, facts: &Facts<'_>) -> Finding {
    let past = match facts.annals.roll(id) {
        None => return Finding::Open,
        Some(None) => return Finding::Dismissed,
        Some(Some(past)) => past,
    };
    let Exhibit::Reveals(entries) = exhibit else {
        return Finding::Open;
    };
    let secrets: PerSeat<[u8; 32]> = entries.iter().filter_map(|one| secret(one, id)).collect();
    let secrets = || secrets.iter().map(|(_, secret)| secret);
    if secrets_digest(secrets()) != past.secrets {
        return Finding::Dismissed;
    }
    let values = dice::outcome(facts.table, id, secrets(), &past.draw);
    if values_digest(&values) == past.values {
        Finding::Dismissed
    } else {
        Finding::Upheld
    }
}

/// The secret that an entry reveals for the roll `id`.
fn secret(entry: &Entry, id: Height) -> Option<(Seat, [u8; 32])> {
    match &entry.body.content {
        Content::Reveal { roll, opening, .. } if *roll == id => {
            Some((entry.body.seat, *opening.nonce()))
        }
        _ => None,
    }
}
