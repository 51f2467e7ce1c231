//! The dice, and the secrets that make them.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::model::{Faces, ScreenModel};
use super::theme::{AMBER, BRIGHT, DIM, GOLD, GREEN, panel};
use crate::rules::bet::Dice;

/// Columns of two dice side by side, and a blank at each edge.
const DICE_COLUMNS: u16 = 17;
/// Rows of one die.
const DIE_ROWS: u16 = 5;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, model: &ScreenModel) {
    let block = panel(Line::styled(format!(" dice: {} ", status(model)), BRIGHT));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let columns = Layout::horizontal([Constraint::Min(0), Constraint::Length(DICE_COLUMNS)]);
    let [secrets, dice] = columns.areas(inner);
    draw_secrets(frame, secrets, model);
    let top = (dice.height.saturating_sub(DIE_ROWS) / 2).min(1);
    let dice = Rect {
        y: dice.y + top,
        height: dice.height - top,
        ..dice
    };
    let (faces, style) = faces(model.dice.faces);
    let lines = (0..5).map(|row| {
        Line::from(
            faces
                .map(|face| Span::styled(die(face, row), style))
                .to_vec(),
        )
    });
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), dice);
}

fn status(model: &ScreenModel) -> String {
    let dice = &model.dice;
    match dice.faces {
        Faces::Sealed => "everybody throws in a secret".to_owned(),
        Faces::Fell(fell) => format!("{} + {} = {}", fell.0[0], fell.0[1], fell.sum()),
        Faces::Tumbling(_) => match dice.sealed - dice.opened {
            awaited if awaited.is_empty() => "every secret is open".to_owned(),
            awaited if awaited.len() > 1 => format!("waiting for {} secrets", awaited.len()),
            awaited => format!("waiting for the secret of {}", model.names(awaited)),
        },
    }
}

/// Who has sealed a secret and who has opened it. Beside dice that lie stand the secrets sealed for
/// the next roll, of which none is open.
fn draw_secrets(frame: &mut Frame<'_>, area: Rect, model: &ScreenModel) {
    let next = matches!(model.dice.faces, Faces::Fell(_)) && model.dice.opened.is_empty();
    let title = if next {
        " sealed for next roll"
    } else {
        "        sealed opened"
    };
    let mut lines = vec![Line::styled(title, DIM)];
    for row in model.sitting() {
        let dot = |on: bool, style: Style| {
            let dot = if on { "●" } else { "◌" };
            Span::styled(dot, if on { style } else { DIM })
        };
        let mut line = vec![
            Span::raw(format!(" {:<9.7}", row.name)),
            dot(model.dice.sealed.contains(row.seat), AMBER),
        ];
        if !next {
            line.push(Span::raw("      "));
            line.push(dot(model.dice.opened.contains(row.seat), GREEN));
        }
        lines.push(Line::from(line));
    }
    let room = usize::from(area.height);
    if lines.len() > room {
        let sealed = model.dice.sealed.len();
        let opened = if next {
            String::new()
        } else {
            model.dice.opened.len().to_string()
        };
        lines.truncate(room.saturating_sub(1));
        lines.push(Line::styled(format!(" of all   {sealed:<6} {opened}"), DIM));
    }
    frame.render_widget(Paragraph::new(lines), area);
}

/// What the two dice show, and how bright; 0 is a question mark.
fn faces(faces: Faces) -> ([u8; 2], Style) {
    match faces {
        Faces::Sealed => ([0, 0], DIM),
        Faces::Tumbling(tick) => {
            let face = |tick: u64| (tick % 6 + 1).to_le_bytes()[0];
            (
                [
                    face(tick.wrapping_mul(5)),
                    face(tick.wrapping_mul(7) / 2 + 3),
                ],
                AMBER,
            )
        }
        Faces::Fell(Dice([first, second])) => {
            ([first, second], if first == second { GOLD } else { BRIGHT })
        }
    }
}

/// One row of a die.
fn die(face: u8, row: u16) -> String {
    let pips = match (face, row) {
        (_, 0) => return " ╭─────╮".to_owned(),
        (_, 4) => return " ╰─────╯".to_owned(),
        (0, 2) => "  ?  ",
        (2 | 3, 1) => "●    ",
        (2 | 3, 3) => "    ●",
        (1 | 3 | 5, 2) => "  ●  ",
        (4..=6, 1 | 3) | (6, 2) => "●   ●",
        _ => "     ",
    };
    format!(" │{pips}│")
}
