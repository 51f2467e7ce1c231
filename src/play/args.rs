//! What the command line asks for.

use std::fmt;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::str::FromStr;

use lexopt::{Arg, Parser, ValueExt as _};

use crate::net::Multiaddr;
use crate::{Game, Link, LinkError, Protocol, Schedule, Scheme, Storm};

/// What to do.
#[derive(Debug, PartialEq)]
pub(super) enum Command {
    Help,
    Version,
    /// The ways to cheat in a storm.
    Cheats,
    Check,
    Nearby,
    /// Check the transcript or proof in a file, and list its heights as JSON or not.
    Verify {
        file: PathBuf,
        json: bool,
    },
    Storm(Storm),
    /// On this device: so many people, none for the least the game needs, and so many bots.
    Here {
        people: Option<u8>,
        bots: u8,
    },
    Online(Online),
}

/// What to do with others.
#[derive(Debug, PartialEq)]
pub(super) struct Online {
    pub(super) wanted: Wanted,
    pub(super) name: String,
    pub(super) data: Option<PathBuf>,
    pub(super) listen: Vec<Multiaddr>,
    pub(super) loopback: bool,
    /// Where the transcript goes at the end.
    pub(super) transcript: Option<PathBuf>,
}

#[derive(Debug, PartialEq)]
pub(super) enum Wanted {
    Host(Hosting),
    /// By a link, or whatever the local network has.
    Join(Option<Link>),
    Watch(Link),
    /// A seat that decides and does not play.
    Witness(Link),
}

/// The table to set up.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Hosting {
    /// None for the least the game needs.
    pub(super) seats: Option<u8>,
    pub(super) witnesses: u8,
    /// Seats that this program plays by itself.
    pub(super) bots: u8,
    pub(super) protocol: Protocol,
    pub(super) signatures: Scheme,
    pub(super) schedule: Schedule,
}

/// A command line that means nothing.
#[derive(Debug)]
pub(super) enum ArgsError {
    Syntax(lexopt::Error),
    /// An option with a value that it cannot have.
    Option {
        option: &'static str,
        value: String,
        wants: &'static str,
    },
    /// An option that only makes sense behind other commands, and which those are.
    Misplaced(&'static str, &'static str),
    Link(LinkError),
    NoLink(&'static str),
    NoFile,
    /// An option of a storm that makes no sense.
    Storm(String),
    Unknown(String),
    /// A word more than the command takes.
    Extra(String),
    /// Both `--seed` and `--seeds`.
    TwoSeeds,
    /// So many cannot play the game, but so many can.
    Players(u16, RangeInclusive<u8>),
    /// So many seats do not hold the host and so many bots.
    NoRoom(u8, u8),
}

impl Command {
    /// Whether `game` is played by so many as this asks for.
    pub(super) fn fits<G: Game>(&self, game: &G) -> Result<(), ArgsError> {
        // Rules that fail here say so in a moment, wherever they are run.
        let Ok(all) = catch_unwind(AssertUnwindSafe(|| game.players())) else {
            return Ok(());
        };
        let least = u16::from(*all.start());
        let wanted = match self {
            Self::Here { people, bots } => {
                let bots = u16::from(*bots);
                people.map_or(least.max(bots + 1), |people| u16::from(people) + bots)
            }
            Self::Online(Online {
                wanted: Wanted::Host(hosting),
                ..
            }) => {
                let bots = hosting.bots;
                match hosting.seats {
                    Some(seats) if bots >= seats => return Err(ArgsError::NoRoom(seats, bots)),
                    Some(seats) => u16::from(seats),
                    None => least.max(u16::from(bots) + 1),
                }
            }
            _ => return Ok(()),
        };
        if u8::try_from(wanted).is_ok_and(|wanted| all.contains(&wanted)) {
            Ok(())
        } else {
            Err(ArgsError::Players(wanted, all))
        }
    }
}

/// What there is to do with the game of this name.
pub(super) struct Usage(pub(super) &'static str);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.0;
        write!(
            f,
            "{name}, agreed upon by the players' own devices

on this device
  {name} [PEOPLE] [--bots N]   take turns at one screen, with bots or without

with others
  {name} host [--seats N]      set up a table; prints the link to send to the others
  {name} join LINK             sit down at a table, or take up your seat again
  {name} join --lan            sit down at the first table on the local network
  {name} join LINK --witness   a seat that decides and does not play, on a spare device
  {name} watch LINK            follow a table without a seat
  {name} nearby                list tables on the local network
  {name} verify FILE [--json]  check a transcript of a table, or a proof that a seat cheated
    --bots N         host: so many of the seats are played by this program
    --witnesses N    host: so many seats besides for those who join with --witness
    --protocol NAME  host: how the devices agree, pbft or tendermint
    --signatures NAME  host: how the devices sign, ed25519 or ml-dsa-87
    --schedule NAME  host: who proposes when, hash-score, round-robin or to-act
    --name NAME      what the others call you
    --data DIR       keep your key and tables there: play on after a restart
    --listen ADDR    listen there: 0.0.0.0:4001, or a multiaddr; repeat for more
    --loopback       stay on this device: several terminals, one machine
    --transcript FILE  write down at the end what was decided, for verify

for developers
  {name} --version             which rules, and which Quorate
  {name} check                 play the rules against themselves and report what is wrong
  {name} storm [options]       play whole tables in a simulator, with lost messages and cheats
    --seats N        players at each table
    --seeds S        so many tables (100)
    --seed X         only this one, with every step told
    --cheat KIND     one of them cheats, such as double-vote; --cheat help lists all ways
    --traitors       so many betray the rest that it forks; who is left goes on
    --protocol NAME  how they agree
    --signatures NAME  how they sign; ml-dsa-87 takes its time
    --json           the report as JSON
  QUORATE_CHAOS=\"delay=80..200ms,loss=5%\" in the environment makes a real network worse

status at the end: 0 all is well, 1 it failed, 2 the command line means nothing, 3 verify: the file
is of another game or of other rules, and its moves could not be checked"
        )
    }
}

