//! One request of a client, understood: what it asks for, or what is wrong with it.
//!
//! Promises: reads the text a fixed number of times and builds no tree; the last of two equal keys counts, as in the product.
//! Called by the conversation.

use crate::rules::{REST, Rules};
use crate::wire::reply::{BYE, MALFORMED, Underway, missing, must_be, refused, unknown};
use crate::wire::spelling::python;
use serde_json::json;
use serde_json::value::RawValue;
use tieline_model::json::{check_depth, members};
use tieline_model::{Reason, Refusal};

/// What a client asks for.
pub(crate) enum Request {
    /// To end the connection.
    Quit,
    /// Nothing but this reply.
    Reply(&'static str),
    /// A command, with its details for what carries it out.
    Command { name: String, body: String, underway: Underway },
}

/// A request that is refused: its reply in the product's words, and why, in words for the log.
pub(crate) struct Wrong {
    pub(crate) reply: String,
    pub(crate) refusal: Refusal,
}

impl Wrong {
    fn new(reason: Reason, detail: &'static str, reply: String) -> Wrong {
        Wrong { reply, refusal: Refusal::new(reason, detail) }
    }

    fn field(detail: &'static str, reply: String) -> Wrong {
        Wrong::new(Reason::BadField, detail, reply)
    }
}

/// Reads a request. The first of `image`, `elements`, `quit` that is there decides, then the first custom command.
pub(crate) fn read(text: &str, rules: &Rules) -> Result<Request, Wrong> {
    if text.starts_with("quit") {
        return Ok(Request::Quit);
    }
    check_depth(text, rules.limits.json_depth).map_err(|refusal| Wrong { reply: refused(&refusal), refusal })?;
    let (mut image, mut elements, mut quit, mut custom) = (None, None, false, None);
    let read = members(text, |key, value| match key {
        "image" => image = Some(value),
        "elements" => elements = Some(value),
        "quit" => quit = true,
        key => custom = custom.or_else(|| rules.custom(key)),
    });
    if read.is_err() && serde_json::from_str::<&RawValue>(text).is_err() {
        return Err(Wrong::new(Reason::Malformed, "not JSON", MALFORMED.to_owned()));
    }
    // When it is JSON all the same it is no object, or one with a key that is half a character: neither is known.
    match (read.is_ok(), image, elements, quit, custom.or_else(|| rules.rest())) {
        (true, Some(parameters), ..) => passed_on("image", text, parameters, rules, image_request),
        (true, _, Some(parameters), ..) => passed_on("elements", text, parameters, rules, elements_request),
        (true, _, _, true, _) => Ok(Request::Reply(BYE)),
        (is_object, _, _, _, Some(name)) if is_object || name == REST => {
            let (name, underway) = (name.to_owned(), Underway::Custom { name: name.to_owned() });
            Ok(Request::Command { name, body: text.trim().to_owned(), underway })
        }
        _ => Err(Wrong::new(Reason::Unknown, "no command of that name", unknown(&python(text)))),
    }
}

/// One of the product's own requests; as it came when something else carries it out.
fn passed_on(
    name: &str,
    text: &str,
    parameters: &RawValue,
    rules: &Rules,
    read: fn(&RawValue) -> Result<Request, Wrong>,
) -> Result<Request, Wrong> {
    let request = match (rules.passed(name), read(parameters)) {
        (None, request) => return request,
        (Some(false), request) => request?,
        (Some(true), Ok(request)) => request,
        // What is wrong with it is the real server's to say.
        (Some(true), Err(_)) => {
            let underway = match name {
                "image" => Underway::Image { file: String::new() },
                _ => Underway::Elements { file: String::new(), import_mode: String::new() },
            };
            Request::Command { name: name.to_owned(), body: String::new(), underway }
        }
    };
    Ok(match request {
        Request::Command { name, underway, .. } => Request::Command { name, body: text.trim().to_owned(), underway },
        other => other,
    })
}

fn image_request(parameters: &RawValue) -> Result<Request, Wrong> {
    let [file, name, focal_length] = all(parameters, "image", ["file", "name", "focal_length"])?;
    let file = text("file", "image", file)?;
    let name = text("name", "image", name)?;
    let Some(focal_length) = millimetres(focal_length) else {
        let reply = must_be("focal_length", "image", "a number of millimetres above 0");
        return Err(Wrong::field("`focal_length` must be a number of millimetres above 0", reply));
    };
    let body = json!({ "file": file, "name": name, "focal_length": focal_length }).to_string();
    Ok(Request::Command { name: "image".to_owned(), body, underway: Underway::Image { file } })
}

/// An import mode that nothing knows is tried as well: it fails where it would be used, after the file was looked for.
fn elements_request(parameters: &RawValue) -> Result<Request, Wrong> {
    let [file, import_mode] = all(parameters, "elements", ["file", "import_mode"])?;
    let file = text("file", "elements", file)?;
    let import_mode = text("import_mode", "elements", import_mode)?;
    let body = json!({ "file": file, "import_mode": import_mode }).to_string();
    Ok(Request::Command { name: "elements".to_owned(), body, underway: Underway::Elements { file, import_mode } })
}

/// These parameters, in the order in which the product misses them. What is no object has none.
fn all<'a, const N: usize>(
    parameters: &'a RawValue,
    request: &str,
    names: [&'static str; N],
) -> Result<[&'a RawValue; N], Wrong> {
    let mut found = [None; N];
    let read = members(parameters.get(), |key, value| {
        if let Some(at) = names.iter().position(|name| *name == key) {
            found[at] = Some(value);
        }
    });
    let found = if read.is_ok() { found } else { [None; N] };
    let mut values = [parameters; N];
    for ((value, found), name) in values.iter_mut().zip(found).zip(names) {
        *value = found.ok_or_else(|| Wrong::field("a parameter is missing", missing(name, request)))?;
    }
    Ok(values)
}

/// A text of whole characters.
fn text(parameter: &str, request: &str, value: &RawValue) -> Result<String, Wrong> {
    serde_json::from_str(value.get())
        .map_err(|_| Wrong::field("a parameter must be a text", must_be(parameter, request, "a text")))
}

/// A length above 0, as a number or as a text, blanks around it allowed.
fn millimetres(value: &RawValue) -> Option<f64> {
    let written = match value.get().starts_with('"') {
        true => serde_json::from_str::<String>(value.get()).ok()?,
        false => value.get().to_owned(),
    };
    written.trim().parse().ok().filter(|length: &f64| length.is_finite() && *length > 0.0)
}
