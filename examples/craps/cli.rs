//! The command line.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use lexopt::prelude::*;
use quorate::net::Multiaddr;
use quorate::{Link, Protocol, Schedule, Storm};

pub(crate) const USAGE: &str = "\
craps: a table of peers, and no server

  craps                      you against three bots: four peers in this process
  craps auto  [options]      bots only, each a peer with its own sockets and disk
  craps host  [options]      open a table; prints its link on the first line
  craps join LINK [options]  sit down at it, or go on where this folder left off
  craps join --lan [options] the same, for a table on the local network
  craps join LINK --witness  a seat that decides and does not play: run one on a spare device
  craps verify FILE          check a transcript of a table, or a proof that a seat cheated
  craps storm [options]      whole tables in a simulator, with lost messages and a cheat

  --seats N      seats at the table (4)
  --witnesses K  seats besides, for whoever joins with --witness (0)
  --bots K       of these, bots in this process besides yourself (0)
  --auto         play by itself, without a screen
  --rounds R     end after R rolls
  --json         one line of JSON for each decided height, and a summary
  --seed S       what the bots' choices follow from
  --listen ADDR  where to listen: 0.0.0.0:4001, or a multiaddr; repeat for more
  --protocol P   how the seats agree: pbft or tendermint (pbft)
  --schedule S   who leads: hash-score, round-robin or to-act (hash-score)
  --data DIR     keep key and table there, to go on after a crash
  --name NAME    what the others call you (Ann)
  --transcript F write down at the end what was decided; the key t does so at any time
  --seeds S      storm: so many tables (100)
  --cheat KIND   storm: one seat cheats, such as double-vote
";

/// What to do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Command {
    /// A person against bots, all in this process.
    Demo,
    /// Bots alone, all in this process.
    Auto,
    Host,
    Join(Place),
    /// Check a transcript or proof that somebody wrote down.
    Verify(PathBuf),
    /// Play tables in the simulator.
    Storm,
    Help,
}

/// Where the table is that is joined.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Place {
    Link(Link),
    Lan,
}

/// How to do it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Options {
    pub(crate) seats: u8,
    pub(crate) witnesses: u8,
    /// Whether to join as a witness.
    pub(crate) witness: bool,
    pub(crate) bots: u8,
    pub(crate) auto: bool,
    pub(crate) rounds: Option<u32>,
    pub(crate) json: bool,
    pub(crate) seed: Option<u64>,
    pub(crate) protocol: Protocol,
    pub(crate) schedule: Schedule,
    pub(crate) listen: Vec<Multiaddr>,
    pub(crate) data: Option<PathBuf>,
    pub(crate) name: String,
    /// Where the transcript goes at the end.
    pub(crate) transcript: Option<PathBuf>,
    /// What storm to make.
    pub(crate) storm: Storm,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seats: 4,
            witnesses: 0,
            witness: false,
            bots: 0,
            auto: false,
            rounds: None,
            json: false,
            seed: None,
            protocol: Protocol::default(),
            schedule: Schedule::default(),
            listen: Vec::new(),
            data: None,
            name: "Ann".to_owned(),
            transcript: None,
            storm: Storm::default(),
        }
    }
}

