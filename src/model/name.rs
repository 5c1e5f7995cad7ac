//! Bounded text that people type: names, descriptions, owners, mail addresses, token prefixes. Each is parsed once
//! at the edge, trimmed, composed (NFC), and holds no control characters; whatever else it holds is only ever text.

use std::fmt;

/// Why a text was refused. `Display` is the sentence for the person who typed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing but white space.
    #[error("This is needed.")]
    Empty,
    /// More characters than the limit.
    #[error("Use at most {max} characters.")]
    TooLong {
        /// The most characters allowed.
        max: usize,
    },
    /// A character that cannot be shown: a control character, or a line break where one line is asked for.
    #[error("This holds a character that cannot be shown; type it again.")]
    Control,
    /// Not of the form that is asked for.
    #[error("{0}")]
    Form(&'static str),
}

/// Whether a letter takes no room or shows nothing by itself: white space, format characters and fillers of Unicode.
fn is_invisible(letter: char) -> bool {
    letter.is_whitespace()
        || matches!(letter, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

/// What can be seen of a text: words with one space between them.
fn seen(text: &str) -> String {
    let words = text.split_whitespace().map(|word| word.chars().filter(|letter| !is_invisible(*letter)).collect());
    words.filter(|word: &String| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Whether anything of a name can be seen.
pub fn is_seen(name: &str) -> bool {
    !name.chars().all(is_invisible)
}

/// Whether somebody who sees a name typed it again: spaces and what cannot be seen count as they look.
pub fn is_retyped(typed: &str, name: &str) -> bool {
    seen(&composed(typed)) == seen(&composed(name))
}

/// The text with its letters composed (NFC): keyboards and files write one letter in several ways.
#[cfg(not(target_family = "wasm"))]
fn composed(text: &str) -> String {
    unicode_normalization::UnicodeNormalization::nfc(text).collect()
}

/// In a browser texts are only looked at: the server composes them.
#[cfg(target_family = "wasm")]
fn composed(text: &str) -> String {
    text.to_owned()
}

fn bounded(text: &str, min: usize, max: usize, lines: bool) -> Result<String, TextError> {
    let text = composed(text.trim());
    let length = text.chars().count();
    if length < min {
        return Err(TextError::Empty);
    }
    if length > max {
        return Err(TextError::TooLong { max });
    }
    let shown = |c: char| !c.is_control() || (lines && matches!(c, '\n' | '\r' | '\t'));
    if text.chars().all(shown) { Ok(text) } else { Err(TextError::Control) }
}

/// A mail address in the form in which accounts have it; other text as it is.
fn account(text: String) -> String {
    match Email::parse(&text) {
        Ok(email) => email.0,
        Err(_) => text,
    }
}

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $min:literal..=$max:literal, lines: $lines:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(String);

        impl $name {
            /// The most characters it may have.
            pub const MAX: usize = $max;

            /// Trims and checks what was typed.
            pub fn parse(text: &str) -> Result<Self, TextError> {
                let check: fn(String) -> Result<String, TextError> = $check;
                check(bounded(text, $min, $max, $lines)?).map(Self)
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text! {
    /// What a key or a tenant is called.
    Name, 1..=80, lines: false, Ok
}
text! {
    /// What a key is for; may be empty.
    Description, 0..=500, lines: true, Ok
}
text! {
    /// The person or service that holds a key; empty for nobody. A mail address names an account, and is in an account's
    /// form however it was typed: a person is found by identity, not by spelling.
    Owner, 0..=254, lines: false, |text| Ok(if text.contains('@') { account(text) } else { text })
}
text! {
    /// One line of text in the words of somebody else, such as a role; may be empty.
    Word, 0..=80, lines: false, Ok
}
text! {
    /// A mail address, in lower case: how someone signs in.
    Email, 3..=254, lines: false, |text| {
        let whole = text.split_once('@').is_some_and(|(account, host)| !account.is_empty() && !host.is_empty() && !host.contains('@'));
        if whole && !text.contains(char::is_whitespace) {
            Ok(text.to_lowercase())
        } else {
            Err(TextError::Form("Type a mail address, such as ops@example.com."))
        }
    }
}
text! {
    /// The first part of every token of a tenant: 2 to 12 letters and digits.
    Prefix, 2..=12, lines: false, |text| {
        if text.bytes().all(|b| b.is_ascii_alphanumeric()) { Ok(text) } else { Err(TextError::Form("Use 2 to 12 letters and digits.")) }
    }
}

/// No description.
impl Default for Description {
    fn default() -> Self {
        Self(String::new())
    }
}

/// No word.
impl Default for Word {
    fn default() -> Self {
        Self(String::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_trimmed_bounded_and_shown() {
        let long = "x".repeat(81);
        for (typed, expected) in [
            ("  billing export ", Ok("billing export")),
            ("</script><img src=x onerror=alert(1)>", Ok("</script><img src=x onerror=alert(1)>")),
            ("\u{202e}txt.exe", Ok("\u{202e}txt.exe")),
            ("   ", Err(TextError::Empty)),
            (long.as_str(), Err(TextError::TooLong { max: 80 })),
            ("a\0b", Err(TextError::Control)),
            ("a\r\nb", Err(TextError::Control)),
        ] {
            assert_eq!(Name::parse(typed).as_ref().map(Name::as_str).map_err(|error| *error), expected, "{typed:?}");
        }
        assert!(Description::parse("two\nlines").is_ok());
        assert!(Description::parse("").is_ok());
    }

    #[test]
    fn names_are_confirmed_as_they_look() {
        for (name, typed, is_same) in [
            ("front desk", " front desk ", true),
            ("front  desk", "front desk", true),
            ("front\u{a0}desk\u{200b}", "front desk", true),
            ("front desk", "frontdesk", false),
            ("front desk", "", false),
        ] {
            assert_eq!(is_retyped(typed, name), is_same, "{name:?} {typed:?}");
        }
        for name in ["\u{200b}", "\u{2060}\u{3164}", " \u{feff} ", ""] {
            assert!(!is_seen(name), "{name:?}");
        }
        assert!(is_seen("\u{202e}txt.exe") && is_seen("👩\u{200d}🚀"));
    }

    #[test]
    fn a_mail_address_has_two_sides_and_is_kept_in_lower_case() {
        assert_eq!(Email::parse(" Ops@Example.com ").unwrap().as_str(), "ops@example.com");
        for (typed, kept) in [
            (" Ops@Example.com", "ops@example.com"),
            ("ÖPS@example.com", "öps@example.com"),
            ("Front Desk", "Front Desk"),
            ("Front @ Desk", "Front @ Desk"),
            ("", ""),
        ] {
            assert_eq!(Owner::parse(typed).unwrap().as_str(), kept, "{typed:?}");
        }
        for bad in ["ops", "@example.com", "ops@", "a b@example.com", "a@b@c"] {
            assert!(Email::parse(bad).is_err(), "{bad:?}");
        }
    }
}
