//! The people who may sign in, and the form for someone new.

use leptos::prelude::*;
use model::{account::Role, catalog::Kind};

use crate::{
    catalog::{
        page::{
            OnOff, Switch, asked_id, sent,
            stop::{Stop, StopForm},
        },
        view::{FieldView, InputView, PersonRow, StopView, Typed},
    },
    layout::{head::PageHead, page::Loaded},
    routes,
    ui::{
        fields::{FormErrorBanner, FormFields},
        icon::Icon,
        time::Ago,
    },
};

/// `/settings/people`.
#[component]
pub(crate) fn People() -> impl IntoView {
    let (_, errors, failure) = sent();
    let show = move |rows: Vec<PersonRow>| {
        view! {
            <PageHead title="People" lead=view! {
                "Who may sign in to this console. Disabling someone ends their sessions and stops the keys they own; enabling brings both back. Whom keys act as stands under "<a class="link" href=routes::settings(Kind::Identity)>"Identities"</a>"."
            }.into_any()>
                <a class="btn primary end" href=routes::NEW_PERSON><Icon name="plus"/>"Add someone"</a>
            </PageHead>
            <FormErrorBanner fields=Vec::new() errors failure/>
            <div class="table-wrap bleed"><table class="data cards entries" role="table">
                <caption class="hide">"People, those added first on top"</caption>
                <thead role="rowgroup"><tr role="row">
                    <th scope="col" role="columnheader">"Email"</th>
                    <th scope="col" role="columnheader">"Role"</th>
                    <th class="fit" scope="col" role="columnheader">"Added"</th>
                    <th class="fit" scope="col" role="columnheader">"Status"</th>
                    <th class="fit" scope="col" role="columnheader"><span class="hide">"Actions"</span></th>
                </tr></thead>
                <tbody role="rowgroup">{rows.into_iter().map(|row| view! { <Row row/> }).collect_view()}</tbody>
            </table></div>
        }
    };
    view! { <Loaded title="People" current=routes::PEOPLE load=crate::catalog::load::list_people() show/> }
}

/// `/settings/people/:id/switch`: asks before somebody is disabled.
#[component]
pub(crate) fn DisablePerson() -> impl IntoView {
    let show = |view: StopView| {
        let of = Stop {
            list: (routes::PEOPLE, "People"),
            act: "Disable",
            says: "They are signed out and may not sign in. The keys they own are refused everywhere within a second. Enabling them brings both back.",
            name: "Their email",
        };
        view! { <StopForm of view/> }
    };
    let load = crate::catalog::load::stop_person(asked_id().unwrap_or_default());
    view! { <Loaded title="Disable someone" current=routes::PEOPLE load show/> }
}

#[component]
fn Row(row: PersonRow) -> impl IntoView {
    let PersonRow { id, email, role, created, disabled, is_visitor } = row;
    let off = disabled.is_some();
    let action = routes::switch_person(&id);
    view! {
        <tr role="row">
            <th class="c-name" scope="row" role="rowheader"><bdi title=email.clone()>{email.clone()}</bdi></th>
            <td class="c-text" role="cell" data-label="Role">{role}</td>
            <td class="fit" role="cell" data-label="Added"><Ago when=created/></td>
            <td class="c-state fit" role="cell"><OnOff off on_words="Active" off_words="Disabled"/>
                {disabled.map(|when| view! { <span class="sub"><Ago when/></span> })}</td>
            <td class="c-act fit" role="cell">{if is_visitor {
                view! { <span class="muted">"You"</span> }.into_any()
            } else {
                view! { <Switch action name=email off turn_on="Enable" turn_off="Disable"/> }.into_any()
            }}</td>
        </tr>
    }
}

/// `/settings/people/new`.
#[component]
pub(crate) fn NewPerson() -> impl IntoView {
    let (typed, errors, failure) = sent();
    // Loading the list asks whether the visitor may add to it.
    let load = async { crate::catalog::load::list_people().await.map(drop) };
    let show = move |()| {
        let fields = fields(&typed.unwrap_or_default());
        view! {
            <PageHead title="Add someone" above=vec![(routes::PEOPLE.to_owned(), "People".to_owned())] here="Add someone"/>
            <form class="stack loose ask" method="post" action=routes::NEW_PERSON novalidate data-guard="">
                <FormErrorBanner fields=fields.clone() errors=errors.clone() failure/>
                <FormFields fields errors/>
                <div class="row save">
                    <button class="btn primary">"Add"</button>
                    <a class="btn" href=routes::PEOPLE>"Cancel"</a>
                </div>
            </form>
        }
    };
    view! { <Loaded title="Add someone" current=routes::PEOPLE load show/> }
}

fn fields(typed: &Typed) -> Vec<FieldView> {
    let field = |name: &str, label: &str, hint: &str, input: InputView| FieldView {
        name: name.to_owned(),
        label: label.to_owned(),
        hint: hint.to_owned(),
        input,
        value: typed.get(name).to_owned(),
        fixed: false,
    };
    let reach = |role: Role| match role {
        Role::Superadmin => "everything",
        Role::Admin => "keys, and reading the audit",
        Role::Auditor => "reading everything, changing nothing",
        Role::Member => "just their own keys",
    };
    // The least first: it is what is chosen when nothing is.
    let roles = Role::ALL.into_iter().rev();
    let roles = roles.map(|role| (role.code().to_owned(), format!("{role}: {}", reach(role)))).collect();
    vec![
        field("email", "Email", "", InputView::Line),
        field("role", "Role", "", InputView::One(roles)),
        field(
            "password",
            "Password",
            "15 characters or more. Give it to them in person: it is not shown again.",
            InputView::Password,
        ),
    ]
}
