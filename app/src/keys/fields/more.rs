//! What few keys need, folded to one line each that says what is chosen.

use leptos::prelude::*;

use crate::{
    browser,
    keys::{
        fields::{
            Draft,
            controls::{Choose, Line, Lines},
            invalid,
            limits::{Quota, RateLimits},
            of,
        },
        form::{KeyForm, words},
    },
    ui::{field::ErrorText, icon::Icon},
};

/// Whom it belongs to and acts as, where it works from, how much, and what it looks like.
#[component]
pub(crate) fn More(
    draft: Draft,
    /// Whether whom it acts as is signed into it.
    #[prop(optional)]
    is_signed: bool,
) -> impl IntoView {
    let groups =
        draft.view.with_value(|view| view.groups.iter().map(|one| (one.tenant.clone(), one.name.clone())).collect());
    let identities = draft.view.with_value(|view| view.identities.clone());
    let subject_hint = if is_signed {
        "This is signed into the JWT. Rotate the key to change it."
    } else {
        "The identity that services see. The key stops when that identity is switched off."
    };
    view! {
        <fieldset class="section stack">
            <legend>"More"</legend>
            <Fold draft title="Group and identity" fields=&["group", "acts_as", "role"] says=whom>
                <Choose draft id="group" label="Group" hint="Keys that are listed and archived together." nothing="None"
                    value=draft.was(|form| &form.input.group) choices=groups/>
                <Line draft id="acts_as" label="Acts as" hint=subject_hint optional=true readonly=is_signed list="identities"
                    value=draft.was(|form| &form.input.acts_as)/>
                <datalist id="identities">
                    {identities.into_iter().map(|one| view! { <option value=one.name>{one.tenant}</option> }).collect_view()}
                </datalist>
                <Line draft id="role" label="Role" hint="The role it acts in, in your services' words." optional=true
                    value=draft.was(|form| &form.input.role)/>
            </Fold>
            <Fold draft title="Labels" fields=&["labels"] says=labels>
                <Lines draft id="labels" label="Labels" mono=true value=draft.was(|form| &form.input.labels)
                    hint="What you want to find it by, such as env=prod, one a line. Services are told them with the key."/>
            </Fold>
            <Fold draft title="Addresses" fields=&["addresses"] says=from>
                <Lines draft id="addresses" label="Allowed addresses" mono=true value=draft.was(|form| &form.input.addresses)
                    hint="Addresses and networks, such as 192.0.2.7 or 10.0.0.0/8, one a line. Empty means that it is not limited to addresses."/>
                <MyAddress draft/>
            </Fold>
            <Fold draft title="Limits" fields=&["limits", "quota"] says=limits>
                <RateLimits draft/>
                <Quota draft/>
            </Fold>
            <Fold draft title="Signed writes" fields=&["signed_writes"] says=writes>
                <SignedWrites draft/>
            </Fold>
            <Fold draft title="Metadata" fields=&["metadata"] says=metadata>
                <Lines draft id="metadata" label="Metadata" mono=true value=draft.was(|form| &form.input.metadata)
                    hint="A JSON object that services are told with the key, such as {\"site\": \"north\"}."/>
            </Fold>
            {(!draft.is_edit).then(|| view! { <Fold draft title="Type" fields=&["form"] says=shape><Shape draft/></Fold> })}
        </fieldset>
    }
}

/// Fields behind one line. It opens when one of them has to be mended, and only its reader closes it.
#[component]
fn Fold(
    draft: Draft,
    title: &'static str,
    fields: &'static [&'static str],
    /// What is chosen, in a few words.
    says: fn(&KeyForm) -> String,
    children: Children,
) -> impl IntoView {
    let is_bad = move || draft.errors.with(|errors| errors.iter().any(|error| fields.contains(&of(&error.field))));
    let open = Memo::new(move |was: Option<&bool>| was.is_some_and(|was| *was) || is_bad());
    view! {
        <details class="fold" open=move || open.get()>
            <summary class="row"><Icon name="chevron"/><b>{title}</b><span class="muted end">{move || draft.typed.with(says)}</span></summary>
            <div class="stack">{children()}</div>
        </details>
    }
}

/// Where the visitor comes from, to be added with a press or by hand.
#[component]
fn MyAddress(draft: Draft) -> impl IntoView {
    draft.view.with_value(|view| view.address.clone()).map(|address| {
        let mine = address.clone();
        let add = move |_| {
            browser::add_line("#addresses", &mine);
            draft.follow();
        };
        view! {
            <div class="row">
                <span class="muted">"You come from "<code translate="no">{address}</code>"."</span>
                <button class="btn scripted" type="button" on:click=add><Icon name="plus"/>"Add my address"</button>
            </div>
        }
    })
}

