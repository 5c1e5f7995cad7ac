//! The list of jobs, and one job.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use crate::{
    form_outcome::FormOutcome,
    jobs::view::{JobLineView, JobPageView, JobView},
    layout::{head::PageHead, page::Loaded},
    routes,
    ui::{count::grouped, icon::Icon, time::Ago},
};

/// `/jobs`.
#[component]
pub(crate) fn Jobs() -> impl IntoView {
    let show = |jobs: Vec<JobView>| {
        let row = |job: JobView| {
            view! {
                <tr role="row">
                    <th class="c-name" scope="row" role="rowheader"><a class="link" href=routes::job(&job.id)>{job.title.clone()}</a></th>
                    <td class="c-text" role="cell" data-label="Started by"><bdi>{job.by.clone()}</bdi></td>
                    <td class="fit" role="cell" data-label="Started"><Ago when=job.created.clone()/></td>
                    <td class="c-text" role="cell"><Progress of=job.clone()/></td>
                    <td class="c-state fit" role="cell"><Status of=job/></td>
                </tr>
            }
        };
        let body = if jobs.is_empty() {
            view! {
                <div class="empty stack center">
                    <h2>"No job yet"</h2>
                    <p class="muted prose">"Changing all keys of a filter and importing the keys of another system are jobs. To import, run "<code translate="no">"keyward import FILE"</code>" or send the file to "<code translate="no">"/api/v1/keys/import"</code>"."</p>
                </div>
            }
            .into_any()
        } else {
            view! {
                <div class="table-wrap bleed"><table class="data cards entries" role="table">
                    <caption class="hide">"Jobs, the latest first"</caption>
                    <thead role="rowgroup"><tr role="row">
                        <th scope="col" role="columnheader">"Job"</th>
                        <th scope="col" role="columnheader">"Started by"</th>
                        <th class="fit" scope="col" role="columnheader">"Started"</th>
                        <th scope="col" role="columnheader">"Progress"</th>
                        <th class="fit" scope="col" role="columnheader">"Status"</th>
                    </tr></thead>
                    <tbody role="rowgroup">{jobs.into_iter().map(row).collect_view()}</tbody>
                </table></div>
            }
            .into_any()
        };
        view! {
            <PageHead title="Jobs" lead="Work that takes longer than a request. It goes on when you leave and after a restart; what became of it is kept for 30 days.".into_any()/>
            <div data-live="jobs">{body}</div>
        }
    };
    view! { <Loaded title="Jobs" current=routes::JOBS load=crate::jobs::load::list_jobs() show/> }
}

/// `/jobs/:id`.
#[component]
pub(crate) fn JobPage() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    let failure = match use_context::<FormOutcome>() {
        Some(FormOutcome::Switch(refused)) => refused.failure,
        _ => None,
    };
    let show = move |page: JobPageView| {
        let JobPageView { job, refused, others, undo, may_cancel } = page;
        let above = vec![(routes::JOBS.to_owned(), "Jobs".to_owned())];
        let [done, same, not] = job.counts;
        let said = if job.is_check { "can be imported" } else { "done" };
        let stop = (job.is_going && may_cancel).then(|| {
            view! {
                <form method="post" action=routes::cancel_job(&job.id)>
                    <button class="btn"><Icon name="x"/>"Stop"</button>
                </form>
            }
        });
        let undo = undo.map(|words| {
            view! {
                <form method="post" action=routes::undo_job(&job.id)>
                    <button class="btn">{words}</button>
                </form>
            }
        });
        let lead = view! { "Started "<Ago when=job.created.clone()/>" by "<bdi>{job.by.clone()}</bdi>"." }.into_any();
        let ended = job.ended.clone().map(|ended| view! { <span class="muted">"Ended "<Ago when=ended/></span> });
        view! {
            <PageHead title=job.title.clone() above here=job.title.clone() lead><span class="end" data-live="job-acts">{stop}{undo}</span></PageHead>
            {failure.map(|error| view! { <div class="banner bad" role="alert"><Icon name="warning"/><span>{error.to_string()}</span></div> })}
            <div class="stack loose" data-live="job">
                <section class="panel" aria-labelledby="progress">
                    <header class="row"><h2 id="progress">"Progress"</h2><span class="end"><Status of=job.clone()/></span></header>
                    <div class="body stack">
                        <Progress of=job.clone()/>
                        <p class="row">
                            <span><b>{grouped(done)}</b>" "{said}</span>
                            {(same > 0).then(|| view! { <span><b>{grouped(same)}</b>" there already"</span> })}
                            <span><b>{grouped(not)}</b>" refused"</span>
                            {ended}
                        </p>
                        {job.said.clone().map(|said| view! { <div class="banner warn"><Icon name="warning"/><p>{said}</p></div> })}
                    </div>
                </section>
                <Lines title="Refused" of=refused all=not/>
                <Lines title="Done" of=others all=done + same/>
            </div>
        }
    };
    view! { <Loaded title="Job" current=routes::JOBS load=crate::jobs::load::show_job(id) show/> }
}

/// Lines, each with what became of it.
#[component]
fn Lines(
    title: &'static str,
    of: Vec<JobLineView>,
    /// How many there are in all.
    all: i64,
) -> impl IntoView {
    if of.is_empty() {
        return None;
    }
    let more = all > i64::try_from(of.len()).unwrap_or(i64::MAX);
    let more = more.then(|| {
        view! { <p class="muted body">"The first of "{grouped(all)}". The REST API lists all of them: "<code translate="no">"/api/v1/jobs/{id}/lines"</code>"."</p> }
    });
    let line = |line: JobLineView| {
        let what = match line.key {
            Some(id) => {
                view! { <a class="link" href=routes::key(&id)><code translate="no">{id.clone()}</code></a> }.into_any()
            }
            None => view! { <span>"Line "{grouped(line.line)}</span> }.into_any(),
        };
        view! { <li class="row top"><span class="term">{what}</span><span class="muted grow">{line.outcome}</span></li> }
    };
    Some(view! {
        <section class="panel" aria-labelledby=title>
            <header class="row"><h2 id=title>{title}</h2></header>
            <ul class="lines">{of.into_iter().map(line).collect_view()}</ul>
            {more}
        </section>
    })
}

/// How far a job is.
#[component]
fn Progress(of: JobView) -> impl IntoView {
    let looked_at: i64 = of.counts.iter().sum();
    let words = format!("{} of {}", grouped(looked_at), grouped(of.total));
    view! {
        <div class="stack tight">
            <meter min="0" max=of.total.max(1) value=looked_at aria-label=format!("{}: lines looked at", of.title)>{words.clone()}</meter>
            <span class="muted small">{words}</span>
        </div>
    }
}

/// The status of a job.
#[component]
fn Status(of: JobView) -> impl IntoView {
    let (tone, icon) = of.look;
    view! { <span class=format!("chip pill {tone}")><Icon name=icon/>{of.status}</span> }
}
