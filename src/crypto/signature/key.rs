//! The public half of a signing key: read once from what a person pasted, kept as PEM, named by its fingerprint. It
//! never takes the private half, and says so.

use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD, Engine};
use p256::{
    NistP256, PublicKey,
    ecdsa::{Signature, VerifyingKey, signature::Verifier},
    elliptic_curve::{ALGORITHM_OID, pkcs8::AssociatedOid},
    pkcs8::{Document, EncodePublicKey, LineEnding, SubjectPublicKeyInfoRef},
};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// The most characters a pasted key may have.
const LONGEST: usize = 8192;

/// An ECDSA P-256 public key: a point on the curve, not the one at infinity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestSigningKey(PublicKey);

/// Why a pasted key was refused. `Display` is the sentence for the person who pasted it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Nothing but white space.
    #[error("Paste a public key: PEM or JWK.")]
    Empty,
    /// It holds the private half.
    #[error(
        "This is a private key, which must stay with its owner. Paste the public half (openssl pkey -in key.pem -pubout), \
         best of a new pair: this one has left its owner's hands."
    )]
    Private,
    /// Neither of the two forms.
    #[error("This is neither a public key in PEM (-----BEGIN PUBLIC KEY-----) nor a JWK; was it copied whole?")]
    Unreadable,
    /// A key of another algorithm or curve.
    #[error("This is not an ECDSA key on the curve P-256 (prime256v1), the only kind that is taken.")]
    WrongKind,
    /// Coordinates that are on no curve of ours.
    #[error("This is not a point on the curve P-256; was it copied whole?")]
    NotOnCurve,
}

