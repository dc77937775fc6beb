//! The metrics: one recorder for the process, described from telemetry's list.

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;
use tieline_telemetry::events::ROWS;

/// Installs the recorder, once; every gateway of the process shares it.
pub(crate) fn install() -> Result<PrometheusHandle, String> {
    static HANDLE: OnceLock<Result<PrometheusHandle, String>> = OnceLock::new();
    let install = || {
        let handle = PrometheusBuilder::new().install_recorder().map_err(|error| error.to_string())?;
        for row in ROWS {
            match row.kind {
                "gauge" => metrics::describe_gauge!(row.metric, row.doc.trim()),
                _ => metrics::describe_counter!(row.metric, row.doc.trim()),
            }
        }
        Ok(handle)
    };
    HANDLE.get_or_init(install).clone()
}
