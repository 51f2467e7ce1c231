//! One thread per table: from the first guest to the last block.
//!
//! The thread owns the table's engine, its store and its share of the network; handles talk to it
//! through a bounded inbox and read what it shows from a board. Each pass takes what has arrived,
//! lets the engine work it off, writes all records of the pass in one transaction, and only then
//! tells the engine that they are on disk.
//!
//! ```text
//!   Table ──act──▶ inbox ──▶ driver ──records──▶ store
//!   net   ──────▶              │ ◀─────persisted──┘
//!   Table ◀─board, events──────┴──frames──▶ net
//! ```

mod audit;
mod catching_up;
mod doors;
mod gathering;
mod going_on;
mod guilt;
mod inbox;
mod ledger;
mod line;
mod membership;
mod peers;
mod playing;
mod remember;
mod show;
mod tell;

use std::any::Any;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Weak};
use std::thread::{self, JoinHandle};

use quorate_core::crypto::{PublicKey, SecretKey, Signer};
use quorate_core::engine::Operation;
use quorate_core::game::Game;
use quorate_core::journal::Journal;
use quorate_core::roster::{Name, SeatKind};
use quorate_core::state::Saved;
use quorate_core::{Epoch, Height, Mono, Seat, Seats};
use zeroize::Zeroizing;

pub(crate) use going_on::{Inheritance, Successors};
pub(crate) use inbox::{Inbox, Mailbox, Stop};
pub(crate) use ledger::{Ledger, Needless, read as read_meta};
pub(crate) use line::{Heard, Line};
pub(crate) use peers::{Connection, Door, Peers};

use crate::allowance::{Allowances, Rate};
use crate::clock;
use crate::entropy;
use crate::gather::{Seating, Terms};
use crate::heirs::CannotGoOn;
use crate::limits::{BATCH_MAIL, FAULT_EVERY, PEER_FAULTS_BURST, WORD_EVERY, WORDS_BURST};
use crate::link::Link;
use crate::net::{self, NetHandle};
use crate::node::{Conduct, History, Routes};
use crate::store::{Decision, Store, StoreError};
use crate::table::{Event, Halt, PeerFault, Pending, Shared, Status};
use gathering::Waiting;
use playing::Playing;

/// What a table's thread is told.
#[derive(Debug)]
pub(crate) enum Mail<G: Game> {
    /// From the network.
    Net(net::Event),
    /// The player acts.
    Act {
        pending: Pending,
        turn: u64,
        actions: Vec<G::Action>,
    },
    /// The network is paused, or no longer.
    Pause(bool),
    /// The player wants something of the table that is no move.
    Operate {
        pending: Pending,
        operation: Operation,
    },
    /// Somebody looks at this device.
    Attend,
    /// The player signs a claim.
    Claim,
    /// The player asks the table for a seat.
    Ask { buy_in: String },
    /// Show every seat at once how far this one is.
    Report,
    /// Misbehave, for a demo.
    Contradict,
    /// Read stored decisions for a transcript.
    Decisions {
        from: Height,
        answer: SyncSender<Result<Chunk, StoreError>>,
    },
    /// The player of a halted table wants to go on without these seats.
    GoOn {
        without: Seats,
        answer: SyncSender<Result<(), CannotGoOn>>,
    },
    /// Look at how to stop.
    Stop,
}

/// Stored decisions, and how far the table had come when they were read.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub(crate) epoch: Epoch,
    pub(crate) tip: Height,
    pub(crate) decisions: Vec<Decision>,
    /// The game that a successor goes on with, before its first decision.
    pub(crate) carried: Option<Saved>,
}

/// What a table is opened for, where its store does not say so already.
#[derive(Clone, Debug)]
pub(crate) enum Errand<G> {
    Host(G, Seating),
    Join,
    Witness,
    Watch,
}

/// How this device came to a table: what its store says first.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Card {
    pub(crate) role: Role,
    pub(crate) link: String,
    pub(crate) game: String,
    pub(crate) version: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Role {
    Host(Box<Terms>),
    Guest,
    Watcher,
    /// Like a guest, for a seat that does not play.
    Witness,
}

