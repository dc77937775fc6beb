//! Whether the X-ray console is there: what Tieline's own pages are told besides the console's messages.
//!
//! Promises: no patient data; told to those who asked for it when they registered (`"tieline":"presence"`), and to tails.
//! Called by the conversation (when a page registers) and by the effects (when something changes).

use crate::room::{Known, SHOWN, State};
use crate::{NAME, Rules};
use std::time::SystemTime;
use tieline_model::{Filter, Message, Topic};

/// The mark of a presence message. Registering is never published, so its number is free.
pub(crate) const PRESENCE: u32 = 11;

/// Where it is told.
pub(crate) fn topic() -> Topic {
    Topic::new([NAME, "room"])
}

/// What a page hears besides.
pub(crate) fn filter() -> Filter {
    topic().into()
}

/// Makes a message of the presence as it is now.
pub(crate) fn tell(rules: &Rules, state: &mut State, at: SystemTime, message: &mut Message) {
    state.revision += 1;
    if let Some(away) = &mut state.away {
        away.since.get_or_insert(at);
    }
    message.topics = vec![topic()];
    message.tag = PRESENCE;
    message.body = describe(rules, state).into();
}

/// The presence as JSON: `state` is `waiting` until a console has registered, `here`, or `away`.
pub(crate) fn describe(rules: &Rules, state: &State) -> String {
    let granted = || state.consoles.iter().filter(|console| console.granted);
    let count = granted().count();
    let consoles: Vec<String> = granted().take(SHOWN).map(|console| console.address.to_string()).collect();
    let away = state.away.as_ref();
    let since = away.and_then(|away| away.since).map(|at| humantime::format_rfc3339_millis(at).to_string());
    serde_json::json!({
        "revision": state.revision,
        "state": match (count, away) { (0, None) => "waiting", (0, Some(_)) => "away", _ => "here" },
        "since": since,
        "hidden": away.is_some_and(|away| away.hidden),
        "nobody": state.known == Known::Nobody,
        "consoles": count,
        "addresses": consoles,
        "replay": rules.settings.replay_on_register,
        "hideAfterMs": rules.settings.hide_after.as_millis() as u64,
    })
    .to_string()
}

/// What a page gets on its connection.
pub(crate) fn frame(receiver: u32, presence: &str) -> String {
    format!(r#"{{"sender":1,"receiver":{receiver},"command":0,"presence":{presence}}}"#)
}
