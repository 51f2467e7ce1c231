//! Directions: who may import whom, between the crates and inside the core.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{Finding, Source, Token};

/// A floor of the core. Its modules may import each other and what stands in `over`: floors,
/// single modules, or a path inside a module. Everything else is above them.
struct Floor {
    name: &'static str,
    modules: &'static [&'static str],
    over: &'static [&'static str],
}

const fn floor(
    name: &'static str,
    modules: &'static [&'static str],
    over: &'static [&'static str],
) -> Floor {
    Floor {
        name,
        modules,
        over,
    }
}

/// The core from the ground up. `lib.rs`, the roof, sees all.
#[rustfmt::skip] // a table reads by its rows
const CORE: &[Floor] = &[
    floor("ground",    &["codec", "digest", "limits", "mutant", "seat", "time"], &[]),
    floor("keys",      &["crypto"], &["ground"]),
    // The rules of a game know nothing of messages, votes and signatures.
    floor("rules",     &["game", "ledger", "state"], &["ground"]),
    // What becomes of an absent seat is a word of the game's books.
    floor("founding",  &["genesis", "roster", "schedule"],
        &["ground", "keys", "state::StallPolicy"]),
    // Entries carry commitments and openings, so dice stand below the messages; what is drawn,
    // and for whom, are the game's words.
    floor("dice",      &["dice"],
        &["ground", "keys", "founding", "game::Draw", "game::Hidden", "game::Roll"]),
    // Certificates are made of votes, and travel in proposals.
    floor("messages",  &["certificate", "message"], &["ground", "keys", "founding", "dice"]),
    floor("counting",  &["tally"], &["ground", "keys", "founding", "messages"]),
    // Consensus asks the table through a trait of its own: it knows no rules and no dice.
    floor("agreement", &["consensus"], &["ground", "keys", "founding", "messages", "counting"]),
    floor("practice",  &["check", "local"], &["ground", "rules", "dice::draw"]),
    floor("facts",
        &["claim", "dispute", "document", "evidence", "fork", "journal", "motion", "reputation",
          "snapshot"],
        &["ground", "keys", "founding", "dice", "messages", "game::Draw"]),
    floor("table",     &["table"],
        &["ground", "keys", "founding", "dice", "messages", "rules",
          "dispute", "evidence", "fork", "motion", "snapshot"]),
    // The verifier reads what was decided, and asks nobody who decided it.
    floor("proof",     &["transcript"],
        &["ground", "keys", "founding", "dice", "messages", "rules", "snapshot", "table"]),
    floor("engine",    &["engine"],
        &["ground", "keys", "founding", "dice", "messages", "counting", "agreement", "rules",
          "practice", "facts", "table"]),
];

/// A crate of the workspace: where it lives, and which crates of the workspace it may use.
struct Crate {
    name: &'static str,
    root: &'static str,
    over: &'static [&'static str],
}

/// The crates. Tests and examples of a crate may use any of them.
#[rustfmt::skip] // a table reads by its rows
const CRATES: &[Crate] = &[
    Crate { name: "quorate-macros",  root: "macros/",        over: &[] },
    Crate { name: "quorate-core",    root: "core/",          over: &["quorate-macros"] },
    Crate { name: "quorate-p2p",     root: "p2p/",           over: &["quorate-core"] },
    Crate { name: "quorate-testkit", root: "tests/testkit/", over: &["quorate-core"] },
    Crate { name: "quorate-unchecked", root: "tests/unchecked/", over: &["quorate-core"] },
    Crate { name: "quorate-tidy",    root: "tests/tidy/",    over: &[] },
    Crate { name: "xtask",           root: "xtask/",         over: &[] },
    Crate { name: "quorate",         root: "",
            over: &["quorate-macros", "quorate-core", "quorate-p2p", "quorate-testkit"] },
];

const RULE: &str = "directions";

/// Every import against the direction, among all `sources`.
pub(crate) fn check(sources: &[Source]) -> Vec<Finding> {
    let core = Core::survey(sources);
    let each = |source| [core.check(source), manifest(source), crates(source)];
    sources.iter().flat_map(each).flatten().collect()
}