impl Role {
    /// What an heir of it comes to the successor as: nobody hosts one.
    pub(crate) fn of_heir(self) -> Self {
        match self {
            Self::Host(_) => Self::Guest,
            other => other,
        }
    }

    /// What a seat of this device would be for; none for a watcher.
    pub(crate) fn wish(&self, owner: &Name) -> Option<SeatKind> {
        match self {
            Self::Watcher => None,
            Self::Host(_) | Self::Guest => Some(SeatKind::Player),
            Self::Witness => Some(SeatKind::Witness {
                run_by: owner.clone(),
            }),
        }
    }
}

/// What the seat of `owner` is called, if it is of this kind: a witness is told apart by its name.
pub(crate) fn seat_name(owner: &Name, kind: &SeatKind) -> Name {
    if kind.plays() {
        return owner.clone();
    }
    let short: String = owner.as_str().chars().take(WITNESSED_CHARS).collect();
    // A name cut short is still a name; were it none, the owner's own would do.
    Name::new(&format!("{} (witness)", short.trim_end())).unwrap_or_else(|_| owner.clone())
}

/// Characters of a name that leave room for what tells a witness apart.
const WITNESSED_CHARS: usize = quorate_core::limits::NAME_CHARS_MAX - " (witness)".len();

/// Names of values in a table's store.
pub(crate) mod meta {
    /// The [`Card`](super::Card).
    pub(crate) const CARD: &str = "card";
    /// The one genesis that may begin.
    pub(crate) const CANDIDATE: &str = "candidate";
    /// The genesis that everybody signed.
    pub(crate) const GENESIS: &str = "genesis";
    /// Where the other seats were found.
    pub(crate) const ADDRESSES: &str = "addresses";
    /// Whether play has ended, here at least.
    pub(crate) const ENDED: &str = "ended";
    /// After a fork, the seats that the player gives up.
    pub(crate) const WITHOUT: &str = "without";
    /// The proofs by which this device leaves others out.
    pub(crate) const PROVEN: &str = "proven";
    /// The successor that this device enters.
    pub(crate) const SUCCESSOR: &str = "successor";
    /// At a successor, the game that it took over.
    pub(crate) const CARRIED: &str = "carried";
    /// At a successor, the link of the table it took over from.
    pub(crate) const BEFORE: &str = "before";
}

/// Who this device is at its tables.
#[derive(Clone)]
pub(crate) struct Myself {
    pub(crate) secret: Arc<SecretKey>,
    pub(crate) name: Name,
    /// What the app adds to the randomness of the system.
    pub(crate) entropy: [u8; 32],
}

impl Myself {
    /// Fresh secret bytes: the system's, and what the app added.
    pub(crate) fn random(&self) -> Result<Zeroizing<[u8; 32]>, StoreError> {
        entropy::fresh("entropy", &self.entropy).map_err(|error| StoreError::Disk {
            doing: crate::store::Doing::Read,
            kind: error.kind(),
        })
    }
}

/// What a table's thread works with.
pub(crate) struct Hands<G: Game> {
    pub(crate) shared: Arc<Shared<G>>,
    pub(crate) line: Line,
    pub(crate) ledger: Ledger,
    pub(crate) me: Myself,
    pub(crate) conduct: Arc<Conduct>,
    pub(crate) successors: Successors<G>,
    /// Faults that are told, of each seat and of all who hold none.
    pub(crate) faults: Allowances<Option<Seat>>,
    /// What each visitor says at the invitation's door.
    pub(crate) words: Allowances<PublicKey>,
}

/// A table's thread from outside.
#[derive(Debug)]
pub(crate) struct Running<G: Game> {
    pub(crate) shared: Arc<Shared<G>>,
    stop: Arc<AtomicU8>,
}

impl<G: Game> Mailbox for Running<G> {
    fn deliver(&self, event: net::Event) {
        let bytes = match &event {
            net::Event::Frame { bytes, .. } | net::Event::Request { bytes, .. } => bytes.len(),
            _ => return self.shared.inbox.push(Mail::Net(event)),
        };
        self.shared.inbox.offer(Mail::Net(event), bytes);
    }

