//! A path as clients write it, taken apart: mostly Windows', with either slash, sometimes this machine's own.
//!
//! Promises: what is left are names that mean the same to Windows, to Linux and to a person. As Windows does it, `..` and
//! `.` of a path from a drive or a server are resolved as text, never above it, and `\\?\` before a path is dropped; a `..`
//! of this machine's own paths, a stream, a device, an ending that Windows leaves out are refused, on every system alike.
//! Nothing is decoded: `%2e` are three characters.

use super::Denied;
use std::borrow::Cow;

/// The longest path, in bytes.
pub(super) const LONGEST: usize = 4096;

/// Where a path begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    /// A drive's letter, in upper case.
    Drive(char),
    /// A server; its name and the share's are the first two names.
    Server,
    /// This machine's root.
    Root,
}

/// A path taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spelled {
    pub(super) anchor: Anchor,
    /// What follows: no empty name, no dots.
    pub(super) names: Vec<String>,
}

/// Takes a path apart.
pub(super) fn read(text: &str) -> Result<Spelled, Denied> {
    if text.is_empty() {
        return Err(Denied::Empty);
    }
    if text.len() > LONGEST {
        return Err(Denied::TooLong);
    }
    if text.chars().any(char::is_control) {
        return Err(Denied::Control);
    }
    let bare = bare(text);
    let (anchor, rest) = anchor(&bare)?;
    // A server's share is as high as one can go.
    let top = if anchor == Anchor::Server { 2 } else { 0 };
    let mut names = Vec::new();
    for name in rest.split(is_slash).filter(|name| !name.is_empty()) {
        match name {
            "." | "?" if anchor == Anchor::Server && names.is_empty() => return Err(Denied::Device),
            "." => {}
            // Where a link leads upwards is the system's to say.
            ".." if anchor == Anchor::Root => return Err(Denied::Upwards),
            ".." if names.len() < top => return Err(Denied::Relative),
            ".." => names.truncate(top.max(names.len() - usize::from(names.len() > top))),
            name => names.push(allowed(name)?.to_owned()),
        }
    }
    match anchor {
        Anchor::Server if names.len() < 2 => Err(Denied::Relative),
        _ => Ok(Spelled { anchor, names }),
    }
}

/// The path without the mark by which programs tell Windows that it may be long.
fn bare(text: &str) -> Cow<'_, str> {
    let mut rest = text.chars();
    let mark: [Option<char>; 4] = std::array::from_fn(|_| rest.next());
    match mark {
        [Some(a), Some(b), Some('?'), Some(c)] if [a, b, c].into_iter().all(is_slash) => {
            let rest = rest.as_str();
            match rest.split_at_checked(4) {
                Some((unc, server)) if unc[..3].eq_ignore_ascii_case("UNC") && unc[3..].starts_with(is_slash) => {
                    Cow::Owned(format!("//{server}"))
                }
                // Behind it there is a drive or nothing that we know.
                _ if rest.starts_with(|c: char| c.is_ascii_alphabetic()) && rest[1..].starts_with(':') => {
                    Cow::Borrowed(rest)
                }
                _ => Cow::Borrowed(text),
            }
        }
        _ => Cow::Borrowed(text),
    }
}

fn anchor(text: &str) -> Result<(Anchor, &str), Denied> {
    let mut chars = text.chars();
    match (chars.next(), chars.next(), chars.next()) {
        (Some(a), Some(b), third) if is_slash(a) && is_slash(b) => match third {
            Some(c) if !is_slash(c) => Ok((Anchor::Server, &text[2..])),
            _ => Err(Denied::Relative),
        },
        (Some(a), ..) if is_slash(a) => Ok((Anchor::Root, &text[1..])),
        (Some(letter), Some(':'), third) if letter.is_ascii_alphabetic() => match third {
            // `C:a.jpg` lies in whatever folder the drive has at the moment.
            Some(c) if !is_slash(c) => Err(Denied::Relative),
            _ => Ok((Anchor::Drive(letter.to_ascii_uppercase()), &text[2..])),
        },
        _ => Err(Denied::Relative),
    }
}

fn is_slash(c: char) -> bool {
    matches!(c, '/' | '\\')
}

/// The name, when it means one thing only.
fn allowed(name: &str) -> Result<&str, Denied> {
    if name.contains(':') {
        return Err(Denied::Stream);
    }
    if name.ends_with(['.', ' ']) {
        return Err(Denied::Ending);
    }
    if is_device(name) { Err(Denied::Device) } else { Ok(name) }
}

