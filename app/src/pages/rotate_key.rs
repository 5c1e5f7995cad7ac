//! The page that issues a key's successor. Its POST is answered by the page that shows the new secret once.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::{frame::Loaded, new_key::Stored};
use crate::{
    api,
    components::{ErrorText, Icon, Moment, error_of},
    form::{OVERLAPS, RotateForm},
    posted::{Posted, Refused},
    routes,
    view::KeyView,
};

/// `/keys/:id/rotate`.
#[component]
pub(crate) fn RotateKey() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    let (form, refused) = match use_context::<Posted>() {
        Some(Posted::Issued(once)) => return view! { <Stored once/> }.into_any(),
        Some(Posted::Rotate(form, refused)) => (form, refused),
        _ => (RotateForm::default(), Refused::default()),
    };
    let show = move |view: KeyView| view! { <Ask view form refused/> };
    view! { <Loaded title="Rotate a key" current=routes::KEYS load=api::show_key(id) show/> }.into_any()
}

#[component]
fn Ask(view: KeyView, form: RotateForm, refused: Refused) -> impl IntoView {
    let KeyView { row, .. } = view;
    let (id, name) = (row.mask.id, row.name);
    let back = routes::key(&id);
    if !row.status.works() {
        return view! {
            <div class="empty stack center">
                <h1><bdi>{name}</bdi>" does not work, so it cannot be rotated"</h1>
                <p><a class="btn" href=back>"Back to the key"</a></p>
            </div>
        }
        .into_any();
    }
    let error = Signal::stored(error_of(&refused.errors, "overlap"));
    let option = move |(value, words): (&'static str, &'static str)| {
        let checked = value == form.overlap;
        view! { <label><input type="radio" name="overlap" value=value checked=checked/>{words}</label> }
    };
    view! {
        <div class="ask stack">
            <h1>"Rotate "<bdi>{name}</bdi>"?"</h1>
            <ul class="stack tight bullets">
                <li>"A new key with a new secret works at once. It inherits everything the old one has, and as long a life, from now on."</li>
                <li>"The old key works on for the time you choose, so that whoever uses it can change over, and never beyond its own end: "<Moment when=row.expires/>"."</li>
                <li>"You see the new secret once, on the next page."</li>
            </ul>
            {refused.failure.map(|error| view! { <div class="banner bad" role="alert"><Icon name="warning"/><span>{error.to_string()}</span></div> })}
            <form class="stack" method="post" action=routes::rotate_key(&id)>
                <div class="field">
                    <span class="label" id="overlap-label">"The old key stops"</span>
                    <div class="segment" id="overlap" role="radiogroup" aria-labelledby="overlap-label" aria-describedby="overlap-error">
                        {OVERLAPS.map(option)}
                    </div>
                    <ErrorText id="overlap-error".to_owned() error/>
                </div>
                <div class="row">
                    <a class="btn end" href=back>"Cancel"</a>
                    <button class="btn primary"><Icon name="rotate"/>"Rotate key"</button>
                </div>
            </form>
        </div>
    }
    .into_any()
}
