//! The program in the README is the one in `examples/`, byte for byte.

use std::fs;
use std::ops::Range;
use std::path::Path;

const README: &str = "README.md";
const EXAMPLE: &str = "examples/tic_tac_toe.rs";
/// Stands in the README right above the block.
const MARK: &str = "<!-- examples/tic_tac_toe.rs, copied by `cargo xtask readme` -->\n\n```rust\n";

/// Checks that the block in the README is the example.
///
/// # Errors
/// Names the first line that differs, or the file that is missing.
pub(crate) fn check(root: &Path) -> Result<(), String> {
    let (readme, example) = (read(root, README)?, read(root, EXAMPLE)?);
    let block = &readme[block(&readme)?];
    if block == example {
        return Ok(());
    }
    let same = block
        .lines()
        .zip(example.lines())
        .take_while(|(ours, theirs)| ours == theirs);
    let line = same.count() + 1;
    Err(format!(
        "{README} differs from {EXAMPLE} at line {line}; run `cargo xtask readme`"
    ))
}

/// Copies the example into the README.
///
/// # Errors
/// If one of the files is missing, cannot be written, or the README has lost its mark.
pub(crate) fn update(root: &Path) -> Result<(), String> {
    let (mut readme, example) = (read(root, README)?, read(root, EXAMPLE)?);
    readme.replace_range(block(&readme)?, &example);
    fs::write(root.join(README), readme).map_err(|error| format!("{README}: {error}"))
}

fn read(root: &Path, path: &str) -> Result<String, String> {
    fs::read_to_string(root.join(path)).map_err(|error| format!("{path}: {error}"))
}

/// Where the program stands in the README, fences apart.
fn block(readme: &str) -> Result<Range<usize>, String> {
    let start = readme
        .find(MARK)
        .ok_or_else(|| format!("{README} has lost its mark `{MARK}`"))?;
    let start = start + MARK.len();
    let length = readme[start..]
        .find("```\n")
        .ok_or_else(|| format!("{README}: open block"))?;
    Ok(start..start + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_is_what_stands_between_mark_and_fence() {
        let readme = format!("# Title\n\n{MARK}fn main() {{}}\n```\n\nMore.\n```\n");
        assert_eq!(&readme[block(&readme).unwrap()], "fn main() {}\n");
    }

    #[test]
    fn a_lost_mark_and_an_open_block_are_errors() {
        assert!(
            block("# Title\n```rust\n```\n")
                .unwrap_err()
                .contains("lost its mark")
        );
        assert!(
            block(&format!("{MARK}fn main() {{}}\n"))
                .unwrap_err()
                .contains("open block")
        );
    }
}
