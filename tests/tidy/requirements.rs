//! The table of requirements: every row once, and every proof it names is a test that exists.

use std::collections::BTreeSet;

use crate::source::{Finding, Source};

/// Where the table stands.
const PAGE: &str = "docs/reference/requirements.md";
/// The rows of each section.
const SECTIONS: [(char, usize); 5] = [('A', 9), ('B', 8), ('C', 12), ('D', 3), ('E', 5)];
/// How a proof begins that nothing proves yet, and one of which a part is missing.
const OPEN: &str = "*open*";
const PARTLY: &str = "*partly*";
/// The macro that makes of each function it lists a test under every protocol.
const UNDER_BOTH: &str = "under_both";

const RULE: &str = "requirements";

/// Every breach in the page among all `sources`.
pub(crate) fn check(sources: &[Source]) -> Vec<Finding> {
    let Some(page) = sources.iter().find(|source| source.path == PAGE) else {
        let none = Source::new(PAGE, "");
        return vec![none.finding(1, RULE, "the page is not there".to_owned())];
    };
    let tests: BTreeSet<&str> = sources.iter().flat_map(tests).collect();
    let mut missing: Vec<String> = SECTIONS.into_iter().flat_map(rows_of).collect();
    let mut findings = Vec::new();
    for (line, row) in (1..).zip(&page.lines).filter_map(row) {
        let mut tell = |message| findings.push(page.finding(line, RULE, message));
        match missing.iter().position(|name| *name == row.name) {
            Some(at) => drop(missing.remove(at)),
            None => tell(format!(
                "row {} is no requirement or stands twice",
                row.name
            )),
        }
        let named: Vec<_> = row.proof.split('`').skip(1).step_by(2).collect();
        if row.proof.starts_with(OPEN) != named.is_empty() {
            tell(format!(
                "row {} names tests, or is {OPEN}, or is {PARTLY}",
                row.name
            ));
        }
        for name in named.iter().filter(|name| !tests.contains(*name)) {
            tell(format!("row {} names `{name}`, which is no test", row.name));
        }
    }
    let absent = |name| page.finding(page.lines.len(), RULE, format!("row {name} is missing"));
    findings.extend(missing.into_iter().map(absent));
    findings
}

/// A row of the table: `| A1 | what | proof | .. |`.
struct Row<'a> {
    name: &'a str,
    proof: &'a str,
}

fn row((line, text): (usize, &String)) -> Option<(usize, Row<'_>)> {
    let mut cells = text.strip_prefix('|')?.split('|').map(str::trim);
    let name = cells.next()?;
    let proof = cells.nth(1)?;
    let numbered = name.starts_with(char::is_uppercase) && name.ends_with(char::is_numeric);
    numbered.then_some((line, Row { name, proof }))
}

fn rows_of((section, count): (char, usize)) -> impl Iterator<Item = String> {
    (1..=count).map(move |number| format!("{section}{number}"))
}

/// The names of the tests in a file.
fn tests(source: &Source) -> Vec<&str> {
    let mut names = Vec::new();
    for at in 0..source.tokens.len() {
        if source.reads(at, &["#", "[", "test", "]"]) {
            names.extend(attributed(source, at));
        } else if source.reads(at, &[UNDER_BOTH, "!", "{"]) {
            let listed = &source.tokens[at + 3..source.tokens[at + 2].close];
            names.extend(listed.iter().map(|token| token.text.as_str()));
        }
    }
    names
}

/// The function that the attributes from `at` on belong to.
fn attributed(source: &Source, mut at: usize) -> Option<&str> {
    while source.reads(at, &["#", "["]) {
        at = source.tokens[at + 1].close + 1;
    }
    let named = source.reads(at, &["fn"]);
    named.then(|| source.tokens.get(at + 1).map(|token| token.text.as_str()))?
}

#[cfg(test)]
mod proof {
    use super::*;

    const CODE: &str = "
        under_both! { it_listens, it_speaks, }
        #[test] #[should_panic(expected = \"x\")] fn it_fails() {}
        fn it_helps() {}
    ";

    /// What is wrong with a page of these rows, and of no others that were not promised.
    fn messages(rows: &str) -> Vec<String> {
        let code = Source::new("core/tests/it/a.rs", CODE);
        let page = Source::new(PAGE, rows);
        let told = check(&[code, page])
            .into_iter()
            .map(|finding| finding.message);
        told.filter(|message| !message.ends_with("is missing"))
            .collect()
    }

    #[test]
    fn a_row_names_tests_that_exist_or_is_open() {
        let good = "| A1 | x | `it_listens`, `it_fails` |\n| A2 | x | *open*: y | |\n\
            | A3 | x | *partly*: `it_speaks`; y is missing | break z |";
        assert_eq!(messages(good), [""; 0]);
        let bad = "| A1 | x | `it_helps` |\n| A2 | x | *open*: `it_fails` |\n| A3 | `x` | soon |\n\
            | A4 | x | *partly*: soon |";
        let unclear = |row| format!("row {row} names tests, or is *open*, or is *partly*");
        let expected = ["row A1 names `it_helps`, which is no test".to_owned()];
        let unclear = ["A2", "A3", "A4"].map(unclear);
        assert_eq!(messages(bad), [&expected[..], &unclear].concat());
    }

    #[test]
    fn every_row_stands_once() {
        let twice = "| A1 | x | `it_fails` |\n| A1 | x | `it_fails` |\n| F1 | x | *open* |";
        let again = |row| format!("row {row} is no requirement or stands twice");
        assert_eq!(messages(twice), ["A1", "F1"].map(again));
        let nothing = check(&[Source::new(PAGE, "| row | what | proof |\n|---|---|---|")]);
        assert_eq!(nothing.len(), 9 + 8 + 12 + 3 + 5);
        assert_eq!(nothing[0].message, "row A1 is missing");
        assert_eq!(check(&[])[0].message, "the page is not there");
    }
}
