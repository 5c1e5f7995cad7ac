//! Hashes that other systems keep of their keys, in the text forms of common libraries: read once to see that they can be
//! checked, and checked until the key's first use. They are slow on purpose; whoever checks them bounds how many at once.

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use sha2::{Digest as _, Sha256, Sha512};
use subtle::ConstantTimeEq;

use crate::secret::{hex, hmac};

/// The longest text of a hash, in bytes.
const LONGEST: usize = 512;
/// The most rounds of PBKDF2: about a second.
const PBKDF2_ROUNDS: u32 = 2_000_000;
/// The most cost of bcrypt: 2^14 rounds, about a second.
const BCRYPT_COST: u32 = 14;
/// The most memory of scrypt, in bytes.
const SCRYPT_MEMORY: u64 = 128 << 20;

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
/// Base64 with or without its padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);

/// A salted hash.
pub enum SaltedHash {
    /// `$2b$12$…`, also `$2a$`, `$2x$` and `$2y$`.
    Bcrypt(String),
    /// `$scrypt$ln=15,r=8,p=1$salt$hash` (PHC), or Django's `scrypt$16384$salt$8$1$hash`.
    Scrypt {
        /// What it costs.
        params: scrypt::Params,
        /// The salt.
        salt: Vec<u8>,
        /// The hash.
        hash: Vec<u8>,
    },
    /// `$pbkdf2-sha256$i=600000$salt$hash` (PHC), passlib's `$pbkdf2-sha256$29000$salt$hash`, or Django's
    /// `pbkdf2_sha256$600000$salt$hash`; the same of SHA-512.
    Pbkdf2 {
        /// Whether it is made of SHA-512.
        is_512: bool,
        /// How often.
        rounds: u32,
        /// The salt.
        salt: Vec<u8>,
        /// The hash.
        hash: Vec<u8>,
    },
    /// Django's `sha512$salt$hex` and `sha256$salt$hex`: the digest of the salt and the key.
    Sha {
        /// Whether it is SHA-512.
        is_512: bool,
        /// The salt.
        salt: String,
        /// The hash, in lower-case hexadecimal digits.
        hash: String,
    },
}

