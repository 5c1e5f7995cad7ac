//! What one act did to many keys.

use leptos::prelude::*;

use crate::{keys::list::view::BulkDoneView, routes};

/// Keys, each with what became of it.
#[component]
pub(crate) fn BulkResults(of: Vec<BulkDoneView>, done: String) -> impl IntoView {
    let line = |item: BulkDoneView| {
        let became = item.refused.unwrap_or_else(|| format!("Is {done}."));
        view! { <li class="row"><a class="link" href=routes::key(&item.id)><bdi>{item.name}</bdi></a><span class="muted end">{became}</span></li> }
    };
    view! { <ul class="lines">{of.into_iter().map(line).collect_view()}</ul> }
}

/// The form that takes it back.
#[component]
pub(crate) fn UndoBulk(act: String, words: String, ids: Vec<String>) -> impl IntoView {
    let count = ids.len();
    view! {
        <form method="post" action=routes::BULK>
            {ids.into_iter().map(|id| view! { <input type="hidden" name="key" value=id/> }).collect_view()}
            <input type="hidden" name="act" value=act/>
            <input type="hidden" name="sure" value=count/><input type="hidden" name="count" value=count/>
            <button class="btn" name="go" value="1">{words}</button>
        </form>
    }
}
