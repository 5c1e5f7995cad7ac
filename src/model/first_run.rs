//! The first run: what stands between a fresh installation and one that can be relied on.

use crate::{account::Action, codes::codes};

codes! {
    /// A step of the first run. Each ticks itself, but for the copy of the master key, which only people know of.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum FirstRunStep {
        /// A key was made.
        FirstKey = "first_key" => "Create the first key",
        /// A call with a key was allowed.
        FirstCall = "first_call" => "See a call allowed",
        /// A gateway asked before it let a call through, or passed the gateway check.
        Gateway = "gateway" => "Guard a gateway",
        /// Two superadmins can sign in.
        SecondSuperadmin = "second_superadmin" => "Add a second superadmin",
        /// Somebody confirmed to have a copy of the master key.
        MasterKeyCopy = "master_key_copy" => "Back up the master key",
    }
}

impl FirstRunStep {
    /// What it takes to do it.
    pub fn action(self) -> Action {
        match self {
            Self::FirstKey | Self::FirstCall => Action::WriteKeys,
            Self::Gateway => Action::CheckGateways,
            Self::SecondSuperadmin => Action::ManageAccounts,
            Self::MasterKeyCopy => Action::ManageSetup,
        }
    }
}
