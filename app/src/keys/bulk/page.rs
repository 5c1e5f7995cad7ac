//! One act on many keys: what would happen, then what happened.

use leptos::prelude::*;
use model::key::ArchiveReason;

use crate::{
    error::ApiError,
    form_outcome::FormOutcome,
    keys::{
        bulk::{
            form::{BulkForm, BulkPage},
            results::{BulkResults, UndoBulk},
        },
        list::view::{BulkItemView, BulkPlanView, BulkResultView, stops},
        view::holder,
    },
    layout::{
        head::{PageHead, above_keys},
        page::Loaded,
    },
    routes,
    ui::{
        count::{grouped, keys},
        icon::Icon,
        stakes::AtStake,
        time::Ago,
    },
};

/// `/keys/bulk`.
#[component]
pub(crate) fn Bulk() -> impl IntoView {
    let form_outcome = use_context::<FormOutcome>();
    let load = async move {
        match form_outcome {
            Some(FormOutcome::Bulk(page)) => match *page {
                BulkPage::Failed(error) => Err(error),
                page => Ok(page),
            },
            // Nobody comes here by a link.
            _ => Err(ApiError::NotFound),
        }
    };
    let show = |page: BulkPage| match page {
        BulkPage::Ask(form, plan, error) => view! { <Ask form plan=*plan error/> }.into_any(),
        BulkPage::Done(form, result) => view! { <Done form result=*result/> }.into_any(),
        BulkPage::Failed(_) => ().into_any(),
    };
    view! { <Loaded title="Many keys" current=routes::KEYS load show/> }
}

/// The act in words: what is asked, what the button says, and what is true afterwards.
pub(crate) fn words(form: &BulkForm) -> (&'static str, &'static str, &'static str) {
    match form.act.as_str() {
        "off" => ("Switch off", "They are refused everywhere until they are switched on again.", "switched off"),
        "on" => ("Switch on", "They work again, as far as nothing else stands against it.", "switched on"),
        "restore" => ("Undo archiving", "They are as they were before they were archived.", "brought back"),
        "move" => (
            "Set the group of",
            "A group is for finding keys and for archiving them together; what they may do stays.",
            "moved",
        ),
        "owner" => (
            "Hand over",
            "They belong to the new owner, who answers for them from then on. They work as before.",
            "handed over",
        ),
        "extend" => ("Extend", "They live until then. What lives longer already stays as it is.", "extended"),
        _ => (
            "Archive",
            "They stop at once on this node and within a second on every other. It can be undone for 10 minutes, unless they are compromised.",
            "archived",
        ),
    }
}

/// What takes an act back, and its words.
fn undo(act: &str) -> Option<(String, String)> {
    let undo = match act {
        "off" => ("on", "Switch them on again"),
        "on" => ("off", "Switch them off again"),
        "archive" => ("restore", "Undo archiving"),
        _ => return None,
    };
    Some((undo.0.to_owned(), undo.1.to_owned()))
}

#[component]
fn Ask(form: BulkForm, plan: BulkPlanView, error: Option<String>) -> impl IntoView {
    let (title, says, _) = words(&form);
    let count = keys(plan.count);
    let back = format!("{}{}{}", routes::KEYS, if form.query.is_empty() { "" } else { "?" }, form.query);
    if plan.items.is_empty() {
        return view! {
            <div class="empty stack center">
                <h1>"No key matches"</h1>
                <p class="muted">"There is nothing to do."</p>
                <p><a class="btn" href=back>"To the list"</a></p>
            </div>
        }
        .into_any();
    }
    let left = plan.items.iter().filter(|item| item.refused.is_some()).count();
    let more = plan.has_more();
    let nothing = left == plan.items.len() && !more;
    let danger = form.act == "archive";
    let total = plan.count;
    let seen = plan.seen;
    let needs_sure = plan.needs_sure(&form.act);
    let at_stake = stops(&form.act).then(|| {
        view! { <AtStake keys=total in_use=plan.in_use last_used=plan.last_used.clone()/> }
    });
    let is_wrong = error.is_some() && needs_sure;
    let fields = view! {
        <input type="hidden" name="act" value=form.act.clone()/>
        <input type="hidden" name="query" value=form.query.clone()/>
        {form.all.then(|| view! { <input type="hidden" name="all" value="1"/> })}
        {form.keys.iter().map(|id| view! { <input type="hidden" name="key" value=id.clone()/> }).collect_view()}
        <input type="hidden" name="seen" value=seen/>
        <Choice form=form.clone() groups=plan.groups/>
        <input type="hidden" name="count" value=total/>
        {at_stake}
        {needs_sure.then(|| view! {
            <div class="field ask"><label for="sure">"Number of keys"</label>
                <input class="input" id="sure" name="sure" value=form.sure.clone() inputmode="numeric" autocomplete="off" required
                    pattern=format!("{total}|{}", grouped(total)) title=format!("Type {total}") aria-invalid=is_wrong.then_some("true") aria-describedby="sure-hint"/>
                <span class="muted" id="sure-hint">"Type "<b>{grouped(total)}</b>" to "{title.to_lowercase()}" keys in use."</span></div>
        })}
    };
    view! {
        <PageHead title=format!("{title} {count}?") id="bulk-title" above=vec![above_keys()] here=title/>
        <div class="stack bulk-page">
            <p class="muted before">{says}</p>
            {error.map(|error| view! { <div class="banner bad" role="alert"><Icon name="warning"/><span>{error}</span></div> })}
            <form class="stack" method="post" action=routes::BULK>
                {fields}
                <div class="row">
                    <button class=if danger { "btn danger" } else { "btn primary" } name="go" value="1" disabled=nothing>{title}" "{count}</button>
                    {["move", "owner", "extend"].contains(&form.act.as_str()).then(|| view! { <button class="btn" formnovalidate>"Check again"</button> })}
                    <a class="btn quiet" href=back.clone()>"Cancel"</a>
                </div>
            </form>
            <section class="panel before" aria-labelledby="what">
                <header class="row"><h2 id="what">"What happens"</h2>
                    <span class="muted">{if left > 0 { format!("{left} of these are left alone") } else { String::new() }}{more.then_some(" The first ones of those that match")}</span></header>
                <Items items=plan.items done=words(&form).2/>
            </section>
        </div>
    }
    .into_any()
}

