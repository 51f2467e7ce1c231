//! Work per decision is counted, not guessed.

use quorate_core::Height;
use quorate_core::genesis::Scheme;
use quorate_testkit::Draw;

use crate::{PROTOCOLS, Table, calm, plain, reach, table};

#[test]
fn a_faultless_table_of_four_makes_eight_signatures_and_checks_sixteen_per_decision() {
    for protocol in PROTOCOLS {
        works(calm(protocol, 4), 60);
    }
}

#[test]
fn a_table_that_signs_with_ml_dsa_makes_and_checks_as_many() {
    for protocol in PROTOCOLS {
        let draw = Draw {
            signatures: Scheme::MlDsa87,
            ..plain(protocol, 7)
        };
        works(table(draw), 10);
    }
}

fn works(mut table: Table, heights: u64) {
    reach(&mut table, 2);
    let (before, from) = (table.signatures(), table.top());
    reach(&mut table, from + heights);
    let (after, to) = (table.signatures(), table.top());
    let decisions = to - from;
    let made = after.consensus_made - before.consensus_made;
    let checked = after.consensus_checked - before.consensus_checked;
    // The first and last heights are counted in part.
    let margin = 2 * 16;
    assert!(
        made <= 8 * decisions + margin,
        "{made} made for {decisions} decisions"
    );
    assert!(
        checked <= 16 * decisions + margin,
        "{checked} checked for {decisions} decisions"
    );

    let blocks = table.disk(0).decisions(Height(from + 1), Height(to));
    let entries: usize = blocks.iter().map(|(block, _)| block.entries.len()).sum();
    let made = after.entries_made - before.entries_made;
    let checked = after.entries_checked - before.entries_checked;
    let signed = (entries as u64).max(made);
    assert!(
        made <= signed && checked <= 3 * signed,
        "{made} and {checked} for {entries}"
    );
}
