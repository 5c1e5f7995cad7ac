//! The secret that crosses to the browser once. It has its own codec and no serde, so that it cannot be put where pages
//! are hydrated from: a Leptos resource or an island's property with it in does not compile.
//!
//! ```compile_fail
//! fn serializable<T: serde::Serialize>() {}
//! serializable::<app::issued_secret::IssuedSecret>();
//! ```

use leptos::server_fn::{Bytes, ContentType, Decodes, Encodes, Format, FormatType};

use crate::keys::view::FieldErrorView;

/// What issuing a key answers.
pub enum IssueAnswer {
    /// The form has to be mended; nothing was made.
    Refused(Vec<FieldErrorView>),
    /// The key is made, and this is the only copy of its secret.
    Issued(IssuedSecret),
}

/// A key's token, on its way to be shown once.
pub struct IssuedSecret {
    /// The token.
    pub token: String,
    /// The key's public id.
    pub id: String,
    /// The key's name.
    pub name: String,
    /// Where forward auth listens: the console's own address.
    pub origin: String,
    /// Where the tenant's API is documented; may be empty.
    pub docs: String,
}

/// The name a token has in the environment.
pub const ENV_NAME: &str = "KEYWARD_KEY";

impl IssuedSecret {
    /// The line of a `.env` file.
    pub fn env(&self) -> String {
        format!("{ENV_NAME}={}\n", self.token)
    }

    /// The token as two values, its public id and its secret, for systems that ask for a name and a password. A JWT has
    /// none.
    pub fn pair(&self) -> Option<(&str, &str)> {
        let (_, rest) = self.token.split_once('_')?;
        let (id, secret) = rest.split_once('_')?;
        (id == self.id && !secret.contains('.')).then_some((id, secret))
    }

    /// A command that tests the key by forward auth, reading it from the environment.
    pub fn curl(&self) -> String {
        curl(&self.origin)
    }
}

/// A command that tests a key by forward auth at this address, reading it from the environment.
pub fn curl(origin: &str) -> String {
    format!("curl -i -H \"Authorization: Bearer ${ENV_NAME}\" \\\n     \"{origin}/forward-auth?scope=any\"")
}

/// The codec: `issued` and five lines, or `refused` and a line for each field and message. None of them holds a line
/// break: names and messages have no control characters.
pub struct OnceEncoding;

impl ContentType for OnceEncoding {
    const CONTENT_TYPE: &'static str = "text/plain; charset=utf-8";
}

impl FormatType for OnceEncoding {
    const FORMAT_TYPE: Format = Format::Text;
}

/// The answer is not of the codec's form.
#[derive(Debug, thiserror::Error)]
#[error("the answer is not of the form this page knows")]
pub struct NotOnce;

impl Encodes<IssueAnswer> for OnceEncoding {
    type Error = NotOnce;

    fn encode(answer: &IssueAnswer) -> Result<Bytes, NotOnce> {
        let text = match answer {
            IssueAnswer::Issued(once) => {
                format!("issued\n{}\n{}\n{}\n{}\n{}", once.token, once.id, once.name, once.origin, once.docs)
            }
            IssueAnswer::Refused(errors) => errors.iter().fold("refused".to_owned(), |mut text, error| {
                text.extend(["\n", &error.field, "\n", &error.message]);
                text
            }),
        };
        Ok(Bytes::from(text))
    }
}

impl Decodes<IssueAnswer> for OnceEncoding {
    type Error = NotOnce;

    fn decode(bytes: Bytes) -> Result<IssueAnswer, NotOnce> {
        let text = str::from_utf8(&bytes).map_err(|_| NotOnce)?;
        let mut lines = text.split('\n').map(str::to_owned);
        match lines.next().as_deref() {
            Some("issued") => {
                let mut line = || lines.next().ok_or(NotOnce);
                Ok(IssueAnswer::Issued(IssuedSecret {
                    token: line()?,
                    id: line()?,
                    name: line()?,
                    origin: line()?,
                    docs: line()?,
                }))
            }
            Some("refused") => {
                let mut errors = Vec::new();
                while let Some(field) = lines.next() {
                    errors.push(FieldErrorView { field, message: lines.next().ok_or(NotOnce)? });
                }
                Ok(IssueAnswer::Refused(errors))
            }
            _ => Err(NotOnce),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codec_gives_back_what_it_took() {
        let once = IssuedSecret {
            token: "kw_a_b".to_owned(),
            id: "a".to_owned(),
            name: "</script> \u{202e}".to_owned(),
            origin: "http://127.0.0.1:3000".to_owned(),
            docs: String::new(),
        };
        let bytes = OnceEncoding::encode(&IssueAnswer::Issued(once)).unwrap();
        let Ok(IssueAnswer::Issued(back)) = OnceEncoding::decode(bytes) else { panic!("not issued") };
        assert_eq!((back.token.as_str(), back.id.as_str(), back.name.as_str()), ("kw_a_b", "a", "</script> \u{202e}"));
        assert_eq!((back.pair(), back.docs.as_str()), (Some(("a", "b")), ""));
        let jwt = IssuedSecret { token: "eyJ_a_b.c.d".to_owned(), ..back };
        assert_eq!(jwt.pair(), None, "a JWT is one piece");
        let back = IssuedSecret { token: "kw_a_b".to_owned(), ..jwt };
        assert_eq!(back.env(), "KEYWARD_KEY=kw_a_b\n");
        assert!(!back.curl().contains("kw_a_b"), "the command reads the key from the environment");

        let errors = vec![FieldErrorView { field: "name".to_owned(), message: "This is needed.".to_owned() }];
        let bytes = OnceEncoding::encode(&IssueAnswer::Refused(errors.clone())).unwrap();
        let Ok(IssueAnswer::Refused(back)) = OnceEncoding::decode(bytes) else { panic!("not refused") };
        assert_eq!(back, errors);
        for bad in ["", "issued", "issued\na\nb\nc\nd", "refused\nname", "other"] {
            assert!(OnceEncoding::decode(Bytes::from(bad)).is_err(), "{bad:?}");
        }
    }
}
