//! The list of keys: what it finds, in which order, page by page, and what is done to many keys at once. What the
//! index answers is compared with what a look at every key says.

use std::{collections::BTreeSet, time::Duration};

use admin::{BulkAct, Pick};
use axum::http::StatusCode;
use model::{
    account::Role,
    activity::{CallCounts, ChartQuery, Period},
    catalog::Kind,
    id::KeyId,
    key::{ArchiveReason, KeyStatus},
    key_input::KeyInput,
    listing::{self, KeyFlag, ListKeys, Rows, Sort, StatusFilter, Term, assess},
    time::Timestamp,
};
use store::{
    KeyPage, ListedKey,
    fold::{folded, words},
};

use crate::support::{Keyward, Operator, databases, id_of, program::run};

/// All keys that answer a question, page by page.
async fn all(keyward: &Keyward, list: &ListKeys) -> Vec<ListedKey> {
    let admin = &keyward.app.admin;
    let mut list = ListKeys { after: None, ..list.clone() };
    let mut found = Vec::new();
    loop {
        let page = admin.list_keys(&admin.operator(), &list).await.unwrap().page;
        found.extend(page.keys);
        match page.next {
            Some(place) => list.after = Some(place),
            None => return found,
        }
    }
}

/// Every page's first key, number of keys, and how many came before it: from the first page to the last, then back.
async fn there_and_back(keyward: &Keyward, list: &ListKeys) {
    let admin = &keyward.app.admin;
    let page = async |list: &ListKeys| admin.list_keys(&admin.operator(), list).await.unwrap().page;
    let place = |page: &KeyPage| (page.keys[0].seq, page.keys.len(), page.passed);
    let mut current = page(&ListKeys { rows: Rows::Few, ..list.clone() }).await;
    assert_eq!(current.previous, None);
    let mut pages = Vec::new();
    loop {
        pages.push(place(&current));
        let Some(next) = current.next.clone() else { break };
        current = page(&ListKeys { rows: Rows::Few, after: Some(next), ..list.clone() }).await;
    }
    while let Some(before) = current.previous.clone() {
        assert_eq!(Some(place(&current)), pages.pop(), "{list:?}");
        current = page(&ListKeys { rows: Rows::Few, before: Some(before), ..list.clone() }).await;
    }
    assert_eq!(vec![place(&current)], pages, "{list:?}");
}

/// Whether a key answers a question, by looking at it.
fn answers(keyward: &Keyward, listed: &ListedKey, list: &ListKeys) -> bool {
    let (key, spec) = (&listed.key, &listed.key.spec);
    let last_use = listed.last_use.as_ref().map(|used| used.at);
    let stands = assess(key, last_use, CallCounts::default(), keyward.clock.now());
    let which = list.statuses().statuses().any(|status| status == stands.status);
    let texts = [spec.name.to_string(), format!("{}_{}", key.prefix, key.id), spec.owner.to_string()];
    let labels = spec.labels.iter().map(|(name, value)| format!("{name}={value}"));
    let scopes = spec.scopes.iter().map(ToString::to_string);
    let others = [spec.description.to_string()].into_iter().chain(spec.group.iter().map(|group| group.name.clone()));
    let there: Vec<_> = texts.into_iter().chain(labels).chain(scopes).chain(others).map(|text| folded(&text)).collect();
    let begins_word = |word: &str| there.iter().flat_map(|text| words(text)).any(|other| other.starts_with(word));
    let said = |term: &Term| match term {
        Term::Text(typed) if folded(typed).chars().count() >= 3 => {
            there.iter().any(|text| text.contains(&folded(typed))) || folded(typed) == folded(&key.last_four)
        }
        Term::Text(typed) => {
            let typed = folded(typed);
            let begins_text = |text: &String| text.split_whitespace().any(|part| part.starts_with(&typed));
            !typed.is_empty() && (begins_word(&typed) || there.iter().any(begins_text))
        }
        Term::Owner(begun) => folded(spec.owner.as_str()).starts_with(&folded(begun)),
        Term::Scope(begun) => spec.scopes.iter().any(|scope| scope.to_string().starts_with(begun)),
        Term::Tenant(begun) => folded(key.tenant.name.as_str()).starts_with(&folded(begun)),
        Term::Status(_) => true,
    };
    let terms = listing::terms(&list.words);
    let marked = store::found_in(key, &list.words);
    let is_found = terms.iter().all(said);
    let texts = terms.iter().filter(|term| matches!(term, Term::Text(_)));
    assert!(!is_found || texts.count() == 0 || !marked.is_empty(), "{list:?} is found in {key:?} and marked nowhere");
    which
        && is_found
        && list.tenant.as_ref().is_none_or(|tenant| key.tenant.name.as_str() == tenant)
        && list.owner.as_ref().is_none_or(|owner| spec.owner.as_str() == owner)
        && list.group.is_none_or(|group| key.spec.group.as_ref().is_some_and(|other| other.id == group))
        && list
            .scope
            .as_ref()
            .is_none_or(|scope| spec.scopes.iter().any(|held| held.to_string() == *scope || held.base() == scope))
        && list.flags.iter().all(|fact| stands.flags.contains(fact))
}

async fn seeded() -> Vec<Keyward> {
    let mut everywhere = Vec::new();
    for (_, database) in databases() {
        let keyward = Keyward::on(database).await;
        let admin = &keyward.app.admin;
        server::seed::seed_keys(admin, &admin.operator(), 260).await.unwrap();
        for (name, scopes, expires) in [("Ärger (für alle)", "public", "90d"), ("zz 100% \"quoted\" 'x'", "b", "8d")]
        {
            let form = KeyInput {
                name: name.into(),
                owner: format!("Owner of {name}"),
                scopes: scopes.into(),
                all_access_reason: "to try".into(),
                labels: "env=staging app.team=Front-Desk".into(),
                expires: expires.into(),
                ..KeyInput::default()
            };
            admin.issue_key(&admin.operator(), &form).await.unwrap();
        }
        admin.reindex_keys().await.unwrap();
        everywhere.push(keyward);
    }
    everywhere
}

