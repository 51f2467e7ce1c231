//! A guest of a gathering: asks for a seat, checks what the host proposes, signs.

use std::sync::Arc;

use quorate_core::crypto::{Ed25519, PublicKey, Signer};
use quorate_core::genesis::{Genesis, SignedGenesis};
use quorate_core::roster::{Name, SeatKind};
use quorate_core::{Mono, Now};

use super::{Ask, Gathering, Offer, Step, Terms};
use crate::limits::HOST_SILENT;
use crate::table::{Breach, Refusal, Trouble};

/// A guest's side of a gathering, or a watcher's.
pub(crate) struct Guest {
    host: PublicKey,
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
    pub(crate) signer: Arc<dyn Signer>,
}

impl Guest {
    pub(crate) fn new(
        host: PublicKey,
        me: Option<Asking>,
        check: fn(&Terms, &Name) -> Result<(), Refusal>,
        candidate: Option<Box<Genesis>>,
        now: Mono,
    ) -> Self {
        Self {
            host,
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
            signer,
        }) = &self.me
        {
            let key = signer.public();
            let seated = offer
                .taken
                .iter()
                .any(|taken| taken.key == key && taken.here);
            if !seated {
                let fingerprint = offer.terms.fingerprint; // found to be our own
                let ask = Ask {
                    name: name.clone(),
                    nonce: *nonce,
                    kind: kind.clone(),
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
        let key = me.signer.public();
        let mine = |chair: &quorate_core::genesis::Seating| {
            (&chair.name, chair.key, chair.nonce) == (&me.name, key, me.nonce)
                && chair.kind == me.kind
        };
        let kept = if genesis.seats.iter().any(mine) {
            offer.terms.kept_by(&genesis, now.wall)
        } else {
            Err(Breach::Seat)
        };
        if let Err(breach) = kept {
            return self.decline(Refusal::BrokenOffer(breach));
        }
        let signature = SignedGenesis::sign(&genesis, &*me.signer);
        let sign = Gathering::Sign(genesis.table(), signature);
        self.candidate = Some(genesis.clone());
        vec![Step::Candidate(genesis), Step::Send(self.host, sign)]
    }

    /// Everybody signed. A seat begins the genesis it signed last and no other; a watcher, or who
    /// came too late to sign, any whose rules it knows: it follows, and may be admitted later.
    fn begin(&mut self, peer: PublicKey, signed: Box<SignedGenesis>) -> Vec<Step> {
        let key = self.me.as_ref().map(|me| me.signer.public());
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
        if mine && signed.missing(&Ed25519).is_empty() {
            vec![Step::Begin(signed)]
        } else {
            vec![Step::Fault(peer)]
        }
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