/// Reads a command line.
pub(super) fn parse(args: impl IntoIterator<Item = String>) -> Result<Command, ArgsError> {
    let mut parser = Parser::from_args(args);
    let mut given = Given::default();
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help),
            Arg::Short('V') | Arg::Long("version") => return Ok(Command::Version),
            Arg::Value(word) => given.words.push(word.string()?),
            Arg::Long(option) => {
                let option = option.to_owned();
                given.take(&option, &mut parser)?;
            }
            other => return Err(other.unexpected().into()),
        }
    }
    given.check()?;
    given.command()
}

/// What stands on the command line.
#[derive(Default)]
struct Given {
    words: Vec<String>,
    /// The options, in their order.
    options: Vec<&'static str>,
    hosting: Hosting,
    lan: bool,
    witness: bool,
    name: Option<String>,
    data: Option<PathBuf>,
    listen: Vec<Multiaddr>,
    loopback: bool,
    transcript: Option<PathBuf>,
    json: bool,
    storm: Storm,
    /// Whether the ways to cheat are asked for.
    cheats: bool,
}

/// What meets others.
const ONLINE: &[&str] = &["host", "join", "watch"];

/// The options that go with some commands only, and with which.
const PLACES: [(&str, &[&str], &str); 18] = [
    ("--bots", &["host", ""], "host, or on this device"),
    ("--cheat", &["storm"], "storm"),
    ("--data", ONLINE, "host, join or watch"),
    ("--json", &["verify", "storm"], "verify or storm"),
    ("--lan", &["join"], "join"),
    ("--listen", ONLINE, "host, join or watch"),
    ("--loopback", ONLINE, "host, join or watch"),
    ("--name", ONLINE, "host, join or watch"),
    ("--protocol", &["host", "storm"], "host or storm"),
    ("--schedule", &["host"], "host"),
    ("--seats", &["host", "storm"], "host or storm"),
    ("--seed", &["storm"], "storm"),
    ("--seeds", &["storm"], "storm"),
    ("--signatures", &["host", "storm"], "host or storm"),
    ("--traitors", &["storm"], "storm"),
    ("--transcript", ONLINE, "host, join or watch"),
    ("--witness", &["join"], "join"),
    ("--witnesses", &["host"], "host"),
];

