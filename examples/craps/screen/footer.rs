//! The last lines: what just happened, and what can be done.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::model::{ScreenModel, Tone};
use super::theme::{DIM, GOLD, GREEN, KEY, RED};

/// Lines of the keys.
pub(super) const LINES: u16 = 2;

/// A key and what it does.
struct Key(&'static str, &'static str);

const PLAY: &[Key] = &[
    Key("p", "pass"),
    Key("d", "don't"),
    Key("o", "odds"),
    Key("f", "field"),
    Key("1-6", "place"),
    Key("r", "roll"),
    Key("v", "verify"),
    Key("i", "invite"),
    Key("?", "help"),
];

const BREAK: &[Key] = &[
    Key("k", "kill a peer"),
    Key("s", "split 2|2"),
    Key("l", "lag +200 ms"),
    Key("c", "cheat as Mal"),
    Key("", "...and watch it heal"),
    Key("q", "quit"),
];

/// What a narrow screen leaves to the help.
const SPARE: &[&str] = &["o", ""];

pub(super) fn draw_notice(frame: &mut Frame<'_>, area: Rect, model: &ScreenModel) {
    let (mark, style) = match model.notice.tone {
        Tone::Quiet => (" ", DIM),
        Tone::Good => ("✓", GREEN),
        Tone::Bad => ("!", RED),
    };
    let notice = Line::styled(format!(" {mark} {}", model.notice.text), style);
    frame.render_widget(notice, area);
    if !model.stake.is_zero() {
        let stake = Line::from(vec![
            Span::styled(" bet ", DIM),
            Span::styled(format!("{} ", model.stake), GOLD),
            Span::styled("+", KEY),
            Span::styled(" ", DIM),
            Span::styled("-", KEY),
            Span::raw(" "),
        ]);
        frame.render_widget(stake.right_aligned(), area);
    }
}

pub(super) fn draw_keys(frame: &mut Frame<'_>, area: Rect) {
    let lines = [(" play", PLAY), (" break it", BREAK)].map(|(title, all)| {
        let every = keys(title, all.iter());
        if every.width() <= usize::from(area.width) {
            return every;
        }
        keys(title, all.iter().filter(|Key(key, _)| !SPARE.contains(key)))
    });
    frame.render_widget(Paragraph::new(lines.to_vec()), area);
}

fn keys(title: &'static str, keys: impl Iterator<Item = &'static Key>) -> Line<'static> {
    let mut spans = vec![Span::styled(title, DIM)];
    for Key(key, does) in keys {
        let gap = if key.is_empty() { "" } else { " " };
        spans.push(Span::styled(format!("  {key}"), KEY));
        spans.push(Span::styled(format!("{gap}{does}"), DIM));
    }
    Line::from(spans)
}
