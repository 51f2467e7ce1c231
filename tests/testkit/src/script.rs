//! How the players of a simulated table behave, and what the oracle may ask of their game.

use quorate_core::Seat;
use quorate_core::game::Game;
use quorate_core::ledger::Money;
use quorate_core::state::Play;

use crate::games::{Move, Odds, Purse, Table};
use crate::rng::Rng;

/// Plays a game. Stateless: every player of every seed asks the same script.
pub trait Script<G: Game>: Send + Sync {
    /// What `seat`, which must or may act, does now; nothing is to let it be.
    fn act(&self, rng: &mut Rng, play: &Play<G>, seat: Seat) -> Vec<G::Action>;

    /// Whether all value is still there. Asked after each decision.
    ///
    /// # Errors
    /// What is missing.
    fn conserved(&self, play: &Play<G>) -> Result<(), String> {
        let _ = play;
        Ok(())
    }

    /// Whether what a seat may do at a turn stays good, whatever others do in the same turn. Only
    /// then can the oracle tell that a seat must not be declared late.
    fn is_independent(&self) -> bool {
        false
    }
}

/// Plays any game by its [candidates](Game::candidates).
#[derive(Clone, Copy, Debug, Default)]
pub struct AnyMove;

impl<G: Game> Script<G> for AnyMove {
    fn act(&self, rng: &mut Rng, play: &Play<G>, seat: Seat) -> Vec<G::Action> {
        let mut moves = play.legal(seat);
        if moves.is_empty() {
            return moves;
        }
        let index = rng.index(moves.len());
        vec![moves.swap_remove(index)]
    }

    fn conserved(&self, play: &Play<G>) -> Result<(), String> {
        // The machine that plays checks the books; here only that the rules still answer.
        let _: Option<Money> = play.game().total(play.state());
        Ok(())
    }
}

/// Plays [`Odds`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Gamblers;

impl Script<Odds> for Gamblers {
    fn act(&self, rng: &mut Rng, play: &Play<Odds>, seat: Seat) -> Vec<Move> {
        let table = play.state();
        if table.naming {
            return vec![Move::Stake(u32::try_from(rng.within(1, 50)).unwrap_or(1))];
        }
        let bet = Move::Bet(u32::try_from(rng.below(u64::from(table.stake) + 1)).unwrap_or(0));
        match table.bets.get(seat) {
            Some(_) => vec![Move::Raise],
            // An entry of two actions, all or none.
            None if rng.chance(50_000) && table.bets.len() + 1 < table.players.len() => {
                vec![bet, Move::Raise]
            }
            None => vec![bet],
        }
    }

    fn conserved(&self, play: &Play<Odds>) -> Result<(), String> {
        let table = play.state();
        all_there(table, play.game().value(table.players.len()))
    }

    fn is_independent(&self) -> bool {
        true
    }
}

/// Counts the chips purse by purse, not as the rules do.
pub(crate) fn all_there(table: &Table, issued: u64) -> Result<(), String> {
    let purses = |seat| [Purse::Player(seat), Purse::Bet(seat)];
    let purses = table.players.iter().flat_map(purses).chain([Purse::Bank]);
    let found: u64 = purses.map(|purse| table.chips.of(purse).units()).sum();
    if found == issued {
        Ok(())
    } else {
        Err(format!("{found} chips are left of {issued}"))
    }
}
