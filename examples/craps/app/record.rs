//! The key that writes down what was decided.

use super::App;
use crate::screen::model::Tone;

impl App {
    /// Writes the transcript up to now, for anybody to check.
    pub(super) fn write_down(&mut self) {
        let table = self.crew.table();
        let id = table.id().map_or_else(String::new, |id| id.to_string());
        let path = self.crew.papers().join(format!("craps-{id}.transcript"));
        match quorate::save_transcript(table, &path) {
            Ok(height) => {
                let file = path.display();
                let text = format!("all {height} heights are in {file}: craps verify {file}");
                self.tell(Tone::Good, text);
            }
            Err(error) => self.say(Tone::Bad, format!("nothing was written down: {error}")),
        }
    }
}
