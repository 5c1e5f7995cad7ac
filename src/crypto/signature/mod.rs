//! Signed requests (RFC 9421): what a signature must cover, and whether it is that of a key. Pure: the time is an
//! argument, the message is text, and whether a nonce was used before is the store's to say.
//!
//! Structured fields are read by `sfv`, the curve is `p256`'s. The signature base between them is made here, because it
//! must hold the parameters as the signer wrote them; httpsig 0.0, the crate for it, writes them anew in an order of its
//! own, without those it does not know, and so refuses what others sign.

mod digest;
mod key;
mod refusal;

use std::{borrow::Cow, fmt::Write};

use model::time::Timestamp;
use p256::ecdsa::Signature;
use sfv::{Dictionary, FieldType, InnerList, Item, ListEntry, Parser, StringRef, Version};

pub use self::{
    digest::{Content, check_digest},
    key::{KeyError, RequestSigningKey},
    refusal::Refusal,
};
use crate::secret::Digest;

/// How far `created` may lie from now, before or after, in milliseconds.
pub const WINDOW: i64 = 300_000;
/// What every signature covers; `content-digest` too, where there may be a body.
const REQUIRED: [&str; 4] = ["@method", "@authority", "@path", "@query"];
/// The most components a signature may cover.
const MOST_COMPONENTS: usize = 32;

/// A request, as its signer saw it.
pub struct Message<'a> {
    /// `POST`, as it was sent.
    pub method: &'a str,
    /// `https`, where it is known.
    pub scheme: Option<&'a str>,
    /// The Host header as it was sent, with a port if it had one.
    pub authority: &'a str,
    /// The path as it was sent, percent-encoding and all.
    pub path: &'a str,
    /// What follows the question mark, if there is one.
    pub query: Option<&'a str>,
    /// Whether there is a body.
    pub body: Body,
    /// The value of a header by its name in lower case; several lines are joined by a comma and a space.
    pub header: &'a (dyn Fn(&str) -> Option<String> + Sync),
}

/// Whether a request has a body that the signature has to answer for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// It has none: that is known.
    Absent,
    /// It has one, or nobody here can tell. A caller that signs for such an endpoint and sends nothing signs the digest of nothing.
    Possible,
}

/// A signature that is right. Its nonce has still to be spent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The text that may be used once with the key.
    pub nonce: String,
    /// When it was signed, by the signer's clock.
    pub created: Timestamp,
    /// Which of the keys it is by.
    pub key_index: usize,
}

impl Proof {
    /// What the store keeps of the nonce.
    pub fn nonce_digest(&self) -> Digest {
        Digest::of(self.nonce.as_bytes())
    }

    /// Until when the store has to know the nonce: as long as the signature could pass, and as long again for nodes whose
    /// clocks are apart.
    pub fn nonce_expires_at(&self) -> Timestamp {
        self.created.plus(2 * WINDOW)
    }
}

use Refusal::{Invalid, Missing};

/// Whether the request is signed, once, with one of these keys, and the signature covers what it must.
pub fn verify(message: &Message<'_>, keys: &[&RequestSigningKey], now: Timestamp) -> Result<Proof, Refusal> {
    let (input, octets) = match ((message.header)("signature-input"), (message.header)("signature")) {
        (None, None) => return Err(Missing),
        (Some(input), Some(signature)) => the_only(&input, &signature)?,
        _ => return Err(Invalid("Signature and Signature-Input must come together.")),
    };
    let (nonce, created) = claims(&input, now)?;
    let components = components(&input)?;
    if !REQUIRED.iter().all(|required| components.contains(required)) {
        return Err(Invalid("The signature must cover @method, @authority, @path and @query."));
    }
    match components.contains(&"content-digest") {
        true => drop(digest::read(&message.component("content-digest")?)?),
        false if message.body == Body::Possible => return Err(Invalid("The signature must cover content-digest.")),
        false => {}
    }
    let base = base(message, &input, &components)?;
    let signature = Signature::from_slice(&octets)
        .map_err(|_| Invalid("The signature must be 64 octets, r and s of ecdsa-p256-sha256, and not DER."))?;
    let key_index = keys
        .iter()
        .position(|key| key.verifies(base.as_bytes(), &signature))
        .ok_or(Invalid("The signature is by none of the key's request signing keys, or over another request."))?;
    Ok(Proof { nonce, created, key_index })
}

/// The one signature there is: what it covers, and its octets. A request with two is refused: which one would count, and
/// for whom, is not to be guessed.
fn the_only(input: &str, signature: &str) -> Result<(InnerList, Vec<u8>), Refusal> {
    const FORM: Refusal = Invalid("Signature and Signature-Input are not written as RFC 9421 has it.");
    let read = |field: &str| -> Result<Dictionary, Refusal> {
        Parser::new(field).with_version(Version::Rfc8941).parse().map_err(|_| FORM)
    };
    let (mut inputs, signatures) = (read(input)?, read(signature)?);
    if inputs.len() != 1 || signatures.len() != 1 {
        return Err(Invalid("The request must carry one signature."));
    }
    let Some((label, ListEntry::InnerList(input))) = inputs.pop() else { return Err(FORM) };
    let Some(ListEntry::Item(item)) = signatures.get(&label) else { return Err(FORM) };
    let octets = item.bare_item.as_byte_sequence().ok_or(FORM)?;
    Ok((input, octets.to_vec()))
}

