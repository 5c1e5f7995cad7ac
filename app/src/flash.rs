//! What a plain form's POST did, said on the page it leads to: a closed list, carried there by a short-lived cookie that
//! holds no more than a code and, where it can be undone, the key's public id.

use std::borrow::Cow;

use model::id::KeyId;

/// The cookie's name.
pub const FLASH_COOKIE: &str = "keyward_said";

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flash {
    /// A form was saved.
    Saved,
    /// A form that changed nothing was not saved.
    Unchanged,
    /// A key was switched off.
    SwitchedOff(KeyId),
    /// A key was switched on.
    SwitchedOn(KeyId),
    /// A key was archived.
    Archived,
    /// An entry of the settings was saved, and calls with so many keys are refused by it.
    SavedBreaking(i64),
    /// An entry of the settings was deleted.
    Deleted,
    /// A sample set was added: so many entries are new, and so many were there.
    Samples(i64, i64),
    /// The first run's checklist was hidden.
    ChecklistHidden,
    /// Archiving a key was undone.
    Restored,
    /// An archived key was removed.
    Purged,
    /// A job was asked to stop.
    JobStopping,
    /// An identity was switched off, as which so many keys act.
    IdentityOff(i64),
    /// An identity was switched on, as which so many keys act that work.
    IdentityOn(i64),
    /// Somebody may not sign in any more, who owns so many keys that worked.
    Disabled(i64),
    /// Somebody may sign in again, who owns so many keys that work.
    Enabled(i64),
}

impl Flash {
    /// A key was switched.
    pub fn switched(key: KeyId, on: bool) -> Self {
        if on { Self::SwitchedOn(key) } else { Self::SwitchedOff(key) }
    }

    /// For the cookie.
    pub fn to_text(self) -> String {
        match self {
            Self::Saved => "saved".to_owned(),
            Self::Unchanged => "unchanged".to_owned(),
            Self::SwitchedOff(key) => format!("off.{key}"),
            Self::SwitchedOn(key) => format!("on.{key}"),
            Self::Archived => "archived".to_owned(),
            Self::SavedBreaking(keys) => format!("saved_breaking.{keys}"),
            Self::Deleted => "deleted".to_owned(),
            Self::Samples(added, kept) => format!("samples.{added}.{kept}"),
            Self::ChecklistHidden => "checklist_hidden".to_owned(),
            Self::Restored => "restored".to_owned(),
            Self::Purged => "purged".to_owned(),
            Self::JobStopping => "job_stopping".to_owned(),
            Self::IdentityOff(keys) => format!("identity_off.{keys}"),
            Self::IdentityOn(keys) => format!("identity_on.{keys}"),
            Self::Disabled(keys) => format!("disabled.{keys}"),
            Self::Enabled(keys) => format!("enabled.{keys}"),
        }
    }

