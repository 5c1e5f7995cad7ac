//! The request signing keys of a key: what becomes of writes, which public keys prove signatures, how to add one, how to sign.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use crate::{
    form_outcome::{FormErrors, FormOutcome},
    keys::form::rotation::OVERLAPS,
    layout::{
        head::{PageHead, above_key, above_keys},
        page::Loaded,
    },
    request_signing::{
        form::{RequestSigningKeyForm, RequestSigningKeyState, RequestSigningKeyView, SigningView, WritesView},
        island::AddRequestSigningKey,
    },
    routes,
    ui::{icon::Icon, time::Moment},
};

/// `/keys/:id/signing`.
#[component]
pub(crate) fn SigningKeys() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    let (form, errors, failure) = match use_context::<FormOutcome>() {
        Some(FormOutcome::Signing(form, FormErrors { errors, failure })) => (form, errors, failure),
        _ => (RequestSigningKeyForm::default(), Vec::new(), None),
    };
    let show = move |view: SigningView| {
        let add = view.may_change.then(|| {
            let view = view.clone();
            view! {
                <section class="panel" aria-labelledby="add">
                    <header class="row"><h2 id="add">"Add a signing key"</h2></header>
                    <div class="body"><AddRequestSigningKey view form errors failure/></div>
                    <footer class="muted small">"Made elsewhere: "<code translate="no">"openssl ecparam -name prime256v1 -genkey -noout -out private.pem"</code>
                        ", then paste what "<code translate="no">"openssl pkey -in private.pem -pubout"</code>" prints."</footer>
                </section>
            }
        });
        view! {
            <PageHead title="Signing keys" above=vec![above_keys(), above_key(&view.id, &view.name)] here="Signing keys"/>
            <div class="split">
                <div class="stack">
                    <Writes of=view.writes/>
                    <section class="panel" aria-labelledby="request-signing-keys">
                        <header class="row"><h2 id="request-signing-keys">"Signing keys"</h2><span class="muted">"public halves, newest first"</span></header>
                        <List id=view.id request_signing_keys=view.request_signing_keys may_change=view.may_change/>
                    </section>
                    {add}
                </div>
                <div class="stack"><HowToSign/></div>
            </div>
        }
    };
    view! { <Loaded title="Signing keys" current=routes::KEYS load=crate::request_signing::load::show_signing(id) show/> }
}

/// What becomes of writes with the key.
#[component]
fn Writes(of: WritesView) -> impl IntoView {
    let (tone, icon, fact, more) = match of {
        WritesView::Unsigned => (
            "",
            "shield",
            "Writes pass without a signature.",
            view! { "One that is signed must be signed rightly, as soon as there is a signing key. To require signatures, edit the key." }.into_any(),
        ),
        WritesView::Signed => (
            "ok",
            "ok",
            "Writes need a signature.",
            view! { "Without one they are refused, as "<code translate="no">"signature_required"</code>". Reads need none." }.into_any(),
        ),
        WritesView::SignedUntil(when) => (
            "warn",
            "warning",
            "Writes need a signature.",
            view! { "From "<Moment when/>" on every write is refused: the last signing key is retired then. Add another one before." }.into_any(),
        ),
        WritesView::Refused => (
            "bad",
            "warning",
            "Every write with this key is refused.",
            view! { "Writes need a signature, and there is no signing key that could prove one. Add one, or edit the key so that writes pass without." }.into_any(),
        ),
    };
    view! { <div class=format!("banner {tone}")><Icon name=icon/><p><b>{fact}</b>" "{more}</p></div> }
}

