//! After a fork, in plain text: who is proven guilty, and who wants to go on without them.

use super::Listed;
use super::screen::Screen;
use super::telling::name;
use crate::{Game, Seat, Seats, Succeeding, Table};

/// Goes on at a new table without those of these names, which may be none.
pub(super) fn asked<G: Game>(table: &Table<G>, names: &str) -> Result<(), String> {
    let without = match names {
        "" => Seats::NONE,
        names => seats(table, names)?,
    };
    table.go_on(without).map_err(|why| why.to_string())
}

/// The seats of these names, with commas between them.
fn seats<G: Game>(table: &Table<G>, names: &str) -> Result<Seats, String> {
    let seated = table.seated();
    let seat = |wanted: &str| {
        let mut seated = seated.iter().map(|seated| seated.seat);
        let found = seated.find(|seat| name(table, *seat) == wanted);
        found.ok_or_else(|| format!("nobody called {wanted:?} sits here"))
    };
    names.split(',').map(|wanted| seat(wanted.trim())).collect()
}

/// Says who is to blame, and what can be done.
pub(super) fn tell<G: Game>(table: &Table<G>, so_far: &Succeeding, screen: &Screen) {
    if so_far.guilty.is_empty() {
        screen.say(format_args!("nobody is proven guilty of it"));
    } else {
        let guilty = names(table, so_far.guilty);
        screen.say(format_args!("proven guilty of it: {guilty}"));
    }
    let height = so_far.height;
    screen.say(format_args!(
        "type go on to play on from height {height} with {}, or go on without NAME, NAME; all who \
         stay must agree, and at least {}",
        names(table, so_far.heirs),
        so_far.needed
    ));
}

/// Says who agrees so far, and who does not yet.
pub(super) fn agreed<G: Game>(table: &Table<G>, so_far: &Succeeding, screen: &Screen) {
    let agreed = names(table, so_far.agreed);
    let awaited = so_far.heirs - so_far.agreed;
    let differs = |(_, without): &(Seat, &Seats)| **without != so_far.absent;
    for (seat, without) in so_far.without.iter().filter(differs) {
        let (who, without) = (name(table, seat), names(table, *without));
        screen.say(format_args!(
            "{who} would go on without {without}: all must say the same"
        ));
    }
    let absent = if so_far.absent.is_empty() {
        String::new()
    } else {
        format!(" without {}", names(table, so_far.absent))
    };
    screen.say(format_args!("agreed to go on{absent}: {agreed}"));
    if !awaited.is_empty() {
        screen.say(format_args!(
            "waiting for {} to say go on",
            names(table, awaited)
        ));
    }
}

fn names<G: Game>(table: &Table<G>, seats: Seats) -> Listed<String> {
    Listed(seats.iter().map(|seat| name(table, seat)).collect())
}
