//! Where the secret is while it is shown.

use leptos::prelude::*;

use crate::once::Once;

/// Where the secret is while it is shown.
pub(super) type Held = RwSignal<Option<Once>>;
