//! The command line.

use std::ffi::OsString;
use std::fmt::Display;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use lexopt::prelude::*;
use quorate::net::Multiaddr;
use quorate::{Game, Link, Protocol, Schedule, Scheme, Storm};

use crate::rules::Craps;

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
  craps --version            which rules, and which Quorate

  --seats N      seats at the table (4)
  --witnesses K  seats besides, for whoever joins with --witness (0)
  --bots K       of these, bots in this process besides yourself (0)
  --auto         play by itself, without a screen
  --rounds R     end after R rolls
  --json         one line of JSON for each decided height, and a summary
  --seed S       what the bots' choices follow from
  --listen ADDR  where to listen: 0.0.0.0:4001, or a multiaddr; repeat for more
  --protocol P   how the seats agree: pbft or tendermint (pbft)
  --signatures S how the seats sign: ed25519 or ml-dsa-87 (ed25519)
  --schedule S   who leads: hash-score, round-robin or to-act (hash-score)
  --data DIR     keep key and table there, to go on after a crash
  --name NAME    what the others call you (Ann)
  --transcript F write down at the end what was decided; the key t does so at any time
  --seeds S      storm: so many tables (100)
  --cheat KIND   storm: one seat cheats, such as double-vote; --cheat help lists all ways
  --traitors     storm: so many betray the rest that it forks; who is left goes on

status at the end: 0 all is well, 1 it failed, 2 the command line means nothing, 3 verify: the file
is of another game or of other rules, and its bets and rolls could not be checked
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
    /// The ways to cheat in a storm.
    Cheats,
    Version,
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
    pub(crate) signatures: Scheme,
    pub(crate) schedule: Schedule,
    pub(crate) listen: Vec<Multiaddr>,
    pub(crate) data: Option<PathBuf>,
    pub(crate) name: String,
    /// Where the transcript goes at the end.
    pub(crate) transcript: Option<PathBuf>,
    /// What storm to make.
    pub(crate) storm: Storm,
    /// Whether the ways to cheat are asked for.
    pub(crate) cheats: bool,
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
            signatures: Scheme::default(),
            schedule: Schedule::default(),
            listen: Vec::new(),
            data: None,
            name: "Ann".to_owned(),
            transcript: None,
            storm: Storm::default(),
            cheats: false,
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
    let (mut words, mut given) = (Vec::new(), Vec::new());
    while let Some(argument) = parser.next()? {
        match argument {
            Long("help") | Short('h') => return Ok((Command::Help, options)),
            Long("version") | Short('V') => return Ok((Command::Version, options)),
            Value(word) => words.push(word.string()?),
            Long(option) => {
                let known = PLACES.iter().find(|(known, _)| *known == option);
                let Some((option, _)) = known else {
                    return Err(argument.unexpected());
                };
                given.push(*option);
                options.take(option, &mut parser)?;
            }
            other => return Err(other.unexpected()),
        }
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let command = command(&words, given.contains(&"lan"))?;
    check(&command, &options, &given)?;
    match command {
        Command::Storm if options.cheats => Ok((Command::Cheats, options)),
        command => Ok((command, options)),
    }
}

/// The options, and the commands behind which they make sense; nothing at all is a demo.
const PLACES: [(&str, &[&str]); 19] = [
    ("auto", PEERS),
    ("bots", &["host", "join"]),
    ("cheat", &["storm"]),
    ("data", PEERS),
    ("json", &["", "auto", "host", "join", "verify", "storm"]),
    ("lan", &["join"]),
    ("listen", &["host", "join"]),
    ("name", PEERS),
    ("protocol", &["", "auto", "host", "storm"]),
    ("rounds", PEERS),
    ("schedule", &["", "auto", "host"]),
    ("seats", &["", "auto", "host", "storm"]),
    ("seed", &["", "auto", "host", "join", "storm"]),
    ("seeds", &["storm"]),
    ("signatures", &["", "auto", "host", "storm"]),
    ("traitors", &["storm"]),
    ("transcript", PEERS),
    ("witness", &["join"]),
    ("witnesses", &["host"]),
];

