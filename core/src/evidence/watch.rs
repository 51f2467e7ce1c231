//! Looking for contradictions in what seats sign, in any order, late ones included.

use std::collections::BTreeMap;

use super::{Court, Evidence, EvidenceError, Statement, offence};
use crate::certificate::Checker;
use crate::limits::{STATEMENTS_KEPT, WATCHED_HEIGHTS};
use crate::message::StatementKind;
use crate::seat::{Seat, Seats};
use crate::time::{Height, Round};

/// Remembers what every seat said at the last few heights, and finds what contradicts it.
///
/// Statements of round 0 wait unchecked until one contradicts another, as votes in a tally do, so
/// that a faultless height costs no signature check here. A false one gives way to a true one: a
/// forger can neither get anybody named nor hide a contradiction.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    /// The first height that is remembered.
    first: Height,
    kept: BTreeMap<(Height, Seat), Vec<Kept>>,
}

#[derive(Clone, Debug)]
struct Kept {
    statement: Statement,
    checked: bool,
}

impl Kept {
    fn holds(&mut self, court: &Court<'_>, checker: &mut Checker) -> bool {
        self.checked = self.checked || is_signed(&self.statement, court, checker);
        self.checked
    }
}

impl Watch {
    /// Takes a statement, signed or forged; returns what it proves together with one before.
    ///
    /// `court` must be that of the statement's height.
    ///
    /// # Errors
    /// [`EvidenceError::Signature`] if its signature had to be checked and is false, and
    /// [`EvidenceError::Stranger`] if its seat had no holder there.
    pub fn note(
        &mut self,
        statement: &Statement,
        court: &Court<'_>,
        checker: &mut Checker,
    ) -> Result<Option<Evidence>, EvidenceError> {
        let (seat, height) = (statement.seat(), statement.height());
        let stranger = EvidenceError::Stranger(seat);
        court.roster.holder(seat).ok_or(stranger)?;
        if height < self.first || height.0 >= self.first.0 + 2 * WATCHED_HEIGHTS {
            return Ok(None);
        }
        let forged = Err(EvidenceError::Signature(seat));
        let kept = self.kept.entry((height, seat)).or_default();
        let mut new = Kept {
            statement: statement.clone(),
            checked: false,
        };
        let known = kept
            .iter_mut()
            .find(|kept| kept.statement.says_the_same(statement));
        if let Some(known) = known {
            // A false signature may have come before the true one, and must not stand in for it.
            let same = known.statement.signature() == statement.signature();
            if !same && !known.holds(court, checker) {
                if !new.holds(court, checker) {
                    return forged;
                }
                *known = new;
            }
            return Ok(None);
        }
        if statement.round() > Round(0) && !new.holds(court, checker) {
            return forged;
        }
        let mut index = 0;
        while index < kept.len() {
            if offence(court.protocol, &kept[index].statement, statement).is_none() {
                index += 1;
            } else if !new.holds(court, checker) {
                return forged;
            } else if kept[index].holds(court, checker) {
                let first = kept[index].statement.clone();
                let second = statement.clone();
                return Ok(Some(Evidence { first, second }));
            } else {
                kept.swap_remove(index);
            }
        }
        keep(kept, new);
        Ok(None)
    }

    /// Forgets heights that are too long past once `height` is being decided.
    pub fn forget_before(&mut self, height: Height) {
        self.first = Height(height.0.saturating_sub(WATCHED_HEIGHTS - 1));
        self.kept.retain(|(height, _), _| *height >= self.first);
    }

    /// How many statements are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kept.values().map(Vec::len).sum()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first height that is remembered.
    #[must_use]
    pub const fn first(&self) -> Height {
        self.first
    }

    /// Whether `seat` is said to have made a statement of this kind.
    #[must_use]
    pub fn said(&self, seat: Seat, height: Height, round: Round, kind: StatementKind) -> bool {
        let slot = (seat, height, round, kind);
        let kept = self.kept.get(&(height, seat)).into_iter().flatten();
        kept.into_iter().any(|kept| kept.statement.slot() == slot)
    }

    /// What `seat` is said to have signed at the heights that are remembered.
    pub fn of(&self, seat: Seat) -> impl Iterator<Item = &Statement> {
        let of = self.kept.iter().filter(move |((_, by), _)| *by == seat);
        of.flat_map(|(_, kept)| kept).map(|kept| &kept.statement)
    }

    /// The seats that are said to have signed anything at `height`.
    #[must_use]
    pub fn spoke(&self, height: Height) -> Seats {
        let at = self.kept.iter().filter(|((of, _), _)| *of == height);
        at.filter(|(_, kept)| !kept.is_empty())
            .map(|((_, seat), _)| *seat)
            .collect()
    }
}

/// Keeps a statement; where there is no room, the highest round goes, for a seat that fills the
/// room with rounds nobody has reached could otherwise hide what it does in those that count.
fn keep(kept: &mut Vec<Kept>, new: Kept) {
    kept.push(new);
    if kept.len() > STATEMENTS_KEPT {
        let highest = (0..kept.len()).max_by_key(|index| kept[*index].statement.round());
        highest.map(|index| kept.swap_remove(index));
    }
}

fn is_signed(statement: &Statement, court: &Court<'_>, checker: &mut Checker) -> bool {
    let bytes = statement.bytes(court.table);
    let holder = court.roster.holder(statement.seat());
    holder.is_some_and(|holder| checker.check(&holder.keys(), &bytes, statement.signature()))
}
