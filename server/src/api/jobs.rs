//! Work that takes longer than a request: bulk changes, imports, and how far they are. And all keys in one answer.

use std::borrow::Cow;

use admin::{BulkAct, BulkItem, Pick};
use axum::{
    body::{Body, Bytes},
    http::{Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use model::{
    id::{EntryId, JobId, KeyId},
    job::{Job, JobEnd, LineOutcome},
    listing::ListKeys,
    time::Timestamp,
};
use serde_json::{Value, json};

use crate::{
    api::{
        call::{Answer, Call, CallEndpoint, json as answer, paged, with},
        keys,
        operation::{LIMIT, Parameter, Value as Kind, cursor},
    },
    import,
    json::Object,
    layers::envelope::IMPORT,
    machine::problem::Problem,
};

const READ: Option<&str> = Some("keyward.keys.read");
const WRITE: Option<&str> = Some("keyward.keys.write");

/// Keys that are named one by one.
const NAMED: usize = 200;
/// Keys read at a time for an export.
const PAGE: u16 = 200;

const CHECK: &[Parameter] = &[Parameter {
    name: "dry_run",
    about: "Finds out what it would do, and does nothing.",
    kind: Kind::OneOf(booleans),
}];
const LINES: &[Parameter] = &[
    Parameter { name: "outcome", about: "Just lines of this outcome.", kind: Kind::OneOf(outcomes) },
    LIMIT,
    cursor("^[0-9]{1,18}$"),
];

fn booleans() -> Vec<&'static str> {
    vec!["true", "false"]
}

fn outcomes() -> Vec<&'static str> {
    LineOutcome::ALL.map(LineOutcome::code).into()
}

pub(super) fn operations() -> Vec<CallEndpoint> {
    let get = |path, said, handler| CallEndpoint::new((Method::GET, path), said, READ, handler);
    let post = |path, said, handler| CallEndpoint::new((Method::POST, path), said, WRITE, handler);
    let (ok, accepted) = (StatusCode::OK, StatusCode::ACCEPTED);
    vec![
        post("/api/v1/keys/bulk", ("change_keys", "Do one thing to many keys"), |call| Box::pin(bulk(call)))
            .body("Bulk")
            .answers(ok, "BulkResult")
            .or(accepted),
        post(IMPORT, ("import_keys", "Import the keys of another system"), |call| Box::pin(import_keys(call)))
            .query(CHECK)
            .lines("ImportLine")
            .answers(accepted, "Job"),
        get("/api/v1/keys/export", ("export_keys", "All keys that match, without secrets"), |call| {
            Box::pin(export(call))
        })
        .query(keys::FILTER)
        .streams("KeyResource"),
        get("/api/v1/jobs", ("list_jobs", "List the latest jobs"), |call| Box::pin(list(call))).answers(ok, "Jobs"),
        get("/api/v1/jobs/{id}", ("get_job", "Show how far a job is"), |call| Box::pin(show(call))).answers(ok, "Job"),
        get("/api/v1/jobs/{id}/lines", ("job_lines", "What became of each line of a job"), |call| {
            Box::pin(lines(call))
        })
        .query(LINES)
        .answers(ok, "JobLines"),
        post("/api/v1/jobs/{id}/cancel", ("cancel_job", "Stop a job before its next step"), |call| {
            Box::pin(cancel(call))
        })
        .answers(ok, "Job"),
        post("/api/v1/jobs/{id}/undo", ("undo_job", "Take back what a bulk change did"), |call| Box::pin(undo(call)))
            .answers(accepted, "Job"),
    ]
}

/// A job as the API and the command line show it.
pub(crate) fn job_json(job: &Job, now: Timestamp) -> Value {
    let (failure, by) = match &job.end {
        Some(JobEnd::Failed(_, why)) => (Some(why), None),
        Some(JobEnd::Cancelled(_, by)) => (None, Some(by)),
        _ => (None, None),
    };
    json!({
        "id": job.id.to_string(),
        "kind": job.kind.code(),
        "action": Some(&job.action).filter(|action| !action.is_empty()),
        "status": job.status(now).code(),
        "created_at": job.created_at.to_string(),
        "created_by": job.created_by,
        "total": job.total,
        "done": job.done,
        "same": job.same,
        "refused": job.refused,
        "ended_at": job.ended_at().map(|at| at.to_string()),
        "cancelled_by": by,
        "failure": failure,
    })
}

fn line_json(line: &store::JobLine) -> Value {
    json!({
        "line": line.line,
        "outcome": line.outcome.map(LineOutcome::code),
        "key_id": line.key.map(|key| key.to_string()),
        "detail": line.detail,
    })
}

impl Call {
    fn job_id(&self) -> Result<JobId, Problem> {
        JobId::parse(self.param("id")).ok_or_else(|| self.nothing())
    }

    fn started(&self, job: &Job) -> Response {
        let response = answer(StatusCode::ACCEPTED, &job_json(job, self.now()));
        with(response, header::LOCATION, &format!("/api/v1/jobs/{}", job.id))
    }
}