impl Given {
    /// Takes an option, with its value from `parser` if it has one.
    fn take(&mut self, option: &str, parser: &mut Parser) -> Result<(), ArgsError> {
        let long = format!("--{option}");
        let known = PLACES.iter().map(|(known, ..)| *known);
        let Some(option) = known.into_iter().find(|known| *known == long) else {
            return Err(lexopt::Error::UnexpectedOption(long).into());
        };
        self.options.push(option);
        let hosting = &mut self.hosting;
        match option {
            "--cheat" | "--seed" | "--seeds" => {
                let name = option.trim_start_matches('-');
                let value = parser.value()?.string()?;
                if (name, value.as_str()) == ("cheat", "help") {
                    self.cheats = true;
                } else {
                    self.storm.set(name, &value).map_err(ArgsError::Storm)?;
                }
            }
            "--json" => self.json = true,
            "--transcript" => self.transcript = Some(PathBuf::from(parser.value()?)),
            "--bots" => hosting.bots = value(parser, option, A_NUMBER)?,
            "--data" => self.data = Some(PathBuf::from(parser.value()?)),
            "--lan" => self.lan = true,
            "--listen" => self.listen.extend(addresses(&parser.value()?.string()?)?),
            "--loopback" => self.loopback = true,
            "--name" => self.name = Some(parser.value()?.string()?),
            "--protocol" => {
                hosting.protocol = value(parser, option, "pbft or tendermint")?;
                self.storm.protocol = Some(hosting.protocol);
            }
            "--schedule" => {
                let wants = "hash-score, round-robin or to-act";
                hosting.schedule = value(parser, option, wants)?;
            }
            "--signatures" => {
                hosting.signatures = value(parser, option, "ed25519 or ml-dsa-87")?;
                self.storm.signatures = Some(hosting.signatures);
            }
            "--seats" => hosting.seats = Some(value(parser, option, A_NUMBER)?),
            "--traitors" => self.storm.traitors = true,
            "--witness" => self.witness = true,
            _ => hosting.witnesses = value(parser, option, A_NUMBER)?,
        }
        Ok(())
    }

    /// Whether every option makes sense with the command.
    fn check(&self) -> Result<(), ArgsError> {
        let command = self.words.first().map_or("", |word| word.as_str());
        let here = command.parse::<u8>().is_ok();
        let command = if here { "" } else { command };
        let known = [
            "", "host", "join", "watch", "nearby", "verify", "check", "storm", "help",
        ];
        if !known.contains(&command) {
            return Err(ArgsError::Unknown(command.to_owned()));
        }
        for option in &self.options {
            let place = PLACES.iter().find(|(known, ..)| known == option);
            match place {
                Some((_, commands, names)) if !commands.contains(&command) => {
                    return Err(ArgsError::Misplaced(option, names));
                }
                _ => {}
            }
        }
        if self.options.contains(&"--seed") && self.options.contains(&"--seeds") {
            return Err(ArgsError::TwoSeeds);
        }
        let most = match command {
            "help" => usize::MAX,
            "verify" | "watch" => 2,
            "join" if !self.lan => 2,
            _ => 1,
        };
        let extra = self.words.get(most);
        extra.map_or(Ok(()), |word| Err(ArgsError::Extra(word.clone())))
    }

