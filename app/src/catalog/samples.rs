//! Sample sets, where there is nothing in the catalog yet: what each brings, and a button that adds it.

use leptos::prelude::*;
use model::{account::Action, catalog::Kind, sample_set::SampleSet};

use crate::{
    error::ApiError,
    flash::Flash,
    routes,
    session::context::{RequestContext, closed},
};

/// The page that offers sample sets, which its form leads back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfferedOn {
    /// The list of a kind.
    List(Kind),
    /// The form for a new key.
    NewKey,
    /// The overview.
    Overview,
}

impl OfferedOn {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::List(Kind::Group),
        Self::List(Kind::Identity),
        Self::List(Kind::Scope),
        Self::List(Kind::Template),
        Self::NewKey,
        Self::Overview,
    ];

    /// Its address, by which the form names it.
    pub fn address(self) -> &'static str {
        match self {
            Self::List(kind) => routes::settings(kind),
            Self::NewKey => routes::NEW_KEY,
            Self::Overview => routes::OVERVIEW,
        }
    }

    /// Reads an address.
    pub fn parse(address: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|page| page.address() == address)
    }
}

/// Adds what of a set is not there yet.
pub async fn add_sample_set(context: &RequestContext, set: SampleSet) -> Result<Flash, ApiError> {
    let permit = context.may(Action::WriteCatalog)?;
    let done = context.admin.add_sample_set(permit, set).await.map_err(closed)?;
    let count = |entries: &[(Kind, String)]| i64::try_from(entries.len()).unwrap_or_default();
    Ok(Flash::Samples(count(&done.added), count(&done.kept)))
}

/// What a set brings: `5 scopes, a template, a group and an identity`.
fn contents(set: SampleSet) -> String {
    let scopes = set.entries().iter().filter(|(kind, _)| *kind == Kind::Scope).count();
    format!("{scopes} scopes, a template, a group and an identity")
}

/// The sets, one a line.
#[component]
pub(crate) fn SampleSets(
    /// The page they stand on.
    on: OfferedOn,
) -> impl IntoView {
    let line = |set: SampleSet| {
        let (name, label) = (set.words(), format!("Add the sample set {}", set.words()));
        view! {
            <li class="row nowrap">
                <div class="grow"><b>{name}</b><p class="muted small">{set.sentence()}" It brings "{contents(set)}"."</p></div>
                <button class="btn" name="set" value=set.code() aria-label=label><span class="nowrap">"Add set"</span></button>
            </li>
        }
    };
    view! {
        <form class="panel samples" method="post" action=routes::ADD_SAMPLES>
            <input type="hidden" name="on" value=on.address()/>
            <ul class="lines">{SampleSet::ALL.map(line)}</ul>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_with_an_offer_is_read_back() {
        for page in OfferedOn::ALL {
            assert_eq!(OfferedOn::parse(page.address()), Some(page));
        }
        for other in ["", "/keys", "/settings/policy", "//elsewhere.example/"] {
            assert_eq!(OfferedOn::parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_set_says_what_it_brings() {
        for set in SampleSet::ALL {
            let kinds: Vec<_> =
                set.entries().iter().map(|(kind, _)| *kind).filter(|kind| *kind != Kind::Scope).collect();
            assert_eq!(kinds, [Kind::Template, Kind::Group, Kind::Identity], "{}", contents(set));
        }
    }
}
