//! Who we are to a server: nobody in particular, a user with a password, or the owner of a certificate.
//!
//! Promises: a password goes out in the open only where `insecure_password` says so; of the ways a server offers, the one
//! that protects the password best is taken. Files are read anew for every attempt.

use super::link_error::LinkError;
use crate::trust::Facts;
use opcua::client::IdentityToken;
use opcua::crypto::{PrivateKey, SecurityPolicy, X509};
use opcua::types::{EndpointDescription, MessageSecurityMode, UAString, UserTokenPolicy, UserTokenType};
use std::path::Path;
use tieline_opcua_settings::ServerSettings;
use tieline_opcua_settings::import::password;

/// What the settings say about us. Reads files, so it may block.
pub fn token(settings: &ServerSettings) -> Result<IdentityToken, LinkError> {
    if !settings.user_certificate.is_empty() {
        let fail = || LinkError::person("identity", "`user_certificate` or `user_key` cannot be read");
        let bytes = std::fs::read(&settings.user_certificate).map_err(|_| fail())?;
        // Of a chain the first, which is the user's own.
        let certificate = Facts::read(&bytes).and_then(|facts| X509::from_der(&facts.der).ok()).ok_or_else(fail)?;
        let key = PrivateKey::read_pem_file(Path::new(&settings.user_key)).map_err(|_| fail())?;
        return Ok(IdentityToken::new_x509(certificate, key));
    }
    if !settings.user.is_empty() {
        let secret = password(Path::new(&settings.password_file));
        let secret = secret.map_err(|_| LinkError::person("identity", "`password_file` cannot be read"))?;
        return Ok(IdentityToken::new_user_name(settings.user.clone(), secret.reveal()));
    }
    Ok(IdentityToken::new_anonymous())
}

/// Leaves one way of logging in in the endpoint: the best it offers for what we are. Returns whether a password will be
/// encrypted for the server's certificate, which then has to be the right one.
pub(super) fn choose(
    endpoint: &mut EndpointDescription,
    token: &IdentityToken,
    insecure_password: bool,
) -> Result<bool, LinkError> {
    let (wanted, missing) = match token {
        IdentityToken::UserName(..) => {
            (UserTokenType::UserName, "the server takes no user with a password on this endpoint: see `user`")
        }
        IdentityToken::X509(..) => (
            UserTokenType::Certificate,
            "the server takes no user certificate on this endpoint: see `user_certificate`",
        ),
        _ => (UserTokenType::Anonymous, "the server wants to know who we are: set `user` with `password_file`"),
    };
    let offered = endpoint.user_identity_tokens.take().unwrap_or_default();
    if offered.is_empty() && wanted == UserTokenType::Anonymous {
        endpoint.user_identity_tokens = Some(vec![UserTokenPolicy::anonymous()]);
        return Ok(false);
    }
    let channel = SecurityPolicy::from_uri(endpoint.security_policy_uri.as_ref());
    let fitting = offered.into_iter().filter(|policy| policy.token_type == wanted);
    let known = fitting.filter(|policy| effective(&policy.security_policy_uri, channel) != SecurityPolicy::Unknown);
    let best = known.max_by_key(|policy| strength(effective(&policy.security_policy_uri, channel)));
    let mut best = best.ok_or_else(|| LinkError::person("identity", missing))?;
    // The library signs with the token's own policy, and takes none for no policy where the standard means the channel's.
    if best.security_policy_uri.is_empty() && channel != SecurityPolicy::None {
        best.security_policy_uri = endpoint.security_policy_uri.clone();
    }
    let is_open = effective(&best.security_policy_uri, channel) == SecurityPolicy::None
        && endpoint.security_mode != MessageSecurityMode::SignAndEncrypt;
    if wanted == UserTokenType::UserName && is_open && !insecure_password {
        let what = "the password would be sent where others can read it: set `security_policy` and `security_mode`, or insecure_password = true";
        return Err(LinkError::person("password", what));
    }
    let is_encrypted = effective(&best.security_policy_uri, channel) != SecurityPolicy::None;
    // The library takes it for granted that there is a certificate then.
    if wanted == UserTokenType::UserName && is_encrypted && endpoint.server_certificate.is_null_or_empty() {
        let what = "the server shows no certificate to encrypt the password for: set insecure_password = true, or another `security_policy`";
        return Err(LinkError::person("password", what));
    }
    endpoint.user_identity_tokens = Some(vec![best]);
    Ok(wanted == UserTokenType::UserName && is_encrypted)
}

/// A way of logging in without a policy of its own has that of the channel.
fn effective(uri: &UAString, channel: SecurityPolicy) -> SecurityPolicy {
    if uri.is_empty() { channel } else { SecurityPolicy::from_uri(uri.as_ref()) }
}

