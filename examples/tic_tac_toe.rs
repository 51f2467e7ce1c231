//! Tic-tac-toe: the rules are all there is to write.

use std::ops::RangeInclusive;
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
    type View = [Option<Seat>; 9];

    fn players(&self) -> RangeInclusive<u8> {
        2..=2
    }

    fn setup(&self, cx: &mut Cx<Self>) -> Verdict<Board> {
        let next = cx.players().nth(0).ok_or("nobody plays")?;
        let squares = [None; 9];
        Ok(Board { squares, next })
    }

    fn turn(&self, board: &Board) -> Turn {
        Turn::of(board.next)
    }

    fn apply(&self, board: &mut Board, cx: &mut Cx<Self>, seat: Seat, action: u8) -> Verdict {
        let index = usize::from(action);
        let square = board.squares.get_mut(index).ok_or("no such square")?;
        ensure!(square.is_none(), "that square is taken");
        *square = Some(seat);
        board.next = cx.players().after(seat).unwrap_or(seat);
        Ok(())
    }

    fn outcome(&self, board: &Board) -> Option<Outcome> {
        let owner = |line: &[usize; 3]| {
            let [a, b, c] = line.map(|square| board.squares[square]);
            a.filter(|_| a == b && b == c)
        };
        match LINES.iter().find_map(owner) {
            Some(winner) => Some(Outcome::won(winner)),
            None => (!board.squares.contains(&None)).then(Outcome::draw),
        }
    }

    fn view(&self, board: &Board, _: &Viewer) -> [Option<Seat>; 9] {
        board.squares
    }

    fn candidates(&self, _: &Board, _: Seat) -> Vec<u8> {
        (0..9).collect() // bots and hints try these; the rules refuse the taken ones
    }
}

fn main() -> ExitCode {
    quorate::play(TicTacToe)
}
