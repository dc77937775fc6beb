//! The commands of `tieline opcua`, run as the program runs them.
//!
//! Promises: with all defaults, an empty store of their own, and no terminal. Called by tests that look at what people see.

use std::ffi::OsString;
use std::path::Path;
use tieline_model::settings::Values;
use tieline_model::{ToolContext, ToolSettings};
use tieline_opcua_settings::OpcuaSettings;
use tieline_opcua_tool::TOOL;
use tieline_testkit::{Done, Failure};

/// What `tieline opcua` ends with and prints for these arguments, first what is for programs.
pub async fn tool(arguments: &[&str]) -> Done<(u8, String)> {
    let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
    let store = tempfile::tempdir().map_err(|error| Failure(format!("a folder: {error}")))?;
    let run = TOOL.run;
    let (told, ended) = tokio::sync::oneshot::channel();
    // It has a runtime of its own, and so a thread.
    std::thread::spawn(move || {
        let (mut out, mut talk) = (Vec::new(), Vec::new());
        let settings =
            ToolSettings { values: Values::defaults(OpcuaSettings::FIELDS), store: store.path().join("store") };
        let configuration = move |_: Option<&Path>, _: &[String]| Ok(settings.clone());
        let mut context =
            ToolContext { out: &mut out, diagnostics: &mut talk, is_terminal: false, configuration: &configuration };
        let code = run(arguments, &mut context);
        let (out, talk) = (String::from_utf8_lossy(&out), String::from_utf8_lossy(&talk));
        // Nobody asks any more when it took too long.
        let _ = told.send((code, format!("{out}{talk}")));
    });
    ended.await.map_err(|error| Failure(error.to_string()))
}