/// What the paths `crate::x` of the core mean.
#[derive(Default)]
struct Core {
    modules: BTreeSet<String>,
    /// Where the other names at the root of the crate come from: re-exports and macros.
    origins: BTreeMap<String, Vec<String>>,
}

impl Core {
    fn survey(sources: &[Source]) -> Self {
        let mut core = Self::default();
        for source in sources {
            let Some(module) = module_of(source) else {
                continue;
            };
            core.modules.extend(module.first().cloned());
            for at in 0..source.tokens.len() {
                let name = |at: usize| source.tokens[at].text.clone();
                if source.reads(at, &["macro_rules", "!"]) {
                    core.origins.insert(name(at + 2), module.clone());
                } else if module.is_empty() && source.reads(at, &["use"]) {
                    let imports = tree(source, at + 1, &[]).into_iter();
                    core.origins
                        .extend(imports.map(|import| (import.name, import.path)));
                } else if source.reads(at, &["mod"]) && source.reads(at + 2, &["{"]) {
                    core.origins.insert(name(at + 1), module.clone());
                }
            }
        }
        core
    }

    fn check(&self, source: &Source) -> Vec<Finding> {
        let module = module_of(source).unwrap_or_default();
        let Some(top) = module.first() else {
            return Vec::new();
        };
        let Some(floor) = CORE.iter().find(|floor| floor.modules.contains(&&**top)) else {
            let message = format!("module `{top}` is not in the table of directions");
            return vec![source.finding(1, RULE, message)];
        };
        let mut findings = Vec::new();
        for Import { line, path, .. } in imports(source, &module) {
            let Some(origin) = self.origin(&path) else {
                let message = format!("`crate::{}` is not named in lib.rs", path.join("::"));
                findings.push(source.finding(line, RULE, message));
                continue;
            };
            let foreign = origin
                .first()
                .is_none_or(|first| !self.modules.contains(first));
            if !foreign && !may_import(floor, &origin) {
                let message = format!("`{top}` may not import `{}`", origin.join("::"));
                findings.push(source.finding(line, RULE, message));
            }
        }
        findings
    }

    /// Where `crate::path` really stands; none if nothing says so, as behind a `*`.
    fn origin(&self, path: &[String]) -> Option<Vec<String>> {
        let first = path.first()?;
        if self.modules.contains(first) {
            return Some(path.to_vec());
        }
        let origin = self.origins.get(first)?;
        Some(origin.iter().chain(&path[1..]).cloned().collect())
    }
}

fn may_import(floor: &Floor, path: &[String]) -> bool {
    let top = path[0].as_str();
    let allowed = |over: &&str| match CORE.iter().find(|floor| floor.name == *over) {
        Some(floor) => floor.modules.contains(&top),
        None => (path.join("::") + "::").starts_with(&format!("{over}::")),
    };
    floor.modules.contains(&top) || floor.over.iter().any(allowed)
}

/// The module path of a file of the core, empty for `lib.rs`; none for other files and tests.
fn module_of(source: &Source) -> Option<Vec<String>> {
    let inside = source.path.strip_prefix("core/src/")?.strip_suffix(".rs")?;
    if source.is_test_file() {
        return None;
    }
    let parts = inside.trim_end_matches("/mod").split('/');
    Some(
        parts
            .filter(|part| *part != "lib")
            .map(str::to_owned)
            .collect(),
    )
}

/// The paths that a file names from the root of its crate, tests apart.
fn imports(source: &Source, module: &[String]) -> Vec<Import> {
    let mut imports = Vec::new();
    for (at, token) in source.tokens.iter().enumerate() {
        let from_root = token.text == "crate";
        let starts = (from_root || token.text == "super") && source.reads(at + 1, &["::"]);
        let continues = at > 0 && source.reads(at - 1, &["::"]);
        if !starts || continues || source.is_test(token.line) {
            continue;
        }
        if from_root {
            imports.extend(tree(source, at + 2, &[]));
            continue;
        }
        let (mut base, mut start) = (module.to_vec(), at);
        base.extend(vec![String::new(); inline_modules(source, at)]);
        while source.reads(start, &["super", "::"]) {
            base.pop();
            start += 2;
        }
        imports.extend(tree(source, start, &base));
    }
    imports
}

