//! Files of keys that another system gave out: JSON Lines, a JSON array or CSV, line by line as the import takes them. What
//! a line says of its key's string is hashed here, so that no string goes any further.

use admin::{FieldMistake, ImportLine, ImportedSecret, ReadLine};
use crypto::secret::{Digest, unhex};
use model::{
    id::EntryId,
    key_input::{InputField, KeyInput},
};
use serde_json::{Value, value::RawValue};

use crate::json::{Object, raw};

/// What a line says of its key's string: exactly one of them.
pub(crate) const SECRETS: [&str; 4] = ["key", "sha256", "hmac_sha256", "hash"];
/// What a line may say besides.
const OTHERS: [&str; 4] = ["found_by", "last_four", "enabled", "revoked"];
/// How long a string has to be to be a secret.
const STRING: std::ops::RangeInclusive<usize> = 16..=512;

/// The names of all fields of a line.
pub(crate) fn fields() -> impl Iterator<Item = &'static str> {
    let of_key = KeyInput::FIELDS.into_iter().map(|field| field.name).filter(|name| *name != "form");
    SECRETS.into_iter().chain(OTHERS).chain(of_key)
}

/// A line as the import takes it. `hmac_key` is the id of the key of its MACs.
pub(crate) fn read_line(line: &Object, hmac_key: Option<EntryId>) -> ReadLine {
    let mut mistakes: Vec<FieldMistake> = line
        .keys()
        .filter(|name| fields().all(|known| known != name.as_str()))
        .map(|name| mistake(name, "There is no such field."))
        .collect();
    let mut input = KeyInput::default();
    for field in KeyInput::FIELDS {
        let Some(value) = line.get(field.name) else { continue };
        match (text_of(field, value), input.get_mut(field.name)) {
            (Ok(text), Some(place)) => *place = text,
            (Err(why), _) => mistakes.push(mistake(field.name, why)),
            _ => {}
        }
    }
    let mut said = |name: &'static str| match line.get(name).map(|value| plain(value)) {
        None => String::new(),
        Some(Ok(text)) => text.trim().to_owned(),
        Some(Err(why)) => {
            mistakes.push(mistake(name, why));
            String::new()
        }
    };
    let secrets = SECRETS.map(|name| (name, said(name)));
    let (found_by, last_four) = (said("found_by"), said("last_four"));
    let (enabled, revoked) = (said("enabled"), said("revoked"));
    let mut is = |name: &'static str, text: &str, otherwise: bool| match text.to_ascii_lowercase().as_str() {
        "" => otherwise,
        "true" | "1" | "yes" | "t" => true,
        "false" | "0" | "no" | "f" => false,
        _ => {
            mistakes.push(mistake(name, "Give true or false."));
            otherwise
        }
    };
    let is_off = !is("enabled", &enabled, true) | is("revoked", &revoked, false);
    input.expires = instant(&input.expires);
    if last_four.chars().count() > 4 || !last_four.is_ascii() {
        mistakes.push(mistake("last_four", "Give the last four characters of its string, or fewer."));
    }
    let mut given = secrets.iter().filter(|(_, text)| !text.is_empty());
    let secret = match (given.next(), given.next()) {
        (Some((name, text)), None) => match secret(name, text, &found_by, hmac_key) {
            Ok(secret) => Some(secret),
            Err(why) => {
                mistakes.push(mistake(name, why));
                None
            }
        },
        (None, _) => {
            mistakes
                .push(mistake("", "Say what is known of its string: key, sha256, hmac_sha256, or hash with found_by."));
            None
        }
        (Some(_), Some(_)) => {
            mistakes.push(mistake("", "Give just one of key, sha256, hmac_sha256 and hash."));
            None
        }
    };
    let last_four = match &secrets[0].1 {
        string if string.is_empty() => last_four,
        string => string.get(string.len().saturating_sub(4)..).unwrap_or_default().to_owned(),
    };
    match secret {
        Some(secret) if mistakes.is_empty() => Ok(ImportLine { input, secret, last_four, is_off }),
        _ => Err(mistakes),
    }
}

/// The same line with the SHA-256 of its string in the string's place.
pub(crate) fn hashed(mut line: Object) -> Object {
    let string = line.get("key").and_then(|value| plain(value).ok()).map(|text| text.trim().to_owned());
    if let Some(string) = string.filter(|string| is_string(string)) {
        line.remove("key");
        line.insert("sha256".to_owned(), raw(&Digest::of(string.as_bytes()).to_hex()));
        line.insert("last_four".to_owned(), raw(&&string[string.len() - 4..]));
    }
    line
}

