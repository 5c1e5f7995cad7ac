//! Signing in: a plain form. Its one script forgets what pages kept in the browser for the session before.

use leptos::prelude::*;

use crate::{
    form_outcome::FormOutcome, layout::centered::Centered, query::query, routes, session::session_over::SessionOver,
    ui::icon::Icon,
};

/// `/sign-in`.
#[component]
pub(crate) fn SignIn() -> impl IntoView {
    let (email, refusal) = match use_context::<FormOutcome>() {
        Some(FormOutcome::SessionExpired { action, fields }) => {
            return view! { <SessionOver action fields/> }.into_any();
        }
        Some(FormOutcome::SignIn { email, message }) => (email, Some(message)),
        _ => (String::new(), None),
    };
    let note = if refusal.is_some() {
        None
    } else if query("set-up").is_some() {
        Some("Your account is ready. Sign in.")
    } else if query("signed-out").is_some() {
        Some("You are signed out.")
    } else {
        None
    };
    let invalid = refusal.is_some().then_some("true");
    view! {
        <Centered title="Sign in to Keyward">
            <form class="panel" method="post" action=routes::SIGN_IN>
                <div class="body stack">
                    {refusal.map(|message| view! { <div class="banner bad" role="alert" id="refusal"><Icon name="warning"/><span>{message}</span></div> })}
                    {note.map(|note| view! { <div class="banner ok" role="status"><Icon name="ok"/><span>{note}</span></div> })}
                    <div class="field">
                        <label for="email">"Email"</label>
                        <input class="input" id="email" name="email" type="email" autocomplete="username" required value=email autofocus=invalid.is_none() aria-invalid=invalid aria-describedby=invalid.map(|_| "refusal")/>
                    </div>
                    <div class="field">
                        <label for="password">"Password"</label>
                        <input class="input" id="password" name="password" type="password" autocomplete="current-password" required autofocus=invalid.is_some() aria-invalid=invalid aria-describedby=invalid.map(|_| "refusal")/>
                    </div>
                    <input type="hidden" name="next" value=query("next").unwrap_or_default()/>
                    <button class="btn primary wide">"Sign in"</button>
                </div>
            </form>
            <script src="/sign-in.js" defer></script>
            <p class="muted center">"First time here? Run "<code translate="no">"keyward setup-link"</code>" on the server."</p>
        </Centered>
    }
    .into_any()
}
