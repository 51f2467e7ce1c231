//! What happens at a table with others, in words.

use super::hot_seat::tell;
use super::screen::Screen;
use super::{Listed, questions, succession};
use crate::core::genesis::{DicePolicy, Genesis};
use crate::core::roster::FaultProfile;
use crate::core::table::EntryRefusal;
use crate::{ActError, Event, Game, Refusal, Seat, Seats, Status, Table};

/// What is to be said of a table if it stays as it is for longer than a moment.
pub(super) fn worth_a_word<G: Game>(table: &Table<G>, status: &Status) -> Option<String> {
    match status {
        // Where the rules take nobody, the refusal is on its way.
        Status::Asking { admitted: false } => table
            .play()
            .is_none_or(|play| play.may_join())
            .then(|| "the table plays already; its players are asked to let you in".to_owned()),
        status => lacked(table, status).map(|whom| format!("waiting for {whom}")),
    }
}

/// Whom a table lacks that decides nothing.
pub(super) fn lacked<G: Game>(table: &Table<G>, status: &Status) -> Option<String> {
    match status {
        Status::Waiting { absent, needed } if *needed > 0 => Some(whom(table, *absent, *needed)),
        _ => None,
    }
}

/// Whom a table waits for, of the seats that are not here.
fn whom<G: Game>(table: &Table<G>, absent: Seats, needed: usize) -> String {
    let names: Vec<_> = absent.iter().map(|seat| name(table, seat)).collect();
    if needed < names.len() {
        format!("any {needed} of {}", names.join(", "))
    } else {
        Listed(names).to_string()
    }
}

/// Why the player cannot do this, with the names of others.
pub(super) fn why_not<G: Game>(table: &Table<G>, refused: &ActError) -> String {
    let others = match refused {
        ActError::NotYourTurn => awaited(table),
        _ => None,
    };
    others.map_or_else(
        || refused.to_string(),
        |others| format!("{refused}; waiting for {others}"),
    )
}

/// Whom the turn waits for, by name; none where it waits for nobody.
pub(super) fn awaited<G: Game>(table: &Table<G>) -> Option<Listed<String>> {
    let awaited = table.play().map(|play| play.awaited()).unwrap_or_default();
    let names: Vec<_> = awaited.iter().map(|seat| name(table, seat)).collect();
    (!names.is_empty()).then_some(Listed(names))
}

/// Why somebody was turned away, from this side.
fn turned_away(why: &Refusal) -> String {
    match why {
        Refusal::MixedBuild { theirs, ours, .. } => format!(
            "the rules differ between the two devices (fingerprints {} and {}): both need the same \
             build; if they have it, the rules are not deterministic: run `check`",
            theirs.short(),
            ours.short()
        ),
        Refusal::OtherVersion { theirs, ours, .. } => {
            format!("the rules differ between the two devices (versions {theirs} and {ours})")
        }
        Refusal::Banned => "this device shuts it out".to_owned(),
        Refusal::Begun => "the table has begun without it".to_owned(),
        other => other.to_string(),
    }
}

