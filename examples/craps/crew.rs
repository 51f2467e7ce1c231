//! The seats of this process: each a peer of its own, with its own key, sockets and disk.

use std::collections::BTreeSet;
use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use quorate::core::crypto::PublicKey;
use quorate::net::Chaos;
use quorate::{Config, Game, Link, Node, Seating, Table};
use tempfile::TempDir;

use crate::bots::{Bot, Chance, Pace, Taste};
use crate::cli::{Options, Place};
use crate::rules::Craps;
use crate::screen::model::Faults;
use crate::summary::Tally;

/// Whatever keeps a table from being opened, for people to read.
pub(crate) type Trouble = Box<dyn Error + Send + Sync>;

/// What the lag key adds to every frame that leaves this process.
const LAG: Duration = Duration::from_millis(200);
/// How often the local network is asked for tables.
const LOOK_AROUND: Duration = Duration::from_millis(250);
/// What the bots are called.
const NAMES: [&str; 15] = [
    "Bob", "Eve", "Mal", "Dan", "Fay", "Gus", "Hal", "Ivy", "Jo", "Kim", "Lea", "Max", "Nia", "Oz",
    "Pam",
];

/// Who cheats when the player asks for it.
const CHEAT: &str = "Mal";

/// The seats of this process. The first is the person's, or the first bot's.
pub(crate) struct Crew {
    peers: Vec<Peer>,
    folder: Folder,
    pub(crate) tally: Arc<Tally>,
    split: bool,
    lag: bool,
}

/// One seat of this process.
pub(crate) struct Peer {
    config: Config,
    node: Node,
    pub(crate) table: Table<Craps>,
    bot: Option<Playing>,
    pub(crate) dead: bool,
}

/// A bot at work.
struct Playing {
    bot: Bot,
    thread: Option<JoinHandle<()>>,
}

/// Where keys and journals are.
enum Folder {
    /// Gone when the process ends; on the disk until then.
    Temporary(TempDir),
    Given(PathBuf),
}

impl Folder {
    fn new(data: Option<&Path>) -> io::Result<Self> {
        match data {
            Some(path) => Ok(Self::Given(path.to_owned())),
            None => Ok(Self::Temporary(tempfile::tempdir()?)),
        }
    }

    fn of(&self, peer: usize) -> PathBuf {
        let root = match self {
            Self::Temporary(folder) => folder.path(),
            Self::Given(path) => path,
        };
        root.join(format!("seat-{peer}"))
    }
}

impl Crew {
    /// All seats of a table in this process, on this device's loopback.
    pub(crate) fn alone(game: &Craps, options: &Options) -> Result<Self, Trouble> {
        let mut crew = Self::empty(options)?;
        for name in names(&options.name).take(options.seats.into()) {
            let config = Config::loopback(name)?.folder(crew.folder.of(crew.peers.len()));
            match crew.link() {
                None => crew.host(config, game.clone(), options)?,
                Some(link) => crew.join(config, &link)?,
            }
        }
        Ok(crew)
    }

    /// Opens a table, or goes on with the one in the folder, with bots in some of its seats.
    pub(crate) fn hosting(game: Craps, options: &Options) -> Result<Self, Trouble> {
        let mut crew = Self::empty(options)?;
        crew.host(crew.config(options)?, game, options)?;
        crew.seat_bots(options)?;
        Ok(crew)
    }

    /// Sits down at a table, as a witness if that is asked for, or goes on with the one in the
    /// folder.
    pub(crate) fn joining(place: &Place, options: &Options) -> Result<Self, Trouble> {
        let mut crew = Self::empty(options)?;
        let config = crew.config(options)?;
        let node = Node::start(config.clone())?;
        let sit = |link: &Link| match options.witness {
            true => node.witness(link),
            false => node.join(link),
        };
        let table = match (node.reopen()?, place) {
            (Some(table), _) => table,
            (None, Place::Link(link)) => sit(link)?,
            (None, Place::Lan) => sit(&nearby(&node)?)?,
        };
        crew.peers.push(Peer {
            config,
            node,
            table,
            bot: None,
            dead: false,
        });
        crew.seat_bots(options)?;
        Ok(crew)
    }

    fn empty(options: &Options) -> io::Result<Self> {
        let folder = Folder::new(options.data.as_deref())?;
        let tally = Arc::new(Tally::default());
        Ok(Self {
            peers: Vec::new(),
            folder,
            tally,
            split: false,
            lag: false,
        })
    }