#[tokio::test]
async fn mission_c3_and_x5_every_question_finds_what_a_look_at_every_key_finds() {
    for keyward in seeded().await {
        let every = all(&keyward, &ListKeys { which: StatusFilter::Any, ..ListKeys::default() }).await;
        assert_eq!(every.len(), 262);
        let mut questions = vec![ListKeys::default()];
        questions
            .extend(KeyStatus::ALL.map(|status| ListKeys { which: StatusFilter::Only(status), ..ListKeys::default() }));
        questions.push(ListKeys { which: StatusFilter::Working, ..ListKeys::default() });
        questions.extend(KeyFlag::ALL.map(|fact| ListKeys { flags: vec![fact], ..ListKeys::default() }));
        let sample = &every[20].key;
        let texts = [
            "lobby",
            "LOB",
            "lob kio",
            "kiosk 2",
            "team-1",
            "nothing",
            "ärg",
            "100% \"quoted",
            "'x'",
            "trap; DROP",
            "=c",
            "*",
            "\"",
            "made up",
            "env=staging",
            "env=stag",
            "env=front-desk",
            "app.team=staging",
            "APP.TEAM=x app.team=front",
            "app.team=front-Desk quoted",
            "desk",
            "staging quoted",
            "team-9",
            "ring.rea",
            "\"made up\"",
            "\"up made\"",
            "osk",
            "os",
            "k",
            "f\u{fc}r alle)",
            "owner:team-1",
            "owner:TEAM-",
            "scope:bookings.r kiosk",
            "tenant:Def status:off",
            "tenant:none",
            "status:archived kiosk",
            "status:none",
            "-",
            "\u{1f525}",
            "k k k k k k k k k k k k k k k k owner:nobody",
        ];
        let masked = format!("{}_{}\u{2026}_\u{2026}{}", sample.prefix, &sample.id.as_str()[..5], sample.last_four);
        let whole = [
            sample.id.to_string(),
            format!("{}_{}", sample.prefix, sample.id),
            sample.last_four.clone(),
            sample.last_four[1..].to_owned(),
            sample.id.as_str()[..5].to_owned(),
            sample.id.as_str()[3..9].to_owned(),
            masked,
        ];
        for text in texts.into_iter().map(str::to_owned).chain(whole) {
            questions.push(ListKeys { words: text, which: StatusFilter::Any, ..ListKeys::default() });
        }
        for scope in ["bookings", "bookings.read", "bookings.write", "public", "none"] {
            questions.push(ListKeys { scope: Some(scope.into()), ..ListKeys::default() });
        }
        questions.push(ListKeys {
            tenant: Some("default".into()),
            words: "kiosk".into(),
            flags: vec![KeyFlag::Unused],
            ..ListKeys::default()
        });
        questions.push(ListKeys { tenant: Some("other".into()), ..ListKeys::default() });
        questions.push(ListKeys { owner: Some("team-7".into()), ..ListKeys::default() });
        let mut some = 0;
        for question in &questions {
            let ids = |keys: &[ListedKey]| keys.iter().map(|listed| listed.key.id.to_string()).collect::<BTreeSet<_>>();
            let expected: Vec<_> = every.iter().filter(|listed| answers(&keyward, listed, question)).cloned().collect();
            for sort in Sort::ALL {
                let found = all(&keyward, &ListKeys { sort, ..question.clone() }).await;
                assert_eq!(found.len(), expected.len(), "{question:?} {sort:?}");
                assert_eq!(ids(&found), ids(&expected), "{question:?} {sort:?}");
                in_order(&found, sort, keyward.clock.now());
                if question.which == StatusFilter::Any && found.len() > 200 {
                    there_and_back(&keyward, &ListKeys { sort, ..question.clone() }).await;
                }
            }
            some += usize::from(!expected.is_empty());
            let admin = &keyward.app.admin;
            let count = admin.count_keys(&admin.operator(), question).await.unwrap();
            assert_eq!(count, i64::try_from(expected.len()).unwrap(), "{question:?}");
        }
        assert!(some >= 18, "{some} of {} questions find something", questions.len());
    }
}

#[tokio::test]
async fn the_list_is_exported_as_it_is_asked_for_without_secrets() {
    for (name, database) in databases() {
        let keyward = Keyward::on(database).await;
        let admin = &keyward.app.admin;
        server::seed::seed_keys(admin, &admin.operator(), 450).await.unwrap();
        let token = keyward.issue("maps.read").await;
        let mut browser = keyward.signed_in(Role::Superadmin).await;
        let json = browser.get("/keys/export?format=json&status=any&sort=name").await;
        assert_eq!(json.header("content-disposition"), "attachment; filename=\"keys.json\"", "{name}");
        let keys: Vec<serde_json::Value> = serde_json::from_str(&json.body).unwrap();
        assert_eq!(keys.len(), 451, "{name}");
        assert!(!json.body.contains(token.split('_').next_back().unwrap()));
        let csv = browser.get("/keys/export?format=csv&scope=maps.read&q=%22for%20maps%22").await;
        let lines: Vec<_> = csv.body.lines().collect();
        assert_eq!(lines.len(), 2, "{name}: {}", csv.body);
        assert!(lines[0].starts_with("\"id\",\"name\",\"status\"") && lines[1].contains(id_of(&token)), "{}", csv.body);
        for bad in ["", "format=xml", "format=csv&status=none"] {
            assert_eq!(browser.get(&format!("/keys/export?{bad}")).await.status, StatusCode::BAD_REQUEST, "{bad}");
        }
        let mut member = keyward.signed_in(Role::Member).await;
        assert_eq!(member.get("/keys/export?format=json").await.body, "[\n\n]\n", "they own none");
    }
}

