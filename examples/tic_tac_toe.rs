//! Three in a row wins. Against a bot, on a local network, over the internet: `help` tells how.

use std::process::ExitCode;

use quorate::{Cx, Game, Outcome, Seat, Turn, Verdict, Viewer, ensure};

#[rustfmt::skip] // three rows, three columns, two diagonals
const LINES: [[usize; 3]; 8] = [
    [0, 1, 2], [3, 4, 5], [6, 7, 8], [0, 3, 6], [1, 4, 7], [2, 5, 8], [0, 4, 8], [2, 4, 6],
];

#[quorate::data]
struct TicTacToe;

#[quorate::data]
struct Board {
    squares: [Option<Seat>; 9],
    next: Seat,
}

impl Game for TicTacToe {
    const NAME: &'static str = "tic-tac-toe";
    type State = Board;
    type Action = u8; // the square to take, 0 to 8
    type Event = ();
    type View = [[char; 3]; 3];

    fn players(&self) -> std::ops::RangeInclusive<u8> {
        2..=2
    }

    fn setup(&self, cx: &mut Cx<Self>) -> Verdict<Board> {
        let next = cx.players().nth(0).ok_or("nobody plays")?;
        Ok(Board {
            squares: [None; 9],
            next,
        })
    }

    fn turn(&self, board: &Board) -> Turn {
        Turn::of(board.next)
    }

    fn apply(&self, board: &mut Board, cx: &mut Cx<Self>, seat: Seat, square: u8) -> Verdict {
        let taken = board
            .squares
            .get_mut(usize::from(square))
            .ok_or("there is no such square")?;
        ensure!(taken.is_none(), "square {square} is taken");
        *taken = Some(seat);
        board.next = cx.players().after(seat).ok_or("nobody plays")?;
        Ok(())
    }

    fn outcome(&self, board: &Board) -> Option<Outcome> {
        let owner = |line: [usize; 3]| {
            let [a, b, c] = line.map(|square| board.squares[square]);
            a.filter(|_| a == b && b == c)
        };
        let full = !board.squares.contains(&None);
        LINES
            .into_iter()
            .find_map(owner)
            .map(Outcome::won)
            .or(full.then(Outcome::draw))
    }

    fn view(&self, board: &Board, _: &Viewer) -> [[char; 3]; 3] {
        let shown = |square: u8| match board.squares[usize::from(square)].map(Seat::index) {
            None => char::from(b'0' + square), // what to type
            Some(0) => 'X',
            Some(_) => 'O',
        };
        [0, 3, 6].map(|row| [0, 1, 2].map(|column| shown(row + column)))
    }

    fn candidates(&self, _: &Board, _: Seat) -> Vec<u8> {
        (0..9).collect() // bots and hints try these; the rules refuse the taken ones
    }
}

fn main() -> ExitCode {
    quorate::play(TicTacToe)
}