    /// A peer that others can reach from anywhere, or where the options say.
    fn config(&self, options: &Options) -> Result<Config, Trouble> {
        let config = Config::anywhere(&options.name)?.folder(self.folder.of(self.peers.len()));
        if options.listen.is_empty() {
            return Ok(config);
        }
        Ok(config.listen(options.listen.clone()))
    }

    fn host(&mut self, config: Config, game: Craps, options: &Options) -> Result<(), Trouble> {
        let node = Node::start(config.clone())?;
        let seating = Seating::of(options.seats)
            .witnesses(options.witnesses)
            .protocol(options.protocol)
            .signatures(options.signatures)
            .schedule(options.schedule);
        let table = match node.reopen()? {
            Some(table) => table,
            None => node.host(game, seating)?,
        };
        self.peers.push(Peer {
            config,
            node,
            table,
            bot: None,
            dead: false,
        });
        Ok(())
    }

    fn join(&mut self, config: Config, link: &Link) -> Result<(), Trouble> {
        let node = Node::start(config.clone())?;
        let table = match node.reopen()? {
            Some(table) => table,
            None => node.join(link)?,
        };
        self.peers.push(Peer {
            config,
            node,
            table,
            bot: None,
            dead: false,
        });
        Ok(())
    }

    fn seat_bots(&mut self, options: &Options) -> Result<(), Trouble> {
        let link = self.link().ok_or("the table has no link")?;
        for name in names(&options.name).skip(1).take(options.bots.into()) {
            let config = Config::anywhere(name)?.lan(false);
            self.join(config.folder(self.folder.of(self.peers.len())), &link)?;
        }
        Ok(())
    }

    /// Lets bots play every seat from number `first` of this process on.
    pub(crate) fn employ(&mut self, first: usize, pace: Pace, seed: u64) -> io::Result<()> {
        for (number, peer) in self.peers.iter_mut().enumerate().skip(first) {
            let taste = Taste::ALL[number.wrapping_sub(first) % Taste::ALL.len()];
            let chance = Chance::new(seed.wrapping_mul(1_000_003).wrapping_add(number as u64));
            let (stop, tally) = (Arc::new(AtomicBool::new(false)), Arc::clone(&self.tally));
            peer.employ(Bot {
                taste,
                pace,
                chance,
                stop,
                tally,
            })?;
        }
        Ok(())
    }

    /// The table as the first seat of this process sees it.
    pub(crate) fn table(&self) -> &Table<Craps> {
        &self.peers[0].table // every constructor seats one
    }

    pub(crate) fn peers(&self) -> &[Peer] {
        &self.peers
    }

    /// The link to the table. It reads the same however far the table has come, and after a
    /// restart.
    pub(crate) fn link(&self) -> Option<Link> {
        let link = self.peers.first()?.table.link()?;
        Some(Link {
            table: None,
            recent: None,
            ..link
        })
    }

    /// Connections opened and bytes sent by all seats of this process.
    pub(crate) fn traffic(&self) -> (u64, u64) {
        let stats = self.peers.iter().map(|peer| peer.node.stats());
        stats.fold((0, 0), |(connections, bytes), stats| {
            (
                connections + stats.connections_opened,
                bytes + stats.bytes_sent,
            )
        })
    }

    /// Stops the peer of the next bot that has a seat, as if its power had failed; tells whose.
    pub(crate) fn kill(&mut self) -> Option<String> {
        let seated = self.table().seated();
        let sits = |key: PublicKey| seated.iter().any(|seated| seated.key == key);
        let living = |peer: &&mut Peer| !peer.dead && peer.bot.is_some() && sits(peer.node.key());
        let peer = self.peers.iter_mut().rev().find(living)?;
        peer.leave_off();
        peer.node.kill();
        peer.dead = true;
        Some(peer.config.name.to_string())
    }

    /// Lets a bot of this process contradict itself under its seat's signature; Mal, if it is here.
    /// Tells whose.
    pub(crate) fn cheat(&self) -> Option<String> {
        let bots = self
            .peers
            .iter()
            .filter(|peer| !peer.dead && peer.bot.is_some());
        let seated = bots.filter(|peer| peer.table.seat().is_some());
        let cheat = seated.max_by_key(|peer| peer.config.name.as_str() == CHEAT)?;
        cheat.table.contradict();
        Some(cheat.config.name.to_string())
    }

    /// Writes down what was decided so far.
    ///
    /// # Errors
    /// Names the file that cannot be written.
    pub(crate) fn save(&self, file: &Path) -> Result<(), Trouble> {
        let saved = quorate::save_transcript(self.table(), file);
        saved.map_err(|error| format!("{}: {error}", file.display()))?;
        Ok(())
    }

