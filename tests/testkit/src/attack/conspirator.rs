//! Seats that fork a table across two rounds by one plan: the fork in which honest seats sign both
//! sides, as they have to, so that the two certificates prove nothing of anybody.
//!
//! The ringleader, who leads round 0, shows half of the honest seats nothing and the rest a block
//! that no rules allow, so that these give the round up. Then the half is shown a good block with
//! the Prepares of all conspirators, and commits. Whoever leads round 1 is one of them too, hears
//! nothing of that, and proposes afresh. What the rest prepares there binds the half as well: under
//! PBFT by the round changes of a quorum that claim nothing (rule 5), under Tendermint by a
//! certificate of its round (L36). Once that block is decided, the conspirators show what the
//! half's Commits and their own make: a certificate for the first.

use std::sync::Arc;

use quorate_core::certificate::{DecisionCertificate, QuorumVotes};
use quorate_core::message::{Message, Proposal, Vote, VoteKind};
use quorate_core::{Digest, Height, PerSeat, Round, Seat, Seats};

use super::{Attack, Hand};
use crate::frame::Frame;
use crate::oracle::quorum;

/// One of them.
#[derive(Default)]
pub(super) struct Conspirator {
    plan: Option<Plan>,
}

/// What they are at, at one height.
struct Plan {
    height: Height,
    /// The honest seats that shall commit in round 0.
    half: Seats,
    /// What the ringleader alone knows.
    lead: Option<Lead>,
}

/// The first block, and how far it has come.
struct Lead {
    good: Arc<Frame>,
    bait: Arc<Frame>,
    digest: Digest,
    /// What the conspirators sign for it.
    prepares: PerSeat<Vote>,
    commits: PerSeat<Vote>,
    /// The honest seats that have to give round 0 up before the half is shown it.
    awaited: Seats,
    sprung: bool,
    /// The Commits of the half.
    caught: PerSeat<Vote>,
}

impl Conspirator {
    /// Begins a plan, as its ringleader, where `proposal` can be one side of a fork.
    fn begin(&mut self, hand: &Hand<'_>, proposal: &Proposal, good: &Arc<Frame>) {
        let place = (proposal.vote.height, proposal.vote.round);
        let (half, rest) = halves(hand);
        let larger = half.len().max(rest.len());
        let able = hand.seats.len() - larger >= quorum(hand.seats.len());
        let leads_next = !(half | rest).contains(hand.leaders.leader(Round(1)));
        let (Some(digest), Some(bait)) = (proposal.digest(), bait(hand, proposal)) else {
            return;
        };
        if place == (hand.height, Round(0)) && able && leads_next {
            let lead = Lead {
                good: Arc::clone(good),
                bait,
                digest,
                prepares: hand.votes(VoteKind::Prepare, place, digest),
                commits: hand.votes(VoteKind::Commit, place, digest),
                awaited: rest,
                sprung: false,
                caught: PerSeat::default(),
            };
            self.plan = Some(Plan {
                height: hand.height,
                half,
                lead: Some(lead),
            });
        }
    }

    /// Joins the plan of the ringleader who sent this bait.
    fn join(&mut self, hand: &Hand<'_>, from: Seat, frame: &Frame) {
        let Some(Message::Proposal(Proposal {
            vote,
            block: Some(block),
            ..
        })) = frame.message()
        else {
            return;
        };
        let here = (vote.height, vote.round) == (hand.height, Round(0));
        let fellow = vote.seat == from && hand.fellows.get(from).is_some();
        let is_bait = || {
            hand.finished(block)
                .is_some_and(|is| is != block.post_state)
        };
        if here && fellow && self.at(hand.height).is_none() && is_bait() {
            self.plan = Some(Plan {
                height: hand.height,
                half: halves(hand).0,
                lead: None,
            });
        }
    }

    fn at(&mut self, height: Height) -> Option<&mut Plan> {
        self.plan.as_mut().filter(|plan| plan.height == height)
    }

    /// Shows the other side of the fork, once there is one.
    fn reveal(&mut self, hand: &mut Hand<'_>) {
        let over = self.plan.as_ref().filter(|plan| plan.height < hand.height);
        let shown = over.and_then(|plan| plan.certificate(hand));
        if let Some(certificate) = shown {
            hand.broadcast(&Message::Decided(certificate));
            self.plan = None;
        }
    }
}

/// The honest seats by halves, others at each height.
fn halves(hand: &Hand<'_>) -> (Seats, Seats) {
    let honest = hand.seats - hand.fellows.seats() - hand.me.into();
    let turn = usize::from(!hand.height.0.is_multiple_of(2));
    let half: Seats = honest.iter().skip(turn).step_by(2).collect();
    (half, honest - half)
}

/// The proposal with another state than its block leads to.
fn bait(hand: &Hand<'_>, proposal: &Proposal) -> Option<Arc<Frame>> {
    let mut block = proposal.block.as_deref()?.clone();
    block.post_state = Digest::of_bytes("no state", block.post_state.as_bytes());
    let place = (proposal.vote.height, proposal.vote.round);
    let bait = Proposal {
        vote: hand.vote(VoteKind::Prepare, place, Some(block.digest())),
        block: Some(Arc::new(block)),
        ..proposal.clone()
    };
    Some(Frame::of(Message::Proposal(bait)))
}

