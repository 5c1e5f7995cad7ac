//! What an edit changes, field by field: said beside the form as it is typed, and once more before it is saved.

use leptos::prelude::*;
use model::key_input::KeyInput;

use crate::keys::{
    fields::{
        called,
        expiry::{NEVER_ENDS, ends},
    },
    form::{KEEP, KeyForm, NEVER, words},
    view::LifeChoice,
};

/// A field that an edit changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// The field's name.
    pub field: &'static str,
    /// Its text before and after; empty of a list.
    pub texts: Option<(String, String)>,
    /// Values that a list gains.
    pub added: Vec<String>,
    /// Values that a list loses.
    pub dropped: Vec<String>,
}

/// The fields of a form, with its end in words; `now` is when the key ends as it is.
pub(crate) fn stated(form: &KeyForm, now: &str, lives: &[LifeChoice]) -> KeyInput {
    let ends = if form.life == KEEP { Some(now.to_owned()) } else { ends(form, lives) };
    KeyInput { expires: ends.unwrap_or_else(|| "a day you pick".to_owned()), ..form.asked() }
}

/// What differs, in the order of the form.
pub(crate) fn changes(before: &KeyInput, after: &KeyInput) -> Vec<FieldChange> {
    let pairs = KeyInput::FIELDS.into_iter().zip(before.pairs().into_iter().zip(after.pairs()));
    let change = |(field, ((name, old), (_, new)))| {
        let model::key_input::InputField { is_list, is_fixed, .. } = field;
        if is_fixed {
            return None;
        }
        let mut change = FieldChange { field: name, texts: None, added: Vec::new(), dropped: Vec::new() };
        if is_list {
            change.added = missing(new, old);
            change.dropped = missing(old, new);
            return (!change.added.is_empty() || !change.dropped.is_empty()).then_some(change);
        }
        let (old, new) = (text(name, old), text(name, new));
        (old != new).then_some(FieldChange { texts: Some((old, new)), ..change })
    };
    pairs.filter_map(change).collect()
}

/// The values of a list that another one lacks.
fn missing(of: &str, from: &str) -> Vec<String> {
    let known = words(from);
    let mut found: Vec<String> = Vec::new();
    for value in words(of) {
        if !known.contains(&value) && !found.iter().any(|other| other == value) {
            found.push(value.to_owned());
        }
    }
    found
}

/// A text as it is compared and shown: browsers send other line breaks, and no box that is not ticked.
fn text(field: &str, value: &str) -> String {
    match value.trim() {
        "" if field == "signed_writes" => "optional".to_owned(),
        "" => "none".to_owned(),
        value => value.replace('\r', ""),
    }
}

/// The changes, each with what was and what will be.
#[component]
pub(crate) fn Changes(of: Vec<FieldChange>) -> impl IntoView {
    let row = |FieldChange { field, texts, added, dropped }| {
        let name = if field == "expires" { "ends" } else { called(field) };
        let is_endless = field == "expires" && texts.as_ref().is_some_and(|(_, after)| after == NEVER);
        let added = added.into_iter().map(|value| view! { <ins translate="no" class="chip code">"+ "{value}</ins> });
        let dropped =
            dropped.into_iter().map(|value| view! { <del translate="no" class="chip code">"\u{2212} "{value}</del> });
        let texts = texts.map(|(old, new)| view! { <del>{old}</del> " \u{2192} " <ins>{new}</ins> });
        view! {
            <dt>{name}</dt>
            <dd>{added.collect_view()}{dropped.collect_view()}{texts} {is_endless.then(|| view! { <p class="is-warn">{NEVER_ENDS}</p> })}</dd>
        }
    };
    view! { <dl class="changes">{of.into_iter().map(row).collect_view()}</dl> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_lists_what_it_changes_and_nothing_else() {
        let was = KeyInput {
            name: "kiosk".to_owned(),
            description: "for\nthe lobby".to_owned(),
            scopes: "a b.read".to_owned(),
            expires: "14 Mar 2027, 14:02 UTC".to_owned(),
            limits: "5/second 9/day".to_owned(),
            signed_writes: "optional".to_owned(),
            ..KeyInput::default()
        };
        let same = KeyInput {
            description: "for\r\nthe lobby ".to_owned(),
            scopes: " b.read, a".to_owned(),
            signed_writes: String::new(),
            tenant: "another".to_owned(),
            ..was.clone()
        };
        assert_eq!(changes(&was, &same), []);
        let other = KeyInput {
            name: "kiosk 2".to_owned(),
            scopes: "a c.read".to_owned(),
            expires: NEVER.to_owned(),
            limits: String::new(),
            role: "guest".to_owned(),
            signed_writes: "required".to_owned(),
            ..was.clone()
        };
        let said: Vec<_> = changes(&was, &other)
            .into_iter()
            .map(|FieldChange { field, texts, added, dropped }| {
                let texts = texts.map(|(old, new)| format!("{old} > {new}")).unwrap_or_default();
                format!("{field} {texts}+{} -{}", added.join(" "), dropped.join(" "))
            })
            .collect();
        assert_eq!(
            said,
            [
                "name kiosk > kiosk 2+ -",
                "scopes +c.read -b.read",
                "expires 14 Mar 2027, 14:02 UTC > never+ -",
                "role none > guest+ -",
                "limits + -5/second 9/day",
                "signed_writes optional > required+ -",
            ]
        );
    }

    #[test]
    fn a_form_states_when_its_key_ends() {
        let lives = [LifeChoice { days: 7, ends: "29 Nov 2026, 12:00 UTC".to_owned() }];
        for (life, expected) in
            [(KEEP, "soon"), ("7", "29 Nov 2026, 12:00 UTC"), (NEVER, "never"), ("x", "a day you pick")]
        {
            let form = KeyForm { life: life.to_owned(), ..KeyForm::default() };
            assert_eq!(stated(&form, "soon", &lives).expires, expected, "{life}");
        }
    }
}
