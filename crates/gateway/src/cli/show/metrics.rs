//! `tieline config metrics`: the page docs/metrics.md, written from telemetry's list of events.
//!
//! Promises: a test compares the committed page with this one, so that it is never out of date.

use tieline_telemetry::Row;

/// The page.
pub(in crate::cli) fn metrics(rows: &[Row]) -> String {
    let mut page = String::from(
        "# Metrics and log lines

<!-- Written by `tieline config metrics`; change the doc comments in `crates/telemetry/src/events.rs`, not this page. -->

The console serves the metrics at `/metrics` in Prometheus' text format. Most of them count a log line: then line and
metric are made from the same fields, and the labels are among the line's fields. A flood of one line is thinned to 20
a second in the log, with `suppressed` saying how many were left out; the counter counts them all.

No metric and no line holds a client's words or patient data: fields are numbers, addresses, topics and Tieline's own texts.

| Metric | Labels | Log line | Further fields | What it means |
|---|---|---|---|---|
",
    );
    for row in rows {
        let line = match row.log {
            Some((level, text)) => format!("{level} `{text}`"),
            None => format!("none ({})", row.kind),
        };
        let doc = row.doc.split_whitespace().collect::<Vec<_>>().join(" ");
        page.push_str(&format!(
            "| `{}` | {} | {line} | {} | {doc} |\n",
            row.metric,
            names(row.labels),
            names(row.fields)
        ));
    }
    page
}

fn names(list: &[&str]) -> String {
    list.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_committed_page_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/metrics.md");
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            committed == super::metrics(tieline_telemetry::events::ROWS),
            "docs/metrics.md is out of date; repair it with\n\
             cargo run -p tieline-gateway --no-default-features -- config metrics > docs/metrics.md"
        );
    }
}
