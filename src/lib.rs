#![doc = include_str!("../docs/tutorial.md")]
#![forbid(unsafe_code)]

#[cfg(feature = "play")]
mod play;
#[cfg(feature = "play")]
mod signals;

#[cfg(feature = "play")]
mod proof;
#[cfg(feature = "play")]
mod storm;
#[cfg(feature = "play")]
mod verify;
mod version;

#[cfg(feature = "play")]
pub use play::{play, play_with};
#[cfg(feature = "play")]
pub use proof::{ProofError, check_proof, proof_json};
#[cfg(feature = "play")]
pub use signals::asked_to_leave;
#[cfg(feature = "play")]
pub use storm::{Storm, StormError};
#[cfg(feature = "play")]
pub use verify::{Gone, Verified, VerifyError, save_transcript, verify_file};
pub use version::Version;

/// The protocol below tables: engine, codec, messages, certificates. Games do not need it.
pub use quorate_core as core;

/// The simulator: whole tables of your game in one thread, with faults and cheats, for tests.
#[cfg(feature = "testkit")]
pub use quorate_testkit as testkit;

pub use quorate_core::check::{Check, Flaw, FlawKind, Report, check, check_views};
pub use quorate_core::engine::BlockTally;
pub use quorate_core::game::{
    ActError, Cause, Cx, Data, Draw, End, Game, Happened, Hidden, Outcome, Rejection, Roll,
    SeatChange, Seen, Settled, Shown, Turn, Verdict, Viewer, Why,
};
pub use quorate_core::genesis::{
    Bounds, DicePolicy, FaultProfile, MotionPolicy, Protocol, Schedule, Scheme, StallPolicy,
    Stalls, TableId, Timing,
};
pub use quorate_core::ledger::{Ledger, Money};
pub use quorate_core::message::{Charge, Choice, Dispute, Exhibit, Motion, MotionId};
pub use quorate_core::motion::{Ballots, OpenMotion};
pub use quorate_core::roster::{Name, NameError, Newcomer, SeatKind};
pub use quorate_core::state::Play;
pub use quorate_core::table::MotionNews;
pub use quorate_core::{
    Digest, Height, PerSeat, Round, Seat, Seats, claim, data, ensure, evidence, fork, game, ledger,
    motion, reject, reputation, transcript,
};
pub use quorate_p2p::{
    Breach, CannotGoOn, Config, Event, Events, FaultKind, Halt, History, Link, LinkError, Nearby,
    Node, NotStalled, OpenError, PartFault, PeerFault, Pending, Pulse, Refusal, RollFlaw,
    RollProgress, RollProof, Saved, Seated, Seating, SeatingError, StartError, Status, Succeeding,
    Table, Thrown, Trace, TranscriptError, Trouble, Voted, limits, net, quiet_panics, store,
    with_panic_place,
};

#[doc(hidden)] // what `#[quorate::data]` derives with
pub use quorate_core::serde;

/// The guides' examples, which run as tests.
#[cfg(all(doctest, feature = "testkit"))]
#[doc = include_str!("../docs/guides/testing-your-game.md")]
struct Guides;
