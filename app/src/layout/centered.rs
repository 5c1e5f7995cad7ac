//! The page for whoever is not signed in: the mark, one panel, and nothing that leads into the console.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::layout::page::Mark;

/// The arrangement.
#[component]
pub(crate) fn Centered(
    /// The page's title and heading.
    title: &'static str,
    /// The sentence below the heading.
    #[prop(optional, into)]
    lead: String,
    /// The work.
    children: Children,
) -> impl IntoView {
    view! {
        <Title text=title/>
        <main class="solo" id="main">
            <Wards/>
            <div class="stack loose">
                <header class="stack tight center"><Mark big=true/><h1>{title}</h1>{(!lead.is_empty()).then(|| view! { <p class="muted">{lead}</p> })}</header>
                {children()}
            </div>
        </main>
    }
}

/// The wards of a lock: rings with gaps.
#[component]
fn Wards() -> impl IntoView {
    let rings = [
        (210, "1130 190", 62),
        (270, "1500 196", 232),
        (330, "1870 204", 128),
        (390, "2240 211", 300),
        (450, "2600 228", 20),
    ];
    let ring = |(radius, dashes, turn)| {
        view! { <circle cx="500" cy="500" r=radius stroke-dasharray=dashes transform=format!("rotate({turn} 500 500)")></circle> }
    };
    view! { <svg class="wards" fill="none" stroke-width="1.5" viewBox="0 0 1000 1000" aria-hidden="true">{rings.map(ring).into_iter().collect_view()}</svg> }
}
