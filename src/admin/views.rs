//! Questions to the list of keys that were saved under a name: one's own, and those shared with everybody.

use model::{account::Action, id::EntryId, name::Name};
use store::SavedView;

use super::{Admin, AdminError};
use crate::Permit;

/// Questions that one person may have saved.
const MOST: usize = 50;
/// Characters of a question.
const LONGEST: usize = 1000;

impl Admin {
    /// What the permit's holder saved, and what is shared.
    pub async fn views(&self, permit: &Permit) -> Result<Vec<SavedView>, AdminError> {
        permit.allows(Action::ReadKeys)?;
        Ok(self.store.views(permit.actor()).await?)
    }

    /// Whether the permit's holder may share what they save: whoever changes keys that are not their own.
    pub fn may_share_views(permit: &Permit) -> bool {
        permit.only_owner().is_none() && permit.allows(Action::WriteKeys).is_ok()
    }

    /// Saves a question, the query of the list's address.
    pub async fn save_view(
        &self,
        permit: &Permit,
        name: &str,
        query: &str,
        is_shared: bool,
    ) -> Result<SavedView, AdminError> {
        permit.allows(Action::ReadKeys)?;
        if is_shared && !Self::may_share_views(permit) {
            return Err(AdminError::Forbidden);
        }
        let name = Name::parse(name).map_err(|error| AdminError::field("name", error.to_string()))?;
        if query.len() > LONGEST {
            return Err(AdminError::field("name", format!("A question has {LONGEST} characters at most.")));
        }
        let views = self.store.views(permit.actor()).await?;
        let own = views.iter().filter(|view| view.owner == permit.actor());
        if own.clone().count() >= MOST {
            return Err(AdminError::field("name", format!("You have {MOST} views already. Delete one first.")));
        }
        if own.clone().any(|view| view.name == name.as_str()) {
            return Err(AdminError::field("name", "You have a view of this name. Choose another."));
        }
        let now = self.clock.now();
        let view = SavedView {
            id: self.entropy.entry_id(),
            owner: permit.actor().to_owned(),
            name: name.to_string(),
            query: query.to_owned(),
            shared_at: is_shared.then_some(now),
        };
        self.store.insert_view(&view, now).await?;
        Ok(view)
    }

    /// Deletes a question: one's own, or for a superadmin a shared one.
    pub async fn delete_view(&self, permit: &Permit, id: EntryId) -> Result<(), AdminError> {
        let views = self.views(permit).await?;
        let view = views.into_iter().find(|view| view.id == id).ok_or(AdminError::NotFound)?;
        if !Self::may_delete_view(permit, &view) {
            return Err(AdminError::Forbidden);
        }
        Ok(self.store.delete_view(id).await?)
    }

    /// Whether the permit's holder may delete a question.
    pub fn may_delete_view(permit: &Permit, view: &SavedView) -> bool {
        view.owner == permit.actor() || permit.allows(Action::ManageTenants).is_ok()
    }
}
