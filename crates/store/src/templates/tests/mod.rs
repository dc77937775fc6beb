//! Tests of the templates: what an archive amounts to, what a choice does, what a reference database says.

mod counting;
mod kinds;
mod reference;

use super::{Acquisition, COMPARED, EchoTimes, Texts, Values};
use crate::Key;

/// An acquisition of the study `Brain`, sequence `Task`, told from others by `name`.
fn acquisition(key: Key, name: &str, date: &str, echoes: &[f64], differs: &[(&str, &str)]) -> Acquisition {
    let mut texts = Texts::default();
    for (parameter, text) in [("Project", "Brain"), ("SequenceName", "Task"), ("TR", "1300.0")].iter().chain(differs) {
        texts[COMPARED.iter().position(|known| known == parameter).unwrap()] = Some((*text).to_owned());
    }
    let echo_times: EchoTimes = echoes.iter().copied().collect();
    Acquisition {
        identity: key.hash([name.as_bytes()]),
        without_kind: key.hash([b"old", name.as_bytes()]),
        session: key.hash([b"session", name.as_bytes()]),
        kind: "",
        began: format!("{date} 120000"),
        date: Some(date.to_owned()),
        values: Values::of(texts, &echo_times),
    }
}
