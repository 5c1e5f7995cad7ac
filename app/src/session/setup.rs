//! The first superadmin, through a link that works once. Its one script only comments on the password as it is typed.

use leptos::prelude::*;

use crate::{
    error::ApiError,
    form_outcome::{FormErrors, FormOutcome},
    keys::view::FieldErrorView,
    layout::centered::Centered,
    routes,
    ui::{
        field::{Field, error_of},
        icon::Icon,
    },
};

/// `/setup`.
#[component]
pub(crate) fn Setup() -> impl IntoView {
    match use_context::<FormOutcome>() {
        Some(FormOutcome::SetUp { code, email, errors: FormErrors { errors, failure } }) => {
            view! { <Form code email errors failure/> }.into_any()
        }
        _ => view! { <DeadLink/> }.into_any(),
    }
}

#[component]
fn DeadLink() -> impl IntoView {
    view! {
        <Centered title="This link does not work any more" lead="A setup link works once, for 24 hours, and only while nobody can sign in yet.">
            <div class="panel"><div class="body stack">
                <p>"Run this on the server for a fresh one:"</p>
                <div class="code-box"><code translate="no">"keyward setup-link"</code></div>
                <a class="btn wide" href=routes::SIGN_IN>"Sign in instead"</a>
            </div></div>
        </Centered>
    }
}

#[component]
fn Form(code: String, email: String, errors: Vec<FieldErrorView>, failure: Option<ApiError>) -> impl IntoView {
    let (email_error, password_error) = (error_of(&errors, "email"), error_of(&errors, "password"));
    let (email_invalid, password_invalid) =
        (email_error.is_some().then_some("true"), password_error.is_some().then_some("true"));
    let only_password = password_error.is_some() && email_error.is_none();
    view! {
        <Centered title="Set up Keyward" lead="Create the first superadmin. You can add more people later.">
            <form class="panel" method="post" action=routes::SETUP>
                <div class="body stack">
                    {failure.map(|error| view! { <div class="banner bad" role="alert"><Icon name="warning"/><span>{error.to_string()}</span></div> })}
                    <input type="hidden" name="code" value=code/>
                    <Field id="email" label="Email" error=email_error>
                        <input class="input" id="email" name="email" type="email" autocomplete="username" required autofocus=!only_password value=email
                            aria-describedby="email-error" aria-invalid=email_invalid/>
                    </Field>
                    <Field id="password" label="Password" hint="15 characters or more. A few unrelated words are strong and easy to keep in mind." error=password_error>
                        <span class="row nowrap tight">
                            <input class="input grow" id="password" name="password" type="password" autocomplete="new-password" required autofocus=only_password
                                minlength="15" maxlength="128" aria-describedby="password-hint strength password-error" aria-invalid=password_invalid/>
                            <button class="btn square" type="button" id="show-password" aria-label="Show password" hidden><Icon name="eye"/></button>
                        </span>
                        <meter class="strength" id="strength-meter" min="0" max="4" low="2" high="3" optimum="4" value="0" aria-hidden="true" hidden></meter>
                        <span class="small" id="strength" role="status"></span>
                    </Field>
                    <button class="btn primary wide">"Create superadmin"</button>
                </div>
            </form>
            <script src="/setup.js" defer></script>
        </Centered>
    }
}
