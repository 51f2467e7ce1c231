//! Liar's dice for 2 to 6: hidden rolls.
//!
//! Everybody rolls five dice that nobody else sees. In turn each bids higher, how many dice of one
//! face lie on the table in all, or calls the bid before a lie: then all show. If there are as many
//! as were bid the caller loses a die, else the bidder; who has the last die wins. Dice that are
//! not shown when asked for count nothing, and cost one of them: hiding never pays.
//!
//! ```text
//! $ cargo run --example liars_dice -- bots 2
//! player 1: Bid(Bid { count: 1, face: 4 })
//! player 2: Bid(Bid { count: 2, face: 1 })
//! player 1: Call
//!   Shown { dice: [(player 1, [2, 4, 4, 5, 6]), (player 2, [1, 3, 3, 4, 6])], loses: player 2 }
//! ...
//! won by player 1
//! ```
//!
//! `host` and `join` play it with others; `help` tells how.