/// Tells of an event.
pub(super) fn report<G: Game>(table: &Table<G>, event: &Event<G>, screen: &Screen) {
    match event {
        Event::Joined { seat, name: new } => {
            let known = name(table, *seat); // tells it from another of that name
            let new = new.as_str();
            let who = if known.starts_with(new) { &known } else { new };
            screen.say(format_args!("{who} takes a seat"));
        }
        Event::Left { name } => screen.say(format_args!("{name} leaves")),
        // This very device, which has no seat: how the program ends says so, or `Evening` does.
        Event::TurnedAway {
            why: Refusal::NotAdmitted { .. },
            ..
        } if table.seat().is_none() => {}
        Event::TurnedAway { key, why } => {
            let who = match why {
                // The other side says so of the host, whom it means by this.
                Refusal::MixedBuild { who, .. } if !is_mine(table, who.as_str()) => who.to_string(),
                _ => format!("somebody ({key})"),
            };
            screen.say(format_args!("turned away {who}: {}", turned_away(why)));
        }
        Event::Asks { newcomer } => {
            let (name, buy_in) = (&newcomer.name, &newcomer.buy_in);
            let note = if buy_in.is_empty() {
                String::new()
            } else {
                format!(" ({buy_in})")
            };
            screen.say(format_args!(
                "{name} asks for a seat{note}: type admit to let the table answer"
            ));
        }
        Event::Roster { seats, seat, .. } => {
            let names = Listed(seats.iter().map(|seat| name(table, seat)).collect());
            let you = match seat {
                None => "; you watch",
                Some(_) if is_witness(table) => "; you are a witness",
                Some(_) => "",
            };
            screen.say(format_args!("at the table now: {names}{you}"));
        }
        Event::Status(status) => standing(table, status, screen),
        Event::Fault(fault) => screen.say(format_args!("fault: {fault}")),
        event => in_play(table, event, screen),
    }
}

/// Tells of what a table does, where that is not to be seen anyway.
fn standing<G: Game>(table: &Table<G>, status: &Status, screen: &Screen) {
    match status {
        Status::Asking { admitted: true } => screen.say(format_args!(
            "you are admitted, and sit down as soon as the game lets you"
        )),
        Status::Paused if plays(table) => screen.say(format_args!(
            "the table is paused: type resume to ask the others to go on"
        )),
        Status::Paused => screen.say(format_args!("the table is paused")),
        Status::Gathering {
            trouble: Some(trouble),
            ..
        } => screen.say(format_args!("{trouble}; still trying")),
        Status::CutOff => screen.say(format_args!(
            "nobody who knows the table can be reached; still trying"
        )),
        Status::Sealed { awaited, .. } if !awaited.is_empty() => {
            let awaited = Listed(awaited.iter().map(|seat| name(table, seat)).collect());
            screen.say(format_args!("your move is sealed; waiting for {awaited}"));
        }
        Status::Opening => screen.say(format_args!("the sealed moves are being opened")),
        Status::CatchingUp { height, target } => {
            screen.say(format_args!("catching up from height {height} to {target}"));
        }
        _ => {}
    }
}

/// Tells of what happens once a table plays.
fn in_play<G: Game>(table: &Table<G>, event: &Event<G>, screen: &Screen) {
    let name = |seat| name(table, seat);
    match event {
        // All that a block did at once, before the picture it leads to.
        Event::Decided(decided) => {
            for happened in &decided.happened {
                tell(happened, &name, screen);
            }
        }
        Event::Motion { news, .. } => {
            let answers = table.seat().filter(|_| plays(table));
            questions::tell(news, answers, name, screen);
        }
        Event::Stalled { absent } => {
            let names = Listed(absent.iter().map(name).collect());
            screen.say(format_args!(
                "{names} have been away for long; type claim to sign where the table stands"
            ));
        }
        Event::Claimed { .. } => {
            if let Some(claim) = table.claim() {
                questions::claimed(&claim, screen);
            }
        }
        // A newcomer is soon known here too, and whoever has left does not matter any more.
        Event::Refused {
            why: EntryRefusal::Stranger(_),
            ..
        } => {}
        Event::Refused { seat, why } => {
            screen.say(format_args!("{} tried what cannot be: {why}", name(*seat)));
        }
        Event::Agreed { .. } => {
            if let Ok(so_far) = table.succeeding() {
                succession::agreed(table, &so_far, screen);
            }
        }
        Event::Succeeded { seated: false, .. } => screen.say(format_args!(
            "the others go on at a new table, where you have no seat"
        )),
        Event::Guilty { seat, offence } => {
            screen.say(format_args!("{} {offence}", name(*seat)));
        }
        _ => {}
    }
}

