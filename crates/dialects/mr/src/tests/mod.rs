//! Tests of the whole dialect without a socket: what a backend says in, what a browser hears and sees out.

mod conversation;
mod documentation;
mod events;
mod privacy;
mod series;
mod site;
mod wire;

use crate::{Mr, MrSettings};
use tieline_model::{
    Dialect, DialectLimits, Message, Published, Reason, Refusal, Representation, SessionId, Sight, Topic, Variant,
};

/// The dialect with its defaults.
fn dialect() -> Mr {
    Mr::new(MrSettings::default(), DialectLimits::default())
}

/// The dialect of a site whose page takes care of HTML itself.
fn unescaped() -> Mr {
    Mr::new(MrSettings { escape_html: false, ..MrSettings::default() }, DialectLimits::default())
}

fn compose(topic: &str, json: &str) -> Result<Message, Refusal> {
    dialect().compose(&Topic::parse(topic).unwrap(), json)
}

fn published(message: Message) -> Published {
    Published { at: std::time::SystemTime::UNIX_EPOCH, dialect: "mr", origin: SessionId::NONE, message }
}

fn written(dialect: &Mr, message: Message, representation: Representation) -> String {
    let mut out = Vec::new();
    dialect.encode(&published(message), representation, &mut out);
    String::from_utf8(out).unwrap()
}

/// What browsers hear of it.
fn wire(topic: &str, json: &str) -> String {
    written(&dialect(), compose(topic, json).unwrap(), Representation::Wire(Variant::default()))
}

/// What tails, ties and pages see of it.
fn event(topic: &str, json: &str, sight: Sight) -> String {
    written(&dialect(), compose(topic, json).unwrap(), Representation::Event(sight))
}

/// A verdict with these parameters found, on a series that has no template.
fn no_template(input: &str) -> String {
    format!(r#"{{"conforms":true,"errors":{{}},"input":{input},"template":{{}},"verdict":"no_template"}}"#)
}

/// What is said of a series as one thing.
fn series(uid: &str, images: u64, differing: u64, first: &str) -> String {
    format!(
        r#"{{"number":7,"name":"rest_AP","uid":"{uid}","images":{images},"differing":{differing},"first_differing":{first}}}"#
    )
}

/// A verdict on a series that differs, with what is said of the series.
fn with_series(series: &str) -> String {
    format!(r#"{{"conforms":false,"errors":{{}},"input":{{}},"template":{{}},"verdict":"differs","series":{series}}}"#)
}
