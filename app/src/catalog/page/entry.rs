//! The form of an entry: for a new one, to edit one, and for whoever may only look.

use leptos::prelude::*;
use model::{catalog::Kind, scope::ALL_ACCESS};

use crate::{
    catalog::{
        fields::{plural, purpose, titles},
        page::{OnOff, Switch, asked_id, asked_kind, cells::Granting, sent, would_break::WouldBreak},
        view::{BreakView, EntryView, Typed},
    },
    error::ApiError,
    form_outcome::FormOutcome,
    keys::view::FieldErrorView,
    layout::{head::PageHead, page::Loaded},
    routes,
    ui::{
        fields::{FormErrorBanner, FormFields},
        icon::Icon,
        time::Moment,
    },
};

/// `/settings/:kind/new`, `/settings/:kind/:id` and `/settings/policy`.
#[component]
pub(crate) fn EntryPage() -> impl IntoView {
    let (code, kind) = asked_kind();
    let title = kind.map_or("Settings", Kind::words);
    let current = kind.map_or("", routes::settings);
    if let (Some(kind), Some(FormOutcome::WouldBreak(typed, found, refused))) = (kind, use_context::<FormOutcome>()) {
        let errors = refused.errors;
        let show = move |view: EntryView| {
            let (typed, found, errors) = (typed.clone(), BreakView::clone(&found), errors.clone());
            view! { <WouldBreak kind view typed found errors/> }
        };
        let load = crate::catalog::load::show_entry(code, asked_id());
        return view! { <Loaded title current load show/> }.into_any();
    }
    let sent = sent();
    let show = move |view: EntryView| kind.map(|kind| view! { <Form kind view sent/> });
    view! { <Loaded title current load=crate::catalog::load::show_entry(code, asked_id()) show/> }.into_any()
}

#[component]
fn Form(kind: Kind, view: EntryView, sent: (Option<Typed>, Vec<FieldErrorView>, Option<ApiError>)) -> impl IntoView {
    let (title, button) = titles(kind, &view);
    let EntryView { id, name, mut fields, generation, made, off, may_write } = view;
    let (typed, errors, failure) = sent;
    // A conflict stays one until the page is loaded again.
    let generation = typed.as_ref().map_or(generation, |typed| typed.generation);
    for field in fields.iter_mut().filter(|field| !field.fixed) {
        if let Some(text) = typed.as_ref().and_then(|typed| typed.fields.get(&field.name)) {
            field.value.clone_from(text);
        }
    }
    let action = match &id {
        Some(id) => routes::entry(kind, id),
        None => routes::new_entry(kind),
    };
    let value = |name: &str| fields.iter().find(|field| field.name == name).map(|field| field.value.clone());
    let gated = value("gate").is_some_and(|gate| gate == "gated");
    let opened = value("opened").unwrap_or_default();
    let again = (failure == Some(ApiError::Conflict)).then(|| action.clone());
    let is_policy = kind == Kind::Policy;
    let badges = (kind == Kind::Scope && id.is_some()).then(|| {
        view! {
            {(name == ALL_ACCESS).then(|| view! { <span class="chip warn"><Icon name="warning"/>"All access"</span> })}
            {gated.then(|| view! { <Granting gated opened/> })}
        }
    });
    let switch = id.clone().filter(|_| kind.can_be_disabled()).map(|id| {
        let action = routes::switch_entry(kind, &id);
        let name = name.clone();
        view! {
            <OnOff off on_words="Active" off_words="Off"/>
            {may_write.then(|| view! { <Switch action name off turn_on="Switch on" turn_off="Switch off"/> })}
        }
    });
    let group = id.clone().filter(|_| kind == Kind::Group).map(|id| {
        view! { <a class="btn" href=routes::keys_of_group(&id)><Icon name="key"/>"Keys"</a> }
    });
    let delete = id.clone().filter(|_| kind.can_be_deleted() && may_write).map(|id| {
        view! { <a class="btn risky" href=routes::delete_entry(kind, &id)>"Delete\u{2026}"</a> }
    });
    let above = if is_policy { Vec::new() } else { vec![(routes::settings(kind).to_owned(), plural(kind).to_owned())] };
    let body = view! {
        <FormErrorBanner fields=fields.clone() errors=errors.clone() failure/>
        {again.map(|again| view! { <p><a class="link" href=again>"See how it is now"</a></p> })}
        {generation.map(|generation| view! { <input type="hidden" name="generation" value=generation.to_string()/> })}
        <FormFields fields errors/>
        {may_write.then(|| view! {
            <div class="row save">
                <button class="btn primary">{button}</button>
                {(!is_policy).then(|| view! { <a class="btn" href=routes::settings(kind)>"Cancel"</a> })}
            </div>
        })}
        {made.filter(|_| !is_policy).map(|(when, by)| view! { <p class="muted small">"Made "<Moment when/>" by "<bdi>{by}</bdi>"."</p> })}
    };
    // To read alone, it is no form.
    let body = if may_write {
        view! { <form class="stack loose ask" method="post" action=action novalidate data-guard="">{body}</form> }
            .into_any()
    } else {
        view! { <div class="stack loose ask">{body}</div> }.into_any()
    };
    view! {
        <PageHead title=view! { <bdi>{title.clone()}</bdi> } above here=title lead=purpose(kind).into_any()>{badges}<span class="row tight end">{switch}{group}{delete}</span></PageHead>
        {body}
    }
}
