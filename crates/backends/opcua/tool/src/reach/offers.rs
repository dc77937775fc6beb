//! What a server offers, and which of it is taken.
//!
//! Promises: opens nothing; the same offers always lead to the same choice. Called by `connect`.

use opcua::types::{EndpointDescription, MessageSecurityMode, UserTokenType};
use tieline_commandline::Plain;
use tieline_opcua_settings::{SecurityMode, SecurityPolicy};

/// The policies with their mark in the URI that ends with it, the strongest last.
const POLICIES: [SecurityPolicy; 4] = [
    SecurityPolicy::None,
    SecurityPolicy::Basic256Sha256,
    SecurityPolicy::Aes128Sha256RsaOaep,
    SecurityPolicy::Aes256Sha256RsaPss,
];

/// The security that fits best: without a user the one that needs the least, so that looking needs no certificates; with a
/// user the one that is secured best.
pub(super) fn choose(offers: &[EndpointDescription], token: UserTokenType) -> Option<(SecurityPolicy, SecurityMode)> {
    let known: Vec<_> = offers.iter().filter(|offer| is_binary(offer) && security(offer).is_some()).collect();
    let willing = known.iter().copied().filter(|offer| takes(offer, token));
    let best = match token {
        UserTokenType::Anonymous => willing.min_by_key(|offer| strength(offer)),
        _ => willing.max_by_key(|offer| strength(offer)),
    };
    // Nobody is willing: whichever is taken, the refusal then speaks of the login.
    best.or(known.first().copied()).and_then(security)
}

/// Whether it speaks what can be spoken here: servers list their HTTPS endpoints as well.
fn is_binary(offer: &EndpointDescription) -> bool {
    let profile = offer.transport_profile_uri.as_ref();
    profile.is_empty() || profile.ends_with("uatcp-uasc-uabinary")
}

/// Whether somebody can log in there in this way; a server that says nothing about it lets everybody in.
fn takes(offer: &EndpointDescription, token: UserTokenType) -> bool {
    let ways = offer.user_identity_tokens.as_deref().unwrap_or_default();
    ways.iter().any(|policy| policy.token_type == token) || (ways.is_empty() && token == UserTokenType::Anonymous)
}

/// Whether a password has to be encrypted there, and the server shows no certificate to do it with: the library panics.
pub(super) fn lacks_key(offers: &[EndpointDescription], wanted: (SecurityPolicy, SecurityMode)) -> bool {
    let is_plain = |uri: &str| uri.ends_with("#None") || (uri.is_empty() && wanted.0 == SecurityPolicy::None);
    let keyless = offers.iter().filter(|offer| offer.server_certificate.is_null_or_empty());
    let mut ways = keyless
        .filter(|offer| security(offer) == Some(wanted))
        .flat_map(|offer| offer.user_identity_tokens.iter().flatten());
    ways.any(|way| way.token_type == UserTokenType::UserName && !is_plain(way.security_policy_uri.as_ref()))
}

/// The security, when it is one of ours.
fn security(offer: &EndpointDescription) -> Option<(SecurityPolicy, SecurityMode)> {
    let name = offer.security_policy_uri.as_ref().rsplit('#').next()?;
    POLICIES.into_iter().find(|policy| policy.as_str() == name).zip(mode(offer))
}

fn mode(offer: &EndpointDescription) -> Option<SecurityMode> {
    match offer.security_mode {
        MessageSecurityMode::None => Some(SecurityMode::None),
        MessageSecurityMode::Sign => Some(SecurityMode::Sign),
        MessageSecurityMode::SignAndEncrypt => Some(SecurityMode::SignAndEncrypt),
        MessageSecurityMode::Invalid => None,
    }
}

fn strength(offer: &EndpointDescription) -> (usize, usize) {
    let (policy, mode) = security(offer).unwrap_or((SecurityPolicy::None, SecurityMode::None));
    let at = POLICIES.iter().position(|one| *one == policy).unwrap_or(0);
    (mode as usize, at)
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
    fn looking_takes_the_plainest_and_logging_in_the_strongest() {
        use UserTokenType::{Anonymous, UserName};
        let offers = offers();
        let plain = Some((SecurityPolicy::None, SecurityMode::None));
        let strong = Some((SecurityPolicy::Aes256Sha256RsaPss, SecurityMode::SignAndEncrypt));
        assert_eq!(choose(&offers, Anonymous), plain);
        assert_eq!(choose(&offers, UserName), strong);
        assert_eq!(choose(&offers[3..], UserName), None, "a policy that is none of ours");
        assert_eq!(choose(&offers[1..2], Anonymous), strong, "to say that it is refused");
        let silent = [offers[0].clone(), offer("None", MessageSecurityMode::None, &[])];
        assert_eq!(choose(&silent, Anonymous), plain, "who says nothing lets everybody in");
    }

    #[test]
    fn what_is_spoken_otherwise_is_not_taken() {
        let mut offers = offers();
        let mut chosen = |profile: &str| {
            offers[2].transport_profile_uri = format!("http://opcfoundation.org/UA-Profile/Transport/{profile}").into();
            choose(&offers, UserTokenType::Anonymous)
        };
        assert_eq!(chosen("https-uabinary"), Some((SecurityPolicy::Basic256Sha256, SecurityMode::Sign)));
        assert_eq!(chosen("uatcp-uasc-uabinary"), Some((SecurityPolicy::None, SecurityMode::None)));
    }

    #[test]
    fn a_password_is_encrypted_with_a_certificate_only() {
        let none = (SecurityPolicy::None, SecurityMode::None);
        let mut one = offer("None", MessageSecurityMode::None, &[UserTokenType::UserName]);
        one.server_certificate = opcua::types::ByteString::null();
        assert!(!lacks_key(&[one.clone()], none), "nothing is encrypted there, which is refused elsewhere");
        let way = &mut one.user_identity_tokens.as_mut().unwrap()[0];
        way.security_policy_uri = "http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256".into();
        assert!(lacks_key(&[one.clone()], none));
        one.server_certificate = vec![0x30u8].into();
        assert!(!lacks_key(&[one], none));
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
