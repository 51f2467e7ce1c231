//! A guest of a gathering: asks for a seat, checks what the host proposes, signs.

use std::sync::Arc;

use quorate_core::crypto::{AnyScheme, PublicKey, SecretKey, Signer};
use quorate_core::genesis::{Genesis, SignedGenesis, TableId};
use quorate_core::roster::{Name, SeatKind};
use quorate_core::{Mono, Now};

use super::{Ask, Brought, Gathering, Offer, Step, Terms};
use crate::limits::HOST_SILENT;
use crate::link::Link;
use crate::table::{Breach, Refusal, Trouble};

/// A guest's side of a gathering, or a watcher's.
pub(crate) struct Guest {
    host: PublicKey,
    /// The table that the link names; none in one that is older than the table.
    table: Option<TableId>,
    /// Who asks; none for a watcher.
    me: Option<Asking>,
    /// Whether this build plays the game of some terms as the host does.
    check: fn(&Terms, &Name) -> Result<(), Refusal>,
    offer: Option<Box<Offer>>,
    /// The one genesis that may begin.
    candidate: Option<Box<Genesis>>,
    /// Since when the host has been silent; none while it is connected.
    silent: Option<Mono>,
    told: bool,
}

/// Who asks for a seat.
pub(crate) struct Asking {
    pub(crate) name: Name,
    pub(crate) nonce: [u8; 32],
    /// What the seat is to be for.
    pub(crate) kind: SeatKind,
    pub(crate) secret: Arc<SecretKey>,
}

impl Guest {
    pub(crate) fn new(
        link: &Link,
        me: Option<Asking>,
        check: fn(&Terms, &Name) -> Result<(), Refusal>,
        candidate: Option<Box<Genesis>>,
        now: Mono,
    ) -> Self {
        Self {
            host: link.host,
            table: link.table,
            me,
            check,
            offer: None,
            candidate,
            silent: Some(now),
            told: false,
        }
    }

    /// The host is connected, or anybody else who can tell how the table begins.
    pub(crate) fn up(&mut self, peer: PublicKey) -> Vec<Step> {
        self.silent = None;
        let mut steps = self.trouble(None);
        if self.me.is_none() {
            steps.push(Step::Send(peer, Gathering::Watch));
        }
        steps
    }

    /// It is gone.
    pub(crate) fn down(&mut self, now: Mono) {
        self.silent = Some(now);
    }

    /// When the player is told that the host is silent.
    pub(crate) fn next_timeout(&self) -> Option<Mono> {
        self.silent
            .filter(|_| !self.told)
            .map(|since| since.after(HOST_SILENT))
    }

    /// Time has passed.
    pub(crate) fn tick(&mut self, now: Mono) -> Vec<Step> {
        match self.next_timeout() {
            Some(due) if now >= due => {
                self.trouble(Some(Trouble::HostUnreachable { host: self.host }))
            }
            _ => Vec::new(),
        }
    }

    fn trouble(&mut self, trouble: Option<Trouble>) -> Vec<Step> {
        if self.told == trouble.is_some() {
            return Vec::new();
        }
        self.told = trouble.is_some();
        vec![Step::Trouble(trouble)]
    }

    /// A peer says something.
    pub(crate) fn hear(&mut self, peer: PublicKey, message: Gathering, now: Now) -> Vec<Step> {
        match message {
            Gathering::Begin(signed) => return self.begin(peer, signed),
            // A watcher wants no seat, and is told how the table began in answer to its own word.
            Gathering::Refused(Refusal::Begun) if self.me.is_none() => return Vec::new(),
            Gathering::Refused(why) => return vec![Step::Refused(why)],
            _ if peer != self.host => {}
            Gathering::Offer(offer) => return self.offered(offer),
            Gathering::Propose(genesis) => return self.proposed(genesis, now),
            Gathering::Ask(_) | Gathering::Sign(..) | Gathering::Watch | Gathering::Apply(_) => {}
        }
        vec![Step::Fault(peer)]
    }

    fn offered(&mut self, offer: Box<Offer>) -> Vec<Step> {
        let mut steps = vec![Step::Seats(offer.taken.clone())];
        let news = self
            .offer
            .as_ref()
            .is_none_or(|before| before.terms != offer.terms);
        if news && let Err(why) = (self.check)(&offer.terms, &offer.host) {
            return self.decline(why);
        }
        if let Some(Asking {
            name,
            nonce,
            kind,
            secret,
        }) = &self.me
        {
            let key = secret.public();
            let seated = offer
                .taken
                .iter()
                .any(|taken| taken.key == key && taken.here);
            if !seated {
                let fingerprint = offer.terms.fingerprint; // found to be our own
                let ml_dsa = Brought::to(self.host, secret, offer.terms.signatures);
                let ask = Ask {
                    name: name.clone(),
                    nonce: *nonce,
                    kind: kind.clone(),
                    ml_dsa,
                    fingerprint,
                };
                steps.push(Step::Send(self.host, Gathering::Ask(ask)));
            }
        }
        self.offer = Some(offer);
        steps
    }

