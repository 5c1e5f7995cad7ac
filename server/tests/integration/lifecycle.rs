//! A key's life: what a successor has of its predecessor and what it may not have any more, what archived means to every
//! verb, limits that hold when many come at once, and forms that are sent twice.

use std::{collections::BTreeSet, process::Command, time::Duration};

use admin::{AdminError, BulkAct, Issued, MAX_REQUEST_SIGNING_KEYS, Overlap, RequestSigningKeyForm};
use axum::http::StatusCode;
use model::{
    account::Role,
    audit::Verb,
    catalog::Kind,
    id::KeyId,
    key::{ArchiveReason, Grantor, Key, KeySpec, KeyState},
    key_input::KeyInput,
    listing::ListKeys,
    time::{DAY, HOUR, Timestamp},
};
use store::StoredRequestSigningKey;

use crate::support::{Answer, Client, Keyward, Operator, databases};

struct Here {
    keyward: Keyward,
    browser: Client,
}

impl Here {
    async fn everywhere() -> Vec<Self> {
        let mut found = Vec::new();
        for (name, database) in databases() {
            eprintln!("on {name}");
            let keyward = Keyward::on(database).await;
            let browser = keyward.signed_in(Role::Superadmin).await;
            found.push(Self { keyward, browser });
        }
        found
    }

    async fn issue(&self, form: KeyInput) -> Issued {
        let admin = &self.keyward.app.admin;
        admin.issue_key(&admin.operator(), &form).await.unwrap()
    }

    async fn rotate(&self, id: KeyId, overlap: i64) -> Result<Issued, AdminError> {
        let admin = &self.keyward.app.admin;
        admin.rotate_key(&admin.operator(), id, overlap).await
    }

    async fn archive(&self, id: KeyId) {
        let admin = &self.keyward.app.admin;
        admin.archive_key(&admin.operator(), id, ArchiveReason::NotNeeded).await.unwrap();
    }

    async fn add(&self, id: KeyId, label: &str) -> Result<StoredRequestSigningKey, AdminError> {
        let admin = &self.keyward.app.admin;
        let form = RequestSigningKeyForm { label: label.to_owned(), public_key: public_key(), replace_after: None };
        admin.add_request_signing_key(&admin.operator(), id, &form).await
    }

    async fn key(&self, id: KeyId) -> Key {
        self.keyward.app.store.key(id).await.unwrap().unwrap().0.key
    }

    async fn set(&self, kind: Kind, name: &str, field: &str, value: &str) {
        self.keyward.edit_entry(kind, name, &[(field, value)]).await;
    }

    async fn keys(&self) -> BTreeSet<String> {
        let admin = &self.keyward.app.admin;
        let page = admin.list_keys(&admin.operator(), &ListKeys::default()).await.unwrap().page;
        page.keys.iter().map(|listed| listed.key.id.to_string()).collect()
    }
}

fn form(name: &str) -> KeyInput {
    KeyInput {
        name: name.to_owned(),
        owner: format!("owner of {name}"),
        scopes: "things".to_owned(),
        expires: "90d".to_owned(),
        ..KeyInput::default()
    }
}

/// A new public key, in PEM.
fn public_key() -> String {
    let openssl = "openssl ecparam -name prime256v1 -genkey -noout | openssl pkey -pubout";
    let made = Command::new("sh").args(["-c", openssl]).output().unwrap();
    String::from_utf8(made.stdout).unwrap()
}

fn said(error: Option<AdminError>) -> String {
    error.map(|error| error.to_string()).unwrap_or_default()
}

