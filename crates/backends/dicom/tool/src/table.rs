//! Tables for people: plain text, no colour, columns as wide as what is in them.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};

/// A table with these headings; `right` are the columns of numbers.
pub(super) struct Plain {
    table: Table,
    right: &'static [usize],
}

impl Plain {
    /// An empty one.
    pub(super) fn new(headings: &[&str], right: &'static [usize]) -> Plain {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_content_arrangement(ContentArrangement::Disabled).set_header(headings.iter().copied());
        Plain { table, right }
    }

    /// Adds a line.
    pub(super) fn add<T: ToString>(&mut self, cells: impl IntoIterator<Item = T>) {
        let align = |(at, text): (usize, T)| {
            let cell = Cell::new(harmless(&text.to_string()));
            if self.right.contains(&at) { cell.set_alignment(CellAlignment::Right) } else { cell }
        };
        let cells: Vec<Cell> = cells.into_iter().enumerate().map(align).collect();
        self.table.add_row(cells);
    }

    /// The lines, each with its end.
    pub(super) fn text(&self) -> String {
        self.table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
    }
}

/// Without control characters: a header's text must not command a terminal.
pub(super) fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
