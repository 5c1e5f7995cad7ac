//! The request signing keys of a key as the console shows and takes them: public halves, in a view and in two forms. Private
//! halves have no type here that could leave a browser or enter a page.

use serde::{Deserialize, Serialize};

use crate::keys::{form::rotation::OVERLAPS, view::When};

/// The page of a key's request signing keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningView {
    /// The key's id.
    pub id: String,
    /// The key's name.
    pub name: String,
    /// What becomes of writes with the key.
    pub writes: WritesView,
    /// Newest first, retired ones too.
    pub request_signing_keys: Vec<RequestSigningKeyView>,
    /// Whether this visitor may add and retire some.
    pub may_change: bool,
    /// Names this session, for what a browser keeps no longer than it.
    pub session: String,
}

/// What becomes of writes with a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WritesView {
    /// They pass without a signature.
    Unsigned,
    /// They need one.
    Signed,
    /// They need one, and after this instant no request signing key is left that could prove it.
    SignedUntil(When),
    /// They need one and no request signing key could prove it.
    Refused,
}

/// A request signing key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestSigningKeyView {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub label: String,
    /// `SHA256:` and the base64 of the SHA-256 of its DER.
    pub fingerprint: String,
    /// The public key itself.
    pub pem: String,
    /// When it was added.
    pub added: When,
    /// By whom.
    pub by: String,
    /// Whether it counts.
    pub state: RequestSigningKeyState,
}

/// Whether a request signing key counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RequestSigningKeyState {
    /// It does.
    Counts,
    /// It does until then.
    Retires(When),
    /// It did until then.
    Retired(When),
}

/// The form for a request signing key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestSigningKeyForm {
    /// `label`
    pub label: String,
    /// `public_key`: PEM or JWK.
    pub public_key: String,
    /// `replace_after`: one of [`OVERLAPS`] retires the ones before; empty keeps them.
    pub replace_after: String,
}

impl RequestSigningKeyForm {
    /// Reads the fields; unknown ones make it `None`.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Option<Self> {
        let mut form = Self::default();
        for (field, value) in pairs {
            match field.as_str() {
                "label" => form.label = value,
                "public_key" => form.public_key = value,
                "replace_after" if value.is_empty() || is_overlap(&value) => form.replace_after = value,
                _ => return None,
            }
        }
        Some(form)
    }
}

/// The overlap in the form that retires a request signing key, one of [`OVERLAPS`]; `None` for any other form.
pub fn overlap_from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Option<String> {
    let mut pairs = pairs.into_iter();
    let (field, value) = pairs.next()?;
    (field == "overlap" && is_overlap(&value) && pairs.next().is_none()).then_some(value)
}

fn is_overlap(code: &str) -> bool {
    OVERLAPS.iter().any(|(known, _)| *known == code)
}

/// Whether a text may hold a private key, in any of the forms they are kept in. It errs towards yes: what looks so is
/// neither sent nor sent back.
pub fn looks_private(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["private key", "private-key", "\"d\""].iter().any(|sign| text.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(field, value)| ((*field).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn forms_take_their_own_fields_and_the_overlaps_that_are_offered() {
        for (typed, known) in [
            (&[("label", "a"), ("public_key", "b")][..], true),
            (&[("label", "a"), ("public_key", "b"), ("replace_after", "")], true),
            (&[("replace_after", "24h")], true),
            (&[("replace_after", "25h")], false),
            (&[("replace_after", "-1")], false),
            (&[("private_key", "a")], false),
        ] {
            assert_eq!(RequestSigningKeyForm::from_pairs(pairs(typed)).is_some(), known, "{typed:?}");
        }
        for (typed, expected) in [
            (&[("overlap", "7d")][..], Some("7d")),
            (&[("overlap", "8d")], None),
            (&[("overlap", "0"), ("overlap", "7d")], None),
            (&[("other", "0")], None),
            (&[], None),
        ] {
            assert_eq!(overlap_from_pairs(pairs(typed)).as_deref(), expected, "{typed:?}");
        }
        for (code, _) in OVERLAPS {
            assert!(model::time::span(code).is_some(), "{code}");
        }
    }

    #[test]
    fn what_may_be_private_is_known_in_every_form() {
        for (text, private) in [
            ("-----BEGIN PRIVATE KEY-----\nMIGH", true),
            ("-----BEGIN EC PRIVATE KEY-----", true),
            ("-----BEGIN ENCRYPTED PRIVATE KEY-----", true),
            ("-----BEGIN OPENSSH PRIVATE KEY-----", true),
            ("Private-Key: (256 bit)\npriv:", true),
            (r#"{"kty":"EC","d":"AQ"}"#, true),
            (r#"{"keys":[{"kty":"EC", "d" : "AQ"}]}"#, true),
            (r#"{"kty":"EC","x":"d","y":"AQ"}"#, true),
            ("of the private office\n-----BEGIN PUBLIC KEY-----\nMFkw", false),
            (r#"{"kty":"EC","crv":"P-256","x":"AQ","y":"AQ"}"#, false),
            ("", false),
        ] {
            assert_eq!(looks_private(text), private, "{text}");
        }
    }
}