/// What expires between two pages comes later in the list; nothing that is still to come is lost.
#[tokio::test]
async fn a_page_goes_on_where_its_last_key_expired_meanwhile() {
    for (name, database) in databases() {
        let keyward = Keyward::on(database).await;
        let admin = &keyward.app.admin;
        for at in 0..60 {
            let form = KeyInput {
                name: format!("key {at}"),
                scopes: "a".into(),
                owner: format!("owner {at}"),
                expires: if at < 30 { "8d" } else { "20d" }.into(),
                ..KeyInput::default()
            };
            admin.issue_key(&admin.operator(), &form).await.unwrap();
        }
        let list = ListKeys { sort: Sort::Expires, rows: Rows::Few, ..ListKeys::default() };
        let first = admin.find_keys(&admin.operator(), &list).await.unwrap();
        keyward.pass(Duration::from_hours(9 * 24)).await;
        let mut found = Vec::new();
        let mut next = first.next;
        while let Some(place) = next {
            let page = admin.find_keys(&admin.operator(), &ListKeys { after: Some(place), ..list.clone() }).await;
            let page = page.unwrap();
            found.extend(page.keys.iter().map(|listed| listed.seq));
            next = page.next;
        }
        let late: BTreeSet<_> = found.iter().copied().filter(|seq| *seq > 30).collect();
        assert_eq!(late.len(), 30, "{name}: {found:?}");
    }
}

/// What is pasted by mistake stays in no address.
#[tokio::test]
async fn a_key_that_is_searched_for_leaves_the_address() {
    let keyward = Keyward::new().await;
    let token = keyward.issue("a").await;
    let mut browser = keyward.signed_in(Role::Superadmin).await;
    let answer = browser.get(&format!("/keys?q=+{token}&status=any")).await;
    let public = token.rsplit_once('_').unwrap().0;
    assert_eq!(
        (answer.status, answer.header("location")),
        (StatusCode::SEE_OTHER, &*format!("/keys?q={public}&status=any"))
    );
    assert!(browser.get(answer.header("location")).await.page().contains("for a"));
    assert_eq!(browser.get("/keys?q=+a++b+").await.status, StatusCode::OK);
    for (path, expected) in [("/keys?after=6000.9223372036854775800", 400), ("/keys?q=%F0%9F%94%A5", 200)] {
        assert_eq!(browser.get(path).await.status, expected, "{path}");
    }
    let fire = browser.post("/keys/bulk", &[("act", "off"), ("all", "1"), ("query", "q=\u{1f525}")]).await;
    assert!(fire.page().contains("No key matches"), "what cannot be found matches nothing");
    let path = format!("/keys/{}/switch", id_of(&token));
    assert_eq!(browser.post(&path, &[("to", "off")]).await.status, StatusCode::SEE_OTHER);
    let page = browser.get("/keys?q=for+status:off&status=active").await.page();
    assert!(page.contains("Status: <bdi>Off") && page.contains("href=\"/keys?q=for&amp;status=any\""), "{page}");
}

/// After an upgrade the index is another table: it is filled before anything is served, and what is there already stays.
#[tokio::test]
async fn a_new_index_is_filled_at_the_start() {
    for (name, database) in databases() {
        let keyward = Keyward::on(database).await;
        let admin = &keyward.app.admin;
        server::seed::seed_keys(admin, &admin.operator(), 2100).await.unwrap();
        let list = ListKeys { words: "kiosk".into(), ..ListKeys::default() };
        let before = admin.list_keys(&admin.operator(), &list).await.unwrap();
        keyward.database.execute("DROP TABLE key_search").await;
        for _ in 0..2 {
            keyward.app.store.migrate().await.unwrap();
            let after = admin.list_keys(&admin.operator(), &list).await.unwrap();
            assert_eq!((after.matches, after.archived), (before.matches, before.archived), "{name}");
            assert_eq!(after.page.keys[0].seq, before.page.keys[0].seq, "{name}");
        }
    }
}

const CHART: ChartQuery = ChartQuery { period: Period::Day, bar: None };

/// An incident is not hidden by an end that comes: a key is found, counted and shown as both. A key with a successor is no
/// alarm.
#[tokio::test]
async fn what_is_refused_and_expires_soon_says_both_and_what_is_replaced_says_so() {
    for (name, database) in databases() {
        let keyward = Keyward::on(database).await;
        let admin = &keyward.app.admin;
        let operator = admin.operator();
        let form = |name: &str| KeyInput {
            name: name.into(),
            scopes: "a".into(),
            owner: format!("owner of {name}"),
            expires: "10d".into(),
            ..KeyInput::default()
        };
        let refused = admin.issue_key(&operator, &form("refused")).await.unwrap();
        let rotated = admin.issue_key(&operator, &form("rotated")).await.unwrap().key.id;
        for _ in 0..12 {
            keyward.client().forward(refused.token.reveal(), "scope=b").await;
        }
        keyward.app.verifier.flush().await.unwrap();
        admin.reindex_keys().await.unwrap();
        let mut browser = keyward.signed_in(Role::Superadmin).await;
        let found = async |which| {
            let list = admin.list_keys(&operator, &ListKeys { which, ..ListKeys::default() }).await.unwrap();
            (list.matches, list.page.keys.iter().filter(|listed| listed.key.id == refused.key.id).count())
        };
        let only = StatusFilter::Only;
        for which in [only(KeyStatus::Refusing), only(KeyStatus::Expiring), StatusFilter::Working, StatusFilter::Any] {
            let matches = if which == only(KeyStatus::Refusing) { 1 } else { 2 };
            assert_eq!(found(which).await, (matches, 1), "{name} {which:?}");
            for sort in Sort::ALL {
                let list = ListKeys { which, sort, ..ListKeys::default() };
                assert_eq!(
                    i64::try_from(all(&keyward, &list).await.len()).unwrap(),
                    matches,
                    "{name} {which:?} {sort:?}: each once"
                );
            }
        }
        let counts = admin.list_keys(&operator, &ListKeys::default()).await.unwrap().counts;
        assert_eq!((counts.of(KeyStatus::Refusing), counts.of(KeyStatus::Expiring)), (1, 2), "{name}");
        assert_eq!((counts.live(), counts.all()), (2, 2), "{name}: a key is counted once");
        let row = browser.get("/keys?q=refused").await.page();
        let (incident, end) = (row.find("Refusing</span>").unwrap(), row.find("Expires soon</span>").unwrap());
        assert!(incident < end, "{name}: the incident comes first");
        assert_eq!(admin.overview(&operator, CHART).await.unwrap().soon, 2, "{name}");
        let form = [("overlap", "24h")];
        assert_eq!(browser.post(&format!("/keys/{rotated}/rotate"), &form).await.status, StatusCode::OK, "{name}");
        let overview = admin.overview(&operator, CHART).await.unwrap();
        // The successor expires when the old key would have.
        assert_eq!(overview.soon, 2, "{name}");
        assert!(overview.expiring.iter().all(|key| key.id != rotated), "{name}");
        let row = browser.get("/keys?q=rotated").await.page();
        assert!(row.contains("Replaced by ") && row.contains("Replaced</span>"), "{name}: {row}");
        admin.archive_key(&operator, refused.key.id, ArchiveReason::Compromised).await.unwrap();
        let counts = admin.list_keys(&operator, &ListKeys::default()).await.unwrap().counts;
        assert_eq!(counts.of(KeyStatus::Refusing), 0, "{name}: it counts as nothing else any more");
    }
}

