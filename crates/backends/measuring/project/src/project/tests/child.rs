//! A test that runs a part of itself in a process of its own, which can be killed, or whose memory can be measured.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Tells the child what it is, and where its folder is.
const CHILD: &str = "TIELINE_TEST_CHILD";

/// The folder of this process, when it is a child.
pub(super) fn folder() -> Option<PathBuf> {
    std::env::var_os(CHILD).map(PathBuf::from)
}

/// Starts the test of this name again, as a child; what it writes is for us to read.
pub(super) fn start(test: &str, folder: &Path) -> Child {
    let name = format!("project::tests::{test}");
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", &name, "--nocapture", "--test-threads", "1"]);
    command.env(CHILD, folder).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}
