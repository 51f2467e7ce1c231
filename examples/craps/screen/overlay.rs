//! What covers the table: help, a roll checked by hand, an invitation.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use ratatui::text::Line;
use ratatui::widgets::{Clear, Paragraph, Wrap};

use super::model::{Overlay, ScreenModel};
use super::theme::{BRIGHT, DIM, panel};

/// Light modules around a code, without which cameras miss it: columns, and half as many rows.
const MARGIN: u16 = 2;

const HELP: &str = "
 bets     p  Pass on the come-out, Come on a point   d  the Don't of it
          o  odds behind it, without an edge         f  Field
          1 to 6       Place 4 5 6 8 9 10            7  Any Seven
          h, 1 to 4    Hard 4 6 8 10                 x  Any Craps
          + -  how much    u  take down what may be taken down
          r  roll, when you are the shooter
 look     v  check the last roll by hand: every secret and commitment
          i  the link to this table, and its code for a phone's camera
 break it k  kill a peer; once more, and it returns from its disk
          s  split the table in halves, which decide nothing; then heal it
          l  200 ms of lag on every line of this process; then none
          c  Mal signs two different votes: the table proves it and dismisses him

 Every bet and every roll is signed by its author, agreed by a quorum of the
 seats, and on their disks before it counts. There is no server. Nobody knows
 the dice before all have sealed a secret, nobody can change them after.
";

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, model: &ScreenModel) {
    frame.render_widget(Clear, area);
    let close = Line::styled(" any key closes ", DIM).right_aligned();
    match &model.overlay {
        Overlay::None => {}
        Overlay::Help => {
            let block = panel(Line::styled(" help ", BRIGHT)).title_bottom(close);
            frame.render_widget(Paragraph::new(HELP).block(block), area);
        }
        Overlay::Verify { lines, from } => {
            let block = panel(Line::styled(" this roll, by hand ", BRIGHT)).title_bottom(
                Line::styled(" ↑ ↓ scroll, any other key closes ", DIM).right_aligned(),
            );
            let lines: Vec<_> = lines
                .iter()
                .map(|line| Line::raw(format!(" {line}")))
                .collect();
            let text = Paragraph::new(lines)
                .wrap(Wrap { trim: false })
                .scroll((*from, 0));
            frame.render_widget(text.block(block), area);
        }
        Overlay::Invite { note, link, code } => {
            let block = panel(Line::styled(" come and play ", BRIGHT)).title_bottom(close);
            let inner = block.inner(area);
            frame.render_widget(block, area);
            draw_invitation(frame, inner, &format!("{note}\n{link}"), code);
        }
    }
}

fn draw_invitation(frame: &mut Frame<'_>, area: Rect, words: &str, code: &[String]) {
    let width = usize::from(area.width.max(1));
    let rows = words
        .lines()
        .map(|line| line.len().div_ceil(width))
        .sum::<usize>();
    let rows = u16::try_from(rows).unwrap_or(u16::MAX).min(area.height);
    let below = area.height - rows;
    let text = Rect {
        height: rows,
        ..area
    };
    frame.render_widget(Paragraph::new(words).wrap(Wrap { trim: false }), text);
    let rest = Rect {
        y: area.y + rows,
        height: below,
        ..area
    };
    let columns = code.first().map_or(0, |row| row.chars().count()) + 2 * usize::from(MARGIN);
    let code_rows = code.len() + usize::from(MARGIN);
    if columns > width || code_rows > usize::from(below) {
        let text = "\n The code for a phone's camera needs a larger window.";
        frame.render_widget(
            Paragraph::new(text).style(DIM).wrap(Wrap { trim: false }),
            rest,
        );
        return;
    }
    // Dark on light whatever the terminal's colours, or cameras do not see it.
    let paper = Style::new().fg(Color::Black).bg(Color::White);
    let width = u16::try_from(columns).unwrap_or(area.width);
    let height = u16::try_from(code_rows).unwrap_or(below);
    let x = area.x + (area.width - width) / 2;
    let square = Rect {
        x,
        y: rest.y,
        width,
        height,
    };
    let margin = " ".repeat(usize::from(MARGIN));
    let mut lines = vec![Line::raw("")];
    lines.extend(code.iter().map(|row| Line::raw(format!("{margin}{row}"))));
    frame.render_widget(Paragraph::new(lines).style(paper), square);
}
