//! Who sits here, how far away, and with how much.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::model::{ScreenModel, SeatRow, grouped};
use super::theme::{BRIGHT, DIM, GOLD, PLAIN, RED, STRUCK, panel};

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, model: &ScreenModel) {
    let block = panel(Line::styled(" seats ", BRIGHT))
        .title(Line::styled(" ping ms ── chips ", DIM).right_aligned());
    let room = usize::from(area.height.saturating_sub(2));
    let mut lines: Vec<_> = model.seats.iter().map(|row| line(row, model)).collect();
    if lines.len() > room {
        lines.truncate(room.saturating_sub(1));
        let more = model.seats.len() - lines.len();
        lines.push(Line::styled(format!("   and {more} more"), DIM));
    }
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

fn line<'a>(row: &SeatRow, model: &ScreenModel) -> Line<'a> {
    if let Some(crime) = &row.convicted {
        return Line::from(vec![
            Span::raw("   "),
            Span::styled(format!("{:.10}", row.name), STRUCK),
            Span::raw(" ".repeat(10_usize.saturating_sub(row.name.chars().count()))),
            Span::styled(format!(" OUT: {crime:<19.19}"), RED),
        ]);
    }
    let view = model.view.as_ref();
    let shoots = view.is_some_and(|view| view.shooter == row.seat);
    let mine = view.is_some_and(|view| view.me == Some(row.seat));
    let chips = view
        .and_then(|view| view.seats.get(row.seat))
        .map(|seat| grouped(seat.chips));
    let ms = match row.rtt.map(|rtt| rtt.as_secs_f64() * 1e3) {
        _ if mine => "0".to_owned(),
        Some(ms) if ms < 10.0 => format!("{ms:.1}"),
        Some(ms) => format!("{ms:.0}"),
        None => "·".to_owned(),
    };
    let note = match row.trouble {
        Some(trouble) => Span::styled(format!("{trouble:<12}"), RED),
        None => Span::styled(format!("{:<12.12}", row.note), DIM),
    };
    Line::from(vec![
        Span::styled(if shoots { " ▶ " } else { "   " }, GOLD),
        Span::styled(
            format!("{:<10.10} ", row.name),
            if mine { BRIGHT } else { PLAIN },
        ),
        note,
        Span::styled(format!("{ms:>4}"), DIM),
        Span::styled(
            format!("{:>8} ", chips.unwrap_or_else(|| "·".to_owned())),
            GOLD,
        ),
    ])
}