async fn list(call: Call) -> Answer {
    let jobs = call.app.admin.jobs(call.permit()?).await.map_err(|error| call.failed(error))?;
    let now = call.now();
    let jobs: Vec<_> = jobs.iter().map(|job| job_json(job, now)).collect();
    Ok(answer(StatusCode::OK, &json!({ "jobs": jobs })))
}

async fn show(call: Call) -> Answer {
    let job = call.app.admin.job(call.permit()?, call.job_id()?).await.map_err(|error| call.failed(error))?;
    Ok(answer(StatusCode::OK, &job_json(&job, call.now())))
}

async fn cancel(call: Call) -> Answer {
    let job = call.app.admin.cancel_job(call.permit()?, call.job_id()?).await.map_err(|error| call.failed(error))?;
    Ok(answer(StatusCode::OK, &job_json(&job, call.now())))
}

async fn undo(call: Call) -> Answer {
    let job = call.app.admin.undo_job(call.permit()?, call.job_id()?).await.map_err(|error| call.failed(error))?;
    Ok(call.started(&job))
}

async fn lines(call: Call) -> Answer {
    let only = call.read("outcome", LineOutcome::parse)?;
    let after = call.read("cursor", |text| text.parse().ok())?.unwrap_or(0);
    let limit = call.limit()?;
    let found = call.app.admin.job_lines(call.permit()?, call.job_id()?, only, after, limit + 1).await;
    let mut found = found.map_err(|error| call.failed(error))?;
    let more = found.len() > usize::from(limit);
    found.truncate(limit.into());
    let next = found.last().filter(|_| more).map(|line| line.line.to_string());
    let lines: Vec<_> = found.iter().map(line_json).collect();
    Ok(paged(&call, answer(StatusCode::OK, &json!({ "lines": lines, "next_cursor": next })), next.as_deref()))
}

async fn bulk(call: Call) -> Answer {
    let body = call.object(&["action", "value", "ids", "filter", "dry_run"])?;
    let mut wrong = Vec::new();
    let text = |name: &str| body.get(name).map(|value| serde_json::from_str::<String>(value.get()));
    let act = match (text("action"), text("value")) {
        (Some(Ok(action)), None) => BulkAct::parse(&action, ""),
        (Some(Ok(action)), Some(Ok(value))) => BulkAct::parse(&action, &value),
        _ => None,
    };
    if act.is_none() {
        let codes = BulkAct::CODES.join(", ");
        let words = format!("Give one of {codes}, with its value: a reason, a group, an expiry or an owner.");
        wrong.push(("action".to_owned(), words));
    }
    let dry_run = match body.get("dry_run").map(|value| serde_json::from_str::<bool>(value.get())) {
        None => Some(false),
        Some(read) => read.ok(),
    };
    if dry_run.is_none() {
        wrong.push(("dry_run".to_owned(), "Give true or false.".to_owned()));
    }
    let pick = match (body.get("ids"), body.get("filter")) {
        (Some(ids), None) => {
            let ids: Option<Vec<String>> = serde_json::from_str(ids.get()).ok();
            let mut ids: Option<Vec<KeyId>> = ids.and_then(|ids| ids.iter().map(|id| KeyId::parse(id)).collect());
            if let Some(ids) = &mut ids {
                let mut seen = std::collections::HashSet::new();
                ids.retain(|id| seen.insert(*id));
            }
            let ids = ids.filter(|ids| (1..=NAMED).contains(&ids.len()));
            if ids.is_none() {
                wrong.push(("ids".to_owned(), format!("Give 1 to {NAMED} ids of keys.")));
            }
            ids.map(Pick::These)
        }
        (None, Some(filter)) => match filter_of(filter.get()) {
            Ok(list) => Some(Pick::All(Box::new(list))),
            Err(why) => {
                wrong.push(("filter".to_owned(), why));
                None
            }
        },
        _ => {
            wrong.push(("ids".to_owned(), "Give either ids or a filter.".to_owned()));
            None
        }
    };
    let (Some(act), Some(pick), Some(dry_run), true) = (act, pick, dry_run, wrong.is_empty()) else {
        return Err(call.invalid(wrong));
    };
    let (admin, permit) = (&call.app.admin, call.permit()?);
    if dry_run {
        let plan = admin.plan_bulk(permit, &act, &pick).await.map_err(|error| call.failed(error))?;
        let body = json!({
            "keys": plan.stakes.keys,
            "in_use": plan.stakes.in_use,
            "last_used_at": plan.stakes.last_used.map(|at| at.to_string()),
            "results": plan.items.iter().map(result).collect::<Vec<_>>(),
            "job": null,
        });
        return Ok(answer(StatusCode::OK, &body));
    }
    match pick {
        Pick::These(ids) => {
            let items = admin.change_keys(permit, &act, &ids, None).await.map_err(|error| call.failed(error))?;
            let results: Vec<_> = items.iter().map(result).collect();
            Ok(answer(
                StatusCode::OK,
                &json!({ "keys": results.len(), "in_use": null, "last_used_at": null, "results": results, "job": null }),
            ))
        }
        Pick::All(list) => {
            let job = admin.start_bulk(permit, &act, &list, None).await.map_err(|error| call.failed(error))?;
            let body = json!({
                "keys": job.total, "in_use": null, "last_used_at": null, "results": [],
                "job": job_json(&job, call.now()),
            });
            let response = answer(StatusCode::ACCEPTED, &body);
            Ok(with(response, header::LOCATION, &format!("/api/v1/jobs/{}", job.id)))
        }
    }
}

