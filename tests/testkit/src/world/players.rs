//! Players: they look at the table, think, and act when they may.

use quorate_core::Game;
use quorate_core::engine::Input;

use super::{Event, World};
use crate::trace::Step;

impl<G: Game> World<G> {
    /// A player begins to think, unless it does already.
    pub(super) fn think(&mut self, device: usize) {
        let think = self.draw.players.think;
        let host = &mut self.hosts[device];
        if host.thinking || host.seat.is_none() || !host.is_up() {
            return;
        }
        host.thinking = true;
        let at = self.now + host.rng.exponential(think);
        let life = host.life;
        self.queue.put(at, Event::Play { device, life });
    }

    /// A player has thought.
    pub(super) fn play(&mut self, device: usize, life: u32) {
        let players = self.draw.players;
        let (healed, borne) = (self.healed, self.healed && self.cheating);
        let host = &mut self.hosts[device];
        if host.life != life {
            return;
        }
        if host.frozen_until > self.now {
            return self
                .queue
                .put(host.frozen_until, Event::Play { device, life });
        }
        host.thinking = false;
        if self.answer(device) {
            return self.think(device);
        }
        let host = &mut self.hosts[device];
        let (Some(engine), Some(seat)) = (&host.engine, host.seat) else {
            return;
        };
        if engine.is_rolled_back() {
            return; // it only watches now
        }
        let Some(play) = engine.table().play() else {
            return;
        };
        let must = engine.table().awaited().contains(seat);
        // Who has sealed its move has moved.
        let moved = play.turn().is_sealed();
        let may = !must && !moved && play.actors().contains(seat);
        let idle = !healed && host.rng.chance(players.idle_ppm);
        // Where play must go on with cheats at work, nobody fills the time with what need not be.
        let eager = host.rng.chance(players.may_ppm) && !borne;
        // Now and then a player taps twice.
        let waits = engine.pending() > 0 && !host.rng.chance(50_000);
        if waits || must && idle || may && !eager || !must && !may {
            return;
        }
        let actions = self.script.act(&mut host.rng, play, seat);
        if actions.is_empty() {
            return;
        }
        let turn = play.turn_number();
        host.ticket += 1;
        let ticket = host.ticket;
        self.note(device, Step::Acted);
        let input = Input::Act {
            ticket,
            turn,
            actions,
        };
        self.input(device, input);
    }
}
