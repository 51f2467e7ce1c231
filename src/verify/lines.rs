//! What a transcript says, as lines of JSON and in words.

use serde_json::{Value, json};

use crate::core::serde::Serialize;
use crate::core::transcript::{Passed, Sitting};
use crate::{Cause, End, Game, Seat};

/// One height as an object.
pub(super) fn height<G: Game>(passed: &Passed<G>) -> Value {
    let happened: Vec<_> = passed
        .happened
        .iter()
        .map(|step| {
            let mut line = cause(&step.cause);
            line["turn"] = json!(step.turn);
            if !step.events.is_empty() {
                line["events"] = value(&step.events);
            }
            line
        })
        .collect();
    json!({
        "height": passed.height.0,
        "time": passed.time.0,
        "state": passed.state.to_string(),
        "rolls": passed.rolls,
        "happened": happened,
    })
}

fn cause<A: crate::Data>(cause: &Cause<A>) -> Value {
    match cause {
        Cause::Started => json!({ "what": "started" }),
        Cause::Acted(seat, action) => {
            json!({ "what": "acted", "seat": seat, "action": value(action) })
        }
        Cause::Opened(moves) => json!({ "what": "opened", "moves": value(moves) }),
        Cause::Rolled(roll) => json!({ "what": "rolled", "values": roll.values() }),
        Cause::Dealt => json!({ "what": "dealt" }),
        Cause::Shown => json!({ "what": "shown" }),
        Cause::Clock(late) => {
            json!({ "what": "late", "seats": late.iter().collect::<Vec<_>>() })
        }
        Cause::Seat(seat, change) => {
            json!({ "what": "seat", "seat": seat, "change": value(change) })
        }
        Cause::Abandoned => json!({ "what": "abandoned" }),
        other => json!({ "what": format!("{other:?}") }),
    }
}

/// Whatever JSON has no form for, such as a map with keys that are no text, is told as Rust would.
fn value<T: Serialize + std::fmt::Debug>(of: &T) -> Value {
    serde_json::to_value(of).unwrap_or_else(|_| json!(format!("{of:?}")))
}

/// How play ended, in words.
pub(super) fn ended(end: &End, seats: &[Sitting]) -> String {
    let name = |seat: Seat| {
        let mut latest = seats.iter().rev();
        latest.find(|sitting| sitting.seat == seat).map_or_else(
            || format!("seat {seat}"),
            |sitting| sitting.name.to_string(),
        )
    };
    match end {
        End::Finished(outcome) => {
            let winners: Vec<_> = outcome.winners().iter().map(name).collect();
            if winners.is_empty() {
                "  a draw".to_owned()
            } else {
                format!("  won by {}", winners.join(", "))
            }
        }
        End::Abandoned => "  play was abandoned".to_owned(),
        End::RulesBug(what) => format!("  the rules failed: {what}"),
    }
}
