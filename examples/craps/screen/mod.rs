//! The screen: one function from what is to be shown to a frame.

mod dice;
mod felt;
mod footer;
mod header;
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
    footer::draw_keys(frame, keys);
    if !matches!(model.overlay, Overlay::None) {
        // A code for the camera needs every row there is.
        let whole = matches!(model.overlay, Overlay::Invite { .. });
        overlay::draw(frame, if whole { frame.area() } else { body }, model);
    }
}

fn draw_wide(frame: &mut Frame<'_>, area: Rect, model: &ScreenModel) {
    let side_by_side = Layout::horizontal([Constraint::Length(LEFT), Constraint::Min(0)]);
    let [left, right] = side_by_side.spacing(Spacing::Overlap(1)).areas(area);
    let rows = rows(model.seats.len());
    let least = if area.height < 16 { 6 } else { 8 };
    let stacked = Layout::vertical([Constraint::Length(rows.max(least)), Constraint::Min(7)]);
    let stacked = stacked.spacing(Spacing::Overlap(1));
    let [seats, dice] = stacked.areas(left);
    let [felt, replay] = stacked.areas(right);
    felt::draw(frame, felt, model);
    replay::draw(frame, replay, model);
    seats::draw(frame, seats, model);
    dice::draw(frame, dice, model);
}

/// For 80 columns: seats beside dice, and below them felt and replay in the whole width.
fn draw_narrow(frame: &mut Frame<'_>, area: Rect, model: &ScreenModel) {
    let most = area.height.saturating_sub(10).max(7);
    let top = rows(model.seats.len()).clamp(7, most);
    let stacked = Layout::vertical([
        Constraint::Length(top),
        Constraint::Length(8),
        Constraint::Min(6),
    ]);
    let [top, felt, replay] = stacked.spacing(Spacing::Overlap(1)).areas(area);
    let side_by_side = Layout::horizontal([Constraint::Length(LEFT), Constraint::Min(0)]);
    let [seats, dice] = side_by_side.spacing(Spacing::Overlap(1)).areas(top);
    felt::draw(frame, felt, model);
    replay::draw(frame, replay, model);
    seats::draw(frame, seats, model);
    dice::draw(frame, dice, model);
}

/// Rows of a panel with one line for each seat.
fn rows(seats: usize) -> u16 {
    u16::try_from(seats + 2).unwrap_or(u16::MAX)
}
