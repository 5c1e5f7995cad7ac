//! The page that archives a key, for browsers without JavaScript; with it, the same happens in a dialog.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use crate::{
    form_outcome::{FormErrors, FormOutcome},
    keys::{archive::fields::ArchiveFields, form::ArchiveForm, view::ImpactView},
    layout::{
        head::{PageHead, above_key, above_keys},
        page::Loaded,
    },
    routes,
    ui::{field::error_of, icon::Icon},
};

/// `/keys/:id/archive`.
#[component]
pub(crate) fn ArchiveKey() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    let (form, errors, failure) = match use_context::<FormOutcome>() {
        Some(FormOutcome::Archive(form, FormErrors { errors, failure })) => (form, errors, failure),
        _ => (ArchiveForm::default(), Vec::new(), None),
    };
    let show = move |impact: ImpactView| {
        let back = routes::key(&impact.id);
        let name = impact.name.clone();
        if impact.archived {
            return view! {
                <div class="empty stack center">
                    <h1><bdi>{name}</bdi>" is archived already"</h1>
                    <p><a class="btn" href=back>"Back to the key"</a></p>
                </div>
            }
            .into_any();
        }
        let above = vec![above_keys(), above_key(&impact.id, &name)];
        let error = Signal::stored(error_of(&errors, "confirm"));
        let action = routes::archive_key(&impact.id);
        view! {
            <PageHead title=view! { "Archive "<bdi>{name}</bdi>"?" } above here="Archive" lead="It stops at once on this node and within a second on every other. You can undo it for 10 minutes, unless the key is compromised; then it is final.".into_any()/>
            <div class="ask stack">
                {failure.map(|error| view! { <div class="banner bad" role="alert"><Icon name="warning"/><span>{error.to_string()}</span></div> })}
                <form class="stack" method="post" action=action>
                    <ArchiveFields impact form error/>
                    <div class="row">
                        <a class="btn end" href=back>"Cancel"</a>
                        <button class="btn danger"><Icon name="archive"/>"Archive key"</button>
                    </div>
                </form>
            </div>
        }
        .into_any()
    };
    view! { <Loaded title="Archive a key" current=routes::KEYS load=crate::keys::archive::act::archive_impact(id) show/> }
}