impl Plan {
    fn outgoing(&self, hand: &mut Hand<'_>, to: Seat, frame: &Arc<Frame>) {
        let (me, half) = (hand.me, self.half.contains(to));
        let moment = hand.timing.round(0) / 4;
        match frame.message() {
            // What it proposes itself in round 0: one thing to the half, when it is time.
            Some(Message::Proposal(proposal))
                if proposal.vote.seat == me && proposal.vote.round == Round(0) =>
            {
                match &self.lead {
                    Some(lead) if !half => hand.pass(to, &lead.bait),
                    Some(lead) if lead.sprung => hand.pass(to, &lead.good),
                    _ => {}
                }
            }
            // Its other words of round 0 are nil, and for the rest.
            Some(Message::Vote(vote)) if vote.seat == me && vote.round == Round(0) => {
                if !half && vote.digest.is_none() {
                    hand.pass(to, frame);
                }
            }
            Some(Message::RoundChange(change, _)) if change.seat == me && half => {}
            Some(Message::RoundOver(_)) if half => {}
            // The half shall be done with round 0 first, and commit before all is decided.
            Some(Message::Proposal(proposal)) if proposal.vote.seat == me && half => {
                hand.pass_later(moment, to, frame);
            }
            Some(Message::Vote(vote)) if vote.seat == me && vote.kind == VoteKind::Commit => {
                hand.pass_later(moment, to, frame);
            }
            _ => hand.pass(to, frame),
        }
    }

    /// Tells whether the engine hears what the half says of the first block.
    fn incoming(&mut self, hand: &mut Hand<'_>, frame: &Frame) -> bool {
        match frame.message() {
            Some(Message::Vote(vote)) if vote.height == self.height => {
                let first = vote.round == Round(0);
                if self.half.contains(vote.seat) {
                    self.catch(vote);
                    return !first || vote.digest.is_none();
                }
                if !first || vote.kind == VoteKind::Commit {
                    self.gave_up(hand, vote.seat);
                }
            }
            Some(Message::RoundChange(change, _)) if change.height == self.height => {
                if change.claim.is_some_and(|claim| claim.round == Round(0)) {
                    return false;
                }
                self.gave_up(hand, change.seat);
            }
            Some(Message::Prepared(certificate)) => {
                let votes = &certificate.0;
                return (votes.height, votes.round) != (self.height, Round(0));
            }
            _ => {}
        }
        true
    }

    /// Keeps a Commit for the first block.
    fn catch(&mut self, vote: &Vote) {
        let commit = (vote.kind, vote.round) == (VoteKind::Commit, Round(0));
        if let Some(lead) = self.lead.as_mut().filter(|_| commit)
            && vote.digest == Some(lead.digest)
        {
            lead.caught.insert(vote.seat, vote.clone());
        }
    }

    /// Springs the trap once nobody of the rest can commit in round 0 any more.
    fn gave_up(&mut self, hand: &mut Hand<'_>, seat: Seat) {
        let Some(lead) = self.lead.as_mut().filter(|lead| !lead.sprung) else {
            return;
        };
        lead.awaited.remove(seat);
        lead.sprung = lead.awaited.is_empty();
        if lead.sprung {
            for to in self.half {
                hand.pass(to, &lead.good);
                for (_, vote) in lead.prepares.iter() {
                    hand.send(to, Message::Vote(vote.clone()));
                }
            }
        }
    }

    /// The certificate for the first block, if enough of the half were caught.
    fn certificate(&self, hand: &Hand<'_>) -> Option<DecisionCertificate> {
        let lead = self.lead.as_ref()?;
        let quorum = quorum(hand.seats.len());
        let votes = lead.caught.iter().chain(lead.commits.iter()).take(quorum);
        let signatures: PerSeat<_> = votes
            .map(|(seat, vote)| (seat, vote.signature.clone()))
            .collect();
        let (_, vote) = lead.commits.iter().next()?;
        (signatures.len() == quorum).then_some(DecisionCertificate(QuorumVotes {
            epoch: vote.epoch,
            height: self.height,
            round: Round(0),
            digest: lead.digest,
            signatures,
        }))
    }
}

impl Attack for Conspirator {
    fn outgoing(&mut self, hand: &mut Hand<'_>, to: Seat, frame: &Arc<Frame>) {
        self.reveal(hand);
        if self.at(hand.height).is_none()
            && let Some(proposal) = hand.own_fresh(frame)
        {
            self.begin(hand, proposal, frame);
        }
        match self.at(hand.height) {
            Some(plan) => plan.outgoing(hand, to, frame),
            None => hand.pass(to, frame),
        }
    }

    fn incoming(&mut self, hand: &mut Hand<'_>, from: Seat, frame: &Arc<Frame>) -> bool {
        self.join(hand, from, frame);
        let hears = match &mut self.plan {
            Some(plan) => plan.incoming(hand, frame),
            None => true,
        };
        self.reveal(hand);
        hears
    }
}
