//! One client's file: a server, its namespaces and its variables.

use super::Import;
use super::meta::notes;
use super::tree::Element;
use crate::{SecurityMode, SecurityPolicy};
use std::path::Path;
use tieline_model::settings::{Value, Values};

/// Whether this is the root of a client's file. A model file has an element of that name too, but as a list of files.
pub(super) fn is_client(root: &Element) -> bool {
    let parts = ["Endpoint", "NodeList", "NamespaceUri"];
    parts.iter().any(|part| root.child(part).is_some())
}

/// Adds the server of a client's file.
pub(super) fn server(root: &Element, path: &Path, import: &mut Import) {
    let mut reading = Reading { path, import };
    if root.attribute("Disable").is_some() {
        let hint = "take the attribute `Disable` out of the file to have its server";
        return reading.import.warn(path, "it is switched off: its server is left out".to_owned(), hint);
    }
    let mut server = Values::default();
    let name = root.attribute("Name").filter(|name| !name.is_empty()).map(str::to_owned);
    let stem = || path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    server.set("name", Value::Text(name.unwrap_or_else(stem)));
    for child in &root.children {
        let is_first = root.child(&child.name).is_some_and(|first| std::ptr::eq(first, child));
        match child.name.as_str() {
            "Endpoint" | "NamespaceUri" | "NodeList" if !is_first => {
                reading.odd(child, "it is there a second time", "leave one of the two");
            }
            "Endpoint" => reading.endpoint(child, &mut server),
            "NamespaceUri" => {
                let uris = child.children.iter().filter(|uri| reading.is_known(uri, &["Uri"]));
                server.set("namespaces", Value::Texts(uris.map(|uri| uri.text.clone()).collect()));
            }
            "NodeList" => {
                let nodes: Vec<&Element> =
                    child.children.iter().filter(|node| reading.is_known(node, &["Node"])).collect();
                let variables = nodes.into_iter().filter_map(|node| reading.variable(node)).collect();
                server.set("variable", Value::Tables(variables));
            }
            _ => reading.unknown(child),
        }
    }
    reading.import.servers.push(server);
}

/// What is told while a file is read.
struct Reading<'a> {
    path: &'a Path,
    import: &'a mut Import,
}

