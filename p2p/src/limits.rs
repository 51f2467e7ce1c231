//! Every bound of the network and of the store in one place. A test hits each of them.

use std::time::Duration;

// Lanes: the long-lived streams between two peers of one channel.

/// Bytes of one frame on the control lane: a genesis of 16 seats with large keys, signed by all.
pub const CONTROL_FRAME_BYTES_MAX: usize = 192 * 1024;
/// Bytes of one frame on the votes lane: a round certificate of 64 seats with every claim fits.
pub const VOTES_FRAME_BYTES_MAX: usize = 256 * 1024;
/// Bytes of one frame on the proposals lane: a full block of 64 seats with its justification.
pub const PROPOSALS_FRAME_BYTES_MAX: usize = 4 * 1024 * 1024 + 512 * 1024;

/// Frames waiting to be written to one peer on the control lane.
pub const CONTROL_OUTBOX_FRAMES: usize = 256;
/// Frames waiting to be written to one peer on the votes lane.
pub const VOTES_OUTBOX_FRAMES: usize = 1024;
/// Frames waiting to be written to one peer on the proposals lane.
pub const PROPOSALS_OUTBOX_FRAMES: usize = 512;
/// Bytes waiting to be written to one peer, on each of its lanes.
pub const OUTBOX_BYTES: usize = 16 * 1024 * 1024;
/// Bytes gathered from several frames into one write.
pub const WRITE_BYTES: usize = 64 * 1024;

/// Bytes of what the upper layer says of itself in a hello: epoch, roster digest, newest
/// signatures.
pub const GREETING_BYTES_MAX: usize = 4 * 1024;
/// Time two peers have to finish a hello.
pub const HELLO_TIMEOUT: Duration = Duration::from_secs(5);
/// Hellos one peer may start at once; one more is allowed every [`HELLO_EVERY`].
pub const HELLO_BURST: u32 = 16;
/// How often a peer may start one more hello after its burst.
pub const HELLO_EVERY: Duration = Duration::from_secs(1);
/// Lists of addresses one peer may tell at once; one more is read every [`TOLD_EVERY`].
pub const TOLD_BURST: u32 = 2 * 32;
/// How often one more list is read after the burst.
pub const TOLD_EVERY: Duration = Duration::from_millis(100);
/// Streams of one connection that may wait for their hello: three lanes of every channel.
pub const STREAMS_WAITING_MAX: usize = 3 * CHANNELS_MAX;
/// How old the connection of open lanes must be before a newer one takes them over: two that
/// crossed are younger, and one that replaces a dead one finds an older.
pub const CONNECTION_CROSSED: Duration = Duration::from_secs(1);
/// How long a peer may stay above its quota before a fault is reported.
pub const QUOTA_PATIENCE: Duration = Duration::from_secs(3);
/// How long it must stay below its quota for that to be forgotten.
pub const QUOTA_FORGIVEN: Duration = Duration::from_secs(1);

// Channels, peers and connections.

/// Channels one net has open.
pub const CHANNELS_MAX: usize = 32;
/// Peers admitted to one channel: 64 seats and as many that only follow.
pub const CHANNEL_PEERS_MAX: usize = 128;
/// Connections from or to one peer: two that crossed, and a stale one.
pub const CONNECTIONS_PER_PEER: u32 = 3;
/// Inbound connections from one public address; loopback and local networks are exempt.
pub const CONNECTIONS_PER_ADDRESS: usize = 16;
/// Inbound connections of one address, this machine's own aside, that have not shaken hands yet.
pub const PENDING_PER_ADDRESS: usize = 16;
/// Inbound connections that have not shaken hands yet, beside two for each expected peer.
pub const PENDING_INBOUND: u32 = 256;
/// Connections to strangers asked for announcements at once.
pub const NEARBY_ASKED_MAX: usize = 8;
/// Faults of peers on no roster that are told at once, failed handshakes among them; one more
/// every [`FAULT_EVERY`].
pub const STRANGER_FAULTS_BURST: u32 = 8;
/// Faults of one peer of a roster that are told at once; one more every [`FAULT_EVERY`].
pub const PEER_FAULTS_BURST: u32 = 16;
/// How often one more fault is told after the burst.
pub const FAULT_EVERY: Duration = Duration::from_secs(1);
/// How long a connection without a lane lives when its peer is on no roster.
pub const UNCLAIMED_CONNECTION: Duration = Duration::from_secs(10);

// Dialling.

/// The first wait before a peer is dialled again; it doubles.
pub const REDIAL_FIRST: Duration = Duration::from_millis(100);
/// The longest wait before a peer is dialled again.
pub const REDIAL_LAST: Duration = Duration::from_secs(5);
/// How long the peer with the higher key waits for the lower one to dial.
pub const DIAL_COURTESY: Duration = Duration::from_millis(500);
/// How soon after a dial a new address is reason for another.
pub const DIAL_AGAIN: Duration = Duration::from_secs(1);
/// Peers in the address book.
pub const BOOK_PEERS_MAX: usize = 512;
/// Addresses kept of one peer.
pub const BOOK_ADDRESSES_MAX: usize = 8;
/// Bytes of one address.
pub const ADDRESS_BYTES_MAX: usize = 256;
/// Peers remembered from the local network.
pub const NEARBY_PEERS_MAX: usize = 64;
/// Addresses remembered of each of them.
pub const NEARBY_ADDRESSES_MAX: usize = 4;
/// Bytes of an announcement to the local network.
pub const ANNOUNCEMENT_BYTES_MAX: usize = 1024;

// Requests.

