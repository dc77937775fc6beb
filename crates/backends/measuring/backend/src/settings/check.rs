//! What is wrong with values that each fit their kind: found before anything is opened or started.
//!
//! Promises: every problem at once, each at its own key, with what to write instead. Called by [`crate::BACKEND`].

use super::{CommandSettings, ExecutorSettings, PRODUCTS, QUIT, Way};
use crate::exec::{Placeholder, Program};
use crate::relay::Address;
use std::path::Path;
use tieline_measuring_project::Files;
use tieline_model::BadValue;
use tieline_model::settings::{Values, in_path};

/// More at the same time would only wait for each other.
const MOST_AT_ONCE: usize = 64;
/// More that wait would be forgotten by their clients.
const MOST_WAITING: usize = 10_000;

/// Checks the section.
pub(crate) fn check(values: &Values) -> Vec<BadValue> {
    let settings = ExecutorSettings::from_values(values);
    let mut found = Found::default();
    found.folders(&settings);
    for (key, value) in [("max_file_size", settings.max_file_size), ("max_project_size", settings.max_project_size)] {
        if value == 0 {
            let hint = format!("leave it out, or write bytes, as in {key} = 268435456");
            found.problem(key.to_owned(), format!("`{key}` is 0, so nothing could be imported"), hint);
        }
    }
    for (name, command) in settings.commands.iter() {
        found.command(name, command);
    }
    found.0
}

#[derive(Default)]
struct Found(Vec<BadValue>);

impl Found {
    fn problem(&mut self, key: String, message: impl Into<String>, hint: impl Into<String>) {
        self.0.push(BadValue { key, message: message.into(), hint: hint.into(), is_usable: false });
    }

    fn warning(&mut self, key: String, message: impl Into<String>, hint: impl Into<String>) {
        self.0.push(BadValue { key, message: message.into(), hint: hint.into(), is_usable: true });
    }

    fn folders(&mut self, settings: &ExecutorSettings) {
        let hint = "name folders in full, as in \"/data/images\"";
        for folder in &settings.allow_paths {
            if !Path::new(folder).is_absolute() {
                let message = format!("{folder:?} of `allow_paths` is no whole path");
                self.problem("allow_paths".to_owned(), message, hint);
            } else if !Path::new(folder).is_dir() {
                let message = format!("there is no folder {folder}");
                self.warning("allow_paths".to_owned(), message, "make it, or name the folder that files are read from");
            }
        }
        let allowed = settings.allowed();
        for (at, map) in settings.path_map.iter().enumerate() {
            if !Path::new(&map.to).is_absolute() {
                self.problem(format!("path_map.{at}.to"), format!("{:?} is no whole path", map.to), hint);
            } else if !allowed.iter().any(|folder| Path::new(&map.to).starts_with(folder)) {
                let message = format!("{} lies in none of `allow_paths`, so nothing in it will be read", map.to);
                self.warning(format!("path_map.{at}.to"), message, "add it to allow_paths");
            }
            // One by one, so that each is told of.
            if let Err((_, why)) = Files::new(Vec::new(), vec![(map.from.clone(), (&map.to).into())], 1) {
                let hint = "write the beginning of a client's path, as in \"C:/temp\"";
                self.problem(format!("path_map.{at}.from"), format!("{:?} cannot be used: {why}", map.from), hint);
            }
        }
    }

