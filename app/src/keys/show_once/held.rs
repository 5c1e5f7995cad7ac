//! Where the secret is while it is shown.

use leptos::prelude::*;

use crate::keys::issued_secret::IssuedSecret;

/// Where the secret is while it is shown.
pub(crate) type Held = RwSignal<Option<IssuedSecret>>;
