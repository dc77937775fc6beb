//! Text that cannot hold patient data, by construction.
//!
//! What reaches a log line, a metric or an error text is a [`Safe`]: it is made from literals, numbers, addresses and
//! other [`Loggable`] things only, so that a client's words cannot slip in by an oversight. Called by dialects and
//! whoever writes a refusal (contract `access`, patient data).

use std::borrow::Cow;
use std::fmt;

/// What may be shown to anyone. Never implemented for `String` or borrowed text: those may be a client's words.
pub trait Loggable: fmt::Display {}

macro_rules! loggable {
    ($($kind:ty),* $(,)?) => { $(impl Loggable for $kind {})* };
}
loggable!(
    bool,
    u8,
    u16,
    u32,
    u64,
    usize,
    i8,
    i16,
    i32,
    i64,
    isize,
    &'static str,
    Safe,
    std::net::IpAddr,
    std::net::SocketAddr,
    crate::SessionId,
    // A place in the program's own source.
    std::panic::Location<'_>,
    // How messages are addressed: dialects put no patient data into a topic.
    crate::Topic,
    crate::Filter,
);

/// A text that is safe to show to anyone: made by the `safe!` macro, or a literal.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Safe(Cow<'static, str>);

impl Safe {
    /// Used by the `safe!` macro, which has checked the arguments' types.
    #[doc(hidden)]
    pub fn from_checked(text: String) -> Safe {
        Safe(Cow::Owned(text))
    }

    /// What somebody sent as the name of a host or an origin, when it is short and has the characters of such a name only:
    /// the one thing of a client's that a refusal repeats, so that it can say what to allow.
    pub fn name(text: &str) -> Option<Safe> {
        const LONGEST: usize = 128;
        let is_of_a_name = |b: u8| b.is_ascii_alphanumeric() || b"-._:/[]+".contains(&b);
        let fits = !text.is_empty() && text.len() <= LONGEST && text.bytes().all(is_of_a_name);
        fits.then(|| Safe(Cow::Owned(text.to_owned())))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Passes its argument on when it is harmless: the check inside the `safe!` macro.
#[doc(hidden)]
pub fn checked<T: Loggable + ?Sized>(value: &T) -> &T {
    value
}

/// Formats a [`Safe`] text; every argument must be [`Loggable`].
///
/// ```
/// let text = tieline_model::safe!("{} bytes, at most {}", 20, 10);
/// assert_eq!(text.as_str(), "20 bytes, at most 10");
/// ```
/// A client's words do not compile:
/// ```compile_fail
/// let name = String::from("somebody");
/// let text = tieline_model::safe!("{}", name);
/// ```
#[macro_export]
macro_rules! safe {
    ($format:literal $(, $argument:expr)* $(,)?) => {
        $crate::loggable::Safe::from_checked(format!($format $(, $crate::loggable::checked(&$argument))*))
    };
}

impl From<&'static str> for Safe {
    fn from(text: &'static str) -> Safe {
        Safe(Cow::Borrowed(text))
    }
}
impl fmt::Display for Safe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for Safe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}
