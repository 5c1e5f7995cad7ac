//! The fields of a key's form, which making and editing a key share. They keep what is typed themselves, as any form
//! does; the island around them reads them all at once.

pub(crate) mod controls;
pub(crate) mod expiry;
pub(crate) mod field_errors;
pub(crate) mod limits;
pub(crate) mod more;
pub(crate) mod purpose;
#[cfg(feature = "ssr")]
pub(crate) mod scope_table;
pub(crate) mod scopes;

use leptos::{ev, html, prelude::*};

use crate::{
    browser,
    keys::{
        form::{DATE, DAYS, KeyForm},
        view::{FieldErrorView, NewKeyView},
    },
    ui::field::error_of,
};

/// How a sentence names a field.
pub(crate) fn called(field: &'static str) -> &'static str {
    match field {
        "all_access_reason" => "why it opens everything",
        "expires" => "how long it lives",
        "acts_as" => "acts as",
        "limits" => "rate limits",
        "signed_writes" => "signed writes",
        other => other,
    }
}

/// The field that a control of this name, or a mistake at a row of it, belongs to.
pub(crate) fn of(control: &str) -> &str {
    match control {
        "scope" => "scopes",
        "quota_per" => "quota",
        limits if limits.starts_with("limits") => "limits",
        "life" | DAYS | DATE => "expires",
        other => other,
    }
}

/// The selector of the control that mends a field.
pub(crate) fn control(field: &str, form: &KeyForm) -> String {
    match field {
        "scopes" if form.input.scopes.is_empty() => "[name=scope]:enabled, #scopes".to_owned(),
        "expires" if form.life == DATE => "#date".to_owned(),
        "expires" if form.life == DAYS => "#days".to_owned(),
        "limits" => "[name=limits][aria-invalid=true]".to_owned(),
        "expires" | "form" => format!("#{field} :checked"),
        field => format!("#{field}"),
    }
}

/// What all parts of the form share.
#[derive(Clone, Copy)]
pub(crate) struct Draft {
    /// What can be chosen.
    pub(crate) view: StoredValue<NewKeyView>,
    /// The form as the page came with it.
    pub(crate) form: StoredValue<KeyForm>,
    /// The form as it is now.
    pub(crate) typed: RwSignal<KeyForm>,
    /// What has to be mended.
    pub(crate) errors: RwSignal<Vec<FieldErrorView>>,
    /// The form's element.
    pub(crate) node: NodeRef<html::Form>,
    /// Whether there is a key already: what it holds stays open to it, and where it belongs stays.
    pub(crate) is_edit: bool,
}

impl Draft {
    /// A form with this in it.
    pub(crate) fn new(view: NewKeyView, form: KeyForm, errors: Vec<FieldErrorView>, is_edit: bool) -> Self {
        Self {
            view: StoredValue::new(view),
            form: StoredValue::new(form.clone()),
            typed: RwSignal::new(form),
            errors: RwSignal::new(errors),
            node: NodeRef::new(),
            is_edit,
        }
    }

    /// Reads the fields, as the browser has them.
    pub(crate) fn read(self) -> Option<KeyForm> {
        KeyForm::from_pairs(
            browser::pairs(self.node).into_iter().filter(|(field, _)| field != "seen" && field != "step"),
        )
    }

    /// Takes note of what the fields hold now.
    pub(crate) fn follow(self) {
        if let Some(form) = self.read() {
            self.typed.set(form);
        }
    }

    /// What is typed to find a scope filters the table; else as [`Self::follow`], and what is being mended is no longer wrong. Whether it is right, the server says.
    pub(crate) fn clear_error(self, event: &ev::Event) {
        if browser::filter::apply(event) {
            return;
        }
        self.follow();
        let control = browser::field_of(event);
        let field = of(&control);
        if self.errors.with_untracked(|errors| errors.iter().any(|error| of(&error.field) == field)) {
            self.errors.update(|errors| errors.retain(|error| of(&error.field) != field));
        }
    }

    /// A text of the form as the page came with it.
    fn was(self, field: impl FnOnce(&KeyForm) -> &String) -> String {
        self.form.with_value(|form| field(form).clone())
    }

    /// The name of the tenant that is chosen.
    pub(crate) fn tenant(self) -> Memo<String> {
        Memo::new(move |_| {
            self.typed.with(|form| self.view.with_value(|view| view.tenant(&form.input.tenant).to_owned()))
        })
    }

    /// What is wrong with a field.
    fn error(self, field: &'static str) -> Signal<Option<String>> {
        Signal::derive(move || self.errors.with(|errors| error_of(errors, field)))
    }

    /// Whether the page begins at this field: at the first mistake, or a new key's form at the name. A link to a key's
    /// edit may lead to any field.
    fn is_first(self, field: &str) -> bool {
        let begins = !self.is_edit && field == "name";
        self.errors.with_untracked(|errors| errors.first().map_or(begins, |error| error.field == field))
    }
}

/// The value of `aria-invalid`.
fn invalid(error: Signal<Option<String>>) -> impl Fn() -> Option<&'static str> + Send + Sync + 'static {
    move || error.with(|error| error.as_ref().map(|_| "true"))
}
