//! The list of dialects: the one place outside their folders that names them.
//!
//! Promises: what is listed here has a section in the configuration, a listener, metrics and a part in the demo.
//! Called by the command line, which hands the list to the configuration.

use tieline_model::Entry;

/// Every dialect of this version, in the order people see them.
pub const DIALECTS: &[Entry] = &[
    tieline_vxvue::ENTRY,
    tieline_fme::ENTRY,
    // What stands behind a dialect is joined to it here, so that neither has to know the other.
    tieline_inspect::ENTRY.backed_by(tieline_measuring_backend::BACKEND).with_tool(tieline_measuring_tool::TOOL),
    tieline_opcua::ENTRY.backed_by(tieline_opcua_backend::BACKEND).with_tool(tieline_opcua_tool::TOOL),
    tieline_mr::ENTRY.backed_by(tieline_dicom_backend::BACKEND).with_tool(tieline_dicom_tool::TOOL),
];