impl Reading<'_> {
    fn odd(&mut self, element: &Element, what: &str, hint: &str) {
        let message = format!("line {}: <{}>: {what}", element.line, element.name);
        self.import.warn(self.path, message, hint);
    }

    fn unknown(&mut self, element: &Element) {
        self.odd(element, "nothing here is called so: left out", "look at how it is spelled, or take it out");
    }

    fn is_known(&mut self, element: &Element, known: &[&str]) -> bool {
        let is_known = known.contains(&element.name.as_str());
        if !is_known {
            self.unknown(element);
        }
        is_known
    }

    fn endpoint(&mut self, endpoint: &Element, server: &mut Values) {
        let (mut policy, mut mode) = (None, None);
        let mut addresses = [None; 3];
        for child in &endpoint.children {
            match child.name.as_str() {
                "EndpointUrl" => addresses[0] = addresses[0].or(Some(&child.text)),
                "DiscoveryUrl" => addresses[1] = addresses[1].or(Some(&child.text)),
                "ServerUri" => addresses[2] = addresses[2].or(Some(&child.text)),
                "ApplicationUri" => server.set("application_uri", Value::Text(child.text.clone())),
                "SecurityPolicyUri" => policy = Some(self.policy(child)),
                "MessageSecurityMode" | "SecurityMode" => mode = Some(self.mode(child)),
                "Authentication" | "UserAuth" => self.user(child, server),
                _ => self.unknown(child),
            }
        }
        if let Some(address) = addresses.into_iter().flatten().next() {
            server.set("endpoint", Value::Text(address.clone()));
        }
        let (policy, mode) = self.security(endpoint, policy, mode);
        server.set("security_policy", Value::Text(policy.as_str().to_owned()));
        server.set("security_mode", Value::Text(mode.as_str().to_owned()));
    }

    fn policy(&mut self, element: &Element) -> SecurityPolicy {
        let name = element.text.rsplit('#').next().unwrap_or_default();
        match name {
            "" | "None" => SecurityPolicy::None,
            "Basic256Sha256" => SecurityPolicy::Basic256Sha256,
            "Aes128_Sha256_RsaOaep" => SecurityPolicy::Aes128Sha256RsaOaep,
            "Aes256_Sha256_RsaPss" => SecurityPolicy::Aes256Sha256RsaPss,
            _ => {
                // Never less than what the file asks for.
                let what = match name {
                    "Basic128Rsa15" | "Basic256" => "this policy can be broken and is not used any more",
                    _ => "this policy is not known",
                };
                let hint = "the server has to offer Basic256Sha256, which is asked for instead";
                self.odd(element, what, hint);
                SecurityPolicy::Basic256Sha256
            }
        }
    }

    fn mode(&mut self, element: &Element) -> SecurityMode {
        match element.text.as_str() {
            "" | "None" => SecurityMode::None,
            "Sign" => SecurityMode::Sign,
            "SignAndEncrypt" | "SignAndCrypt" => SecurityMode::SignAndEncrypt,
            _ => {
                let hint = "write None, Sign or SignAndEncrypt; SignAndEncrypt is asked for";
                self.odd(element, "this mode is not known", hint);
                SecurityMode::SignAndEncrypt
            }
        }
    }

    /// What the file says, or what goes with the half of it that is there.
    fn security(
        &mut self,
        endpoint: &Element,
        policy: Option<SecurityPolicy>,
        mode: Option<SecurityMode>,
    ) -> (SecurityPolicy, SecurityMode) {
        match (policy, mode) {
            (None, Some(mode)) if mode != SecurityMode::None => {
                let hint = "Basic256Sha256 is asked for";
                self.odd(endpoint, "there is a security mode without a SecurityPolicyUri", hint);
                (SecurityPolicy::Basic256Sha256, mode)
            }
            (Some(policy), None) if policy != SecurityPolicy::None => {
                let hint = "SignAndEncrypt is asked for";
                self.odd(endpoint, "there is a SecurityPolicyUri without a MessageSecurityMode", hint);
                (policy, SecurityMode::SignAndEncrypt)
            }
            _ => (policy.unwrap_or(SecurityPolicy::None), mode.unwrap_or(SecurityMode::None)),
        }
    }

    /// The password stays where it is: the file itself is the password file.
    fn user(&mut self, user: &Element, server: &mut Values) {
        let kind = user.child("TokenType").or(user.child("Type")).map_or("", |kind| kind.text.as_str());
        let name = user.child("UserName").or(user.child("Username")).map_or("", |name| name.text.as_str());
        match kind {
            "Anonymous" => return,
            "" if name.is_empty() => return,
            "" | "UserName" | "Username" => {}
            _ => {
                let hint = "write user_certificate and user_key for this server in a `server` table";
                return self.odd(
                    user,
                    "only Anonymous and UserName are taken over: nobody in particular logs in",
                    hint,
                );
            }
        }
        server.set("user", Value::Text(name.to_owned()));
        if user.child("Password").is_some() {
            server.set("password_file", Value::Text(self.path.display().to_string()));
        }
        let known = ["TokenType", "Type", "UserName", "Username", "Password", "SecurityPolicyUri"];
        for child in &user.children {
            self.is_known(child, &known);
        }
    }

    fn variable(&mut self, node: &Element) -> Option<Values> {
        let text = |name: &str| node.attribute(name).filter(|text| !text.is_empty());
        let (Some(name), Some(id)) = (text("ValueName"), text("NodeId")) else {
            self.odd(node, "it needs a ValueName and a NodeId: left out", "add what is missing, or take it out");
            return None;
        };
        let mut variable = Values::default();
        variable.set("name", Value::Text(name.to_owned()));
        variable.set("node", Value::Text(id.to_owned()));
        variable.set("type", Value::Text(text("NodeType").or(text("ValueType")).unwrap_or_default().to_owned()));
        match text("Array") {
            Some("1" | "true") => variable.set("array", Value::Bool(true)),
            None | Some("0" | "false") => {}
            Some(_) => self.odd(node, "Array is neither 0 nor 1: taken for 0", "write Array=\"1\" for an array"),
        }
        for child in &node.children {
            match child.name.as_str() {
                "MetaData" => variable.set("meta", Value::Free(notes(child))),
                _ => self.unknown(child),
            }
        }
        Some(variable)
    }
}
