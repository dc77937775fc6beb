//! What names the study of an image: its Study Description, or what a site says instead (contract `mr-verdicts`, "The name
//! of a study").
//!
//! Promises: the first that is there and not empty counts; a header without any is told from one without a template.

use std::path::{Path, PathBuf};
use tieline_dicom_read::{Header, Parameter, Value};

/// The word on the wire for a study without a name.
pub(super) const NO_STUDY_NAME: &str = "no_study_name";
/// What to do about it.
pub const NO_STUDY_NAME_HINT: &str = "the header does not name its study; say which element does with project = [...] in [mr]: StudyDescription, \
     ProtocolName, RequestedProcedureDescription, BodyPartExamined, or folder:1";

/// Where a study's name can stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameFrom {
    /// Study Description (0008,1030).
    StudyDescription,
    /// Protocol Name (0018,1030).
    ProtocolName,
    /// Requested Procedure Description (0032,1060).
    RequestedProcedure,
    /// Body Part Examined (0018,0015).
    BodyPart,
    /// The folder so many below the watched one, counted from 1.
    Folder(usize),
}

impl NameFrom {
    /// The one of this word in the configuration.
    pub fn named(word: &str) -> Option<NameFrom> {
        Some(match word {
            "StudyDescription" => NameFrom::StudyDescription,
            "ProtocolName" => NameFrom::ProtocolName,
            "RequestedProcedureDescription" => NameFrom::RequestedProcedure,
            "BodyPartExamined" => NameFrom::BodyPart,
            other => NameFrom::Folder(other.strip_prefix("folder:")?.parse().ok().filter(|number| *number > 0)?),
        })
    }
}

/// What names studies, in the order in which it is looked for.
#[derive(Debug, Clone)]
pub struct Naming {
    order: Vec<NameFrom>,
    roots: Vec<PathBuf>,
}

impl Default for Naming {
    fn default() -> Naming {
        Naming::new(vec![NameFrom::StudyDescription, NameFrom::ProtocolName], Vec::new())
    }
}

impl Naming {
    /// In this order; folders are counted from these.
    pub fn new(order: Vec<NameFrom>, roots: Vec<PathBuf>) -> Naming {
        let whole = |root: PathBuf| std::path::absolute(&root).unwrap_or(root);
        Naming { order, roots: roots.into_iter().map(whole).collect() }
    }

    /// Gives the header's study the name it is known by.
    pub fn name(&self, header: &mut Header, path: &Path) {
        let name = self.order.iter().find_map(|from| self.read(*from, header, path));
        match name {
            Some(name) => header.parameters.set(Parameter::Project, Value::Text(name)),
            // An empty name is none; a name that is not asked for is none either.
            None => header.parameters.set(Parameter::Project, Value::Absent),
        }
    }

    fn read(&self, from: NameFrom, header: &Header, path: &Path) -> Option<String> {
        let names = &header.study_names;
        let text = match from {
            NameFrom::StudyDescription => match header.parameters.get(Parameter::Project) {
                Value::Text(text) => Some(text.clone()),
                _ => None,
            },
            NameFrom::ProtocolName => names.protocol_name.as_ref().map(|name| name.reveal().clone()),
            NameFrom::RequestedProcedure => names.requested_procedure.as_ref().map(|name| name.reveal().clone()),
            NameFrom::BodyPart => names.body_part.as_ref().map(|name| name.reveal().clone()),
            NameFrom::Folder(number) => self.folder(path, number),
        };
        text.filter(|text| !text.trim().is_empty())
    }

    fn folder(&self, path: &Path, number: usize) -> Option<String> {
        let path = std::path::absolute(path).ok()?;
        let below = self
            .roots
            .iter()
            .filter_map(|root| path.strip_prefix(root).ok())
            .min_by_key(|rest| rest.components().count())?;
        let folders = below.parent()?;
        folders.components().nth(number - 1).map(|part| part.as_os_str().to_string_lossy().into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tieline_model::Patient;

    fn named(order: &[&str], header: &Header, path: &str) -> Option<String> {
        let order = order.iter().map(|word| NameFrom::named(word).unwrap()).collect();
        let mut header = header.clone();
        Naming::new(order, vec![PathBuf::from("/d/in")]).name(&mut header, Path::new(path));
        match header.parameters.get(Parameter::Project) {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }

    #[test]
    fn the_first_that_is_there_names_the_study() {
        let mut header = Header::default();
        let path = "/d/in/Study A/s1/MR.1";
        let all = ["StudyDescription", "ProtocolName", "RequestedProcedureDescription", "BodyPartExamined", "folder:1"];
        assert_eq!(named(&all, &header, path).as_deref(), Some("Study A"));
        assert_eq!(named(&["folder:2"], &header, path).as_deref(), Some("s1"));
        assert_eq!(named(&["folder:3"], &header, path), None, "the file is no folder");
        assert_eq!(named(&["folder:1"], &header, "/elsewhere/a/MR.1"), None);
        header.study_names.body_part = Some(Patient::new("BRAIN".to_owned()));
        assert_eq!(named(&all, &header, path).as_deref(), Some("BRAIN"));
        header.study_names.requested_procedure = Some(Patient::new("Brain MR".to_owned()));
        assert_eq!(named(&all, &header, path).as_deref(), Some("Brain MR"));
        header.study_names.protocol_name = Some(Patient::new("rest".to_owned()));
        assert_eq!(named(&all, &header, path).as_deref(), Some("rest"));
        header.parameters.set(Parameter::Project, Value::Text(" ".to_owned()));
        assert_eq!(named(&all, &header, path).as_deref(), Some("rest"), "an empty one is none");
        header.parameters.set(Parameter::Project, Value::Text("Brain^X".to_owned()));
        assert_eq!(named(&all, &header, path).as_deref(), Some("Brain^X"));
        assert_eq!(named(&["BodyPartExamined"], &header, path).as_deref(), Some("BRAIN"));
    }

    #[test]
    fn words_that_are_none() {
        for word in ["studydescription", "folder:0", "folder:x", "folder", ""] {
            assert_eq!(NameFrom::named(word), None, "{word}");
        }
    }
}
