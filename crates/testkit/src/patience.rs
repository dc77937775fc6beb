//! Waiting, bounded: what does not come in time is a failure that says what was waited for.

use std::fmt;
use std::time::Duration;

/// How long anything may take. Far more than it does take, so that a busy machine is no failure.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// What went wrong, in a sentence; a test that unwraps it shows the sentence and its own line.
#[derive(Clone, PartialEq, Eq)]
pub struct Failure(pub String);

/// What a step of a test comes to.
pub type Done<T = ()> = Result<T, Failure>;

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl std::error::Error for Failure {}

/// Waits for something to be done, at most [`PATIENCE`].
pub async fn within<T>(what: &str, work: impl Future<Output = T>) -> Done<T> {
    let late = |_| Failure(format!("{what}: not within {} s", PATIENCE.as_secs()));
    tokio::time::timeout(PATIENCE, work).await.map_err(late)
}

/// Puts what was attempted in front of an error.
pub(crate) fn failed<E: fmt::Display>(what: &str) -> impl FnOnce(E) -> Failure {
    move |error| Failure(format!("{what}: {error}"))
}

/// Waits until something is so, looking again whenever others had their turn.
pub async fn eventually(what: &str, mut is_so: impl FnMut() -> bool) -> Done {
    let work = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    within(what, work).await
}
