//! A digest of what the rules do.

use std::hint::black_box;
use std::ops::Add;

use blake3::Hasher;

use crate::codec::{self, EncodeError};
use crate::digest::{Digest, domain_hasher};
use crate::game::{Game, guarded};
use crate::local::Local;

/// How many games are played, and how many steps of each.
const PLAY_OUTS: u8 = 8;
const STEPS: u32 = 40;

/// The rules fingerprint: a digest of the game's name, version and options, of what eight seeded
/// games come to step by step, and of whether arithmetic is checked in this build. Tables compare
/// it before the first move, so that a mixed build or a `HashMap` in the state shows at once.
///
/// # Errors
/// If the options have no canonical bytes.
pub fn fingerprint<G: Game>(game: &G) -> Result<Digest, EncodeError> {
    let mut hasher = domain_hasher("rules");
    let options = codec::encode(game)?;
    let header = (G::NAME, G::VERSION, options, overflow_is_checked::<G>());
    absorb(&mut hasher, &codec::encode(&header)?);
    let range = guarded("players", || game.players()).unwrap_or(1..=1);
    for number in 0..PLAY_OUTS {
        let players = range.start().saturating_add(number / 2).min(*range.end());
        play_out(&mut hasher, game.clone(), players, u64::from(number));
    }
    Ok(Digest::from_bytes(*hasher.finalize().as_bytes()))
}

/// Plays one game by bots and absorbs its bytes after each step. What goes wrong is absorbed as
/// such: rules that fail alike on every device have the same fingerprint there.
fn play_out<G: Game>(hasher: &mut Hasher, game: G, players: u8, seed: u64) {
    let Ok(mut table) = Local::seeded(game, players, seed) else {
        absorb(hasher, b"refused");
        return;
    };
    for _ in 0..STEPS {
        absorb(hasher, &codec::encode(table.play()).unwrap_or_default());
        if !table.step_bots() {
            return;
        }
    }
}

fn absorb(hasher: &mut Hasher, bytes: &[u8]) {
    hasher.update(&(bytes.len() as u64).to_le_bytes());
    hasher.update(bytes);
}

/// Whether arithmetic that overflows panics in the rules of `G`, as `overflow-checks` says in the
/// profile that Cargo builds them with. A debug build and a plain release build of the same rules
/// would part ways at the first overflow, so the fingerprint tells them apart.
///
/// Where it is checked, the process's panic hook hears of one panic.
#[must_use]
pub fn overflow_is_checked<G: Game>() -> bool {
    // The `+` of this crate would be checked as this crate is. The trait's method is checked as the
    // crate is that makes machine code of it, and for a generic function that is the game's.
    guarded(G::NAME, || Add::add(black_box(u8::MAX), black_box(1))).is_err()
}