fn strength(policy: SecurityPolicy) -> u8 {
    match policy {
        SecurityPolicy::Aes256Sha256RsaPss => 4,
        SecurityPolicy::Basic256Sha256 => 3,
        SecurityPolicy::Aes128Sha256RsaOaep => 2,
        SecurityPolicy::None | SecurityPolicy::Unknown => 0,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(
        channel: SecurityPolicy,
        mode: MessageSecurityMode,
        ways: &[(UserTokenType, SecurityPolicy)],
    ) -> EndpointDescription {
        let ways = ways.iter().map(|(token_type, policy)| UserTokenPolicy {
            token_type: *token_type,
            security_policy_uri: if *policy == SecurityPolicy::Unknown {
                UAString::null()
            } else {
                policy.to_uri().into()
            },
            policy_id: if *policy == SecurityPolicy::Unknown { "" } else { policy.to_str() }.into(),
            ..Default::default()
        });
        EndpointDescription {
            security_policy_uri: channel.to_uri().into(),
            security_mode: mode,
            user_identity_tokens: Some(ways.collect()),
            server_certificate: vec![1, 2, 3].into(),
            ..Default::default()
        }
    }

    fn chosen(
        mut endpoint: EndpointDescription,
        token: &IdentityToken,
        insecure: bool,
    ) -> Result<String, &'static str> {
        match choose(&mut endpoint, token, insecure) {
            Ok(_) => Ok(endpoint.user_identity_tokens.unwrap().remove(0).policy_id.to_string()),
            Err(LinkError::Person { reason, .. }) => Err(reason),
            Err(LinkError::Passing(_)) => Err("passing"),
        }
    }

    #[test]
    fn a_password_goes_out_in_the_open_only_when_that_is_wanted() {
        use SecurityPolicy::{Basic256Sha256 as Strong, None as Open, Unknown as Unsaid};
        let user = IdentityToken::new_user_name("operator", "secret");
        let none = |ways: &[(UserTokenType, SecurityPolicy)]| endpoint(Open, MessageSecurityMode::None, ways);
        let name = UserTokenType::UserName;
        assert_eq!(chosen(none(&[(name, Open)]), &user, false), Err("password"));
        assert_eq!(chosen(none(&[(name, Unsaid)]), &user, false), Err("password"));
        assert_eq!(chosen(none(&[(name, Open)]), &user, true), Ok("None".to_owned()));
        assert_eq!(chosen(none(&[(name, Open), (name, Strong)]), &user, false), Ok("Basic256Sha256".to_owned()));
        let secured = endpoint(Strong, MessageSecurityMode::SignAndEncrypt, &[(name, Open)]);
        assert_eq!(chosen(secured, &user, false), Ok("None".to_owned()));
        let signed = endpoint(Strong, MessageSecurityMode::Sign, &[(name, Open)]);
        assert_eq!(chosen(signed, &user, false), Err("password"));
    }

    #[test]
    fn what_a_password_is_encrypted_for_has_to_be_there_and_looked_at() {
        let user = IdentityToken::new_user_name("operator", "secret");
        let ways = [(UserTokenType::UserName, SecurityPolicy::Basic256Sha256)];
        let mut open = endpoint(SecurityPolicy::None, MessageSecurityMode::None, &ways);
        assert!(choose(&mut open, &user, false).unwrap());
        let mut open = endpoint(SecurityPolicy::None, MessageSecurityMode::None, &ways);
        open.server_certificate = Default::default();
        assert!(matches!(choose(&mut open, &user, true), Err(LinkError::Person { reason: "password", .. })));
        let nobody = [(UserTokenType::Anonymous, SecurityPolicy::Unknown)];
        let mut open = endpoint(SecurityPolicy::None, MessageSecurityMode::None, &nobody);
        assert!(!choose(&mut open, &IdentityToken::new_anonymous(), false).unwrap());
    }

    #[test]
    fn a_way_without_a_policy_has_the_channels() {
        let (mut certificate, _) = opcua::crypto::X509::cert_and_pkey(&opcua::crypto::X509Data::sample_cert())
            .map(|(certificate, key)| (IdentityToken::new_x509(certificate, key), ()))
            .unwrap();
        for (token, kind) in [
            (&mut certificate, UserTokenType::Certificate),
            (&mut IdentityToken::new_user_name("operator", "secret"), UserTokenType::UserName),
        ] {
            let ways = [(kind, SecurityPolicy::Unknown)];
            let mut secured = endpoint(SecurityPolicy::Basic256Sha256, MessageSecurityMode::Sign, &ways);
            choose(&mut secured, token, false).unwrap();
            let chosen = &secured.user_identity_tokens.unwrap()[0];
            assert_eq!(chosen.security_policy_uri.as_ref(), SecurityPolicy::Basic256Sha256.to_uri());
            assert!(chosen.policy_id.is_empty(), "what the server is told is its own");
        }
    }

    #[test]
    fn what_the_server_does_not_take_is_said() {
        let anonymous = IdentityToken::new_anonymous();
        let only_users = endpoint(
            SecurityPolicy::None,
            MessageSecurityMode::None,
            &[(UserTokenType::UserName, SecurityPolicy::None)],
        );
        assert_eq!(chosen(only_users, &anonymous, false), Err("identity"));
        let nothing_said = endpoint(SecurityPolicy::None, MessageSecurityMode::None, &[]);
        assert!(chosen(nothing_said, &anonymous, false).is_ok());
    }

    #[test]
    fn files_that_are_not_there_are_said_without_what_is_in_them() {
        let settings =
            ServerSettings { user: "a".to_owned(), password_file: "/no/file".to_owned(), ..Default::default() };
        assert!(token(&settings).unwrap_err().detail().as_str().contains("password_file"));
        let settings = ServerSettings { user_certificate: "/no/file".to_owned(), ..Default::default() };
        assert!(token(&settings).unwrap_err().detail().as_str().contains("user_certificate"));
    }
}
