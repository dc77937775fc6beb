//! What is wrong with values that each fit their kind: found before anything is connected.
//!
//! Promises: every problem at once, each at its own key, with what to write instead. No password is read.

use super::{
    Deadband, FolderSettings, NodeAddress, OpcuaSettings, SecurityMode, SecurityPolicy, ServerSettings,
    VariableSettings,
};
use globset::Glob;
use std::collections::HashMap;
use std::path::Path;
use tieline_model::BadValue;
use tieline_model::settings::Values;
use tieline_opcua_values::{data_type_id, nearest_data_type};

/// No folder has more variables, or levels: a place is kept for each.
const MOST_FOUND: u64 = 100_000;

/// Checks the section.
pub fn check(values: &Values) -> Vec<BadValue> {
    let settings = OpcuaSettings::from_values(values);
    let mut found = Found::default();
    found.no_time("retry", settings.retry.is_zero(), "5s");
    let (mut servers, mut variables) = (HashMap::new(), HashMap::new());
    for (at, server) in settings.server.iter().enumerate() {
        let key = format!("server.{at}");
        let told = Told { key: format!("{key}.name"), what: "server", among: "all servers" };
        found.name(told, &server.name, &mut servers);
        found.server(&key, server);
        for (at, variable) in server.variable.iter().enumerate() {
            let key = format!("{key}.variable.{at}");
            let told = Told { key: format!("{key}.name"), what: "variable", among: NAMES };
            found.name(told, &variable.name, &mut variables);
            found.variable(&key, variable, server);
        }
        for (at, method) in server.method.iter().enumerate() {
            let key = format!("{key}.method.{at}");
            found.name(Told { key: format!("{key}.name"), what: "method", among: NAMES }, &method.name, &mut variables);
            found.node(&format!("{key}.object"), "method", &method.object, server);
            found.node(&format!("{key}.method"), "method", &method.method, server);
        }
        for (at, folder) in server.folder.iter().enumerate() {
            found.folder(&format!("{key}.folder.{at}"), folder, server);
        }
    }
    found.0
}

const NAMES: &str = "the variables and methods of all servers";

/// A name's place.
struct Told {
    key: String,
    what: &'static str,
    among: &'static str,
}

#[derive(Default)]
struct Found(Vec<BadValue>);

impl Found {
    fn problem(&mut self, key: String, message: String, hint: impl Into<String>) {
        self.0.push(BadValue { key, message, hint: hint.into(), is_usable: false });
    }

    fn warning(&mut self, key: String, message: String, hint: impl Into<String>) {
        self.0.push(BadValue { key, message, hint: hint.into(), is_usable: true });
    }

    fn no_time(&mut self, key: &str, is_zero: bool, usual: &str) {
        if is_zero {
            let name = key.rsplit('.').next().unwrap_or(key);
            let hint = format!("write a time, as in {name} = \"{usual}\"");
            self.problem(key.to_owned(), format!("`{name}` is zero, which would be without any pause"), hint);
        }
    }

