//! A seat that decides and does not play: it needs no picture, only to stay.

use std::io::{self, Write};
use std::time::Duration;

use quorate::{Event, Seat, Status};

use crate::crew::{Trouble, Witness};

/// Stays at the table until play ends, and says what happens to the table meanwhile.
///
/// # Errors
/// If no seat is got, or this device cannot go on.
pub(crate) fn run(witness: &Witness) -> Result<(), Trouble> {
    let table = &witness.table;
    let mut out = io::stdout();
    let mut events = table.events_from(0);
    let mut seat = None;
    loop {
        match table.status() {
            Status::Ended(_) => break,
            Status::Refused(why) => return Err(why.into()),
            Status::Halted(why) => return Err(why.into()),
            Status::Stopped => return Ok(()),
            _ => {}
        }
        if seat != table.seat() {
            seat = table.seat();
            writeln!(out, "{}", sits(seat))?;
        }
        match events.wait(Duration::MAX) {
            Some(Event::Began { table }) => writeln!(out, "table {table} begins")?,
            Some(Event::Status(Status::Asking { admitted: false })) => {
                writeln!(
                    out,
                    "the table plays already; its players ballot on this seat"
                )?;
            }
            Some(_) => {}
            None => return Ok(()),
        }
    }
    let _told = table.linger(quorate::limits::LINGER_MAX);
    writeln!(out, "play is over")?;
    Ok(())
}

fn sits(seat: Option<Seat>) -> String {
    seat.map_or_else(
        || "no seat any more: watching".to_owned(),
        |seat| format!("witness at seat {seat}: it decides and does not play"),
    )
}