    fn proposed(&mut self, genesis: Box<Genesis>, now: Now) -> Vec<Step> {
        let (Some(offer), Some(me)) = (&self.offer, &self.me) else {
            return vec![Step::Fault(self.host)];
        };
        let signer = me.secret.signer(genesis.signatures);
        let keys = signer.keys();
        let mine = |chair: &quorate_core::genesis::Seating| {
            (&chair.name, chair.key, chair.nonce) == (&me.name, keys.identity, me.nonce)
                && (&chair.ml_dsa, &chair.kind) == (&keys.ml_dsa, &me.kind)
        };
        let kept = if genesis.seats.iter().any(mine) {
            offer.terms.kept_by(&genesis, now.wall)
        } else {
            Err(Breach::Seat)
        };
        if let Err(breach) = kept {
            return self.decline(Refusal::BrokenOffer(breach));
        }
        let signature = SignedGenesis::sign(&genesis, &*signer);
        let sign = Gathering::Sign(genesis.table(), signature);
        self.candidate = Some(genesis.clone());
        vec![Step::Candidate(genesis), Step::Send(self.host, sign)]
    }

    /// Everybody signed. A seat begins the genesis it signed last and no other; a watcher, or who
    /// came too late to sign, any whose rules it knows: it follows, and may be admitted later.
    fn begin(&mut self, peer: PublicKey, signed: Box<SignedGenesis>) -> Vec<Step> {
        let key = self.me.as_ref().map(|me| me.secret.public());
        let seated = signed
            .genesis
            .seats
            .iter()
            .any(|chair| Some(chair.key) == key);
        if signed.genesis.predecessor.is_some() {
            return vec![Step::Refused(Refusal::Successor)];
        }
        let mine = match &self.candidate {
            Some(candidate) if seated => **candidate == signed.genesis,
            None if seated => false,
            _ => {
                let terms = Terms::in_genesis(&signed.genesis);
                let host = signed.genesis.seats.first().map(|chair| chair.name.clone());
                match host.map(|host| (self.check)(&terms, &host)) {
                    Some(Err(why)) => return vec![Step::Refused(why)],
                    Some(Ok(())) => true,
                    None => false,
                }
            }
        };
        if mine && self.is_invited_to(&signed.genesis) && signed.missing(&AnyScheme).is_empty() {
            vec![Step::Begin(signed)]
        } else {
            vec![Step::Fault(peer)]
        }
    }

    /// Whether the link leads to the table of `genesis`: any seat may tell how that began, and one
    /// that cheats could tell of a table that it made up.
    fn is_invited_to(&self, genesis: &Genesis) -> bool {
        let host = || genesis.seats.iter().any(|chair| chair.key == self.host);
        self.table
            .map_or_else(host, |table| table == genesis.table())
    }

    fn decline(&self, why: Refusal) -> Vec<Step> {
        let message = Gathering::Refused(why.clone());
        vec![Step::Send(self.host, message), Step::Refused(why)]
    }

    /// How many seats there will be; 0 until the host has told.
    pub(crate) fn seats(&self) -> usize {
        self.offer.as_ref().map_or(0, |offer| offer.terms.chairs())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

    use quorate_core::crypto::SecretKey;
    use quorate_core::genesis::Seating as Chair;
    use quorate_core::{Digest, PerSeat, Wall};

    use super::*;

    /// How a table of one began.
    fn begun(by: &SecretKey) -> SignedGenesis {
        let chair = Chair {
            name: Name::new("Mal").unwrap(),
            key: by.public(),
            ml_dsa: None,
            nonce: [0; 32],
            kind: SeatKind::Player,
        };
        let genesis = Terms::of_no_game(1).genesis(vec![chair], Wall(1));
        let signature = SignedGenesis::sign(&genesis, by);
        SignedGenesis {
            signatures: PerSeat::new(genesis.roster().seats(), |_| signature.clone()),
            genesis,
        }
    }

    /// Whether a watcher with `link` begins what `peer` tells.
    fn follows(link: &Link, peer: PublicKey, signed: &SignedGenesis) -> bool {
        let now = Now::default();
        let mut watcher = Guest::new(link, None, |_, _| Ok(()), None, now.mono);
        let begin = Gathering::Begin(Box::new(signed.clone()));
        let steps = watcher.hear(peer, begin, now);
        steps.iter().any(|step| matches!(step, Step::Begin(_)))
    }

    #[test]
    fn a_watcher_follows_the_table_of_its_link_and_none_that_somebody_made_up() {
        let [host, mal] = [1, 2].map(|number| SecretKey::from_bytes(&[number; 32]));
        let (table, made_up) = (begun(&host), begun(&mal));
        let early = Link::new(host.public(), Digest::ZERO);
        let late = Link {
            table: Some(table.genesis.table()),
            ..early.clone()
        };
        for link in [early, late] {
            for teller in [&host, &mal] {
                assert!(follows(&link, teller.public(), &table));
                assert!(!follows(&link, teller.public(), &made_up));
            }
        }
    }
}
