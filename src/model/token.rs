//! What a token looks like: `<prefix>_<public id>_<secret><checksum>`. This module reads and writes the form; it never
//! makes a secret and never knows whether a key exists. The form is fixed for ever.

use crate::id::{BASE62, KeyId};

/// Characters of base62 in a secret: 190 bits.
pub const SECRET_LENGTH: usize = 32;
/// Characters of base62 in the checksum.
pub const CHECKSUM_LENGTH: usize = 6;

/// A search without what may be the secret of a key that was pasted into it: of each word what comes before a row of so many
/// letters and digits as a secret has. What is left of a token finds its key.
pub fn without_secrets(search: &str) -> String {
    fn shown(word: &str) -> &str {
        let mut length = 0;
        let end = word.bytes().position(|byte| {
            length = if byte.is_ascii_alphanumeric() { length + 1 } else { 0 };
            length == SECRET_LENGTH
        });
        end.map_or(word, |end| &word[..end + 1 - SECRET_LENGTH])
    }
    let words = search.split_whitespace().map(|word| match shown(word) {
        whole if whole.len() == word.len() => whole,
        cut => cut.trim_end_matches(['_', '.']),
    });
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A token taken apart, still borrowing what was presented.
#[derive(Clone, Copy)]
pub struct Token<'a> {
    /// The public id.
    pub id: KeyId,
    /// The secret, without the checksum.
    pub secret: &'a str,
}

/// Takes a token apart; `None` unless its shape and its checksum are right.
pub fn parse(text: &str) -> Option<Token<'_>> {
    let (prefix, rest) = text.split_once('_')?;
    let (id, tail) = rest.split_once('_')?;
    let shaped = (2..=12).contains(&prefix.len())
        && tail.len() == SECRET_LENGTH + CHECKSUM_LENGTH
        && prefix.bytes().chain(tail.bytes()).all(|b| b.is_ascii_alphanumeric());
    if !shaped {
        return None;
    }
    let (body, sum) = text.split_at(text.len() - CHECKSUM_LENGTH);
    if checksum(body) != sum.as_bytes() {
        return None;
    }
    Some(Token { id: KeyId::parse(id)?, secret: &tail[..SECRET_LENGTH] })
}

/// Takes apart the pair `ID:SECRET`, where the secret is printed with its checksum as in a token. Whether the checksum is
/// right shows only with the key's prefix; see [`joined`].
pub fn pair(text: &str) -> Option<Token<'_>> {
    let (id, tail) = text.split_once(':')?;
    let shaped = tail.len() == SECRET_LENGTH + CHECKSUM_LENGTH && tail.bytes().all(|b| b.is_ascii_alphanumeric());
    if shaped { Some(Token { id: KeyId::parse(id)?, secret: &tail[..SECRET_LENGTH] }) } else { None }
}

/// Whether the pair, joined with its key's prefix, is a token.
pub fn joined(prefix: &str, pair: &str) -> bool {
    let Some((id, tail)) = pair.split_once(':') else { return false };
    let Some((secret, sum)) = tail.split_at_checked(SECRET_LENGTH) else { return false };
    let mut hasher = crc32fast::Hasher::new();
    for part in [prefix, "_", id, "_", secret] {
        hasher.update(part.as_bytes());
    }
    digits(hasher.finalize()) == sum.as_bytes()
}

/// The checksum of everything before it: CRC-32 (ISO-HDLC, as in zlib) in six digits of base62, most significant first.
pub fn checksum(body: &str) -> [u8; CHECKSUM_LENGTH] {
    digits(crc32fast::hash(body.as_bytes()))
}

fn digits(sum: u32) -> [u8; CHECKSUM_LENGTH] {
    let mut rest = sum as usize;
    let mut digits = [b'0'; CHECKSUM_LENGTH];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[rest % 62];
        rest /= 62;
    }
    digits
}

/// How a key is shown when its secret is not: `kw_7Gx2Lm0pQ4vTz8Ka_…9fQa`.
pub fn mask(prefix: &str, id: KeyId, last_four: &str) -> String {
    format!("{prefix}_{id}_\u{2026}{last_four}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published example of the form: if this test must change, tokens in the world stop working.
    const EXAMPLE: &str = "kw_0123456789ABCDEF_abcdefghijklmnopqrstuvwxyzABCDEF2i2pPO";

    #[test]
    fn the_form_is_fixed() {
        let token = parse(EXAMPLE).expect("the example token");
        assert_eq!(token.id.as_str(), "0123456789ABCDEF");
        assert_eq!(token.secret, "abcdefghijklmnopqrstuvwxyzABCDEF");
        assert_eq!(mask("kw", token.id, "abcd"), "kw_0123456789ABCDEF_\u{2026}abcd");
    }

    #[test]
    fn no_single_character_can_change() {
        for index in 0..EXAMPLE.len() {
            for replacement in ["_", "-", "0", "Z", "z", "\0", "é", ""] {
                let mut text = EXAMPLE.to_owned();
                text.replace_range(index..=index, replacement);
                assert!(text == EXAMPLE || parse(&text).is_none(), "{text:?}");
            }
        }
    }

    #[test]
    fn a_pair_is_the_token_taken_apart() {
        let pair_text = EXAMPLE["kw_".len()..].replacen('_', ":", 1);
        let token = pair(&pair_text).unwrap();
        assert_eq!((token.id.as_str(), token.secret), ("0123456789ABCDEF", "abcdefghijklmnopqrstuvwxyzABCDEF"));
        assert!(joined("kw", &pair_text) && !joined("kx", &pair_text), "the prefix is under the checksum");
        assert!(!joined("kw", &pair_text.replace("2i2pPO", "2i2pPP")));
        for bad in
            ["", ":", "0123456789ABCDEF:short", EXAMPLE, "0123456789ABCDEF:abcdefghijklmnopqrstuvwxyzABCDEF2i2pP:"]
        {
            assert!(pair(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn nonsense_is_refused_without_a_panic() {
        let long = "_".repeat(10_000);
        for text in [
            "",
            "_",
            "__",
            "kw",
            "kw__",
            "\u{1f511}_\u{1f511}_\u{1f511}",
            long.as_str(),
            &EXAMPLE[1..],
            &EXAMPLE[..EXAMPLE.len() - 1],
        ] {
            assert!(parse(text).is_none(), "{text:?}");
        }
        assert!(parse(&format!("{EXAMPLE} ")).is_none());
        assert!(parse(&format!("x{EXAMPLE}")).is_none(), "the prefix is under the checksum");
    }

    #[test]
    fn the_checksum_is_crc32_in_base62() {
        // CRC-32 of "123456789" is 0xCBF43926 (the check value of the algorithm's published parameters).
        assert_eq!(crc32fast::hash(b"123456789"), 0xCBF4_3926);
        assert_eq!(&checksum("123456789"), b"3jZRME");
        assert_eq!(&checksum(""), b"000000");
    }

    #[test]
    fn a_secret_does_not_stay_in_a_search() {
        let secret = "a1".repeat(19);
        for (typed, left) in [
            (format!("kw_0123456789ABCDEF_{secret}"), "kw_0123456789ABCDEF"),
            (format!("  lobby kw_0123456789ABCDEF_{secret}x kiosk"), "lobby kw_0123456789ABCDEF kiosk"),
            (format!("eyJ{secret}.{secret}.x-{secret}"), ""),
            ("kw_0123456789ABCDEF team-9".to_owned(), "kw_0123456789ABCDEF team-9"),
        ] {
            assert_eq!(without_secrets(&typed), left, "{typed}");
        }
    }
}
