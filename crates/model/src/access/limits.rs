//! The limits a dialect itself has to keep (contract `access`, section Limits); the others are kept by transport.

/// Limits of one listener that only its dialect can check. 0 switches one off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DialectLimits {
    /// `json_depth`: how deep objects and lists may be nested.
    pub json_depth: usize,
    /// `streams`: how many streams or monitors one session may have open.
    pub streams: usize,
    /// `history_rows`: how many values one answer about the past may hold.
    pub history_rows: usize,
}

impl Default for DialectLimits {
    fn default() -> DialectLimits {
        DialectLimits { json_depth: 64, streams: 1000, history_rows: 100_000 }
    }
}
