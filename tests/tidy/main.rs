//! The habits of the house, as tests: caps, directions, bans, and what proves the requirements.
//!
//! Each rule has its file, with the table it enforces at the top and the proof that it fires at the
//! bottom. A finding names file, line and rule. `CONTRIBUTING.md` says what the rules are for.

mod bans;
mod caps;
mod directions;
mod requirements;
mod source;

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use source::{Finding, Source};

/// Folders that hold no text of ours.
const SKIPPED: &[&str] = &[".git", "target", "node_modules"];
/// What counts as text, besides files without an extension under `.ci`.
const TEXT: &[&str] = &["md", "rs", "sh", "toml", "yml"];

/// Every text file of the repository, in the order of paths.
static HOUSE: LazyLock<Vec<Source>> = LazyLock::new(house);

#[test]
fn files_functions_and_lines_keep_their_caps() {
    report(HOUSE.iter().flat_map(caps::check));
}

#[test]
fn imports_keep_their_directions() {
    report(directions::check(&HOUSE));
}

#[test]
fn nothing_banned_stands_in_the_house() {
    report(HOUSE.iter().flat_map(bans::check));
}

#[test]
fn every_requirement_has_its_proof() {
    report(requirements::check(&HOUSE));
}

#[test]
fn no_exception_outlives_its_need() {
    let stale = bans::stale_exceptions(&HOUSE);
    assert!(stale.is_empty(), "\n{}", stale.join("\n"));
}

#[test]
fn the_whole_house_is_read() {
    for known in [
        "Cargo.toml",
        "core/src/lib.rs",
        "tests/tidy/main.rs",
        ".ci/run",
        "README.md",
    ] {
        assert!(
            HOUSE.iter().any(|source| source.path == known),
            "{known} was not read"
        );
    }
}

fn report(findings: impl IntoIterator<Item = Finding>) {
    let lines: Vec<String> = findings
        .into_iter()
        .map(|finding| finding.to_string())
        .collect();
    assert!(
        lines.is_empty(),
        "{} findings\n{}",
        lines.len(),
        lines.join("\n")
    );
}

fn house() -> Vec<Source> {
    let mut sources = Vec::new();
    collect(Path::new(env!("CARGO_MANIFEST_DIR")), "", &mut sources);
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

fn collect(folder: &Path, prefix: &str, sources: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).expect("folders of the repository can be listed") {
        let entry = entry.expect("folders of the repository can be listed");
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        if entry.path().is_dir() {
            if !SKIPPED.contains(&name.as_str()) {
                collect(&entry.path(), &format!("{path}/"), sources);
            }
        } else if is_text(&path) {
            let text = fs::read_to_string(entry.path()).expect("text of the repository is UTF-8");
            sources.push(Source::new(&path, &text));
        }
    }
}

fn is_text(path: &str) -> bool {
    let extension = Path::new(path)
        .extension()
        .and_then(|extension| extension.to_str());
    extension.map_or(path.starts_with(".ci/"), |extension| {
        TEXT.contains(&extension)
    })
}
