//! For how long an old key works on: choices, each with what it comes to, and an exact time.

use leptos::prelude::*;

use crate::{
    keys::{
        form::rotation::{RotateForm, UNTIL},
        view::{FieldErrorView, When},
    },
    ui::{
        field::{ErrorText, error_of},
        time::Moment,
    },
};

/// The choices, and the time that is asked for by the last of them.
#[component]
pub(crate) fn OverlapFields(
    /// The id of the time's control.
    #[prop(into)]
    id: String,
    /// Each choice: its code, its words, and when the old key would stop, if that is to be said.
    choices: Vec<(String, String, Option<When>)>,
    /// The first and the last instant that can be chosen, for a field of a form.
    bounds: (String, String),
    /// What is chosen.
    form: RotateForm,
    /// What has to be mended.
    errors: Vec<FieldErrorView>,
) -> impl IntoView {
    let RotateForm { overlap, until, .. } = form;
    let exact = overlap == UNTIL;
    let (wrong_choice, wrong_time) = (error_of(&errors, "overlap"), error_of(&errors, "until"));
    let invalid = wrong_time.is_some().then_some("true");
    let (time_error, choice_error) = (format!("{id}-error"), format!("{id}-choice-error"));
    let choice = |(code, words, stops): (String, String, Option<When>)| {
        let checked = code == overlap;
        view! {
            <label class="choice">
                <input type="radio" name="overlap" value=code checked=checked/>
                <span class="on">{words}</span>
                {stops.map(|when| view! { <span class="muted"><Moment when/></span> })}
            </label>
        }
    };
    view! {
        <fieldset class="field choices" aria-describedby=choice_error.clone()>
            <legend class="label">"The old key stops"</legend>
            {choices.into_iter().map(choice).collect_view()}
            <label class="choice">
                <input type="radio" name="overlap" value=UNTIL checked=exact/>
                <span class="on">"At a time you pick"</span>
            </label>
            <div class="field exact">
                <label for=id.clone()>"Day and time, in UTC"</label>
                <input class="input auto" type="datetime-local" id=id name="until" min=bounds.0 max=bounds.1 value=until
                    autofocus=invalid.is_some() aria-describedby=time_error.clone() aria-invalid=invalid/>
                <ErrorText id=time_error error=Signal::stored(wrong_time)/>
            </div>
            <ErrorText id=choice_error.clone() error=Signal::stored(wrong_choice)/>
        </fieldset>
    }
}
