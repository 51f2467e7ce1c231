//! Colours and frames.

use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::merge::MergeStrategy;
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType};

/// Frames, labels, what rests.
pub(super) const DIM: Style = Style::new().fg(Color::Indexed(244));
/// Titles and the player's own.
pub(super) const BRIGHT: Style = Style::new()
    .fg(Color::Indexed(255))
    .add_modifier(Modifier::BOLD);
/// Chips and the point.
pub(super) const GOLD: Style = Style::new().fg(Color::Indexed(220));
/// Final, opened, won.
pub(super) const GREEN: Style = Style::new().fg(Color::Indexed(78));
/// A first vote; a sealed secret.
pub(super) const AMBER: Style = Style::new().fg(Color::Indexed(214));
/// Trouble.
pub(super) const RED: Style = Style::new().fg(Color::Indexed(203));
/// The names of bets.
pub(super) const FELT: Style = Style::new().fg(Color::Indexed(114));
/// A key to press.
pub(super) const KEY: Style = Style::new()
    .fg(Color::Indexed(75))
    .add_modifier(Modifier::BOLD);

/// The frame of a panel; frames that touch grow together.
pub(super) fn panel<'a>(title: impl Into<Line<'a>>) -> Block<'a> {
    Block::bordered()
        .border_type(BorderType::Rounded)
        .merge_borders(MergeStrategy::Fuzzy)
        .border_style(DIM)
        .title(title)
}