    /// A name that is there, and there once.
    fn name<'a>(&mut self, told: Told, name: &'a str, known: &mut HashMap<&'a str, String>) {
        let Told { key, what, among } = told;
        if name.is_empty() {
            let hint = format!("give it a name that is unique among {among}, as in name = \"plant\"");
            self.problem(key, format!("this {what} has no name"), hint);
        } else if let Some(first) = known.get(name) {
            let hint = format!("{first} has the same name: names are unique among {among}");
            self.problem(key, format!("the {what} {name:?} is there twice"), hint);
        } else {
            known.insert(name, key);
        }
    }

    fn server(&mut self, key: &str, server: &ServerSettings) {
        let at = |name: &str| format!("{key}.{name}");
        if let Err(wrong) = endpoint(&server.endpoint) {
            let hint = "write it as in endpoint = \"opc.tcp://127.0.0.1:4840\"";
            self.problem(at("endpoint"), format!("the endpoint {:?} {wrong}", server.endpoint), hint);
        }
        match (server.security_policy, server.security_mode) {
            (SecurityPolicy::None, mode) if mode != SecurityMode::None => {
                let message = format!("security_mode = \"{}\" needs a security_policy", mode.as_str());
                let hint = "write security_policy = \"Basic256Sha256\", or the one that the server offers";
                self.problem(at("security_policy"), message, hint);
            }
            (policy, SecurityMode::None) if policy != SecurityPolicy::None => {
                let message =
                    format!("security_policy = \"{}\" does nothing with security_mode = \"None\"", policy.as_str());
                self.problem(at("security_mode"), message, "write security_mode = \"SignAndEncrypt\"");
            }
            _ => {}
        }
        self.user(key, server);
        for (name, path) in [
            ("password_file", &server.password_file),
            ("user_certificate", &server.user_certificate),
            ("user_key", &server.user_key),
        ] {
            if !path.is_empty() && !Path::new(path).is_file() {
                let hint = "name an existing file; a relative path starts in the folder the program was started in";
                self.problem(at(name), format!("there is no file {path}"), hint);
            }
        }
        self.no_time(&at("publishing"), server.publishing.is_zero(), "100ms");
        self.no_time(&at("connect_timeout"), server.connect_timeout.is_zero(), "30s");
        self.no_time(&at("request_timeout"), server.request_timeout.is_zero(), "10s");
        if server.queue == 0 {
            let message = "`queue` is 0: a server that holds no change reports none".to_owned();
            self.problem(at("queue"), message, "1 keeps the newest, 10 is usual");
        }
        for (place, uri) in server.namespaces.iter().enumerate() {
            if uri.is_empty() {
                let hint = "write its URI: the server has it in its NamespaceArray";
                self.problem(at("namespaces"), format!("namespace {} is an empty text", place + 1), hint);
            }
        }
    }

    /// Who logs in, and with what.
    fn user(&mut self, key: &str, server: &ServerSettings) {
        let at = |name: &str| format!("{key}.{name}");
        let has = |text: &String| !text.is_empty();
        let (user, certificate) = (has(&server.user), has(&server.user_certificate));
        if user && certificate {
            let hint = "one of them logs in: leave out the other";
            self.problem(at("user_certificate"), "there is both a `user` and a `user_certificate`".to_owned(), hint);
        }
        if user && !has(&server.password_file) {
            let hint = "write password_file = \"…\", a file whose first line is the password (it may be empty)";
            self.problem(at("password_file"), format!("the user {:?} has no password_file", server.user), hint);
        }
        if !user && has(&server.password_file) {
            let hint = "write user = \"…\", or leave password_file out";
            self.problem(at("user"), "there is a password_file, but no `user` it belongs to".to_owned(), hint);
        }
        if certificate && !has(&server.user_key) {
            let hint = "write user_key = \"…\", the file with the certificate's private key";
            self.problem(at("user_key"), "there is a `user_certificate` without its `user_key`".to_owned(), hint);
        }
        if !certificate && has(&server.user_key) {
            let hint = "write user_certificate = \"…\", or leave user_key out";
            self.problem(
                at("user_certificate"),
                "there is a `user_key` without its `user_certificate`".to_owned(),
                hint,
            );
        }
        if user && server.security_policy == SecurityPolicy::None && !server.insecure_password {
            // Some servers have the password alone encrypted; only they can tell.
            let message = "with security_policy = \"None\" the password may be readable on its way: nobody logs in at a \
                           server that does not have it encrypted";
            let hint = "set a security_policy and security_mode, or insecure_password = true where nobody listens";
            self.warning(at("security_policy"), message.to_owned(), hint);
        }
    }

    /// A node that can be read, in a namespace that is listed.
    fn node(&mut self, key: &str, what: &str, text: &str, server: &ServerSettings) {
        let listed = server.namespaces.len();
        let name = key.rsplit('.').next().unwrap_or(key);
        match NodeAddress::parse(text) {
            None => {
                let message = match text {
                    "" => format!("this {what} has no {name}"),
                    node => format!("{node:?} is no node"),
                };
                let hint = format!("write it as in {name} = \"ns=1;i=208\" or {name} = \"ns=1;s=Oven.Temperature\"");
                self.problem(key.to_owned(), message, hint);
            }
            Some(NodeAddress { namespace: Some(place), .. }) if place >= listed => {
                let message = format!("{text:?} is in namespace {}, and `namespaces` has {listed}", place + 1);
                let hint = "`ns` counts in the server's `namespaces`, from 1: add the namespace's URI there";
                self.problem(key.to_owned(), message, hint);
            }
            Some(_) => {}
        }
    }

    fn folder(&mut self, key: &str, folder: &FolderSettings, server: &ServerSettings) {
        self.node(&format!("{key}.node"), "folder", &folder.node, server);
        self.no_time(&format!("{key}.renew"), folder.renew.is_zero(), "10m");
        for (name, count, usual) in [("depth", folder.depth, 5), ("most", folder.most, 20_000)] {
            if count == 0 || count > MOST_FOUND {
                let message = format!("`{name}` is {count}, which is no number from 1 to {MOST_FOUND}");
                self.problem(format!("{key}.{name}"), message, format!("{usual} is usual, as in {name} = {usual}"));
            }
        }
        for (at, pattern) in folder.exclude.iter().enumerate() {
            if let Err(error) = Glob::new(pattern) {
                let hint = "a star stands for any text, as in exclude = [\"*.Internal*\"]";
                self.problem(
                    format!("{key}.exclude.{at}"),
                    format!("{pattern:?} is no pattern: {}", error.kind()),
                    hint,
                );
            }
        }
    }

    fn variable(&mut self, key: &str, variable: &VariableSettings, server: &ServerSettings) {
        self.node(&format!("{key}.node"), "variable", &variable.node, server);
        if variable.sampling_or(server.sampling).is_none() {
            let hint = "write it as in sampling = \"1s\", or leave it out for the server's `sampling`";
            self.problem(format!("{key}.sampling"), format!("{:?} is no time", variable.sampling), hint);
        }
        if let Err(wrong) = Deadband::read(&variable.deadband) {
            let hint = "write it as in deadband = { absolute = 0.5 } or deadband = { percent = 1 }";
            self.problem(format!("{key}.deadband"), format!("the deadband {wrong}"), hint);
        }
        if data_type_id(&variable.r#type).is_none() {
            let (message, hint) = match (variable.r#type.as_str(), nearest_data_type(&variable.r#type)) {
                ("", _) => ("this variable has no type".to_owned(), "write it as in type = \"Double\"".to_owned()),
                (name, Some(near)) => (format!("there is no type {name:?}"), format!("did you mean \"{near}\"?")),
                (name, None) => {
                    let hint =
                        "write the name of a built-in type, as in \"Double\", \"Int32\", \"Boolean\" or \"String\"";
                    (format!("there is no type {name:?}"), hint.to_owned())
                }
            };
            self.problem(format!("{key}.type"), message, hint);
        }
    }
}

/// What is wrong with an endpoint that should be `opc.tcp://host[:port][/path]`, as the end of a sentence.
fn endpoint(text: &str) -> Result<(), &'static str> {
    if text.is_empty() {
        return Err("is empty");
    }
    let rest = text.strip_prefix("opc.tcp://").ok_or("does not begin with \"opc.tcp://\"")?;
    let place = rest.split('/').next().unwrap_or_default();
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err("has a blank in it");
    }
    // The colons of an address of version 6 are between brackets.
    let (host, port) = match place.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']').ok_or("has a bracket that is not closed")?;
            host.parse::<std::net::Ipv6Addr>().map_err(|_| "has brackets without an IPv6 address")?;
            (host, port)
        }
        None => place.split_at(place.find(':').unwrap_or(place.len())),
    };
    if host.is_empty() || host.contains(['@', '?', '#', '[', ']']) {
        return Err("has no host name");
    }
    match port.strip_prefix(':') {
        None if port.is_empty() => Ok(()),
        Some(port) if !port.starts_with('+') && matches!(port.parse::<u16>(), Ok(1..)) => Ok(()),
        _ => Err("has no port from 1 to 65535 behind the colon"),
    }
}

#[cfg(test)]
mod tests;
