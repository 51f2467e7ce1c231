//! The last lines: what just happened, and what can be done.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::model::{Faults, ScreenModel, Tone};
use super::theme::{DIM, GOLD, GREEN, KEY, PLAIN, RED};

/// Lines of the keys.
pub(super) const LINES: u16 = 2;

/// A key and what it does.
struct Key(&'static str, String, Style);

fn key(key: &'static str, does: &str) -> Key {
    Key(key, does.to_owned(), DIM)
}

fn play() -> Vec<Key> {
    vec![
        key("p", "pass"),
        key("d", "don't"),
        key("o", "odds"),
        key("f", "field"),
        key("1-6", "place"),
        key("h", "hard"),
        key("7", "seven"),
        key("x", "craps"),
        key("u", "down"),
        key("r", "roll"),
        key("v", "verify"),
        key("i", "invite"),
        key("?", "help"),
        key("q", "quit"),
    ]
}

/// What can be broken, or mended again where it is broken.
fn breaks(faults: &Faults) -> Vec<Key> {
    let mend = |letter, does: &str| Key(letter, does.to_owned(), RED);
    let mut keys = vec![key("k", "kill a peer")];
    if let Some(name) = &faults.killed {
        keys.push(mend("b", &format!("bring {name:.8} back")));
    }
    keys.push(if faults.split {
        mend("s", "heal the split")
    } else {
        key("s", "split in halves")
    });
    keys.push(if faults.lag {
        mend("l", "end the lag")
    } else {
        key("l", "lag +200 ms")
    });
    keys.push(key("", "...and watch it heal"));
    keys
}

/// What a narrow screen leaves to the help, the first first.
const SPARE: &[&str] = &["", "x", "7", "u", "h", "i", "o"];

pub(super) fn draw_notice(frame: &mut Frame<'_>, area: Rect, model: &ScreenModel) {
    let (mark, style) = match model.notice.tone {
        Tone::Quiet => (" ", PLAIN),
        Tone::Good => ("✓", GREEN),
        Tone::Bad => ("!", RED),
    };
    let notice = Line::styled(format!(" {mark} {}", model.notice.text), style);
    let stake = Line::from(vec![
        Span::styled(" bet ", DIM),
        Span::styled(format!("{} ", model.stake), GOLD),
        Span::styled("+", KEY),
        Span::styled(" ", DIM),
        Span::styled("-", KEY),
        Span::raw(" "),
    ]);
    let fits = notice.width() + stake.width() <= usize::from(area.width);
    frame.render_widget(notice, area);
    // What keeps the table waiting matters more than what the next bet puts down.
    if fits && !model.stake.is_zero() {
        frame.render_widget(stake.right_aligned(), area);
    }
}

pub(super) fn draw_keys(frame: &mut Frame<'_>, area: Rect, model: &ScreenModel) {
    let width = usize::from(area.width);
    let lines = [
        line(" play", play(), width),
        line(" break it", breaks(&model.faults), width),
    ];
    frame.render_widget(Paragraph::new(lines.to_vec()), area);
}

/// The keys of one line, and of the spare ones as many as `width` has room for.
fn line(title: &'static str, mut keys: Vec<Key>, width: usize) -> Line<'static> {
    let mut spare = SPARE.iter();
    loop {
        let line = spelled(title, &keys);
        if line.width() <= width {
            return line;
        }
        let Some(next) = spare.next() else {
            return line;
        };
        keys.retain(|Key(letter, ..)| letter != next);
    }
}

fn spelled(title: &'static str, keys: &[Key]) -> Line<'static> {
    let mut spans = vec![Span::styled(title, DIM)];
    for Key(letter, does, style) in keys {
        let gap = if letter.is_empty() { "" } else { " " };
        spans.push(Span::styled(format!("  {letter}"), KEY));
        spans.push(Span::styled(format!("{gap}{does}"), *style));
    }
    Line::from(spans)
}