/// Reads the arguments after the program's name.
///
/// # Errors
/// Says which argument is wrong and why.
pub(crate) fn parse(
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<(Command, Options), lexopt::Error> {
    let mut parser = lexopt::Parser::from_args(arguments);
    let mut options = Options::default();
    let (mut words, mut lan) = (Vec::new(), false);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("seats") => options.seats = parser.value()?.parse()?,
            Long("witnesses") => options.witnesses = parser.value()?.parse()?,
            Long("witness") => options.witness = true,
            Long("bots") => options.bots = parser.value()?.parse()?,
            Long("rounds") => options.rounds = Some(parser.value()?.parse()?),
            Long("seed") => options.seed = Some(parser.value()?.parse()?),
            Long("protocol") => options.protocol = parser.value()?.parse()?,
            Long("schedule") => options.schedule = parser.value()?.parse()?,
            Long("listen") => options
                .listen
                .extend(parser.value()?.parse_with(addresses)?),
            Long("data") => options.data = Some(parser.value()?.into()),
            Long("transcript") => options.transcript = Some(parser.value()?.into()),
            Long("seeds") => options.storm.seeds = parser.value()?.parse()?,
            Long("cheat") => options.storm.cheat = Some(parser.value()?.parse()?),
            Long("name") => options.name = parser.value()?.string()?,
            Long("auto") => options.auto = true,
            Long("json") => options.json = true,
            Long("lan") => lan = true,
            Long("help") | Short('h') => return Ok((Command::Help, options)),
            Value(word) => words.push(word.string()?),
            other => return Err(other.unexpected()),
        }
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let command = command(&words, lan)?;
    check(&command, &options)?;
    Ok((command, options))
}

fn command(words: &[&str], lan: bool) -> Result<Command, lexopt::Error> {
    match (words, lan) {
        ([], false) => Ok(Command::Demo),
        (["auto"], false) => Ok(Command::Auto),
        (["host"], false) => Ok(Command::Host),
        (["help"], false) => Ok(Command::Help),
        (["storm"], false) => Ok(Command::Storm),
        (["verify", file], false) => Ok(Command::Verify(file.into())),
        (["verify"], false) => Err("verify needs the name of a file".into()),
        (["join"], true) => Ok(Command::Join(Place::Lan)),
        (["join", link], false) => match link.parse() {
            Ok(link) => Ok(Command::Join(Place::Link(link))),
            Err(error) => Err(format!("this is no link to a table: {error}").into()),
        },
        (["join"], false) => Err("join needs a link, or --lan".into()),
        (["join", ..], true) => Err("either a link or --lan, not both".into()),
        (_, true) => Err("--lan is for join".into()),
        _ => Err(format!("cannot {}; see --help", words.join(" ")).into()),
    }
}

fn check(command: &Command, options: &Options) -> Result<(), lexopt::Error> {
    let Options {
        seats,
        bots,
        rounds,
        protocol,
        schedule,
        ..
    } = *options;
    let chosen = protocol != Protocol::default() || schedule != Schedule::default();
    if chosen && matches!(command, Command::Join(_)) {
        return Err("who opens the table chooses --protocol and --schedule".into());
    }
    if seats == 0 {
        return Err("a table has at least one seat".into());
    }
    if rounds == Some(0) {
        return Err("--rounds must be at least 1".into());
    }
    if *command == Command::Host && bots >= seats {
        return Err(format!("{seats} seats have no room for you and {bots} bots").into());
    }
    if options.witnesses > 0 && *command != Command::Host {
        return Err("--witnesses is for host; a witness itself joins with --witness".into());
    }
    if options.witness && !matches!(command, Command::Join(_)) {
        return Err("--witness is for join".into());
    }
    let storm = &options.storm;
    let stormy = storm.cheat.is_some() || storm.seeds != Storm::default().seeds;
    if stormy && *command != Command::Storm {
        return Err("--seeds and --cheat are for storm".into());
    }
    if *command == Command::Auto && rounds.is_none() {
        return Err("auto needs --rounds, or it would never end".into());
    }
    Ok(())
}

/// `0.0.0.0:4001` stands for QUIC and TCP there; anything else must be a multiaddr.
fn addresses(text: &str) -> Result<Vec<Multiaddr>, String> {
    let Ok(address) = text.parse::<SocketAddr>() else {
        let address = text.parse::<Multiaddr>();
        return address
            .map(|address| vec![address])
            .map_err(|error| error.to_string());
    };
    let (ip, port) = (address.ip(), address.port());
    let family = if ip.is_ipv4() { "ip4" } else { "ip6" };
    [
        format!("/{family}/{ip}/udp/{port}/quic-v1"),
        format!("/{family}/{ip}/tcp/{port}"),
    ]
    .iter()
    .map(|text| text.parse::<Multiaddr>().map_err(|error| error.to_string()))
    .collect()
}
