//! A seat that decides and does not play: it needs no picture, only to stay.

use std::io::{self, Write};
use std::time::Duration;

use quorate::{Event, Seat, Status};

use crate::crew::{Crew, Trouble};

/// How often to look whether somebody wants this to end.
const LOOK_UP: Duration = Duration::from_millis(250);

/// Stays at the table until play ends, and says what happens to the table meanwhile.
///
/// # Errors
/// If no seat is got, or this device cannot go on.
pub(crate) fn run(crew: &Crew) -> Result<(), Trouble> {
    let table = crew.table();
    let mut out = io::stdout();
    let mut events = table.events_from(0);
    let mut seat = None;
    while !quorate::asked_to_leave() {
        match table.status() {
            Status::Ended(_) => {
                writeln!(out, "play is over")?;
                break;
            }
            Status::Refused(why) => return Err(why.into()),
            Status::Halted(why) => return Err(why.into()),
            Status::Stopped => return Ok(()),
            _ => {}
        }
        if seat != table.seat() {
            seat = table.seat();
            writeln!(out, "{}", sits(seat))?;
        }
        match events.wait(LOOK_UP) {
            Some(Event::Began { table }) => writeln!(out, "table {table} begins")?,
            Some(Event::Status(Status::Asking { admitted: false })) => {
                writeln!(
                    out,
                    "the table plays already; its players are asked to let this device in"
                )?;
            }
            _ => {}
        }
    }
    let _told = table.linger(quorate::limits::LINGER_MAX);
    Ok(())
}

fn sits(seat: Option<Seat>) -> String {
    seat.map_or_else(
        || "no seat any more: watching".to_owned(),
        |seat| format!("witness at seat {seat}: it decides and does not play"),
    )
}
