//! The screen: one function from what is to be shown to a frame.

mod dice;
mod felt;
mod footer;
mod grid;
mod header;
mod log;
pub(crate) mod model;
mod overlay;
mod replay;
mod seats;
mod theme;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect, Spacing};

use model::{Overlay, ScreenModel};

/// From this width on, seats and felt stand side by side.
const WIDE: u16 = 100;
/// Columns of the seats and the dice in the wide layout.
const LEFT: u16 = 41;
/// From this height of the panels on, the felt shows its numbers side by side.
const TALL: u16 = 32;
/// Rows of such a felt.
const GRID: u16 = 14;
/// Rows of the log below which it is left out.
const LOG: u16 = 3;

/// Rows below which there is no room for two panels, one above the other.
const TWO: u16 = 9;

/// Draws `model` on the whole of `frame`.
pub(crate) fn draw(frame: &mut Frame<'_>, model: &ScreenModel) {
    let [top, body, notice, keys] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(0),
        Constraint::Length(1),
        Constraint::Length(footer::LINES),
    ])
    .areas(frame.area());
    header::draw(frame, top, model);
    if body.width >= WIDE {
        draw_wide(frame, body, model);
    } else {
        draw_narrow(frame, body, model);
    }
    footer::draw_notice(frame, notice, model);
    footer::draw_keys(frame, keys, model);
    if !matches!(model.overlay, Overlay::None) {
        overlay::draw(frame, frame.area(), model);
    }
}

fn draw_wide(frame: &mut Frame<'_>, area: Rect, model: &ScreenModel) {
    let side_by_side = Layout::horizontal([Constraint::Length(LEFT), Constraint::Min(0)]);
    let side_by_side = side_by_side.spacing(Spacing::Overlap(1));
    let rows = rows(model.seats.len());
    let felt = match area.height {
        0..16 => 6,
        16..TALL => 8,
        _ => GRID,
    };
    let [top, middle, log] = stacked([rows.max(felt), (rows + 1).max(7)], area);
    let [seats, felt] = side_by_side.areas(top);
    let [dice, replay] = side_by_side.areas(middle);
    felt::draw(frame, felt, model);
    replay::draw(frame, replay, model);
    seats::draw(frame, seats, model);
    dice::draw(frame, dice, model);
    if log.height >= LOG {
        log::draw(frame, log, model);
    }
}

/// For 80 columns: seats beside dice, and below them felt and replay in the whole width.
fn draw_narrow(frame: &mut Frame<'_>, area: Rect, model: &ScreenModel) {
    let most = area.height.saturating_sub(10).max(7);
    let above = rows(model.seats.len()).clamp(7, most);
    let below = Rect {
        y: area.y + above.saturating_sub(1).min(area.height),
        height: area.height.saturating_sub(above.saturating_sub(1)),
        ..area
    };
    let above = Rect {
        height: above.min(area.height),
        ..area
    };
    let felt = if area.height < TALL { 8 } else { GRID };
    let replay = (rows(model.seats.len()) + 1).max(7);
    let [felt, replay, log] = stacked([felt, replay], below);
    let side_by_side = Layout::horizontal([Constraint::Length(LEFT), Constraint::Min(0)]);
    let [seats, dice] = side_by_side.spacing(Spacing::Overlap(1)).areas(above);
    felt::draw(frame, felt, model);
    replay::draw(frame, replay, model);
    seats::draw(frame, seats, model);
    dice::draw(frame, dice, model);
    if log.height >= LOG {
        log::draw(frame, log, model);
    }
}

/// Two panels of these heights and the log in the rest, which is nothing where it has no room, and
/// only the first where two have none: the frames of neighbours are one.
fn stacked([first, second]: [u16; 2], area: Rect) -> [Rect; 3] {
    if area.height < TWO {
        return [area, Rect::ZERO, Rect::ZERO];
    }
    let rest = (area.height + 2).saturating_sub(first + second);
    if rest < LOG {
        let two = Layout::vertical([Constraint::Length(first), Constraint::Min(6)]);
        let [first, second] = two.spacing(Spacing::Overlap(1)).areas(area);
        return [first, second, Rect::ZERO];
    }
    let three = Layout::vertical([
        Constraint::Length(first),
        Constraint::Length(second),
        Constraint::Min(LOG),
    ]);
    three.spacing(Spacing::Overlap(1)).areas(area)
}

/// Rows of a panel with one line for each seat.
fn rows(seats: usize) -> u16 {
    u16::try_from(seats + 2).unwrap_or(u16::MAX)
}
