//! What covers the table: help, a roll checked by hand, an invitation.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use ratatui::text::Line;
use ratatui::widgets::{Borders, Clear, Padding, Paragraph, Wrap};

use super::model::{Overlay, ScreenModel};
use super::theme::{BRIGHT, DIM, panel};

/// Light modules around a code, without which cameras miss it: columns, and half as many rows.
const MARGIN: u16 = 2;

const HELP: &str = " bets      p  Pass on the come-out, Come on a point    d  the Don't of it
           o  odds behind one of these, no edge        f  Field
           1 to 6      Place 4 5 6 8 9 10              7  Any Seven
           h, 1 to 4   Hard 4 6 8 10                   x  Any Craps
           + -  how much     u  take the last one down that may come down
           r  roll, when you are the shooter
 look      v  check the last roll by hand     i  invite: link and code
           t  save all that was decided as a file, for craps verify
 break it  k  kill a bot's peer               b  bring it back from its disk
           s  split the table in two          l  200 ms of lag; again ends it
           c  Mal signs two votes at once: he is out, and the proof a file
           files go to the --data folder, or to where craps was started

 There is no server: every seat keeps the game and checks every step. A step
 is decided so, and its number is the height:
   proposed   the seat whose turn it is to lead suggests the next step
   prepared   a seat checked it, wrote that down, and says so to all
   committed  it saw enough others prepared, and will never sign another
   FINAL      enough committed; more than two thirds of the seats are enough
 If the leader is silent, the next seat leads a new round. While too few seats
 are here, nothing is decided and nothing is lost: play goes on by itself.
 Nobody knows the dice before all have sealed a secret, or can change them.
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
            let lines: Vec<_> = lines.iter().map(|line| Line::raw(line.as_str())).collect();
            let text = Paragraph::new(lines)
                .wrap(Wrap { trim: false })
                .scroll((*from, 0));
            frame.render_widget(text.block(block.padding(Padding::horizontal(1))), area);
        }
        Overlay::Invite { note, link, code } => {
            // No frame at the sides: a link that is copied with the mouse shall be whole.
            let block = panel(Line::styled(" come and play ", BRIGHT)).title_bottom(close);
            let block = block.borders(Borders::TOP | Borders::BOTTOM);
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
