//! Passwords: which are accepted, and how they are hashed without letting a flood of sign-ins take the machine.

use std::{sync::Arc, time::Duration};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// The fewest characters (NIST SP 800-63B-4, a password as the only factor).
pub const MIN_LENGTH: usize = 15;
/// The most characters: what lies beyond is refused before it is hashed.
pub const MAX_LENGTH: usize = 128;

/// A password. Wiped when dropped; never printed.
pub struct Password {
    /// In the one form that is hashed: what keyboards and systems compose differently is the same.
    normal: Zeroizing<String>,
    /// As it was typed: hashes made before passwords were normalised are of this form.
    typed: Zeroizing<String>,
}

/// What came of checking a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// It is not the one.
    Wrong,
    /// It is the one.
    Right,
    /// It is the one, and the stored hash is of its form as typed: it should be hashed anew.
    RightAsTyped,
}

impl Checked {
    /// Whether it is the one.
    pub fn is_right(self) -> bool {
        self != Self::Wrong
    }
}

/// Why a new password was refused. `Display` is the sentence for the person who typed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too few characters.
    #[error("Use at least {MIN_LENGTH} characters: a few unrelated words are easy to keep in mind.")]
    TooShort,
    /// Too many characters.
    #[error("Use at most {MAX_LENGTH} characters.")]
    TooLong,
    /// One that is tried first.
    #[error("This is among the first an attacker tries. Use a few unrelated words.")]
    Common,
}

impl Password {
    /// What someone typed, in the form of RFC 8265 (`OpaqueString`): NFC, with every space an ordinary one.
    pub fn typed(text: String) -> Self {
        let typed = Zeroizing::new(text);
        let space = |c: char| if c.is_whitespace() && !c.is_control() { ' ' } else { c };
        // Room for the longest form, so that no copy is left behind by growing.
        let mut normal = Zeroizing::new(String::with_capacity(typed.len() * 3));
        normal.extend(typed.chars().map(space).nfc());
        Self { normal, typed }
    }

    /// A new password, held against the rules. `email` may not be the heart of it.
    pub fn chosen(text: String, email: &str) -> Result<Self, PasswordError> {
        if Self::is_too_large(&text) {
            return Err(PasswordError::TooLong);
        }
        let password = Self::typed(text);
        let length = password.normal.chars().count();
        if length < MIN_LENGTH {
            Err(PasswordError::TooShort)
        } else if length > MAX_LENGTH {
            Err(PasswordError::TooLong)
        } else if is_easy(&password.normal, email) {
            Err(PasswordError::Common)
        } else {
            Ok(password)
        }
    }

    /// Whether this is more than any password can be, in bytes.
    pub fn is_too_large(text: &str) -> bool {
        text.len() > MAX_LENGTH * 8
    }
}

/// Words and phrases that attackers try for being examples, beside the lists that `zxcvbn` has.
const KNOWN: [&str; 9] = [
    "keyward",
    "apikey",
    "superadmin",
    "correcthorsebatterystaple",
    "correct horse battery staple",
    "passphrase",
    "changemenow",
    "letmeinplease",
    "openthedoor",
];

/// Whether an attacker who knows lists of passwords, how people change them, and the account finds it within about a
/// hundred million guesses.
fn is_easy(password: &str, email: &str) -> bool {
    let folded: Zeroizing<String> = Zeroizing::new(password.nfkc().flat_map(char::to_lowercase).collect());
    let own = email.split(['@', '.', '-', '_', '+']).filter(|part| part.chars().count() > 2);
    let inputs: Vec<&str> = KNOWN.into_iter().chain(own.clone()).chain([email]).collect();
    // Guesses put the account's own words together without an end: what is beside them has to be enough alone.
    let beside = own.fold(folded.to_string(), |rest, word| rest.replace(word, ""));
    if beside.chars().count() < 8 {
        return true;
    }
    [password, folded.as_str()].iter().any(|text| zxcvbn::zxcvbn(text, &inputs).score() < zxcvbn::Score::Three)
}

/// Hashes and checks passwords, so many at a time.
#[derive(Clone)]
pub struct Passwords {
    running: Arc<Semaphore>,
    patience: Duration,
    nobody: Arc<str>,
}

/// Too many sign-ins at once; try again shortly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many sign-ins at once")]
pub struct Busy;

impl Passwords {
    /// At most `at_once` hashes run together; one waits `patience` at most for its turn.
    ///
    /// # Panics
    /// When argon2 refuses its own default parameters.
    pub fn new(at_once: usize, patience: Duration) -> Self {
        let nobody =
            Argon2::default().hash_password(b"nobody has this password").expect("argon2 takes its own defaults");
        Self { running: Arc::new(Semaphore::new(at_once)), patience, nobody: nobody.to_string().into() }
    }

    /// Hashes a new password to a PHC string: argon2id, 19 MiB, two passes, one lane.
    pub async fn hash(&self, password: Password) -> Result<String, Busy> {
        let hash = move || {
            let hash = Argon2::default().hash_password(password.normal.as_bytes());
            hash.expect("argon2 hashes up to 4 GiB").to_string()
        };
        self.run(hash).await
    }

