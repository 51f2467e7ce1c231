//! A seat that, when it changes rounds, claims to hold nothing: the attack that PBFT's view change
//! has to survive.

use std::sync::Arc;

use quorate_core::Seat;
use quorate_core::message::{Message, RoundChange};

use super::{Attack, Hand};
use crate::frame::Frame;

/// Forgets what it prepared.
pub(super) struct ForgetfulRoundChange;

impl Attack for ForgetfulRoundChange {
    fn outgoing(&mut self, hand: &mut Hand<'_>, to: Seat, frame: &Arc<Frame>) {
        match frame.message() {
            Some(Message::RoundChange(change, _))
                if change.seat == hand.me && change.claim.is_some() =>
            {
                let forgetful = RoundChange {
                    claim: None,
                    ..change.clone()
                };
                let forgetful = forgetful.signed(hand.table, hand.signer);
                hand.send(to, Message::RoundChange(forgetful, None));
            }
            // Nor does it show what it holds.
            Some(Message::Prepared(_)) => {}
            _ => hand.pass(to, frame),
        }
    }
}
