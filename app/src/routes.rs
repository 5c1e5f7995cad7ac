//! Every path of the console, once.

use model::catalog::Kind;

/// The console's front door: leads to the overview, or to the keys as long as there is nothing to see on it.
pub const HOME: &str = "/";
/// Makes the first superadmin, with a one-time link's code.
pub const SETUP: &str = "/setup";
/// Signs in.
pub const SIGN_IN: &str = "/sign-in";
/// Signs out (POST).
pub const SIGN_OUT: &str = "/sign-out";
/// All that can be set, each with a sentence.
pub const ALL_SETTINGS: &str = "/settings";
/// Chooses light, dark or the system's theme (POST).
pub const THEME: &str = "/theme";
/// What is going on.
pub const OVERVIEW: &str = "/overview";
/// Takes a superadmin's word that they have a copy of the master key (POST).
pub const CONFIRM_MASTER_KEY: &str = "/overview/checklist/master-key";
/// Hides the first run's checklist for everybody (POST).
pub const HIDE_FIRST_RUN: &str = "/overview/checklist/hide";
/// Shows it again (POST).
pub const SHOW_FIRST_RUN: &str = "/overview/checklist/show";
/// What services and proxies can ask.
pub const REFERENCE: &str = "/reference";
/// This Keyward: its version, its database, its licence.
pub const ABOUT: &str = "/about";
/// The list of keys.
pub const KEYS: &str = "/keys";
/// The form for a new key; its POST is the show-once page.
pub const NEW_KEY: &str = "/keys/new";
/// Keys that somebody should look at.
pub const HYGIENE: &str = "/hygiene";
/// One act on many keys (POST).
pub const BULK: &str = "/keys/bulk";
/// What the list finds, as a file.
pub const EXPORT_KEYS: &str = "/keys/export";
/// Saves what the list is asked under a name (POST).
pub const VIEWS: &str = "/keys/views";
/// One key, with `:id`.
pub const KEY: &str = "/keys/:id";
/// Archives one key, with `:id`.
pub const ARCHIVE_KEY: &str = "/keys/:id/archive";
/// Edits one key, with `:id`.
pub const EDIT_KEY: &str = "/keys/:id/edit";
/// Issues one key's successor, with `:id`.
pub const ROTATE_KEY: &str = "/keys/:id/rotate";
/// Removes one archived key, with `:id`.
pub const PURGE_KEY: &str = "/keys/:id/purge";
/// The request signing keys of one key, with `:id`.
pub const SIGNING_KEYS: &str = "/keys/:id/signing";
/// The audit chain.
pub const AUDIT: &str = "/audit";
/// What is found of the audit, as a file.
pub const EXPORT_AUDIT: &str = "/audit/export";
/// Walks the audit chain now (POST).
pub const VERIFY_AUDIT: &str = "/audit/verify";
/// What administrators keep besides keys, a list for each `:kind`; the policy's is its form.
pub const SETTINGS: &str = "/settings/:kind";
/// The form for a new entry of a kind.
pub const NEW_ENTRY: &str = "/settings/:kind/new";
/// The form of an entry.
pub const ENTRY: &str = "/settings/:kind/:id";
/// Asks before an entry is switched off; its POST does it, or switches it on again.
pub const SWITCH_ENTRY: &str = "/settings/:kind/:id/switch";
/// Asks before an entry is deleted; its POST does it.
pub const DELETE_ENTRY: &str = "/settings/:kind/:id/delete";
/// Adds a sample set to the catalog (POST).
pub const ADD_SAMPLES: &str = "/settings/samples";
/// Who may sign in.
pub const PEOPLE: &str = "/settings/people";
/// The form for someone new.
pub const NEW_PERSON: &str = "/settings/people/new";
/// Asks before someone may not sign in any more; its POST does it, or lets them sign in again.
pub const SWITCH_PERSON: &str = "/settings/people/:id/switch";
/// Work that takes longer than a request.
pub const JOBS: &str = "/jobs";
/// Walks every check for a key, or for a request that was refused.
pub const WHY: &str = "/why";
/// Tests a gateway.
pub const GATEWAY: &str = "/settings/gateway";
/// Tells browsers that something changed.
pub const LIVE: &str = "/live";
/// Where server functions live.
pub const API: &str = "/api/console";

/// One key's page.
pub fn key(id: &str) -> String {
    format!("{KEYS}/{id}")
}

