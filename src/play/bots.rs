//! Seats at a table with others that this program plays by itself.

use std::thread;
use std::time::Duration;

use super::Failed;
use crate::{Choice, Config, Digest, Event, Game, Link, Node, Seats, Status, Table};

/// How long a bot thinks, for people to see what happens.
const THINKS: Duration = Duration::from_millis(700);

/// Seats a bot at the table of `link`, or lets it take up its seat again. It plays until its node
/// is shut down.
pub(super) fn seat<G: Game>(config: Config, link: &Link) -> Result<Node, Failed> {
    let node = Node::start(config)?;
    let table: Table<G> = node.join(link)?;
    thread::Builder::new()
        .name("bot".to_owned())
        .spawn(move || play(&table))?;
    Ok(node)
}

/// Plays whenever it can, and agrees to whatever the others ask of the table.
fn play<G: Game>(table: &Table<G>) {
    let mut events = table.events_from(0);
    let mut seed = table.pulse().version;
    while let Some(event) = events.wait(Duration::MAX) {
        match event {
            Event::Motion { .. } => agree(table),
            // It wants what its owner wants, who types it.
            Event::Agreed { .. } => follow(table),
            Event::Succeeded { .. } => {
                if let Some(successor) = table.successor() {
                    return play(&successor);
                }
            }
            _ => {}
        }
        let mut choices = match table.status() {
            Status::Playing { .. } => table.legal(),
            _ => Vec::new(),
        };
        if choices.is_empty() || table.pulse().pending > 0 {
            continue;
        }
        thread::park_timeout(THINKS); // only time passes
        seed = seed.wrapping_add(1);
        let chosen = choices.swap_remove(pick(seed, table, choices.len()));
        if let Ok(sent) = table.act(chosen) {
            let _ = sent.wait(Duration::MAX); // refused or late: the next event asks again
        }
    }
}

/// Any of so many.
fn pick<G: Game>(seed: u64, table: &Table<G>, choices: usize) -> usize {
    let seat = table.seat().map_or(0, |seat| seat.index() as u64);
    let bytes = [seed.to_le_bytes(), seat.to_le_bytes()].concat();
    let digest = Digest::of_bytes("bot", &bytes);
    let first = digest.as_bytes()[..4]
        .iter()
        .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    first % choices
}

/// Agrees to a successor without all whom the others give up.
fn follow<G: Game>(table: &Table<G>) {
    let (Some(me), Ok(so_far)) = (table.seat(), table.succeeding()) else {
        return;
    };
    let wanted = so_far
        .without
        .iter()
        .fold(Seats::NONE, |all, (_, without)| all | *without);
    if so_far.without.get(me) != Some(&wanted) {
        let _ = table.go_on(wanted); // who cannot does not
    }
}

fn agree<G: Game>(table: &Table<G>) {
    let Some(me) = table.seat() else { return };
    for open in table.motions() {
        if open.ballots.silent().contains(me) {
            let _ = table.ballot(open.id, Choice::Yes); // what is over needs no answer
        }
    }
}
