//! Who may use a route.

use model::{account::Action, catalog::Kind};

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anyone with a browser.
    Anyone,
    /// Whoever is signed in; others are led to sign in.
    SignedIn,
    /// Whoever is signed in and may do this; others are told who may, before anything else is asked.
    May(Action),
    /// The same for what changing the `{kind}` in the path takes.
    MayChangeKind,
    /// The handler itself authorises and answers: server functions.
    Itself,
    /// Machines, with a key, except for what is published; no cookies.
    Machine,
    /// Files.
    File,
}

impl Access {
    /// What a signed-in visitor needs for a path of this access, if anything.
    pub fn action(self, path: &str) -> Option<Action> {
        match self {
            Self::May(action) => Some(action),
            Self::MayChangeKind => path.split('/').nth(2).and_then(Kind::parse).map(Kind::action),
            Self::Anyone | Self::SignedIn | Self::Itself | Self::Machine | Self::File => None,
        }
    }
}
