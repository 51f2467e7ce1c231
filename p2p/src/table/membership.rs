//! Seats at a table that plays already: who asks for one, and the link that leads there.

use quorate_core::Height;
use quorate_core::game::Game;
use quorate_core::roster::Newcomer;
use quorate_core::snapshot::Anchor;

use super::{Kind, Table};
use crate::driver::Mail;
use crate::link::Link;

impl<G: Game> Table<G> {
    /// Who follows this table and asks for a seat, as far as this device was told. A player moves
    /// [`Motion::Admit`](quorate_core::message::Motion::Admit) with one of them, and the others
    /// ballot; whoever is admitted sits down by itself.
    #[must_use]
    pub fn asking(&self) -> Vec<Newcomer> {
        self.shared()
            .map_or_else(Vec::new, |shared| shared.read(|board| board.askers.clone()))
    }

    /// Asks the players for a seat, or asks again after having left, with a note to them on what
    /// this player brings. [`Node::join`](crate::Node::join) asks by itself, without a note. Does
    /// nothing at a table of one's own device, with a seat, or where one only watches.
    pub fn ask(&self, buy_in: &str) {
        if let Some(shared) = self.shared() {
            let buy_in = buy_in.to_owned();
            shared.inbox.push(Mail::Ask { buy_in });
        }
    }

    /// The link to send to whoever should sit down or watch; it invites to the same table from
    /// gathering to the end. Once the table plays it names its newest checkpoint, or its last
    /// decision before the first, and leads to this device too, if it has a seat: so it is good
    /// even when the host has left, or all who began. None at a local table.
    #[must_use]
    pub fn link(&self) -> Option<Link> {
        let Kind::Net { running, node } = &self.kind else {
            return None;
        };
        let (mut link, recent, seated) = running.shared.read(|board| {
            let (height, digest) = (board.height, board.tip);
            let last = (height > Height(0)).then_some(Anchor { height, digest });
            let recent = board.checkpoint.or(last);
            (board.link.clone(), recent, board.seat.is_some())
        });
        if recent.is_some() {
            link.recent = recent;
        }
        if seated && link.host != node.key() {
            link.add(node.key(), node.reachable());
        }
        Some(link)
    }
}
