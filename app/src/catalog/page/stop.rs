//! What is asked before a person is disabled or an identity is switched off: which keys stop with them. The address is
//! that of the form's POST.

use leptos::prelude::*;

use crate::{
    catalog::{page::sent, view::StopView},
    keys::view::KeyRow,
    layout::head::PageHead,
    routes,
    ui::{
        count::keys as so_many_keys,
        field::{Field, error_of},
        fields::FormErrorBanner,
        icon::Icon,
        stakes::AtStake,
        time::Ago,
    },
};

/// What differs between those who stop.
pub(crate) struct Stop {
    /// Their list: its address and its title.
    pub(crate) list: (&'static str, &'static str),
    /// The act.
    pub(crate) act: &'static str,
    /// What it does, in a sentence.
    pub(crate) says: &'static str,
    /// What the typed name is called.
    pub(crate) name: &'static str,
}

/// The question, the keys, and the form.
#[component]
pub(crate) fn StopForm(of: Stop, view: StopView) -> impl IntoView {
    let (typed, errors, failure) = sent();
    let Stop { list: (list, list_title), act, says, name: label } = of;
    let StopView { name, action, stakes: (keys, in_use, last_used), first, query, may_hand_over } = view;
    let error = Signal::stored(error_of(&errors, "confirm"));
    let others = errors.into_iter().filter(|error| error.field != "confirm").collect::<Vec<_>>();
    let confirm = typed.map(|typed| typed.get("confirm").to_owned());
    let all = format!("{}?{query}", routes::KEYS);
    let rest = keys > i64::try_from(first.len()).unwrap_or_default();
    view! {
        <PageHead title=view! { {act}" "<bdi>{name.clone()}</bdi>"?" } above=vec![(list.to_owned(), list_title.to_owned())] here=name.clone() lead=says.into_any()/>
        <div class="stack loose">
            <FormErrorBanner fields=Vec::new() errors=others failure/>
            <AtStake keys in_use last_used/>
            {(keys > 0).then(|| view! {
                <section class="panel" aria-labelledby="stops">
                    <header class="row"><h2 id="stops">"What stops"</h2>
                        {rest.then(|| view! { <a class="link end" href=all>"All "{so_many_keys(keys)}</a> })}</header>
                    <ul class="lines">{first.into_iter().map(|key| view! { <Line key/> }).collect_view()}</ul>
                </section>
            })}
            {(may_hand_over && keys > 0).then(|| view! {
                <form class="row" method="post" action=routes::BULK>
                    <input type="hidden" name="all" value="1"/><input type="hidden" name="query" value=query/>
                    <span class="muted">"They can go on working with another owner."</span>
                    <button class="btn" name="act" value="owner">"Hand them over first\u{2026}"</button>
                </form>
            })}
            <form class="stack ask" method="post" action=action>
                <input type="hidden" name="on" value="0"/>
                {(in_use > 0).then(|| view! {
                    <Field id="confirm" label error>
                        <input class="input" id="confirm" name="confirm" value=confirm autocomplete="off" autocapitalize="off" spellcheck="false"
                            aria-describedby="confirm-hint confirm-error" aria-invalid=move || error.get().map(|_| "true")/>
                        <span class="muted prose" id="confirm-hint">"Type "<bdi class="on">{name}</bdi>", since keys are in use."</span>
                    </Field>
                })}
                <div class="row">
                    <button class="btn danger">{act}</button>
                    <a class="btn quiet" href=list>"Cancel"</a>
                </div>
            </form>
        </div>
    }
}

#[component]
fn Line(key: KeyRow) -> impl IntoView {
    let used = match key.last_used {
        Some(when) => view! { "used "<Ago when/> }.into_any(),
        None => "never used".into_any(),
    };
    view! {
        <li class="row"><Icon name="key"/><a class="link" href=routes::key(&key.mask.id)><bdi>{key.name}</bdi></a><span class="muted end">{used}</span></li>
    }
}
