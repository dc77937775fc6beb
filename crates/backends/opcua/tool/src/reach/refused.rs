//! Why no session was opened, in words, with what to do.
//!
//! Promises: no password in any text. Called by `connect`.

use super::offers::listed;
use crate::status::name;
use crate::target::Target;
use crate::trust::day;
use opcua::types::{EndpointDescription, StatusCode, UserTokenType};
use std::path::Path;
use tieline_commandline::{Failure, printable};
use tieline_opcua_client as client;
use tieline_opcua_client::trust::{self, Certificate, Folder, Own, Thumbprint};
use tieline_opcua_settings::SecurityMode;
use tieline_opcua_settings::import::password;

/// Nobody answers there, or nobody who speaks OPC UA.
pub(super) fn unreachable(target: &Target, why: &str) -> Failure {
    let url = &target.server.endpoint;
    Failure::Failed(format!(
        "cannot reach {url}: {}\nIs the server running, is it the right port, and does a firewall stand between?",
        printable(words(why))
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

/// What says who we are cannot be read.
pub(super) fn nobody(target: &Target, failure: &client::LinkError) -> Failure {
    let server = &target.server;
    // Why a password cannot be read is said with its file.
    let why = match server.user_certificate.as_str() {
        "" => password(Path::new(&server.password_file)).err().map(|fault| fault.to_string()),
        _ => None,
    };
    Failure::Usage(why.unwrap_or_else(|| format!("{}: {}", target.typed, failure.detail())))
}

/// Something here is in the way: what is asked for is not offered, or not safe.
pub(super) fn here(
    target: &Target,
    failure: &client::LinkError,
    token: UserTokenType,
    offers: &[EndpointDescription],
    store: &Path,
) -> Failure {
    let client::LinkError::Person { reason, detail, awaits } = failure else {
        return unreachable(target, failure.detail().as_str());
    };
    let known = || trust::list(store).unwrap_or_default();
    let awaited = awaits.and_then(|awaited| known().into_iter().find(|one| one.thumbprint == awaited.to_string()));
    match (*reason, awaited) {
        ("untrusted", Some(certificate)) => untrusted(target, &certificate),
        ("policy", _) => no_offer(target, offers),
        ("identity", _) => no_login(target, token, offers),
        ("password", _) => readable(target, offers),
        ("store", _) => Failure::Failed(format!(
            "the certificates in {} cannot be read or written: run this as the user who runs the gateway, or name \
             another folder with --set store.path=FOLDER; a list of revoked certificates there must be one",
            Folder::of(store).path().display()
        )),
        _ => Failure::Failed(format!("no connection to {}: {detail}", target.server.endpoint)),
    }
}

/// The security that was asked for is not offered.
pub(super) fn no_offer(target: &Target, offers: &[EndpointDescription]) -> Failure {
    let wanted = match target.security {
        Some((policy, SecurityMode::None)) => format!("the policy {}", policy.as_str()),
        Some((policy, mode)) => format!("the policy {} with the mode {}", policy.as_str(), mode.as_str()),
        None => "a policy that is known here".to_owned(),
    };
    Failure::Failed(format!(
        "{} does not offer {wanted}. It offers:\n{}Choose one with --policy and --mode, or in the configuration with \
         `security_policy` and `security_mode`.",
        target.server.endpoint,
        listed(offers)
    ))
}

/// Nobody can log in so.
fn no_login(target: &Target, token: UserTokenType, offers: &[EndpointDescription]) -> Failure {
    let (way, hint) = match token {
        UserTokenType::Anonymous => (
            "anybody in without a user",
            "Log in with --user NAME --password-file FILE, or with `user` in the configuration.",
        ),
        UserTokenType::UserName => ("a user and a password in", "Choose another policy, or leave out the user."),
        _ => ("a certificate in", "Log in with `user` and `password_file` instead of `user_certificate`."),
    };
    Failure::Failed(format!("{} does not let {way}. It offers:\n{}{hint}", target.server.endpoint, listed(offers)))
}

/// The password could be read on its way.
fn readable(target: &Target, offers: &[EndpointDescription]) -> Failure {
    Failure::Failed(format!(
        "the password of {} would go to {} where others can read it, so it was not sent. The server offers:\n{}\
         Choose a policy with --policy, or allow it with --insecure-password (`insecure_password = true`).",
        target.server.user,
        target.server.endpoint,
        listed(offers)
    ))
}

/// The password is to be encrypted, and there is nothing to do that with.
pub(super) fn no_key(target: &Target) -> Failure {
    Failure::Failed(format!(
        "{} wants the password of {} encrypted, but shows no certificate to encrypt it with, so it was not sent. The \
         server needs a certificate; or choose another policy with --policy.",
        target.server.endpoint, target.server.user
    ))
}

/// Nobody has accepted the server's certificate yet.
fn untrusted(target: &Target, one: &Certificate) -> Failure {
    Failure::Failed(format!(
        "the certificate of {} is not trusted yet:\n  subject      {}\n  thumbprint   {}\n  valid until  {}\nCompare the \
         thumbprint with what the server shows; when it is the same:\n  tieline opcua trust add {}",
        target.server.endpoint,
        printable(&one.subject),
        one.thumbprint,
        day(one),
        one.thumbprint
    ))
}

/// The server did not open the session.
pub(super) fn by_server(target: &Target, status: StatusCode, own: Option<Thumbprint>, store: &Path) -> Failure {
    let (url, code) = (&target.server.endpoint, name(status));
    let code = code.as_str();
    let is_login = matches!(client::LinkError::of(status, own), client::LinkError::Person { reason: "identity", .. });
    Failure::Failed(match code {
        _ if is_login && !target.server.user_certificate.is_empty() => format!(
            "{url} refused the login ({code}): it has to know {}, and user_key has to be its key",
            target.server.user_certificate
        ),
        _ if is_login && target.server.user.is_empty() => {
            format!("{url} refused the login ({code}): log in with --user NAME --password-file FILE")
        }
        _ if is_login => format!(
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
                 there, and try again.\n  file         {}\n  thumbprint   {own}",
                Folder::of(store).path().join(Own::CERTIFICATE).display()
            ),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tieline_opcua_client::trust::{Facts, State};
    use tieline_opcua_settings::{SecurityPolicy, ServerSettings};

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
            allowed: Vec::new(),
        };
        let said = untrusted(&target(), &one).to_string();
        assert!(said.ends_with("tieline opcua trust add ab12") && !said.contains('\u{1b}'), "{said}");
        let shown = rcgen::generate_simple_self_signed(vec!["plant".to_owned()]).unwrap();
        let (own, store) = (Facts::read(shown.cert.der()).map(|facts| facts.thumbprint), Path::new("/store"));
        let here = |reason| {
            let failure = client::LinkError::person(reason, "see `endpoint`");
            here(&target(), &failure, UserTokenType::Anonymous, &[], store)
        };
        for (failure, hint) in [
            (here("policy"), "--policy"),
            (here("identity"), "--user"),
            (here("password"), "--insecure-password"),
            (here("store"), "/store/opcua/pki"),
            (here("settings"), "opc.tcp://plc:4840: see `endpoint`"),
            (no_key(&target()), "needs a certificate"),
            (unreachable(&target(), "refused"), "firewall"),
            (by_server(&target(), StatusCode::BadIdentityTokenRejected, None, store), "password is wrong"),
            (by_server(&target(), StatusCode::BadSecurityChecksFailed, own, store), "/store/opcua/pki/own/cert.der"),
        ] {
            assert!(failure.to_string().contains(hint), "{failure}");
        }
    }
}