/// A question is saved for oneself or for everybody; a member's view is nobody else's.
#[tokio::test]
async fn what_the_list_is_asked_is_saved_under_a_name() {
    for (name, database) in databases() {
        let keyward = Keyward::on(database).await;
        keyward.issue("maps.read").await;
        let mut member = keyward.signed_in(Role::Member).await;
        let mut helper = keyward.signed_in(Role::Admin).await;
        let mut browser = keyward.signed_in(Role::Superadmin).await;
        let own = [("name", "Mine"), ("query", "status=off&after=3&nonsense=1")];
        assert_eq!(helper.post("/keys/views", &own).await.header("location"), "/keys?status=off", "{name}");
        let shared = [("name", "Maps <b>"), ("query", "scope=maps.read"), ("shared", "1")];
        assert_eq!(helper.post("/keys/views", &shared).await.status, StatusCode::SEE_OTHER, "{name}");
        let again = helper.post("/keys/views", &own).await;
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        assert!(again.page().contains("You have a view of this name."), "{name}");
        for bad in
            [&[("name", ""), ("query", "q=a")][..], &[("name", "long"), ("query", &format!("q={}", "a".repeat(1000)))]]
        {
            assert_eq!(
                helper.post("/keys/views", bad).await.status,
                StatusCode::UNPROCESSABLE_ENTITY,
                "{name} {bad:?}"
            );
        }
        assert_eq!(
            helper.post("/keys/views", &[("name", "a"), ("query", "status=x")]).await.status,
            StatusCode::BAD_REQUEST
        );
        assert_eq!(
            member.post("/keys/views", &shared).await.status,
            StatusCode::FORBIDDEN,
            "{name}: not for everybody"
        );
        let sees = |page: &str, words: &str| page.contains(&format!("<bdi>{words}</bdi>"));
        let (theirs, others) = (helper.get("/keys").await.page(), browser.get("/keys").await.page());
        assert!(sees(&theirs, "Mine") && sees(&theirs, "Maps &lt;b&gt;"), "{name}: {theirs}");
        assert!(!sees(&others, "Mine") && sees(&others, "Maps &lt;b&gt;"), "{name}");
        let delete = theirs.split("action=\"/keys/views/").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let path = format!("/keys/views/{delete}");
        assert_eq!(member.post(&path, &[]).await.status, StatusCode::FORBIDDEN, "{name}");
        assert_eq!(browser.post(&path, &[]).await.status, StatusCode::SEE_OTHER, "{name}");
        assert_eq!(browser.post(&path, &[]).await.status, StatusCode::NOT_FOUND, "{name}");
    }
}

/// However a name is written and looked for: case, composition, diacritics and width are alike, on both databases.
#[tokio::test]
async fn a_name_is_found_however_it_is_written() {
    for (name, database) in databases() {
        let keyward = Keyward::on(database).await;
        let admin = &keyward.app.admin;
        let operator = admin.operator();
        for written in ["Cafe\u{301} Nord", "Caf\u{e9} Süd", "M\u{fc}ller", "Straße", "İstanbul"] {
            let form = KeyInput {
                name: written.to_owned(),
                owner: "front desk".to_owned(),
                scopes: "a".to_owned(),
                expires: "90d".to_owned(),
                ..KeyInput::default()
            };
            let kept = admin.issue_key(&operator, &form).await.unwrap().key.spec.name;
            assert!(!kept.as_str().contains('\u{301}'), "{name}: names are kept composed");
        }
        // Folded, this owner is longer than any word that PostgreSQL's index takes.
        let form = KeyInput {
            name: "Long owner".to_owned(),
            owner: "\u{fdfa}".repeat(80),
            scopes: "a".to_owned(),
            expires: "90d".to_owned(),
            ..KeyInput::default()
        };
        admin.issue_key(&operator, &form).await.unwrap();
        let list = ListKeys { owner: Some(form.owner.clone()), ..ListKeys::default() };
        assert_eq!(all(&keyward, &list).await.len(), 1, "{name}");
        for (typed, found) in [
            ("café", 2),
            ("cafe\u{301}", 2),
            ("CAFE", 2),
            ("cafe sud", 1),
            ("muller", 1),
            ("MÜLL", 1),
            ("mu\u{308}ller", 1),
            ("strasse", 1),
            ("STRASSE", 1),
            ("straße", 1),
            ("istanbul", 1),
            ("ISTANBUL", 1),
            ("İSTANBUL", 1),
            ("miller", 0),
        ] {
            let list = ListKeys { words: typed.to_owned(), ..ListKeys::default() };
            let keys = all(&keyward, &list).await;
            assert_eq!(keys.len(), found, "{name} {typed}");
        }
        // Whoever confirms by typing a name may compose it differently, too.
        let cafe = all(&keyward, &ListKeys { words: "nord".to_owned(), ..ListKeys::default() }).await.remove(0);
        assert!(model::name::is_retyped("Cafe\u{301} Nord", cafe.key.spec.name.as_str()), "{name}");
    }
}

