//! Forms as typed. The same pairs of field and value come from a browser's `FormData` and from a plain form's body.

pub mod rotation;

use model::{key_input::KeyInput, limit::MAX_LIMITS};
use serde::{Deserialize, Serialize};

/// The form of a key, for a new one and for edits: its fields as they are asked for, and what only a form has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeyForm {
    /// The fields by their names. Of `scopes` those that are typed; `expires` is empty, as `life` says it.
    pub input: KeyInput,
    /// `template`: the id of the one it began with.
    pub template: String,
    /// `scope`, once for each ticked box.
    pub ticked: Vec<String>,
    /// `life`: a number of days, or [`DAYS`], [`DATE`], [`NEVER`] or [`KEEP`].
    pub life: String,
    /// `days`: looked at when `life` is `days`.
    pub days: String,
    /// `date`: `2027-03-14`, looked at when `life` is `date`.
    pub date: String,
    /// `once`: the mark of this form, which makes one key however often it is sent.
    pub once: String,
}

/// The life that is typed as a number of days.
pub const DAYS: &str = "days";
/// The life that ends on a picked date.
pub const DATE: &str = "date";
/// The life without an end.
pub const NEVER: &str = "never";
/// The life that stays what it is.
pub const KEEP: &str = "keep";

/// The controls of the rate limits, row by row, and what is wrong with a row.
pub const LIMIT_ROWS: [&str; MAX_LIMITS] = ["limits", "limits-2", "limits-3", "limits-4"];

impl KeyForm {
    /// The form before anything was typed.
    pub fn empty(owner: &str) -> Self {
        let input = KeyInput { owner: owner.to_owned(), ..KeyInput::default() };
        Self { input, life: model::policy::DEFAULT_DAYS.to_string(), ..Self::default() }
    }

    /// Reads the fields; unknown ones make it `None`.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Option<Self> {
        let mut form = Self::default();
        for (field, value) in pairs {
            let place = match field.as_str() {
                "scope" => {
                    form.ticked.push(value);
                    continue;
                }
                "template" => &mut form.template,
                "life" => &mut form.life,
                DAYS => &mut form.days,
                DATE => &mut form.date,
                "once" => &mut form.once,
                "limits" => {
                    form.input.limits.push(' ');
                    form.input.limits.push_str(&calls(&value));
                    continue;
                }
                "quota" => {
                    form.input.quota = calls(&value);
                    continue;
                }
                "limits_per" => {
                    per(&mut form.input.limits, &value);
                    continue;
                }
                "quota_per" => {
                    per(&mut form.input.quota, &value);
                    continue;
                }
                "expires" => return None,
                name => form.input.get_mut(name)?,
            };
            *place = value;
        }
        form.input.limits = form.input.limits.trim().to_owned();
        Some(form)
    }

    /// The fields as a form sends them, to be carried on.
    pub fn pairs(&self) -> Vec<(&'static str, &str)> {
        let own = [
            ("template", self.template.as_str()),
            ("life", &self.life),
            (DAYS, &self.days),
            (DATE, &self.date),
            ("once", &self.once),
        ];
        let ticked = self.ticked.iter().map(|scope| ("scope", scope.as_str()));
        let input = self.input.pairs().into_iter().filter(|(name, _)| *name != "expires");
        ticked.chain(own).chain(input).collect()
    }

    /// All scopes, ticked and typed, separated by spaces.
    pub fn scopes(&self) -> String {
        format!("{} {}", self.ticked.join(" "), self.input.scopes)
    }

    /// The expiry in the domain's words: `90d`, `2027-03-14` or `never`.
    fn expires(&self) -> String {
        match self.life.as_str() {
            DATE => self.date.clone(),
            DAYS => format!("{}d", self.days.trim()),
            NEVER => NEVER.to_owned(),
            preset => format!("{preset}d"),
        }
    }

    /// What the form asks for.
    pub fn asked(&self) -> KeyInput {
        KeyInput { scopes: self.scopes(), expires: self.expires(), ..self.input.clone() }
    }
}

/// The values of a list, which white space or commas separate.
pub fn words(text: &str) -> Vec<&str> {
    text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty()).collect()
}

/// A number of calls as typed: thousands may be set apart. A text that says its window already stays as it is.
fn calls(typed: &str) -> String {
    if typed.contains('/') {
        return typed.to_owned();
    }
    words(typed).concat()
}

/// Says the window of the last number of calls, unless there is none that lacks it.
fn per(text: &mut String, unit: &str) {
    let last = text.rsplit(' ').next().unwrap_or_default();
    if !last.is_empty() && !last.contains('/') {
        text.push('/');
        text.push_str(unit);
    }
}

/// Limits of a text, each as the number of calls and the word of its window.
pub fn limits(text: &str) -> Vec<(String, String)> {
    let pair = |word: &str| word.split_once('/').map(|(calls, per)| (calls.to_owned(), per.to_owned()));
    words(text).into_iter().map(|word| pair(word).unwrap_or_else(|| (word.to_owned(), String::new()))).collect()
}

/// The step that saves what was listed first, although somebody would be locked out.
pub const ANYWAY: &str = "anyway";
/// The step of a form that lists what will change beside its fields: it is asked about callers alone.
pub const LISTED: &str = "listed";
/// The step that leads back to the form.
pub const BACK: &str = "back";

