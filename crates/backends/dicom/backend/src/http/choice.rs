//! "This is right from now on": who may say so, of which series, and what comes back.

use serde_json::{Value, json};
use std::fmt;
use std::io::Read;
use tieline_model::Safe;
use tieline_model::dialect::service::{Call, Reply};
use tieline_store::series::Remembered;
use tieline_store::{Store, StoreError};

/// Makes a series that is remembered the template of its study, sequence and kind.
pub(crate) trait Choose: Send {
    /// As `tieline mr templates choose` does, in the same store.
    fn choose(&mut self, store: &mut Store, series: &Remembered) -> Result<(), NotChosen>;
}

/// Why a series was not chosen.
#[derive(Debug)]
pub(crate) enum NotChosen {
    /// It cannot be: a sentence for whoever asked, in which nothing of a header stands.
    Refused(Safe),
    /// The store did not do it.
    Store(StoreError),
}

impl From<StoreError> for NotChosen {
    fn from(error: StoreError) -> NotChosen {
        NotChosen::Store(error)
    }
}

/// What is asked for.
#[derive(PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) station: String,
    pub(super) uid: u64,
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Asked {{ station: {:?} }}", self.station)
    }
}

impl Asked {
    /// Reads a call by who may choose. Until rights are asked for, that is whoever is on this machine: nobody else's words
    /// are read at all.
    pub(super) fn read(call: Call) -> Result<Asked, Reply> {
        if !call.caller.is_local() {
            let line = "what is right from now on is said on the machine the gateway runs on: open the page there, or use \
                `tieline mr templates choose`";
            return Err(Reply::told(403, line));
        }
        let wrong =
            || Reply::told(400, r#"a choice is {"station": TEXT, "uid": HASH}, as /history and the frames name them"#);
        let mut body = Vec::new();
        match call.body {
            Some(mut bytes) => bytes.read_to_end(&mut body).map_err(|_| wrong())?,
            None => return Err(wrong()),
        };
        let asked: Value = serde_json::from_slice(&body).map_err(|_| wrong())?;
        let text = |key: &str| asked.get(key).and_then(Value::as_str);
        let uid = text("uid").filter(|uid| uid.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let uid = uid.and_then(|uid| u64::from_str_radix(uid, 16).ok());
        match (text("station"), uid) {
            (Some(station), Some(uid)) => Ok(Asked { station: station.to_owned(), uid }),
            _ => Err(wrong()),
        }
    }
}

/// Has it done.
pub(super) fn choose(store: &mut Store, asked: &Asked, chooser: &mut dyn Choose) -> Result<Reply, StoreError> {
    let Some(series) = store.series().state(&asked.station, asked.uid)? else { return Ok(unknown()) };
    match chooser.choose(store, &series) {
        Ok(()) => {
            Ok(Reply::json(200, json!({ "station": asked.station, "uid": format!("{:016x}", asked.uid) }).to_string()))
        }
        Err(NotChosen::Refused(why)) => Ok(Reply::told(409, &why.to_string())),
        Err(NotChosen::Store(error)) => Err(error),
    }
}

/// The answer where this series is not remembered.
pub(super) fn unknown() -> Reply {
    Reply::told(404, "this series is not remembered any more; use `tieline mr templates choose`")
}
