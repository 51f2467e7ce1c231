//! Bans: what must not stand in the core, and what must not stand anywhere.

use crate::source::{Finding, Source};

/// Words that no code of the core may use, each with the reason.
#[rustfmt::skip] // a table reads by its rows
const IN_CORE: &[(&str, &str)] = &[
    ("HashMap",      "its order differs between devices; FxHashMap if never iterated, or BTreeMap"),
    ("HashSet",      "its order differs between devices; FxHashSet if never iterated, or BTreeSet"),
    ("Instant",      "the host says what time it is"),
    ("SystemTime",   "the host says what time it is"),
    ("thread_rng",   "randomness comes from the host, so that a run can be repeated"),
    ("ThreadRng",    "randomness comes from the host, so that a run can be repeated"),
    ("OsRng",        "randomness comes from the host, so that a run can be repeated"),
    ("getrandom",    "randomness comes from the host, so that a run can be repeated"),
    ("f32",          "floats differ between devices"),
    ("f64",          "floats differ between devices"),
    ("println",      "the core has no terminal"),
    ("print",        "the core has no terminal"),
    ("eprintln",     "the core has no terminal"),
    ("eprint",       "the core has no terminal"),
    ("unsafe",       "the core is safe code"),
    ("thread_local", "an engine owns its state; there are no globals"),
    ("static",       "an engine owns its state; there are no globals"),
];

/// Modules of the standard library that are the host's business.
const HOST_MODULES: &[&str] = &["env", "fs", "net", "process", "thread"];

/// Where a word banned in the core may stand nevertheless: file, word, reason.
#[rustfmt::skip] // a table reads by its rows
const ALLOWED: &[(&str, &str, &str)] = &[
    ("core/src/codec/encode.rs", "f32", "named to be refused"),
    ("core/src/codec/encode.rs", "f64", "named to be refused"),
    ("core/src/codec/order.rs",  "f32", "named to be refused"),
    ("core/src/codec/order.rs",  "f64", "named to be refused"),
    ("core/src/mutant.rs", "thread_local", "only with the feature that breaks rules on purpose"),
    ("core/src/mutant.rs", "static", "only with the feature that breaks rules on purpose"),
];

/// How many lines above a statement that may panic the comment may stand that names its invariant.
const COMMENT_LINES_ABOVE: usize = 3;

/// Every banned thing in `source`.
pub(crate) fn check(source: &Source) -> Vec<Finding> {
    let mut findings = text(source);
    findings.extend(unfinished(source));
    findings.extend(unreasoned_allows(source));
    if source.path.starts_with("core/src/") {
        findings.extend(core_words(source));
        findings.extend(core_panics(source));
    }
    findings
}

/// Exceptions that nothing needs any more.
pub(crate) fn stale_exceptions(sources: &[Source]) -> Vec<String> {
    let needed = |path: &str, word: &str| {
        let file = sources.iter().find(|source| source.path == path);
        file.is_some_and(|file| file.tokens.iter().any(|token| token.text == word))
    };
    let stale = ALLOWED.iter().filter(|(path, word, _)| !needed(path, word));
    stale
        .map(|(path, word, _)| format!("{path}: [bans] needs no exception for `{word}`"))
        .collect()
}

fn core_words(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, token) in source.tokens.iter().enumerate() {
        let word = token.text.as_str();
        let banned = IN_CORE
            .iter()
            .find(|(banned, _)| *banned == word)
            .map(|(_, reason)| *reason);
        // `pair.0.1` holds the token `0.1`, and `'static` the token `static`.
        let other = |before: &str| at > 0 && source.reads(at - 1, &[before]);
        if other("'") {
            continue;
        }
        let reason = if is_float_literal(word) && !other(".") {
            "floats differ between devices"
        } else if source.reads(at, &["std", "::"]) && names_host_module(source, at + 2) {
            "sockets, files, threads and the like are the host's"
        } else {
            let Some(reason) = banned else { continue };
            reason
        };
        let allowed = ALLOWED
            .iter()
            .any(|(path, w, _)| *path == source.path && *w == word);
        if !allowed && !source.is_test(token.line) {
            findings.push(source.finding(token.line, "bans", format!("`{word}`: {reason}")));
        }
    }
    findings
}

