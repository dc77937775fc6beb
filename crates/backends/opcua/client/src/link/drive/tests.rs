//! Tests of the pauses between attempts, without any.

use super::*;
use crate::fake::{Fake, Reply, link};
use crate::trust::{Folder, Own};

/// Whoever trusts a certificate in the moment in which it is refused need not wait for as long as who never does.
#[tokio::test]
async fn what_was_trusted_during_an_attempt_is_tried_soon() {
    let fake = Fake::start(|_, _| Reply::Plain).await;
    let link = link(&fake, 1, |_| ());
    let (_stop, stop) = watch::channel(false);
    let mut driver = Driver::new(link.clone(), stop);
    driver.accepted = accepted(&link).await;
    let folder = Folder::of(&link.plan.store);
    folder.prepare().unwrap();
    let own = Own::ensure(&folder).unwrap();
    std::fs::copy(folder.path().join(Own::CERTIFICATE), folder.path().join("trusted/server.der")).unwrap();
    let detail = Safe::from("nobody trusts it");
    let link_error = LinkError::Person { reason: "certificate", detail, awaits: Some(own.thumbprint) };
    assert_eq!(timeout(SLOW / 2, driver.rest(&link_error)).await, Ok(Next::Dial));
}
