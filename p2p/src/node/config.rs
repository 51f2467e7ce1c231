//! What a node is started with.

use std::path::PathBuf;

use quorate_core::crypto::SecretKey;
use quorate_core::reputation::Scale;
use quorate_core::roster::{Name, NameError};

use crate::net::{Chaos, Multiaddr, NetConfig};

/// What a node is started with.
///
/// ```
/// use quorate_p2p::Config;
/// let config = Config::loopback("Ann")?.entropy([7; 32]);
/// assert!(config.folder.is_none(), "key and journal in memory alone");
/// # Ok::<(), quorate_core::roster::NameError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Where key and tables are kept. Without it both are in memory: whoever restarts has lost
    /// its seats, and can never contradict what it signed before.
    pub folder: Option<PathBuf>,
    /// What the others call the player.
    pub name: Name,
    /// Where to listen; port 0 lets the system choose, and the folder keeps the choice.
    pub listen: Vec<Multiaddr>,
    /// Whether to find tables on the local network, and announce one's own there.
    pub lan: bool,
    /// Mixed into every secret this node makes: for what the app knows that nobody can guess, such
    /// as how a finger moved.
    pub entropy: [u8; 32],
    /// Faults to make on purpose; none by default.
    pub chaos: Chaos,
    /// By which figures peers that misbehave lose this device's esteem.
    pub reputation: Scale,
    /// How much of a table's past is kept.
    pub history: History,
}

/// How much of a table's past a node keeps. State is kept either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum History {
    /// Every decision since the first: what a transcript takes. Whoever was away fetches them all,
    /// as long as somebody has them.
    #[default]
    Whole,
    /// Those since the checkpoint before the last: for tables that go on for months on a phone.
    /// Whoever was away goes on from a snapshot.
    SinceCheckpoint,
}

impl Config {
    /// A node that talks to others on this device alone, in memory: tests and demos.
    ///
    /// # Errors
    /// [`NameError`] if nobody can be called that.
    pub fn loopback(name: &str) -> Result<Self, NameError> {
        // Only the addresses are taken from it.
        let net = NetConfig::loopback(SecretKey::from_bytes(&[0; 32]));
        Ok(Self {
            folder: None,
            name: Name::new(name)?,
            listen: net.listen,
            lan: false,
            entropy: [0; 32],
            chaos: Chaos::default(),
            reputation: Scale::default(),
            history: History::default(),
        })
    }

    /// A node that talks to others anywhere and finds tables on the local network, in memory.
    ///
    /// # Errors
    /// [`NameError`] if nobody can be called that.
    pub fn anywhere(name: &str) -> Result<Self, NameError> {
        let net = NetConfig::anywhere(SecretKey::from_bytes(&[0; 32]));
        Ok(Self {
            listen: net.listen,
            lan: true,
            ..Self::loopback(name)?
        })
    }

    /// Keeps key and tables in this folder, which is made if there is none.
    #[must_use]
    pub fn folder(self, path: impl Into<PathBuf>) -> Self {
        Self {
            folder: Some(path.into()),
            ..self
        }
    }

    /// Listens there instead.
    #[must_use]
    pub fn listen(self, addresses: impl IntoIterator<Item = Multiaddr>) -> Self {
        Self {
            listen: addresses.into_iter().collect(),
            ..self
        }
    }

    /// Whether to use the local network's discovery.
    #[must_use]
    pub fn lan(self, lan: bool) -> Self {
        Self { lan, ..self }
    }

    /// Adds randomness of the app's own.
    #[must_use]
    pub fn entropy(self, entropy: [u8; 32]) -> Self {
        Self { entropy, ..self }
    }

    /// Keeps so much of each table's past.
    #[must_use]
    pub fn history(self, history: History) -> Self {
        Self { history, ..self }
    }

    /// Judges peers by these figures.
    #[must_use]
    pub fn reputation(self, reputation: Scale) -> Self {
        Self { reputation, ..self }
    }

    /// Makes faults on purpose.
    #[must_use]
    pub fn chaos(self, chaos: Chaos) -> Self {
        Self { chaos, ..self }
    }
}
