//! The felt: every bet that stands, the point, the bank.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

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
    let rolls = match model.left {
        Some(left) => format!(" {shooter} rolls within {} s ", left.as_secs_f32().ceil()),
        None => format!(" {shooter} shoots "),
    };
    let block = panel(point).title(Line::styled(rolls, BRIGHT).right_aligned());
    let width = usize::from(area.width.saturating_sub(4));
    let height = usize::from(area.height.saturating_sub(3));
    let mut lines: Vec<Line<'_>> = rows(view, model)
        .into_iter()
        .flat_map(|cells| flow(cells, width))
        .collect();
    if lines.len() > height {
        // Too much: leave out what is empty.
        lines = flow(standing(view, model), width);
    }
    lines.truncate(height);
    lines.resize(height, Line::default());
    lines.push(conserved(view));
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

/// One place on the felt, ready to draw.
type Cell<'a> = Vec<Span<'a>>;

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
        bank(view),
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
fn bets_on(view: &View, model: &ScreenModel, bet: Bet) -> Vec<String> {
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

fn cell<'a>(label: &str, bets: Vec<String>) -> Cell<'a> {
    let mut spans = vec![Span::styled(label.to_owned(), FELT)];
    if bets.is_empty() {
        spans.push(Span::styled(" ·", DIM));
    }
    for bet in bets {
        spans.push(Span::styled(format!(" {bet} "), BRIGHT));
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
            spans.push(Span::styled(format!(" {}", bets.join(" ")), BRIGHT));
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
    cells.chain([bank(view)]).collect()
}

fn bank<'a>(view: &View) -> Cell<'a> {
    let held = Span::styled(grouped(view.bank), GOLD);
    vec![Span::styled("BANK ", FELT), held]
}

/// Lines of `width` columns that never break a cell, unless it alone is longer.
fn flow(cells: Vec<Cell<'_>>, width: usize) -> Vec<Line<'_>> {
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

fn conserved<'a>(view: &View) -> Line<'a> {
    Line::from(vec![
        Span::styled(" chips + bets + bank = ", DIM),
        Span::styled(grouped(view.total), GOLD),
        Span::styled(", the same at every height", DIM),
    ])
}