fn in_order(keys: &[ListedKey], sort: Sort, now: Timestamp) {
    let used = |listed: &ListedKey| listed.last_use.as_ref().map_or(0, |used| used.at.millis());
    let ends = |listed: &ListedKey| listed.key.spec.expires_at;
    let name = |listed: &ListedKey| folded(listed.key.spec.name.as_str());
    for pair in keys.windows(2) {
        let [one, two] = pair else { unreachable!() };
        let right = match sort {
            Sort::Newest => one.seq > two.seq,
            Sort::Oldest => one.seq < two.seq,
            // Databases have orders of their own for letters beyond ASCII.
            Sort::Name => {
                !name(one).is_ascii()
                    || !name(two).is_ascii()
                    || name(one).split(' ').next() <= name(two).split(' ').next()
            }
            Sort::NameLast => {
                !name(one).is_ascii()
                    || !name(two).is_ascii()
                    || name(one).split(' ').next() >= name(two).split(' ').next()
            }
            Sort::Expires => (ends(one) <= now, ends(one)) <= (ends(two) <= now, ends(two)),
            Sort::ExpiresLast => ends(one) >= ends(two),
            Sort::Used => used(one) >= used(two),
            Sort::UsedLast => used(one) <= used(two),
        };
        assert!(right, "{sort:?}: {} before {}", one.key.spec.name, two.key.spec.name);
    }
}

#[tokio::test]
async fn more_than_is_sorted_is_walked_in_the_same_order() {
    for (name, database) in databases() {
        let keyward = Keyward::on(database).await;
        let admin = &keyward.app.admin;
        let operator = admin.operator();
        server::seed::seed_keys(admin, &operator, 5000).await.unwrap();
        let every = all(&keyward, &ListKeys { which: StatusFilter::Any, ..ListKeys::default() }).await;
        let mut browser = keyward.signed_in(Role::Superadmin).await;
        for path in ["/keys?sort=name&after=1-%00", "/keys?owner=%00&scope=%00&tenant=%00", "/audit?who=%00&target=%00"]
        {
            assert_eq!(browser.get(path).await.status, StatusCode::OK, "{name} {path}");
        }
        let any = ListKeys { which: StatusFilter::Any, ..ListKeys::default() };
        let questions = [
            ListKeys { words: "made up".into(), ..ListKeys::default() },
            ListKeys { flags: vec![KeyFlag::Unused], ..any.clone() },
            ListKeys {
                flags: vec![KeyFlag::Unused],
                words: "team".into(),
                which: StatusFilter::Working,
                ..ListKeys::default()
            },
            ListKeys {
                tenant: Some("default".into()),
                which: StatusFilter::Only(KeyStatus::Active),
                ..ListKeys::default()
            },
            ListKeys { scope: Some("maps".into()), words: "kw".into(), ..any.clone() },
            ListKeys { which: StatusFilter::Working, ..ListKeys::default() },
        ];
        for question in &questions {
            let expected: BTreeSet<_> =
                every.iter().filter(|listed| answers(&keyward, listed, question)).map(|listed| listed.seq).collect();
            assert!(expected.len() > 1500, "{question:?} {}", expected.len());
            for sort in Sort::ALL {
                let mut list = ListKeys { sort, ..question.clone() };
                let mut found = Vec::new();
                for _ in 0..3 {
                    let page = admin.list_keys(&operator, &list).await.unwrap().page;
                    found.extend(page.keys);
                    list.after = page.next;
                }
                assert_eq!(found.len(), 150, "{name} {question:?} {sort:?}");
                in_order(&found, sort, keyward.clock.now());
                let numbers: BTreeSet<_> = found.iter().map(|listed| listed.seq).collect();
                assert!(numbers.len() == 150 && numbers.is_subset(&expected), "{name} {question:?} {sort:?}");
                // Nothing that belongs before the last one was passed over.
                let after: Vec<_> = every
                    .iter()
                    .filter(|listed| expected.contains(&listed.seq) && !numbers.contains(&listed.seq))
                    .collect();
                for later in after.iter().step_by(37) {
                    in_order(&[found[149].clone(), (*later).clone()], sort, keyward.clock.now());
                }
            }
        }
    }
}

#[tokio::test]
async fn counts_follow_what_happens_and_what_time_does() {
    for keyward in seeded().await {
        let admin = &keyward.app.admin;
        let operator = admin.operator();
        let mut statuses_seen = BTreeSet::new();
        for days in [0, 40, 200, 400] {
            keyward.pass(Duration::from_hours(days * 24)).await;
            admin.reindex_keys().await.unwrap();
            let every = all(&keyward, &ListKeys { which: StatusFilter::Any, ..ListKeys::default() }).await;
            let counts = admin.list_keys(&operator, &ListKeys::default()).await.unwrap().counts;
            for status in KeyStatus::ALL {
                let now = keyward.clock.now();
                let stands =
                    |listed: &&ListedKey| assess(&listed.key, None, CallCounts::default(), now).status == status;
                let expected = every.iter().filter(stands).count();
                assert_eq!(counts.of(status), i64::try_from(expected).unwrap(), "{status:?} after {days} days");
                statuses_seen.extend((expected > 0).then_some(status.code()));
            }
            assert_eq!(counts.all(), 262);
        }
        assert!(statuses_seen.len() >= 5, "{statuses_seen:?}");
    }
}