/// The form that edits a key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditForm {
    /// `seen`: the generation that was edited.
    pub seen: i64,
    /// `step`: empty at first, or [`LISTED`]; [`ANYWAY`] or [`BACK`] once the changes were listed.
    pub step: String,
    /// All other fields.
    pub form: KeyForm,
}

impl EditForm {
    /// Reads the fields; unknown ones make it `None`.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Option<Self> {
        let (mut seen, mut step, mut rest) = (None, None, Vec::new());
        for (field, value) in pairs {
            let place = match field.as_str() {
                "seen" => &mut seen,
                "step" => &mut step,
                _ => {
                    rest.push((field, value));
                    continue;
                }
            };
            if place.replace(value).is_some() {
                return None;
            }
        }
        let step = step.unwrap_or_default();
        if !["", LISTED, ANYWAY, BACK].contains(&step.as_str()) {
            return None;
        }
        Some(Self { seen: seen?.parse().ok()?, step, form: KeyForm::from_pairs(rest)? })
    }
}

/// The form that purges a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PurgeForm {
    /// `confirm`: the key's name.
    pub confirm: String,
}

impl PurgeForm {
    /// Reads the fields; unknown ones make it `None`.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Option<Self> {
        let mut form = Self::default();
        for (field, value) in pairs {
            match field.as_str() {
                "confirm" => form.confirm = value,
                _ => return None,
            }
        }
        Some(form)
    }
}

/// The form that archives a key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveForm {
    /// `reason`: a code.
    pub reason: String,
    /// `confirm`: the key's name, when it is in use.
    pub confirm: String,
}

impl ArchiveForm {
    /// Reads the fields; unknown ones make it `None`.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Option<Self> {
        let mut form = Self::default();
        for (field, value) in pairs {
            match field.as_str() {
                "reason" => form.reason = value,
                "confirm" => form.confirm = value,
                _ => return None,
            }
        }
        Some(form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(body: &str) -> Vec<(String, String)> {
        form_urlencoded::parse(body.as_bytes()).into_owned().collect()
    }

    #[test]
    fn an_expiry_is_said_in_the_domains_words() {
        for (body, expected) in [
            ("life=90", "90d"),
            ("life=days&days=+45+&date=2027-03-14", "45d"),
            ("life=date&days=45&date=2027-03-14", "2027-03-14"),
            ("life=never", "never"),
            ("life=keep", "keepd"),
            ("", "d"),
        ] {
            assert_eq!(KeyForm::from_pairs(pairs(body)).unwrap().asked().expires, expected, "{body}");
        }
    }

    /// What is carried on by hidden fields is what was typed.
    #[test]
    fn a_form_is_carried_on_whole() {
        let all = "scope=a&scope=b&template=t&name=n&description=d%0D%0Ae&owner=o&tenant=x&scopes=c&all_access_reason=r\
                   &life=date&days=1&date=2027-03-14&group=g&acts_as=u&role=l&addresses=10.0.0.0%2F8&limits=1%2Fday&quota=q\
                   &labels=e%3Dp&metadata=%7B%7D&form=jwt&signed_writes=required&once=o";
        let form = KeyForm::from_pairs(pairs(all)).unwrap();
        assert!(form.pairs().iter().all(|(_, value)| !value.is_empty()), "{form:?}");
        let carried = form.pairs().into_iter().map(|(field, value)| (field.to_owned(), value.to_owned()));
        assert_eq!(KeyForm::from_pairs(carried), Some(form.clone()));
    }

    #[test]
    fn limits_are_numbers_and_units_and_one_text() {
        for (body, limits, quota) in [
            ("limits=100&limits_per=minute", "100/minute", ""),
            (
                "limits=5&limits_per=second&limits=+1,000&limits_per=hour&limits=&limits_per=day",
                "5/second 1000/hour",
                "",
            ),
            ("limits=&limits_per=minute&quota=&quota_per=month", "", ""),
            ("limits=often&limits_per=day&quota=10+000&quota_per=month", "often/day", "10000/month"),
            ("limits=5%2Fsecond+9%2Fday&quota=7%2Fday", "5/second 9/day", "7/day"),
        ] {
            let input = KeyForm::from_pairs(pairs(body)).unwrap().input;
            assert_eq!((input.limits.as_str(), input.quota.as_str()), (limits, quota), "{body}");
        }
        let pair = |calls: &str, per: &str| (calls.to_owned(), per.to_owned());
        assert_eq!(super::limits("5/second, often"), [pair("5", "second"), pair("often", "")]);
    }

    #[test]
    fn fields_that_no_form_of_ours_has_are_refused() {
        assert_eq!(KeyForm::from_pairs(pairs("scope=a&scope=b&scopes=c")).unwrap().scopes(), "a b c");
        assert!(KeyForm::from_pairs(pairs("name=a&admin=1")).is_none());
        assert!(KeyForm::from_pairs(pairs("name=a&expires=90d")).is_none());
        assert_eq!(EditForm::from_pairs(pairs("name=a&seen=7")).unwrap().seen, 7);
        assert_eq!(EditForm::from_pairs(pairs("seen=7&step=anyway")).unwrap().step, ANYWAY);
        for bad in ["name=a", "name=a&seen=", "name=a&seen=7&seen=8", "seen=7&admin=1", "seen=7&step=x"] {
            assert!(EditForm::from_pairs(pairs(bad)).is_none(), "{bad}");
        }
        assert!(PurgeForm::from_pairs(pairs("confirm=a&force=1")).is_none());
    }
}