/// The nonce and the instant of a signature whose parameters are in order. The algorithm is the key's, whatever they say.
fn claims(input: &InnerList, now: Timestamp) -> Result<(String, Timestamp), Refusal> {
    const CREATED: Refusal = Invalid("The signature must say when it was created, within five minutes of now.");
    const NONCE: Refusal = Invalid("The signature must have a nonce of 1 to 128 visible characters.");
    let parameter = |name: &str| input.params.get(name);
    let instant = |name: &str, refusal| match parameter(name) {
        None => Ok(None),
        Some(value) => {
            let seconds = i64::from(value.as_integer().ok_or(refusal)?);
            Ok(Some(Timestamp::from_millis(seconds.saturating_mul(1000))))
        }
    };
    if parameter("alg").is_some_and(|alg| alg.as_string().map(StringRef::as_str) != Some("ecdsa-p256-sha256")) {
        return Err(Invalid("The signature's algorithm must be ecdsa-p256-sha256."));
    }
    let created = instant("created", CREATED)?.ok_or(CREATED)?;
    if now.since(created).saturating_abs() > WINDOW {
        return Err(CREATED);
    }
    let expired = Invalid("The signature has expired.");
    if instant("expires", expired)?.is_some_and(|expires| expires <= now) {
        return Err(expired);
    }
    let nonce = parameter("nonce").and_then(|nonce| nonce.as_string()).ok_or(NONCE)?.as_str();
    if !(1..=128).contains(&nonce.len()) || !nonce.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(NONCE);
    }
    Ok((nonce.to_owned(), created))
}

/// The names of what is covered, each once and without parameters.
fn components(input: &InnerList) -> Result<Vec<&str>, Refusal> {
    if input.items.len() > MOST_COMPONENTS {
        return Err(Invalid("The signature covers too much: at most 32 components."));
    }
    let mut names = Vec::with_capacity(input.items.len());
    for Item { bare_item, params } in &input.items {
        let name = bare_item.as_string().ok_or(Invalid("A covered component must be a string."))?.as_str();
        if !params.is_empty() {
            return Err(Invalid("A covered component has a parameter; cover it whole instead."));
        }
        if names.contains(&name) {
            return Err(Invalid("The signature covers a component twice."));
        }
        names.push(name);
    }
    Ok(names)
}

/// The text that is signed (RFC 9421, 2.5).
fn base(message: &Message<'_>, input: &InnerList, components: &[&str]) -> Result<String, Refusal> {
    let mut base = String::with_capacity(512);
    for name in components {
        let value = message.component(name)?;
        let _ = writeln!(base, "\"{name}\": {value}");
    }
    let parameters = vec![ListEntry::from(input.clone())].serialize().unwrap_or_default();
    let _ = write!(base, "\"@signature-params\": {parameters}");
    Ok(base)
}

impl<'a> Message<'a> {
    /// The value of a covered component (RFC 9421, 2.1 and 2.2). It is one line of plain ASCII, so that no value can be
    /// taken for another component.
    fn component(&self, name: &str) -> Result<Cow<'a, str>, Refusal> {
        let value: Cow<'a, str> = match name {
            "@method" => self.method.into(),
            "@authority" => authority(self.scheme, self.authority).into(),
            "@path" if self.path.is_empty() => "/".into(),
            "@path" => self.path.into(),
            "@query" => format!("?{}", self.query.unwrap_or_default()).into(),
            _ if name.bytes().all(header_name) => {
                let value = (self.header)(name);
                value
                    .ok_or(Invalid("The signature covers a header that did not come with the request."))?
                    .trim()
                    .to_owned()
                    .into()
            }
            _ => return Err(Invalid("The signature covers a component that is not known here.")),
        };
        if value.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~')) {
            Ok(value)
        } else {
            Err(Invalid("A covered component holds a character that cannot be signed."))
        }
    }
}

/// The authority as both sides write it: in lower case, without the port of its scheme, or of either where that is not
/// known (RFC 9421, 2.2.3; RFC 9110, 4.2.3).
pub fn authority(scheme: Option<&str>, host: &str) -> String {
    let is = |name: &str| scheme.is_none_or(|scheme| scheme.eq_ignore_ascii_case(name));
    let ports = [("https", ":443"), ("http", ":80"), ("", ":")];
    let mut ports = ports.into_iter().filter(|(name, _)| name.is_empty() || is(name));
    ports.find_map(|(_, port)| host.strip_suffix(port)).unwrap_or(host).to_ascii_lowercase()
}

/// A character of a header's name in lower case (RFC 9110, 5.6.2).
fn header_name(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9') || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests;
