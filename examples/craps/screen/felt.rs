//! The felt: every bet that stands, the point, the bank.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::grid;
use super::model::{ScreenModel, grouped};
use super::theme::{BRIGHT, DIM, FELT, GOLD, panel};
use crate::rules::View;
use crate::rules::bet::{Bet, Number, Pair, Side};

/// Blanks between two places on the felt.
const GAP: usize = 3;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, model: &ScreenModel) {
    let Some(view) = &model.view else {
        let block = panel(Line::styled(" felt ", BRIGHT));
        let lines = [
            Line::raw(""),
            Line::styled("  nobody bets before everybody sits", DIM),
        ];
        frame.render_widget(Paragraph::new(lines.to_vec()).block(block), area);
        return;
    };
    let point = match view.point {
        Some(point) => Line::from(vec![
            Span::styled(" felt ── ", BRIGHT),
            Span::styled(format!("POINT {point} "), GOLD),
        ]),
        None => Line::styled(" felt ── come-out ", BRIGHT),
    };
    let shooter = model.name(view.shooter);
    let left = model.left.map(|left| left.as_secs_f32().ceil());
    let rolls = match (left, view.me == Some(view.shooter)) {
        (Some(left), true) => Line::styled(format!(" you roll: r, within {left} s "), GOLD),
        (Some(left), false) => Line::styled(format!(" {shooter} rolls within {left} s "), BRIGHT),
        (None, _) => Line::styled(format!(" {shooter} shoots "), BRIGHT),
    };
    let block = panel(point).title(rolls.right_aligned());
    let width = usize::from(area.width.saturating_sub(4));
    let height = usize::from(area.height.saturating_sub(3));
    let grid = grid::lines(view, model, width + 2);
    let rows = || {
        let rows = rows(view, model).into_iter();
        rows.flat_map(|cells| flow(cells, width)).collect()
    };
    let fits = |lines: &Vec<Line<'_>>| lines.len() <= height;
    // Too much for the window: leave out what is empty.
    let mut lines: Vec<Line<'_>> = grid
        .filter(fits)
        .or_else(|| Some(rows()).filter(fits))
        .unwrap_or_else(|| flow(standing(view, model), width));
    lines.truncate(height);
    lines.resize(height, Line::default());
    lines.push(conserved(view));
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

/// One place on the felt, ready to draw.
pub(super) type Cell<'a> = Vec<Span<'a>>;

fn rows<'a>(view: &View, model: &ScreenModel) -> [Vec<Cell<'a>>; 3] {
    let at = |label: &str, bet| cell(label, bets_on(view, model, bet));
    let mut first = vec![at("PASS", Bet::PASS), at("DON'T PASS", Bet::DONT_PASS)];
    first.push(at("FIELD", Bet::Field));
    let mut second = vec![group(
        "PLACE",
        Number::ALL.map(|number| (number.sum(), bets_on(view, model, Bet::Place(number)))),
    )];
    second.extend(comes(view, model, Side::Right));
    second.extend(comes(view, model, Side::Wrong));
    let third = vec![
        group(
            "HARD",
            Pair::ALL.map(|pair| (pair.sum(), bets_on(view, model, Bet::Hard(pair)))),
        ),
        at("ANY 7", Bet::AnySeven),
        at("CRAPS", Bet::AnyCraps),
    ];
    [first, second, third]
}

/// The Come box and the numbers to which its bets moved; the Don'ts only where there are any.
fn comes<'a>(view: &View, model: &ScreenModel, side: Side) -> Vec<Cell<'a>> {
    let label = if side == Side::Right {
        "COME"
    } else {
        "DON'T COME"
    };
    let waiting = bets_on(view, model, Bet::Come(side));
    let moved = Number::ALL.into_iter().filter_map(|number| {
        let bets = bets_on(view, model, Bet::Number(side, number));
        (!bets.is_empty()).then(|| cell(&format!("{label} {number}"), bets))
    });
    let moved: Vec<_> = moved.collect();
    let shown = !waiting.is_empty() || (side == Side::Right && moved.is_empty());
    let waiting = shown.then(|| cell(label, waiting));
    waiting.into_iter().chain(moved).collect()
}