    fn command(&mut self, name: &str, command: &CommandSettings) {
        let table = format!("commands.{}", in_path(name));
        if name == QUIT {
            let message = format!("`{QUIT}` is how clients end a conversation; nothing can be carried out for it");
            return self.problem(table, message, "give the request another name");
        }
        let key = |key: &str| format!("{table}.{key}");
        match command.executor {
            Way::Project if !PRODUCTS.contains(&name) => {
                let message = format!("the project imports `image` and `elements`; it does not know what {name} is");
                self.problem(key("executor"), message, "write \"exec\" with a `program`, or \"relay\" with a `url`");
            }
            Way::Project => {}
            Way::Exec => self.program(name, &key("program"), &command.program),
            Way::Relay => self.relay(&key("url"), &key("concurrency"), command),
        }
        if command.executor != Way::Exec && !command.program.is_empty() {
            self.warning(key("program"), "`program` is used with executor = \"exec\" only", "leave one of them out");
        }
        if command.executor != Way::Relay && !command.url.is_empty() {
            self.warning(key("url"), "`url` is used with executor = \"relay\" only", "leave one of them out");
        }
        if command.timeout.is_zero() {
            let message = "`timeout` is zero, so nothing could be carried out";
            self.problem(key("timeout"), message, "write a time, as in timeout = \"1m\"");
        }
        for (at, value, most) in
            [("concurrency", command.concurrency, MOST_AT_ONCE), ("queue", command.queue, MOST_WAITING)]
        {
            if value == 0 || value > most {
                let message = format!("`{at}` is {value}");
                self.problem(key(at), message, format!("write a number from 1 to {most}"));
            }
        }
    }

    fn program(&mut self, name: &str, key: &str, arguments: &[String]) {
        let hint = r#"write the program and its arguments, as in ["/usr/bin/convert", "{file}"]"#;
        let Some(program) = arguments.first().filter(|program| !program.is_empty()) else {
            return self.problem(key.to_owned(), "there is no program to start", hint);
        };
        match Program::read(arguments) {
            Err(wrong) => self.problem(key.to_owned(), wrong.to_string(), wrong.hint()),
            Ok(read) => {
                let known: Option<&[Placeholder]> = match name {
                    "image" => Some(&[Placeholder::File, Placeholder::Name, Placeholder::FocalLength]),
                    "elements" => Some(&[Placeholder::File, Placeholder::ImportMode]),
                    _ => None,
                };
                let strange = read
                    .placeholders()
                    .find(|one| *one != Placeholder::Request && known.is_some_and(|known| !known.contains(one)));
                if let Some(strange) = strange {
                    let message = format!("a request `{name}` has no {{{}}}", strange.as_str());
                    self.problem(key.to_owned(), message, "use what the request has, or {request}");
                }
            }
        }
        if program.contains('/') && !Path::new(program).is_file() {
            let message = format!("there is no program {program}");
            self.warning(key.to_owned(), message, "install it, or write its whole path");
        }
        if !cfg!(target_os = "linux") {
            let hint = "use \"project\" or \"relay\", or run the gateway on Linux";
            self.problem(key.to_owned(), "programs are started on Linux only", hint);
        }
    }