/// What stops a table of so few seats, and what cures it; none where one may sleep.
pub(super) fn fragile(seats: usize) -> Option<String> {
    let all = match seats {
        2 => "both seats",
        3 => "all three seats",
        _ => return None,
    };
    let cure = match FIRST_TO_SPARE - seats {
        1 => "one more seat for a witness lets",
        _ => "two more seats for witnesses let",
    };
    Some(format!(
        "{all} decide together: a device that sleeps stops the table; {cure} one sleep \
         (host --witnesses)"
    ))
}

/// What everybody who sits down at such a table is to know: whom it trusts, and what no witness
/// cures.
pub(super) fn cautions(genesis: &Genesis) -> Vec<String> {
    let players = genesis.seats.iter().filter(|seat| seat.kind.plays());
    let throws = genesis.dice != DicePolicy::Local;
    caution(genesis.profile, players.count(), throws)
}

fn caution(profile: Option<FaultProfile>, players: usize, throws: bool) -> Vec<String> {
    let dice = "two players: a roll of dice needs both, so either can stop it, whatever witnesses \
                there are";
    let dice = (players == 2 && throws).then_some(dice);
    let trust = profile.and_then(FaultProfile::warning);
    let said = trust.into_iter().chain(dice);
    said.map(|text| format!("note: {text}")).collect()
}

/// The least seats of which one is not needed to decide.
const FIRST_TO_SPARE: usize = 4;

/// Whether this device's seat decides and does not play.
pub(super) fn is_witness<G: Game>(table: &Table<G>) -> bool {
    let mut seated = table.seated().into_iter();
    seated.any(|seated| seated.me && !seated.kind.plays())
}

/// Whether this device's seat plays.
pub(super) fn plays<G: Game>(table: &Table<G>) -> bool {
    table.seat().is_some() && !is_witness(table)
}

/// Whether this device's own seat has this name.
fn is_mine<G: Game>(table: &Table<G>, name: &str) -> bool {
    let mut seated = table.seated().into_iter();
    seated.any(|seated| seated.me && seated.name.as_str() == name)
}

/// What the holder of a seat is called; with the seat, where two have the same name.
pub(super) fn name<G: Game>(table: &Table<G>, seat: Seat) -> String {
    let seated = table.seated();
    let Some(holder) = seated.iter().find(|seated| seated.seat == seat) else {
        // Who is gone had a name, if it was here from the beginning.
        let genesis = table.genesis().map(|signed| signed.genesis.roster());
        let founder = genesis.as_ref().and_then(|roster| roster.holder(seat));
        return founder.map_or_else(|| format!("seat {seat}"), |holder| holder.name.to_string());
    };
    let same = seated.iter().filter(|other| other.name == holder.name);
    if same.count() > 1 {
        format!("{} (seat {seat})", holder.name)
    } else {
        holder.name.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::roster::quorum;

    #[test]
    fn a_table_is_called_fragile_just_where_every_seat_must_be_here() {
        for seats in 2..=64 {
            assert_eq!(fragile(seats).is_some(), quorum(seats) == seats, "{seats}");
        }
        assert_eq!(quorum(FIRST_TO_SPARE), FIRST_TO_SPARE - 1);
        assert_eq!(fragile(1), None, "nobody else is waited for");
    }

    #[test]
    fn who_sits_down_is_told_whom_the_table_trusts_and_what_no_witness_cures() {
        let trusting = FaultProfile {
            byzantine: 0,
            crashed: 1,
        };
        let said = caution(Some(trusting), 2, true);
        assert!(
            said[0].contains("this table trusts every player"),
            "{said:?}"
        );
        assert!(said[1].contains("either can stop it"), "{said:?}");
        let careful = FaultProfile {
            byzantine: 1,
            ..trusting
        };
        let none: [String; 0] = [];
        assert_eq!(caution(Some(careful), 3, true), none);
        assert_eq!(caution(None, 2, false), none, "practice dice need nobody");
    }
}