/// Whether the path or the use tree behind `std::` names a module of the host.
fn names_host_module(source: &Source, at: usize) -> bool {
    let Some(token) = source.tokens.get(at) else {
        return false;
    };
    let is_host = |at: usize| HOST_MODULES.contains(&source.tokens[at].text.as_str());
    let starts = |at: usize| source.reads(at - 1, &["{"]) || source.reads(at - 1, &[","]);
    is_host(at) || (at + 1..token.close).any(|member| starts(member) && is_host(member))
}

/// `0.5`, `1e9`, `2f64`; not `0xf32`.
fn is_float_literal(word: &str) -> bool {
    let number = word.starts_with(|first: char| first.is_ascii_digit());
    let decimal = !["0x", "0b", "0o"]
        .iter()
        .any(|prefix| word.starts_with(prefix));
    let exponent = |word: &str| word.contains(['e', 'E']) && !word.contains("size");
    number && decimal && (word.contains(['.', 'f']) || exponent(word))
}

/// A panic in the core is a bug of ours, so each possible one names the invariant it rests on.
fn core_panics(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, token) in source.tokens.iter().enumerate() {
        let word = token.text.as_str();
        let called = at > 0 && (source.reads(at - 1, &["."]) || source.reads(at - 1, &["::"]));
        let panics = match word {
            "unwrap" | "expect" => called,
            "panic" | "unreachable" => source.reads(at + 1, &["!"]),
            _ => false,
        };
        let first = source
            .statement_line(at)
            .saturating_sub(COMMENT_LINES_ABOVE);
        let explained = source.is_explained(first..=token.line);
        if panics && !explained && !source.is_test(token.line) {
            let message = format!("`{word}` without a comment that names the invariant");
            findings.push(source.finding(token.line, "bans", message));
        }
    }
    findings
}

/// Code that admits to be unfinished.
fn unfinished(source: &Source) -> Vec<Finding> {
    let macros = source.tokens.iter().enumerate().filter_map(|(at, token)| {
        let unfinished = ["todo", "unimplemented"].contains(&token.text.as_str());
        (unfinished && source.reads(at + 1, &["!"])).then_some((token.line, token.text.as_str()))
    });
    let comments = (1..=source.lines.len())
        .filter(|_| source.is_rust())
        .filter_map(|line| {
            let comment = source.comment(line)?;
            let mark = ["TODO", "FIXME", "XXX"]
                .into_iter()
                .find(|mark| comment.contains(mark))?;
            Some((line, mark))
        });
    let finding = |(line, word)| {
        source.finding(
            line,
            "bans",
            format!("`{word}`: finish it, or open an issue"),
        )
    };
    macros.chain(comments).map(finding).collect()
}

/// A lint that is switched off without a reason, in code or in a manifest.
fn unreasoned_allows(source: &Source) -> Vec<Finding> {
    let mut lines: Vec<usize> = Vec::new();
    for at in 0..source.tokens.len() {
        let open = at + 1 + usize::from(source.reads(at + 1, &["!"]));
        let switches = ["allow", "expect"]
            .iter()
            .any(|lint| source.reads(open, &["[", lint, "("]));
        if !source.reads(at, &["#"]) || !switches {
            continue;
        }
        let close = source.tokens[open].close;
        let reason = source.tokens[open..close]
            .iter()
            .any(|token| token.text == "reason");
        let last = source.tokens[close].line;
        let line = source.tokens[at].line;
        if !reason && !source.is_explained(line - 1..=line) && !source.is_explained(last..=last) {
            lines.push(line);
        }
    }
    if source.path.ends_with("Cargo.toml") {
        let allows = |text: &str| text.contains("\"allow\"") && !text.contains(" # ");
        lines.extend(
            (1..)
                .zip(&source.lines)
                .filter(|(_, text)| allows(text))
                .map(|(n, _)| n),
        );
    }
    let message = "a lint is allowed without a reason beside it";
    lines
        .into_iter()
        .map(|line| source.finding(line, "bans", message))
        .collect()
}

