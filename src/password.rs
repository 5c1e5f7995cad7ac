//! Passwords: which are accepted, and how they are hashed without letting a flood of sign-ins take the machine.

use std::{sync::Arc, time::Duration};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// The fewest characters (NIST SP 800-63B-4, a password as the only factor).
pub const MIN_LENGTH: usize = 15;
/// The most characters: what lies beyond is refused before it is hashed.
pub const MAX_LENGTH: usize = 128;

/// A password as typed. Wiped when dropped; never printed.
pub struct Password(Zeroizing<String>);

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
    /// What someone typed to sign in; only its size is looked at.
    pub fn typed(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// A new password, held against the rules. `email` may not be the heart of it.
    pub fn chosen(text: String, email: &str) -> Result<Self, PasswordError> {
        let password = Self::typed(text);
        let length = password.0.chars().count();
        if length < MIN_LENGTH {
            Err(PasswordError::TooShort)
        } else if length > MAX_LENGTH {
            Err(PasswordError::TooLong)
        } else if is_common(&password.0, email) {
            Err(PasswordError::Common)
        } else {
            Ok(password)
        }
    }

    fn is_oversized(&self) -> bool {
        self.0.len() > MAX_LENGTH * 4
    }
}

/// Words that the passwords tried first are made of.
const COMMON_WORDS: [&str; 24] = [
    "password",
    "passwort",
    "letmein",
    "welcome",
    "qwerty",
    "qwertz",
    "azerty",
    "asdfgh",
    "zxcvbn",
    "admin",
    "administrator",
    "iloveyou",
    "changeme",
    "secret",
    "monkey",
    "dragon",
    "football",
    "baseball",
    "superman",
    "sunshine",
    "princess",
    "trustno1",
    "keyward",
    "default",
];

/// Whether little is left of it once common words, runs (`abcd`, `4321`, `aaaa`) and the mail address are taken out.
fn is_common(password: &str, email: &str) -> bool {
    let mut rest = password.to_lowercase();
    let own = email.split(['@', '.']).filter(|part| part.len() > 2).map(str::to_lowercase);
    for word in COMMON_WORDS.iter().map(ToString::to_string).chain(own) {
        rest = rest.replace(&word, "\u{1}");
    }
    // A character counts when it is not the same as, or the neighbour of, the one before.
    let mut before = '\0';
    let counted = rest.chars().filter(|c| c.is_alphanumeric()).filter(|c| {
        let step = (*c as u32).abs_diff(before as u32);
        before = *c;
        step > 1
    });
    let different: std::collections::BTreeSet<char> = counted.collect();
    different.len() < 6
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
            Argon2::default().hash_password(password.0.as_bytes()).expect("argon2 hashes up to 4 GiB").to_string()
        };
        self.run(hash).await
    }

    /// Checks a password against a PHC string. Without one (an unknown user) it does the same work and says no.
    pub async fn verify(&self, password: Password, hash: Option<String>) -> Result<bool, Busy> {
        if password.is_oversized() {
            return Ok(false);
        }
        let (known, hash) = (hash.is_some(), hash.unwrap_or_else(|| self.nobody.to_string()));
        let check = move || {
            let matches = PasswordHash::new(&hash)
                .is_ok_and(|hash| Argon2::default().verify_password(password.0.as_bytes(), &hash).is_ok());
            matches && known
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
        let long = "correct horse battery staple ".repeat(5);
        for (typed, expected) in [
            ("correct horse battery", None),
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
        assert!(passwords.verify(typed("correct horse battery"), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify(typed("correct horse batterx"), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify(typed("nobody has this password"), None).await.unwrap());
        assert!(!passwords.verify(typed(&"x".repeat(10_000)), Some(hash)).await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn excess_sign_ins_are_turned_away() {
        let passwords = Passwords::new(1, Duration::from_secs(1));
        let held = passwords.running.clone().acquire_owned().await.unwrap();
        assert_eq!(passwords.verify(Password::typed("x".to_owned()), None).await, Err(Busy));
        drop(held);
    }
}
