//! Keys in the form of a JWT: an access token of RFC 9068, signed with ES256 (RFC 7518), that services can also check
//! offline. This module signs, and reads what is presented; whether a key is alive, and where signing keys are kept, it
//! does not know. For us a presented JWT proves itself by the digest of its whole text, as every key does: exactly one
//! text was issued. Reading it refuses what is not of that form, and says which key to look up.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use model::{id::KeyId, scope::Scopes, time::Timestamp};
use p256::ecdsa::{self, Signature, signature::Signer};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::secret::{Entropy, Plaintext};

/// The longest JWT that is issued or read, in bytes: it has to fit into a header beside others.
pub const MAX_LENGTH: usize = 4096;

const ALGORITHM: &str = "ES256";
/// RFC 9068, section 2.1: a token of this type is taken for nothing else.
const TYPE: &str = "at+jwt";
/// Bytes of a signature: r and s (RFC 7518, section 3.4).
const SIGNATURE_LENGTH: usize = 64;

/// A P-256 key that signs JWTs. It has no `Debug`, no `Clone`, no `Serialize`, and is wiped when dropped.
pub struct JwtSigningKey(ecdsa::SigningKey);

/// What a JWT says.
pub struct Claims<'a> {
    /// Who issued it: the public URL.
    pub issuer: &'a str,
    /// Where it works: the name of the key's tenant.
    pub audience: &'a str,
    /// Whom it stands for: the identity it acts as, or its owner.
    pub subject: &'a str,
    /// The key.
    pub id: KeyId,
    /// From when; written in whole seconds.
    pub issued_at: Timestamp,
    /// Until when; written in whole seconds, never later than this.
    pub expires_at: Timestamp,
    /// What it may do.
    pub scopes: &'a Scopes,
}

/// The claims do not fit into [`MAX_LENGTH`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Too much for one JWT: choose fewer or shorter scopes, or a key that is not a JWT.")]
pub struct TooLong;

/// A well-formed JWT, as presented. It proves nothing yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsedJwt {
    /// The key it says it is.
    pub id: KeyId,
    /// Who it says issued it.
    pub issuer: String,
    /// The tenant it says it works in.
    pub audience: String,
    /// From when.
    pub issued_at: Timestamp,
    /// Until when; after `issued_at`.
    pub expires_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header<'a> {
    alg: &'a str,
    kid: &'a str,
    typ: &'a str,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload<'a> {
    #[serde(borrow)]
    iss: Cow<'a, str>,
    #[serde(borrow)]
    aud: Cow<'a, str>,
    #[serde(borrow)]
    sub: Cow<'a, str>,
    jti: &'a str,
    client_id: &'a str,
    iat: i64,
    exp: i64,
    #[serde(borrow)]
    scope: Cow<'a, str>,
}

impl JwtSigningKey {
    /// A new key.
    pub fn generate(entropy: &Entropy) -> Self {
        // About one draw in four thousand million is no key of the curve.
        loop {
            if let Some(key) = Self::from_bytes(entropy.bytes::<32>().as_slice()) {
                return key;
            }
        }
    }

    /// Reads what [`JwtSigningKey::to_bytes`] gave.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        ecdsa::SigningKey::from_slice(bytes).ok().map(Self)
    }

    /// The private half, to be sealed.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes().into())
    }

    /// Its name: the thumbprint of the public half (RFC 7638).
    pub fn kid(&self) -> String {
        let [x, y] = self.coordinates();
        let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        URL_SAFE_NO_PAD.encode(Sha256::digest(canonical))
    }

    /// The public half, for others to check signatures with (RFC 7517).
    pub fn public_jwk(&self) -> serde_json::Value {
        let [x, y] = self.coordinates();
        serde_json::json!({
            "kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": self.kid(), "use": "sig", "alg": ALGORITHM,
        })
    }

    fn coordinates(&self) -> [String; 2] {
        let point = self.0.verifying_key().to_sec1_point(false);
        // One byte says that it is uncompressed, then both coordinates follow.
        let (x, y) = point.as_bytes()[1..].split_at(32);
        [x, y].map(|coordinate| URL_SAFE_NO_PAD.encode(coordinate))
    }
}

