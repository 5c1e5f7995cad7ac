//! The box that makes a pair. The private half goes from here into the tab's own storage, and from there into a file;
//! nothing of it is in a signal, in the page, or in what is posted.

use leptos::{html, prelude::*, task};
use zeroize::Zeroizing;

use crate::{
    browser,
    request_signing::{
        form::{RequestSigningKeyState, SigningView},
        island::pair::Pair,
    },
    ui::icon::Icon,
};

/// Said when the browser can make or keep nothing.
const IMPOSSIBLE: &str = "This browser keeps nothing for pages like this one. Make the pair with openssl, as below.";
/// Said when what was kept is not there any more.
const GONE: &str = "The private half is gone: it is kept until you sign out.";

/// Whose pair is kept, and until when.
#[derive(Clone)]
struct Place {
    session: String,
    key: String,
}

impl Place {
    fn keep(&self, pair: &Pair) -> bool {
        browser::pair::keep(&self.session, &self.key, &pair.to_text())
    }

    fn recall(&self) -> Option<Pair> {
        Pair::from_text(&Zeroizing::new(browser::pair::kept(&self.session, &self.key)?))
    }
}

/// By the browser itself, or where it makes none by the same curve here.
async fn make() -> Option<Pair> {
    match browser::pair::new_pair().await {
        Some(text) => Pair::from_text(&Zeroizing::new(text)),
        None => (0..4).find_map(|_| Pair::from_random(browser::pair::random()?)),
    }
}

/// Makes a pair, and hands it out.
#[component]
pub(crate) fn Generate(
    /// The key, and its request signing keys.
    view: SigningView,
    /// Whether the page lives; before, there is nothing to press.
    alive: RwSignal<bool>,
    /// Where the public half goes.
    public: NodeRef<html::Textarea>,
) -> impl IntoView {
    let held = RwSignal::new(None::<String>);
    let error_banner = RwSignal::new(None::<&'static str>);
    let place = StoredValue::new(Place { session: view.session, key: view.id });
    let recall = move || place.with_value(Place::recall);
    let known = StoredValue::new(view.request_signing_keys);
    // Its label, if the pair's public half is one of the request signing keys that count.
    let label = move |pem: &str| {
        let known = known.read_value();
        let found = known.iter().find(|key| key.pem == pem && !matches!(key.state, RequestSigningKeyState::Retired(_)));
        found.map(|key| key.label.clone())
    };
    Effect::new(move |_| {
        place.with_value(|place| browser::pair::forget_other_sessions(&place.session));
        let Some(pem) = recall().map(|pair| pair.public_pem()) else { return };
        // Whoever left before adding it finds it where it was.
        if label(&pem).is_none() && browser::pair::text_of(public).is_empty() {
            browser::pair::write_into(public, &pem);
        }
        held.set(Some(pem));
    });
    let generate = move |_| {
        task::spawn_local(async move {
            let pair = make().await.filter(|pair| place.with_value(|place| place.keep(pair)));
            error_banner.set(pair.is_none().then_some(IMPOSSIBLE));
            if let Some(pair) = pair {
                browser::pair::write_into(public, &pair.public_pem());
                held.set(Some(pair.public_pem()));
            }
        });
    };
    let save = move |ending: &'static str, write: fn(&Pair) -> Zeroizing<String>| {
        if let Some(pair) = recall() {
            browser::download(&format!("{}.{ending}", view.name), &write(&pair));
        } else {
            held.set(None);
            error_banner.set(Some(GONE));
        }
    };
    let save = StoredValue::new(save);
    let found = move |pem: String| {
        let (before, name, after) = match label(&pem) {
            Some(label) => ("The private half of ", label, " is in this tab until you sign out."),
            None => ("", "A new pair.".to_owned(), " Download its private half, then add its public half below."),
        };
        view! {
            <div class="banner ok" role="status">
                <Icon name="key"/>
                <div class="stack tight">
                    <p>{before}<b><bdi>{name}</bdi></b>{after}</p>
                    <div class="row">
                        <button class="btn" type="button" on:click=move |_| save.read_value()("private.pem", Pair::private_pem)>
                            <Icon name="download"/>"Private key, PEM"</button>
                        <button class="btn" type="button" on:click=move |_| save.read_value()("private.jwk", Pair::private_jwk)>
                            <Icon name="download"/>"Private key, JWK"</button>
                    </div>
                </div>
            </div>
        }
    };
    view! {
        <div class="stack tight" hidden=move || !alive.get()>
            {move || held.get().map(found)}
            <div class="row">
                <button class="btn" type="button" aria-describedby="generate-hint" on:click=generate><Icon name="key"/>
                    {move || if held.with(Option::is_some) { "Generate another pair" } else { "Generate a pair in this browser" }}</button>
                <span class="muted" id="generate-hint">
                    {move || if held.with(Option::is_some) { "It takes the place of the one in this tab." } else { "The private half stays here; only the public half is sent." }}
                </span>
            </div>
            <p class=move || if error_banner.with(Option::is_some) { "is-bad" } else { "hide" } role="alert">{move || error_banner.get()}</p>
        </div>
    }
}
