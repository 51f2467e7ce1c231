//! Any view as text: JSON, but what is short stays on one line.

use std::fmt::{self, Write};

use serde_json::Value;

/// Columns that a value may take before it is broken into lines.
const COLUMNS: usize = 76;

/// A value as text, indented by two columns.
pub(super) struct Pretty<'a>(pub(super) &'a Value);

impl fmt::Display for Pretty<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  ")?;
        broken(f, self.0, 2)
    }
}

fn broken(f: &mut fmt::Formatter<'_>, value: &Value, indent: usize) -> fmt::Result {
    let line = short(value);
    if line.chars().count() + indent <= COLUMNS {
        return f.write_str(&line);
    }
    match value {
        Value::Array(items) => items.iter().enumerate().try_for_each(|(index, item)| {
            next_line(f, index, indent)?;
            broken(f, item, indent + 2)
        }),
        Value::Object(fields) => {
            fields
                .iter()
                .enumerate()
                .try_for_each(|(index, (name, field))| {
                    next_line(f, index, indent)?;
                    write!(f, "{name}: ")?;
                    let wide = short(field).chars().count() + indent + name.len() + 2 > COLUMNS;
                    if wide {
                        write!(f, "\n{:1$}", "", indent + 2)?;
                    }
                    broken(f, field, indent + 2)
                })
        }
        _ => f.write_str(&line),
    }
}

fn next_line(f: &mut fmt::Formatter<'_>, index: usize, indent: usize) -> fmt::Result {
    if index == 0 {
        Ok(())
    } else {
        write!(f, "\n{:indent$}", "")
    }
}

/// All of it on one line; nothing is shown as a dot.
fn short(value: &Value) -> String {
    let mut line = String::new();
    // Writing to a string cannot fail.
    let _ = match value {
        Value::Null => write!(line, "·"),
        Value::String(text) => write!(line, "{text}"),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(short).collect();
            write!(line, "[{}]", items.join(" "))
        }
        Value::Object(fields) => {
            let field = |(name, field): (&String, &Value)| format!("{name}: {}", short(field));
            let fields: Vec<_> = fields.iter().map(field).collect();
            write!(line, "{}", fields.join(", "))
        }
        other => write!(line, "{other}"),
    };
    line
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_short_stays_on_one_line() {
        let view = json!({ "squares": [0, null, 1], "next": 1 });
        assert_eq!(Pretty(&view).to_string(), "  next: 1, squares: [0 · 1]");
    }

    #[test]
    fn what_is_long_is_broken_where_it_has_parts() {
        let names: Vec<_> = (0..12)
            .map(|number| format!("player number {number}"))
            .collect();
        let text = Pretty(&json!({ "a": 1, "names": names })).to_string();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[..3], ["  a: 1", "  names: ", "    player number 0"]);
        assert_eq!(lines.len(), 14);
    }
}