/// Bytes of a request.
pub const REQUEST_BYTES_MAX: usize = 1024;
/// Bytes of an answer: the largest block with its certificate; of more it is a chunk of 256 KiB.
pub const ANSWER_BYTES_MAX: usize = PROPOSALS_FRAME_BYTES_MAX + 256 * 1024;
/// Time a peer has to answer.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// Own requests under way to one peer.
pub const REQUESTS_PER_PEER: usize = 8;
/// Requests of one peer that wait for our answer.
pub const ANSWERS_PER_PEER: usize = 8;
/// Requests one peer may make at once; one more is answered every [`ASKED_EVERY`].
pub const ASKED_BURST: u32 = 100;
/// How often one more request is answered after the burst: 100 a minute, and with a chunk each
/// time 25 MiB at once.
pub const ASKED_EVERY: Duration = Duration::from_millis(600);
/// The longest that chaos asked for in words keeps a frame back.
pub const CHAOS_DELAY_MAX: Duration = Duration::from_secs(60);

/// Requests and answers held back by chaos.
pub const DELAYED_MAX: usize = 1024;

// Between the threads.

/// Commands on their way to the network thread.
pub const COMMANDS: usize = 1024;
/// Events on their way from the network thread; readers wait when it is full.
pub const EVENTS: usize = 4096;
/// Events the loop itself keeps while that queue is full.
pub const EVENTS_KEPT: usize = 256;

// Links.

/// Addresses in a link.
pub const LINK_ADDRESSES_MAX: usize = 8;
/// Characters of a link.
pub const LINK_CHARS_MAX: usize = 4 * 1024;

// The store.

/// Bytes of one record of the journal.
pub const RECORD_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes of one named value.
pub const META_BYTES_MAX: usize = 16 * 1024 * 1024;

// Tables.

/// What waits for a table's thread; beyond it frames and questions of peers are dropped, which
/// repair makes good.
pub const INBOX_MAIL: usize = 8 * 1024;
/// Bytes of what waits for a table's thread.
pub const INBOX_BYTES: usize = 32 * 1024 * 1024;
/// Events of a table that are kept for its readers.
pub const TABLE_EVENTS: usize = 4096;
/// Entries of one's own that are not decided yet; more are refused as busy.
pub const PENDING_MAX: usize = 64;
/// Decided heights whose course is kept for the screen.
pub const TRACES: usize = 16;
/// Votes kept of each of them.
pub const TRACE_VOTES: usize = 512;
/// Journal records, events of peers and own acts that are worked off before the disk is synced.
pub const BATCH_MAIL: usize = 256;
/// Own tables whose seats announce themselves on the local network.
pub const ANNOUNCED_TABLES: usize = 2;

/// Notes of peers' conduct that may be lost when the power fails; bans are written at once.
pub const CONDUCT_NOTES_UNSAVED: u32 = 32;

/// Addresses of each other seat that a table's folder keeps.
pub const REMEMBERED_ADDRESSES_MAX: usize = 4;
/// How often they are written, at most, when they change.
pub const REMEMBER_EVERY: Duration = Duration::from_secs(2);

// Gathering.

/// Peers that may ask for a seat, follow, or come back, at a time.
pub const VISITORS_MAX: usize = 64;
/// Things one peer may say at once at the invitation's door; one more is heard every
/// [`WORD_EVERY`].
pub const WORDS_BURST: u32 = 128;
/// How often one more is heard after the burst.
pub const WORD_EVERY: Duration = Duration::from_millis(200);
/// Peers without a seat that a seat serves with decisions.
pub const FOLLOWERS_MAX: usize = 16;

/// Newcomers that ask for a seat at one table and are shown to its players.
pub const ASKERS_MAX: usize = 8;
/// How long a seat is kept for a guest that is gone while somebody else asks for it.
pub const SEAT_KEPT: Duration = Duration::from_secs(10);
/// How long after it was proposed a genesis can be signed and begin.
pub const GENESIS_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a host may be silent before a guest is told so.
pub const HOST_SILENT: Duration = Duration::from_secs(5);

// Catching up.

/// Bytes of decided blocks in one answer.
pub const CHUNK_BYTES: usize = 256 * 1024;
/// How long one peer is waited for before another is asked as well.
pub const HEDGE_AFTER: Duration = Duration::from_millis(500);
/// Peers asked for one range before a wait.
pub const FETCH_TRIES: usize = 3;
/// The wait after that.
pub const FETCH_PAUSE: Duration = Duration::from_secs(1);

// Going on after a fork.

/// How often a device at a halted table asks each of the others what it holds of a successor.
pub const HEIRS_ASK_EVERY: Duration = Duration::from_millis(500);
/// Bytes of what a device says of a successor: sixteen seats with large keys that all signed, and
/// a proof against each of as many.
pub const PART_BYTES_MAX: usize = 512 * 1024;
/// How often a device shows the decisions below its fork again to one that goes on from elsewhere.
pub const BRANCH_SHOWN_EVERY: Duration = Duration::from_secs(5);

// Ending.

/// How long a table that has ended waits for its seats to have the last height, at most.
pub const LINGER_MAX: Duration = Duration::from_secs(10);
/// How much of that it waits for those who only look on.
pub const LINGER_FOR_FOLLOWERS: Duration = Duration::from_secs(3);
/// How often such a table shows its seats how far it is.
pub const REPORT_EVERY: Duration = Duration::from_millis(250);
/// How long a session that is closed may take to write what is queued, and to hear it was read.
pub const FAREWELL: Duration = Duration::from_secs(1);
/// How long a net that shuts down waits for its sessions to do so, and its connections to close.
pub const GOODBYE: Duration = Duration::from_millis(1500);
