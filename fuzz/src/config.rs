//! The configuration. Input: a TOML file, then, with bytes 255 between them, what else was said: pieces that begin with
//! `TIELINE_` are environment variables, the others are `--set` flags.

use tieline_config::{Config, Fault, Input, Origin, Problem, Source, load, render};
use tieline_gateway::registry::DIALECTS;

/// Problems that a person can find and repair, or a configuration that, written down, is read back the same.
pub(crate) fn run(data: &[u8]) {
    let mut pieces = data.split(|byte| *byte == 0xFF);
    let bytes = pieces.next().unwrap_or_default().to_vec();
    let mut input = Input { path: "tieline.toml".to_owned(), bytes, ..Input::default() };
    for piece in pieces.take(8) {
        let text = String::from_utf8_lossy(piece).into_owned();
        match text.split_once('=') {
            Some((name, value)) if name.starts_with("TIELINE_") => input.variables.push((name.into(), value.into())),
            _ => input.flags.push(text),
        }
    }
    // A certificate's file is opened; one that is a device could wait for a person.
    if data.windows(3).any(|window| window.eq_ignore_ascii_case(b"dev") || window == b"\\u0" || window == b"\\U0") {
        return;
    }
    match load(&input, DIALECTS) {
        Err(problems) => {
            assert!(!problems.list.is_empty(), "refused without a reason");
            assert!(problems.list.iter().any(|problem| problem.fault != Fault::Warning), "refused for a warning");
            readable(&problems.source, &problems.list);
        }
        Ok(config) => {
            readable(&config.source, &config.warnings);
            comes_back(&config);
        }
    }
}

fn readable(source: &Source, problems: &[Problem]) {
    let lines = source.text.split('\n').count();
    for problem in problems {
        assert!(!problem.message.trim().is_empty() && !problem.hint.trim().is_empty(), "{problem:?}");
        assert!(problem.value.chars().count() <= 81, "{}", problem.value);
        if let Origin::File(place) = &problem.origin {
            assert!((1..=lines).contains(&place.line) && place.column >= 1, "{place:?}");
            assert!(place.span.start <= source.text.len());
        }
        assert!(problem.to_json()["message"].is_string());
        let text = render(source, [problem], false);
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "for a terminal: {text:?}");
    }
}

/// What `config show` prints is a configuration that comes out the same.
fn comes_back(config: &Config) {
    let text = config.effective.to_toml();
    let input = Input { path: "again.toml".to_owned(), bytes: text.clone().into_bytes(), ..Input::default() };
    match load(&input, DIALECTS) {
        Err(problems) => panic!("{:?} in\n{text}", problems.list),
        Ok(again) => {
            let values = |config: &Config| -> Vec<String> {
                let all = config.effective.settings.iter();
                all.map(|setting| format!("{}.{} = {:?}", setting.section, setting.key, setting.value)).collect()
            };
            assert_eq!(values(&again), values(config));
            assert_eq!(again.listeners.len(), config.listeners.len());
        }
    }
}
