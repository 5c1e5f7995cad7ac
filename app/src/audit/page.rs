//! The audit: what happened, newest first, narrowed by what the address says; how the chain stands; and the way to take it
//! along, as a file or on paper.

use leptos::prelude::*;
use model::audit::Verb;

use crate::{
    audit::view::{AuditQuery, AuditView, ChainView},
    keys::view::{EventView, When},
    layout::{head::PageHead, page::Loaded},
    query::query,
    routes,
    ui::{
        count::grouped,
        icon::Icon,
        time::{Ago, Moment},
    },
};

/// `/audit`.
#[component]
pub(crate) fn Audit() -> impl IntoView {
    let before = query("before").and_then(|before| before.parse().ok());
    let said = |name| query(name).unwrap_or_default();
    let asked =
        AuditQuery { who: said("who"), what: said("what"), target: said("target"), from: said("from"), to: said("to") };
    let AuditQuery { who, what, target, from, to } = asked.clone();
    let load = crate::audit::load::list_audit(before, who, what, target, from, to);
    let show = move |view: AuditView| view! { <Events view asked paged=before.is_some()/> };
    view! { <Loaded title="Audit" current=routes::AUDIT load show/> }
}

#[component]
fn Events(view: AuditView, asked: AuditQuery, paged: bool) -> impl IntoView {
    let older = view.next.map(|next| asked.address(routes::AUDIT, Some(("before", &next.to_string()))));
    let newest = asked.address(routes::AUDIT, None);
    let [csv, json] = ["csv", "json"].map(|format| asked.address(routes::EXPORT_AUDIT, Some(("format", format))));
    let empty = view.events.is_empty();
    let narrow = asked.is_narrow();
    view! {
        <PageHead title="Audit" lead="Every change, in a chain where each event seals the one before.".into_any()>
            <span class="row end">
                <a class="btn" href=csv download=""><Icon name="download"/>"Export CSV"</a>
                <a class="btn" href=json download=""><Icon name="download"/>"Export JSON"</a>
            </span>
        </PageHead>
        <p class="paper">"Keyward, audit. Printed "<Moment when=view.now.clone()/>"."</p>
        <Chain of=view.chain/>
        <Filters asked/>
        {if empty {
            let words = if narrow { "No event fits." } else { "Nothing happened here yet." };
            view! {
                <div class="empty stack center">
                    <p class="muted">{words}</p>
                    {narrow.then(|| view! { <p><a class="btn" href=routes::AUDIT>"Clear filters"</a></p> })}
                </div>
            }.into_any()
        } else {
            view! {
                <div class="table-wrap bleed"><table class="data cards events" role="table">
                    <caption class="hide">"Events, newest first"</caption>
                    <thead role="rowgroup"><tr role="row">
                        <th class="fit num" scope="col" role="columnheader"><abbr title="Number in the chain">"#"</abbr></th>
                        <th scope="col" role="columnheader">"Action"</th>
                        <th scope="col" role="columnheader">"Target"</th>
                        <th scope="col" role="columnheader">"Actor"</th>
                        <th class="fit" scope="col" role="columnheader">"When"</th>
                        <th scope="col" role="columnheader">"Details"</th>
                    </tr></thead>
                    <tbody role="rowgroup">{view.events.into_iter().map(|event| view! { <Row event/> }).collect_view()}</tbody>
                </table></div>
            }.into_any()
        }}
        <div class="row pager"><span class="row end">
            {paged.then(|| view! { <a class="btn" href=newest>"Newest"</a> })}
            {older.map(|older| view! { <a class="btn" href=older rel="next">"Older"</a> })}
        </span></div>
    }
}

/// How the chain stands, and the button that walks it.
#[component]
fn Chain(of: Option<ChainView>) -> impl IntoView {
    let said = |tone: &'static str, icon: &'static str, words: String, at: Option<When>| {
        view! {
            <div class=tone role="status">
                <Icon name=icon/>
                <p class="grow">{words}{at.map(|at| view! { " Checked "<Ago when=at/>"." })}</p>
            </div>
        }
    };
    let status = match of {
        None => said("banner", "clock", "The chain was not walked yet since this process began.".to_owned(), None),
        Some(ChainView { seq, at, broken: None }) => {
            said("banner ok", "ok", format!("The chain is whole up to event {}.", grouped(seq)), Some(at))
        }
        Some(ChainView { at, broken: Some(broken), .. }) => {
            let words = format!(
                "The chain is broken at {broken}. Somebody changed the database behind Keyward: compare it with a copy."
            );
            said("banner bad", "warning", words, Some(at))
        }
    };
    view! {
        <div class="row chain">
            <div class="grow" data-live="audit-chain">{status}</div>
            <form method="post" action=routes::VERIFY_AUDIT><button class="btn"><Icon name="shield"/>"Verify now"</button></form>
        </div>
    }
}