/// What no text of the repository may hold, code or not.
fn text(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, text) in (1..).zip(&source.lines) {
        if let Some(emoji) = text.chars().find(|c| is_emoji(*c)) {
            let message = format!("U+{:04X} is an emoji", u32::from(emoji));
            findings.push(source.finding(line, "bans", message));
        }
        if let Some(path) = machine_path(text) {
            let message = format!("`{path}` is a path of one machine");
            findings.push(source.finding(line, "bans", message));
        }
    }
    findings
}

/// What is drawn as a coloured picture; plain symbols such as arrows, boxes and dots are not.
const fn is_emoji(c: char) -> bool {
    matches!(c,
        '\u{1F000}'..='\u{1FAFF}' | '\u{FE0F}'
        | '\u{231A}'..='\u{231B}' | '\u{23E9}'..='\u{23EC}' | '\u{23F0}' | '\u{23F3}'
        | '\u{2614}'..='\u{2615}' | '\u{2648}'..='\u{2653}' | '\u{26A1}' | '\u{26BD}'..='\u{26BE}'
        | '\u{2705}' | '\u{270A}'..='\u{270B}' | '\u{2728}' | '\u{274C}' | '\u{274E}'
        | '\u{2753}'..='\u{2757}' | '\u{2795}'..='\u{2797}' | '\u{2B50}' | '\u{2B55}')
}

/// A folder in somebody's home or in a workplace: it exists on no other machine.
fn machine_path(text: &str) -> Option<String> {
    // Put together here, or this file would be the first to break its own rule.
    let homes = ["home", "root", "Users", "work"].map(|home| format!("/{home}/"));
    let path_starts = |at: usize| {
        text[..at]
            .chars()
            .next_back()
            .is_none_or(|before| !before.is_alphanumeric() && before != '.')
    };
    let found = |home: &String| {
        text.match_indices(home.as_str())
            .any(|(at, _)| path_starts(at))
    };
    homes.into_iter().find(found)
}

#[cfg(test)]
mod proof {
    use super::*;

    fn messages(path: &str, text: &str) -> Vec<String> {
        check(&Source::new(path, text))
            .iter()
            .map(|finding| finding.message.clone())
            .collect()
    }

    fn in_core(text: &str) -> Vec<String> {
        messages("core/src/digest.rs", text)
    }

    #[test]
    fn each_banned_word_is_named_in_core_and_nowhere_else() {
        for (word, reason) in IN_CORE {
            let text =
                format!("fn f() {{ {word} }} // {word}\n/// {word}\nconst S: &str = \"{word}\";");
            assert_eq!(in_core(&text), [format!("`{word}`: {reason}")]);
            assert_eq!(messages("p2p/src/node.rs", &text), [""; 0]);
            assert_eq!(
                in_core(&format!("#[cfg(test)] mod tests {{ {text} }}")),
                [""; 0]
            );
        }
    }

    #[test]
    fn the_host_modules_of_std_are_named_however_they_are_imported() {
        let breaches = [
            "use std::fs;",
            "use std::{fmt, net::TcpStream};",
            "fn f() { std::thread::spawn(g) }",
        ];
        for text in breaches {
            assert_eq!(
                in_core(text),
                ["`std`: sockets, files, threads and the like are the host's"]
            );
        }
        assert_eq!(
            in_core("use std::{fmt, collections::BTreeMap}; fn net() {}"),
            [""; 0]
        );
    }

    #[test]
    fn float_literals_are_named_and_look_alikes_are_not() {
        for float in ["0.5", "1e9", "2f64", "1_0.0"] {
            let expected = format!("`{float}`: floats differ between devices");
            assert_eq!(in_core(&format!("const A: F = {float};")), [expected]);
        }
        assert_eq!(
            in_core("const A: u8 = 0xf32 + pair.0.1 + 7usize + 0b1 + 0..9;"),
            [""; 0]
        );
    }

