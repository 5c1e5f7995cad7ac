//! Where the secret is while it is shown.

use leptos::prelude::*;

use crate::issued_secret::IssuedSecret;

/// Where the secret is while it is shown.
pub(super) type Held = RwSignal<Option<IssuedSecret>>;
