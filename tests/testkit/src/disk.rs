//! A device's disk: what was written, and what would survive a crash.

use std::collections::VecDeque;
use std::sync::Arc;

use quorate_core::Height;
use quorate_core::certificate::DecisionCertificate;
use quorate_core::engine::Token;
use quorate_core::journal::{Journal, Record, Spent};
use quorate_core::message::Block;
use quorate_core::snapshot::Snapshot;

/// A journal that tells written from durable records.
#[derive(Debug, Default)]
pub struct Disk {
    /// Durable, in the order they were written.
    synced: Vec<Record>,
    /// Written, and lost in a crash unless luck keeps them.
    written: VecDeque<(Token, Record)>,
    /// Secrets that may go once the record of this token is durable.
    spending: VecDeque<(Token, Spent)>,
    /// Secrets that may go.
    spent: Spent,
    /// The sync under way covers the records up to this one.
    syncing: Option<Token>,
    /// Durable decisions, ascending: what the device can serve to others.
    decisions: Vec<(Arc<Block>, DecisionCertificate)>,
    /// Everything below a height may go, once the record of this token is durable.
    cleaning: VecDeque<(Token, Height)>,
    /// Whether decisions stay all the same.
    keeps_history: bool,
    /// Everything below this may go.
    dropped_below: Height,
    /// Whether something may go since the disk was cleaned last.
    cleans: bool,
    /// The lowest decision that may go although nothing covers it.
    uncovered: Option<Height>,
}

impl Disk {
    /// Writes a record; it is not durable yet.
    pub fn write(&mut self, token: Token, record: Record) {
        self.written.push_back((token, record));
    }

    /// What is `spent` may go once everything written so far is durable.
    pub fn forget(&mut self, spent: Spent) {
        match self.written.back() {
            Some((token, _)) => self.spending.push_back((*token, spent)),
            None => self.spent = spent,
        }
    }

    /// Keeps decisions even when they may go, as who writes transcripts does.
    pub(crate) const fn keep_history(&mut self, keeps: bool) {
        self.keeps_history = keeps;
    }

    /// What is below `below` may go once everything written so far is durable.
    pub fn clean_up(&mut self, below: Height) {
        match self.written.back() {
            Some((token, _)) => self.cleaning.push_back((*token, below)),
            None => self.may_drop(below),
        }
    }

    /// Everything below `below` may go from now on; notes what nothing on the disk covers.
    fn may_drop(&mut self, below: Height) {
        let covered = self.snapshot().map_or(Height(0), |held| held.height());
        if below > covered.next() {
            self.uncovered = self.uncovered.or(Some(covered.next()));
        }
        self.dropped_below = self.dropped_below.max(below);
        self.cleans = true;
    }

    /// Drops what may go. Returns how many decisions that were, and the lowest that no durable
    /// snapshot covered as it became needless.
    pub(crate) fn cleaned(&mut self) -> (usize, Option<Height>) {
        if !std::mem::take(&mut self.cleans) {
            return (0, self.uncovered.take());
        }
        let (before, below) = (self.decisions.len(), self.dropped_below);
        if !self.keeps_history {
            self.decisions.retain(|(block, _)| block.height >= below);
        }
        let keeps_history = self.keeps_history;
        self.synced.retain(|record| match record {
            Record::Decision { block, .. } => keeps_history || block.height >= below,
            Record::Snapshot(held) => keeps_history || held.height() >= below,
            _ => true,
        });
        (before - self.decisions.len(), self.uncovered.take())
    }

    /// The newest durable snapshot.
    #[must_use]
    pub fn snapshot(&self) -> Option<Snapshot> {
        let mut newest = self.synced.iter().rev();
        newest.find_map(|record| match record {
            Record::Snapshot(held) => Some((**held).clone()),
            _ => None,
        })
    }

    /// Starts to make everything written so far durable, unless that is under way already. Tells
    /// whether it started.
    pub fn start_sync(&mut self) -> bool {
        if self.syncing.is_some() {
            return false;
        }
        self.syncing = self.written.back().map(|(token, _)| *token);
        self.syncing.is_some()
    }

    /// The sync is done: returns its last token, and the records that are durable from now on.
    pub fn finish_sync(&mut self) -> Option<(Token, &[Record])> {
        let token = self.syncing.take()?;
        let before = self.synced.len();
        while self.written.front().is_some_and(|(next, _)| *next <= token) {
            self.keep_one();
        }
        Some((token, &self.synced[before..]))
    }

    /// The device crashes: of what was not durable yet at most the first `lucky` records survive.
    /// Returns those.
    pub fn crash(&mut self, lucky: usize) -> &[Record] {
        let before = self.synced.len();
        for _ in 0..lucky.min(self.written.len()) {
            self.keep_one();
        }
        self.written.clear();
        self.spending.clear();
        self.cleaning.clear();
        self.syncing = None;
        &self.synced[before..]
    }

    /// A backup takes its place: only the first `count` durable records are left.
    pub fn roll_back(&mut self, count: usize) {
        self.synced.truncate(count);
        let decided = |record: &&Record| matches!(record, Record::Decision { .. });
        self.decisions
            .truncate(self.synced.iter().filter(decided).count());
        self.written.clear();
        self.cleaning.clear();
        self.syncing = None;
    }

    /// How many records would be lost now.
    #[must_use]
    pub fn at_risk(&self) -> usize {
        self.written.len()
    }

    /// What a seat finds when it starts again. With `pruned`, records that no longer matter are
    /// left out, as a store may do.
    #[must_use]
    pub fn journal(&self, pruned: bool) -> Journal {
        let decided = self.height();
        let needed = |record: &&Record| {
            let spent = record.until_spent();
            let spent = spent.is_some_and(|until| self.spent.covers(&until));
            !pruned || !spent && record.until().is_none_or(|at| at > decided)
        };
        Journal::from_records(self.synced.iter().filter(needed).cloned())
    }

    /// The last height that is decided here.
    fn height(&self) -> Height {
        let last = self.synced.iter().rev().find_map(|record| match record {
            Record::Decision { block, .. } => Some(block.height),
            Record::Snapshot(held) => Some(held.height()),
            _ => None,
        });
        last.unwrap_or_default()
    }

    /// The durable records, in the order they were written.
    #[must_use]
    pub fn records(&self) -> &[Record] {
        &self.synced
    }

    /// The durable decisions of these heights, ascending from the first; none without that one.
    #[must_use]
    pub fn decisions(&self, from: Height, to: Height) -> Vec<(Arc<Block>, DecisionCertificate)> {
        let wanted = |block: &Block| (from..=to).contains(&block.height);
        let decisions = self.decisions.iter().filter(|(block, _)| wanted(block));
        let first = |(at, (block, _)): &(u64, &(Arc<Block>, _))| block.height.0 == from.0 + at;
        let decisions = (0..).zip(decisions).take_while(first);
        decisions.map(|(_, decision)| decision.clone()).collect()
    }

    fn keep_one(&mut self) {
        let Some((token, record)) = self.written.pop_front() else {
            return;
        };
        while let Some((after, spent)) = self.spending.front()
            && *after <= token
        {
            self.spent = *spent;
            self.spending.pop_front();
        }
        if let Record::Decision { block, certificate } = &record {
            self.decisions.push((block.clone(), certificate.clone()));
        }
        self.synced.push(record);
        while let Some((after, below)) = self.cleaning.front()
            && *after <= token
        {
            let below = *below;
            self.cleaning.pop_front();
            self.may_drop(below);
        }
    }
}
