//! A table with others: how one comes to sit at it.

use std::path::Path;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use super::args::{Hosting, Online, Wanted};
use super::screen::{self, Screen};
use super::{Failed, bots, online, warn_of_overflow};
use crate::core::codec;
use crate::net::{CHAOS_VARIABLE, Chaos};
use crate::{Config, Digest, Game, Link, Node, Seating, StartError, Table};

/// Plays, or watches, with others.
pub(super) fn run<G: Game>(game: G, online: Online, screen: &Screen) -> Result<(), Failed> {
    let node = start(&online, screen)?;
    let lines = screen.lines();
    // Those whose game goes on, and does not begin.
    let saved = node.saved()?.into_iter();
    let begun: Vec<Digest> = saved
        .filter(|saved| saved.table.is_some())
        .map(|saved| saved.link.invite)
        .collect();
    let (mut bots, mut beside) = (0, None);
    let mut table = match online.wanted {
        Wanted::Host(hosting) => {
            warn_of_overflow::<G>(screen);
            (bots, beside) = (hosting.bots, online.data.clone());
            host(&node, game, &hosting, screen)?
        }
        Wanted::Join(Some(link)) => node.join(&link)?,
        Wanted::Join(None) => node.join(&first_nearby::<G>(&node, &lines, screen)?)?,
        Wanted::Witness(link) => node.witness(&link)?,
        Wanted::Watch(link) => node.watch(&link)?,
    };
    let link = table.link();
    let resumed = link
        .as_ref()
        .is_some_and(|link| begun.contains(&link.invite));
    let mut company = Vec::new();
    if let Some(link) = link {
        // On a line of its own, to be copied.
        screen.say(format_args!("the link to this table:"));
        screen.say(format_args!("{link}"));
        for number in 1..=bots {
            let config = beneath(beside.as_deref(), number, online.loopback)?;
            company.push(bots::seat::<G>(config, &link)?);
        }
    }
    let played = online::run(&mut table, lines, resumed, screen);
    let file = online.transcript.as_deref();
    let saved = file.map_or(Ok(()), |file| super::save(&table, file, screen));
    let _ = table.linger(crate::limits::LINGER_MAX);
    company.iter().for_each(Node::shutdown);
    node.shutdown();
    played.and(saved)
}

/// This device, where the options say.
fn start(online: &Online, screen: &Screen) -> Result<Node, Failed> {
    let mut config = if online.loopback {
        Config::loopback(&online.name)?
    } else {
        Config::anywhere(&online.name)?
    };
    config.folder.clone_from(&online.data);
    if !online.listen.is_empty() {
        config.listen.clone_from(&online.listen);
    }
    if let Ok(Some(chaos)) = Chaos::of_environment() {
        screen.say(format_args!("{CHAOS_VARIABLE} is set: {chaos}"));
    }
    let node = Node::start(config).map_err(|error| match (&error, &online.data) {
        (StartError::Store(_), Some(folder)) => format!("{}: {error}", folder.display()),
        _ => error.to_string(),
    })?;
    Ok(node)
}

/// The device of bot `number`, which keeps its things in the folder of its host. Its name says what
/// it is on every screen.
fn beneath(folder: Option<&Path>, number: u8, loopback: bool) -> Result<Config, Failed> {
    let name = format!("player {} (bot)", u16::from(number) + 1);
    let mut config = if loopback {
        Config::loopback(&name)?
    } else {
        Config::anywhere(&name)?.lan(false)
    };
    config.folder = folder.map(|folder| folder.join(format!("bot-{number}")));
    Ok(config)
}

/// Sets up a table, or goes on with the one in the folder.
fn host<G: Game>(
    node: &Node,
    game: G,
    hosting: &Hosting,
    screen: &Screen,
) -> Result<Table<G>, Failed> {
    if let Some(table) = node.reopen()? {
        warn_of_options(&table, &game, hosting.seats, screen);
        return Ok(table);
    }
    let least = (*game.players().start()).max(hosting.bots.saturating_add(1));
    let seats = hosting.seats.unwrap_or(least);
    let seating = Seating::of(seats)
        .witnesses(hosting.witnesses)
        .protocol(hosting.protocol)
        .signatures(hosting.signatures)
        .schedule(hosting.schedule);
    let table = node.host(game, seating)?;
    let taken = hosting.bots + 1;
    let name = G::NAME;
    if taken < seats {
        screen.say(format_args!(
            "{taken} of {seats} seats taken; the others run: {name} join LINK"
        ));
    }
    if hosting.witnesses > 0 {
        let witnesses = match hosting.witnesses {
            1 => "a witness".to_owned(),
            several => format!("{several} witnesses"),
        };
        screen.say(format_args!(
            "the table begins with {witnesses} besides; on a spare device, run: \
             {name} join LINK --witness"
        ));
    }
    Ok(table)
}

/// Says so if a table that goes on was set up with other options than those given now.
fn warn_of_options<G: Game>(table: &Table<G>, game: &G, seats: Option<u8>, screen: &Screen) {
    // A table that has begun knows what all signed as soon as its store is read.
    let begun = table.begun(Duration::from_secs(1));
    let Some(signed) = table.genesis().filter(|_| begun) else {
        return;
    };
    let same = codec::encode(game).is_ok_and(|options| options == signed.genesis.options);
    let count = signed.genesis.seats.len();
    if !same || seats.is_some_and(|seats| usize::from(seats) != count) {
        screen.error(&format_args!(
            "warning: a saved table of {count} seats goes on with the options it began with, \
             not with those given now"
        ));
    }
}

/// The first table of this game that the local network has.
fn first_nearby<G: Game>(
    node: &Node,
    lines: &Receiver<String>,
    screen: &Screen,
) -> Result<Link, Failed> {
    screen.say(format_args!(
        "looking for a table of {} on the local network ...",
        G::NAME
    ));
    loop {
        let mut nearby = node.nearby().into_iter();
        if let Some(found) = nearby.find(|table| table.game == G::NAME) {
            screen.say(format_args!("found the table of {}", found.host));
            return Ok(found.link);
        }
        if screen::typed(lines).is_some_and(|line| screen::quits(&line)) {
            return Err("no table was found".into());
        }
    }
}
