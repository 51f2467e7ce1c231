//! The first line: which table, how far, and what it stands.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::model::ScreenModel;
use super::theme::{BRIGHT, DIM, GOLD};

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, model: &ScreenModel) {
    let header = &model.header;
    let left = Line::from(vec![
        Span::styled(" CRAPS ", BRIGHT),
        Span::styled(" table ", DIM),
        Span::raw(header.table.clone()),
        Span::styled("  height ", DIM),
        Span::styled(header.height.to_string(), GOLD),
        Span::styled(format!("  {}", header.network), DIM),
    ]);
    let long = format!(
        "{} seats: {} decide, {} may cheat ",
        header.seats, header.decide, header.may_cheat
    );
    let short = format!("{} of {} decide ", header.decide, header.seats);
    let room = usize::from(area.width).saturating_sub(left.width() + 1);
    frame.render_widget(left, area);
    if let Some(right) = [long, short].into_iter().find(|text| text.len() <= room) {
        frame.render_widget(Line::styled(right, DIM).right_aligned(), area);
    }
}