    /// Reads what [`Flash::to_text`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once('.') {
            Some(("off", key)) => KeyId::parse(key).map(Self::SwitchedOff),
            Some(("on", key)) => KeyId::parse(key).map(Self::SwitchedOn),
            Some(("saved_breaking", keys)) => keys.parse().ok().map(Self::SavedBreaking),
            Some(("identity_off", keys)) => keys.parse().ok().map(Self::IdentityOff),
            Some(("identity_on", keys)) => keys.parse().ok().map(Self::IdentityOn),
            Some(("disabled", keys)) => keys.parse().ok().map(Self::Disabled),
            Some(("enabled", keys)) => keys.parse().ok().map(Self::Enabled),
            Some(("samples", counts)) => {
                let (added, kept) = counts.split_once('.')?;
                Some(Self::Samples(added.parse().ok()?, kept.parse().ok()?))
            }
            Some(_) => None,
            None => [
                Self::Saved,
                Self::Unchanged,
                Self::Archived,
                Self::Restored,
                Self::Purged,
                Self::JobStopping,
                Self::Deleted,
                Self::ChecklistHidden,
            ]
            .into_iter()
            .find(|said| said.to_text() == text),
        }
    }

    /// The sentence for whoever did it.
    pub fn words(self) -> Cow<'static, str> {
        let keys = |keys, one: &'static str, many: &'static str| match keys {
            1 => Cow::from(one),
            keys => many.replace("{}", &keys.to_string()).into(),
        };
        Cow::from(match self {
            Self::Saved => "Saved.",
            Self::Unchanged => "Nothing changed, so nothing was saved.",
            Self::SwitchedOff(_) => "Switched off. It is refused everywhere.",
            Self::SwitchedOn(_) => "Switched on.",
            Self::Archived => "Archived. It is refused from now on.",
            Self::SavedBreaking(broken) => {
                let one = "Saved. Calls with one key are refused by it from now on.";
                return keys(broken, one, "Saved. Calls with {} keys are refused by it from now on.");
            }
            Self::Deleted => "Deleted. Its history stays in the audit.",
            Self::Samples(0, _) => "Nothing was added: all of it is there already.",
            Self::Samples(added, 0) => {
                return keys(added, "Added one entry.", "Added {} entries.");
            }
            Self::Samples(added, _) => {
                let one = "Added one entry. Those that were there already stay as they are.";
                return keys(added, one, "Added {} entries. Those that were there already stay as they are.");
            }
            Self::ChecklistHidden => "Hidden for everyone. About shows it again.",
            Self::Restored => "Brought back. It is as it was before it was archived.",
            Self::JobStopping => "It stops after the step it is at. What was done stays done.",
            Self::Purged => "Deleted for good. Its history stays in the audit.",
            Self::IdentityOff(0) => "Switched off. No key acts as it.",
            Self::IdentityOn(0) => "Switched on. No key acts as it.",
            Self::IdentityOff(stopped) => {
                let one = "Switched off. The one key that acts as it is refused from now on.";
                return keys(stopped, one, "Switched off. The {} keys that act as it are refused from now on.");
            }
            Self::IdentityOn(works) => {
                let one = "Switched on. The one key that acts as it works again.";
                return keys(works, one, "Switched on. The {} keys that act as it work again.");
            }
            Self::Disabled(0) => "Disabled, and signed out. They own no key that works.",
            Self::Enabled(0) => "Enabled. They may sign in again.",
            Self::Disabled(stopped) => {
                let one = "Disabled, and signed out. The one key they own is refused from now on.";
                return keys(stopped, one, "Disabled, and signed out. The {} keys they own are refused from now on.");
            }
            Self::Enabled(works) => {
                let one = "Enabled. The one key they own works again.";
                return keys(works, one, "Enabled. The {} keys they own work again.");
            }
        })
    }

    /// What takes it back: the key, and whether to switch it on.
    pub fn undo(self) -> Option<(KeyId, bool)> {
        match self {
            Self::SwitchedOff(key) => Some((key, true)),
            Self::SwitchedOn(key) => Some((key, false)),
            Self::Saved
            | Self::SavedBreaking(_)
            | Self::Unchanged
            | Self::Archived
            | Self::Restored
            | Self::Deleted
            | Self::Samples(..)
            | Self::ChecklistHidden
            | Self::Purged
            | Self::JobStopping
            | Self::IdentityOff(_)
            | Self::IdentityOn(_)
            | Self::Disabled(_)
            | Self::Enabled(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_read_back_and_nothing_else_is() {
        let key = KeyId::parse("0123456789ABCDEF").unwrap();
        let numbers = [0, 1, 12].into_iter().flat_map(|keys| {
            let people = [Flash::Disabled(keys), Flash::Enabled(keys)];
            people.into_iter().chain([Flash::IdentityOff(keys), Flash::IdentityOn(keys), Flash::SavedBreaking(keys)])
        });
        let others = [
            Flash::Saved,
            Flash::Unchanged,
            Flash::switched(key, false),
            Flash::switched(key, true),
            Flash::Archived,
            Flash::Restored,
            Flash::Deleted,
            Flash::Samples(8, 0),
            Flash::Samples(0, 12),
            Flash::ChecklistHidden,
            Flash::Purged,
            Flash::JobStopping,
        ];
        for said in others.into_iter().chain(numbers) {
            assert_eq!(Flash::parse(&said.to_text()), Some(said));
        }
        for other in [
            "",
            "samples.1",
            "samples.1.x",
            "disabled.x",
            "off",
            "off.x",
            "on.<b>0123456789AB",
            "saved.0123456789ABCDEF",
            "Your session is over",
        ] {
            assert_eq!(Flash::parse(other), None, "{other}");
        }
    }
}
