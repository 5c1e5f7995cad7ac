//! An ECDSA P-256 pair in the forms that files have. It knows neither where pairs come from nor where they are kept.

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine};
use p256::{SecretKey, elliptic_curve::sec1::ToSec1Point};
use zeroize::Zeroizing;

/// What stands before a point in DER: a public key (RFC 5480) on P-256, its bits to follow.
const PUBLIC: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// What stands before the private number in DER: PKCS#8 (RFC 5958) around a private key on P-256 (RFC 5915).
const PRIVATE: [u8; 36] = [
    0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08,
    0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x6d, 0x30, 0x6b, 0x02, 0x01, 0x01, 0x04, 0x20,
];
/// What stands between the private number and the point.
const BETWEEN: [u8; 5] = [0xa1, 0x44, 0x03, 0x42, 0x00];
/// SEC 1: both coordinates of a point follow.
const UNCOMPRESSED: [u8; 1] = [4];

/// Both halves of a pair.
pub(crate) struct Pair {
    d: Zeroizing<[u8; 32]>,
    x: [u8; 32],
    y: [u8; 32],
}

impl Pair {
    /// The pair of a random number; `None` for the few, one in 2^32, that are no private key.
    pub(crate) fn from_random(bytes: [u8; 32]) -> Option<Self> {
        let d = Zeroizing::new(bytes);
        let point = SecretKey::from_slice(d.as_slice()).ok()?.public_key().to_sec1_point(false);
        Some(Self { d, x: (*point.x()?).into(), y: (*point.y()?).into() })
    }

    /// Reads what [`Pair::to_text`] wrote.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        let mut members = text.split('.');
        let mut member = || {
            let bytes = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.decode(members.next()?).ok()?);
            <[u8; 32]>::try_from(bytes.as_slice()).ok()
        };
        let (d, x, y) = (Zeroizing::new(member()?), member()?, member()?);
        members.next().is_none().then_some(Self { d, x, y })
    }

    /// `d`, `x` and `y` as a JWK has them (RFC 7518, 6.2), joined by dots.
    pub(crate) fn to_text(&self) -> Zeroizing<String> {
        let [d, x, y] = self.members();
        Zeroizing::new([d.as_str(), &x, &y].join("."))
    }

    /// The public half, as the server writes it too.
    pub(crate) fn public_pem(&self) -> String {
        pem("PUBLIC KEY", &[PUBLIC.as_slice(), &UNCOMPRESSED, &self.x, &self.y].concat())
    }

    /// Both halves in PEM, for openssl and most libraries.
    pub(crate) fn private_pem(&self) -> Zeroizing<String> {
        let parts = [PRIVATE.as_slice(), self.d.as_slice(), &BETWEEN, &UNCOMPRESSED, &self.x, &self.y];
        Zeroizing::new(pem("PRIVATE KEY", &Zeroizing::new(parts.concat())))
    }

    /// Both halves as a JWK.
    pub(crate) fn private_jwk(&self) -> Zeroizing<String> {
        let [d, x, y] = self.members();
        let d = d.as_str();
        Zeroizing::new(format!(
            "{{\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":\"ES256\",\"x\":\"{}\",\"y\":\"{}\",\"d\":\"{d}\"}}\n",
            *x, *y
        ))
    }

    fn members(&self) -> [Zeroizing<String>; 3] {
        [&*self.d, &self.x, &self.y].map(|bytes| Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(bytes)))
    }
}

/// RFC 7468: base64 in lines of 64 characters between two labels.
fn pem(label: &str, der: &[u8]) -> String {
    let base64 = Zeroizing::new(BASE64_STANDARD.encode(der));
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        text.extend([line, "\n"]);
        rest = after;
    }
    text + &format!("-----END {label}-----\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 9421, B.1.3: test-key-ecc-p256. Its files are as openssl writes them.
    const TEXT: &str = "UpuF81l-kOxbjf7T4mNSv0r5tN67Gim7rnf6EFpcYDs.qIVYZVLCrPZHGHjP17CTW0_-D9Lfw0EkjqF7xB4FivA.\
                        Mc4nN9LTDOBhfoUeg8Ye9WedFRhnZXZJA12Qp0zZ6F0";

    #[test]
    fn a_pair_has_the_files_that_openssl_writes() {
        let d = Pair::from_text(TEXT).unwrap().d;
        for pair in [Pair::from_text(TEXT).unwrap(), Pair::from_random(*d).unwrap()] {
            assert_eq!(*pair.to_text(), TEXT);
            assert_eq!(
                pair.public_pem(),
                "-----BEGIN PUBLIC KEY-----\n\
                 MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lf\n\
                 w0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==\n\
                 -----END PUBLIC KEY-----\n"
            );
            assert_eq!(
                *pair.private_pem(),
                "-----BEGIN PRIVATE KEY-----\n\
                 MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgUpuF81l+kOxbjf7T\n\
                 4mNSv0r5tN67Gim7rnf6EFpcYDuhRANCAASohVhlUsKs9kcYeM/XsJNbT/4P0t/D\n\
                 QSSOoXvEHgWK8DHOJzfS0wzgYX6FHoPGHvVnnRUYZ2V2SQNdkKdM2ehd\n\
                 -----END PRIVATE KEY-----\n"
            );
            assert_eq!(
                *pair.private_jwk(),
                "{\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":\"ES256\",\
                 \"x\":\"qIVYZVLCrPZHGHjP17CTW0_-D9Lfw0EkjqF7xB4FivA\",\
                 \"y\":\"Mc4nN9LTDOBhfoUeg8Ye9WedFRhnZXZJA12Qp0zZ6F0\",\
                 \"d\":\"UpuF81l-kOxbjf7T4mNSv0r5tN67Gim7rnf6EFpcYDs\"}\n"
            );
        }
    }

    #[test]
    fn what_is_no_pair_is_refused() {
        let short = TEXT.split_once('.').unwrap().1;
        for text in ["", short, &TEXT[1..], &format!("{TEXT}."), &TEXT.replace('_', "/")] {
            assert!(Pair::from_text(text).is_none(), "{text}");
        }
        for bytes in [[0; 32], [0xff; 32]] {
            assert!(Pair::from_random(bytes).is_none());
        }
    }
}
