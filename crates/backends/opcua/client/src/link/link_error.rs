//! Why a server cannot be used, sorted by who can help.
//!
//! Promises: what the same certificates and passwords would meet again is told apart from what passes by itself; every
//! of them says what to do; no password and no text of a server is in it.

use crate::trust::Thumbprint;
use opcua::types::StatusCode;
use tieline_model::{Safe, safe};

/// Why there is no session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkError {
    /// Passes by itself: nobody is there, or not ready yet.
    Passing(Safe),
    /// Somebody has to do something.
    Person {
        /// The label of the metric.
        reason: &'static str,
        /// What is wrong and what to do.
        detail: Safe,
        /// The certificate whose acceptance would cure it.
        awaits: Option<Thumbprint>,
    },
}

impl LinkError {
    /// Somebody has to do something about this; `reason` is the label of the metric.
    pub fn person(reason: &'static str, detail: impl Into<Safe>) -> LinkError {
        LinkError::Person { reason, detail: detail.into(), awaits: None }
    }

    /// What is wrong, in words.
    pub fn detail(&self) -> &Safe {
        match self {
            LinkError::Passing(detail) | LinkError::Person { detail, .. } => detail,
        }
    }

    /// What a status that came instead of a session means. `own`: the thumbprint of our certificate when one was shown.
    pub fn of(status: StatusCode, own: Option<Thumbprint>) -> LinkError {
        let name = status.sub_code().name();
        match status {
            StatusCode::BadUserAccessDenied
            | StatusCode::BadUserSignatureInvalid
            | StatusCode::BadIdentityTokenRejected
            | StatusCode::BadIdentityTokenInvalid => {
                let what = safe!(
                    "the server does not let us in ({}): see `user`, `password_file`, `user_certificate`, `user_key`",
                    name
                );
                LinkError::person("identity", what)
            }
            StatusCode::BadSecurityChecksFailed
            | StatusCode::BadCertificateUntrusted
            | StatusCode::BadCertificateInvalid
            | StatusCode::BadCertificateTimeInvalid
            | StatusCode::BadCertificateUriInvalid
            | StatusCode::BadCertificateHostNameInvalid
            | StatusCode::BadCertificateUseNotAllowed
            | StatusCode::BadCertificateIssuerUseNotAllowed
            | StatusCode::BadCertificateIssuerTimeInvalid
            | StatusCode::BadCertificateRevocationUnknown
            | StatusCode::BadCertificateIssuerRevocationUnknown
            | StatusCode::BadCertificateRevoked
            | StatusCode::BadCertificateIssuerRevoked
            | StatusCode::BadCertificatePolicyCheckFailed
            | StatusCode::BadApplicationSignatureInvalid
            | StatusCode::BadNoValidCertificates
            | StatusCode::BadCertificateChainIncomplete => {
                let own = own.map_or(Safe::from("none"), Thumbprint::safe);
                LinkError::person(
                    "certificate",
                    safe!(
                        "the server does not accept our certificate ({}): let it trust opcua/pki/own/cert.der of the store, thumbprint {}",
                        name,
                        own
                    ),
                )
            }
            StatusCode::BadSecurityPolicyRejected | StatusCode::BadSecurityModeRejected => LinkError::person(
                "policy",
                safe!(
                    "the server refuses this security ({}): see `security_policy`, `security_mode` and the user",
                    name
                ),
            ),
            StatusCode::BadLicenseExpired
            | StatusCode::BadLicenseLimitsExceeded
            | StatusCode::BadLicenseNotAvailable => {
                LinkError::person("license", safe!("the server's licence does not allow it ({})", name))
            }
            _ => LinkError::Passing(safe!("{}", name)),
        }
    }

    /// Whether a session that was lost may still be taken up again after this.
    pub(crate) fn leaves_the_session(status: StatusCode) -> bool {
        matches!(
            status,
            StatusCode::BadCommunicationError
                | StatusCode::BadConnectionClosed
                | StatusCode::BadConnectionRejected
                | StatusCode::BadNotConnected
                | StatusCode::BadTcpEndpointUrlInvalid
                | StatusCode::BadTcpServerTooBusy
                | StatusCode::BadTcpNotEnoughResources
                | StatusCode::BadTimeout
                | StatusCode::BadEndOfStream
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_a_person_can_change_is_told_apart() {
        for (status, reason) in [
            (StatusCode::BadUserAccessDenied, "identity"),
            (StatusCode::BadIdentityTokenRejected, "identity"),
            (StatusCode::BadUserSignatureInvalid, "identity"),
            (StatusCode::BadCertificateIssuerRevoked, "certificate"),
            (StatusCode::BadSecurityChecksFailed, "certificate"),
            (StatusCode::BadSecurityPolicyRejected, "policy"),
        ] {
            assert!(
                matches!(LinkError::of(status, None), LinkError::Person { reason: is, .. } if is == reason),
                "{status}"
            );
        }
        for status in [StatusCode::BadCommunicationError, StatusCode::BadTooManySessions, StatusCode::BadInternalError]
        {
            assert!(matches!(LinkError::of(status, None), LinkError::Passing(_)), "{status}");
        }
    }
}