fn result(item: &BulkItem) -> Value {
    let outcome = if item.refused.is_none() { LineOutcome::Done } else { LineOutcome::Refused };
    json!({
        "key_id": item.id.to_string(),
        "name": item.key.as_ref().map(|key| key.spec.name.as_str()),
        "outcome": outcome.code(),
        "detail": item.refused.as_deref().unwrap_or_default(),
    })
}

/// A filter in a body: the parameters of the list as an object of texts. An empty one would be all keys: that is said as
/// `"status": "any"` or `"working"`.
fn filter_of(text: &str) -> Result<ListKeys, String> {
    let known = || keys::FILTER.iter().map(|parameter| parameter.name);
    let fields: std::collections::BTreeMap<String, String> =
        serde_json::from_str(text).map_err(|_| "Give an object of texts, as the list's parameters.".to_owned())?;
    if fields.is_empty() {
        return Err("Say which keys: for all of them, {\"status\": \"any\"}.".to_owned());
    }
    if let Some(name) = fields.keys().find(|name| known().all(|known| known != name.as_str())) {
        return Err(format!("There is no filter {}.", model::token::without_secrets(name)));
    }
    let asked = |name: &str| fields.get(name).map(Cow::from);
    keys::list_of(&asked).map_err(|name| format!("{name} has no such value."))
}

async fn import_keys(call: Call) -> Answer {
    let dry_run = call.read("dry_run", |text| text.parse().ok())?.unwrap_or(false);
    call.check_lines()?;
    let (admin, permit) = (&call.app.admin, call.permit()?);
    let text = str::from_utf8(call.sent())
        .map_err(|_| call.problem(StatusCode::BAD_REQUEST, "bad_request", "The body is not UTF-8."))?;
    let (mut read, mut hmac_key): (Vec<_>, Option<EntryId>) = (Vec::new(), None);
    for (number, line) in (1..).zip(text.strip_prefix('\u{feff}').unwrap_or(text).lines()) {
        if line.trim().is_empty() {
            continue;
        }
        let object = match admin::check_object(line) {
            Ok(()) => serde_json::from_str::<Object>(line).unwrap_or_default(),
            Err(why) => {
                let message = format!("This is no JSON object: {why}");
                read.push((number, Err(vec![admin::FieldMistake { field: String::new(), message }])));
                continue;
            }
        };
        match object.get("hmac_key").filter(|_| object.len() == 1) {
            Some(key) => {
                let key: String = serde_json::from_str(key.get()).unwrap_or_default();
                let kept = admin.keep_hmac_key(permit, key.as_bytes()).await;
                hmac_key = Some(kept.map_err(|error| call.failed(error))?);
            }
            None => read.push((number, import::read_line(&object, hmac_key))),
        }
    }
    if read.is_empty() {
        return Err(call.invalid(vec![("body".to_owned(), "There is no line to import.".to_owned())]));
    }
    let job = admin.start_import(permit, read, dry_run).await.map_err(|error| call.failed(error))?;
    Ok(call.started(&job))
}

async fn export(call: Call) -> Answer {
    let list = keys::list_asked(&call)?;
    let permit = call.permit()?.clone();
    // The first page is read before the answer begins, so that what is wrong is said.
    let first = call.app.admin.find_so_many_keys(&permit, &list, PAGE).await.map_err(|error| call.failed(error))?;
    let admin = call.app.admin.clone();
    let pages = stream::try_unfold((Some(first), list), move |(page, mut list)| {
        let (admin, permit) = (admin.clone(), permit.clone());
        async move {
            let Some(page) = page else { return Ok::<_, admin::AdminError>(None) };
            let now = admin.clock().now();
            let mut text = String::new();
            for listed in &page.keys {
                let shown = keys::resource(&listed.key, listed.last_use.as_ref(), Some(&listed.stands), now);
                text.push_str(&serde_json::to_string(&shown).unwrap_or_default());
                text.push('\n');
            }
            list.after.clone_from(&page.next);
            let next = match page.next {
                Some(_) => Some(admin.find_so_many_keys(&permit, &list, PAGE).await?),
                None => None,
            };
            Ok(Some((Bytes::from(text), (next, list))))
        }
    });
    let body = Body::from_stream(pages);
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, "application/jsonl")], body).into_response())
}