/// In how many `mod name { .. }` of its own file the token at `at` stands.
fn inline_modules(source: &Source, at: usize) -> usize {
    let around = |open: &usize| {
        let brace = source.reads(*open, &["{"]) && source.tokens[*open].close > at;
        brace && source.reads(*open - 2, &["mod"])
    };
    (2..at).filter(around).count()
}

#[derive(Debug)]
struct Import {
    line: usize,
    /// The name it gets here: the last segment, or what follows `as`.
    name: String,
    path: Vec<String>,
}

/// The paths of a use tree, or of a path in an expression, that starts at `at`, behind `base`.
fn tree(source: &Source, mut at: usize, base: &[String]) -> Vec<Import> {
    let tokens = &source.tokens;
    let mut path = base.to_vec();
    while let Some(Token { text, line, close }) = tokens.get(at) {
        if text == "{" {
            return members(source, (at, *close), &path);
        }
        if !matches!(text.as_str(), "*" | "self") {
            path.push(text.clone());
        }
        if !source.reads(at + 1, &["::"]) || source.reads(at + 2, &["<"]) {
            let renamed = if source.reads(at + 1, &["as"]) {
                at + 2
            } else {
                at
            };
            let name = tokens[renamed].text.clone();
            return vec![Import {
                line: *line,
                name,
                path,
            }];
        }
        at += 2;
    }
    Vec::new()
}

/// The paths of the `{a, b::c}` between two token positions.
fn members(source: &Source, (open, close): (usize, usize), base: &[String]) -> Vec<Import> {
    let mut imports = Vec::new();
    let mut at = open + 1;
    while at < close {
        imports.extend(tree(source, at, base));
        while at < close && !source.reads(at, &[","]) {
            at = source.tokens[at].close + 1;
        }
        at += 1;
    }
    imports
}

/// A crate of the workspace that a manifest depends on against the direction.
fn manifest(source: &Source) -> Vec<Finding> {
    let Some(root) = source.path.strip_suffix("Cargo.toml") else {
        return Vec::new();
    };
    let (mut findings, mut section) = (Vec::new(), "");
    let known = CRATES.iter().find(|known| known.root == root);
    for (line, text) in (1..).zip(&source.lines) {
        if text.starts_with('[') {
            section = text.trim_end().trim_matches(['[', ']']);
        }
        let key = text.split([' ', '.', '=']).next().unwrap_or_default();
        let message = match known {
            None if section == "package" && key == "name" => {
                format!(
                    "crate {} is not in the table of directions",
                    text.replace("name = ", "")
                )
            }
            Some(known) if section.ends_with("dependencies") && may_not_use(known, key) => {
                match section {
                    "workspace.dependencies" | "dev-dependencies" => continue,
                    _ => format!("`{}` may not depend on `{key}`", known.name),
                }
            }
            _ => continue,
        };
        findings.push(source.finding(line, RULE, message));
    }
    findings
}

/// A crate of the workspace that code names against the direction.
fn crates(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    let home = |home: &&Crate| source.path.starts_with(&format!("{}src/", home.root));
    let Some(home) = CRATES.iter().find(home) else {
        return findings;
    };
    for (at, token) in source.tokens.iter().enumerate() {
        let name = token.text.replace('_', "-");
        let named = source.reads(at + 1, &["::"]) && may_not_use(home, &name);
        if named && !source.is_test(token.line) {
            let message = format!("`{}` may not use `{name}`", home.name);
            findings.push(source.finding(token.line, RULE, message));
        }
    }
    findings
}

fn may_not_use(home: &Crate, name: &str) -> bool {
    let is_crate = CRATES.iter().any(|known| known.name == name);
    is_crate && name != home.name && !home.over.contains(&name)
}

#[cfg(test)]
mod proof {
    use super::*;

    const LIB: &str = "
        pub mod codec; pub mod consensus; pub mod dice; pub mod digest; pub mod game; mod local;
        pub mod seat;
        pub use digest::Digest;
        pub use game::{Game, rules::Turn as Move};
        pub use serde;
    ";