impl SaltedHash {
    /// Reads the text of a hash; what is wrong with it, in a sentence.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const UNKNOWN: &str = "This is no hash of bcrypt, scrypt, PBKDF2 or salted SHA in a form that is known here.";
        const DAMAGED: &str = "This hash is cut off or damaged.";
        if text.len() > LONGEST {
            return Err(DAMAGED);
        }
        let parts: Vec<&str> = text.split('$').collect();
        match parts.as_slice() {
            ["", "2a" | "2b" | "2x" | "2y", cost, rest] => {
                let cost: u32 = cost.parse().map_err(|_| DAMAGED)?;
                if cost > BCRYPT_COST {
                    return Err("This bcrypt hash costs more than 14: each check would take seconds.");
                }
                let is_whole = rest.len() == 53 && text.parse::<bcrypt::HashParts>().is_ok();
                if is_whole { Ok(Self::Bcrypt(text.to_owned())) } else { Err(DAMAGED) }
            }
            ["", "scrypt", cost, salt, hash] => {
                let named = |name: &str| cost.split(',').find_map(|part| part.strip_prefix(name)?.parse::<u32>().ok());
                let (Some(log), Some(block), Some(lanes)) = (named("ln="), named("r="), named("p=")) else {
                    return Err(DAMAGED);
                };
                scrypt(log, (block, lanes), decoded(salt).ok_or(DAMAGED)?, decoded(hash).ok_or(DAMAGED)?)
            }
            ["scrypt", rounds, salt, block, lanes, hash] => {
                let number = |text: &str| text.parse::<u32>().map_err(|_| DAMAGED);
                let rounds = number(rounds)?;
                if !rounds.is_power_of_two() {
                    return Err(DAMAGED);
                }
                let cost = (number(block)?, number(lanes)?);
                scrypt(rounds.ilog2(), cost, salt.as_bytes().to_vec(), decoded(hash).ok_or(DAMAGED)?)
            }
            ["", name @ ("pbkdf2-sha256" | "pbkdf2-sha512"), cost, salt, hash] => {
                let rounds = cost.split(',').find_map(|part| part.strip_prefix("i=")).unwrap_or(cost);
                let (salt, hash) = (decoded(salt).ok_or(DAMAGED)?, decoded(hash).ok_or(DAMAGED)?);
                pbkdf2(name.ends_with("512"), rounds.parse().map_err(|_| DAMAGED)?, salt, hash)
            }
            [name @ ("pbkdf2_sha256" | "pbkdf2_sha512"), rounds, salt, hash] => {
                let hash = decoded(hash).ok_or(DAMAGED)?;
                let rounds = rounds.parse().map_err(|_| DAMAGED)?;
                pbkdf2(name.ends_with("512"), rounds, salt.as_bytes().to_vec(), hash)
            }
            [name @ ("sha256" | "sha512"), salt, hash] => {
                let (is_512, hash) = (*name == "sha512", hash.to_ascii_lowercase());
                let is_whole = hash.len() == if is_512 { 128 } else { 64 };
                if !is_whole || hash.bytes().any(|byte| !byte.is_ascii_hexdigit()) {
                    return Err(DAMAGED);
                }
                Ok(Self::Sha { is_512, salt: (*salt).to_owned(), hash })
            }
            _ => Err(UNKNOWN),
        }
    }

    /// Whether it is the hash of this text. Takes up to about a second of one core.
    pub fn matches(&self, text: &str) -> bool {
        match self {
            Self::Bcrypt(hash) => bcrypt::verify(text, hash).unwrap_or(false),
            Self::Scrypt { params, salt, hash } => {
                let mut made = vec![0; hash.len()];
                scrypt::scrypt(text.as_bytes(), salt, params, &mut made).is_ok() && made.ct_eq(hash).into()
            }
            Self::Pbkdf2 { is_512, rounds, salt, hash } => {
                let mut made = vec![0; hash.len()];
                if *is_512 {
                    pbkdf2::pbkdf2_hmac::<Sha512>(text.as_bytes(), salt, *rounds, &mut made);
                } else {
                    pbkdf2::pbkdf2_hmac::<Sha256>(text.as_bytes(), salt, *rounds, &mut made);
                }
                made.ct_eq(hash).into()
            }
            Self::Sha { is_512, salt, hash } => {
                let salted = [salt.as_bytes(), text.as_bytes()].concat();
                let made = if *is_512 { hex(&Sha512::digest(&salted)) } else { hex(&Sha256::digest(&salted)) };
                made.as_bytes().ct_eq(hash.as_bytes()).into()
            }
        }
    }
}

/// HMAC-SHA256 of a text under another system's key, in hexadecimal digits.
pub fn hmac_sha256(key: &[u8], text: &str) -> String {
    hex(&hmac(key, text.as_bytes()))
}

/// Base64 of the standard alphabet, or of passlib's, which has `.` for `+`.
fn decoded(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text.replace('.', "+")).ok().filter(|bytes| !bytes.is_empty())
}

fn scrypt(log: u32, (block, lanes): (u32, u32), salt: Vec<u8>, hash: Vec<u8>) -> Result<SaltedHash, &'static str> {
    const COSTLY: &str = "This scrypt hash takes more than 128 MB for each check.";
    let log = u8::try_from(log).ok().filter(|log| *log < 40).ok_or(COSTLY)?;
    let memory = (128 * u64::from(block)) << log;
    if memory.saturating_mul(u64::from(lanes)) > SCRYPT_MEMORY {
        return Err(COSTLY);
    }
    let params = scrypt::Params::new(log, block, lanes).map_err(|_| "This scrypt hash has impossible parameters.")?;
    is_long_enough(&hash)?;
    Ok(SaltedHash::Scrypt { params, salt, hash })
}

fn pbkdf2(is_512: bool, rounds: u32, salt: Vec<u8>, hash: Vec<u8>) -> Result<SaltedHash, &'static str> {
    if !(1..=PBKDF2_ROUNDS).contains(&rounds) {
        return Err("This PBKDF2 hash has more than 2,000,000 rounds, or none.");
    }
    is_long_enough(&hash)?;
    Ok(SaltedHash::Pbkdf2 { is_512, rounds, salt, hash })
}

