//! Three in a row wins: alone against a bot, on a local network, over the internet (see `help`).

use std::process::ExitCode;

use quorate::{Cx, Game, Outcome, Seat, Seats, Turn, Verdict, Viewer, ensure};

/// The rows of three, as numbers of squares.
#[rustfmt::skip]
const ROWS: [[usize; 3]; 8] = [
    [0, 1, 2], [3, 4, 5], [6, 7, 8], [0, 3, 6], [1, 4, 7], [2, 5, 8], [0, 4, 8], [2, 4, 6],
];

#[quorate::data]
struct TicTacToe;

#[quorate::data]
struct Board {
    players: Seats,
    next: Seat,
    squares: [Option<Seat>; 9],
}

impl Game for TicTacToe {
    const NAME: &'static str = "tic-tac-toe";
    type State = Board;
    type Action = usize; // the square to take, from 0
    type Event = ();
    type View = [[Option<Seat>; 3]; 3];

    fn players(&self) -> std::ops::RangeInclusive<u8> {
        2..=2
    }

    fn setup(&self, cx: &mut Cx<Self>) -> Verdict<Board> {
        let next = cx.players().nth(0).ok_or("nobody plays")?;
        Ok(Board {
            players: cx.players(),
            next,
            squares: [None; 9],
        })
    }

    fn turn(&self, board: &Board) -> Turn {
        Turn::of(board.next)
    }

    fn apply(&self, board: &mut Board, _: &mut Cx<Self>, seat: Seat, square: usize) -> Verdict {
        let taken = board
            .squares
            .get_mut(square)
            .ok_or("there is no such square")?;
        ensure!(taken.is_none(), "square {square} is taken");
        *taken = Some(seat);
        board.next = board.players.after(seat).ok_or("nobody plays")?;
        Ok(())
    }

    fn outcome(&self, board: &Board) -> Option<Outcome> {
        let won = ROWS.into_iter().find_map(|[first, second, third]| {
            let at = |square: usize| board.squares[square];
            at(first).filter(|_| at(first) == at(second) && at(second) == at(third))
        });
        let full = board.squares.iter().all(Option::is_some);
        won.map(Outcome::won).or(full.then(Outcome::draw))
    }

    fn view(&self, board: &Board, _: &Viewer) -> [[Option<Seat>; 3]; 3] {
        [0, 3, 6].map(|row| [0, 1, 2].map(|column| board.squares[row + column]))
    }

    fn candidates(&self, _: &Board, _: Seat) -> Vec<usize> {
        (0..9).collect()
    }
}

fn main() -> ExitCode {
    quorate::play(TicTacToe)
}
