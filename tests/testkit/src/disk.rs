//! A device's disk: what was written, and what would survive a crash.

use std::collections::VecDeque;
use std::sync::Arc;

use quorate_core::Height;
use quorate_core::certificate::DecisionCertificate;
use quorate_core::engine::Token;
use quorate_core::journal::{Journal, Record, Spent};
use quorate_core::message::Block;

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
    /// Durable decisions, from height 1: what the device can serve to others.
    decisions: Vec<(Arc<Block>, DecisionCertificate)>,
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
        let decided = Height(self.decisions.len() as u64);
        let needed = |record: &&Record| {
            let spent = record.until_spent();
            let spent = spent.is_some_and(|until| self.spent.covers(&until));
            !pruned || !spent && record.until().is_none_or(|at| at > decided)
        };
        Journal::from_records(self.synced.iter().filter(needed).cloned())
    }

    /// The durable records, in the order they were written.
    #[must_use]
    pub fn records(&self) -> &[Record] {
        &self.synced
    }

    /// The durable decisions of these heights, ascending; those it does not have are left out.
    #[must_use]
    pub fn decisions(&self, from: Height, to: Height) -> Vec<(Arc<Block>, DecisionCertificate)> {
        let wanted = |block: &Block| (from..=to).contains(&block.height);
        let decisions = self.decisions.iter().filter(|(block, _)| wanted(block));
        decisions.cloned().collect()
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
    }
}
