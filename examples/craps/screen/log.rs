//! What happened, in plain words.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::model::{LogLine, ScreenModel, Tone};
use super::theme::{BRIGHT, DIM, GREEN, PLAIN, RED, panel};

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, model: &ScreenModel) {
    let block = panel(Line::styled(" what happened ", BRIGHT))
        .title(Line::styled(" with the height: the number of the decision ", DIM).right_aligned());
    let room = usize::from(area.height.saturating_sub(2));
    let newest = model.log.len().saturating_sub(room);
    let lines: Vec<_> = model.log[newest..].iter().map(line).collect();
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

fn line(told: &LogLine) -> Line<'_> {
    let style = match told.tone {
        Tone::Quiet => PLAIN,
        Tone::Good => GREEN,
        Tone::Bad => RED,
    };
    Line::from(vec![
        Span::styled(format!("{:>6}  ", told.height), DIM),
        Span::styled(told.text.as_str(), style),
    ])
}
