//! Any view as text: what is short stays on one line, a board has its rows.

use std::fmt;

use super::plain::Told;

/// Columns that a value may take before it is broken into lines.
const COLUMNS: usize = 76;

/// A value as text, indented by two columns.
pub(super) struct Pretty<'a>(pub(super) &'a Told);

impl fmt::Display for Pretty<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  ")?;
        broken(f, self.0, 2)
    }
}

fn broken(f: &mut fmt::Formatter<'_>, value: &Told, indent: usize) -> fmt::Result {
    if let Some(rows) = board(value) {
        let mut rows = rows.iter().enumerate();
        return rows.try_for_each(|(index, row)| {
            next_line(f, index, indent)?;
            f.write_str(row)
        });
    }
    if is_short(value, indent) {
        return write!(f, "{value}");
    }
    match value {
        Told::List(items) => items.iter().enumerate().try_for_each(|(index, item)| {
            next_line(f, index, indent)?;
            broken(f, item, indent + 2)
        }),
        Told::Fields(fields) => {
            let mut fields = fields.iter().enumerate();
            fields.try_for_each(|(index, (name, field))| {
                next_line(f, index, indent)?;
                write!(f, "{name}: ")?;
                if !is_short(field, indent + name.len() + 2) {
                    write!(f, "\n{:1$}", "", indent + 2)?;
                }
                broken(f, field, indent + 2)
            })
        }
        _ => write!(f, "{value}"),
    }
}

/// Whether a value fits on the rest of a line, and has no rows of its own.
fn is_short(value: &Told, indent: usize) -> bool {
    value.to_string().chars().count() + indent <= COLUMNS && !has_board(value)
}

fn has_board(value: &Told) -> bool {
    match value {
        Told::Fields(fields) => fields.iter().any(|(_, field)| has_board(field)),
        value => board(value).is_some(),
    }
}

/// The rows of a list of lists of as many words each, as wide as the widest word.
fn board(value: &Told) -> Option<Vec<String>> {
    let Told::List(rows) = value else { return None };
    let rows: Vec<Vec<String>> = rows.iter().map(words).collect::<Option<_>>()?;
    let columns = rows.first()?.len();
    if rows.len() < 2 || columns < 2 || rows.iter().any(|row| row.len() != columns) {
        return None;
    }
    let wide = |word: &String| word.chars().count();
    let width = rows.iter().flatten().map(wide).max()?;
    let row = |row: &Vec<String>| {
        let cells: Vec<_> = row.iter().map(|word| format!("{word:width$}")).collect();
        cells.join(" ").trim_end().to_owned()
    };
    Some(rows.iter().map(row).collect())
}

/// The items of a list that holds nothing but words.
fn words(value: &Told) -> Option<Vec<String>> {
    let Told::List(items) = value else {
        return None;
    };
    let word = |item: &Told| match item {
        Told::Word(_) | Told::Nothing => Some(item.to_string()),
        _ => None,
    };
    items.iter().map(word).collect()
}

fn next_line(f: &mut fmt::Formatter<'_>, index: usize, indent: usize) -> fmt::Result {
    if index == 0 {
        Ok(())
    } else {
        write!(f, "\n{:indent$}", "")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Seat;
    use crate::play::plain::told;

    fn pretty(value: &impl crate::serde::Serialize) -> String {
        let name = |seat: Seat| ["Ann", "Bobby"][seat.index()].to_owned();
        Pretty(&told(value, &name).expect("plain data")).to_string()
    }

    #[test]
    fn what_is_short_stays_on_one_line() {
        let view = json!({ "squares": [0, null, 1], "next": 1 });
        assert_eq!(pretty(&view), "  next: 1, squares: [0 · 1]");
    }

    #[test]
    fn what_is_long_is_broken_where_it_has_parts() {
        let names: Vec<_> = (0..12)
            .map(|number| format!("player number {number}"))
            .collect();
        let text = pretty(&json!({ "a": 1, "names": names }));
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[..3], ["  a: 1", "  names: ", "    player number 0"]);
        assert_eq!(lines.len(), 14);
    }

    #[test]
    fn a_board_has_its_rows_and_columns() {
        let marks = [['X', '1', 'O'], ['3', 'X', '5'], ['6', '7', 'O']];
        assert_eq!(pretty(&marks), "  X 1 O\n  3 X 5\n  6 7 O");
        let [ann, bob] = [0, 1].map(|index| Seat::new(index).unwrap());
        let owners = [[Some(ann), None], [Some(bob), Some(ann)]];
        assert_eq!(pretty(&owners), "  Ann   ·\n  Bobby Ann");
        let view = json!({ "board": [[1, 2], [3, 4]], "next": "Ann" });
        assert_eq!(pretty(&view), "  board: \n    1 2\n    3 4\n  next: Ann");
    }

    #[test]
    fn lists_of_other_lengths_are_no_board() {
        assert_eq!(pretty(&json!([[1, 2], [3]])), "  [[1 2] [3]]");
        assert_eq!(pretty(&json!([[1, 2]])), "  [[1 2]]");
        assert_eq!(pretty(&json!([])), "  []");
    }
}
