//! What a server offers, and which of it is taken.
//!
//! Promises: opens nothing; the same offers always lead to the same choice. Called by `connect`.

use crate::settings::{SecurityMode, SecurityPolicy};
use crate::tool::table::Plain;
use opcua::types::{EndpointDescription, MessageSecurityMode, UserTokenType};

/// The policies with their mark in the URI that ends with it, the strongest last.
const POLICIES: [SecurityPolicy; 4] = [
    SecurityPolicy::None,
    SecurityPolicy::Basic256Sha256,
    SecurityPolicy::Aes128Sha256RsaOaep,
    SecurityPolicy::Aes256Sha256RsaPss,
];

/// The endpoint with this security, or the one that fits best: without a user the one that needs the least, so that
/// looking needs no certificates; with a user the one that is secured best.
pub(super) fn choose(
    offers: &[EndpointDescription],
    security: Option<(SecurityPolicy, SecurityMode)>,
    token: UserTokenType,
) -> Option<&EndpointDescription> {
    let known = offers.iter().filter(|offer| is_binary(offer) && policy(offer).is_some() && mode(offer).is_some());
    if let Some((wanted_policy, wanted_mode)) = security {
        return known
            .filter(|offer| policy(offer) == Some(wanted_policy) && mode(offer) == Some(wanted_mode))
            // A server may list one security several times, with different ways to log in.
            .max_by_key(|offer| takes(offer, token));
    }
    let known: Vec<_> = known.collect();
    let willing = || known.iter().copied().filter(|offer| takes(offer, token));
    match token {
        UserTokenType::Anonymous => willing().min_by_key(|offer| strength(offer)),
        _ => willing().max_by_key(|offer| strength(offer)),
    }
    // Nobody is willing: whichever is taken, the refusal then speaks of the login.
    .or_else(|| known.first().copied())
}

/// Whether it speaks what can be spoken here: servers list their HTTPS endpoints as well.
fn is_binary(offer: &EndpointDescription) -> bool {
    let profile = offer.transport_profile_uri.as_ref();
    profile.is_empty() || profile.ends_with("uatcp-uasc-uabinary")
}

/// Whether somebody can log in there in this way.
pub(super) fn takes(offer: &EndpointDescription, token: UserTokenType) -> bool {
    offer.user_identity_tokens.iter().flatten().any(|policy| policy.token_type == token)
}

/// The policy, when it is one of ours.
pub(super) fn policy(offer: &EndpointDescription) -> Option<SecurityPolicy> {
    let name = offer.security_policy_uri.as_ref().rsplit('#').next()?;
    POLICIES.into_iter().find(|policy| policy.as_str() == name)
}

/// The mode, when it is one.
pub(super) fn mode(offer: &EndpointDescription) -> Option<SecurityMode> {
    match offer.security_mode {
        MessageSecurityMode::None => Some(SecurityMode::None),
        MessageSecurityMode::Sign => Some(SecurityMode::Sign),
        MessageSecurityMode::SignAndEncrypt => Some(SecurityMode::SignAndEncrypt),
        MessageSecurityMode::Invalid => None,
    }
}

fn strength(offer: &EndpointDescription) -> (usize, usize) {
    let mode = match offer.security_mode {
        MessageSecurityMode::SignAndEncrypt => 2,
        MessageSecurityMode::Sign => 1,
        _ => 0,
    };
    let policy = policy(offer).and_then(|policy| POLICIES.iter().position(|one| *one == policy));
    (mode, policy.unwrap_or(0))
}

/// Whether a password that is sent there can be read by others: neither the channel nor the token is encrypted.
pub(super) fn is_readable(offer: &EndpointDescription) -> bool {
    let token = offer.user_identity_tokens.iter().flatten().find(|token| token.token_type == UserTokenType::UserName);
    let token = token.map_or("", |token| token.security_policy_uri.as_ref());
    let is_token_plain = match token {
        // There is nothing to encrypt it with.
        _ if offer.server_certificate.is_null_or_empty() => true,
        // The policy of the channel holds.
        "" => policy(offer) == Some(SecurityPolicy::None),
        uri => uri.ends_with("#None"),
    };
    is_token_plain && offer.security_mode != MessageSecurityMode::SignAndEncrypt
}

/// The offers as a table.
pub(super) fn listed(offers: &[EndpointDescription]) -> String {
    let mut table = Plain::new(&["  policy", "mode", "log in"]);
    for offer in offers {
        let name = offer.security_policy_uri.as_ref().rsplit('#').next().unwrap_or_default();
        let mode = mode(offer).map_or("?", SecurityMode::as_str);
        let mut ways: Vec<&str> =
            offer.user_identity_tokens.iter().flatten().map(|token| way(token.token_type)).collect();
        ways.dedup();
        table.add([format!("  {name}"), mode.to_owned(), ways.join(", ")]);
    }
    table.text()
}