#[tokio::test]
async fn facts_are_brought_up_to_date_as_time_passes_and_keys_are_used() {
    for (_, database) in databases() {
        let keyward = Keyward::on(database).await;
        let token = keyward.issue("a").await;
        let id = KeyId::parse(id_of(&token)).unwrap();
        let admin = &keyward.app.admin;
        let operator = admin.operator();
        let finds = async |which, flags: Vec<KeyFlag>| {
            admin.reindex_keys().await.unwrap();
            let list = ListKeys { which, flags, ..ListKeys::default() };
            let found = admin.list_keys(&operator, &list).await.unwrap();
            (found.page.keys.iter().any(|listed| listed.key.id == id), found.matches)
        };
        let only = StatusFilter::Only;
        assert_eq!(finds(only(KeyStatus::Active), vec![KeyFlag::Unused]).await, (true, 1));
        assert_eq!(finds(StatusFilter::Current, vec![KeyFlag::Stale]).await, (false, 0));
        keyward.pass(Duration::from_hours(7 * 24)).await;
        assert_eq!(finds(StatusFilter::Current, vec![KeyFlag::Stale]).await, (true, 1));
        assert_eq!(keyward.client().forward(&token, "scope=a").await.status, StatusCode::OK);
        keyward.app.verifier.flush().await.unwrap();
        assert_eq!(finds(StatusFilter::Current, vec![KeyFlag::Unused]).await, (false, 0));
        for _ in 0..12 {
            assert_eq!(keyward.client().forward(&token, "scope=b").await.status, StatusCode::FORBIDDEN);
        }
        keyward.app.verifier.flush().await.unwrap();
        assert_eq!(finds(only(KeyStatus::Refusing), vec![]).await, (true, 1));
        keyward.pass(Duration::from_hours(27)).await;
        assert_eq!(finds(only(KeyStatus::Active), vec![]).await, (true, 1), "it recovers");
        keyward.pass(Duration::from_hours(55 * 24)).await;
        assert_eq!(finds(only(KeyStatus::Expiring), vec![]).await, (true, 1));
        keyward.pass(Duration::from_hours(40 * 24)).await;
        assert_eq!(finds(only(KeyStatus::Expired), vec![KeyFlag::Idle]).await, (true, 1));
        admin.archive_key(&operator, id, ArchiveReason::NotNeeded).await.unwrap();
        assert_eq!(finds(only(KeyStatus::Archived), vec![]).await, (true, 1));
        assert_eq!(finds(StatusFilter::Current, vec![]).await, (false, 0));
        let counts = admin.list_keys(&operator, &ListKeys::default()).await.unwrap().counts;
        assert_eq!((counts.live(), counts.all(), counts.of(KeyStatus::Archived)), (0, 1, 1));
        admin.purge_key(&operator, id).await.unwrap();
        assert_eq!(finds(StatusFilter::Any, vec![]).await, (false, 0));
        assert_eq!(admin.list_keys(&operator, &ListKeys::default()).await.unwrap().counts.all(), 0);
    }
}