/// What everybody has on `bet`, with the odds behind it: `Ann 50+100`.
pub(super) fn bets_on(view: &View, model: &ScreenModel, bet: Bet) -> Vec<String> {
    let seats = view
        .seats
        .iter()
        .filter(|(_, seat)| !seat.stake(bet).is_zero());
    seats
        .map(|(seat, bets)| {
            let odds = bet
                .odds()
                .map(|odds| bets.stake(odds))
                .filter(|odds| !odds.is_zero());
            let odds = odds.map_or_else(String::new, |odds| format!("+{}", grouped(odds)));
            format!("{} {}{odds}", model.name(seat), grouped(bets.stake(bet)))
        })
        .collect()
}

pub(super) fn cell<'a>(label: &str, bets: Vec<String>) -> Cell<'a> {
    let mut spans = vec![Span::styled(label.to_owned(), FELT)];
    if bets.is_empty() {
        spans.push(Span::styled(" ·", DIM));
    }
    let mut gap = " ";
    for bet in bets {
        spans.push(Span::styled(gap, DIM));
        spans.push(Span::styled(bet, BRIGHT));
        gap = ", ";
    }
    spans
}

fn group<'a, const N: usize>(label: &str, numbers: [(u8, Vec<String>); N]) -> Cell<'a> {
    let mut spans = vec![Span::styled(label.to_owned(), FELT)];
    for (number, bets) in numbers {
        spans.push(Span::styled(format!("  {number}"), FELT));
        if bets.is_empty() {
            spans.push(Span::styled(" ·", DIM));
        } else {
            spans.push(Span::styled(format!(" {}", bets.join(", ")), BRIGHT));
        }
    }
    spans
}

/// Only the bets that stand, for a felt too small for its empty places.
fn standing<'a>(view: &View, model: &ScreenModel) -> Vec<Cell<'a>> {
    let all = Bet::all().into_iter().filter(|bet| bet.flat().is_none());
    let cells = all.filter_map(|bet| {
        let bets = bets_on(view, model, bet);
        (!bets.is_empty()).then(|| cell(&bet.to_string().to_uppercase(), bets))
    });
    cells.collect()
}

/// The bets that the next roll decides or moves.
pub(super) fn once<'a>(view: &View, model: &ScreenModel) -> Vec<Cell<'a>> {
    let at = |label: &str, bet| cell(label, bets_on(view, model, bet));
    let mut cells = vec![at("FIELD", Bet::Field), at("COME", Bet::Come(Side::Right))];
    let wrong = bets_on(view, model, Bet::Come(Side::Wrong));
    if !wrong.is_empty() {
        cells.push(cell("DON'T COME", wrong));
    }
    cells.extend([at("ANY 7", Bet::AnySeven), at("CRAPS", Bet::AnyCraps)]);
    cells
}

/// Lines of `width` columns that never break a cell, unless it alone is longer.
pub(super) fn flow(cells: Vec<Cell<'_>>, width: usize) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    for cell in cells {
        let cell = Line::from(cell);
        match lines.last_mut() {
            Some(line) if line.width() + GAP + cell.width() <= width + 1 => {
                line.push_span(Span::raw(" ".repeat(GAP)));
                line.spans.extend(cell.spans);
            }
            _ => {
                let mut line = Line::raw(" ");
                line.spans.extend(cell.spans);
                lines.push(line);
            }
        }
    }
    lines
}

/// Where every chip is: the sum never changes, and every seat checks it.
fn conserved<'a>(view: &View) -> Line<'a> {
    Line::from(vec![
        Span::styled(" chips + bets + ", DIM),
        Span::styled("BANK ", FELT),
        Span::styled(grouped(view.bank), GOLD),
        Span::styled(" = ", DIM),
        Span::styled(grouped(view.total), GOLD),
        Span::styled(" at every height", DIM),
    ])
}
