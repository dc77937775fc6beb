//! `VALUELIST_REQUEST` and `VALUEINFO_REQUEST`: which variables there are, and what is known of them. No server is asked.

use super::{Denied, OpcuaConversation, Question, body};
use crate::variables::unknown;
use crate::wire::fields::{elements, is_nothing, scalar};
use crate::wire::request::Request;
use tieline_model::{Asked, Reason, Refusal, safe};

impl OpcuaConversation {
    /// All names, sorted.
    pub(super) fn list(&mut self, request: &Request<'_>) -> Result<Asked, Denied> {
        let list = self.shared.variables.list();
        self.asked = Question::Ready(request.head().with(|out| out.extend_from_slice(list.as_bytes())));
        Ok(Asked::answer())
    }

    /// What is known of each name, in the order they were asked for.
    pub(super) fn info(&mut self, request: &Request<'_>) -> Result<Asked, Denied> {
        let [names] = body(request, ["Variables"])?;
        let names = names.ok_or_else(|| Denied::field(request, "`Body` needs `Variables`, a list of names"))?;
        // An empty list is an empty text where every scalar is one.
        let names = if is_nothing(names) && names.get() != "null" { "[]" } else { names.get() };
        let most = self.shared.names;
        let (mut entries, mut count, mut is_over) = (Vec::new(), 0, false);
        let read = elements(names, |name| {
            count += 1;
            if most > 0 && count > most {
                is_over = true;
                return Err("too many");
            }
            let name = scalar(name).ok_or("a name must be a text")?;
            if count > 1 {
                entries.push(b',');
            }
            match self.shared.variables.get(&name) {
                Some(variable) => variable.tell(&mut entries),
                None => unknown(&name, &mut entries),
            }
            Ok(())
        });
        if is_over {
            let detail = safe!("more than {} names in one request (opcua.variables); ask in several", most);
            let refusal = Refusal::new(Reason::TooLarge, detail).at_limit("variables");
            return Err(Denied::header(request.head(), "BadTooManyOperations", refusal));
        }
        read.map_err(|what| Denied::field(request, what))?;
        let answer = request.head().with(|out| {
            out.extend_from_slice(br#"{"Variables":"#);
            match count == 0 && self.shared.style.is_text {
                true => out.extend_from_slice(b"\"\""),
                false => {
                    out.push(b'[');
                    out.extend_from_slice(&entries);
                    out.push(b']');
                }
            }
            out.push(b'}');
        });
        self.asked = Question::Ready(answer);
        Ok(Asked::answer())
    }
}
