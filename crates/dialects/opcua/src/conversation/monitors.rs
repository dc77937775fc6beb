//! `MONITORSTART_REQUEST` and `MONITORSTOP_REQUEST`: a monitor is a subscription to a variable's topic, in the form that
//! begins with its client's handle. The server's part in it belongs to the backend, which learns who hears what.

use super::{Denied, OpcuaConversation, Question, body, variable};
use crate::handles::Handle;
use crate::wire::head::{Head, UPDATE};
use crate::wire::request::Request;
use std::time::Duration;
use tieline_model::{
    Asked, DefaultGrant, Filter, Intent, Reason, Recall, Refusal, Removal, Right, Topic, Variant, safe,
};

/// How long a change has time to come before the current value is told (contract `opcua`, `MONITORSTART_REQUEST`).
const CURRENT_AFTER: Duration = Duration::from_millis(500);

/// One monitor of a client.
pub(super) struct Monitor {
    topic: Topic,
    handle: Handle,
}

impl Monitor {
    fn filter(&self) -> (Filter, Variant) {
        (self.topic.clone().into(), self.handle.variant())
    }
}

impl OpcuaConversation {
    /// Begins to watch a variable.
    pub(super) fn start(&mut self, request: &Request<'_>) -> Result<Asked, Denied> {
        let [name] = body(request, ["Variable"])?;
        let variable = variable(&self.shared, request, name)?;
        if variable.is_method {
            let refusal = Refusal::new(Reason::Unsupported, "a method has no value; write its arguments to call it");
            return Err(Denied::body(request.head(), "BadNotReadable", refusal));
        }
        let topic = variable.topic.clone();
        let handle = request.handle();
        if self.monitors.contains_key(handle.text) {
            let refusal = Refusal::new(Reason::BadField, "this handle has a monitor already; stop it first");
            return Err(Denied::body(request.head(), "BadEntryExists", refusal));
        }
        let most = self.shared.limits.streams;
        if most > 0 && self.monitors.len() >= most {
            let detail = safe!("more than {} open monitors (limits.streams); stop some first", most);
            let refusal = Refusal::new(Reason::TooLarge, detail).at_limit("streams");
            return Err(Denied::body(request.head(), "BadTooManyMonitoredItems", refusal));
        }
        let update = Head::new(UPDATE, Some(handle));
        let monitor = Monitor { topic: topic.clone(), handle: self.shared.handles.take(update.as_bytes()) };
        let add = vec![monitor.filter()];
        self.asked = Question::Start(handle.text.into(), monitor, request.head());
        Ok(Asked {
            intent: Intent::Subscribe { add, remove: Removal::Nothing, recall: Recall::After(CURRENT_AFTER) },
            right: Some(Right { verb: "opcua.read", topics: vec![topic], default_grant: DefaultGrant::Everyone }),
        })
    }

    /// Ends a monitor of this handle and this variable.
    pub(super) fn stop(&mut self, request: &Request<'_>) -> Result<Asked, Denied> {
        let [name] = body(request, ["Variable"])?;
        let topic = variable(&self.shared, request, name)?.topic.clone();
        let handle = request.handle().text;
        let Some(monitor) = self.monitors.get(handle).filter(|monitor| monitor.topic == topic) else {
            let refusal = Refusal::new(Reason::TooEarly, "this handle has no monitor of this variable");
            return Err(Denied::body(request.head(), "BadNoEntryExists", refusal));
        };
        let remove = Removal::These(vec![monitor.filter()]);
        self.asked = Question::Stop(handle.into(), request.head());
        Ok(Asked { intent: Intent::Subscribe { add: Vec::new(), remove, recall: Recall::Never }, right: None })
    }
}