    fn command(self) -> Result<Command, ArgsError> {
        let mut words = self.words.into_iter();
        let bots = self.hosting.bots;
        let wanted = match words.next().as_deref() {
            None => return Ok(Command::Here { people: None, bots }),
            Some("help") => return Ok(Command::Help),
            Some("check") => return Ok(Command::Check),
            Some("nearby") => return Ok(Command::Nearby),
            Some("verify") => {
                let file = words.next().ok_or(ArgsError::NoFile)?;
                let (file, json) = (file.into(), self.json);
                return Ok(Command::Verify { file, json });
            }
            Some("storm") if self.cheats => return Ok(Command::Cheats),
            Some("storm") => {
                let mut storm = self.storm;
                storm.seats = self.hosting.seats.map(usize::from);
                storm.json = self.json;
                return Ok(Command::Storm(storm));
            }
            Some("host") => Wanted::Host(self.hosting),
            Some("join") if self.witness => Wanted::Witness(link(words.next(), "join")?),
            Some("join") if self.lan => Wanted::Join(None),
            Some("join") => Wanted::Join(Some(link(words.next(), "join")?)),
            Some("watch") => Wanted::Watch(link(words.next(), "watch")?),
            Some(word) => {
                let people = word
                    .parse()
                    .map_err(|_| ArgsError::Unknown(word.to_owned()));
                let people = Some(people?);
                return Ok(Command::Here { people, bots });
            }
        };
        let user = || std::env::var("USER").ok().filter(|user| !user.is_empty());
        let name = self
            .name
            .or_else(user)
            .unwrap_or_else(|| "Player".to_owned());
        Ok(Command::Online(Online {
            wanted,
            name,
            data: self.data,
            listen: self.listen,
            loopback: self.loopback,
            transcript: self.transcript,
        }))
    }
}

/// What an option for a number wants.
const A_NUMBER: &str = "a number up to 255";

/// The value behind an option.
fn value<T: FromStr>(
    parser: &mut Parser,
    option: &'static str,
    wants: &'static str,
) -> Result<T, ArgsError> {
    let value = parser.value()?.string()?;
    value.parse().map_err(|_| ArgsError::Option {
        option,
        value,
        wants,
    })
}

/// `0.0.0.0:4001` stands for QUIC and TCP there; anything else must be a multiaddr.
fn addresses(text: &str) -> Result<Vec<Multiaddr>, ArgsError> {
    let wrong = |_| ArgsError::Option {
        option: "--listen",
        value: text.to_owned(),
        wants: "0.0.0.0:4001 or a multiaddr such as /ip4/0.0.0.0/udp/4001/quic-v1",
    };
    let Ok(address) = text.parse::<SocketAddr>() else {
        return Ok(vec![text.parse().map_err(wrong)?]);
    };
    let (ip, port) = (address.ip(), address.port());
    let family = if ip.is_ipv4() { "ip4" } else { "ip6" };
    [
        format!("/{family}/{ip}/udp/{port}/quic-v1"),
        format!("/{family}/{ip}/tcp/{port}"),
    ]
    .iter()
    .map(|text| text.parse().map_err(wrong))
    .collect()
}

fn link(word: Option<String>, of: &'static str) -> Result<Link, ArgsError> {
    word.ok_or(ArgsError::NoLink(of))?
        .parse()
        .map_err(ArgsError::Link)
}

impl From<lexopt::Error> for ArgsError {
    fn from(error: lexopt::Error) -> Self {
        Self::Syntax(error)
    }
}

impl fmt::Display for ArgsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(error) => error.fmt(f),
            Self::Option {
                option,
                value,
                wants,
            } => write!(f, "{option} {value:?}: it wants {wants}"),
            Self::Misplaced(option, commands) => write!(f, "{option} goes with {commands} only"),
            Self::Link(error) => error.fmt(f),
            Self::NoLink(command) => write!(f, "{command} what? put the link behind it"),
            Self::Storm(error) => f.write_str(error),
            Self::NoFile => f.write_str("verify what? name a file behind it"),
            Self::Unknown(word) => write!(f, "{word:?} is no command"),
            Self::Extra(word) => write!(f, "{word:?} is one word too many"),
            Self::TwoSeeds => f.write_str("either --seed or --seeds, not both"),
            Self::Players(wanted, all) => {
                let (least, most) = (all.start(), all.end());
                write!(
                    f,
                    "the game is played by {least} to {most}, not by {wanted}"
                )
            }
            Self::NoRoom(seats, bots) => {
                write!(f, "{seats} seats have no room for you and {bots} bots")
            }
        }
    }
}

impl std::error::Error for ArgsError {}

#[cfg(test)]
mod tests;
