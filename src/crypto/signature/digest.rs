//! Content-Digest (RFC 9530): what ties a signature to a body. It knows sha-256 and sha-512; others are passed over.

use sfv::{Dictionary, ListEntry, Parser, Version};
use sha2::{Digest, Sha256, Sha512};

use super::refusal::Refusal;

/// The content a digest is held against.
pub enum Content<'a> {
    /// The body itself.
    Body(&'a [u8]),
    /// What somebody else computed from the body, in the form of a Content-Digest.
    Digest(&'a str),
}

/// Whether a Content-Digest is that of this content: all its digests that can be compared are equal, and at least one
/// can be.
pub fn check_digest(header: &str, content: &Content<'_>) -> Result<(), Refusal> {
    let stated = read(header)?;
    let actual = match content {
        Content::Body(body) => {
            Digests { sha256: Some(Sha256::digest(body).to_vec()), sha512: Some(Sha512::digest(body).to_vec()) }
        }
        Content::Digest(header) => read(header)?,
    };
    let pairs = [stated.sha256.zip(actual.sha256), stated.sha512.zip(actual.sha512)];
    if pairs.iter().all(Option::is_none) {
        return Err(Refusal::Invalid("The body's digest and Content-Digest are of different algorithms."));
    }
    if pairs.iter().flatten().any(|(stated, actual)| stated != actual) {
        return Err(Refusal::Invalid("Content-Digest is not that of the body."));
    }
    Ok(())
}

pub(super) struct Digests {
    sha256: Option<Vec<u8>>,
    sha512: Option<Vec<u8>>,
}

/// Reads a Content-Digest with at least one digest that we know, each as long as its algorithm makes it.
pub(super) fn read(header: &str) -> Result<Digests, Refusal> {
    const FORM: Refusal = Refusal::Invalid("Content-Digest must hold a sha-256 or sha-512, as RFC 9530 writes it.");
    let members: Dictionary = Parser::new(header).with_version(Version::Rfc8941).parse().map_err(|_| FORM)?;
    let digest = |name: &str, length: usize| match members.get(name) {
        None => Ok(None),
        Some(ListEntry::Item(item)) => {
            let bytes = item.bare_item.as_byte_sequence().filter(|bytes| bytes.len() == length).ok_or(FORM)?;
            Ok(Some(bytes.to_vec()))
        }
        Some(ListEntry::InnerList(_)) => Err(FORM),
    };
    let digests = Digests { sha256: digest("sha-256", 32)?, sha512: digest("sha-512", 64)? };
    if digests.sha256.is_none() && digests.sha512.is_none() { Err(FORM) } else { Ok(digests) }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 9530, appendix D, and RFC 9421, B.2, for this content.
    const BODY: &[u8] = br#"{"hello": "world"}"#;
    const SHA256: &str = "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:";
    const SHA512: &str =
        "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:";

    #[test]
    fn a_digest_is_that_of_the_body_or_is_refused() {
        let both = format!("{SHA256}, {SHA512}");
        let other = SHA256.replace("X48E", "X48F");
        let half_wrong = format!("{other}, {SHA512}");
        for (header, content, expected) in [
            (SHA256, Content::Body(BODY), true),
            (SHA512, Content::Body(BODY), true),
            (&both, Content::Body(BODY), true),
            (SHA256, Content::Digest(SHA256), true),
            (SHA256, Content::Digest(&both), true),
            (&format!("md5=:AAAA:, {SHA256}"), Content::Body(BODY), true),
            (SHA256, Content::Body(b"{}"), false),
            (&half_wrong, Content::Body(BODY), false),
            (&half_wrong, Content::Digest(&both), false),
            (SHA256, Content::Digest(&other), false),
            (SHA256, Content::Digest(SHA512), false),
            (SHA256, Content::Digest("md5=:AAAA:"), false),
            ("md5=:AAAA:", Content::Digest("md5=:AAAA:"), false),
            ("", Content::Body(b""), false),
            ("sha-256=:X48E:", Content::Body(BODY), false),
            ("sha-256=\"X48E\"", Content::Body(BODY), false),
            ("sha-256=()", Content::Body(BODY), false),
            ("sha-256", Content::Body(BODY), false),
            ("sha-256=:é:", Content::Body(BODY), false),
        ] {
            assert_eq!(check_digest(header, &content).is_ok(), expected, "{header}");
        }
    }
}
