//! Why no session was opened, in words, with what to do.
//!
//! Promises: no password in any text. Called by `connect`.

use super::offers::listed;
use crate::settings::SecurityMode;
use crate::tool::Trouble;
use crate::tool::pending::{Doubt, Own};
use crate::tool::status::name;
use crate::tool::table::harmless;
use crate::tool::target::Target;
use crate::tool::trust::day;
use opcua::types::{EndpointDescription, StatusCode, UserTokenType};

/// Nobody answers there, or nobody who speaks OPC UA.
pub(super) fn unreachable(target: &Target, why: &str) -> Trouble {
    let url = &target.server.endpoint;
    Trouble::Failed(format!(
        "cannot reach {url}: {}\nIs the server running, is it the right port, and does a firewall stand between?",
        harmless(words(why))
    ))
}

/// What the operating system said, where the library tells it in a programmer's form: the words stand in the last quotes.
fn words(why: &str) -> &str {
    let mut parts = why.rsplit('"');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(_), Some(words), Some(_)) if !words.is_empty() => words,
        _ => why,
    }
}

/// The security that was asked for is not offered.
pub(super) fn no_offer(target: &Target, offers: &[EndpointDescription]) -> Trouble {
    let wanted = match target.security {
        Some((policy, SecurityMode::None)) => format!("the policy {}", policy.as_str()),
        Some((policy, mode)) => format!("the policy {} with the mode {}", policy.as_str(), mode.as_str()),
        None => "a policy that is known here".to_owned(),
    };
    Trouble::Failed(format!(
        "{} does not offer {wanted}. It offers:\n{}Choose one with --policy and --mode, or in the configuration with \
         `security_policy` and `security_mode`.",
        target.server.endpoint,
        listed(offers)
    ))
}

/// Nobody can log in so.
pub(super) fn no_login(target: &Target, token: UserTokenType, offers: &[EndpointDescription]) -> Trouble {
    let (way, hint) = match token {
        UserTokenType::Anonymous => (
            "anybody in without a user",
            "Log in with --user NAME --password-file FILE, or with `user` in the configuration.",
        ),
        UserTokenType::UserName => ("a user and a password in", "Choose another policy, or leave out the user."),
        _ => ("a certificate in", "Log in with `user` and `password_file` instead of `user_certificate`."),
    };
    Trouble::Failed(format!("{} does not let {way}. It offers:\n{}{hint}", target.server.endpoint, listed(offers)))
}

/// The password could be read on its way.
pub(super) fn readable(target: &Target, offers: &[EndpointDescription]) -> Trouble {
    Trouble::Failed(format!(
        "the password of {} would go to {} where others can read it, so it was not sent. The server offers:\n{}\
         Choose a policy with --policy, or allow it with --insecure-password (`insecure_password = true`).",
        target.server.user,
        target.server.endpoint,
        listed(offers)
    ))
}

/// Another application answers than the one that is configured.
pub(super) fn other_server(target: &Target, uri: &str) -> Trouble {
    Trouble::Failed(format!(
        "the server at {} calls itself {}, but `application_uri` is {}. Is it the right address? If it is, correct the key.",
        target.server.endpoint,
        harmless(uri),
        target.server.application_uri
    ))
}

/// The server's certificate is refused here.
pub(super) fn untrusted(target: &Target, doubt: &Doubt) -> Trouble {
    let url = &target.server.endpoint;
    Trouble::Failed(match doubt {
        Doubt::Unknown(one) => format!(
            "the certificate of {url} is not trusted yet:\n  subject      {}\n  thumbprint   {}\n  valid until  {}\nCompare \
             the thumbprint with what the server shows; when it is the same:\n  tieline opcua trust add {}",
            harmless(&one.subject),
            one.thumbprint,
            day(one),
            one.thumbprint
        ),
        Doubt::Unfit { why } => format!(
            "the certificate of {url} cannot be used: {}\nThe server needs a new one; it is then trusted with `tieline opcua trust add`.",
            harmless(why)
        ),
    })
}

/// The server did not open the session.
pub(super) fn by_server(target: &Target, status: StatusCode, own: Option<&Own>) -> Trouble {
    let (url, code) = (&target.server.endpoint, name(status));
    let code = code.as_str();
    Trouble::Failed(match code {
        "BadIdentityTokenRejected" | "BadUserAccessDenied" | "BadIdentityTokenInvalid"
            if target.server.user.is_empty() =>
        {
            format!("{url} refused the login ({code}): log in with --user NAME --password-file FILE")
        }
        "BadIdentityTokenRejected" | "BadUserAccessDenied" | "BadIdentityTokenInvalid" => format!(
            "{url} refused {} ({code}): the name or the password is wrong, or the user may not do this. Some servers \
             lock a user after a few attempts.",
            target.server.user
        ),
        "BadTooManySessions" => {
            format!("{url} has no room for another session ({code}): close one, or try again later")
        }
        "BadTimeout" => format!("{url} answered at first, but opened no session within 10 seconds"),
        _ => match own {
            None => format!("{url} opened no session ({code})"),
            Some(own) => format!(
                "{url} opened no session ({code}). A server that does not know our certificate yet refuses it so: trust it \
                 there, and try again.\n  file         {}\n  thumbprint   {}",
                own.certificate.display(),
                own.thumbprint
            ),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{SecurityPolicy, ServerSettings};
    use crate::tool::pending::{Certificate, State};

    fn target() -> Target {
        let server = ServerSettings {
            endpoint: "opc.tcp://plc:4840".to_owned(),
            user: "ann".to_owned(),
            ..ServerSettings::default()
        };
        let security = Some((SecurityPolicy::Basic256Sha256, SecurityMode::Sign));
        Target { server, security, typed: "plant".to_owned() }
    }

    #[test]
    fn the_operating_systems_words_are_told() {
        let why =
            "BadCommunicationError: host 1, Os { code: 111, kind: ConnectionRefused, message: \"Connection refused\" }";
        assert_eq!(words(why), "Connection refused");
        assert_eq!((words("no answer"), words("odd \" one")), ("no answer", "odd \" one"));
    }

    #[test]
    fn each_refusal_says_what_to_do() {
        let one = Certificate {
            thumbprint: "ab12".to_owned(),
            subject: "CN=x\u{1b}".to_owned(),
            uri: String::new(),
            not_after: "2030-01-02T03:04:05Z".parse().unwrap(),
            state: State::Rejected,
        };
        let own =
            Own { certificate: "cert.der".into(), key: "".into(), uri: String::new(), thumbprint: "cd34".to_owned() };
        let doubt = Doubt::Unknown(one);
        let said = untrusted(&target(), &doubt).to_string();
        assert!(said.ends_with("tieline opcua trust add ab12") && !said.contains('\u{1b}'), "{said}");
        for (trouble, hint) in [
            (no_offer(&target(), &[]), "--policy"),
            (no_login(&target(), UserTokenType::Anonymous, &[]), "--user"),
            (readable(&target(), &[]), "--insecure-password"),
            (other_server(&target(), "urn:other"), "`application_uri`"),
            (unreachable(&target(), "refused"), "firewall"),
            (by_server(&target(), StatusCode::BadIdentityTokenRejected, None), "password is wrong"),
            (by_server(&target(), StatusCode::BadSecurityChecksFailed, Some(&own)), "trust it there"),
        ] {
            assert!(trouble.to_string().contains(hint), "{trouble}");
        }
    }
}