    fn stop(&self, how: Stop) {
        self.stop.fetch_max(how as u8 + 1, Ordering::AcqRel);
        self.shared.inbox.push(Mail::Stop);
    }

    fn pause(&self, paused: bool) {
        self.shared.inbox.push(Mail::Pause(paused));
    }

    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// What a table's thread starts with.
pub(crate) struct Start<G: Game> {
    pub(crate) net: NetHandle,
    pub(crate) routes: Arc<Routes>,
    pub(crate) store: Box<dyn Store>,
    pub(crate) me: Myself,
    pub(crate) link: Link,
    pub(crate) errand: Errand<G>,
    pub(crate) conduct: Arc<Conduct>,
    pub(crate) history: History,
    pub(crate) successors: Successors<G>,
}

/// Starts a table's thread.
///
/// # Errors
/// What the system says if it gives no thread.
pub(crate) fn spawn<G: Game>(
    start: Start<G>,
) -> std::io::Result<(Arc<Running<G>>, JoinHandle<()>)> {
    let shared = Arc::new(Shared::new(start.link.clone()));
    let stop = Arc::new(AtomicU8::new(0));
    let running = Arc::new(Running {
        shared: Arc::clone(&shared),
        stop: Arc::clone(&stop),
    });
    let mailbox = Arc::downgrade(&running);
    let name = format!("quorate {}", start.link.invite.short());
    let thread = thread::Builder::new().name(name).spawn(move || {
        let _span = tracing::info_span!("table", invite = %start.link.invite.short()).entered();
        run(start, &shared, &stop, mailbox);
        shared.show(match shared.status() {
            status if status.is_final() => status,
            _ => Status::Stopped,
        });
        shared.ring.close();
    })?;
    Ok((running, thread))
}

fn run<G: Game>(
    start: Start<G>,
    shared: &Arc<Shared<G>>,
    stop: &AtomicU8,
    mailbox: Weak<dyn Mailbox>,
) {
    let Start {
        net,
        routes,
        store,
        me,
        link,
        errand,
        conduct,
        history,
        successors,
    } = start;
    let opened = Ledger::open(store, history);
    let (ledger, journal) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            tracing::error!(%error, "cannot read the journal");
            return shared.show(Status::Halted(error.into()));
        }
    };
    let line = Line::new(net, routes, mailbox, link.invite);
    let mut hands = Hands {
        shared: Arc::clone(shared),
        line,
        ledger,
        me,
        conduct,
        successors,
        faults: Allowances::of(Rate {
            burst: PEER_FAULTS_BURST,
            every: FAULT_EVERY,
        }),
        words: Allowances::of(Rate {
            burst: WORDS_BURST,
            every: WORD_EVERY,
        }),
    };
    let driver = Phase::begin(&mut hands, journal, errand, &link);
    let ended = driver.and_then(|phase| {
        Driver {
            hands: &mut hands,
            phase,
            stop,
        }
        .drive()
    });
    if let Err(halt) = ended {
        tracing::error!(%halt, "the table is halted");
        shared.show(Status::Halted(halt));
    }
    hands.line.close();
}

/// What the thread is at.
enum Phase<G: Game> {
    Waiting(Waiting<G>),
    Playing(Box<Playing<G>>),
    /// Refused: nothing more comes.
    Over,
}

impl<G: Game> Phase<G> {
    /// Goes on where the store says, or begins the errand.
    fn begin(
        hands: &mut Hands<G>,
        journal: Journal,
        errand: Errand<G>,
        link: &Link,
    ) -> Result<Self, Halt> {
        let signed = hands.ledger.get(meta::GENESIS)?;
        let card: Option<Card> = hands.ledger.get(meta::CARD)?;
        let role = match card {
            Some(card) => card.role,
            None => Waiting::introduce(hands, errand, link)?,
        };
        match signed {
            Some(signed) => {
                let playing = Playing::start(hands, signed, journal, role.wish(&hands.me.name))?;
                Ok(Self::Playing(Box::new(playing)))
            }
            None => Waiting::start(hands, role, link),
        }
    }
}

