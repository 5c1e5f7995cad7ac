//! Examples of what is sent and of what is answered, by the name of their schema. The tests send each request and hold each
//! answer, the example and the real one, against its schema.

use serde_json::{Value, json};

const AT: &str = "2026-11-28T09:30:00Z";
const KEY: &str = "3kT9wX2mB7qL0aZd";
const ENTRY: &str = "Qr18zD6XlCTax5H7";
/// A public key of the curve P-256.
const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n-----END PUBLIC KEY-----\n";

/// A body that is taken.
pub(super) fn request(schema: &str) -> Value {
    match schema {
        "NewKey" => {
            json!({ "name": "Lobby kiosk", "owner": "Front desk", "scopes": ["bookings.read"], "expires": "90d" })
        }
        "KeyPatch" => json!({ "description": "At the entrance", "limits": ["60/minute"], "labels": null }),
        "Bulk" => {
            json!({ "action": "archive", "value": "not_needed", "filter": { "flag": "unused" }, "dry_run": true })
        }
        "Archive" => json!({ "reason": "not_needed" }),
        "Rotation" => json!({ "overlap": "24h" }),
        "Extension" => json!({ "overlap": "48h" }),
        "NewRequestSigningKey" => json!({ "label": "kiosk 1", "public_key": PUBLIC_KEY }),
        "NewTenant" => json!({ "name": "acme", "prefix": "ac" }),
        "NewGroup" => json!({ "name": "Kiosks" }),
        "NewIdentity" => json!({ "name": "kiosk-7" }),
        "NewScopeEntry" => json!({ "name": "lockers", "sentence": "Lockers, all of them.", "risk": "low" }),
        "NewTemplate" => json!({ "name": "Locker panel", "required": ["lockers.read"] }),
        "ScopeEntryPatch" => json!({ "sentence": "Lockers on every floor." }),
        "TenantPatch" => json!({ "docs": "https://docs.example.com" }),
        "PolicyPatch" => json!({ "max_days": 180 }),
        "NewAccount" => {
            json!({ "email": "jo@example.com", "role": "auditor", "password": "four unrelated quiet words" })
        }
        "Explain" => json!({ "key": KEY, "scope": "bookings.write", "address": "192.0.2.7" }),
        _ => json!({ "description": "On the ground floor" }),
    }
}

/// Lines that are taken.
pub(super) fn lines(schema: &str) -> Value {
    match schema {
        "ImportLine" => {
            let line = json!({ "name": "Old kiosk", "owner": "Front desk", "scopes": ["bookings.read"], "expires": "90d", "key": "old-kiosk-7f3a9c51e8" });
            format!("{line}\n").into()
        }
        _ => Value::Null,
    }
}

