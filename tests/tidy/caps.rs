//! Caps: how long a file, a function and a line may be, and how much a function may ask for.

use crate::source::{Finding, Source};

/// Lines of a file, tests apart.
const FILE_LINES_MAX: usize = 600;
/// Lines of a function, from its `fn` to its closing brace.
const FUNCTION_LINES_MAX: usize = 60;
/// Characters of a line of code.
const COLUMNS_MAX: usize = 100;
/// Parameters of a function, `self` included; who implements a foreign trait has no choice.
const PARAMETERS_MAX: usize = 5;

const RULE: &str = "caps";

/// Every breach of a cap in `source`.
pub(crate) fn check(source: &Source) -> Vec<Finding> {
    if !["rs", "sh"].iter().any(|code| source.has_extension(code)) {
        return Vec::new();
    }
    [file(source), lines(source), functions(source)]
        .into_iter()
        .flatten()
        .collect()
}

fn file(source: &Source) -> Vec<Finding> {
    let lines = (1..=source.lines.len())
        .filter(|line| !source.is_test(*line))
        .count();
    if !source.is_rust() || lines <= FILE_LINES_MAX {
        return Vec::new();
    }
    let message = format!("{lines} lines without its tests; the cap is {FILE_LINES_MAX}");
    vec![source.finding(source.lines.len(), RULE, message)]
}

fn lines(source: &Source) -> Vec<Finding> {
    let long = |(index, line): (usize, &String)| {
        let columns = line.chars().count();
        (columns > COLUMNS_MAX).then(|| {
            let message = format!("{columns} columns; the cap is {COLUMNS_MAX}");
            source.finding(index + 1, RULE, message)
        })
    };
    source.lines.iter().enumerate().filter_map(long).collect()
}

fn functions(source: &Source) -> Vec<Finding> {
    let trait_impls = trait_impls(source);
    let mut findings = Vec::new();
    for function in all_functions(source) {
        let Function {
            name,
            at,
            parameters,
            lines,
        } = function;
        let line = source.tokens[at].line;
        if lines > FUNCTION_LINES_MAX {
            let message = format!("`{name}` has {lines} lines; the cap is {FUNCTION_LINES_MAX}");
            findings.push(source.finding(line, RULE, message));
        }
        let chosen = !trait_impls
            .iter()
            .any(|(open, close)| (*open..*close).contains(&at));
        if chosen && parameters > PARAMETERS_MAX {
            let message = format!("`{name}` takes {parameters}; the cap is {PARAMETERS_MAX}");
            findings.push(source.finding(line, RULE, message));
        }
    }
    findings
}

struct Function {
    name: String,
    at: usize,
    parameters: usize,
    lines: usize,
}

/// Every named function, those in macros included.
fn all_functions(source: &Source) -> Vec<Function> {
    let tokens = &source.tokens;
    let mut functions = Vec::new();
    for at in (0..tokens.len()).filter(|at| tokens[*at].text == "fn") {
        // In a macro the name may be `$name`; `fn(u8)` is the type of a function.
        let named = at + 1 + usize::from(source.reads(at + 1, &["$"]));
        if named + 1 >= tokens.len() || tokens[named].text == "(" {
            continue;
        }
        let open = behind_generics(source, named + 1);
        let end = source.item_end(open);
        let name = tokens[named].text.clone();
        let lines = tokens[end].line + 1 - tokens[at].line;
        functions.push(Function {
            name,
            at,
            parameters: parameters(source, open),
            lines,
        });
    }
    functions
}

/// The token behind the angle brackets that open at `at`, or `at` if none do.
fn behind_generics(source: &Source, mut at: usize) -> usize {
    let mut depth = 0usize;
    loop {
        match source.tokens[at].text.as_str() {
            "<" => depth += 1,
            ">" => depth = depth.saturating_sub(1),
            _ if depth == 0 => return at,
            _ => {}
        }
        at = source.tokens[at].close + 1;
    }
}