/// A short hash matches many texts.
fn is_long_enough(hash: &[u8]) -> Result<(), &'static str> {
    if (16..=64).contains(&hash.len()) { Ok(()) } else { Err("This hash has fewer than 16 bytes, or more than 64.") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "sk_live_4f9c2a7be1";

    /// Made by Python's bcrypt, passlib and hashlib, in the forms of passlib and Django.
    const KNOWN: [&str; 8] = [
        "$2b$04$YgJwEvdmP/tn/yEi0458JOM6sNRwE/DegPIkSIM2LALZp/mqLzTn6",
        "$scrypt$ln=4,r=8,p=1$DoHQulfqPYcQgpByjjFmTA$M4YZ7FeGAMDZAUPJiqGuMwQs6Kg3XZ2xzXcK0D2pDc0",
        "scrypt$16$NaCl$8$1$rA21pZy4++oH7NE8booEExc04ZetPLHMqgVD/cTcgDHe/2hMbDnuZ/+VhVR7VWLyYJXnAETiYH9rC+KUktKsTQ==",
        "$pbkdf2-sha256$1000$MQZASGkthVBKScnZW8u5lw$aK7XlPmIaiI646u6k75zaLCCx1GiZbjoNXgRsTubqLg",
        "$pbkdf2-sha512$i=1000,l=32$c2FsdHNhbHQ$jupNVK/termbn+MCvofKxxTpqsexAzs/eSA9YHIzZeI",
        "pbkdf2_sha256$1000$pepper$Npd1dPAl5k1Vrgc+szjmw9tFHoyShQA9K3jz6DisbPw=",
        "sha512$$64c659801cefc348ff22e5f47388a90ff904fb82720f5ebe7b55f8ca1024bca96e0a3f29affa6ddf4b4fa93d41a4f23dd9a4bb36798db65c3c5c7f799f24e900",
        "sha256$ab$487a41c9ec8dd372cec8065ec8ad89d5c73cd559116fd966e62357f427ab65d1",
    ];

    #[test]
    fn hashes_of_common_libraries_match_their_key_and_no_other() {
        for text in KNOWN {
            let hash = SaltedHash::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"));
            assert!(hash.matches(KEY), "{text}");
            assert!(!hash.matches("sk_live_4f9c2a7be2") && !hash.matches(""), "{text}");
        }
    }

    #[test]
    fn what_is_cut_off_costs_too_much_or_proves_too_little_is_refused() {
        for text in KNOWN {
            for end in [0, 1, 6, 20] {
                assert!(SaltedHash::parse(&text[..end]).is_err(), "{}", &text[..end]);
            }
        }
        for text in [
            "plain",
            "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
            "$2b$15$YgJwEvdmP/tn/yEi0458JOM6sNRwE/DegPIkSIM2LALZp/mqLzTn6",
            "$scrypt$ln=30,r=8,p=1$DoHQulfqPYcQgpByjjFmTA$M4YZ7FeGAMDZAUPJiqGuMwQs6Kg3XZ2xzXcK0D2pDc0",
            "scrypt$17$NaCl$8$1$rA21pZy4++oH7NE8booEExc04ZetPLHMqgVD",
            "$pbkdf2-sha256$99999999$MQZASGkthVBKScnZW8u5lw$aK7XlPmIaiI646u6k75zaLCCx1GiZbjoNXgRsTubqLg",
            "$pbkdf2-sha256$0$MQZASGkthVBKScnZW8u5lw$aK7XlPmIaiI646u6k75zaLCCx1GiZbjoNXgRsTubqLg",
            "pbkdf2_sha256$1000$pepper$Npc=",
            "sha512$$64c6",
        ] {
            assert!(SaltedHash::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_digest_is_read_in_both_writings() {
        use crate::secret::Digest;
        let digest = Digest::of(KEY.as_bytes());
        for text in [BASE64.encode(digest.bytes()), BASE64.encode(digest.bytes()).trim_end_matches('=').to_owned()] {
            assert!(Digest::from_base64(&text).is_some_and(|read| read.matches(&digest)), "{text}");
        }
        assert!(Digest::from_base64("c2hvcnQ=").is_none());
    }
}