/// What is answered.
pub(super) fn answer(schema: &str) -> Value {
    let page = |name: &str, one: &str| json!({ name: [answer(one)], "next_cursor": null });
    let list = |name: &str, one: &str| json!({ name: [answer(one)] });
    match schema {
        "KeyResource" => key(),
        "KeyPage" => page("keys", "KeyResource"),
        "IssuedKey" => json!({ "key": key(), "token": format!("kw_{KEY}_\u{2026}") }),
        "Whoami" => json!({ "key": key(), "role": "admin", "tenant": "default" }),
        "Usage" => json!({
            "period": "day", "step_seconds": 3600, "bars": [{ "at": AT, "allowed": 118, "limited": 0, "refused": 2 }],
            "total": { "allowed": 118, "limited": 0, "refused": 2 }, "reasons": [{ "code": "insufficient_scope", "calls": 2 }],
        }),
        "Callers" => json!({
            "callers": [{
                "address": "192.0.2.7", "user_agent": "kiosk/2.1", "asked": ["bookings.read"], "source": "bearer", "kind": "read",
                "outcome": "allowed", "last_at": AT, "calls": 118,
            }],
            "described_calls": 118, "calls": 120,
        }),
        "Job" => json!({
            "id": ENTRY, "kind": "bulk", "action": "archive", "status": "done", "created_at": AT, "created_by": "ops@example.com",
            "total": 120, "done": 118, "same": 0, "refused": 2, "ended_at": AT, "cancelled_by": null, "failure": null,
        }),
        "Jobs" => list("jobs", "Job"),
        "JobLine" => {
            json!({ "line": 7, "outcome": "refused", "key_id": KEY, "detail": "It is archived and stays as it is." })
        }
        "JobLines" => page("lines", "JobLine"),
        "BulkResult" => json!({
            "keys": 120, "in_use": 3, "last_used_at": AT,
            "results": [{ "key_id": KEY, "name": "Lobby kiosk", "outcome": "done", "detail": "" }], "job": null,
        }),
        "Event" => json!({
            "seq": 42, "at": AT, "actor": "ops@example.com", "action": "key.archive", "target": KEY,
            "detail": { "name": "Lobby kiosk", "reason": "not_needed" }, "hash": "9f2c\u{2026}",
        }),
        "EventPage" => page("events", "Event"),
        "RequestSigningKey" => json!({
            "id": ENTRY, "label": "kiosk 1", "fingerprint": "SHA256:\u{2026}", "public_key": PUBLIC_KEY, "created_at": AT,
            "created_by": "ops@example.com", "retired_at": null, "counts": true,
        }),
        "RequestSigningKeys" => list("request_signing_keys", "RequestSigningKey"),
        "Account" => json!({
            "id": ENTRY, "email": "jo@example.com", "role": "auditor", "created_at": AT, "disabled_at": null,
        }),
        "Accounts" => list("accounts", "Account"),
        "Refusal" => json!({
            "request_id": "NUWfgaew000000P0", "at": AT, "code": "insufficient_scope",
            "detail": "Give the key the scope bookings.write.", "endpoint": "forward auth", "key_id": KEY, "key_name": "Lobby kiosk",
            "scopes": ["bookings.write"], "tenant": null, "address": "192.0.2.7", "source": "bearer", "writes": true,
            "checks": checks(),
        }),
        "RefusalPage" => page("refusals", "Refusal"),
        "Explanation" => json!({
            "secret_presented": false, "refusal": null,
            "now": {
                "valid": false, "code": "insufficient_scope", "request_id": "NUWfgaew000000P1",
                "detail": "Give the key the scope bookings.write.", "checks": checks(),
            },
        }),
        "Tenant" => entry(&json!({
            "name": "acme", "prefix": "ac", "docs": "https://docs.example.com", "presentations": ["bearer"], "headers": [],
            "schemes": [], "all_access": "reasoned",
        })),
        "Group" => entry(&json!({ "name": "Kiosks", "tenant": "default", "description": "On the ground floor" })),
        "Identity" => {
            let named = json!({ "name": "kiosk-7", "tenant": "default", "description": "", "disabled_at": null });
            entry(&named)
        }
        "ScopeEntry" => entry(&json!({
            "name": "lockers", "sentence": "Lockers, all of them.", "read": "", "write": "", "risk": "low", "gate": "open",
            "opened": [],
        })),
        "Template" => {
            entry(&json!({ "name": "Locker panel", "description": "", "required": ["lockers.read"], "optional": [] }))
        }
        "Policy" => json!({
            "min_days": 7, "max_days": 365, "never": "forbidden", "keys_per_owner": 5, "presentations": ["bearer"],
            "probes": "forbidden",
        }),
        "Tenants" => list("tenants", "Tenant"),
        "Groups" => list("groups", "Group"),
        "Identities" => list("identities", "Identity"),
        "ScopeEntries" => list("scopes", "ScopeEntry"),
        "Templates" => list("templates", "Template"),
        _ => Value::Null,
    }
}

fn key() -> Value {
    json!({
        "id": KEY, "series": KEY, "masked": format!("kw_{KEY}_\u{2026}wxyz"), "status": "active", "flags": [], "created_at": AT,
        "created_by": "ops@example.com", "last_used_at": AT, "last_used_from": "192.0.2.7", "archived": null, "off": null,
        "rotated_from": null, "expires_at": "2027-02-26T09:30:00Z", "granted_by": null, "name": "Lobby kiosk", "description": "",
        "owner": "Front desk", "tenant": "default", "scopes": ["bookings.read"], "all_access_reason": "", "group": null,
        "acts_as": null, "role": "", "labels": ["env=prod"], "addresses": [], "limits": ["60/minute"], "quota": null,
        "signed_writes": "optional", "metadata": {}, "form": "token",
    })
}

/// What is told of every entry, beside its fields.
fn entry(fields: &Value) -> Value {
    let mut shown = json!({ "id": ENTRY, "created_at": AT, "created_by": "ops@example.com" });
    for (name, value) in fields.as_object().into_iter().flatten() {
        shown[name] = value.clone();
    }
    shown
}

/// A walk that ends at the scope.
fn checks() -> Value {
    let passed = ["existence", "state", "owner", "time", "tenant", "address"].map(|check| (check, Some(true)));
    let rest = [("scope", Some(false)), ("signature", None), ("limits", None), ("quota", None)];
    let all = passed.into_iter().chain(rest);
    all.map(|(check, passed)| json!({ "check": check, "passed": passed })).collect()
}