    /// Checks a password against a PHC string. Without one (an unknown user) it does the same work and says no.
    pub async fn verify(&self, password: Password, hash: Option<String>) -> Result<Checked, Busy> {
        let (known, hash) = (hash.is_some(), hash.unwrap_or_else(|| self.nobody.to_string()));
        let check = move || {
            let hash = PasswordHash::new(&hash);
            let is = |text: &str| {
                hash.as_ref().is_ok_and(|hash| Argon2::default().verify_password(text.as_bytes(), hash).is_ok())
            };
            if is(&password.normal) {
                return if known { Checked::Right } else { Checked::Wrong };
            }
            let is_as_typed = password.normal != password.typed && is(&password.typed);
            if is_as_typed && known { Checked::RightAsTyped } else { Checked::Wrong }
        };
        self.run(check).await
    }

    /// Whether a stored hash was made with weaker parameters than today's.
    pub fn is_outdated(hash: &str) -> bool {
        let params = |hash: &str| hash.split('$').nth(3).map(str::to_owned);
        let today = argon2::Params::default();
        let expected = format!("m={},t={},p={}", today.m_cost(), today.t_cost(), today.p_cost());
        !hash.starts_with("$argon2id$") || params(hash) != Some(expected)
    }

    /// The permit moves into the blocking task: a request that is given up still holds its place.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
        let turn = tokio::time::timeout(self.patience, self.running.clone().acquire_owned()).await;
        let permit = turn.map_err(|_| Busy)?.map_err(|_| Busy)?;
        tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        })
        .await
        .map_err(|_| Busy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_password_is_long_and_not_common() {
        let long = "violet anchor 9 brisk table ".repeat(5);
        for (typed, expected) in [
            ("violet anchor 9 brisk", None),
            ("пять разных слов тут", None),
            ("short", Some(PasswordError::TooShort)),
            ("fourteen chars", Some(PasswordError::TooShort)),
            (long.as_str(), Some(PasswordError::TooLong)),
            ("passwordpassword", Some(PasswordError::Common)),
            ("Password123456789", Some(PasswordError::Common)),
            ("aaaaaaaaaaaaaaaaaaaa", Some(PasswordError::Common)),
            ("abcdefghijklmnop", Some(PasswordError::Common)),
            ("1234567890123456", Some(PasswordError::Common)),
            ("operations@example", Some(PasswordError::Common)),
            ("P@ssw0rdP@ssw0rd!", Some(PasswordError::Common)),
            ("correcthorsebatterystaple", Some(PasswordError::Common)),
            ("Correct Horse Battery Staple", Some(PasswordError::Common)),
            ("Summer2026!Summer2026!", Some(PasswordError::Common)),
            ("ＰＡＳＳＷＯＲＤｐａｓｓｗｏｒｄ", Some(PasswordError::Common)),
            ("qwertyuiopasdfgh", Some(PasswordError::Common)),
            ("Operations2026!!", Some(PasswordError::Common)),
        ] {
            assert_eq!(Password::chosen(typed.to_owned(), "operations@example.com").err(), expected, "{typed:?}");
        }
    }

    #[tokio::test]
    async fn only_the_right_password_matches_and_nobody_has_one() {
        let passwords = Passwords::new(1, Duration::from_mins(1));
        let typed = |text: &str| Password::typed(text.to_owned());
        let hash = passwords.hash(typed("correct horse battery")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(!Passwords::is_outdated(&hash));
        assert!(Passwords::is_outdated("$argon2id$v=19$m=4096,t=2,p=1$c2FsdA$aGFzaA"));
        for (text, hash, expected) in [
            ("correct horse battery", Some(hash.clone()), Checked::Right),
            ("correct horse batterx", Some(hash), Checked::Wrong),
            ("nobody has this password", None, Checked::Wrong),
        ] {
            assert_eq!(passwords.verify(typed(text), hash).await.unwrap(), expected, "{text}");
        }
    }

    #[tokio::test]
    async fn a_password_is_the_same_however_it_is_composed() {
        let passwords = Passwords::new(1, Duration::from_mins(1));
        let (composed, decomposed) = ("gr\u{fc}ne T\u{fc}ren\u{a0}7 auf", "gru\u{308}ne Tu\u{308}ren 7 auf");
        let hash = passwords.hash(Password::typed(composed.to_owned())).await.unwrap();
        let check = passwords.verify(Password::typed(decomposed.to_owned()), Some(hash)).await;
        assert_eq!(check.unwrap(), Checked::Right);
        // A hash from before passwords were normalised.
        let old = Argon2::default().hash_password(decomposed.as_bytes()).unwrap().to_string();
        let check = passwords.verify(Password::typed(decomposed.to_owned()), Some(old)).await;
        assert_eq!(check.unwrap(), Checked::RightAsTyped);
    }

    #[tokio::test(start_paused = true)]
    async fn excess_sign_ins_are_turned_away() {
        let passwords = Passwords::new(1, Duration::from_secs(1));
        let held = passwords.running.clone().acquire_owned().await.unwrap();
        assert_eq!(passwords.verify(Password::typed("x".to_owned()), None).await, Err(Busy));
        drop(held);
    }
}
