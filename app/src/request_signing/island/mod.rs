//! The form for a request signing key. Without JavaScript it takes a pasted public key; with it, also a file or a pair made here.
//! What it posts is the public half: a text that looks private is stopped before it is sent.

pub(crate) mod generate;
pub(crate) mod pair;

use leptos::{ev, html, prelude::*, task};

use crate::{
    browser,
    error::ApiError,
    keys::{form::rotation::OVERLAPS, view::FieldErrorView},
    request_signing::{
        form::{RequestSigningKeyForm, RequestSigningKeyState, SigningView, looks_private},
        island::generate::Generate,
    },
    routes,
    ui::{
        error_banner::ErrorBanner,
        field::{Field, as_text, error_of},
        icon::Icon,
    },
};

/// Said of a private key that was stopped here.
const STOPPED: &str = "This is a private key. It was not sent, and should go nowhere. Paste the public half: openssl pkey -in private.pem -pubout";
/// Said of a file that is no text.
const NO_TEXT: &str = "This file could not be read.";

/// The form, and the box that makes a pair.
#[island(lazy)]
pub(crate) fn AddRequestSigningKey(
    /// The key, and its request signing keys.
    view: SigningView,
    /// What is typed already.
    form: RequestSigningKeyForm,
    /// What has to be mended.
    errors: Vec<FieldErrorView>,
    /// Why it failed otherwise.
    failure: Option<ApiError>,
) -> impl IntoView {
    let alive = RwSignal::new(false);
    Effect::new(move |_| alive.set(true));
    let public = NodeRef::<html::Textarea>::new();
    let label_error = RwSignal::new(error_of(&errors, "label"));
    let public_error = RwSignal::new(error_of(&errors, "public_key"));
    let invalid = |error: RwSignal<Option<String>>| move || error.with(|error| error.as_ref().map(|_| "true"));
    let action = routes::signing_keys(&view.id);
    let others = view.request_signing_keys.iter().any(|key| key.state == RequestSigningKeyState::Counts);
    let take = move |text: &str| {
        let private = looks_private(text);
        if !private {
            browser::pair::write_into(public, text);
        }
        public_error.set(private.then(|| STOPPED.to_owned()));
    };
    let read = move |event: ev::Event| {
        task::spawn_local(async move {
            match browser::pair::file_text(event).await {
                Some(text) => take(&text),
                None => public_error.set(Some(NO_TEXT.to_owned())),
            }
        });
    };
    let submit = move |event: ev::SubmitEvent| {
        if looks_private(&browser::pair::text_of(public)) {
            event.prevent_default();
            public_error.set(Some(STOPPED.to_owned()));
            browser::focus("#public_key");
        }
    };
    view! {
        <form class="stack" method="post" action=action novalidate on:submit=submit>
            <div class="slot" role="alert">{failure.map(|error| view! { <ErrorBanner error/> })}</div>
            <Generate view alive public/>
            <Field id="label" label="Label" hint="Where the private half lives, such as kiosk 4." error=label_error>
                <input class="input" id="label" name="label" value=form.label autocomplete="off" aria-describedby="label-hint label-error"
                    aria-invalid=invalid(label_error) on:input=move |_| label_error.set(None)/>
            </Field>
            <Field id="public_key" label="Public key" hint="PEM (-----BEGIN PUBLIC KEY-----) or JWK, of an ECDSA pair on the curve P-256." error=public_error>
                <textarea class="input mono pem" id="public_key" name="public_key" rows="5" spellcheck="false" autocomplete="off"
                    node_ref=public aria-describedby="public_key-hint public_key-error" aria-invalid=invalid(public_error)
                    on:input=move |_| public_error.set(None)>{as_text(&form.public_key)}</textarea>
                <div class="row" hidden=move || !alive.get()>
                    <label class="btn">"Read a file\u{2026}"
                        <input class="hide" type="file" accept=".pem,.pub,.jwk,.json,.txt" on:change=read/></label>
                </div>
            </Field>
            {others.then(|| view! {
                <div class="field">
                    <label for="replace_after">"Retire the signing keys before it"</label>
                    <select class="input" id="replace_after" name="replace_after">
                        <option value="" selected=form.replace_after.is_empty()>"No, they stay"</option>
                        {OVERLAPS.map(|(code, words)| view! {
                            <option value=code selected=form.replace_after == code>{words}</option>
                        }).collect_view()}
                    </select>
                </div>
            })}
            <div class="row"><button class="btn primary"><Icon name="plus"/>"Add signing key"</button></div>
        </form>
    }
}
