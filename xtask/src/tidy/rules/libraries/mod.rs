//! Rules about what the program is made of: versions, licences, advisories, manifests, lock files.

pub(in crate::tidy) mod advisories;
pub(in crate::tidy) mod lock_files;
pub(in crate::tidy) mod manifests;
pub(in crate::tidy) mod versions;