/// What starts peers in this process.
const PEERS: &[&str] = &["", "auto", "host", "join"];

impl Options {
    /// Takes an option, with its value from `parser` if it has one.
    fn take(&mut self, option: &str, parser: &mut lexopt::Parser) -> Result<(), lexopt::Error> {
        match option {
            "seats" => self.seats = value(parser, option)?,
            "witnesses" => self.witnesses = value(parser, option)?,
            "witness" => self.witness = true,
            "bots" => self.bots = value(parser, option)?,
            "rounds" => self.rounds = Some(value(parser, option)?),
            "protocol" => self.protocol = value(parser, option)?,
            "signatures" => self.signatures = value(parser, option)?,
            "schedule" => self.schedule = value(parser, option)?,
            "listen" => {
                let text: String = value(parser, option)?;
                let listen = addresses(&text).map_err(|why| wrong(option, &text, &why))?;
                self.listen.extend(listen);
            }
            "data" => self.data = Some(parser.value()?.into()),
            "transcript" => self.transcript = Some(parser.value()?.into()),
            "name" => self.name = parser.value()?.string()?,
            "auto" => self.auto = true,
            "json" => self.json = true,
            "traitors" => self.storm.traitors = true,
            "seed" | "seeds" | "cheat" => {
                let text: String = value(parser, option)?;
                if (option, text.as_str()) == ("cheat", "help") {
                    self.cheats = true;
                    return Ok(());
                }
                let set = self.storm.set(option, &text);
                set.map_err(|why| format!("--{option} {why}"))?;
                self.seed = self.storm.seed;
            }
            _ => {} // that it stands there says all
        }
        Ok(())
    }
}

/// The value behind an option.
fn value<T: FromStr<Err: Display>>(
    parser: &mut lexopt::Parser,
    option: &str,
) -> Result<T, lexopt::Error> {
    let text = parser.value()?.string()?;
    text.parse().map_err(|why| wrong(option, &text, &why))
}

fn wrong(option: &str, text: &str, why: &dyn Display) -> lexopt::Error {
    format!("--{option} {text:?}: {why}").into()
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
        _ => Err(format!("cannot {}", words.join(" ")).into()),
    }
}

impl Command {
    /// The word that stands for it.
    const fn word(&self) -> &'static str {
        match self {
            Self::Demo => "",
            Self::Auto => "auto",
            Self::Host => "host",
            Self::Join(_) => "join",
            Self::Verify(_) => "verify",
            Self::Storm | Self::Cheats => "storm",
            Self::Help | Self::Version => "help",
        }
    }
}

fn check(command: &Command, options: &Options, given: &[&str]) -> Result<(), lexopt::Error> {
    let Options {
        seats,
        bots,
        rounds,
        ..
    } = *options;
    let chosen = ["protocol", "signatures", "schedule"];
    if matches!(command, Command::Join(_)) && chosen.iter().any(|option| given.contains(option)) {
        return Err("who opens the table chooses --protocol, --signatures and --schedule".into());
    }
    let places = PLACES.iter().filter(|(option, _)| given.contains(option));
    for (option, commands) in places {
        if *command != Command::Help && !commands.contains(&command.word()) {
            let commands = commands.iter().filter(|command| !command.is_empty());
            let commands: Vec<&str> = commands.copied().collect();
            return Err(format!("--{option} is for {}", commands.join(", ")).into());
        }
    }
    if given.contains(&"seed") && given.contains(&"seeds") {
        return Err("either --seed or --seeds, not both".into());
    }
    let players = Craps::default().players();
    if !players.contains(&seats) {
        let (least, most) = (players.start(), players.end());
        return Err(format!("craps is played at {least} to {most} seats, not at {seats}").into());
    }
    if rounds == Some(0) {
        return Err("--rounds must be at least 1".into());
    }
    if *command == Command::Host && bots >= seats {
        return Err(format!("{seats} seats have no room for you and {bots} bots").into());
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
