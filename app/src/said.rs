//! What a plain form's POST did, said on the page it leads to: a closed list, carried there by a short-lived cookie that
//! holds no more than a code and, where it can be undone, the key's public id.

use keyward::id::KeyId;

/// The cookie's name.
pub const SAID_COOKIE: &str = "keyward_said";

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// A form was saved.
    Saved,
    /// A key was switched off.
    SwitchedOff(KeyId),
    /// A key was switched on.
    SwitchedOn(KeyId),
    /// A key was archived.
    Archived,
    /// An archived key was removed.
    Purged,
}

impl Said {
    /// A key was switched.
    pub fn switched(key: KeyId, on: bool) -> Self {
        if on { Self::SwitchedOn(key) } else { Self::SwitchedOff(key) }
    }

    /// For the cookie.
    pub fn to_text(self) -> String {
        match self {
            Self::Saved => "saved".to_owned(),
            Self::SwitchedOff(key) => format!("off.{key}"),
            Self::SwitchedOn(key) => format!("on.{key}"),
            Self::Archived => "archived".to_owned(),
            Self::Purged => "purged".to_owned(),
        }
    }

    /// Reads what [`Said::to_text`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once('.') {
            Some(("off", key)) => KeyId::parse(key).map(Self::SwitchedOff),
            Some(("on", key)) => KeyId::parse(key).map(Self::SwitchedOn),
            Some(_) => None,
            None => [Self::Saved, Self::Archived, Self::Purged].into_iter().find(|said| said.to_text() == text),
        }
    }

    /// The sentence for whoever did it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Saved => "Saved.",
            Self::SwitchedOff(_) => "Switched off. It is refused everywhere.",
            Self::SwitchedOn(_) => "Switched on.",
            Self::Archived => "Archived. It is refused from now on.",
            Self::Purged => "Purged. Its history stays in the audit.",
        }
    }

    /// What takes it back: the key, and whether to switch it on.
    pub fn undo(self) -> Option<(KeyId, bool)> {
        match self {
            Self::SwitchedOff(key) => Some((key, true)),
            Self::SwitchedOn(key) => Some((key, false)),
            Self::Saved | Self::Archived | Self::Purged => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_read_back_and_nothing_else_is() {
        let key = KeyId::parse("0123456789ABCDEF").unwrap();
        for said in [Said::Saved, Said::switched(key, false), Said::switched(key, true), Said::Archived, Said::Purged] {
            assert_eq!(Said::parse(&said.to_text()), Some(said));
        }
        for other in ["", "off", "off.x", "on.<b>0123456789AB", "saved.0123456789ABCDEF", "Your session is over"] {
            assert_eq!(Said::parse(other), None, "{other}");
        }
    }
}
