//! The variables of all servers by their number.

use std::sync::Arc;
use tieline_opcua_client::{ServerPlan, Variable};

/// From the number of a variable to its server's name and itself.
pub(crate) struct Targets(Vec<Arc<ServerPlan>>);

impl Targets {
    /// Of these servers, in the order in which their variables are numbered.
    pub(crate) fn new(plans: Vec<Arc<ServerPlan>>) -> Targets {
        Targets(plans)
    }

    /// The server whose variables begin with this number.
    pub(crate) fn server(&self, first: usize) -> Option<&str> {
        let plan = self.0.iter().find(|plan| plan.first == first && plan.places() > 0)?;
        Some(plan.settings.name.as_str())
    }

    pub(crate) fn get(&self, variable: usize) -> Option<(&str, &Variable)> {
        let at = self.0.partition_point(|plan| plan.first <= variable).checked_sub(1)?;
        let plan = self.0.get(at)?;
        Some((plan.settings.name.as_str(), plan.variable(variable - plan.first)?))
    }
}
