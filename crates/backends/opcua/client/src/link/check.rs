//! Whether the certificate a server shows is the one it should be.
//!
//! Promises: accepted by a person, or vouched for by an issuer whom a person trusts; within its time, naming the application
//! that was asked for, and, where only its issuer vouches for it, the host; a fault passes that a person has allowed for
//! exactly this certificate. The library would check some of these against the first name of the certificate only, which
//! refuses honest servers; so they are done here, against all names. Called by `dial`.

use super::link_error::LinkError;
use crate::trust::{Facts, Fault, Folder, Thumbprint, Vouched, chain};
use chrono::{DateTime, Utc};
use tieline_model::{Safe, safe};

/// What a server calls itself, and where it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) uri: String,
    pub(super) host: String,
}

/// Checks a server's certificate, as it stands in its endpoint, with or without those of its issuers. One that nobody has
/// accepted is kept to be accepted.
pub(super) fn certificate(
    folder: &Folder,
    shown: &[u8],
    expected: &Expected,
    now: DateTime<Utc>,
) -> Result<(), LinkError> {
    let facts = Facts::read(shown)
        .ok_or_else(|| LinkError::person("certificate", "the server shows no certificate that can be read"))?;
    let thumbprint = facts.thumbprint.safe();
    // In words of the operating system, which may name folders: the log says where to look instead.
    let files = |_| {
        LinkError::person(
            "store",
            "opcua/pki in the store cannot be read or written: see its rights, its disk and its files",
        )
    };
    let mut is_out_of_time = false;
    let (allowed, mut faults) = match folder.trusts(&facts).map_err(files)? {
        Some(allowed) => (allowed, vec![Fault::Expired, Fault::Uri]),
        None => {
            let between = chain(shown);
            match folder.vouched(&facts, between.get(1..).unwrap_or_default(), now).map_err(files)? {
                Vouched::For => (Vec::new(), vec![Fault::Expired, Fault::Uri, Fault::Host]),
                Vouched::OutOfTime => {
                    // Or one between is, which its owner has to renew as well.
                    is_out_of_time = true;
                    (Vec::new(), Fault::ALL.to_vec())
                }
                Vouched::Revoked => {
                    let detail =
                        safe!("its certificate {} was revoked by its issuer: it needs another one", thumbprint);
                    return Err(LinkError::person("revoked", detail));
                }
                Vouched::Not => {
                    folder.reject(&facts).map_err(files)?;
                    let detail = safe!(
                        "its certificate is not trusted; if it is the right one: tieline opcua trust add {}",
                        thumbprint
                    );
                    return Err(LinkError::Person { reason: "untrusted", detail, awaits: Some(facts.thumbprint) });
                }
            }
        }
    };
    faults.retain(|fault| {
        let is_there = has(&facts, *fault, expected, now) || (is_out_of_time && *fault == Fault::Expired);
        is_there && !allowed.contains(fault)
    });
    let Some(first) = faults.first() else { return folder.hand_over(&facts).map_err(files) };
    // By its thumbprint it can be accepted only when it is in one of the lists.
    folder.reject(&facts).map_err(files)?;
    let detail = told(facts.thumbprint, &faults, &allowed);
    Err(LinkError::Person { reason: first.word(), detail, awaits: Some(facts.thumbprint) })
}

fn has(facts: &Facts, fault: Fault, expected: &Expected, now: DateTime<Utc>) -> bool {
    match fault {
        Fault::Expired => now < facts.not_before || now > facts.not_after,
        Fault::Uri => !facts.uris.contains(&expected.uri),
        Fault::Host => !facts.names(&expected.host),
    }
}

/// Every fault at once, what cures it, and the command that lets it pass together with those that may pass already.
fn told(thumbprint: Thumbprint, faults: &[Fault], allowed: &[Fault]) -> Safe {
    let mut detail = safe!("its certificate {}", thumbprint.safe());
    for (at, fault) in faults.iter().enumerate() {
        let mark = if at == 0 { " " } else { ", and " };
        let what = match fault {
            Fault::Expired => "is out of its time (renew it, or set the clock of this machine)",
            Fault::Uri => "names another application URI, or none (see `application_uri`)",
            Fault::Host => "names other hosts than the one in `endpoint`",
        };
        detail = safe!("{}{}{}", detail, mark, what);
    }
    detail = safe!(
        "{}; to let that pass for this certificate: tieline opcua trust add {} --allow ",
        detail,
        thumbprint.safe()
    );
    let words = Fault::ALL.into_iter().filter(|fault| faults.contains(fault) || allowed.contains(fault));
    for (at, fault) in words.enumerate() {
        detail = safe!("{}{}{}", detail, if at == 0 { "" } else { "," }, fault.word());
    }
    detail
}

#[cfg(test)]
mod tests;