/// One job's page.
pub fn job(id: &str) -> String {
    format!("{JOBS}/{id}")
}

/// Stops one job (POST).
pub fn cancel_job(id: &str) -> String {
    format!("{JOBS}/{id}/cancel")
}

/// Takes back what one job did (POST).
pub fn undo_job(id: &str) -> String {
    format!("{JOBS}/{id}/undo")
}

/// The page that edits one key.
pub fn edit_key(id: &str) -> String {
    format!("{KEYS}/{id}/edit")
}

/// Switches one key off or on (POST).
pub fn switch_key(id: &str) -> String {
    format!("{KEYS}/{id}/switch")
}

/// The page that rotates one key; its POST is the show-once page.
pub fn rotate_key(id: &str) -> String {
    format!("{KEYS}/{id}/rotate")
}

/// Ends the overlap of one key that has a successor (POST).
pub fn cut_key(id: &str) -> String {
    format!("{KEYS}/{id}/cut")
}

/// Lets one key that has a successor work for longer (POST).
pub fn extend_key(id: &str) -> String {
    format!("{KEYS}/{id}/extend")
}

/// A page with a chart of calls, over the period of this code.
pub fn calls(page: &str, period: &str) -> String {
    format!("{page}?period={period}#calls")
}

/// A page with a chart of calls, within one bar of the period of this code.
pub fn calls_at(page: &str, period: &str, at: &str) -> String {
    format!("{page}?period={period}&at={at}#calls")
}

/// All that the audit knows of one thing.
pub fn audit_of(id: &str) -> String {
    format!("{AUDIT}?target={id}")
}

/// The page that purges one archived key.
pub fn purge_key(id: &str) -> String {
    format!("{KEYS}/{id}/purge")
}

/// Why a key would be refused.
pub fn why_key(id: &str) -> String {
    format!("{WHY}?key={id}")
}

/// Why a request was refused.
pub fn why_request(id: &str) -> String {
    format!("{WHY}?request={id}")
}

/// Undoes that a key was archived (POST).
pub fn restore_key(id: &str) -> String {
    format!("{KEYS}/{id}/restore")
}

/// The page that archives one key.
pub fn archive_key(id: &str) -> String {
    format!("{KEYS}/{id}/archive")
}

/// The list of a kind.
pub fn settings(kind: Kind) -> &'static str {
    match kind {
        Kind::Tenant => "/settings/tenants",
        Kind::Group => "/settings/groups",
        Kind::Identity => "/settings/identities",
        Kind::Scope => "/settings/scopes",
        Kind::Template => "/settings/templates",
        Kind::Policy => "/settings/policy",
    }
}

/// The form for a new entry of a kind.
pub fn new_entry(kind: Kind) -> String {
    format!("{}/new", settings(kind))
}

/// An entry's form.
pub fn entry(kind: Kind, id: &str) -> String {
    format!("{}/{id}", settings(kind))
}

/// Switches an entry.
pub fn switch_entry(kind: Kind, id: &str) -> String {
    format!("{}/{id}/switch", settings(kind))
}

/// The page that deletes an entry.
pub fn delete_entry(kind: Kind, id: &str) -> String {
    format!("{}/{id}/delete", settings(kind))
}

/// Deletes a saved view (POST).
pub fn delete_view(id: &str) -> String {
    format!("{VIEWS}/{id}/delete")
}

/// The keys that a search finds.
pub fn keys_found(search: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("q", search).finish();
    format!("{KEYS}?{query}")
}

/// The keys of a group.
pub fn keys_of_group(id: &str) -> String {
    format!("{KEYS}?group={id}")
}

/// Lets someone sign in, or not.
pub fn switch_person(id: &str) -> String {
    format!("{PEOPLE}/{id}/switch")
}

/// The page of one key's request signing keys.
pub fn signing_keys(id: &str) -> String {
    format!("{KEYS}/{id}/signing")
}

/// Retires one of a key's request signing keys (POST).
pub fn retire_request_signing_key(id: &str, request_signing_key: &str) -> String {
    format!("{KEYS}/{id}/signing/{request_signing_key}/retire")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_a_kind_is_named_by_its_code() {
        for kind in Kind::ALL {
            assert_eq!(settings(kind), SETTINGS.replace(":kind", kind.code()));
        }
    }
}