    /// Where files for the player go: beside the table's, or where the program was started.
    pub(crate) fn papers(&self) -> PathBuf {
        match &self.folder {
            Folder::Given(path) => path.clone(),
            Folder::Temporary(_) => PathBuf::from("."),
        }
    }

    /// Starts a killed peer again, from what is on its disk; tells whose.
    pub(crate) fn revive(&mut self) -> Result<Option<String>, Trouble> {
        let Some(link) = self.link() else {
            return Ok(None);
        };
        let Some(peer) = self.peers.iter_mut().find(|peer| peer.dead) else {
            return Ok(None);
        };
        peer.node = Node::start(peer.config.clone())?;
        peer.table = peer.node.join(&link)?;
        peer.dead = false;
        if let Some(playing) = peer.bot.take() {
            let stop = Arc::new(AtomicBool::new(false));
            peer.employ(Bot {
                stop,
                ..playing.bot
            })?;
        }
        let name = peer.config.name.to_string();
        self.disturb();
        Ok(Some(name))
    }

    /// Splits the table into two halves that do not hear each other, or heals it; tells whether
    /// it is split now.
    pub(crate) fn split(&mut self) -> bool {
        self.split = !self.split;
        self.disturb();
        self.split
    }

    /// Slows down every frame that leaves this process, or stops doing so; tells whether it lags
    /// now.
    pub(crate) fn lag(&mut self) -> bool {
        self.lag = !self.lag;
        self.disturb();
        self.lag
    }

    /// What is broken now.
    pub(crate) fn faults(&self) -> Faults {
        let killed = self.peers.iter().find(|peer| peer.dead);
        Faults {
            killed: killed.map(|peer| peer.config.name.to_string()),
            split: self.split,
            lag: self.lag,
        }
    }

    /// What is added to every frame that leaves this process.
    pub(crate) const fn delay(&self) -> Duration {
        if self.lag { LAG } else { Duration::ZERO }
    }

    /// Tells every peer of this process which faults to make.
    fn disturb(&self) {
        let keys: Vec<PublicKey> = self.table().seated().iter().map(|seat| seat.key).collect();
        let (first, second) = keys.split_at(keys.len() / 2);
        for peer in self.peers.iter().filter(|peer| !peer.dead) {
            let others = if first.contains(&peer.node.key()) {
                second
            } else {
                first
            };
            let others: BTreeSet<PublicKey> = others.iter().copied().collect();
            let cut = if self.split { others } else { BTreeSet::new() };
            let delay = self.lag.then_some(LAG..LAG);
            peer.node.set_chaos(Chaos {
                cut,
                delay,
                ..Chaos::default()
            });
        }
    }

    /// Ends every bot, then waits until the others have what these seats have.
    pub(crate) fn dismiss(&mut self) {
        self.peers.iter_mut().for_each(Peer::leave_off);
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.dismiss();
        self.peers
            .iter()
            .filter(|peer| !peer.dead)
            .for_each(|peer| peer.node.shutdown());
    }
}

impl Peer {
    fn employ(&mut self, bot: Bot) -> io::Result<()> {
        let (player, table) = (bot.clone(), self.table.clone());
        let thread = thread::Builder::new().name(format!("bot {}", self.config.name));
        let thread = Some(thread.spawn(move || player.play(&table))?);
        self.bot = Some(Playing { bot, thread });
        Ok(())
    }

    /// Ends the bot, if one plays here.
    fn leave_off(&mut self) {
        if let Some(playing) = &mut self.bot {
            playing.bot.stop.store(true, Ordering::Relaxed);
            if let Some(thread) = playing.thread.take() {
                let _ = thread.join(); // a panic there was told by the panic hook
            }
        }
    }
}

/// The person's name, then those of bots, none twice.
fn names(first: &str) -> impl Iterator<Item = &str> {
    [first]
        .into_iter()
        .chain(NAMES.into_iter().filter(move |name| *name != first))
}

/// Waits for a table of craps on the local network that waits for players.
fn nearby(node: &Node) -> Result<Link, Trouble> {
    while !quorate::asked_to_leave() {
        let mut tables = node.nearby().into_iter();
        if let Some(table) = tables.find(|table| table.game == Craps::NAME) {
            return Ok(table.link);
        }
        thread::park_timeout(LOOK_AROUND);
    }
    Err("asked to end before a table was found".into())
}
