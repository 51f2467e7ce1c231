//! The felt of a tall window: the numbers side by side, and under each what stands on it.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::felt::{Cell, bets_on, cell, flow, once};
use super::model::{ScreenModel, grouped};
use super::theme::{BRIGHT, DIM, FELT, GOLD};
use crate::rules::View;
use crate::rules::bet::{Bet, Number, Pair, Side};

/// Columns of the names of the rows.
const LABEL: usize = 13;
/// Columns of a number, at least and at most.
const NUMBER: std::ops::RangeInclusive<usize> = 9..=16;

/// The whole felt in `width` columns, or `None` if it needs more.
pub(super) fn lines<'a>(view: &View, model: &ScreenModel, width: usize) -> Option<Vec<Line<'a>>> {
    let column = (width.checked_sub(LABEL)? / Number::ALL.len()).min(*NUMBER.end());
    if column < *NUMBER.start() {
        return None;
    }
    let grid = Grid {
        view,
        model,
        column,
    };
    let line = [Bet::PASS, Bet::DONT_PASS];
    let line = line.map(|bet| cell(&bet.to_string().to_uppercase(), bets_on(view, model, bet)));
    let mut lines = flow(line.to_vec(), width);
    lines.push(Line::default());
    lines.push(grid.numbers());
    let number = |side| move |number| Some(Bet::Number(side, number));
    let off = if view.point.is_none() { " off" } else { "" };
    lines.extend(grid.row("PLACE", off, |number| Some(Bet::Place(number))));
    lines.extend(grid.row("COME", "", number(Side::Right)));
    if Number::ALL
        .iter()
        .any(|on| !bets_on(view, model, Bet::Number(Side::Wrong, *on)).is_empty())
    {
        lines.extend(grid.row("DON'T COME", "", number(Side::Wrong)));
    }
    lines.extend(grid.row("HARD", off, |number| {
        let pair = Pair::ALL
            .into_iter()
            .find(|pair| pair.sum() == number.sum());
        pair.map(Bet::Hard)
    }));
    lines.push(Line::default());
    let mut next: Vec<Cell<'a>> = vec![vec![Span::styled("next roll", DIM)]];
    next.extend(once(view, model));
    lines.extend(flow(next, width));
    Some(lines)
}

/// What the rows of numbers are made of.
struct Grid<'m> {
    view: &'m View,
    model: &'m ScreenModel,
    column: usize,
}

impl Grid<'_> {
    /// The numbers, with the puck on the point.
    fn numbers<'a>(&self) -> Line<'a> {
        let mut spans = vec![Span::raw(" ".repeat(LABEL))];
        for number in Number::ALL {
            let on = self.view.point == Some(number);
            let (text, style) = if on {
                (format!("{number} ON"), GOLD)
            } else {
                (number.to_string(), FELT)
            };
            spans.extend(self.cell(text, style));
        }
        Line::from(spans)
    }

    /// One kind of bet on every number: as many lines as the fullest number has bets.
    fn row<'a>(
        &self,
        label: &str,
        note: &str,
        bet: impl Fn(Number) -> Option<Bet>,
    ) -> Vec<Line<'a>> {
        let columns = Number::ALL.map(|number| bet(number).map(|bet| self.bets(bet)));
        let most = columns.iter().flatten().map(Vec::len).max().unwrap_or(0);
        let mut lines = Vec::new();
        for nth in 0..most.max(1) {
            let (label, note) = if nth == 0 { (label, note) } else { ("", "") };
            let rest = LABEL.saturating_sub(1 + label.len());
            let mut spans = vec![
                Span::styled(format!(" {label}"), FELT),
                Span::styled(format!("{note:<rest$}"), DIM),
            ];
            for bets in &columns {
                let text = match bets {
                    None => (String::new(), DIM),
                    Some(bets) if nth == 0 && bets.is_empty() => ("·".to_owned(), DIM),
                    Some(bets) => (bets.get(nth).cloned().unwrap_or_default(), BRIGHT),
                };
                spans.extend(self.cell(text.0, text.1));
            }
            lines.push(Line::from(spans));
        }
        lines
    }

    /// What stands on `bet`, each short enough for a number: the name gives way, never the chips.
    fn bets(&self, bet: Bet) -> Vec<String> {
        let seats = self.view.seats.iter();
        let seats = seats.filter(|(_, seat)| !seat.stake(bet).is_zero());
        let bets = seats.map(|(seat, bets)| {
            let odds = bet.odds().map(|odds| bets.stake(odds));
            let odds = odds.filter(|odds| !odds.is_zero());
            let odds = odds.map_or_else(String::new, |odds| format!("+{}", grouped(odds)));
            let chips = format!("{}{odds}", grouped(bets.stake(bet)));
            let room = self.column.saturating_sub(chips.len() + 2);
            let name: String = self.model.name(seat).chars().take(room).collect();
            format!("{name} {chips}")
        });
        bets.collect()
    }

    fn cell<'a>(&self, text: String, style: Style) -> [Span<'a>; 2] {
        let blanks = self.column.saturating_sub(text.chars().count());
        [Span::styled(text, style), Span::raw(" ".repeat(blanks))]
    }
}
