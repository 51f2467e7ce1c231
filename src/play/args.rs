//! What the command line asks for.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use lexopt::{Arg, Parser, ValueExt as _};

use crate::net::Multiaddr;
use crate::{Link, LinkError};

/// What to do.
#[derive(Debug, PartialEq)]
pub(super) enum Command {
    Help,
    Check,
    Nearby,
    /// Check the proof in a file.
    Verify(PathBuf),
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
}

#[derive(Debug, PartialEq)]
pub(super) enum Wanted {
    Host {
        seats: Option<u8>,
        witnesses: u8,
    },
    /// By a link, or whatever the local network has.
    Join(Option<Link>),
    Watch(Link),
    /// A seat that decides and does not play.
    Witness(Link),
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
    /// An option that only makes sense with others.
    Misplaced(&'static str),
    Link(LinkError),
    NoLink(&'static str),
    NoFile,
    Unknown(String),
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
  {name} verify FILE           check a proof that somebody signed what no honest seat signs
    --witnesses N    host: so many seats besides for those who join with --witness
    --name NAME      what the others call you
    --data DIR       keep your key and tables there: play on after a restart
    --listen ADDR    listen there: 0.0.0.0:4001, or a multiaddr; repeat for more
    --loopback       stay on this device: several terminals, one machine

for developers
  {name} check                 play the rules against themselves and report what is wrong"
        )
    }
}

/// Reads a command line.
pub(super) fn parse(args: impl IntoIterator<Item = String>) -> Result<Command, ArgsError> {
    let mut parser = Parser::from_args(args);
    let mut words: Vec<String> = Vec::new();
    let (mut seats, mut bots, mut lan) = (None, 0, false);
    let (mut witnesses, mut witness) = (0, false);
    let (mut name, mut data, mut listen, mut loopback) = (None, None, Vec::new(), false);
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Long("bots") => bots = number(&mut parser, "--bots")?,
            Arg::Long("data") => data = Some(PathBuf::from(parser.value()?)),
            Arg::Long("lan") => lan = true,
            Arg::Long("listen") => listen.extend(addresses(&parser.value()?.string()?)?),
            Arg::Long("loopback") => loopback = true,
            Arg::Long("name") => name = Some(parser.value()?.string()?),
            Arg::Long("witness") => witness = true,
            Arg::Long("witnesses") => witnesses = number(&mut parser, "--witnesses")?,
            Arg::Long("seats") => seats = Some(number(&mut parser, "--seats")?),
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help),
            Arg::Value(word) => words.push(word.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    let mut words = words.into_iter();
    let apart = !matches!(words.as_slice().first(), Some(word) if ONLINE.contains(&&**word));
    if apart && (name.is_some() || data.is_some()) {
        return Err(ArgsError::Misplaced(if name.is_some() {
            "--name"
        } else {
            "--data"
        }));
    }
    let wanted = match words.next().as_deref() {
        None => return Ok(Command::Here { people: None, bots }),
        Some("help") => return Ok(Command::Help),
        Some("check") => return Ok(Command::Check),
        Some("nearby") => return Ok(Command::Nearby),
        Some("verify") => {
            let file = words.next().ok_or(ArgsError::NoFile)?;
            return Ok(Command::Verify(file.into()));
        }
        Some("host") => Wanted::Host { seats, witnesses },
        Some("join") if witness => Wanted::Witness(link(words.next(), "join")?),
        Some("join") if lan => Wanted::Join(None),
        Some("join") => Wanted::Join(Some(link(words.next(), "join")?)),
        Some("watch") => Wanted::Watch(link(words.next(), "watch")?),
        Some(word) => match word.parse() {
            Ok(people) => {
                return Ok(Command::Here {
                    people: Some(people),
                    bots,
                });
            }
            Err(_) => return Err(ArgsError::Unknown(word.to_owned())),
        },
    };
    let user = || std::env::var("USER").ok().filter(|user| !user.is_empty());
    let name = name.or_else(user).unwrap_or_else(|| "Player".to_owned());
    Ok(Command::Online(Online {
        wanted,
        name,
        data,
        listen,
        loopback,
    }))
}

/// The commands that meet others.
const ONLINE: [&str; 3] = ["host", "join", "watch"];

/// The number behind an option.
fn number(parser: &mut Parser, option: &'static str) -> Result<u8, ArgsError> {
    let value = parser.value()?.string()?;
    value.parse().map_err(|_| ArgsError::Option {
        option,
        value,
        wants: "a number up to 255",
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
            Self::Misplaced(option) => write!(f, "{option} goes with host, join or watch only"),
            Self::Link(error) => error.fmt(f),
            Self::NoLink(command) => write!(f, "{command} what? put the link behind it"),
            Self::NoFile => f.write_str("verify what? name a file behind it"),
            Self::Unknown(word) => write!(f, "{word:?} is no command"),
        }
    }
}

impl std::error::Error for ArgsError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Result<Command, ArgsError> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn nothing_at_all_plays_on_this_device() {
        assert_eq!(
            of("").unwrap(),
            Command::Here {
                people: None,
                bots: 0
            }
        );
        assert_eq!(
            of("2 --bots 3").unwrap(),
            Command::Here {
                people: Some(2),
                bots: 3
            }
        );
    }

    #[test]
    fn a_table_is_hosted_with_its_options() {
        let Command::Online(online) = of("host --seats 4 --name Ann --loopback").unwrap() else {
            panic!("not online");
        };
        assert_eq!(
            online.wanted,
            Wanted::Host {
                seats: Some(4),
                witnesses: 0
            }
        );
        let Command::Online(listening) = of("host --listen 0.0.0.0:4001").unwrap() else {
            panic!("not online");
        };
        assert_eq!(listening.listen.len(), 2, "QUIC and TCP");
        assert_eq!(
            (&*online.name, online.loopback, online.data),
            ("Ann", true, None)
        );
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        assert_eq!(
            of("hots").unwrap_err().to_string(),
            "\"hots\" is no command"
        );
        assert_eq!(
            of("join").unwrap_err().to_string(),
            "join what? put the link behind it"
        );
        assert!(
            of("join quorate:1")
                .unwrap_err()
                .to_string()
                .contains("character '1'")
        );
        assert_eq!(
            of("host --seats many").unwrap_err().to_string(),
            "--seats \"many\": it wants a number up to 255"
        );
        assert_eq!(
            of("2 --data folder").unwrap_err().to_string(),
            "--data goes with host, join or watch only"
        );
        assert!(of("host --listen nowhere").is_err());
        assert!(of("verify").is_err());
        assert!(of("--frobnicate").is_err());
    }
}