    #[test]
    fn an_exception_is_for_one_word_in_one_file() {
        let text = "fn serialize_f32(value: f32) {} fn g(now: Instant) {}";
        assert_eq!(
            messages("core/src/codec/encode.rs", text),
            ["`Instant`: the host says what time it is"]
        );
        assert_eq!(stale_exceptions(&[]).len(), ALLOWED.len());
    }

    #[test]
    fn a_possible_panic_needs_a_plain_comment_near_by() {
        for call in [
            "a.unwrap()",
            "a.expect(\"b\")",
            "A::unwrap(a)",
            "panic!()",
            "unreachable!()",
        ] {
            let explained = [
                format!("fn f() {{\n    {call} // a is checked above\n}}"),
                format!("fn f() {{\n    // Invariant: a is there.\n\n\n    {call}\n}}"),
                format!(
                    "fn f() {{\n    // Invariant: a is there.\n    g(\n{{}}\n,\n\n) + {call}\n}}"
                ),
            ];
            assert!(
                explained.iter().all(|text| in_core(text).is_empty()),
                "{call}"
            );
            let bare = [
                format!("/// Takes a.\nfn f() {{ {call} }}"),
                format!("// Too far away.\nfn f() {{\n\n\n    {call}\n}}"),
                format!("fn f() {{ g(\"// no comment\", {call}) }}"),
            ];
            assert!(bare.iter().all(|text| in_core(text).len() == 1), "{call}");
        }
        assert_eq!(in_core("fn expect() { a.unwrap_or(b) }"), [""; 0]);
    }

    #[test]
    fn unfinished_code_is_named_everywhere() {
        let mark = ["TO", "DO"].concat();
        let message = |word: &str| format!("`{word}`: finish it, or open an issue");
        assert_eq!(
            messages("p2p/src/a.rs", "fn f() { todo!() }"),
            [message("todo")]
        );
        assert_eq!(
            messages("p2p/tests/a.rs", &format!("fn f() {{}} // {mark} g")),
            [message(&mark)]
        );
        assert_eq!(
            messages("p2p/src/a.rs", &format!("const A: &str = \"{mark}\";")),
            [""; 0]
        );
    }

    #[test]
    fn a_lint_is_allowed_only_with_a_reason() {
        let bare = [
            "#[allow(a)]\nfn f() {}",
            "#![expect(a)]",
            "/// Docs.\n#[allow(\n    a,\n)]\nfn f() {}",
        ];
        for text in bare {
            assert_eq!(
                in_core(text),
                ["a lint is allowed without a reason beside it"]
            );
        }
        let reasoned = [
            "#[allow(a)] // below 0x80\nfn f() {}",
            "// Below 0x80.\n#[allow(a)]\nfn f() {}",
            "#[allow(a, reason = \"below 0x80\")]\nfn f() {}",
        ];
        assert_eq!(
            reasoned.map(in_core),
            [Vec::<String>::new(), Vec::new(), Vec::new()]
        );
        let manifest = "a = \"allow\"\nb = \"allow\" # moved once\nc = \"warn\"";
        let lines: Vec<_> = check(&Source::new("Cargo.toml", manifest))
            .iter()
            .map(|f| f.line)
            .collect();
        assert_eq!(lines, [1]);
    }

    #[test]
    fn emoji_and_machine_paths_are_named_in_any_text() {
        assert_eq!(
            messages("README.md", "a \u{1F3B2} b"),
            ["U+1F3B2 is an emoji"]
        );
        assert_eq!(
            messages("README.md", "\u{25B6} \u{25CF} \u{2500} \u{2264} \u{2713}"),
            [""; 0]
        );
        let path = ["/ho", "me/ann/dice"].concat();
        assert_eq!(messages(".ci/run", &format!("cd {path}")).len(), 1);
        assert_eq!(
            messages(
                "README.md",
                &format!("https://quorate.dev{path} ../shared{path}")
            ),
            [""; 0]
        );
    }
}