impl RequestSigningKey {
    /// Reads PEM, as `openssl pkey -pubout` writes it (SPKI, RFC 5280), or a JWK (RFC 7517).
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        match text {
            "" => Err(KeyError::Empty),
            _ if text.len() > LONGEST => Err(KeyError::Unreadable),
            _ if text.contains("PRIVATE KEY-----") => Err(KeyError::Private),
            _ if text.starts_with('{') => Self::from_jwk(text),
            _ => Self::from_pem(text),
        }
    }

    fn from_pem(text: &str) -> Result<Self, KeyError> {
        let (label, document) = Document::from_pem(text).map_err(|_| KeyError::Unreadable)?;
        let info = SubjectPublicKeyInfoRef::try_from(document.as_bytes()).map_err(|_| KeyError::Unreadable)?;
        if label != "PUBLIC KEY" {
            return Err(KeyError::Unreadable);
        }
        info.algorithm.assert_oids(ALGORITHM_OID, NistP256::OID).map_err(|_| KeyError::WrongKind)?;
        Self::from_point(info.subject_public_key.as_bytes().unwrap_or_default())
    }

    /// SEC 1, 2.3.4. The point at infinity is refused.
    fn from_point(octets: &[u8]) -> Result<Self, KeyError> {
        PublicKey::from_sec1_bytes(octets).map(Self).map_err(|_| KeyError::NotOnCurve)
    }

    fn from_jwk(text: &str) -> Result<Self, KeyError> {
        let jwk: Map<String, Value> = serde_json::from_str(text).map_err(|_| KeyError::Unreadable)?;
        if jwk.contains_key("d") {
            return Err(KeyError::Private);
        }
        let member = |name| jwk.get(name).and_then(Value::as_str);
        if member("kty") != Some("EC")
            || member("crv") != Some("P-256")
            || member("alg").is_some_and(|alg| alg != "ES256")
        {
            return Err(KeyError::WrongKind);
        }
        let coordinate =
            |name| -> Option<[u8; 32]> { BASE64_URL_SAFE_NO_PAD.decode(member(name)?).ok()?.try_into().ok() };
        let (x, y) = coordinate("x").zip(coordinate("y")).ok_or(KeyError::Unreadable)?;
        // An uncompressed point: 4, x, y.
        Self::from_point(&[[4].as_slice(), &x, &y].concat())
    }

    /// The one form in which it is kept and shown: PEM.
    pub fn to_pem(&self) -> String {
        self.0.to_public_key_pem(LineEnding::LF).expect("a point on the curve has a PEM")
    }

    /// What people compare: `SHA256:` and the base64 of the SHA-256 of its DER, whatever form it came in.
    pub fn fingerprint(&self) -> String {
        let der = self.0.to_public_key_der().expect("a point on the curve has a DER");
        format!("SHA256:{}", BASE64_STANDARD_NO_PAD.encode(Sha256::digest(der.as_bytes())))
    }

    /// Whether this signature over these bytes is by the key's private half.
    pub(super) fn verifies(&self, bytes: &[u8], signature: &Signature) -> bool {
        VerifyingKey::from(&self.0).verify(bytes, signature).is_ok()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// RFC 9421, B.1.3: test-key-ecc-p256.
    pub(in crate::signature) const PEM: &str = "-----BEGIN PUBLIC KEY-----\n\
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lf\n\
        w0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==\n\
        -----END PUBLIC KEY-----\n";
    const X: &str = "qIVYZVLCrPZHGHjP17CTW0_-D9Lfw0EkjqF7xB4FivA";
    const Y: &str = "Mc4nN9LTDOBhfoUeg8Ye9WedFRhnZXZJA12Qp0zZ6F0";

    fn jwk(members: &str) -> String {
        format!(r#"{{"kty":"EC","crv":"P-256","x":"{X}","y":"{Y}"{members}}}"#)
    }

    /// The same key in a PEM with this one piece of its base64 replaced.
    fn bent(from: &str, to: &str) -> String {
        assert!(PEM.contains(from));
        PEM.replace(from, to)
    }

    #[test]
    fn one_key_in_every_form_is_kept_in_one() {
        let key = RequestSigningKey::parse(PEM).unwrap();
        assert_eq!(key.to_pem(), PEM);
        assert_eq!(key.fingerprint(), "SHA256:VfljYbeMu4Tx/GBLBxjoK9kau0bY/CWuhxs1+7+LeXQ");
        for text in [
            format!("  {}  ", PEM.replace('\n', "\r\n")),
            format!("the key of the kiosk\n{PEM}"),
            jwk(""),
            jwk(r#","alg":"ES256","ext":true,"key_ops":["verify"],"kid":"1""#),
        ] {
            assert_eq!(RequestSigningKey::parse(&text).as_ref(), Ok(&key), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_its_reason() {
        let zero = "A".repeat(43);
        for (text, expected) in [
            (String::new(), KeyError::Empty),
            (" \n".to_owned(), KeyError::Empty),
            (PEM.replace("PUBLIC", "PRIVATE"), KeyError::Private),
            (PEM.replace("PUBLIC", "EC PRIVATE"), KeyError::Private),
            (PEM.replace("PUBLIC", "ENCRYPTED PRIVATE"), KeyError::Private),
            (format!("{PEM}{}", PEM.replace("PUBLIC", "PRIVATE")), KeyError::Private),
            (jwk(r#","d":"AQ""#), KeyError::Private),
            (jwk(r#","d":null"#), KeyError::Private),
            (r#"{"kty":"RSA","n":"AQ","e":"AQAB","d":"AQ"}"#.to_owned(), KeyError::Private),
            ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA ops".to_owned(), KeyError::Unreadable),
            (PEM.replace("PUBLIC KEY", "CERTIFICATE"), KeyError::Unreadable),
            (PEM[..PEM.len() - 30].to_owned(), KeyError::Unreadable),
            (format!("{PEM}{PEM}"), KeyError::Unreadable),
            (bent("MFkw", "MFgw"), KeyError::Unreadable),
            ("{".to_owned(), KeyError::Unreadable),
            (jwk("").replace(Y, &Y[1..]), KeyError::Unreadable),
            (jwk("").replace(Y, ""), KeyError::Unreadable),
            (" ".repeat(9000) + "x" + &" ".repeat(9000), KeyError::Unreadable),
            ("x".repeat(9000), KeyError::Unreadable),
            // Another curve and another algorithm, by their identifiers.
            (bent("zj0DAQcD", "zj0DAQYD"), KeyError::WrongKind),
            (bent("zj0CAQYI", "zj0CAgYI"), KeyError::WrongKind),
            (jwk("").replace("P-256", "P-384"), KeyError::WrongKind),
            (jwk("").replace("EC", "OKP"), KeyError::WrongKind),
            (jwk(r#","alg":"ES384""#), KeyError::WrongKind),
            (r#"{"keys":[]}"#.to_owned(), KeyError::WrongKind),
            // A point beside the curve, and what would be the point at infinity.
            (bent("NnoXQ==", "NnoXg=="), KeyError::NotOnCurve),
            (jwk("").replace(Y, X), KeyError::NotOnCurve),
            (jwk("").replace(X, &zero).replace(Y, &zero), KeyError::NotOnCurve),
            (
                "-----BEGIN PUBLIC KEY-----\nMBkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDAgAA\n-----END PUBLIC KEY-----".to_owned(),
                KeyError::NotOnCurve,
            ),
        ] {
            assert_eq!(RequestSigningKey::parse(&text), Err(expected), "{text}");
        }
    }
}
