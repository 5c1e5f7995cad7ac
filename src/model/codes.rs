//! Closed lists that are stored, typed or sent by code and shown to people in words. This module owns how such a list is
//! written down, each of its members on one line, and knows no list itself.

/// Makes an enum whose variants have a code and words, with what it takes to go from one to the other:
///
/// ```text
/// codes! {
///     /// Whether to go.
///     #[derive(Clone, Copy, Debug, PartialEq, Eq)]
///     pub enum Light {
///         /// Nothing comes from the side.
///         Green = "green" => "Go on",
///     }
/// }
/// ```
///
/// After a code may stand those that earlier versions wrote in its place: `"green" | "lime"`.
///
/// Two variants with one code do not pass the compiler's lints, as the second would never be read.
#[macro_export]
macro_rules! codes {
    (
        $(#[$about:meta])*
        pub enum $list:ident {
            $($(#[$doc:meta])* $variant:ident = $code:literal $(| $old:literal)* => $words:literal,)+
        }
    ) => {
        $(#[$about])*
        pub enum $list {
            $($(#[$doc])* $variant,)+
        }

        impl $list {
            /// All of them, in their order.
            pub const ALL: [Self; [$($code),+].len()] = [$(Self::$variant),+];

            /// The stable code.
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }

            /// The words for people.
            pub fn words(self) -> &'static str {
                match self {
                    $(Self::$variant => $words,)+
                }
            }

            /// Reads a code, or one that was in its place before.
            pub fn parse(code: &str) -> Option<Self> {
                match code {
                    $($code $(| $old)* => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}
pub(crate) use codes;

#[cfg(test)]
mod tests {
    codes! {
        /// Whether to go.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Light {
            /// Nothing comes from the side.
            Green = "green" => "Go on",
            /// Somebody does.
            Red = "red" | "scarlet" => "Stop here",
        }
    }

    #[test]
    fn codes_lead_there_and_back() {
        assert_eq!(Light::ALL, [Light::Green, Light::Red]);
        assert_eq!(Light::ALL.map(Light::code), ["green", "red"]);
        assert_eq!(Light::ALL.map(Light::words), ["Go on", "Stop here"]);
        for (text, expected) in [
            ("green", Some(Light::Green)),
            ("red", Some(Light::Red)),
            ("scarlet", Some(Light::Red)),
            ("Red", None),
            ("red ", None),
            ("Stop here", None),
            ("", None),
        ] {
            assert_eq!(Light::parse(text), expected, "{text:?}");
        }
    }
}
