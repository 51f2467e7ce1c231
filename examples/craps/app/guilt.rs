//! The cheat's key, and what comes of it: a name, a proof, a file.

use quorate::Seat;
use quorate::evidence::Offence;

use super::App;
use super::paper::write;
use crate::screen::model::{SeatRow, Tone};

impl App {
    /// Lets a bot of this process sign two different votes at once.
    pub(super) fn cheat(&mut self) {
        match self.crew.cheat() {
            Some(name) => self.tell(
                Tone::Quiet,
                format!("{name} tells everybody two different things, and signs both"),
            ),
            None => self.tell(Tone::Quiet, "no bot of this process is left to cheat"),
        }
    }

    /// Names who was proven guilty, and writes the proof down for anybody to check.
    pub(super) fn convicted(&mut self, seat: Seat, offence: Offence) {
        let mut proofs = self.crew.table().proofs().into_iter();
        let Some(proof) = proofs.find(|proof| usize::from(proof.seat) == seat.index()) else {
            return;
        };
        let height = offence.height();
        let crime = match offence {
            Offence::SignedTwice { .. } => format!("signed twice @{height}"),
            _ => format!("denied a vote @{height}"),
        };
        self.struck.push(SeatRow {
            seat,
            name: proof.name.clone(),
            note: String::new(),
            trouble: None,
            rtt: None,
            convicted: Some(crime),
        });
        let said = format!("{} {offence}.", proof.name);
        let text = match write(&proof, offence, &self.crew.papers()) {
            Ok(path) => format!("{said} Proof: {} (anybody can check it)", path.display()),
            Err(error) => format!("{said} The proof could not be written: {error}"),
        };
        self.tell(Tone::Bad, text);
    }
}
