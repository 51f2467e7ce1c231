//! What a file proves, in words.

use std::fmt;

use quorate_core::transcript::{Sitting, Verdict};

use super::{Gone, Verified, lines};
use crate::core::codec::to_hex;
use crate::{Height, SeatKind};

impl fmt::Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proof(proven) => write!(f, "proven: {proven}"),
            Self::Claim(claimed) => f.write_str(claimed),
            Self::Transcript { verdict, gone } => {
                about(verdict, gone, f)?;
                if let Some(end) = &verdict.end {
                    writeln!(f, "{}", lines::ended(end, &verdict.seats))?;
                }
                write!(f, "verified: {}", Short(verdict))
            }
            Self::OtherGame {
                verdict,
                program: (program, rules),
            } => {
                about(verdict, &[], f)?;
                let Verdict { game, version, .. } = &**verdict;
                write!(
                    f,
                    "signed: {}\nNOT VERIFIED: the file is of {game}, version {version} of its \
                     rules, and this program has {program}, version {rules}: no move, roll or \
                     result was checked",
                    Short(verdict)
                )
            }
            Self::OtherRules {
                verdict,
                fingerprints: [theirs, ours],
                flaw,
            } => {
                about(verdict, &[], f)?;
                let (theirs, ours, version) = (theirs.short(), ours.short(), verdict.version);
                write!(
                    f,
                    "signed: {}\nNOT VERIFIED: played by other rules than this program's, though \
                     both say version {version} (fingerprints {theirs} and {ours}). By this \
                     program's, {flaw}. If it was played with this very build, the rules are not \
                     deterministic: run `check`",
                    Short(verdict)
                )
            }
        }
    }
}

/// Which table it was, and who sat there.
fn about(verdict: &Verdict, gone: &[Gone], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    // In full, for a table that never was can be made to have any short form.
    writeln!(f, "  table {}", verdict.table.0)?;
    let mut seats = verdict.seats.iter();
    seats.try_for_each(|sitting| {
        let mut gone = gone.iter().rev();
        let gone = gone.find(|gone| gone.is_of(sitting));
        writeln!(f, "{}", Line(sitting, gone))
    })
}

/// A verdict that calls its table what screens call it.
struct Short<'a>(&'a Verdict);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (table, said) = (self.0.table, self.0.to_string());
        f.write_str(&said.replacen(&table.0.to_string(), &table.to_string(), 1))
    }
}

/// One who sat at the table, in one line, and why that one is out of the game.
struct Line<'a>(&'a Sitting, Option<&'a Gone>);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Sitting {
            seat,
            name,
            key,
            kind,
            from,
            until,
            late,
            withheld,
        } = self.0;
        let key = to_hex(&key.as_bytes()[..8]);
        write!(f, "  seat {seat}  {name}  (key {key}")?;
        if let SeatKind::Witness { run_by } = kind {
            write!(f, ", a witness run by {run_by}")?;
        }
        f.write_str(")")?;
        match (from, until) {
            (Height(1), None) => {}
            (from, None) => write!(f, "  from height {from}")?,
            (from, Some(until)) => write!(f, "  heights {from} to {until}")?,
        }
        match late {
            0 => {}
            1 => f.write_str("  late once")?,
            late => write!(f, "  late {late} times")?,
        }
        // Whoever was asleep looks no different from whoever was unwilling.
        match withheld {
            0 => {}
            1 => f.write_str("  a secret did not come")?,
            withheld => write!(f, "  {withheld} secrets did not come")?,
        }
        self.1.map_or(Ok(()), |gone| write!(f, "  {gone}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Seat;
    use crate::core::crypto::PublicKey;
    use crate::core::evidence::Offence;
    use crate::core::message::StatementKind;
    use crate::{Name, Round, Why};

    fn bob(late: u32, withheld: u32) -> Sitting {
        Sitting {
            seat: Seat::new(1).expect("a seat"),
            name: Name::new("Bob").expect("a name"),
            key: PublicKey::from_bytes([7; 32]),
            kind: SeatKind::Player,
            from: Height(1),
            until: None,
            late,
            withheld,
        }
    }

    #[test]
    fn what_a_seat_missed_is_counted_as_people_count() {
        let said = |late, withheld| {
            let line = Line(&bob(late, withheld), None).to_string();
            let start = "  seat 1  Bob  (key 0707070707070707)";
            line.strip_prefix(start).expect("who it was").to_owned()
        };
        assert_eq!(said(0, 0), "");
        assert_eq!(said(1, 1), "  late once  a secret did not come");
        assert_eq!(said(3, 2), "  late 3 times  2 secrets did not come");
    }

    #[test]
    fn who_is_out_is_told_why_and_only_of_that_holder() {
        let sitting = Sitting {
            until: Some(Height(33)),
            ..bob(0, 0)
        };
        let guilty = Gone {
            height: Height(33),
            seat: sitting.seat,
            why: Why::Guilty,
            offence: Some(Offence::SignedTwice {
                kind: StatementKind::Commit,
                height: Height(30),
                round: Round(0),
            }),
        };
        assert!(guilty.is_of(&sitting));
        let line = Line(&sitting, Some(&guilty)).to_string();
        let why = "  heights 1 to 33  out: signed two different Commits at height 30, round 0";
        assert!(line.ends_with(why), "{line}");
        let next = Sitting {
            from: Height(40),
            until: None,
            ..sitting
        };
        assert!(!guilty.is_of(&next), "another holder of the seat");
    }
}
