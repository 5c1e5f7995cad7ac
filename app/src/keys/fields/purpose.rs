//! What a key is for, who answers for it, and where it belongs; and the templates one can begin with.

use leptos::{ev, prelude::*};

use crate::{
    browser,
    keys::{
        fields::{
            Draft,
            controls::{Choose, Line, Lines},
        },
        view::TemplateChoice,
    },
    routes,
};

/// What the key is for, who answers for it, and where it belongs.
#[component]
pub(crate) fn Purpose(draft: Draft, #[prop(optional)] children: Option<Children>) -> impl IntoView {
    let (may_choose_owner, (held, most), tenants) = draft.view.with_value(|view| {
        let tenants: Vec<_> = view.tenants.iter().map(|tenant| (String::new(), tenant.name.clone())).collect();
        (view.may_choose_owner, view.holding, tenants)
    });
    let rule = if may_choose_owner {
        "Who answers for it: a person, a team or a service."
    } else {
        "Your role makes keys of your own only."
    };
    let owner_hint = format!("{rule} You hold {held} of {most} live keys.");
    let tenant = draft.tenant().get_untracked();
    view! {
        <fieldset class="section stack">
            <legend>"What it is for"</legend>
            {children.map(|children| children())}
            <Line draft id="name" label="Name" hint="What you will look for in the list in a year." value=draft.was(|form| &form.input.name)/>
            <Lines draft id="description" label="Description" hint="What uses it, and where." value=draft.was(|form| &form.input.description)/>
            <Line draft id="owner" label="Owner" hint=owner_hint value=draft.was(|form| &form.input.owner) readonly=!may_choose_owner/>
            {(!draft.is_edit && tenants.len() > 1).then(|| view! {
                <Choose draft id="tenant" label="Tenant" hint="It works only there." value=tenant choices=tenants/>
            })}
        </fieldset>
    }
}

/// The templates one can begin with: links, which tick the boxes of a form that lives.
#[component]
pub(crate) fn Templates(draft: Draft) -> impl IntoView {
    let templates = StoredValue::new(draft.view.with_value(|view| view.templates.clone()));
    let chosen = RwSignal::new(draft.was(|form| &form.template));
    let pick = move |event: ev::MouseEvent, id: &str| {
        let required = templates.with_value(|all| {
            all.iter().find(|template| template.id == id).map(|template| template.required.clone()).unwrap_or_default()
        });
        // A scope that has no box of its own is typed by the page that the link leads to.
        let is_boxed = |scope: &String| browser::boxes::count(&format!("[name=scope][value=\"{scope}\"]")) > 0;
        let boxed = required.iter().all(is_boxed);
        if browser::is_plain(&event) && boxed {
            event.prevent_default();
            chosen.set(id.to_owned());
            browser::tick("[name=scope]:enabled", &required);
            draft.follow();
        }
    };
    let link = move |id: String, name: String| {
        let href =
            if id.is_empty() { routes::NEW_KEY.to_owned() } else { format!("{}?template={id}", routes::NEW_KEY) };
        let (here, there) = (id.clone(), id);
        view! {
            <a href=href aria-current=move || chosen.with(|chosen| *chosen == here).then_some("true")
                on:click=move |event| pick(event, &there)>{name}</a>
        }
    };
    let links = templates
        .with_value(|all| all.iter().map(|template| link(template.id.clone(), template.name.clone())).collect_view());
    let says = move || {
        chosen.with(|chosen| templates.with_value(|all| all.iter().find(|one| one.id == *chosen).cloned())).map(about)
    };
    templates.with_value(|all| !all.is_empty()).then(|| view! {
        <div class="field">
            <span class="label" id="template">"Template"</span>
            <div class="segment" role="group" aria-labelledby="template">{link(String::new(), "Blank".to_owned())}{links}</div>
            <input type="hidden" name="template" prop:value=move || chosen.get() value=chosen.get_untracked()/>
            {move || match says() {
                Some(says) => says,
                None => view! { <span class="muted">"A template ticks the scopes that an application needs; you can change them below."</span> }.into_any(),
            }}
        </div>
    })
}

fn about(template: TemplateChoice) -> AnyView {
    let chips = |scopes: Vec<String>| {
        scopes
            .into_iter()
            .map(|scope| view! { <span translate="no" class="chip code">{scope}</span> " " })
            .collect_view()
    };
    let TemplateChoice { description, required, optional, .. } = template;
    view! {
        <div class="muted stack tight">
            {(!description.is_empty()).then(|| view! { <p>{description}</p> })}
            <p>"It needs "{chips(required)}", which are ticked below."
                {(!optional.is_empty()).then(|| view! { " It can also use "{chips(optional)}": tick what you want." })}</p>
        </div>
    }
    .into_any()
}