    fn relay(&mut self, url: &str, concurrency: &str, command: &CommandSettings) {
        if let Err(wrong) = Address::read(&command.url) {
            let hint = "write where the measuring program listens, as in \"ws://10.0.0.5:40010/\"";
            self.problem(url.to_owned(), wrong, hint);
        }
        if command.concurrency > 1 {
            let message = "a measuring program takes one request at a time, so `concurrency` has no use here";
            self.warning(concurrency.to_owned(), message, "leave it out");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tieline_model::settings::Value;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn texts(texts: &[&str]) -> Value {
        Value::Texts(texts.iter().map(|text| (*text).to_owned()).collect())
    }

    fn table(of: &[(&'static str, Value)]) -> Values {
        let mut values = Values::default();
        of.iter().for_each(|(key, value)| values.set(key, value.clone()));
        values
    }

    /// What is found for a command of this name: key behind its table, and whether it can be used.
    fn told(name: &str, of: &[(&'static str, Value)]) -> Vec<(String, bool)> {
        let commands = Value::Named(vec![(name.to_owned(), table(of))]);
        let found = check(&table(&[("commands", commands)]));
        let prefix = format!("commands.{}", in_path(name));
        let key = |key: &str| key.strip_prefix(&prefix).unwrap().trim_start_matches('.').to_owned();
        found.iter().map(|bad| (key(&bad.key), bad.is_usable)).collect()
    }

    #[test]
    fn the_defaults_can_be_used() {
        assert_eq!(check(&Values::default()), []);
        let settings = ExecutorSettings::default();
        let commands: Vec<_> = settings.every_command().into_iter().map(|(name, of)| (name, of.executor)).collect();
        assert_eq!(commands, [("image", Way::Project), ("elements", Way::Project)]);
    }

    #[test]
    fn every_value_that_cannot_be_used_is_told_at_its_key() {
        let map = |from: &str, to: &str| table(&[("from", text(from)), ("to", text(to))]);
        let (exec, relay) = (("executor", text("exec")), ("executor", text("relay")));
        let commands = vec![
            ("quit".to_owned(), Values::default()),
            ("a.b".to_owned(), Values::default()),
            ("image".to_owned(), table(&[exec.clone(), ("timeout", Value::Duration(Duration::ZERO))])),
            ("weld".to_owned(), table(&[relay, ("queue", Value::Count(0)), ("concurrency", Value::Count(99))])),
        ];
        let values = table(&[
            ("allow_paths", texts(&["relative", "/", "/nowhere/at/all"])),
            ("path_map", Value::Tables(vec![map("", "x"), map("C:/temp", "/tmp"), map("C:", "/tmp")])),
            ("max_file_size", Value::Count(0)),
            ("commands", Value::Named(commands)),
        ]);
        let found: Vec<_> = check(&values).into_iter().map(|bad| (bad.key, bad.is_usable)).collect();
        let expected = [
            ("allow_paths", false),
            ("allow_paths", true),
            ("path_map.0.to", false),
            ("path_map.0.from", false),
            ("max_file_size", false),
            ("commands.quit", false),
            ("commands.\"a.b\".executor", false),
            ("commands.image.program", false),
            ("commands.image.timeout", false),
            ("commands.weld.url", false),
            ("commands.weld.concurrency", true),
            ("commands.weld.concurrency", false),
            ("commands.weld.queue", false),
        ];
        assert_eq!(found, expected.map(|(key, usable)| (key.to_owned(), usable)));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_program_is_looked_at_before_it_is_started() {
        let program = |name: &str, of: &[&str]| told(name, &[("executor", text("exec")), ("program", texts(of))]);
        assert_eq!(program("image", &["sh", "{file}", "{name}", "{focal_length}", "{request}"]), []);
        assert_eq!(program("elements", &["/bin/sh", "--mode={import_mode}", "{{x}", "{\"a\":1}"]), []);
        assert_eq!(program("weld", &["sh", "{file}{import_mode}"]), []);
        let wrong = [("program".to_owned(), false)];
        assert_eq!(program("elements", &["sh", "{focal_length}"]), wrong);
        assert_eq!(program("image", &["sh", "{import_mode}"]), wrong);
        assert_eq!(program("weld", &["sh", "{fille}"]), wrong);
        assert_eq!(program("weld", &["{name}"]), wrong, "a client does not choose the program");
        assert_eq!(program("weld", &["sh", "a\0b"]), wrong);
        assert_eq!(program("weld", &[""]), wrong);
        assert_eq!(program("weld", &["/nowhere/check"]), [("program".to_owned(), true)]);
    }

    #[test]
    fn keys_that_have_no_effect_are_told() {
        let usable = |key: &str| vec![(key.to_owned(), true)];
        assert_eq!(told("image", &[("program", texts(&["sh"]))]), usable("program"));
        assert_eq!(told("image", &[("url", text("ws://h/"))]), usable("url"));
        let relay = |url: &str| told("image", &[("executor", text("relay")), ("url", text(url))]);
        assert_eq!(relay("ws://10.0.0.5:40010/"), []);
        for url in ["", "10.0.0.5:40010", "wss://10.0.0.5/", "http://10.0.0.5/", "ws://", "ws://u:p@h/", "ws://h:x/"] {
            assert_eq!(relay(url), [("url".to_owned(), false)], "{url}");
        }
    }
}
