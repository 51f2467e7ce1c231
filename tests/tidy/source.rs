//! The house as the rules see it: its files, their tokens, their comments, and what is test code.

use std::fmt;
use std::ops::RangeInclusive;
use std::path::Path;

use proc_macro2::{Delimiter, Spacing, Span, TokenStream, TokenTree};

/// One breach of a rule, printed as `file:line: [rule] message`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) rule: &'static str,
    pub(crate) message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: [{}] {}",
            self.path, self.line, self.rule, self.message
        )
    }
}

/// A token of a Rust file. `::`, `->` and `=>` are one token; delimiters are tokens of their own.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) line: usize,
    /// For an opening delimiter the index of its closing one, else the token's own index.
    pub(crate) close: usize,
}

/// A text file of the repository.
#[derive(Debug)]
pub(crate) struct Source {
    /// Relative to the root, with forward slashes.
    pub(crate) path: String,
    pub(crate) lines: Vec<String>,
    /// Empty unless it is a Rust file.
    pub(crate) tokens: Vec<Token>,
    /// For each line, the column behind its last token; 0 where no token stands.
    ends: Vec<usize>,
    tests: Vec<RangeInclusive<usize>>,
}

impl Source {
    /// A file with this path and text.
    ///
    /// # Panics
    /// If a `.rs` file is not made of Rust tokens; then it does not compile either.
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let ends = vec![0; lines.len() + 2];
        let (path, tokens, tests) = (path.to_owned(), Vec::new(), Vec::new());
        let mut source = Self {
            path,
            lines,
            tokens,
            ends,
            tests,
        };
        if source.is_rust() {
            let stream = text
                .parse()
                .unwrap_or_else(|error| panic!("{}: {error}", source.path));
            source.flatten(stream);
            source.tests = source.test_items();
        }
        source
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.has_extension("rs")
    }

    pub(crate) fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path)
            .extension()
            .is_some_and(|own| own == extension)
    }

    /// Whether the whole file is test code: a `tests/` folder of any crate, or `tests.rs`.
    pub(crate) fn is_test_file(&self) -> bool {
        let inside = self
            .path
            .strip_prefix("tests/testkit/")
            .unwrap_or(&self.path);
        inside.starts_with("tests/") || inside.contains("/tests/") || inside.ends_with("/tests.rs")
    }

    /// Whether the line belongs to a test, or to an item that only tests see.
    pub(crate) fn is_test(&self, line: usize) -> bool {
        self.is_test_file() || self.tests.iter().any(|range| range.contains(&line))
    }

    /// The plain comment on the line, alone or behind code; documentation is no comment.
    pub(crate) fn comment(&self, line: usize) -> Option<&str> {
        let text = self.lines.get(line.checked_sub(1)?)?;
        let start = text
            .char_indices()
            .nth(self.ends[line])
            .map_or(text.len(), |(at, _)| at);
        text[start..].trim_start().strip_prefix("//")
    }

    /// Whether a plain comment stands on one of the `lines`.
    pub(crate) fn is_explained(&self, mut lines: RangeInclusive<usize>) -> bool {
        lines.any(|line| self.comment(line).is_some())
    }

    /// The line on which the statement begins that holds the token at `at`.
    pub(crate) fn statement_line(&self, at: usize) -> usize {
        let encloses = |open: &usize| self.tokens[*open].close >= at;
        let mut start = (0..at).rev().find(encloses).map_or(0, |open| open + 1);
        let mut next = start;
        while next < at {
            let end = self.tokens[next].close;
            if matches!(self.tokens[end].text.as_str(), ";" | "}") {
                start = end + 1;
            }
            next = end + 1;
        }
        self.tokens[start].line
    }

    /// Tokens from `at` on have exactly these texts.
    pub(crate) fn reads(&self, at: usize, texts: &[&str]) -> bool {
        let there = self.tokens.iter().skip(at).map(|token| token.text.as_str());
        there.take(texts.len()).eq(texts.iter().copied())
    }

    pub(crate) fn finding(
        &self,
        line: usize,
        rule: &'static str,
        message: impl Into<String>,
    ) -> Finding {
        Finding {
            path: self.path.clone(),
            line,
            rule,
            message: message.into(),
        }
    }

    fn flatten(&mut self, stream: TokenStream) {
        let mut joint = false;
        for tree in stream {
            let glued = std::mem::take(&mut joint);
            match tree {
                TokenTree::Group(group) => {
                    let (open, close) = delimiters(group.delimiter());
                    let at = self.tokens.len();
                    self.push(open, group.span_open());
                    self.flatten(group.stream());
                    self.tokens[at].close = self.tokens.len();
                    self.push(close, group.span_close());
                }
                TokenTree::Punct(punct) => {
                    joint = punct.spacing() == Spacing::Joint;
                    if !(glued && self.glue(punct.as_char())) {
                        self.push(&punct.to_string(), punct.span());
                    }
                }
                other => self.push(&other.to_string(), other.span()),
            }
        }
    }

    fn push(&mut self, text: &str, span: Span) {
        let (start, end) = (span.start().line, span.end().line);
        for line in start..end {
            self.ends[line] = usize::MAX;
        }
        self.ends[end] = self.ends[end].max(span.end().column);
        self.tokens.push(Token {
            text: text.to_owned(),
            line: start,
            close: self.tokens.len(),
        });
    }

    /// Appends the second half of a double operator to its first; tells whether it is one.
    fn glue(&mut self, half: char) -> bool {
        let Some(last) = self.tokens.last_mut() else {
            return false;
        };
        let whole = format!("{}{half}", last.text);
        let double = matches!(whole.as_str(), "::" | "->" | "=>");
        if double {
            last.text = whole;
        }
        double
    }

    /// The items under `#[cfg(test)]` and `#[test]`, from the attribute to the item's end.
    fn test_items(&self) -> Vec<RangeInclusive<usize>> {
        let attributes = |at: &usize| {
            self.reads(*at, &["#", "[", "cfg", "(", "test", ")", "]"])
                || self.reads(*at, &["#", "[", "test", "]"])
        };
        let starts = (0..self.tokens.len()).filter(attributes);
        starts
            .map(|at| self.tokens[at].line..=self.tokens[self.item_end(at)].line)
            .collect()
    }

    /// The last token of the item whose first attribute starts at `at`.
    pub(crate) fn item_end(&self, mut at: usize) -> usize {
        while at < self.tokens.len() {
            match self.tokens[at].text.as_str() {
                ";" => return at,
                "{" => return self.tokens[at].close,
                "}" => return at.saturating_sub(1),
                _ => at = self.tokens[at].close + 1,
            }
        }
        self.tokens.len() - 1
    }
}

const fn delimiters(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    }
}
