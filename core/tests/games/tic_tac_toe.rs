//! Three in a row: the smallest whole game.

use std::ops::RangeInclusive;

use quorate_core::game::{Cx, Game, Outcome, Turn, Verdict, Viewer};
use quorate_core::{Seat, ensure};

#[quorate::data]
pub struct TicTacToe;

#[quorate::data]
#[derive(PartialEq)]
pub struct Board {
    pub squares: [Option<Seat>; 9],
    pub order: [Seat; 2],
    pub moves: u8,
}

const LINES: [[usize; 3]; 8] = [
    [0, 1, 2],
    [3, 4, 5],
    [6, 7, 8],
    [0, 3, 6],
    [1, 4, 7],
    [2, 5, 8],
    [0, 4, 8],
    [2, 4, 6],
];

impl Game for TicTacToe {
    const NAME: &'static str = "tic-tac-toe";
    type State = Board;
    type Action = u8;
    type Event = ();
    type View = [Option<Seat>; 9];

    fn players(&self) -> RangeInclusive<u8> {
        2..=2
    }

    fn setup(&self, cx: &mut Cx<Self>) -> Verdict<Board> {
        let seat = |nth| cx.players().nth(nth).ok_or("two play");
        let mut order = [seat(0)?, seat(1)?];
        order.rotate_left(cx.game() as usize % 2); // the other begins the rematch
        Ok(Board {
            squares: [None; 9],
            order,
            moves: 0,
        })
    }

    fn turn(&self, board: &Board) -> Turn {
        Turn::of(board.order[usize::from(board.moves % 2)])
    }

    fn apply(&self, board: &mut Board, _: &mut Cx<Self>, seat: Seat, square: u8) -> Verdict {
        let square = usize::from(square);
        ensure!(square < 9, "there is no square {square}");
        ensure!(board.squares[square].is_none(), "square {square} is taken");
        board.squares[square] = Some(seat);
        board.moves += 1;
        Ok(())
    }

    fn outcome(&self, board: &Board) -> Option<Outcome> {
        let row = |line: &[usize; 3]| {
            let [a, b, c] = line.map(|square| board.squares[square]);
            a.filter(|_| a == b && b == c)
        };
        let winner = LINES.iter().find_map(row);
        winner
            .map(Outcome::won)
            .or_else(|| (board.moves == 9).then(Outcome::draw))
    }

    fn view(&self, board: &Board, _: &Viewer) -> Self::View {
        board.squares
    }

    fn candidates(&self, _: &Board, _: Seat) -> Vec<u8> {
        (0..9).collect()
    }
}