/// Archiving is undone for ten minutes, by those who did it and by superadmins; the key is refused all the while.
#[tokio::test]
async fn archiving_can_be_undone_for_a_while() {
    for mut here in Here::everywhere().await {
        let admin = here.keyward.app.admin.clone();
        let operator = admin.operator();
        let asker = here.keyward.issue("keyward.verify").await;
        let made = here.issue(form("kiosk")).await;
        let (id, token) = (made.key.id, made.token.reveal().to_owned());
        let page = format!("/keys/{id}");
        let body = serde_json::json!({ "key": token, "scope": "any" });
        let code = async |here: &Here| {
            here.keyward.pass(Duration::ZERO).await;
            here.keyward.client().verify(&asker, &body).await.json()["code"].as_str().unwrap().to_owned()
        };
        let before = here.key(id).await;

        // By its page: the banner offers it, and says until when.
        let archived =
            here.browser.post(&format!("{page}/archive"), &[("reason", "not_needed"), ("confirm", "")]).await;
        assert_eq!(archived.status, StatusCode::SEE_OTHER);
        assert_eq!(code(&here).await, "archived");
        let shown = here.browser.get(&page).await.page();
        assert!(shown.contains("it can be brought back as it was") && shown.contains("/restore\""), "{shown}");
        let restored = here.browser.post(&format!("{page}/restore"), &[]).await;
        assert_eq!((restored.status, restored.header("location")), (StatusCode::SEE_OTHER, page.as_str()));
        assert_eq!(code(&here).await, "valid");
        let after = here.key(id).await;
        assert_eq!(Key { generation: before.generation, ..after }, before, "it is as it was");
        let said = here.browser.get(&page).await.page();
        assert!(said.contains("Brought back.") && said.contains("Archiving undone"), "{said}");
        assert!(here.browser.get("/keys").await.body.contains(id.as_str()), "it is in the list of what lives");

        // One that was off is off again. What is not archived stays as it is.
        admin.switch_key(&operator, id, false).await.unwrap();
        admin.archive_key(&operator, id, ArchiveReason::OwnerLeft).await.unwrap();
        admin.restore_key(&operator, id).await.unwrap();
        assert_eq!(code(&here).await, "inactive");
        admin.switch_key(&operator, id, true).await.unwrap();
        assert!(matches!(admin.restore_key(&operator, id).await.unwrap().state, KeyState::Live));

        // Many keys: what was archived together comes back together.
        let other = here.issue(form("map")).await.key.id;
        let act = BulkAct::Archive(ArchiveReason::NotNeeded);
        admin.change_keys(&operator, &act, &[id, other], None).await.unwrap();
        let form_of = |act| [("act", act), ("key", id.as_str()), ("key", other.as_str()), ("go", "1")];
        let many = here.browser.post("/keys/bulk", &form_of("restore")).await.page();
        assert!(many.contains("brought back"), "{many}");
        assert!([here.key(id).await, here.key(other).await].iter().all(|key| key.state == KeyState::Live));

        // Somebody else asks whoever did it; a compromised key and one of long ago stay archived.
        admin.archive_key(&operator, id, ArchiveReason::NotNeeded).await.unwrap();
        let mut second = here.keyward.signed_in(model::account::Role::Admin).await;
        let refused = second.post(&format!("{page}/restore"), &[]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(!second.get(&page).await.body.contains("/restore\""), "and it is not offered");
        here.keyward.clock.advance(Duration::from_secs(599));
        admin.restore_key(&operator, id).await.unwrap();
        admin.archive_key(&operator, id, ArchiveReason::Compromised).await.unwrap();
        assert!(said_of(admin.restore_key(&operator, id).await).contains("compromised"));
        admin.archive_key(&operator, other, ArchiveReason::NotNeeded).await.unwrap();
        here.keyward.clock.advance(Duration::from_mins(10));
        assert!(said_of(admin.restore_key(&operator, other).await).contains("10 minutes ago"));
        assert!(here.browser.get(&format!("/keys/{other}")).await.body.contains("cannot come back"));
    }
}

fn said_of<T>(result: Result<T, AdminError>) -> String {
    said(result.err())
}

/// An owner who made other keys meanwhile gets none back beyond what they may hold.
#[tokio::test]
async fn what_comes_back_counts_towards_the_cap() {
    for here in Here::everywhere().await {
        let admin = here.keyward.app.admin.clone();
        let operator = admin.operator();
        let of_one = |name: &str| KeyInput { owner: "service desk".to_owned(), ..form(name) };
        let first = here.issue(of_one("first")).await.key.id;
        admin.archive_key(&operator, first, ArchiveReason::NotNeeded).await.unwrap();
        for name in ["2", "3", "4", "5", "6"] {
            here.issue(of_one(name)).await;
        }
        assert!(said_of(admin.restore_key(&operator, first).await).contains("live keys"), "the cap holds");
        assert!(matches!(here.key(first).await.state, KeyState::Archived(_)));
    }
}

/// Every field of a key is either the same in its successor or its own; a new field has to be put on one of the two sides.
#[tokio::test]
async fn a_successor_has_all_that_the_key_had() {
    for here in Here::everywhere().await {
        let admin = &here.keyward.app.admin;
        let operator = admin.operator();
        for (kind, name) in [(Kind::Group, "lobby"), (Kind::Identity, "kiosk")] {
            here.keyward.create_entry(kind, &[("name", name)]).await;
        }
        let full = KeyInput {
            description: "Two\nlines".to_owned(),
            scopes: "public things.read".to_owned(),
            all_access_reason: "The lobby.".to_owned(),
            group: "lobby".to_owned(),
            acts_as: "kiosk".to_owned(),
            role: "visitor".to_owned(),
            labels: "env=prod".to_owned(),
            addresses: "192.0.2.0/24".to_owned(),
            limits: "100/minute".to_owned(),
            quota: "10000/month".to_owned(),
            metadata: "{\"site\":\"north\"}".to_owned(),
            signed_writes: "required".to_owned(),
            ..form("full")
        };
        assert!(full.pairs().iter().all(|(name, value)| !value.is_empty() || ["tenant", "form"].contains(name)));
        let old = here.issue(full).await.key;
        for label in ["counts", "counts for a day", "is over"] {
            here.add(old.id, label).await.unwrap();
        }
        let signing = admin.request_signing_keys(&operator, old.id).await.unwrap();
        let labelled = |label: &str| signing.iter().find(|key| key.label.as_str() == label).unwrap().id;
        admin.retire_request_signing_key(&operator, old.id, labelled("counts for a day"), DAY).await.unwrap();
        admin.retire_request_signing_key(&operator, old.id, labelled("is over"), 0).await.unwrap();

        let new = here.rotate(old.id, HOUR).await.unwrap().key;
        let Key {
            // The same.
            tenant,
            spec,
            owner_active,
            form,
            purpose,
            prefix,
            series,
            granted_by,
            state,
            leak,
            // Its own.
            id,
            last_four: _,
            created_at: _,
            created_by: _,
            rotated_from,
            generation: _,
        } = here.key(new.id).await;
        assert_eq!((id != old.id, rotated_from), (true, Some(old.id)));
        assert_eq!(tenant, old.tenant);
        assert_eq!((owner_active, form, purpose, &prefix), (old.owner_active, old.form, old.purpose, &old.prefix));
        assert_eq!((state, leak, series, granted_by), (KeyState::Live, None, old.id, Grantor::Nobody));
        let KeySpec { expires_at, .. } = spec;
        assert_eq!(spec, KeySpec { expires_at, ..old.spec.clone() }, "all that people wrote on it");
        assert_eq!(expires_at, old.spec.expires_at, "made at the same moment, for as long");

        let counting = |keys: Vec<StoredRequestSigningKey>| {
            let now = here.keyward.clock.now();
            let counting = keys.into_iter().filter(move |key| key.counts(now));
            counting
                .map(|StoredRequestSigningKey { id: _, key: _, label, public, created_at, created_by, retired_at }| {
                    (label.to_string(), public.to_pem(), created_at, created_by, retired_at)
                })
                .collect::<BTreeSet<_>>()
        };
        let had = counting(admin.request_signing_keys(&operator, old.id).await.unwrap());
        assert_eq!(had.len(), 2);
        assert_eq!(counting(admin.request_signing_keys(&operator, new.id).await.unwrap()), had, "its callers sign on");
        here.archive(old.id).await;
        admin.purge_key(&operator, old.id).await.unwrap();
        assert_eq!(counting(admin.request_signing_keys(&operator, new.id).await.unwrap()), had, "they are its own");
    }
}

/// What no new key may have, no successor has: it is said on the page before, and by every door when it is tried.
#[tokio::test]
async fn a_successor_passes_the_checks_of_a_new_key() {
    for mut here in Here::everywhere().await {
        here.set(Kind::Scope, "devices", "opened", "default").await;
        let wide = KeyInput { all_access_reason: "All.".to_owned(), scopes: "public".to_owned(), ..form("wide") };
        let gated = KeyInput { scopes: "devices.write".to_owned(), ..form("gated") };
        let signed = KeyInput { form: "jwt".to_owned(), scopes: "devices.write".to_owned(), ..form("signed") };
        let mut cases = Vec::new();
        for (made, words, advice) in [
            (wide, "Tenant default grants public to nobody.", "Edit the key"),
            (gated, "devices.write is gated", "Edit the key"),
            (signed, "devices.write is gated", "create a new key"),
        ] {
            cases.push((here.issue(made).await.key.id, words, advice));
        }
        here.set(Kind::Scope, "devices", "opened", "").await;
        here.set(Kind::Tenant, "default", "all_access", "forbidden").await;
        let before = here.keys().await;
        for (id, words, advice) in cases {
            let path = format!("/keys/{id}/rotate");
            let page = here.browser.get(&path).await.page();
            assert!(page.contains("cannot be rotated as it is") && page.contains(words), "{words}: {page}");
            assert!(page.contains(advice) && !page.contains("name=\"overlap\""), "{advice}: {page}");
            let posted = here.browser.post(&path, &[("overlap", "1h")]).await;
            assert_eq!(posted.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", posted.body);
            let refused = said(here.rotate(id, HOUR).await.err());
            assert!(refused.contains(words) && refused.contains(advice), "{refused}");
        }
        assert_eq!(here.keys().await, before, "nothing was made");
        // Mended as it says, it is rotated.
        let admin = &here.keyward.app.admin;
        for id in before {
            let key = here.key(KeyId::parse(&id).unwrap()).await;
            if key.form == model::key::Form::Token {
                let mended = KeyInput { scopes: "things".to_owned(), ..KeyInput::of(&key) };
                admin.edit_key(&admin.operator(), key.id, &mended, None).await.unwrap();
                assert!(here.rotate(key.id, HOUR).await.is_ok());
            }
        }
    }
}

/// What was rotated has one successor: its pages offer no second one, and say why.
#[tokio::test]
async fn a_rotated_key_is_not_offered_to_be_rotated_again() {
    for mut here in Here::everywhere().await {
        let old = here.issue(form("rotated")).await.key;
        let (page, rotate) = (format!("/keys/{}", old.id), format!("/keys/{}/rotate", old.id));
        let link = format!("href=\"{rotate}\"");
        assert!(here.browser.get(&page).await.page().contains(&link));
        let new = here.rotate(old.id, DAY).await.unwrap().key;
        assert!(!here.browser.get(&page).await.page().contains(&link));
        let asked = here.browser.get(&rotate).await.page();
        assert!(asked.contains("It was rotated already.") && !asked.contains("Edit\u{2026}"), "{asked}");
        assert!(!asked.contains("name=\"overlap\""), "{asked}");
        here.archive(new.id).await;
        assert!(here.browser.get(&page).await.page().contains(&link), "the successor is gone: it can be again");
    }
}

/// A successor ends as the first of its series was meant to, whatever overlaps came between, within the policy.
#[tokio::test]
async fn a_successor_ends_as_its_series_was_meant_to() {
    for mut here in Here::everywhere().await {
        here.set(Kind::Policy, "policy", "never", "allowed").await;
        let endless = here.issue(KeyInput { expires: "never".to_owned(), ..form("endless") }).await.key;
        let month = here.issue(KeyInput { expires: "30d".to_owned(), ..form("month") }).await.key;
        for round in 0..3 {
            for (old, life) in [(&endless, None), (&month, Some(30 * DAY))] {
                let new = here.rotate(old.id, HOUR).await.unwrap().key;
                let ends = life.map_or(Timestamp::NEVER, |life| here.keyward.clock.now().plus(life));
                assert_eq!(new.spec.expires_at, ends, "{} in round {round}", old.spec.name);
                assert!(here.key(old.id).await.spec.expires_at < ends, "the old one has its overlap");
                here.archive(new.id).await;
            }
            here.keyward.pass(Duration::from_mins(10)).await;
        }

        // Endless no more: said before, and so done.
        here.set(Kind::Policy, "policy", "never", "forbidden").await;
        let longest = here.keyward.clock.now().plus(365 * DAY);
        let page = here.browser.get(&format!("/keys/{}/rotate", endless.id)).await.page();
        assert!(page.contains("longer than the policy allows") && page.contains(&longest.to_string()), "{page}");
        assert_eq!(here.rotate(endless.id, HOUR).await.unwrap().key.spec.expires_at, longest);
        let page = here.browser.get(&format!("/keys/{}/rotate", month.id)).await.page();
        assert!(!page.contains("longer than the policy allows"), "{page}");
        // Nor shorter than a new key may live.
        here.set(Kind::Policy, "policy", "min_days", "60").await;
        let sixty = here.keyward.clock.now().plus(60 * DAY);
        assert_eq!(here.rotate(month.id, HOUR).await.unwrap().key.spec.expires_at, sixty);
    }
}

/// Archived means no change but purge, by every verb and through both doors. The verbs are the audit's own list.
#[tokio::test]
async fn an_archived_key_stays_as_it_is_to_every_verb() {
    for mut here in Here::everywhere().await {
        let admin = here.keyward.app.admin.clone();
        let operator = admin.operator();
        let key = here.issue(form("gone")).await.key;
        let signing = here.add(key.id, "signs").await.unwrap();
        here.rotate(key.id, 7 * DAY).await.unwrap();
        here.keyward.create_entry(Kind::Group, &[("name", "lobby")]).await;
        here.archive(key.id).await;
        let evidence = here.key(key.id).await;
        let is = |answer: &Answer| format!("{} {}", answer.status, answer.header("location"));
        for verb in Verb::ALL {
            let path = |what: &str| format!("/keys/{}/{what}", key.id);
            let page = key.id.to_string();
            let (used, posted): (Option<AdminError>, Option<(String, Vec<(&str, &str)>)>) = match verb {
                Verb::EditKey => {
                    let changed = KeyInput { name: "other".to_owned(), ..KeyInput::of(&key) };
                    for act in [BulkAct::Move("lobby".to_owned()), BulkAct::Extend("200d".to_owned())] {
                        let items = admin.change_keys(&operator, &act, &[key.id], None).await.unwrap();
                        assert!(items[0].refused.as_ref().unwrap().contains("archived"), "{act:?}");
                    }
                    let seen = evidence.generation.to_string();
                    let fields =
                        vec![("name", "other"), ("scopes", "things"), ("life", "keep"), ("seen", ""), ("owner", "x")];
                    let mut answer = fields.clone();
                    answer[3].1 = &seen;
                    let posted = here.browser.post(&path("edit"), &answer).await;
                    assert_eq!(posted.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", posted.body);
                    (admin.edit_key(&operator, key.id, &changed, None).await.err(), None)
                }
                Verb::SwitchOffKey | Verb::SwitchOnKey => {
                    let on = verb == Verb::SwitchOnKey;
                    let items = admin.change_keys(&operator, &BulkAct::Switch(on), &[key.id], None).await.unwrap();
                    assert!(items[0].refused.is_some());
                    let to = if on { "on" } else { "off" };
                    (admin.switch_key(&operator, key.id, on).await.err(), Some((path("switch"), vec![("to", to)])))
                }
                Verb::RotateKey => {
                    (here.rotate(key.id, HOUR).await.err(), Some((path("rotate"), vec![("overlap", "1h")])))
                }
                Verb::CutKey => {
                    (admin.cut_key(&operator, key.id).await.err(), Some((path("cut"), vec![("page", page.as_str())])))
                }
                Verb::ExtendOverlap => (
                    admin.extend_overlap(&operator, key.id, Overlap::For(30 * DAY)).await.err(),
                    Some((path("extend"), vec![("page", page.as_str()), ("overlap", "7d")])),
                ),
                Verb::AddRequestSigningKey => (here.add(key.id, "late").await.err(), None),
                Verb::RetireRequestSigningKey => (
                    admin.retire_request_signing_key(&operator, key.id, signing.id, 0).await.err(),
                    Some((path(&format!("signing/{}/retire", signing.id)), vec![("overlap", "0")])),
                ),
                Verb::ArchiveKey => {
                    // It says by its evidence that it was archived before.
                    let again = admin.archive_key(&operator, key.id, ArchiveReason::Superseded).await.unwrap();
                    assert_eq!(again, evidence);
                    continue;
                }
                Verb::RestoreKey => {
                    // A minute late: until then it is the one verb that brings a key back.
                    here.keyward.clock.advance(Duration::from_mins(11));
                    (admin.restore_key(&operator, key.id).await.err(), Some((path("restore"), vec![])))
                }
                // It makes the archiving final, which the tests of the leak kit tell.
                Verb::LeakKey => continue,
                other => {
                    let is_of_one_key = other.code().starts_with("key.");
                    let makes_or_ends = matches!(other, Verb::IssueKey | Verb::PurgeKey);
                    assert!(!is_of_one_key || makes_or_ends, "say here what {other:?} does to an archived key");
                    continue;
                }
            };
            let refused = said(used);
            assert!(!refused.is_empty(), "{verb:?} was done");
            if let Some((path, fields)) = posted {
                let answer = here.browser.post(&path, &fields).await;
                let led_back = answer.status == StatusCode::SEE_OTHER && answer.header("location").ends_with(&page);
                assert!(answer.status.is_client_error() || led_back, "{verb:?}: {}", is(&answer));
            }
            assert_eq!(here.key(key.id).await, evidence, "{verb:?} left it as it was");
            let left = admin.request_signing_keys(&operator, key.id).await.unwrap();
            assert_eq!(left, std::slice::from_ref(&signing), "{verb:?}");
        }
        admin.purge_key(&operator, key.id).await.unwrap();
        assert!(here.keyward.app.store.key(key.id).await.unwrap().is_none());
    }
}

/// Five signing keys are five, however many are added at once.
#[tokio::test]
async fn the_limit_of_signing_keys_holds_when_many_come_at_once() {
    for here in Here::everywhere().await {
        let key = here.issue(form("signs")).await.key.id;
        let labels: Vec<String> = (0..8).map(|number| format!("pair {number}")).collect();
        let added = futures_all(labels.iter().map(|label| here.add(key, label))).await;
        let made = added.iter().filter(|added| added.is_ok()).count();
        assert_eq!(made, MAX_REQUEST_SIGNING_KEYS);
        for refused in added.into_iter().filter_map(Result::err) {
            assert!(said(Some(refused)).contains("at most 5 request signing keys"));
        }
        let now = here.keyward.clock.now();
        let stored = here.keyward.app.store.request_signing_keys(key).await.unwrap();
        assert_eq!(stored.iter().filter(|signs| signs.counts(now)).count(), MAX_REQUEST_SIGNING_KEYS);
    }
}

/// All of them at once, in their order.
async fn futures_all<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut waiting: Vec<_> = futures.map(Box::pin).collect();
    let mut done: Vec<Option<T>> = waiting.iter().map(|_| None).collect();
    std::future::poll_fn(move |context| {
        for (future, slot) in waiting.iter_mut().zip(&mut done) {
            if slot.is_none()
                && let std::task::Poll::Ready(value) = future.as_mut().poll(context)
            {
                *slot = Some(value);
            }
        }
        if done.iter().all(Option::is_some) {
            std::task::Poll::Ready(done.iter_mut().filter_map(Option::take).collect())
        } else {
            std::task::Poll::Pending
        }
    })
    .await
}

/// The mark that a page's form carries.
fn mark_of(page: &str) -> String {
    let input = page.split("<input").find(|input| input.contains("name=\"once\"")).expect("a form with a mark");
    input.split_once("value=\"").unwrap().1.split('"').next().unwrap().to_owned()
}

/// Bar 43: a form posted twice makes one key, with JavaScript and without, one after the other and at once; the second
/// answer says what happened and shows no secret.
#[tokio::test]
async fn a_form_posted_twice_makes_one_key() {
    for mut here in Here::everywhere().await {
        let page = here.browser.get("/keys/new").await.page();
        let mark = mark_of(&page);
        assert!(page.contains("form=\"create-key\""), "the mark is part of the form: {page}");
        assert_ne!(mark, mark_of(&here.browser.get("/keys/new").await.page()), "each page has a form of its own");

        // What has to be mended keeps the mark: it made nothing yet.
        let wrong = here.browser.post("/keys/new", &[("name", ""), ("once", &mark), ("life", "90")]).await;
        assert_eq!((wrong.status, mark_of(&wrong.page())), (StatusCode::UNPROCESSABLE_ENTITY, mark.clone()));
        let fields = [("name", "twice"), ("scopes", "things"), ("life", "90"), ("once", mark.as_str())];
        let first = here.browser.post("/keys/new", &fields).await;
        assert!(first.status == StatusCode::OK && first.body.contains("id=\"once-token\""), "{}", first.body);
        let keys = here.keys().await;
        let id = keys.iter().next().unwrap().clone();
        for _ in 0..2 {
            let again = here.browser.post("/keys/new", &fields).await;
            assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.body);
            let page = again.page();
            assert!(page.contains("This form was sent already") && page.contains(&format!("/keys/{id}")), "{page}");
            assert!(!page.contains("once-token") && !page.contains(&format!("kw_{id}_")), "{page}");
        }
        // The same form through the island.
        let body = serde_json::json!({ "form": { "input": { "name": "twice", "scopes": "things" }, "life": "90", "once": mark } });
        let again = here.browser.call("issue_key", &body.to_string()).await;
        assert!(again.body.starts_with("refused\nname\nThis form was sent already"), "{}", again.body);
        assert!(again.body.contains(&id), "{}", again.body);
        assert_eq!(here.keys().await, keys);

        // Through the island twice at once: a double click.
        let mark = mark_of(&here.browser.get("/keys/new").await.page());
        let body = serde_json::json!({ "form": { "input": { "name": "double", "scopes": "things" }, "life": "90", "once": mark } })
            .to_string();
        let mut clients: Vec<_> = (0..6).map(|_| here.browser.clone()).collect();
        let answers = futures_all(clients.iter_mut().map(|client| client.call("issue_key", &body))).await;
        assert_eq!(answers.iter().filter(|answer| answer.body.starts_with("issued")).count(), 1);
        assert_eq!(here.keys().await.len(), keys.len() + 1);
        // Somebody else's form of the same mark is another form.
        let mut admin = here.keyward.signed_in(Role::Admin).await;
        assert!(admin.call("issue_key", &body).await.body.starts_with("issued"));

        // Rotation, alike: even when its successor is gone meanwhile.
        let path = format!("/keys/{id}/rotate");
        let mark = mark_of(&here.browser.get(&path).await.page());
        let fields = [("overlap", "24h"), ("until", ""), ("once", mark.as_str())];
        let mut clients: Vec<_> = (0..4).map(|_| here.browser.clone()).collect();
        let answers = futures_all(clients.iter_mut().map(|client| client.post(&path, &fields))).await;
        let made: Vec<_> = answers.iter().filter(|answer| answer.status == StatusCode::OK).collect();
        assert_eq!(made.len(), 1, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
        let all = here.keys().await;
        let successor = here.keyward.app.store.rotations(KeyId::parse(&id).unwrap()).await.unwrap()[0].new;
        here.archive(successor).await;
        let again = here.browser.post(&path, &fields).await;
        assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.body);
        assert!(again.page().contains(&format!("/keys/{successor}")), "{}", again.body);
        assert_eq!(here.keys().await.len(), all.len() - 1, "the archived one is listed no more, and none came");
        // A form that is opened anew does rotate.
        let mark = mark_of(&here.browser.get(&path).await.page());
        assert_eq!(here.browser.post(&path, &[("overlap", "24h"), ("once", &mark)]).await.status, StatusCode::OK);
    }
}

/// What changed after somebody looked is not what they decided on.
#[tokio::test]
async fn many_keys_at_once_are_changed_as_they_were_looked_at() {
    for mut here in Here::everywhere().await {
        let admin = here.keyward.app.admin.clone();
        let operator = admin.operator();
        let (one, two) = (here.issue(form("one")).await.key, here.issue(form("two")).await.key);
        let (one_id, two_id) = (one.id.to_string(), two.id.to_string());
        for act in [&[("act", "extend"), ("expires", "200d")][..], &[("act", "off")], &[("act", "archive")]] {
            let fields: Vec<_> = act.iter().copied().chain([("key", one_id.as_str()), ("key", &two_id)]).collect();
            let asked = here.browser.post("/keys/bulk", &fields).await.page();
            let seen = asked.split("name=\"seen\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
            let described = KeyInput { description: format!("{act:?}"), ..KeyInput::of(&here.key(one.id).await) };
            admin.edit_key(&operator, one.id, &described, None).await.unwrap();
            let before = here.key(one.id).await;
            let go: Vec<_> = fields.iter().copied().chain([("go", "1"), ("seen", &seen)]).collect();
            let done = here.browser.post("/keys/bulk", &go).await.page();
            assert!(done.contains("It changed after you looked at it."), "{act:?}: {done}");
            assert_eq!(here.key(one.id).await, before, "{act:?}");
            assert!(here.key(two.id).await.generation > before.generation, "{act:?}: the other one is done");
        }
    }
}
