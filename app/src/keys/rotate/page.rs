//! The page that issues a key's successor. Its POST is answered by the page that shows the new secret once.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use crate::{
    form_outcome::{FormErrors, FormOutcome},
    keys::{
        detail::view::RotationView,
        form::rotation::RotateForm,
        rotate::island::RotateKeyForm,
        show_once::page::{Already, Stored, mark},
    },
    layout::{
        head::{PageHead, above_key, above_keys},
        page::Loaded,
    },
    routes,
    ui::{icon::Icon, time::Moment},
};

/// `/keys/:id/rotate`.
#[component]
pub(crate) fn RotateKey() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    let (form, refused) = match use_context::<FormOutcome>() {
        Some(FormOutcome::Issued(once)) => return view! { <Stored once/> }.into_any(),
        Some(FormOutcome::Already(id)) => return view! { <Already id/> }.into_any(),
        Some(FormOutcome::Rotate(form, refused)) => (form, refused),
        _ => (RotateForm::default(), FormErrors::default()),
    };
    let show = move |view: RotationView| view! { <Ask view form refused/> };
    view! { <Loaded title="Rotate a key" current=routes::KEYS load=crate::keys::detail::activity::key_rotation(id) show/> }.into_any()
}

#[component]
fn Ask(view: RotationView, form: RotateForm, refused: FormErrors) -> impl IntoView {
    let RotationView {
        id,
        name,
        works,
        expires,
        is_jwt,
        choices,
        bounds,
        successor_ends,
        is_shorter,
        refused: kept_from,
        remedies,
    } = view;
    let back = routes::key(&id);
    if !works {
        return view! {
            <div class="empty stack center">
                <h1><bdi>{name}</bdi>" does not work, so it cannot be rotated"</h1>
                <p><a class="btn" href=back>"Back to the key"</a></p>
            </div>
        }
        .into_any();
    }
    if let Some(why) = kept_from {
        return view! {
            <div class="empty stack center">
                <h1><bdi>{name}</bdi>" cannot be rotated as it is"</h1>
                <p>{why}</p>
                {remedies.0.then(|| view! { <p class="muted">"Its successor would be a new key, and this key has what no new key may have today. Until then it works on as it is."</p> })}
                <div class="row center">
                    {remedies.1.then(|| view! { <a class="btn primary" href=routes::edit_key(&id)><Icon name="edit"/>"Edit\u{2026}"</a> })}
                    <a class="btn" href=back>"Back to the key"</a>
                </div>
            </div>
        }
        .into_any();
    }
    let above = vec![above_keys(), above_key(&id, &name)];
    let form = RotateForm { once: mark(&form.once), ..form };
    let FormErrors { errors, failure } = refused;
    view! {
        <PageHead title=view! { "Rotate "<bdi>{name}</bdi>"?" } above here="Rotate"/>
        <div class="ask stack">
            <ul class="stack tight bullets">
                <li>"Now: a new key with a new secret works. It inherits everything the old one has, and ends "<Moment when=successor_ends/>". You see its secret once, as soon as it is made."</li>
                <li>"Meanwhile: both work, and the pages of both show who has changed over and who has not. You can stop the old key sooner, or let it work longer."</li>
                <li>"Then: the old key stops when you choose, and never after its own end, "<Moment when=expires/>"."</li>
                {is_shorter.then(|| view! {
                    <li>"The old key was made to live longer than the policy allows a new one: this is the longest. If that is too short, ask a superadmin to change the policy first."</li>
                })}
                {is_jwt.then(|| view! {
                    <li>"It is a JWT: a service that checks it offline accepts it until its own end, whatever you choose here."</li>
                })}
            </ul>
            <RotateKeyForm id choices bounds form errors failure/>
        </div>
    }
    .into_any()
}