fn is_string(text: &str) -> bool {
    STRING.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn secret(name: &str, text: &str, found_by: &str, hmac_key: Option<EntryId>) -> Result<ImportedSecret, &'static str> {
    let is_salted = name == "hash";
    if !is_salted && !found_by.is_empty() {
        return Err("found_by goes with hash: other keys are found by themselves.");
    }
    match name {
        "key" if is_string(text) => Ok(ImportedSecret::Sha256(Digest::of(text.as_bytes()).to_hex())),
        "key" => Err("A key's string has 16 to 512 visible ASCII characters and no spaces."),
        "sha256" => {
            let digest = Digest::from_hex(&text.to_ascii_lowercase()).or_else(|| Digest::from_base64(text));
            let digest = digest.ok_or("Give a SHA-256 in 64 hexadecimal digits, or in base64.")?;
            Ok(ImportedSecret::Sha256(digest.to_hex()))
        }
        "hmac_sha256" => {
            let mac = text.to_ascii_lowercase();
            let mac = if unhex(&mac).is_some() { Some(mac) } else { Digest::from_base64(text).map(Digest::to_hex) };
            let mac = mac.ok_or("Give an HMAC-SHA256 in 64 hexadecimal digits, or in base64.")?;
            let id =
                hmac_key.ok_or("The HMAC's key is missing: give it with --hmac-key-file, or in a line of its own.")?;
            Ok(ImportedSecret::Hmac(mac, id.to_string()))
        }
        _ if found_by.is_empty() => Err("A salted hash needs found_by: the beginning of the key's string."),
        _ => Ok(ImportedSecret::Salted { hash: text.to_owned(), found_by: found_by.to_owned() }),
    }
}

/// An instant as databases print it, as RFC 3339 has it: `2027-03-14 09:00:00+00`.
fn instant(text: &str) -> String {
    let text = text.trim();
    match text.split_once(' ') {
        Some((day, time)) if day.len() == 10 && time.starts_with(|c: char| c.is_ascii_digit()) => {
            let is_short = time.len() > 3 && matches!(time.as_bytes()[time.len() - 3], b'+' | b'-');
            let is_bare = !time.contains(['+', '-', 'Z']);
            format!("{day}T{time}{}{}", if is_short { ":00" } else { "" }, if is_bare { "Z" } else { "" })
        }
        _ => text.to_owned(),
    }
}

fn mistake(field: &str, message: &str) -> FieldMistake {
    FieldMistake { field: model::token::without_secrets(field), message: message.to_owned() }
}

/// A value of a file as text: what CSV has as text anyway.
fn plain(value: &RawValue) -> Result<String, &'static str> {
    match serde_json::from_str(value.get()).unwrap_or_default() {
        Value::Null => Ok(String::new()),
        Value::String(text) if text.contains('\0') => Err("It holds a NUL."),
        Value::String(text) => Ok(text),
        Value::Bool(is) => Ok(is.to_string()),
        Value::Number(_) => Ok(value.get().to_owned()),
        Value::Array(_) | Value::Object(_) => Err("Give a text."),
    }
}

fn text_of(field: InputField, value: &RawValue) -> Result<String, &'static str> {
    match serde_json::from_str(value.get()).unwrap_or_default() {
        Value::Object(_) if field.name == "metadata" => Ok(value.get().to_owned()),
        Value::Array(values) if field.is_list => {
            let texts: Option<Vec<&str>> = values.iter().map(Value::as_str).collect();
            texts.map(|texts| texts.join(" ")).ok_or("Give a list of texts.")
        }
        _ => plain(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> ReadLine {
        read_line(&serde_json::from_str(text).unwrap(), EntryId::parse("0123456789ABCDEF"))
    }

    #[test]
    fn a_line_says_exactly_one_thing_of_its_string() {
        let digest = Digest::of(b"sk_live_4f9c2a7be1d8").to_hex();
        let read = line(r#"{"name": "Lobby", "scopes": ["a.read", "b"], "key": " sk_live_4f9c2a7be1d8 "}"#).unwrap();
        assert!(matches!(read.secret, ImportedSecret::Sha256(found) if found == digest));
        assert_eq!((read.last_four.as_str(), read.input.scopes.as_str(), read.is_off), ("e1d8", "a.read b", false));
        let read = line(&format!(
            r#"{{"name": "Lobby", "scopes": "a b", "sha256": "{}", "enabled": "0"}}"#,
            digest.to_uppercase()
        ));
        assert!(
            read.is_ok_and(
                |read| read.is_off && matches!(read.secret, ImportedSecret::Sha256(found) if found == digest)
            )
        );
        for (text, field) in [
            (r#"{"name": "a"}"#, ""),
            (r#"{"key": "sk_live_4f9c2a7be1d8", "sha256": "00"}"#, ""),
            (r#"{"key": "short"}"#, "key"),
            (r#"{"key": "sk live 4f9c2a7be1d8"}"#, "key"),
            (r#"{"sha256": "00"}"#, "sha256"),
            (r#"{"hash": "$2b$04$x"}"#, "hash"),
            (r#"{"key": "sk_live_4f9c2a7be1d8", "found_by": "sk_live"}"#, "key"),
            (r#"{"key": "sk_live_4f9c2a7be1d8", "colour": "red"}"#, "colour"),
            (r#"{"key": "sk_live_4f9c2a7be1d8", "enabled": "maybe"}"#, "enabled"),
            (r#"{"key": "sk_live_4f9c2a7be1d8", "name": ["a"]}"#, "name"),
        ] {
            let mistakes = line(text).unwrap_err();
            assert!(mistakes.iter().any(|mistake| mistake.field == field), "{text}: {mistakes:?}");
        }
    }

    #[test]
    fn a_string_goes_no_further_than_its_digest() {
        let said: Object = serde_json::from_str(r#"{"name": "a", "key": "sk_live_4f9c2a7be1d8"}"#).unwrap();
        let hashed = hashed(said);
        assert!(!hashed.contains_key("key") && hashed["last_four"].get() == "\"e1d8\"");
        assert!(read_line(&hashed, None).is_ok());
    }
}
