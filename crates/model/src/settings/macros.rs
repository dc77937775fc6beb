//! The two macros that declare settings: `section!` a struct of them, `choice!` a key with a few possible texts.
//!
//! Promises: the documentation a person reads in the example, the schema and the reference is the doc comment here.
//! Called by dialects and by the gateway, wherever a section is declared.

/// Declares a section: a struct, its `DOC`, its `FIELDS`, `from_values` and `Default`. Each field has a doc comment, a
/// type (`bool`, `u64`, `usize`, `String`, `Vec<String>`, `Duration`, `Size`, `SocketAddr`, a `choice!`, a `Vec` of another section
/// for tables, `Named` of one for tables with names that a person chooses, or a JSON map for whatever a person likes) and
/// its default as a TOML literal; that of tables is `[]`, of those with names and of a map `{}`. A key that is a word of
/// Rust is written `r#static`.
///
/// ```
/// use tieline_model::settings::{Values, section};
/// section! {
///     /// What the kettle does.
///     pub struct KettleSettings {
///         /// Whether it whistles.
///         whistle: bool = "true",
///         /// How long it may take.
///         patience: std::time::Duration = "\"3m\"",
///     }
/// }
/// assert_eq!(KettleSettings::FIELDS[1].key, "patience");
/// assert!(KettleSettings::from_values(&Values::default()).whistle);
/// ```
/// A default of another type does not compile:
/// ```compile_fail
/// tieline_model::settings::section! {
///     /// Nothing.
///     pub struct Wrong {
///         /// A number.
///         number: u64 = "\"1\"",
///     }
/// }
/// assert_eq!(Wrong::FIELDS.len(), 1);
/// ```
#[macro_export]
macro_rules! section {
    (
        $(#[doc = $about:literal])*
        $vis:vis struct $name:ident {
            $( $(#[doc = $doc:literal])+ $key:ident: $type:ty = $default:literal ),* $(,)?
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, PartialEq)]
        $vis struct $name {
            $( $(#[doc = $doc])+ $vis $key: $type, )*
        }

        #[allow(dead_code, reason = "a section used by its own crate alone may need only a part")]
        impl $name {
            /// What the section is about, as the lines of its doc comment.
            $vis const DOC: &'static [&'static str] = &[$($about),*];

            /// Its keys, in the order they are shown.
            $vis const FIELDS: &'static [$crate::settings::Field] = &[
                $( $crate::settings::Field {
                    key: $crate::settings::key(stringify!($key)),
                    doc: &[$($doc),+],
                    kind: <$type as $crate::settings::Setting>::KIND,
                    default: $crate::settings::checked(<$type as $crate::settings::Setting>::KIND, $default),
                } ),*
            ];

            /// The section with these values; what is missing there has its default.
            $vis fn from_values(values: &$crate::settings::Values) -> $name {
                let mut fields = Self::FIELDS.iter();
                let _ = (&mut fields, values);
                $name {
                    $( $key: match fields.next() {
                        Some(field) => <$type as $crate::settings::Setting>::take(field, values),
                        None => <$type as $crate::settings::Setting>::blank(),
                    }, )*
                }
            }
        }

        impl Default for $name {
            fn default() -> $name {
                $name::from_values(&$crate::settings::Values::default())
            }
        }

        impl $crate::settings::Section for $name {
            const FIELDS: &'static [$crate::settings::Field] = $name::FIELDS;
            fn from_values(values: &$crate::settings::Values) -> $name {
                $name::from_values(values)
            }
        }
    };
}

/// Declares a key with a few possible texts: an enum, its `CHOICES` and `as_str`.
///
/// ```
/// use tieline_model::settings::choice;
/// choice! {
///     /// What is in the cup.
///     pub enum Drink {
///         /// Black or green.
///         Tea = "tea",
///         /// Only black.
///         Coffee = "coffee",
///     }
/// }
/// assert_eq!(Drink::Tea.as_str(), "tea");
/// ```
#[macro_export]
macro_rules! choice {
    (
        $(#[doc = $about:literal])*
        $vis:vis enum $name:ident {
            $(#[doc = $first_doc:literal])+ $first:ident = $first_text:literal
            $( , $(#[doc = $doc:literal])+ $variant:ident = $text:literal )* $(,)?
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        $vis enum $name {
            $(#[doc = $first_doc])+ $first,
            $( $(#[doc = $doc])+ $variant, )*
        }

        #[allow(dead_code, reason = "a choice used by its own crate alone may need only a part")]
        impl $name {
            /// The texts with what they stand for.
            $vis const CHOICES: &'static [$crate::settings::Choice] = &[
                $crate::settings::Choice { name: $first_text, doc: &[$($first_doc),+] },
                $( $crate::settings::Choice { name: $text, doc: &[$($doc),+] } ),*
            ];

            /// The text in the configuration.
            $vis fn as_str(self) -> &'static str {
                match self {
                    $name::$first => $first_text,
                    $( $name::$variant => $text, )*
                }
            }
        }

        impl $crate::settings::Setting for $name {
            const KIND: $crate::settings::Kind = $crate::settings::Kind::Choice($name::CHOICES);
            fn from_value(value: &$crate::settings::Value) -> Option<$name> {
                match value {
                    $crate::settings::Value::Text(text) if text == $first_text => Some($name::$first),
                    $( $crate::settings::Value::Text(text) if text == $text => Some($name::$variant), )*
                    _ => None,
                }
            }
            fn blank() -> $name {
                $name::$first
            }
        }
    };
}