/// The families of verbs, by the beginning of their codes.
fn family(beginning: &str) -> &str {
    match beginning {
        "key" => "Keys",
        "user" => "People",
        "entry" => "Settings",
        "signing_key" => "Signing keys",
        "gateway" => "Gateway tests",
        "setup" => "Setup",
        other => other,
    }
}

/// What narrows the list, all of it in the address.
#[component]
fn Filters(asked: AuditQuery) -> impl IntoView {
    let mut families: Vec<&str> = Vec::new();
    for verb in Verb::ALL {
        let beginning = verb.code().split('.').next().unwrap_or_default();
        if !families.contains(&beginning) {
            families.push(beginning);
        }
    }
    let option = |value: String, words: String| {
        let selected = value == asked.what;
        view! { <option value=value selected=selected>{words}</option> }
    };
    let group = |beginning: &&str| {
        let whole = format!("{beginning}.");
        let verbs = Verb::ALL.into_iter().filter(|verb| verb.code().starts_with(&whole));
        let verbs: Vec<_> = verbs.map(|verb| option(verb.code().to_owned(), verb.words().to_owned())).collect();
        let all = (verbs.len() > 1).then(|| option(whole.clone(), format!("{}: everything", family(beginning))));
        view! { <optgroup label=family(beginning).to_owned()>{all}{verbs}</optgroup> }
    };
    let options = families.iter().map(group).collect_view();
    let narrow = asked.is_narrow();
    view! {
        <form class="row toolbar audit-filters" method="get" action=routes::AUDIT role="search" aria-label="Filter the audit">
            <label class="field"><span class="label">"Actor"</span><input class="input" type="search" name="who" value=asked.who placeholder="Anyone"/></label>
            <label class="field"><span class="label">"Action"</span><select class="input" name="what"><option value="">"Everything"</option>{options}</select></label>
            <label class="field"><span class="label">"Target"</span><input class="input" type="search" name="target" value=asked.target placeholder="An id or a name"/></label>
            <label class="field"><span class="label">"From (UTC)"</span><input class="input" type="date" name="from" value=asked.from/></label>
            <label class="field"><span class="label">"To (UTC)"</span><input class="input" type="date" name="to" value=asked.to/></label>
            <button class="btn"><Icon name="search"/>"Filter"</button>
            {narrow.then(|| view! { <a class="btn quiet" href=routes::AUDIT>"Clear"</a> })}
        </form>
    }
}

#[component]
fn Row(event: EventView) -> impl IntoView {
    let (icon, tone) = match event.verb.as_str() {
        "key.issue" | "entry.create" | "entry.add_samples" | "user.create" => ("plus", "status ok"),
        "key.archive" => ("archive", "status"),
        "entry.disable" | "user.disable" => ("stop", "status warn"),
        "entry.enable" | "user.enable" => ("ok", "status ok"),
        verb if verb.starts_with("user.") => ("user", "status"),
        _ => ("edit", "status"),
    };
    let detail = |(label, value): (String, String)| {
        view! { <span class="chip"><span class="muted">{label}</span>" "<bdi>{value}</bdi></span> }
    };
    view! {
        <tr role="row">
            <td class="c-seq fit num muted" role="cell">{grouped(event.seq)}</td>
            <td class="c-what" role="cell"><span class=tone><Icon name=icon/>{event.what}</span></td>
            <td class="c-target" role="cell">{match event.href {
                Some(href) => view! { <a class="link" href=href title=event.target.clone()><bdi>{event.target.clone()}</bdi></a> }.into_any(),
                None => view! { <bdi>{event.target}</bdi> }.into_any(),
            }}</td>
            <td class="c-who" role="cell"><bdi title=event.actor.clone()>{event.actor.clone()}</bdi></td>
            <td class="c-when fit" role="cell"><Moment when=event.at.clone()/><span class="sub"><Ago when=event.at/></span></td>
            <td class="c-detail" role="cell"><span class="row tight">{event.detail.into_iter().map(detail).collect_view()}</span></td>
        </tr>
    }
}
