//! The node: one key, one swarm, and the tables this device sits at.

mod conduct;
mod config;
mod error;
mod home;
mod nearby;
mod routes;
mod successor;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use quorate_core::Digest;
use quorate_core::crypto::{PublicKey, SecretKey, Signer};
use quorate_core::game::Game;
use quorate_core::reputation::Standing;
use quorate_core::roster::Name;

pub(crate) use conduct::Conduct;
pub use config::{Config, History};
pub use error::{OpenError, StartError};
use home::Home;
pub use home::Saved;
pub use nearby::Nearby;
use nearby::{Announced, Neighbours};
pub(crate) use routes::Routes;

use crate::driver::{self, Errand, Mailbox, Myself, Running, Start, Stop};
use crate::gather::Seating;
use crate::link::Link;
use crate::lock;
use crate::net::{
    CHAOS_VARIABLE, Chaos, Multiaddr, Net, NetConfig, NetError, NetEvents, NetHandle, Quotas, Stats,
};
use crate::store::{Store, StoreError};
use crate::table::Table;

/// One device's part in its tables: a key, a swarm, a data folder, and the threads behind them.
///
/// Cheap to clone. Dropping the last clone, with every [`Table`] of it, shuts it down.
///
/// ```
/// use quorate_p2p::{Config, Node};
/// let node = Node::start(Config::loopback("Ann")?)?;
/// assert_eq!(node.name().as_str(), "Ann");
/// assert!(!node.listening().is_empty());
/// node.shutdown();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Node {
    inner: Arc<Inner>,
}

struct Inner {
    net: NetHandle,
    home: Home,
    me: Myself,
    routes: Arc<Routes>,
    tables: Mutex<BTreeMap<Digest, Open>>,
    router: Mutex<Option<JoinHandle<()>>>,
    neighbours: Arc<Neighbours>,
    announced: Announced,
    conduct: Arc<Conduct>,
    /// The faults that the environment asks for.
    weather: Chaos,
    history: History,
    /// Whether the node is shut down: nothing is opened by itself any more.
    ended: AtomicBool,
}

/// A table that is open on this node.
struct Open {
    mailbox: Arc<dyn Mailbox>,
    thread: JoinHandle<()>,
}

