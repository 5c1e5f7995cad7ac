//! Keys by a few words, for whoever jumps to one.

use leptos::prelude::*;

use crate::{arguments::Arguments, error::ApiError, keys::list::found::KeyMatch};

/// How many keys are found at most.
#[cfg(feature = "ssr")]
const MOST: usize = 7;

/// The newest keys that these words find.
#[server(prefix = "/api/console", endpoint = "find_keys", input = Arguments)]
pub async fn find_keys(words: String) -> Result<Vec<KeyMatch>, ApiError> {
    use crate::{keys::to_view, session::context};
    use model::listing::{ListKeys, Rows};
    context::answer(
        async {
            let context = context::expect_context_of_request()?;
            let list = ListKeys { words, rows: Rows::Few, ..ListKeys::default() };
            let found = context.admin.find_keys(context.permit()?, &list).await.map_err(context::closed)?;
            let now = context.admin.clock().now();
            let keys = found.keys.iter().take(MOST);
            Ok(keys.map(|listed| to_view::row(&listed.key, listed.last_use.as_ref(), now).into()).collect())
        }
        .await,
    )
}