struct Driver<'a, G: Game> {
    hands: &'a mut Hands<G>,
    phase: Phase<G>,
    stop: &'a AtomicU8,
}

impl<G: Game> Driver<'_, G> {
    fn drive(mut self) -> Result<(), Halt> {
        loop {
            self.settle()?;
            let now = clock::mono();
            let timeout = self.next_timeout().map(|due| due.since(now));
            let mail = self.hands.shared.inbox.wait(timeout, BATCH_MAIL);
            match self.stop.load(Ordering::Acquire) {
                0 => {}
                stop if stop == Stop::Gracefully as u8 + 1 => {
                    mail.into_iter().try_for_each(|mail| self.take(mail))?;
                    return self.leave();
                }
                _ => return Ok(()),
            }
            mail.into_iter().try_for_each(|mail| self.take(mail))?;
            self.tick()?;
            match self.hands.shared.inbox.dropped() {
                0 => {}
                dropped => tracing::warn!(dropped, "frames were dropped: this device is too slow"),
            }
        }
    }

    fn take(&mut self, mail: Mail<G>) -> Result<(), Halt> {
        let next = match (&mut self.phase, mail) {
            // Acts are refused by the handle until play has begun.
            (Phase::Over, _)
            | (_, Mail::Stop)
            | (
                Phase::Waiting(_),
                Mail::Act { .. }
                | Mail::Operate { .. }
                | Mail::Attend
                | Mail::Claim
                | Mail::Ask { .. }
                | Mail::Report
                | Mail::Contradict
                | Mail::Decisions { .. }
                | Mail::GoOn { .. },
            ) => None,
            (Phase::Waiting(waiting), Mail::Net(event)) => waiting.net(self.hands, event)?,
            (Phase::Waiting(waiting), Mail::Pause(paused)) => {
                waiting.pause(self.hands, paused);
                None
            }
            (Phase::Playing(playing), mail) => {
                playing.take(self.hands, mail);
                match playing.turned_down.take() {
                    Some(why) => Some(playing.give_up(self.hands, why)?),
                    None => None,
                }
            }
        };
        self.phase(next);
        Ok(())
    }

    fn tick(&mut self) -> Result<(), Halt> {
        let next = match &mut self.phase {
            Phase::Over => None,
            Phase::Waiting(waiting) => waiting.tick(self.hands)?,
            Phase::Playing(playing) => {
                playing.tick(self.hands);
                None
            }
        };
        self.phase(next);
        Ok(())
    }

    fn phase(&mut self, next: Option<Phase<G>>) {
        if let Some(next) = next {
            self.phase = next;
        }
    }

    /// Writes what must be on disk, until nothing more follows from it.
    fn settle(&mut self) -> Result<(), Halt> {
        match &mut self.phase {
            Phase::Playing(playing) => playing.settle(self.hands),
            Phase::Waiting(_) | Phase::Over => Ok(()),
        }
    }

    /// Writes all there is to write.
    fn leave(&mut self) -> Result<(), Halt> {
        if let Phase::Playing(playing) = &mut self.phase {
            playing.remembered.hurry();
        }
        self.settle()
    }

    fn next_timeout(&self) -> Option<Mono> {
        match &self.phase {
            Phase::Over => None,
            Phase::Waiting(waiting) => waiting.next_timeout(),
            Phase::Playing(playing) => playing.next_timeout(),
        }
    }
}

impl<G: Game> Hands<G> {
    /// This device's key.
    pub(crate) fn key(&self) -> PublicKey {
        self.me.secret.public()
    }

    /// Counts a fault, and tells of it unless its author makes so many that nothing else could be
    /// read any more.
    pub(crate) fn fault(&mut self, fault: PeerFault) {
        self.shared.read(|board| board.faults += 1);
        if self.faults.take(fault.seat) {
            tracing::warn!(%fault, "fault");
            self.shared.update(|_| {});
            self.shared.tell(Event::Fault(fault));
        }
    }
}