/// Signs. The signature is deterministic (RFC 6979): a weak source of randomness cannot give the key away.
pub fn sign(key: &JwtSigningKey, claims: &Claims<'_>) -> Result<Plaintext, TooLong> {
    let header = Header { alg: ALGORITHM, kid: &key.kid(), typ: TYPE };
    let payload = Payload {
        iss: claims.issuer.into(),
        aud: claims.audience.into(),
        sub: claims.subject.into(),
        jti: claims.id.as_str(),
        client_id: claims.id.as_str(),
        iat: claims.issued_at.millis().div_euclid(1000),
        exp: claims.expires_at.millis().div_euclid(1000),
        scope: claims.scopes.to_string().into(),
    };
    let mut text = Zeroizing::new(String::with_capacity(MAX_LENGTH));
    text.push_str(&encode(&header));
    text.push('.');
    text.push_str(&encode(&payload));
    let signature: Signature = key.0.sign(text.as_bytes());
    text.push('.');
    text.push_str(&URL_SAFE_NO_PAD.encode(signature.to_bytes()));
    if text.len() > MAX_LENGTH { Err(TooLong) } else { Ok(Plaintext::new(text)) }
}

fn encode(part: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(part).expect("text and numbers become JSON"))
}

/// Reads a presented JWT; `None` unless it has exactly the form that [`sign`] gives: `alg` and `typ` are ours, nothing in
/// the header points elsewhere for a key (`jku`, `jwk`, `x5u`) or asks for an extension (`crit`), and both times are
/// whole numbers.
pub fn parse(text: &str) -> Option<ParsedJwt> {
    if text.len() > MAX_LENGTH {
        return None;
    }
    let mut parts = text.split('.');
    let (header, payload, signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || URL_SAFE_NO_PAD.decode(signature).ok()?.len() != SIGNATURE_LENGTH {
        return None;
    }
    let header = URL_SAFE_NO_PAD.decode(header).ok()?;
    let header: Header<'_> = serde_json::from_slice(&header).ok()?;
    let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
    let payload: Payload<'_> = serde_json::from_slice(&payload).ok()?;
    let ours = header.alg == ALGORITHM && header.typ == TYPE && payload.jti == payload.client_id;
    if !ours || payload.iat < 0 || payload.exp <= payload.iat {
        return None;
    }
    Some(ParsedJwt {
        id: KeyId::parse(payload.jti)?,
        issuer: payload.iss.into_owned(),
        audience: payload.aud.into_owned(),
        issued_at: Timestamp::from_millis(payload.iat.checked_mul(1000)?),
        expires_at: Timestamp::from_millis(payload.exp.checked_mul(1000)?),
    })
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::signature::Verifier;
    use serde_json::{Value, json};

    use super::*;

    const ID: &str = "0123456789ABCDEF";

    fn header() -> Value {
        json!({ "alg": "ES256", "kid": "k", "typ": "at+jwt" })
    }

    fn payload() -> Value {
        json!({
            "iss": "https://keys.example.com", "aud": "default", "sub": "ops", "jti": ID, "client_id": ID,
            "iat": 1_800_000_000, "exp": 1_800_086_400, "scope": "things.read",
        })
    }

    /// A JWT of these parts, with a signature of the right length.
    fn text(header: &str, payload: &str) -> String {
        let parts = [header.as_bytes(), payload.as_bytes(), &[7; SIGNATURE_LENGTH]];
        parts.map(|part| URL_SAFE_NO_PAD.encode(part)).join(".")
    }

    fn signed(scopes: &str) -> Result<Plaintext, TooLong> {
        let claims = Claims {
            issuer: "https://keys.example.com",
            audience: "default",
            subject: "\"quoted\" \u{1f511}",
            id: KeyId::parse(ID).unwrap(),
            issued_at: Timestamp::from_millis(1_800_000_000_123),
            expires_at: Timestamp::from_millis(1_800_086_400_999),
            scopes: &Scopes::parse(scopes).unwrap(),
        };
        sign(&JwtSigningKey::generate(&Entropy::system()), &claims)
    }

    #[test]
    fn what_is_signed_reads_back() {
        let presented = parse(signed("things.read doors").unwrap().reveal()).unwrap();
        let expected = ParsedJwt {
            id: KeyId::parse(ID).unwrap(),
            issuer: "https://keys.example.com".to_owned(),
            audience: "default".to_owned(),
            issued_at: Timestamp::from_millis(1_800_000_000_000),
            expires_at: Timestamp::from_millis(1_800_086_400_000),
        };
        assert_eq!(presented, expected);
        let many: Vec<String> = (0..50).map(|index| format!("{index:064}")).collect();
        assert_eq!(signed(&many.join(" ")).err(), Some(TooLong));
    }

    /// The key of RFC 7515, appendix A.3, and its thumbprint.
    #[test]
    fn the_public_half_is_the_published_one() {
        let private = URL_SAFE_NO_PAD.decode("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI").unwrap();
        let key = JwtSigningKey::from_bytes(&private).unwrap();
        assert_eq!(key.to_bytes().as_slice(), private);
        let expected = json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
            "kid": key.kid(),
        });
        assert_eq!(key.public_jwk(), expected);
        assert_eq!(key.kid(), "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
    }

    #[test]
    fn the_signature_covers_header_and_payload() {
        let key = JwtSigningKey::generate(&Entropy::system());
        let scopes = Scopes::default();
        let at = Timestamp::from_millis(0);
        let claims = Claims {
            issuer: "i",
            audience: "a",
            subject: "s",
            id: KeyId::parse(ID).unwrap(),
            issued_at: at,
            expires_at: at.plus(1000),
            scopes: &scopes,
        };
        let token = sign(&key, &claims).unwrap();
        let (covered, signature) = token.reveal().rsplit_once('.').unwrap();
        let signature = Signature::from_slice(&URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
        assert!(key.0.verifying_key().verify(covered.as_bytes(), &signature).is_ok());
        assert!(key.0.verifying_key().verify(&covered.as_bytes()[1..], &signature).is_err());
    }

    #[test]
    fn whatever_is_not_of_our_form_is_refused() {
        assert!(parse(&text(&header().to_string(), &payload().to_string())).is_some(), "the form itself");
        // Members of the header or the payload, each set to a value; null takes it away.
        let headers = [
            ("alg", json!("none")),
            ("alg", json!("None")),
            ("alg", json!("HS256")),
            ("alg", json!("RS256")),
            ("alg", json!("es256")),
            ("alg", json!(["ES256"])),
            ("alg", json!(null)),
            ("typ", json!("JWT")),
            ("typ", json!("at+JWT")),
            ("typ", json!(null)),
            ("kid", json!(7)),
            ("kid", json!(null)),
            ("jku", json!("https://evil.example/jwks.json")),
            ("jwk", json!({ "kty": "EC" })),
            ("x5u", json!("https://evil.example/x5u")),
            ("x5c", json!(["MII"])),
            ("crit", json!(["exp"])),
            ("b64", json!(false)),
            ("zip", json!("DEF")),
        ];
        let payloads = [
            ("exp", json!(null)),
            ("exp", json!("1800086400")),
            ("exp", json!(1_800_086_400.5)),
            ("exp", json!(1_800_086_400.0)),
            ("exp", json!(true)),
            ("exp", json!([1_800_086_400])),
            ("exp", json!(-1)),
            ("exp", json!(u64::MAX)),
            ("exp", json!(i64::MAX)),
            ("exp", json!(1_800_000_000)),
            ("iat", json!(null)),
            ("iat", json!("1800000000")),
            ("iat", json!(-1)),
            ("iat", json!(1_800_000_000.25)),
            ("jti", json!(null)),
            ("jti", json!("short")),
            ("jti", json!("AAAAAAAAAAAAAAAA")),
            ("jti", json!(7)),
            ("client_id", json!("AAAAAAAAAAAAAAAA")),
            ("client_id", json!(null)),
            ("iss", json!(null)),
            ("aud", json!(["default"])),
            ("aud", json!(null)),
            ("sub", json!(null)),
            ("scope", json!(["things.read"])),
            ("scope", json!(null)),
            ("nbf", json!(0)),
            ("admin", json!(true)),
        ];
        let set = |mut whole: Value, name: &str, value: &Value| {
            let members = whole.as_object_mut().unwrap();
            if value.is_null() {
                members.remove(name);
            } else {
                members.insert(name.to_owned(), value.clone());
            }
            whole.to_string()
        };
        for (name, value) in &headers {
            let changed = text(&set(header(), name, value), &payload().to_string());
            assert_eq!(parse(&changed), None, "header {name}: {value}");
        }
        for (name, value) in &payloads {
            let changed = text(&header().to_string(), &set(payload(), name, value));
            assert_eq!(parse(&changed), None, "payload {name}: {value}");
        }
        let (header, payload) = (header().to_string(), payload().to_string());
        let twice = payload.replacen('{', r#"{"exp":1900000000,"#, 1);
        let good = text(&header, &payload);
        let (unsigned, signature) = good.rsplit_once('.').unwrap();
        for bad in [
            String::new(),
            "..".to_owned(),
            text("", &payload),
            text(&header, ""),
            text("[]", &payload),
            text(&header, &twice),
            text(&header, &format!("{payload}x")),
            unsigned.to_owned(),
            format!("{unsigned}."),
            format!("{good}."),
            format!("{good}.x"),
            format!("{good}="),
            format!("{good} "),
            format!("{unsigned}.{}", &signature[..84]),
            format!("{unsigned}.{signature}AAAA"),
            format!("{unsigned}.{}+", &signature[..85]),
            good.replacen('.', "..", 1),
            format!("é{good}"),
            text(&header, &payload.replacen("ops", &"x".repeat(MAX_LENGTH), 1)),
        ] {
            assert_eq!(parse(&bad), None, "{bad}");
        }
    }
}