#[component]
fn List(id: String, request_signing_keys: Vec<RequestSigningKeyView>, may_change: bool) -> impl IntoView {
    if request_signing_keys.is_empty() {
        return view! { <div class="body"><p class="muted">"None yet."</p></div> }.into_any();
    }
    let line = |key: RequestSigningKeyView| {
        let retire = may_change && !matches!(key.state, RequestSigningKeyState::Retired(_));
        let action = routes::retire_request_signing_key(&id, &key.id);
        let menu = format!("retire-{}", key.id);
        view! {
            <li class="stack tight">
                <div class="row">
                    <b><bdi>{key.label.clone()}</bdi></b><State of=key.state/>
                    {retire.then(|| view! { <Retire action menu label=key.label/> })}
                </div>
                <div class="row nowrap"><code translate="no" class="fingerprint">{key.fingerprint.clone()}</code>
                    <button class="btn quiet square copy" type="button" data-copy=key.fingerprint aria-label="Copy fingerprint" hidden><Icon name="copy"/></button></div>
                <span class="muted small">"Added "<Moment when=key.added/>" by "<bdi>{key.by}</bdi></span>
            </li>
        }
    };
    view! { <ul class="lines">{request_signing_keys.into_iter().map(line).collect_view()}</ul> }.into_any()
}

#[component]
fn State(of: RequestSigningKeyState) -> impl IntoView {
    match of {
        RequestSigningKeyState::Counts => view! { <span class="status ok"><Icon name="ok"/>"Counts"</span> }.into_any(),
        RequestSigningKeyState::Retires(when) => {
            view! { <span class="status warn"><Icon name="clock"/><span>"Counts until "<Moment when/></span></span> }
                .into_any()
        }
        RequestSigningKeyState::Retired(when) => {
            view! { <span class="status"><Icon name="off"/><span>"Retired "<Moment when/></span></span> }.into_any()
        }
    }
}

/// Asks when, below its button.
#[component]
fn Retire(action: String, menu: String, label: String) -> impl IntoView {
    let field = format!("{menu}-overlap");
    view! {
        <button class="btn end" type="button" popovertarget=menu.clone() aria-label=format!("Retire {label}\u{2026}")>"Retire\u{2026}"</button>
        <form class="menu" id=menu popover="auto" method="post" action=action>
            <div class="stack tight ask-when">
                <label for=field.clone()>"Signatures by its private half are refused"</label>
                <select class="input" id=field name="overlap">
                    {OVERLAPS.map(|(code, words)| view! { <option value=code>{words}</option> }).collect_view()}
                </select>
                <button class="btn danger wide">"Retire"</button>
            </div>
        </form>
    }
}

/// What a signature is made of, and what it proves.
#[component]
fn HowToSign() -> impl IntoView {
    let command = "export KEYWARD_KEY=kw_\u{2026}\nexport KEYWARD_SIGNING_KEY=key.pem\n./sign.sh POST \\\n  https://api.example.com/bookings \\\n  booking.json";
    view! {
        <section class="panel plain" aria-labelledby="how">
            <header class="row"><h2 id="how">"How to sign"</h2></header>
            <div class="body stack">
                <p>"HTTP Message Signatures (RFC 9421) with "<code translate="no">"ecdsa-p256-sha256"</code>". The script "<code translate="no">"server/deploy/signing/sign.sh"</code>
                    " in Keyward's source does it with curl and openssl:"</p>
                <div class="code-box"><pre tabindex="0"><code translate="no">{command}</code></pre>
                    <button class="btn quiet square" type="button" data-copy=command aria-label="Copy command" hidden><Icon name="copy"/></button></div>
                <div class="stack tight">
                    <h3>"What is signed"</h3>
                    <p>"Method, host, path, query and the body's digest: "<code translate="no">"@method"</code>" "<code translate="no">"@authority"</code>" "<code translate="no">"@path"</code>" "
                        <code translate="no">"@query"</code>" "<code translate="no">"content-digest"</code>". With them the time, within 5 minutes of now, and a nonce that is good once."</p>
                </div>
                <div class="stack tight">
                    <h3>"What is proved"</h3>
                    <p>"Forward auth never sees a body: it proves the signature over the "<b>"digest"</b>", not the body. The service compares the body with "
                        <code translate="no">"Content-Digest"</code>" before it acts, or hands the verify API the digest that it computed."</p>
                </div>
            </div>
        </section>
    }
}
