//! The catalog: tenants, groups, identities, scopes, templates, and the policy.

use admin::AdminError;
use axum::{
    http::{Method, StatusCode, header},
    response::IntoResponse,
};
use model::{
    catalog::{Entry, Kind, POLICY},
    entry_input::Field,
    id::EntryId,
};
use serde_json::{Map, Value, json};

use crate::api::{
    call::{Answer, Call, CallEndpoint, json as answer, tagged, with},
    input,
};

/// The addresses and names of a kind's operations, which generated clients have as they stand here.
struct Names {
    list: &'static str,
    one: &'static str,
    enable: &'static str,
    disable: &'static str,
    /// In operation ids: list, create, get, edit, delete, enable, disable.
    ids: [&'static str; 7],
    /// In words, in the same order.
    words: [&'static str; 7],
}

macro_rules! names {
    ($many:literal, $one:literal, $words:literal, $word:literal) => {
        Names {
            list: concat!("/api/v1/", $many),
            one: concat!("/api/v1/", $many, "/{id}"),
            enable: concat!("/api/v1/", $many, "/{id}/enable"),
            disable: concat!("/api/v1/", $many, "/{id}/disable"),
            ids: [
                concat!("list_", $many),
                concat!("create_", $one),
                concat!("get_", $one),
                concat!("edit_", $one),
                concat!("delete_", $one),
                concat!("enable_", $one),
                concat!("disable_", $one),
            ],
            words: [
                concat!("List ", $words),
                concat!("Add ", $word),
                concat!("Show ", $word),
                concat!("Edit ", $word),
                concat!("Delete ", $word, " that no key uses"),
                concat!("Switch ", $word, " on"),
                concat!("Switch ", $word, " off; its keys are refused"),
            ],
        }
    };
}

fn names(kind: Kind) -> Names {
    match kind {
        Kind::Tenant => names!("tenants", "tenant", "tenants", "a tenant"),
        Kind::Group => names!("groups", "group", "groups", "a group"),
        Kind::Identity => names!("identities", "identity", "identities", "an identity"),
        Kind::Scope => names!("scopes", "scope", "scopes", "a scope"),
        Kind::Template => names!("templates", "template", "templates", "a template"),
        Kind::Policy => names!("policy", "policy", "the policy", "the policy"),
    }
}

/// The names of a kind's schemas: the entry, what makes one, what edits one, and the list.
pub(super) fn schema_names(kind: Kind) -> [&'static str; 4] {
    match kind {
        Kind::Tenant => ["Tenant", "NewTenant", "TenantPatch", "Tenants"],
        Kind::Group => ["Group", "NewGroup", "GroupPatch", "Groups"],
        Kind::Identity => ["Identity", "NewIdentity", "IdentityPatch", "Identities"],
        Kind::Scope => ["ScopeEntry", "NewScopeEntry", "ScopeEntryPatch", "ScopeEntries"],
        Kind::Template => ["Template", "NewTemplate", "TemplatePatch", "Templates"],
        Kind::Policy => ["Policy", "", "PolicyPatch", ""],
    }
}

const READ: Option<&str> = Some("keyward.catalog.read");
const WRITE: Option<&str> = Some("keyward.catalog.write");

pub(super) fn operations(kind: Kind) -> Vec<CallEndpoint> {
    let Names { list, one, enable, disable, ids, words } = names(kind);
    let [entry, new, patch, entries] = schema_names(kind);
    let said = |place: usize| (ids[place], words[place]);
    let mut all = vec![
        CallEndpoint::new((Method::GET, list), said(0), READ, |call| Box::pin(find(call)))
            .answers(StatusCode::OK, entries),
        CallEndpoint::new((Method::POST, list), said(1), WRITE, |call| Box::pin(create(call)))
            .body(new)
            .answers(StatusCode::CREATED, entry),
        CallEndpoint::new((Method::GET, one), said(2), READ, |call| Box::pin(show(call)))
            .answers(StatusCode::OK, entry),
        CallEndpoint::new((Method::PATCH, one), said(3), WRITE, |call| Box::pin(edit(call)))
            .body(patch)
            .conditional()
            .answers(StatusCode::OK, entry),
    ];
    if kind.can_be_deleted() {
        all.push(CallEndpoint::new((Method::DELETE, one), said(4), WRITE, |call| Box::pin(delete(call))).empty());
    }
    if kind.can_be_disabled() {
        all.push(
            CallEndpoint::new((Method::POST, enable), said(5), WRITE, |call| Box::pin(switch(call, true)))
                .answers(StatusCode::OK, entry),
        );
        all.push(
            CallEndpoint::new((Method::POST, disable), said(6), WRITE, |call| Box::pin(switch(call, false)))
                .answers(StatusCode::OK, entry),
        );
    }
    all
}

pub(super) fn policy_operations() -> Vec<CallEndpoint> {
    let path = "/api/v1/policy";
    vec![
        CallEndpoint::new(
            (Method::GET, path),
            ("get_policy", "Show the policy"),
            Some("keyward.policy.read"),
            |call| Box::pin(show(call)),
        )
        .answers(StatusCode::OK, "Policy"),
        CallEndpoint::new(
            (Method::PATCH, path),
            ("edit_policy", "Edit the policy"),
            Some("keyward.policy.write"),
            |call| Box::pin(edit(call)),
        )
        .body("PolicyPatch")
        .conditional()
        .answers(StatusCode::OK, "Policy"),
    ]
}

/// An entry as the API shows it.
fn entry_json(entry: &Entry) -> Value {
    let settings = entry.settings.input();
    let fields = entry.kind().fields().iter();
    let mut shown: Map<String, Value> =
        fields.map(|field| (field.code().to_owned(), input::value(*field, settings.get(*field)))).collect();
    if entry.kind() != Kind::Policy {
        shown.insert("id".to_owned(), entry.id.to_string().into());
        // What comes with Keyward was made by nobody.
        let made = (entry.created_at.millis() > 0).then(|| entry.created_at.to_string());
        shown.insert("created_at".to_owned(), made.into());
        shown.insert("created_by".to_owned(), entry.created_by.clone().into());
    }
    if entry.kind().can_be_disabled() {
        shown.insert("disabled_at".to_owned(), entry.disabled_at.map(|at| at.to_string()).into());
    }
    shown.into()
}

impl Call {
    /// The kind that the path names.
    fn kind(&self) -> Result<Kind, crate::machine::problem::Problem> {
        let code = self.path_template().split('/').nth(3).unwrap_or_default();
        Kind::parse(code).ok_or_else(|| self.nothing())
    }

    /// The entry that the path names.
    async fn entry(&self, kind: Kind) -> Result<Entry, crate::machine::problem::Problem> {
        let permit = self.permit()?;
        let found = match kind {
            Kind::Policy => self.app.admin.entry_named(permit, kind, "", POLICY).await,
            kind => {
                let id = EntryId::parse(self.param("id")).ok_or_else(|| self.nothing())?;
                self.app.admin.entry(permit, kind, id).await
            }
        };
        found.map_err(|error| self.failed(error))
    }
}

fn shown(status: StatusCode, entry: &Entry) -> axum::response::Response {
    tagged(answer(status, &entry_json(entry)), entry.generation)
}

fn field_names(kind: Kind) -> Vec<&'static str> {
    kind.fields().iter().copied().map(Field::code).collect()
}

async fn find(call: Call) -> Answer {
    let kind = call.kind()?;
    let entries = call.app.admin.entries(call.permit()?, kind).await.map_err(|error| call.failed(error))?;
    let entries: Vec<_> = entries.iter().map(entry_json).collect();
    Ok(answer(StatusCode::OK, &json!({ kind.code(): entries })))
}

async fn create(call: Call) -> Answer {
    let kind = call.kind()?;
    let body = call.object(&field_names(kind))?;
    let said = input::entry(kind.fields(), &body).map_err(|wrong| call.invalid(wrong))?;
    let made = call.app.admin.create_entry(call.permit()?, kind, &kind.blank().with(&said)).await;
    let made = made.map_err(|error| call.failed(error))?;
    let place = format!("{}/{}", call.path(), made.id);
    Ok(with(shown(StatusCode::CREATED, &made), header::LOCATION, &place))
}

async fn show(call: Call) -> Answer {
    let kind = call.kind()?;
    Ok(shown(StatusCode::OK, &call.entry(kind).await?))
}

async fn edit(call: Call) -> Answer {
    let (kind, seen) = (call.kind()?, call.seen()?);
    let body = call.object(&field_names(kind))?;
    let said = input::entry(kind.fields(), &body).map_err(|wrong| call.invalid(wrong))?;
    let before = call.entry(kind).await?;
    if !seen.matches(before.generation) {
        return Err(call.failed(AdminError::Conflict));
    }
    let edited = call.app.admin.edit_entry(call.permit()?, kind, before.id, &said, Some(before.generation)).await;
    edited.map_err(|error| call.failed(error))?;
    Ok(shown(StatusCode::OK, &call.entry(kind).await?))
}

async fn delete(call: Call) -> Answer {
    let kind = call.kind()?;
    let entry = call.entry(kind).await?;
    let deleted = call.app.admin.delete_entry(call.permit()?, kind, entry.id).await;
    deleted.map_err(|error| call.failed(error))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn switch(call: Call, on: bool) -> Answer {
    let kind = call.kind()?;
    let entry = call.entry(kind).await?;
    let switched = call.app.admin.switch_entry(call.permit()?, kind, entry.id, on).await;
    switched.map_err(|error| call.failed(error))?;
    Ok(shown(StatusCode::OK, &call.entry(kind).await?))
}