fn way(token: UserTokenType) -> &'static str {
    match token {
        UserTokenType::Anonymous => "anonymous",
        UserTokenType::UserName => "user",
        UserTokenType::Certificate => "certificate",
        UserTokenType::IssuedToken => "issued token",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opcua::types::UserTokenPolicy;

    fn offer(policy: &str, mode: MessageSecurityMode, tokens: &[UserTokenType]) -> EndpointDescription {
        let token =
            |token_type: &UserTokenType| UserTokenPolicy { token_type: *token_type, ..UserTokenPolicy::default() };
        EndpointDescription {
            server_certificate: vec![0x30u8].into(),
            security_policy_uri: format!("http://opcfoundation.org/UA/SecurityPolicy#{policy}").into(),
            security_mode: mode,
            user_identity_tokens: Some(tokens.iter().map(token).collect()),
            ..EndpointDescription::default()
        }
    }

    fn offers() -> Vec<EndpointDescription> {
        use MessageSecurityMode::{None, Sign, SignAndEncrypt};
        use UserTokenType::{Anonymous, UserName};
        vec![
            offer("Basic256Sha256", Sign, &[Anonymous, UserName]),
            offer("Aes256_Sha256_RsaPss", SignAndEncrypt, &[UserName]),
            offer("None", None, &[Anonymous]),
            offer("Basic128Rsa15", SignAndEncrypt, &[Anonymous, UserName]),
        ]
    }

    #[test]
    fn what_was_asked_for_is_taken_or_nothing() {
        let offers = offers();
        let asked = |policy, mode| choose(&offers, Some((policy, mode)), UserTokenType::Anonymous);
        assert_eq!(asked(SecurityPolicy::Basic256Sha256, SecurityMode::Sign), Some(&offers[0]));
        assert_eq!(asked(SecurityPolicy::Basic256Sha256, SecurityMode::SignAndEncrypt), None);
    }

    #[test]
    fn looking_takes_the_plainest_and_logging_in_the_strongest() {
        let offers = offers();
        assert_eq!(choose(&offers, None, UserTokenType::Anonymous), Some(&offers[2]));
        assert_eq!(choose(&offers, None, UserTokenType::UserName), Some(&offers[1]));
        assert_eq!(choose(&offers[3..], None, UserTokenType::UserName), None, "a policy that is none of ours");
        assert_eq!(
            choose(&offers[1..2], None, UserTokenType::Anonymous),
            Some(&offers[1]),
            "to say that it is refused"
        );
    }

    #[test]
    fn what_is_spoken_otherwise_is_not_taken() {
        let mut offers = offers();
        offers[2].transport_profile_uri = "http://opcfoundation.org/UA-Profile/Transport/https-uabinary".into();
        assert_eq!(choose(&offers, None, UserTokenType::Anonymous), Some(&offers[0]));
        offers[2].transport_profile_uri = "http://opcfoundation.org/UA-Profile/Transport/uatcp-uasc-uabinary".into();
        assert_eq!(choose(&offers, None, UserTokenType::Anonymous), Some(&offers[2]));
    }

    #[test]
    fn a_password_is_readable_where_nothing_encrypts_it() {
        let mut offers = offers();
        assert!(!is_readable(&offers[0]), "the token is encrypted, though the channel is only signed");
        assert!(!is_readable(&offers[1]));
        offers[2] = offer("None", MessageSecurityMode::None, &[UserTokenType::UserName]);
        assert!(is_readable(&offers[2]));
        let token = &mut offers[2].user_identity_tokens.as_mut().unwrap()[0];
        token.security_policy_uri = "http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256".into();
        assert!(!is_readable(&offers[2]));
        offers[2].server_certificate = opcua::types::ByteString::null();
        assert!(is_readable(&offers[2]), "there is no key to encrypt the token with");
    }

    #[test]
    fn offers_are_listed() {
        let text = "  policy                mode            log in\n  \
            Basic256Sha256        Sign            anonymous, user\n  \
            Aes256_Sha256_RsaPss  SignAndEncrypt  user\n  \
            None                  None            anonymous\n  \
            Basic128Rsa15         SignAndEncrypt  anonymous, user\n";
        assert_eq!(squeezed(&listed(&offers())), squeezed(text));
    }

    fn squeezed(text: &str) -> Vec<Vec<&str>> {
        text.lines().map(|line| line.split_whitespace().collect()).collect()
    }
}