impl Node {
    /// Starts a node: locks its folder, reads or makes its key, listens.
    ///
    /// Where the environment holds `QUORATE_CHAOS`, such as `delay=80..200ms,loss=5%`, everything
    /// that this node sends is delayed and lost accordingly, and a warning is logged: to see how a
    /// game bears a bad network.
    ///
    /// # Errors
    /// [`StartError`] if the folder is in use or cannot be read, nothing can be listened on, or
    /// `QUORATE_CHAOS` makes no sense.
    pub fn start(mut config: Config) -> Result<Self, StartError> {
        let weather = Chaos::of_environment()?;
        if let Some(weather) = &weather {
            tracing::warn!("{CHAOS_VARIABLE} is set: {weather}");
            config.chaos = config.chaos.and(weather);
        }
        let home = Home::open(config.folder.as_deref())?;
        let secret = home.secret(&config.entropy)?;
        let (net, events) = listen(&home, &config, &secret)?;
        home.note_ports(&net.listening());
        let conduct = Conduct::open(config.folder.as_deref(), config.reputation);
        let conduct = Arc::new(conduct);
        let me = Myself {
            secret: Arc::new(secret),
            name: config.name,
            entropy: config.entropy,
        };
        let routes = Arc::new(Routes::default());
        let neighbours = Arc::new(Neighbours::default());
        let router = route(events, Arc::clone(&routes), Arc::clone(&neighbours));
        let router = router.map_err(|error| StartError::Thread(error.kind()))?;
        let inner = Inner {
            net,
            home,
            me,
            routes,
            tables: Mutex::default(),
            router: Mutex::new(Some(router)),
            neighbours,
            announced: Announced::default(),
            conduct,
            weather: weather.unwrap_or_default(),
            history: config.history,
            ended: AtomicBool::new(false),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Sets up a table of `game` and takes its first seat. Send [`Table::link`] to the others; it
    /// begins by itself once every seat is taken and everybody has signed.
    ///
    /// # Errors
    /// [`OpenError`] if the game cannot be played by so many, or this node cannot open a table.
    pub fn host<G: Game>(&self, game: G, seating: Seating) -> Result<Table<G>, OpenError> {
        seating.fits(&game)?;
        let inner = &self.inner;
        let fresh = inner.me.random()?;
        let invite = Digest::of_bytes("invite", &*fresh);
        let mut link = Link::new(inner.net.local(), invite);
        link.addresses = self.reachable();
        let table = self.open(&link, Errand::Host(game, seating))?;
        inner.announced.add(&inner.net, &inner.me.name, &table);
        Ok(table)
    }

    /// Asks for a seat at the table that `link` invites to, or takes up one's own seat again, any
    /// day. Where the table plays already it follows, and the players ballot on it. Returns at
    /// once; [`Table::status`] tells how it goes.
    ///
    /// # Errors
    /// [`OpenError`] if this node cannot open the table. Who cannot be reached or what is refused
    /// shows in the status.
    pub fn join<G: Game>(&self, link: &Link) -> Result<Table<G>, OpenError> {
        self.open(link, Errand::Join)
    }

    /// Asks for a seat that decides and does not play, run by this node's owner: it is shown to all
    /// with the owner's name. Its [`Table`] sees what a watcher sees.
    ///
    /// # Errors
    /// See [`join`](Self::join).
    pub fn witness<G: Game>(&self, link: &Link) -> Result<Table<G>, OpenError> {
        self.open(link, Errand::Witness)
    }

    /// Follows the table that `link` invites to without a seat.
    ///
    /// # Errors
    /// See [`join`](Self::join).
    pub fn watch<G: Game>(&self, link: &Link) -> Result<Table<G>, OpenError> {
        self.open(link, Errand::Watch)
    }

    /// Takes up the table of this game in the data folder that has not ended and is not open, under
    /// the link it always had; of several, the one that has come furthest. None if there is none.
    ///
    /// # Errors
    /// [`OpenError`] if the folder cannot be read, or this node cannot open the table.
    pub fn reopen<G: Game>(&self) -> Result<Option<Table<G>>, OpenError> {
        let saved = self.saved()?.into_iter();
        let fits = |saved: &Saved| saved.game == G::NAME && !saved.ended;
        let newest = saved
            .filter(fits)
            .max_by_key(|saved| (saved.table.is_some(), saved.height));
        newest.map(|saved| self.join(&saved.link)).transpose()
    }

    /// The tables in the data folder that are not open.
    ///
    /// # Errors
    /// [`StoreError`] if the folder cannot be read.
    pub fn saved(&self) -> Result<Vec<Saved>, StoreError> {
        let tables = lock(&self.inner.tables);
        let open = |table: &Open| !table.thread.is_finished();
        self.inner
            .home
            .saved(|invite| tables.get(invite).is_some_and(open))
    }

    /// Tables on the local network that wait for players, as far as they have been heard of. Hints
    /// only: anybody can announce anything. The first call begins to look for them.
    #[must_use]
    pub fn nearby(&self) -> Vec<Nearby> {
        self.inner.neighbours.look(&self.inner.net)
    }

    fn open<G: Game>(&self, link: &Link, errand: Errand<G>) -> Result<Table<G>, OpenError> {
        let inner = &self.inner;
        let mut tables = lock(&inner.tables);
        tables.retain(|_, open| !open.thread.is_finished());
        if tables.contains_key(&link.invite) {
            return Err(OpenError::AlreadyOpen {
                invite: link.invite,
            });
        }
        let store = inner.home.store(link.invite)?;
        let before = successor::before(&*store)?;
        if let Some(saved) = home::card(&*store)? {
            home::same_game::<G>(&saved)?;
        } else if link.host == inner.net.local() && !matches!(errand, Errand::Host(..)) {
            return Err(OpenError::OwnLink);
        }
        let mut link = link.clone();
        if link.host == inner.net.local() {
            link.addresses = self.reachable(); // ports may have changed since the link was made
        }
        let running = self.run(&mut tables, store, link, errand)?;
        drop(tables);
        self.open_before::<G>(before.as_ref());
        Ok(Table::of_node(running, self.clone()))
    }

    /// Starts the thread of a table that is not open.
    fn run<G: Game>(
        &self,
        tables: &mut BTreeMap<Digest, Open>,
        store: Box<dyn Store>,
        link: Link,
        errand: Errand<G>,
    ) -> Result<Arc<Running<G>>, OpenError> {
        let inner = &self.inner;
        let invite = link.invite;
        let start = Start {
            net: inner.net.clone(),
            routes: Arc::clone(&inner.routes),
            store,
            me: inner.me.clone(),
            link,
            errand,
            conduct: Arc::clone(&inner.conduct),
            history: inner.history,
            successors: inner.successors(),
        };
        let (running, thread) =
            driver::spawn(start).map_err(|error| OpenError::Thread(error.kind()))?;
        let mailbox: Arc<dyn Mailbox> = running.clone();
        tables.insert(invite, Open { mailbox, thread });
        Ok(running)
    }

    /// Addresses worth writing into a link: those of the network first, loopback only if there is
    /// nothing else.
    pub(crate) fn reachable(&self) -> Vec<Multiaddr> {
        let mut addresses = self.listening();
        let loopback = |address: &Multiaddr| {
            let text = address.to_string();
            text.starts_with("/ip4/127.") || text.starts_with("/ip6/::1/")
        };
        if addresses.iter().any(|address| !loopback(address)) {
            addresses.retain(|address| !loopback(address));
        }
        addresses.truncate(crate::limits::LINK_ADDRESSES_MAX);
        addresses
    }

    /// The node's key, which is its seat's key at every table.
    #[must_use]
    pub fn key(&self) -> PublicKey {
        self.inner.me.secret.public()
    }

    /// What the others call the player.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.inner.me.name
    }

    /// Where the node listens, in an order that stays the same.
    #[must_use]
    pub fn listening(&self) -> Vec<Multiaddr> {
        let mut addresses = self.inner.net.listening();
        addresses.sort_by_cached_key(ToString::to_string);
        addresses
    }

    /// What the network did so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.inner.net.stats()
    }