/// Whether Windows takes this name, whatever its ending, for a device.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end().to_ascii_uppercase();
    let numbered = |prefix: &str| {
        let digit = stem.strip_prefix(prefix);
        digit.is_some_and(|digit| {
            matches!(digit.chars().next(), Some('0'..='9' | '¹' | '²' | '³')) && digit.chars().count() == 1
        })
    };
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$")
        || numbered("COM")
        || numbered("LPT")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        read(text).unwrap().names
    }

    #[test]
    fn windows_and_this_machine_are_understood() {
        assert_eq!(read("c:\\temp/A b.jpg").unwrap().anchor, Anchor::Drive('C'));
        assert_eq!(names("c:\\temp/A b.jpg"), ["temp", "A b.jpg"]);
        assert_eq!(names("C:/temp//./a.jpg"), ["temp", "a.jpg"]);
        assert_eq!((read("C:").unwrap().anchor, names("C:/").len()), (Anchor::Drive('C'), 0));
        assert_eq!(read("/data/äö/a.jpg").unwrap(), Spelled { anchor: Anchor::Root, names: names("C:/data/äö/a.jpg") });
        assert_eq!(read("\\\\nas\\share\\a.jpg").unwrap().anchor, Anchor::Server);
        assert_eq!(names("//nas/share/a.jpg"), ["nas", "share", "a.jpg"]);
        assert_eq!(
            names("/a/%2e%2e/.hidden/com10/console.jpg/nulla"),
            ["a", "%2e%2e", ".hidden", "com10", "console.jpg", "nulla"]
        );
    }

    #[test]
    fn a_path_of_windows_is_resolved_as_text() {
        for (text, anchor, expected) in [
            ("C:/temp/scripts/../made/a.jpg", Anchor::Drive('C'), &["temp", "made", "a.jpg"][..]),
            ("C:\\temp\\.\\scripts\\..\\..\\a.jpg", Anchor::Drive('C'), &["a.jpg"]),
            ("C:/../../a.jpg", Anchor::Drive('C'), &["a.jpg"]),
            ("\\\\?\\C:\\temp\\a.jpg", Anchor::Drive('C'), &["temp", "a.jpg"]),
            ("//?/c:/temp/a.jpg", Anchor::Drive('C'), &["temp", "a.jpg"]),
            ("\\\\nas\\share\\x\\..\\a.jpg", Anchor::Server, &["nas", "share", "a.jpg"]),
            ("\\\\nas\\share\\..\\..\\a.jpg", Anchor::Server, &["nas", "share", "a.jpg"]),
            ("\\\\?\\UNC\\nas\\share\\a.jpg", Anchor::Server, &["nas", "share", "a.jpg"]),
            ("//?/unc/nas/share/a.jpg", Anchor::Server, &["nas", "share", "a.jpg"]),
        ] {
            let found = read(text).unwrap_or_else(|why| panic!("{text}: {why}"));
            assert_eq!((found.anchor, found.names), (anchor, expected.iter().map(|name| (*name).to_owned()).collect()));
        }
    }

    #[test]
    fn what_means_two_things_is_refused() {
        use Denied::*;
        for (text, why) in [
            ("", Empty),
            ("a.jpg", Relative),
            ("./a.jpg", Relative),
            ("C:a.jpg", Relative),
            ("ä:/a.jpg", Relative),
            ("//nas", Relative),
            ("///nas/share/a", Relative),
            ("file:///a.jpg", Relative),
            ("/a/../b", Upwards),
            ("//nas/../share/a.jpg", Relative),
            ("\\..", Upwards),
            ("C:/a.jpg:x", Stream),
            ("C:/a.jpg::$DATA", Stream),
            ("/C:/a.jpg", Stream),
            ("C:/a.jpg.", Ending),
            ("C:/a.jpg ", Ending),
            ("C:/.. /a.jpg", Ending),
            ("C:/.../a.jpg", Ending),
            ("\\\\.\\C:\\a.jpg", Device),
            ("//?/GLOBALROOT/a.jpg", Device),
            ("\\\\?\\Volume{1}\\a.jpg", Device),
            ("\\\\?\\\\.\\C:\\a.jpg", Device),
            ("\\\\?\\C:a.jpg", Relative),
            ("\\\\?\\UNC\\nas", Relative),
            ("/\\./pipe/x", Device),
            ("C:/CON", Device),
            ("C:/temp/nul.jpg", Device),
            ("C:/temp/NUL .jpg", Device),
            ("C:/aux.a.jpg/x", Device),
            ("C:/Com1.jpg", Device),
            ("C:/LPT\u{b9}", Device),
            ("C:/a\0.jpg", Control),
            ("C:/a.jpg\n", Control),
        ] {
            assert_eq!(read(text), Err(why), "{text:?}");
        }
        assert_eq!(read(&format!("/{}", "a".repeat(LONGEST))), Err(TooLong));
    }
}
