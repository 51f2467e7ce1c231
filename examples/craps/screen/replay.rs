//! How the last height became final, slowly enough to be seen.

use std::time::Duration;

use quorate::Seat;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::model::{Replay, ScreenModel, Signed, Speed, Vote};
use super::theme::{AMBER, BRIGHT, DIM, GOLD, GREEN, RED, panel};

/// Columns of a name.
const NAME: usize = 10;
/// Columns of a time such as `  12.3 ms`.
const TIME: usize = 11;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, model: &ScreenModel) {
    let Some(replay) = &model.replay else {
        let block = panel(Line::styled(" how a height becomes final ", BRIGHT));
        frame.render_widget(block, area);
        return;
    };
    let speed = match replay.speed {
        Speed::Slowed(1) => "as fast as it was".to_owned(),
        Speed::Slowed(times) => format!("slowed {times}x"),
        Speed::Hastened(times) => format!("{times}x faster than it was"),
    };
    let title = format!(" how height {} became final ({speed}) ", replay.height);
    let block = panel(Line::styled(title, BRIGHT));
    let width = usize::from(area.width.saturating_sub(2));
    let room = usize::from(area.height.saturating_sub(3));
    let seats = order(replay, model);
    let mut lines: Vec<_> = seats
        .iter()
        .take(room)
        .map(|seat| line(*seat, replay, model, width))
        .collect();
    lines.resize(room, Line::default());
    lines.push(verdict(replay, model));
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

/// The seats by their first vote, then those that did not vote.
fn order(replay: &Replay, model: &ScreenModel) -> Vec<Seat> {
    let mut seats = Vec::new();
    let voters = replay.votes.iter().map(|vote| vote.seat);
    for seat in voters.chain(model.sitting().map(|row| row.seat)) {
        if !seats.contains(&seat) {
            seats.push(seat);
        }
    }
    seats
}

/// One seat's votes on a line of time: the length of a stroke is how long the vote took.
fn line<'a>(seat: Seat, replay: &Replay, model: &ScreenModel, width: usize) -> Line<'a> {
    let mut spans = vec![Span::raw(format!(" {:<NAME$.NAME$}", model.name(seat)))];
    let track = width.saturating_sub(NAME + 2 + TIME);
    let all = replay
        .decided
        .into_iter()
        .chain(replay.votes.iter().map(|vote| vote.at))
        .max();
    let all = all.map_or(1, |all| all.as_micros().max(1));
    let (mut column, mut last) = (0, None);
    let cast = replay
        .votes
        .iter()
        .filter(|vote| vote.seat == seat && vote.at <= replay.now);
    for vote in cast {
        let (label, style) = label(*vote);
        // Where the time says, or as soon as the word before it leaves room.
        let target = vote.at.as_micros() * track as u128 / all;
        let target = usize::try_from(target).unwrap_or(track);
        let stroke = target.saturating_sub(column + label.len() + 3);
        if column + label.len() + stroke + 3 > track + 1 {
            continue;
        }
        spans.push(Span::styled(format!("{label} "), DIM));
        spans.push(Span::styled("─".repeat(stroke), DIM));
        spans.push(Span::styled("■ ", style));
        column += label.len() + stroke + 3;
        last = Some(vote.at);
    }
    let silent = replay.votes.iter().all(|vote| vote.seat != seat);
    if silent && replay.decided.is_some_and(|decided| decided <= replay.now) {
        spans.push(Span::styled("nobody waited for this seat", DIM));
        return Line::from(spans);
    }
    let rest = (track + 1).saturating_sub(column);
    spans.push(Span::raw(" ".repeat(rest)));
    let time = last.map_or_else(String::new, milliseconds);
    spans.push(Span::styled(format!("{time:>10}"), DIM));
    Line::from(spans)
}

const fn label(vote: Vote) -> (&'static str, Style) {
    match vote.kind {
        Signed::Proposed => ("proposed", GOLD),
        Signed::Prepared => ("prepared", AMBER),
        Signed::Committed => ("committed", GREEN),
        Signed::InVain => ("in vain", RED),
    }
}

fn verdict<'a>(replay: &Replay, model: &ScreenModel) -> Line<'a> {
    match replay.decided.filter(|decided| *decided <= replay.now) {
        Some(decided) => Line::from(vec![
            Span::styled(format!(" FINAL in {}", milliseconds(decided)), GREEN),
            Span::styled(
                format!(
                    ": {} of {} signed, each on its disk first",
                    replay.signed, model.header.seats
                ),
                DIM,
            ),
        ]),
        None => Line::styled(
            " not final yet: nothing shown here can be taken for granted",
            DIM,
        ),
    }
}

fn milliseconds(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1e3;
    if ms < 10_000.0 {
        format!("{ms:.1} ms")
    } else {
        format!("{:.1} s", ms / 1e3)
    }
}
