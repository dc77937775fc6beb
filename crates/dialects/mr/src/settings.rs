//! The `[mr]` section of the configuration, as far as it is about browsers. Called by [`crate::ENTRY`]; read by the
//! dialect. What is watched and compared belongs to the backend.

use tieline_model::section;

section! {
    /// Quality assurance of MR scans: verdicts to browsers.
    pub struct MrSettings {
        /// Whether texts of a header are escaped against HTML (`&`, `<`, `>` and both quotes) in what clients receive. A
        /// page that puts them into `innerHTML`, as the product's own does, runs whatever a header holds without it.
        escape_html: bool = "true",
        /// Folder with a page of your own, `index.html` in it, to serve instead of the page that is built in.
        r#static: String = "\"\"",
    }
}
