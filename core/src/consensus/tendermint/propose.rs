//! Rule 1: what a leader proposes.

use super::{Step, Tendermint};
use crate::certificate::PrepareCertificate;
use crate::consensus::{Context, Effect, Entitlement};
use crate::time::Round;

impl Tendermint {
    /// Proposes where this seat leads and has voted nothing (L11 to L19).
    pub(super) fn propose(&mut self, cx: &mut Context<'_>, effects: &mut Vec<Effect>) {
        let valid = self.valid().cloned();
        // Once its patience is over a seat prepares nil, its leader too.
        let open = self.step() == Step::Propose && !self.is_over_time(cx);
        let dossier = &mut self.dossier;
        let round = dossier.round;
        let leads = dossier.place.me == Some(dossier.leader());
        if !leads || !open || dossier.signed.proposed.contains(&round) {
            return;
        }
        if round == Round(0) && !cx.work.propose {
            return;
        }
        let again = match &valid {
            None => None,
            Some(certificate) => {
                let (digest, holders) = (certificate.0.digest, certificate.0.signatures.seats());
                let Some(block) = dossier.body(digest).cloned() else {
                    return dossier.want(digest, holders, cx.now, effects);
                };
                Some(block)
            }
        };
        dossier.signed.proposed.insert(round);
        let entitlement = (round > Round(0)).then_some(Entitlement {
            changes: None,
            prepared: valid,
        });
        effects.push(Effect::Propose {
            round,
            again,
            entitlement,
        });
    }

    /// The certificate whose block this seat would propose: the highest of a round below, whether
    /// or not the seat is locked on its block.
    fn valid(&self) -> Option<&PrepareCertificate> {
        let mut below = self.dossier.certificates.range(..self.dossier.round);
        below.next_back().map(|(_, certificate)| certificate)
    }
}