/// How many parameters stand in the parentheses that open at `open`.
fn parameters(source: &Source, open: usize) -> usize {
    let close = source.tokens[open].close;
    let (mut at, mut angles, mut count, mut pending) = (open + 1, 0usize, 0, false);
    while at < close {
        match source.tokens[at].text.as_str() {
            "<" => angles += 1,
            ">" => angles = angles.saturating_sub(1),
            "," if angles == 0 => {
                count += 1;
                pending = false;
                at += 1;
                continue;
            }
            _ => {}
        }
        pending = true;
        at = source.tokens[at].close + 1;
    }
    count + usize::from(pending)
}

/// The bodies of `impl Trait for Type`, as token positions of their braces.
fn trait_impls(source: &Source) -> Vec<(usize, usize)> {
    let tokens = &source.tokens;
    let starts_item = |at: usize| {
        let before = at.checked_sub(1).map_or(";", |before| &tokens[before].text);
        tokens[at].text == "impl" && matches!(before, ";" | "{" | "}" | "]" | "unsafe")
    };
    let mut bodies = Vec::new();
    for start in (0..tokens.len()).filter(|at| starts_item(*at)) {
        let (mut at, mut of_trait) = (start, false);
        while at < tokens.len() && tokens[at].text != "{" {
            of_trait |= tokens[at].text == "for" && !source.reads(at + 1, &["<"]);
            at = tokens[at].close + 1;
        }
        if of_trait && at < tokens.len() {
            bodies.push((at, tokens[at].close));
        }
    }
    bodies
}

#[cfg(test)]
mod proof {
    use super::*;

    fn messages(path: &str, text: &str) -> Vec<String> {
        check(&Source::new(path, text))
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    fn function(lines: usize) -> String {
        format!("fn long() {{\n{}}}\n", "    step();\n".repeat(lines - 2))
    }

    #[test]
    fn a_file_of_601_lines_is_named_and_its_tests_do_not_count() {
        let code = "const A: u8 = 0;\n".repeat(600);
        let tests = format!(
            "#[cfg(test)]\nmod tests {{\n{}}}\n",
            "const B: u8 = 0;\n".repeat(50)
        );
        assert_eq!(messages("core/src/a.rs", &(code.clone() + &tests)), [""; 0]);
        assert_eq!(
            messages(
                "core/src/a.rs",
                &(code.clone() + "const C: u8 = 0;\n" + &tests)
            ),
            ["core/src/a.rs:654: [caps] 601 lines without its tests; the cap is 600"]
        );
        assert_eq!(messages("core/tests/a.rs", &code.repeat(2)), [""; 0]);
    }

    #[test]
    fn a_function_of_61_lines_is_named() {
        assert_eq!(messages("core/src/a.rs", &function(60)), [""; 0]);
        assert_eq!(
            messages("core/src/a.rs", &format!("\n{}", function(61))),
            ["core/src/a.rs:2: [caps] `long` has 61 lines; the cap is 60"]
        );
    }

    #[test]
    fn a_line_of_101_columns_is_named_and_columns_are_characters() {
        let comment = |columns: usize| format!("// {}\n", "ä".repeat(columns - 3));
        assert_eq!(messages("p2p/src/a.rs", &comment(100)), [""; 0]);
        assert_eq!(
            messages("p2p/src/a.rs", &comment(101)),
            ["p2p/src/a.rs:1: [caps] 101 columns; the cap is 100"]
        );
    }

    #[test]
    fn a_sixth_parameter_is_named_but_not_in_the_impl_of_a_trait() {
        let five = "fn f(&self, a: Map<A, B>, b: (u8, u8), c: fn(u8) -> u8, d: [u8; 2]) {}";
        let six = "fn f<F: Fn(A) -> B>(&self, a: A, b: B, c: C, d: D, e: E) {}";
        let heads = [
            "impl X",
            "impl<T: for<'a> Y<'a>> X<T>",
            "impl From<(A, B)> for X",
        ];
        let broken = heads.map(|head| messages("core/src/a.rs", &format!("{head} {{ {six} }}")));
        let message = ["core/src/a.rs:1: [caps] `f` takes 6; the cap is 5".to_owned()];
        assert_eq!(broken, [message.to_vec(), message.to_vec(), Vec::new()]);
        assert_eq!(
            messages("core/src/a.rs", &format!("impl X {{ {five} }}")),
            [""; 0]
        );
    }
}
