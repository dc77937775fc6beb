//! The one list of what Tieline tells about itself: every event is a log line, a counter and a row of documentation,
//! made from the same fields, so that the three cannot disagree.
//!
//! Promises: fields are [`tieline_model::Loggable`], so no client's words and no patient data get into a log or a
//! label; labels have few values; a flood of one event is thinned in the log (never in the counter) and says so.
//! Called by every crate that has something to tell; the console shows the counters, the gateway sets up the log.

#![cfg_attr(test, allow(clippy::unwrap_used))]
#![allow(clippy::disallowed_macros)] // the one place that makes counters; everywhere else an event does

pub mod events;
mod tally;
mod throttle;

pub use metrics::Gauge;
pub use tally::Tally;
pub use throttle::Throttle;

/// Used by the macros.
#[doc(hidden)]
pub mod private {
    pub use metrics;
    pub use tieline_model::loggable::checked;
    pub use tracing;
}

/// One row of the list: what the documentation prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The metric.
    pub metric: &'static str,
    /// `counter` or `gauge`.
    pub kind: &'static str,
    /// The metric's labels, names of the event's fields.
    pub labels: &'static [&'static str],
    /// The log line's level and text; `None` for what is only counted.
    pub log: Option<(&'static str, &'static str)>,
    /// The log line's further fields.
    pub fields: &'static [&'static str],
    /// What it means and what to do about it.
    pub doc: &'static str,
}

/// Declares events, each a struct with `emit`, and tallies, each a struct with `handle`; and `ROWS`, the list of all.
macro_rules! telemetry {
    (
        events { $( $(#[doc = $doc:literal])+ $name:ident: $level:ident $text:literal, $metric:literal
            by { $($label:ident),* $(,)? } with { $($field:ident: $kind:ty),* $(,)? } )* }
        tallies { $( $(#[doc = $tdoc:literal])+ $tname:ident: $tkind:ident $tmetric:literal by { $($tlabel:ident),* $(,)? } )* }
    ) => {
        $(
            $(#[doc = $doc])+
            #[derive(Debug, Clone)]
            pub struct $name {
                $(/// Label of the counter, field of the log line.
                pub $label: &'static str,)*
                $(/// Field of the log line.
                pub $field: $kind,)*
            }
            impl $name {
                /// Writes the log line and counts one.
                pub fn emit(self) {
                    $crate::private::metrics::counter!($metric $(, stringify!($label) => self.$label)*).increment(1);
                    static THROTTLE: $crate::Throttle = $crate::Throttle::new();
                    if let Some(suppressed) = THROTTLE.admit() {
                        $crate::private::tracing::event!(
                            target: "tieline", $crate::private::tracing::Level::$level,
                            $($label = self.$label,)*
                            $($field = %$crate::private::checked(&self.$field),)*
                            suppressed = (suppressed > 0).then_some(suppressed),
                            $text
                        );
                    }
                }
            }
        )*
        $(
            $(#[doc = $tdoc])+
            #[derive(Debug, Clone, Copy)]
            pub struct $tname {
                $(/// Label of the metric.
                pub $tlabel: &'static str,)*
            }
            impl $tname { telemetry!(@tally $tkind $tmetric $($tlabel)*); }
        )*
        /// Every event and tally there is, in the order they are declared.
        pub const ROWS: &[$crate::Row] = &[
            $($crate::Row {
                metric: $metric, kind: "counter", labels: &[$(stringify!($label)),*],
                log: Some((stringify!($level), $text)), fields: &[$(stringify!($field)),*],
                doc: concat!($($doc),+),
            },)*
            $($crate::Row {
                metric: $tmetric, kind: stringify!($tkind), labels: &[$(stringify!($tlabel)),*], log: None, fields: &[],
                doc: concat!($($tdoc),+),
            },)*
        ];
    };
    (@tally counter $metric:literal $($label:ident)*) => {
        /// The counter itself, to keep where something is counted often.
        pub fn handle(self) -> $crate::Tally {
            $crate::Tally::new($crate::private::metrics::counter!($metric $(, stringify!($label) => self.$label)*))
        }
    };
    (@tally gauge $metric:literal $($label:ident)*) => {
        /// The gauge itself.
        pub fn handle(self) -> $crate::Gauge {
            $crate::private::metrics::gauge!($metric $(, stringify!($label) => self.$label)*)
        }
    };
}
pub(crate) use telemetry;
