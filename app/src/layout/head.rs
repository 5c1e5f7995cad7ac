//! The head of a page: the pages above it, its heading with what stands beside it, and a sentence about it.

use leptos::prelude::*;

use crate::{document::Document, routes};

/// A page above another one: its address and its name.
pub(crate) type Above = (String, String);

/// The list of keys, as it was looked at last.
pub(crate) fn above_keys() -> Above {
    let list = use_context::<Document>().map_or_else(|| routes::KEYS.to_owned(), |document| document.list);
    (list, "Keys".to_owned())
}

/// The page of a key.
pub(crate) fn above_key(id: &str, name: &str) -> Above {
    (routes::key(id), name.to_owned())
}

/// The head; every page of the frame begins with it.
#[component]
pub(crate) fn PageHead(
    /// The heading.
    title: impl IntoView + 'static,
    /// The pages above this one, the outermost first.
    #[prop(optional)]
    above: Vec<Above>,
    /// What this page is called below them.
    #[prop(optional, into)]
    here: String,
    /// The sentence.
    #[prop(optional)]
    lead: Option<AnyView>,
    /// The heading's id.
    #[prop(optional)]
    id: Option<&'static str>,
    /// Whether the heading has the focus when the page appears.
    #[prop(optional)]
    is_focused: bool,
    /// What stands beside the heading: states, counts, and at the end what can be done.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let crumb = |(href, name): Above| view! { <a href=href><bdi>{name}</bdi></a><span aria-hidden="true">"/"</span> };
    let crumbs = (!above.is_empty()).then(|| {
        view! {
            <nav class="row muted" aria-label="Breadcrumb">
                {above.into_iter().map(crumb).collect_view()}<span aria-current="page"><bdi>{here}</bdi></span>
            </nav>
        }
    });
    view! {
        <header class="page-head">
            {crumbs}
            <div class="row"><h1 id=id tabindex=is_focused.then_some("-1") autofocus=is_focused>{title}</h1>{children.map(|children| children())}</div>
            {lead.map(|lead| view! { <p class="muted lead">{lead}</p> })}
        </header>
    }
}
