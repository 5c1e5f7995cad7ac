//! The audit: what happened, newest first.

use leptos::prelude::*;

use super::frame::Loaded;
use crate::{
    api,
    components::{Ago, Icon, Moment},
    query::query,
    routes,
    view::{AuditView, EventView},
};

/// `/audit`.
#[component]
pub(crate) fn Audit() -> impl IntoView {
    let before = query("before").and_then(|before| before.parse().ok());
    let show = move |view: AuditView| view! { <Events view paged=before.is_some()/> };
    view! { <Loaded title="Audit" current=routes::AUDIT load=api::list_audit(before) show/> }
}

#[component]
fn Events(view: AuditView, paged: bool) -> impl IntoView {
    let older = view.next.map(|next| format!("{}?before={next}", routes::AUDIT));
    let empty = view.events.is_empty();
    view! {
        <div class="row page-head"><h1>"Audit"</h1></div>
        <p class="muted lead">"Every change, in a chain where each event seals the one before. "<code>"keyward audit verify"</code>" on the server says whether it is whole."</p>
        {if empty {
            view! { <div class="empty center"><p class="muted">"Nothing happened here yet."</p></div> }.into_any()
        } else {
            view! {
                <div class="table-wrap bleed"><table class="data cards events" role="table">
                    <caption class="hide">"Events, newest first"</caption>
                    <thead role="rowgroup"><tr role="row">
                        <th class="fit num" scope="col" role="columnheader"><abbr title="Number in the chain">"#"</abbr></th>
                        <th scope="col" role="columnheader">"What"</th>
                        <th scope="col" role="columnheader">"To what"</th>
                        <th scope="col" role="columnheader">"Who"</th>
                        <th class="fit" scope="col" role="columnheader">"When"</th>
                        <th scope="col" role="columnheader">"Details"</th>
                    </tr></thead>
                    <tbody role="rowgroup">{view.events.into_iter().map(|event| view! { <Row event/> }).collect_view()}</tbody>
                </table></div>
            }.into_any()
        }}
        <div class="row pager"><span class="row end">
            {paged.then(|| view! { <a class="btn" href=routes::AUDIT>"Newest"</a> })}
            {older.map(|older| view! { <a class="btn" href=older rel="next">"Older"</a> })}
        </span></div>
    }
}

#[component]
fn Row(event: EventView) -> impl IntoView {
    let (icon, tone) = match event.verb.as_str() {
        "key.issue" | "entry.create" | "user.create" => ("plus", "status ok"),
        "key.archive" => ("archive", "status"),
        "entry.disable" | "user.disable" => ("stop", "status warn"),
        "entry.enable" | "user.enable" => ("ok", "status ok"),
        verb if verb.starts_with("user.") => ("user", "status"),
        _ => ("edit", "status"),
    };
    let detail = |(label, value): (String, String)| {
        view! { <span class="chip"><span class="muted">{label}</span>" "<bdi>{value}</bdi></span> }
    };
    view! {
        <tr role="row">
            <td class="c-seq fit num muted" role="cell">{event.seq}</td>
            <td class="c-what" role="cell"><span class=tone><Icon name=icon/>{event.what}</span></td>
            <td class="c-target" role="cell">{match event.href {
                Some(href) => view! { <a class="link" href=href title=event.target.clone()><bdi>{event.target.clone()}</bdi></a> }.into_any(),
                None => view! { <bdi>{event.target}</bdi> }.into_any(),
            }}</td>
            <td class="c-who" role="cell"><bdi title=event.actor.clone()>{event.actor.clone()}</bdi></td>
            <td class="c-when fit" role="cell"><Moment when=event.at.clone()/><span class="sub"><Ago when=event.at/></span></td>
            <td class="c-detail" role="cell"><span class="row tight">{event.detail.into_iter().map(detail).collect_view()}</span></td>
        </tr>
    }
}
