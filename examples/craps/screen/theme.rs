//! Colours and frames.

use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::merge::MergeStrategy;
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType};

// Text has the terminal's own colour, and the rest lie midway between black and white: each has a
// contrast of at least 2.9 on either, so the screen reads on dark and on light terminals.

/// Frames, labels, what rests.
pub(super) const DIM: Style = Style::new().fg(Color::Indexed(244));
/// What is simply said.
pub(super) const PLAIN: Style = Style::new().fg(Color::Reset);
/// Who is no more at the table.
pub(super) const STRUCK: Style = DIM.add_modifier(Modifier::CROSSED_OUT);
/// Titles and the player's own.
pub(super) const BRIGHT: Style = PLAIN.add_modifier(Modifier::BOLD);
/// Chips and the point.
pub(super) const GOLD: Style = bold(136);
/// Final, opened, won.
pub(super) const GREEN: Style = Style::new().fg(Color::Indexed(34));
/// A first vote; a sealed secret.
pub(super) const AMBER: Style = Style::new().fg(Color::Indexed(166));
/// Trouble.
pub(super) const RED: Style = bold(167);
/// The names of bets.
pub(super) const FELT: Style = Style::new().fg(Color::Indexed(29));
/// A key to press.
pub(super) const KEY: Style = bold(32);

const fn bold(color: u8) -> Style {
    Style::new()
        .fg(Color::Indexed(color))
        .add_modifier(Modifier::BOLD)
}

/// The frame of a panel; frames that touch grow together.
pub(super) fn panel<'a>(title: impl Into<Line<'a>>) -> Block<'a> {
    Block::bordered()
        .border_type(BorderType::Rounded)
        .merge_borders(MergeStrategy::Fuzzy)
        .border_style(DIM)
        .title(title)
}