    /// What `text` at `path` breaks in a small core.
    fn findings(path: &str, text: &str) -> Vec<String> {
        let quiet = [
            "codec",
            "consensus",
            "dice",
            "digest",
            "game",
            "local",
            "seat",
        ];
        let mut sources: Vec<Source> = quiet
            .map(|module| Source::new(&format!("core/src/{module}/mod.rs"), ""))
            .into_iter()
            .collect();
        sources.push(Source::new("core/src/lib.rs", LIB));
        sources.push(Source::new(path, text));
        check(&sources).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_tables_name_only_what_they_define_and_nothing_above() {
        for (at, floor) in CORE.iter().enumerate() {
            let known = |over: &&str| {
                let top = over.split("::").next().unwrap_or(over);
                let mut below = CORE[..at].iter();
                below.any(|floor| floor.name == top || floor.modules.contains(&top))
            };
            assert!(floor.over.iter().all(known), "{}", floor.name);
        }
        for (at, home) in CRATES.iter().enumerate() {
            let below = |over: &&str| CRATES[..at].iter().any(|known| known.name == *over);
            assert!(home.over.iter().all(below), "{}", home.name);
        }
    }

    #[test]
    fn importing_downwards_and_sideways_is_fine() {
        let text = "use crate::{Digest, codec::{self, decode}};
            use super::tally_of;
            use crate::serde::Serialize;";
        assert_eq!(findings("core/src/consensus/pbft.rs", text), [""; 0]);
    }

    #[test]
    fn every_way_of_importing_upwards_is_named() {
        let breach = |line: usize, what: &str| {
            format!("core/src/digest/deep.rs:{line}: [directions] `digest` may not import `{what}`")
        };
        let text = "use crate::consensus::Round;
            use crate::{Game, codec};
            use crate::Move;
            use super::super::{seat::Seat, consensus as agreement};
            fn f() -> u8 { $crate::game::rules::f::<u8>() }
            mod inner { use super::super::super::local; }
        ";
        assert_eq!(
            findings("core/src/digest/deep.rs", text),
            [
                breach(1, "consensus::Round"),
                breach(2, "game::Game"),
                breach(3, "game::rules::Turn"),
                breach(4, "consensus"),
                breach(5, "game::rules::f"),
                breach(6, "local"),
            ]
        );
    }

    #[test]
    fn a_module_may_be_open_in_part() {
        let text = "use crate::dice::draw::sample;\nuse crate::dice::drawer;\nuse crate::dice;";
        assert_eq!(
            findings("core/src/local/bots.rs", text),
            [
                "core/src/local/bots.rs:2: [directions] `local` may not import `dice::drawer`",
                "core/src/local/bots.rs:3: [directions] `local` may not import `dice`",
            ]
        );
    }

    #[test]
    fn tests_inside_a_module_may_import_anything() {
        let text = "#[cfg(test)] mod tests { use crate::consensus::Round; }";
        assert_eq!(findings("core/src/digest/deep.rs", text), [""; 0]);
        assert_eq!(findings("core/src/digest/tests.rs", text), [""; 0]);
    }

    #[test]
    fn an_unknown_module_and_an_unknown_name_are_errors() {
        assert_eq!(
            findings("core/src/lobby.rs", ""),
            ["core/src/lobby.rs:1: [directions] module `lobby` is not in the table of directions"]
        );
        assert_eq!(
            findings("core/src/digest/deep.rs", "use crate::Unheard;"),
            ["core/src/digest/deep.rs:1: [directions] `crate::Unheard` is not named in lib.rs"]
        );
    }

    #[test]
    fn a_crate_that_looks_up_is_named_in_manifest_and_code() {
        let manifest = [
            "[package]",
            "name = \"quorate-core\"",
            "[dependencies]",
            "quorate-p2p.workspace = true",
            "[dev-dependencies]",
            "quorate-testkit.workspace = true",
        ]
        .join("\n");
        assert_eq!(
            findings("core/Cargo.toml", &manifest),
            ["core/Cargo.toml:4: [directions] `quorate-core` may not depend on `quorate-p2p`"]
        );
        assert_eq!(
            findings(
                "p2p/src/lib.rs",
                "use quorate_core::Seat;\nuse quorate::Table;"
            ),
            ["p2p/src/lib.rs:2: [directions] `quorate-p2p` may not use `quorate`"]
        );
        assert_eq!(
            findings("lobby/Cargo.toml", "[package]\nname = \"lobby\""),
            ["lobby/Cargo.toml:2: [directions] crate \"lobby\" is not in the table of directions"]
        );
    }
}
