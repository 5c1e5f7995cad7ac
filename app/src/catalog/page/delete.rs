//! What is asked before an entry of the settings is deleted: no key may use it, archived ones among them.

use leptos::prelude::*;

use crate::{
    catalog::{
        fields::plural,
        page::{asked_id, asked_kind, sent},
        view::DeleteView,
    },
    layout::{head::PageHead, page::Loaded},
    routes,
    ui::{count::keys, fields::FormErrorBanner, icon::Icon},
};

/// `/settings/:kind/:id/delete`.
#[component]
pub(crate) fn DeleteEntry() -> impl IntoView {
    let (code, kind) = asked_kind();
    let (id, current) = (asked_id().unwrap_or_default(), kind.map_or("", routes::settings));
    let (_, errors, failure) = sent();
    let load = crate::catalog::load::ask_delete(code, id.clone());
    let show = move |DeleteView { name, keys: used, query }: DeleteView| {
        kind.map(|kind| {
            let what = kind.words().to_lowercase();
            let above = vec![(current.to_owned(), plural(kind).to_owned())];
            let body = if used > 0 {
                let list = format!("{}?{query}", routes::KEYS);
                view! {
                    <div class="banner warn"><Icon name="warning"/><p><b>{keys(used)}{if used == 1 { " uses it" } else { " use it" }}", archived ones among them."</b>" Take it from them, or delete the archived ones for good, first."</p></div>
                    <div class="row"><a class="btn" href=list>"See the keys"</a><a class="btn quiet" href=routes::entry(kind, &id)>"Back"</a></div>
                }
                .into_any()
            } else {
                view! {
                    <p>"No key uses it. It can be added again at any time; what happened to it stays in the audit."</p>
                    <form class="row" method="post" action=routes::delete_entry(kind, &id)>
                        <button class="btn danger">"Delete "{what}</button>
                        <a class="btn quiet" href=routes::entry(kind, &id)>"Cancel"</a>
                    </form>
                }
                .into_any()
            };
            view! {
                <PageHead title=view! { "Delete "<bdi>{name.clone()}</bdi>"?" } above here=name/>
                <div class="stack ask"><FormErrorBanner fields=Vec::new() errors failure/>{body}</div>
            }
        })
    };
    view! { <Loaded title="Delete" current load show/> }
}
