//! Which server a command means: a URL, or a configured server's name, with what the command line says over it.
//!
//! Promises: opens nothing. Called by every command that talks to a server, before it does.

use super::arguments::Way;
use tieline_commandline::Failure;
use tieline_opcua_settings::{OpcuaSettings, SecurityMode, SecurityPolicy, ServerSettings};

/// A server, and how it is to be reached.
#[derive(Debug, Clone)]
pub(super) struct Target {
    /// Its settings; those of a URL are defaults and have no name.
    pub(super) server: ServerSettings,
    /// The security that is asked for; `None` takes what fits of what the server offers.
    pub(super) security: Option<(SecurityPolicy, SecurityMode)>,
    /// The word for this server in hints: what to type to mean it.
    pub(super) typed: String,
}

/// The scheme of every URL that can be dialled.
const SCHEME: &str = "opc.tcp://";

impl Target {
    /// The server that `text` names.
    pub(super) fn find(text: &str, settings: &OpcuaSettings, way: &Way) -> Result<Target, Failure> {
        if text.starts_with(SCHEME) {
            let server = ServerSettings { endpoint: text.to_owned(), ..ServerSettings::default() };
            return Target { server, security: None, typed: text.to_owned() }.with(way);
        }
        if text.contains("://") {
            return Err(Failure::Usage(format!("{text}: only {SCHEME} is spoken, as in {SCHEME}127.0.0.1:4840")));
        }
        match settings.server.iter().find(|server| server.name == text) {
            Some(server) => Target::configured(server, way),
            None => {
                let names: Vec<&str> = settings.server.iter().map(|server| server.name.as_str()).collect();
                let have = match names.as_slice() {
                    [] => "no server is configured".to_owned(),
                    names => format!("configured are {}", names.join(", ")),
                };
                Err(Failure::Usage(format!(
                    "there is no server `{text}`: {have}; a URL begins with {SCHEME}, --config names another file"
                )))
            }
        }
    }

    /// A configured server.
    pub(super) fn configured(server: &ServerSettings, way: &Way) -> Result<Target, Failure> {
        let security = Some((server.security_policy, server.security_mode));
        Target { server: server.clone(), security, typed: server.name.clone() }.with(way)
    }

    /// What the command line says goes over the configuration.
    fn with(mut self, way: &Way) -> Result<Target, Failure> {
        if let Some(user) = &way.user {
            self.server.user.clone_from(user);
            self.server.user_certificate = String::new();
        }
        if let Some(file) = &way.password_file {
            self.server.password_file = file.to_string_lossy().into_owned();
        }
        self.server.insecure_password |= way.insecure_password;
        self.security = match (way.policy, way.mode) {
            (None, None) => self.security,
            (None, Some(mode)) => match self.security {
                Some((policy, _)) => Some((policy, mode)),
                None => {
                    return Err(Failure::Usage("--mode goes with --policy, as in --policy Basic256Sha256".to_owned()));
                }
            },
            (Some(SecurityPolicy::None), mode) => Some((SecurityPolicy::None, mode.unwrap_or(SecurityMode::None))),
            (Some(policy), mode) => Some((policy, mode.unwrap_or(SecurityMode::SignAndEncrypt))),
        };
        if let Some((policy, mode)) = self.security
            && (policy == SecurityPolicy::None) != (mode == SecurityMode::None)
        {
            let (policy, mode) = (policy.as_str(), mode.as_str());
            return Err(Failure::Usage(format!(
                "the policy {policy} and the mode {mode} do not go together: None goes with None only"
            )));
        }
        if !self.server.user.is_empty() && self.server.password_file.is_empty() {
            return Err(Failure::Usage(format!(
                "the password of {} is missing: write it into a file and name it with --password-file",
                self.server.user
            )));
        }
        if self.server.user.is_empty() && way.password_file.is_some() {
            return Err(Failure::Usage("--password-file goes with --user".to_owned()));
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> OpcuaSettings {
        let plant = ServerSettings {
            name: "plant".to_owned(),
            endpoint: "opc.tcp://10.0.0.1:4840".to_owned(),
            security_policy: SecurityPolicy::Basic256Sha256,
            security_mode: SecurityMode::Sign,
            ..ServerSettings::default()
        };
        OpcuaSettings { server: vec![plant], ..OpcuaSettings::default() }
    }

    fn refused(text: &str, way: &Way) -> String {
        match Target::find(text, &settings(), way) {
            Err(Failure::Usage(text)) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_server_is_found_by_name_or_url() {
        let target = Target::find("plant", &settings(), &Way::default()).unwrap();
        assert_eq!(target.security, Some((SecurityPolicy::Basic256Sha256, SecurityMode::Sign)));
        let target = Target::find("opc.tcp://h:1", &settings(), &Way::default()).unwrap();
        assert_eq!((target.server.endpoint.as_str(), target.security), ("opc.tcp://h:1", None));
        assert!(refused("plnt", &Way::default()).contains("configured are plant"));
        assert!(refused("http://h", &Way::default()).contains("opc.tcp://"));
    }

    #[test]
    fn the_command_line_goes_over_the_configuration() {
        let way = Way { policy: Some(SecurityPolicy::None), ..Way::default() };
        let target = Target::find("plant", &settings(), &way).unwrap();
        assert_eq!(target.security, Some((SecurityPolicy::None, SecurityMode::None)));
        let way = Way { policy: Some(SecurityPolicy::Aes256Sha256RsaPss), ..Way::default() };
        let target = Target::find("opc.tcp://h", &settings(), &way).unwrap();
        assert_eq!(target.security, Some((SecurityPolicy::Aes256Sha256RsaPss, SecurityMode::SignAndEncrypt)));
        let way = Way { mode: Some(SecurityMode::Sign), ..Way::default() };
        assert!(refused("opc.tcp://h", &way).contains("--policy"));
        let way = Way { policy: Some(SecurityPolicy::None), mode: Some(SecurityMode::Sign), ..Way::default() };
        assert!(refused("plant", &way).contains("do not go together"));
        let way = Way { user: Some("ann".to_owned()), ..Way::default() };
        assert!(refused("plant", &way).contains("--password-file"));
        let way = Way { password_file: Some("pw".into()), ..Way::default() };
        assert!(refused("plant", &way).contains("--user"));
    }
}