/// What else has to be said for an act.
#[component]
fn Choice(form: BulkForm, groups: Vec<String>) -> impl IntoView {
    match form.act.as_str() {
        "archive" => {
            let chosen = ArchiveReason::parse(&form.reason).unwrap_or_default();
            let option = |reason: ArchiveReason| view! { <option value=reason.code() selected=reason == chosen>{reason.words()}</option> };
            view! {
                <div class="field ask"><label for="reason">"Why"</label>
                    <select class="input" id="reason" name="reason">{ArchiveReason::ALL.map(option)}</select></div>
            }
            .into_any()
        }
        "move" => view! {
            <div class="field ask"><label for="group">"Group"</label>
                <select class="input" id="group" name="group">
                    <option value="">"No group"</option>
                    {groups.into_iter().map(|name| { let chosen = name == form.group; view! { <option value=name.clone() selected=chosen>{name.clone()}</option> } }).collect_view()}
                </select></div>
        }
        .into_any(),
        "owner" => view! {
            <div class="field ask"><label for="owner">"New owner"</label>
                <input class="input" id="owner" name="owner" value=form.owner.clone() required autocomplete="off" autocapitalize="none" spellcheck="false" aria-describedby="owner-hint"/>
                <span class="muted" id="owner-hint">"A mail address, or the name of a team."</span></div>
        }
        .into_any(),
        "extend" => view! {
            <div class="field ask"><label for="expires">"Until"</label>
                <input class="input" id="expires" name="expires" value=form.expires.clone() placeholder="90d" required autocomplete="off" aria-describedby="expires-hint"/>
                <span class="muted" id="expires-hint">"A number of days from now, such as 90d, or a date, such as 2027-03-14."</span></div>
        }
        .into_any(),
        _ => ().into_any(),
    }
}

/// Keys, each with what becomes of it.
#[component]
fn Items(items: Vec<BulkItemView>, done: &'static str) -> impl IntoView {
    let row = |item: BulkItemView| {
        let becomes = match item.refused {
            Some(why) => {
                view! { <span class="status"><Icon name="skip"/><span class="wrap">{why}</span></span> }.into_any()
            }
            None => view! { <span class="status ok"><Icon name="ok"/>"Will be "{done}</span> }.into_any(),
        };
        view! {
            <tr role="row">
                <th class="c-key" scope="row" role="rowheader"><a href=routes::key(&item.id)><bdi>{item.name}</bdi></a></th>
                <td class="c-owner" role="cell"><bdi>{holder(&item.owner).to_owned()}</bdi></td>
                <td class="c-last fit" role="cell" data-label="Used"><span class=if item.in_use { "is-warn" } else { "muted" }>{match item.used {
                    Some(when) => view! { <Ago when/> }.into_any(),
                    None => "never".into_any(),
                }}</span></td>
                <td class="c-becomes" role="cell">{becomes}</td>
            </tr>
        }
    };
    view! {
        <div class="table-wrap"><table class="data cards" role="table">
            <caption class="hide">"The keys"</caption>
            <thead role="rowgroup"><tr role="row">
                <th scope="col" role="columnheader">"Key"</th><th scope="col" role="columnheader">"Owner"</th>
                <th class="fit" scope="col" role="columnheader">"Last used"</th><th scope="col" role="columnheader">"What happens"</th>
            </tr></thead>
            <tbody role="rowgroup">{items.into_iter().map(row).collect_view()}</tbody>
        </table></div>
    }
}

#[component]
fn Done(form: BulkForm, result: BulkResultView) -> impl IntoView {
    let (title, _, done) = words(&form);
    let back = format!("{}{}{}", routes::KEYS, if form.query.is_empty() { "" } else { "?" }, form.query);
    let ids = result.to_undo();
    let undo = undo(&form.act).filter(|_| !ids.is_empty());
    view! {
        <PageHead title=format!("{} {done}", keys(result.done)) above=vec![above_keys()] here=title/>
        <div class="stack bulk-page">
            <div class=if result.left_alone == 0 { "banner ok" } else { "banner warn" } role="status">
                <Icon name=if result.left_alone == 0 { "ok" } else { "warning" }/>
                <p><b>{keys(result.done)}" "{if result.done == 1 { "is" } else { "are" }}" "{done}"."</b>
                    {(result.left_alone > 0).then(|| view! { " "{grouped(result.left_alone)}" left alone, for the reasons below." })}</p>
            </div>
            <div class="row">
                <a class="btn" href=back autofocus>"Back to the keys"</a>
                {undo.map(|(act, words)| view! { <UndoBulk act words ids/> })}
            </div>
            <section class="panel" aria-labelledby="each"><header class="row"><h2 id="each">"Each key"</h2></header><BulkResults of=result.items done=done.to_owned()/></section>
        </div>
    }
}
