//! A deterministic simulator of a whole table.