#[tokio::test]
async fn an_owner_who_is_disabled_shows_in_the_list() {
    for (_, database) in databases() {
        let keyward = Keyward::on(database).await;
        let mut member = keyward.signed_in(Role::Member).await;
        let mut browser = keyward.signed_in(Role::Superadmin).await;
        let form = [("name", "theirs"), ("scopes", "bookings.read"), ("life", "30"), ("owner", "member@example.com")];
        assert_eq!(member.post("/keys/new", &form).await.status, StatusCode::OK);
        keyward.issue("a").await;
        let admin = &keyward.app.admin;
        let people = admin.accounts(&admin.operator()).await.unwrap();
        let theirs = people.iter().find(|account| account.email.as_str() == "member@example.com").unwrap();
        assert!(!member.get("/keys").await.body.contains("for a"), "a member sees their own");
        assert_eq!(
            browser.post(&format!("/settings/people/{}/switch", theirs.id), &[("on", "0")]).await.status,
            StatusCode::SEE_OTHER
        );
        let row = browser.get("/keys?q=theirs").await;
        assert!(row.page().contains("Owner disabled</span>"), "at once: {}", row.body);
        admin.reindex_keys().await.unwrap();
        for list in [
            ListKeys { flags: vec![KeyFlag::OwnerDisabled], ..ListKeys::default() },
            ListKeys { which: StatusFilter::Only(KeyStatus::OwnerDisabled), ..ListKeys::default() },
        ] {
            let found = admin.list_keys(&admin.operator(), &list).await.unwrap();
            assert_eq!(found.matches, 1);
            assert_eq!(found.page.keys[0].key.spec.name.as_str(), "theirs");
            assert_eq!(found.counts.live(), 1);
        }
        assert!(browser.get("/hygiene").await.body.contains("theirs"));
        // What does not work is neither rotated nor made.
        let list = ListKeys { words: "theirs".into(), ..ListKeys::default() };
        let id = admin.list_keys(&admin.operator(), &list).await.unwrap().page.keys[0].key.id;
        let rotated = browser.post(&format!("/keys/{id}/rotate"), &[("overlap", "24h")]).await;
        assert_eq!(rotated.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", rotated.body);
        assert_eq!(run(&keyward.database, &["keys", "rotate", id.as_str()], "").code, 2);
        let made = browser.post("/keys/new", &form).await;
        assert_eq!(made.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", made.body);
        assert!(made.page().contains("may not sign in any more"), "{}", made.body);
        let listed = run(&keyward.database, &["keys", "list", "--search", "theirs"], "").stdout;
        assert!(listed.contains("owner disabled"), "{listed}");
        browser.post(&format!("/settings/people/{}/switch", theirs.id), &[("on", "1")]).await;
        admin.reindex_keys().await.unwrap();
        let list = ListKeys { which: StatusFilter::Only(KeyStatus::Active), ..ListKeys::default() };
        assert_eq!(admin.list_keys(&admin.operator(), &list).await.unwrap().matches, 2);
    }
}

#[tokio::test]
async fn a_user_who_is_switched_off_shows_in_the_list() {
    for (_, database) in databases() {
        let keyward = Keyward::on(database).await;
        let mut browser = keyward.signed_in(Role::Superadmin).await;
        let account = [("name", "Anna"), ("tenant", "default")];
        let made = browser.post("/settings/identities/new", &account).await;
        assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
        let admin = &keyward.app.admin;
        let operator = admin.operator();
        let subject = admin.entries(&operator, Kind::Identity).await.unwrap().remove(0).id.to_string();
        let form = [("name", "acts"), ("scopes", "bookings.read"), ("life", "90"), ("acts_as", "Anna")];
        let made = browser.post("/keys/new", &form).await;
        assert_eq!(made.status, StatusCode::OK, "{}", made.body);
        let matches = async |status| {
            admin.reindex_keys().await.unwrap();
            let list = ListKeys { which: StatusFilter::Only(status), ..ListKeys::default() };
            admin.list_keys(&operator, &list).await.unwrap().matches
        };
        assert_eq!(matches(KeyStatus::Active).await, 1);
        for (on, word, status) in
            [("0", "Identity off</span>", KeyStatus::IdentityOff), ("1", "Active</span>", KeyStatus::Active)]
        {
            let switched = browser.post(&format!("/settings/identities/{subject}/switch"), &[("on", on)]).await;
            assert_eq!(switched.status, StatusCode::SEE_OTHER, "{}", switched.body);
            assert!(browser.get("/keys?q=acts").await.page().contains(word), "{word}");
            assert_eq!(matches(status).await, 1, "{word}");
            let again = browser.post("/keys/new", &form).await.status;
            assert_eq!(again, if on == "1" { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY });
        }
    }
}

#[tokio::test]
async fn an_act_on_all_that_match_is_a_job_and_leaves_newer_keys_alone() {
    for keyward in seeded().await {
        let admin = &keyward.app.admin;
        let operator = admin.operator();
        let list = ListKeys { words: "made".into(), ..ListKeys::default() };
        let before = all(&keyward, &list).await.len();
        assert!(before > 200);
        let (pick, act) = (Pick::All(Box::new(list.clone())), BulkAct::Archive(ArchiveReason::OwnerLeft));
        let plan = admin.plan_bulk(&operator, &act, &pick).await.unwrap();
        assert_eq!((plan.stakes.keys, plan.items.len()), (i64::try_from(before).unwrap(), 50));
        assert_eq!(all(&keyward, &list).await.len(), before, "a plan changes nothing");
        server::seed::seed_keys(admin, &operator, 1).await.unwrap();
        let job = admin.start_bulk(&operator, &act, &list, Some(plan.seen)).await.unwrap();
        let job = admin.work_at_job(job.id, |_| ()).await.unwrap();
        assert_eq!((job.done, job.refused), (i64::try_from(before).unwrap(), 1), "the one made meanwhile is left");
        assert_eq!(all(&keyward, &list).await.len(), 1);
        let archived =
            ListKeys { which: StatusFilter::Only(KeyStatus::Archived), words: "made".into(), ..ListKeys::default() };
        for listed in all(&keyward, &archived).await {
            assert!(matches!(listed.key.state, model::key::KeyState::Archived(_)));
        }
        admin.verify_audit(&operator).await.unwrap();
    }
}

#[tokio::test]
async fn forms_about_many_keys_ask_first_and_tell_what_became_of_each() {
    for (_, database) in databases() {
        let keyward = Keyward::on(database).await;
        let mut browser = keyward.signed_in(Role::Admin).await;
        let tokens = [keyward.issue("a").await, keyward.issue("b").await, keyward.issue("c").await];
        let ids: Vec<_> = tokens.iter().map(|token| id_of(token).to_owned()).collect();
        assert_eq!(keyward.client().forward(&tokens[0], "scope=a").await.status, StatusCode::OK);
        keyward.app.verifier.flush().await.unwrap();
        let picked: Vec<_> = ids.iter().map(|id| ("key", id.as_str())).collect();
        let form = |extra: &[(&'static str, &'static str)]| {
            let mut form = picked.clone();
            form.extend(extra);
            form
        };
        let asked = browser.post("/keys/bulk", &form(&[("act", "off")])).await;
        assert_eq!(asked.status, StatusCode::OK);
        assert!(asked.page().contains("Switch off 3 keys?"), "{}", asked.page());
        assert!(asked.page().contains("3 keys would stop, 1 of them used in 24 h."), "{}", asked.page());
        assert_eq!(
            keyward.client().forward(&tokens[0], "scope=a").await.status,
            StatusCode::OK,
            "asking changes nothing"
        );
        for unsure in ["", "1", "2", "33"] {
            let form = form(&[("act", "off"), ("go", "1"), ("sure", unsure), ("count", "3")]);
            let unsure = browser.post("/keys/bulk", &form).await;
            assert_eq!(unsure.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(unsure.page().contains("Keys in use would stop. Type 3 to go on."), "{}", unsure.page());
        }
        let done =
            browser.post("/keys/bulk", &form(&[("act", "off"), ("go", "1"), ("sure", "3"), ("count", "3")])).await;
        assert!(done.page().contains("3 keys switched off"), "{}", done.page());
        keyward.pass(Duration::from_secs(1)).await;
        assert_eq!(keyward.client().forward(&tokens[0], "scope=a").await.status, StatusCode::UNAUTHORIZED);
        let again = browser.post("/keys/bulk", &form(&[("act", "off"), ("go", "1")])).await;
        assert!(again.page().contains("It is off already."), "{}", again.page());
        let on = browser.post("/keys/bulk", &form(&[("act", "on"), ("go", "1")])).await;
        assert!(on.page().contains("3 keys switched on"), "{}", on.page());

        for (extra, says) in [
            (&[("act", "extend"), ("expires", "10d"), ("go", "1")][..], "It lives as long already."),
            (&[("act", "extend"), ("expires", "9999d"), ("go", "1")], "0 keys extended"),
            (&[("act", "extend"), ("expires", "200d"), ("go", "1")], "3 keys extended"),
            (&[("act", "move"), ("group", "nowhere"), ("go", "1")], "Its tenant default has no group nowhere."),
        ] {
            let answer = browser.post("/keys/bulk", &form(extra)).await;
            assert!(answer.page().contains(says), "{says}: {}", answer.page());
        }
        assert_eq!(
            browser.post("/settings/groups/new", &[("name", "north"), ("tenant", "default")]).await.status,
            StatusCode::SEE_OTHER
        );
        let moved = browser.post("/keys/bulk", &form(&[("act", "move"), ("group", "north"), ("go", "1")])).await;
        assert!(moved.page().contains("3 keys moved"), "{}", moved.page());

        for (owner, says) in [
            ("", "Type the mail address of its new owner"),
            ("ops@example.com", "3 keys handed over"),
            ("OPS@example.com", "It belongs to ops@example.com already."),
        ] {
            let answer = browser.post("/keys/bulk", &form(&[("act", "owner"), ("owner", owner), ("go", "1")])).await;
            assert!(answer.page().contains(says), "{says}: {}", answer.page());
        }
        // All of them are counted, not the first ones.
        let all = browser.post("/keys/bulk", &[("act", "archive"), ("all", "1"), ("query", "q=for")]).await;
        assert!(all.page().contains("3 keys would stop, 1 of them used in 24 h."), "{}", all.page());

        let by_owner = browser
            .post(
                "/keys/bulk",
                &[
                    ("act", "archive"),
                    ("all", "1"),
                    ("query", "q=for"),
                    ("go", "1"),
                    ("sure", "3"),
                    ("count", "3"),
                    ("reason", "owner_left"),
                ],
            )
            .await;
        assert!(by_owner.page().contains("3 keys archived"), "{}", by_owner.page());
        let none = browser.post("/keys/bulk", &[("act", "archive")]).await;
        assert_eq!(none.status, StatusCode::SEE_OTHER, "nothing was ticked");
        for bad in [
            &[("act", "burn"), ("key", ids[0].as_str())][..],
            &[("act", "off"), ("key", "x")],
            &[("act", "off"), ("other", "1")],
        ] {
            assert_eq!(browser.post("/keys/bulk", bad).await.status, StatusCode::BAD_REQUEST, "{bad:?}");
        }
        let mut auditor = keyward.signed_in(Role::Auditor).await;
        assert_eq!(auditor.post("/keys/bulk", &form(&[("act", "off")])).await.status, StatusCode::FORBIDDEN);
        let mut member = keyward.signed_in(Role::Member).await;
        let theirs = member.post("/keys/bulk", &form(&[("act", "on"), ("go", "1")])).await;
        assert!(
            theirs.page().contains("0 keys switched on") && theirs.page().contains("There is no key of this id."),
            "{}",
            theirs.page()
        );
    }
}

#[tokio::test]
async fn columns_that_are_chosen_are_remembered() {
    let keyward = Keyward::new().await;
    keyward.issue("a").await;
    let mut browser = keyward.signed_in(Role::Admin).await;
    let usual = browser.get("/keys").await;
    assert!(usual.page().contains("Last 24 h") && !usual.page().contains(">Created by</th>"));
    let chosen = browser.get("/keys?col=creator&col=status").await;
    assert!(!chosen.page().contains("Last 24 h</th>") && chosen.page().contains(">Created by</th>"));
    let later = browser.get("/keys").await;
    assert!(!later.page().contains("Last 24 h</th>") && later.page().contains(">Created by</th>"));
    assert_eq!(browser.get("/keys?status=none").await.status, StatusCode::BAD_REQUEST);
}

/// Whoever may see just their own keys finds nobody else's, and none of nobody's, whatever owner they ask for.
#[tokio::test]
async fn a_member_finds_their_own_keys_alone() {
    for (name, database) in databases() {
        let keyward = Keyward::on(database).await;
        let mut member = keyward.signed_in(Role::Member).await;
        let made = [("name", "mine"), ("scopes", "bookings.read"), ("life", "90")];
        assert_eq!(member.post("/keys/new", &made).await.status, StatusCode::OK);
        keyward.issue("secretly").await;
        let nobodys = run(&keyward.database, &["keys", "create", "--name", "nobodys", "--scope", "keyward.verify"], "");
        assert_eq!(nobodys.code, 0, "{name} {nobodys:?}");
        for (owner, is_own) in [
            ("", true),
            ("member@example.com", true),
            ("Member@Example.com", true),
            ("zzz", false),
            ("%01", false),
            ("%00", true),
            ("%20", true),
            ("superadmin@example.com", false),
        ] {
            let query = if owner.is_empty() { String::new() } else { format!("owner={owner}") };
            let page = member.get(&format!("/keys?{query}")).await.page();
            assert_eq!(page.contains("mine"), is_own, "{name} {owner}: {page}");
            assert!(!page.contains("nobodys") && !page.contains("for secretly"), "{name} {owner}: {page}");
            let act = [("act", "archive"), ("all", "1"), ("query", query.as_str()), ("reason", "not_needed")];
            let asked = member.post("/keys/bulk", &act).await.page();
            assert!(!asked.contains("nobodys") && !asked.contains("for secretly"), "{name} {owner}: {asked}");
        }
    }
}