    /// What this device thinks of the holder of `key`, at all its tables together.
    #[must_use]
    pub fn standing(&self, key: &PublicKey) -> Standing {
        self.inner.conduct.standing(key)
    }

    /// Whom this device shuts out: they get no decided blocks from here, no seat at a table that
    /// gathers here, and cannot follow one. A seat they hold keeps its vote until its table takes
    /// it from them.
    #[must_use]
    pub fn banned(&self) -> Vec<PublicKey> {
        self.inner.conduct.banned()
    }

    /// Makes these faults from now on in what this node sends, in place of those before: for
    /// demos and tests. What the environment asks for in `QUORATE_CHAOS` stays.
    pub fn set_chaos(&self, chaos: Chaos) {
        self.inner.net.set_chaos(chaos.and(&self.inner.weather));
    }

    /// The app goes to the background: connections are closed, tables stand still.
    ///
    /// # Errors
    /// [`NetError`] if the network thread cannot take the command.
    pub fn pause(&self) -> Result<(), NetError> {
        self.inner.net.pause()?;
        self.inner.each_table(|table| table.pause(true));
        Ok(())
    }

    /// The app is back: peers are dialled at once, tables catch up and go on.
    ///
    /// # Errors
    /// [`NetError`] if the network thread cannot take the command.
    pub fn resume(&self) -> Result<(), NetError> {
        self.inner.net.resume()?;
        self.inner.each_table(|table| table.pause(false));
        Ok(())
    }

    /// Ends every table's thread once what it has is on disk, then the network. Tables that have
    /// not ended can be taken up again another day. Idempotent.
    pub fn shutdown(&self) {
        self.inner.end(Stop::Gracefully);
    }

    /// Ends everything at once, as if the process had died: for demos and tests.
    pub fn kill(&self) {
        self.inner.end(Stop::Dead);
    }
}

impl Inner {
    fn each_table(&self, run: impl Fn(&dyn Mailbox)) {
        lock(&self.tables)
            .values()
            .for_each(|open| run(&*open.mailbox));
    }

    fn is_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    fn end(&self, how: Stop) {
        self.ended.store(true, Ordering::Release);
        self.each_table(|table| table.stop(how));
        if how == Stop::Dead {
            self.net.crash(); // before the tables' threads could say anything more
        }
        let tables = std::mem::take(&mut *lock(&self.tables));
        for open in tables.into_values() {
            join(open.thread);
        }
        self.net.shutdown();
        if let Some(router) = lock(&self.router).take() {
            join(router);
        }
        self.conduct.save();
        self.home.close();
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.end(Stop::Gracefully);
    }
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Node")
            .field("name", self.name())
            .field("key", &self.key())
            .finish()
    }
}

/// Waits for a thread; a panic there was reported by the panic hook. A thread that ends the node
/// itself, by dropping its last handle, does not wait for itself.
fn join(thread: JoinHandle<()>) {
    if thread.thread().id() != thread::current().id() {
        let _ = thread.join();
    }
}

/// Listens where the folder says it did before, so that links stay good, or where it can.
fn listen(
    home: &Home,
    config: &Config,
    secret: &SecretKey,
) -> Result<(NetHandle, NetEvents), NetError> {
    let net = |listen: Vec<Multiaddr>| NetConfig {
        secret: secret.clone(),
        listen,
        mdns: config.lan,
        quotas: Quotas::default(),
        chaos: config.chaos.clone(),
    };
    let before = home.ports_before(&config.listen);
    match Net::start(net(before.clone())) {
        Err(NetError::CannotListen { address, reason }) if before != config.listen => {
            tracing::warn!(%address, reason, "the port of last time is taken: old links break");
            Net::start(net(config.listen.clone()))
        }
        started => started,
    }
}

fn route(
    events: NetEvents,
    routes: Arc<Routes>,
    neighbours: Arc<Neighbours>,
) -> std::io::Result<JoinHandle<()>> {
    let builder = thread::Builder::new().name("quorate routes".to_owned());
    builder.spawn(move || routes.run(events, |event| neighbours.note(event)))
}