#[component]
fn SignedWrites(draft: Draft) -> impl IntoView {
    let error = draft.error("signed_writes");
    let ticked = draft.was(|form| &form.input.signed_writes) == "required";
    view! {
        <div class="field">
            <label class="row nowrap tick">
                <input type="checkbox" id="signed_writes" name="signed_writes" value="required" checked=ticked
                    aria-describedby="signed_writes-hint signed_writes-error" aria-invalid=invalid(error)/>
                "Writes need a signature"
            </label>
            <span class="muted" id="signed_writes-hint">
                "Then the key alone only reads: a write also carries a signature of its request (RFC 9421)."
            </span>
            <ErrorText id="signed_writes-error".to_owned() error/>
        </div>
    }
}

#[component]
fn Shape(draft: Draft) -> impl IntoView {
    let error = draft.error("form");
    let chosen = draft.was(|form| &form.input.form);
    let option = |(value, words): (&'static str, &'static str)| {
        let checked = chosen == value || (chosen.is_empty() && value == "token");
        view! { <label><input type="radio" name="form" value=value checked=checked/>{words}</label> }
    };
    view! {
        <div class="field">
            <div class="segment" id="form" role="radiogroup" aria-label="Type" aria-describedby="form-hint form-error"
                aria-invalid=invalid(error)>{[("token", "Token"), ("jwt", "JWT")].map(option)}</div>
            <span class="muted" id="form-hint">
                "Services ask Keyward about a token at every call. A JWT they can also check offline; an offline check does not see that the key was archived or switched off, where it may be used from, or its limits. What is signed into it, its scopes, its identity and its end, changes only by rotation."
            </span>
            <ErrorText id="form-error".to_owned() error/>
        </div>
    }
}

fn whom(form: &KeyForm) -> String {
    let said = [("in ", &form.input.group), ("as ", &form.input.acts_as), ("role ", &form.input.role)];
    let said = said.into_iter().filter(|(_, name)| !name.trim().is_empty());
    let said: Vec<_> = said.map(|(word, name)| format!("{word}{}", name.trim())).collect();
    if said.is_empty() { "none".to_owned() } else { said.join(", ") }
}

/// From how many addresses a key may be used.
pub(crate) fn from(form: &KeyForm) -> String {
    match words(&form.input.addresses).len() {
        0 => "not limited".to_owned(),
        1 => "1 address or network".to_owned(),
        count => format!("{count} addresses and networks"),
    }
}

fn labels(form: &KeyForm) -> String {
    let all = words(&form.input.labels);
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

fn limits(form: &KeyForm) -> String {
    let all = format!("{} {}", form.input.limits, form.input.quota);
    let all = words(&all);
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

fn writes(form: &KeyForm) -> String {
    if form.input.signed_writes == "required" { "required" } else { "not required" }.to_owned()
}

fn metadata(form: &KeyForm) -> String {
    if form.input.metadata.trim().is_empty() { "none" } else { "some" }.to_owned()
}

fn shape(form: &KeyForm) -> String {
    if form.input.form == "jwt" { "JWT" } else { "token" }.to_owned()
}

#[cfg(test)]
mod tests {
    use model::key_input::KeyInput;

    use super::*;

    #[test]
    fn a_folded_part_says_what_is_chosen() {
        let empty = KeyForm::default();
        assert_eq!(
            [
                whom(&empty),
                labels(&empty),
                from(&empty),
                limits(&empty),
                writes(&empty),
                metadata(&empty),
                shape(&empty)
            ],
            ["none", "none", "not limited", "none", "not required", "none", "token"]
        );
        let text = str::to_owned;
        let full = KeyForm {
            input: KeyInput {
                group: text("kiosks"),
                role: text(" guest "),
                labels: text("env=prod\nteam=kiosk"),
                addresses: text("192.0.2.7\n10.0.0.0/8"),
                limits: text("10/second, 100/minute"),
                quota: text("5/day"),
                signed_writes: text("required"),
                metadata: text("{}"),
                form: text("jwt"),
                ..KeyInput::default()
            },
            ..empty
        };
        assert_eq!(
            [whom(&full), labels(&full), from(&full), limits(&full), writes(&full), metadata(&full), shape(&full)],
            [
                "in kiosks, role guest",
                "env=prod, team=kiosk",
                "2 addresses and networks",
                "10/second, 100/minute, 5/day",
                "required",
                "some",
                "JWT"
            ]
        );
    }
}
