//! Tables for people: plain text, no colour, columns as wide as what is in them.
//!
//! Promises: nothing that a client, a server or a file says can command a terminal. Called by commands.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};

/// A table with headings.
pub struct Plain {
    table: Table,
    right: &'static [usize],
}

impl Plain {
    /// An empty one with these headings.
    pub fn new(headings: &[&str]) -> Plain {
        Plain::with_numbers(headings, &[])
    }

    /// The same; the columns `right`, counted from 0, hold numbers.
    pub fn with_numbers(headings: &[&str], right: &'static [usize]) -> Plain {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_content_arrangement(ContentArrangement::Disabled).set_header(headings.iter().copied());
        Plain { table, right }
    }

    /// Adds a line.
    pub fn add<T: ToString>(&mut self, cells: impl IntoIterator<Item = T>) {
        let align = |(at, text): (usize, T)| {
            let cell = Cell::new(printable(&text.to_string()));
            if self.right.contains(&at) { cell.set_alignment(CellAlignment::Right) } else { cell }
        };
        let cells: Vec<Cell> = cells.into_iter().enumerate().map(align).collect();
        self.table.add_row(cells);
    }

    /// The lines, each with its end.
    pub fn text(&self) -> String {
        self.table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
    }
}

/// Without control characters, those that turn the writing direction among them: each becomes U+FFFD.
pub fn printable(text: &str) -> String {
    let is_harmful = |c: char| {
        c.is_control() || matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if is_harmful(c) { '\u{fffd}' } else { c }).collect()
}
