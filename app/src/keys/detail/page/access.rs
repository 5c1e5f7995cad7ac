//! What a key may do, from where and how often.

use leptos::prelude::*;

use crate::{
    keys::view::SpecView,
    routes,
    ui::{count::grouped, key::Scopes},
};

/// All that decides whether a call passes, and what services are told.
#[component]
pub(crate) fn Access(id: String, scopes: Vec<String>, all_access: bool, spec: SpecView) -> impl IntoView {
    let SpecView {
        acts_as,
        role,
        labels,
        all_access_reason,
        addresses,
        limits,
        quota,
        metadata,
        form,
        signed_writes,
        series: (series, generations),
        ..
    } = spec;
    let chips = |of: Vec<String>, none: &'static str| match of.as_slice() {
        [] => none.into_any(),
        all => view! { <Scopes of=of.clone() shown=all.len()/> }.into_any(),
    };
    let limits: Vec<_> = limits.into_iter().chain((!quota.is_empty()).then_some(quota)).collect();
    let acts_as = acts_as.map_or_else(|| "itself".to_owned(), |subject| subject.name);
    view! {
        <dl class="facts">
            <dt>"Scopes"</dt><dd class="wrapped">{chips(scopes, "none")}</dd>
            {all_access.then(|| view! { <dt>"All access"</dt><dd class="prose">{all_access_reason}</dd> })}
            <dt>"Acts as"</dt><dd><bdi>{acts_as}</bdi>{(!role.is_empty()).then(|| view! { ", in role "<bdi>{role}</bdi> })}</dd>
            {(!labels.is_empty()).then(|| view! { <dt>"Labels"</dt><dd class="wrapped">{chips(labels, "none")}</dd> })}
            <dt>"Works from"</dt><dd class="wrapped">{chips(addresses, "Not limited to addresses")}</dd>
            <dt>"Limits"</dt><dd class="wrapped">{chips(limits, "none")}</dd>
            <dt>"Writes"</dt><dd>{if signed_writes { "need a signature" } else { "need no signature" }}", "<a class="link" href=routes::signing_keys(&id)>"Signing keys"</a></dd>
            <dt>"Type"</dt><dd>{form}</dd>
            {(!metadata.is_empty()).then(|| view! { <dt>"Metadata"</dt><dd><code translate="no" class="prose">{metadata}</code></dd> })}
            {spec.rotated_from.map(|before| view! {
                <dt>"Replaces"</dt><dd><a class="link" href=routes::key(&before)><code translate="no">{before.clone()}</code></a></dd>
            })}
            {(generations > 1).then(|| view! {
                <dt>"Series"</dt><dd><a class="link" href=format!("{}?series={series}&status=any", routes::KEYS)>{grouped(generations)}" generations"</a></dd>
            })}
            {(!spec.docs.is_empty()).then(|| view! {
                <dt>"Its API"</dt><dd><a class="link" href=spec.docs.clone() target="_blank" rel="noreferrer">"API documentation"</a></dd>
            })}
        </dl>
    }
}
