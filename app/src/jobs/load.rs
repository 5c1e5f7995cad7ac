//! Jobs.

use model::{
    account::{Action, Role},
    id::JobId,
    job::{Job, JobEnd, JobKind, JobStatus, LineOutcome},
    time::Timestamp,
};
use store::JobLine;

use crate::{
    error::ApiError,
    form_outcome::FormErrors,
    jobs::view::{JobLineView, JobPageView, JobView},
    keys::to_view::{self, when},
    session::context::{self, RequestContext},
};

/// Lines that were refused on a page.
const LINES: u16 = 100;
/// Other lines on a page.
const SHOWN: usize = 20;

/// The latest jobs.
pub async fn list_jobs() -> Result<Vec<JobView>, ApiError> {
    context::answer(
        async {
            let context = context::expect_context_of_request()?;
            let now = context.admin.clock().now();
            let jobs = context.admin.jobs(context.permit()?).await.map_err(context::closed)?;
            Ok(jobs.iter().map(|job| view(job, now)).collect())
        }
        .await,
    )
}

/// One job.
pub async fn show_job(id: String) -> Result<JobPageView, ApiError> {
    context::answer(
        async {
            let context = context::expect_context_of_request()?;
            let (permit, admin) = (context.permit()?, &context.admin);
            let id = JobId::parse(&id).ok_or(ApiError::NotFound)?;
            let job = admin.job(permit, id).await.map_err(context::closed)?;
            let lines = async |only| admin.job_lines(permit, id, Some(only), 0, LINES).await.map_err(context::closed);
            let refused = lines(LineOutcome::Refused).await?;
            let mut others = lines(LineOutcome::Done).await?;
            others.extend(lines(LineOutcome::Same).await?);
            others.sort_by_key(|line| line.line);
            others.truncate(SHOWN);
            let may_cancel = permit.allows(Action::WriteKeys).is_ok()
                && (permit.role() == Role::Superadmin || job.created_by == permit.actor());
            let undo = match job.action.as_str() {
                "archive" => Some("Undo archiving"),
                "disable" => Some("Switch them on again"),
                "enable" => Some("Switch them off again"),
                _ => None,
            };
            Ok(JobPageView {
                undo: undo.filter(|_| may_cancel && job.end.is_some() && job.done > 0),
                job: view(&job, admin.clock().now()),
                refused: refused.iter().map(line).collect(),
                others: others.iter().map(line).collect(),
                may_cancel,
            })
        }
        .await,
    )
}

/// Stops a job.
pub async fn cancel_job(context: &RequestContext, id: &str) -> Result<(), FormErrors> {
    let permit = context.may(Action::WriteKeys)?;
    let id = JobId::parse(id).ok_or(ApiError::NotFound)?;
    context.admin.cancel_job(permit, id).await.map(drop).map_err(to_view::refused)
}

/// Starts taking back what a job did; the id of the job that does.
pub async fn undo_job(context: &RequestContext, id: &str) -> Result<String, FormErrors> {
    let permit = context.may(Action::WriteKeys)?;
    let id = JobId::parse(id).ok_or(ApiError::NotFound)?;
    let job = context.admin.undo_job(permit, id).await.map_err(to_view::refused)?;
    Ok(job.id.to_string())
}

fn line(line: &JobLine) -> JobLineView {
    let outcome = match line.outcome {
        Some(LineOutcome::Refused) => line.detail.clone(),
        Some(outcome) => outcome.words().to_owned(),
        None => String::new(),
    };
    JobLineView { line: line.line, key: line.key.map(|key| key.to_string()), outcome }
}

fn view(job: &Job, now: Timestamp) -> JobView {
    let status = job.status(now);
    let look = match status {
        JobStatus::Waiting => ("", "clock"),
        JobStatus::Running => ("info", "rotate"),
        JobStatus::Stopping => ("warn", "clock"),
        JobStatus::Done if job.refused > 0 => ("warn", "warning"),
        JobStatus::Done => ("ok", "ok"),
        JobStatus::Cancelled => ("off", "x"),
        JobStatus::Failed => ("bad", "warning"),
    };
    let said = match &job.end {
        Some(JobEnd::Failed(_, why)) => Some(format!("It could not go on. {why} What was done stays done.")),
        Some(JobEnd::Cancelled(_, by)) => Some(format!("{by} stopped it. What was done stays done.")),
        _ => None,
    };
    JobView {
        id: job.id.to_string(),
        title: title(job),
        status: status.words(),
        look,
        by: job.created_by.clone(),
        created: when(job.created_at, now),
        ended: job.ended_at().map(|at| when(at, now)),
        total: job.total,
        counts: [job.done, job.same, job.refused],
        said,
        is_check: job.kind == JobKind::ImportCheck,
        is_going: job.end.is_none(),
    }
}

fn title(job: &Job) -> String {
    let act = match job.action.as_str() {
        "archive" => "Archive keys",
        "restore" => "Undo archiving",
        "enable" => "Switch keys on",
        "disable" => "Switch keys off",
        "move" => "Set the group of keys",
        "extend" => "Extend keys",
        "hand_over" => "Hand keys over",
        _ => job.kind.words(),
    };
    act.to_owned()
}
