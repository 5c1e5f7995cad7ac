//! The list of keys.

use model::{
    account::Action,
    key::KeyStatus,
    listing::{KeyFlag, ListKeys, Sort, StatusFilter},
    name::Owner,
    time::{DAY, HOUR, Timestamp},
};
use store::{Counts, KeyHour, KeyPage, ListedKey, Stakes, StoreError, Successor};

use super::{Admin, AdminError};
use crate::Permit;

/// Keys that answer a question are counted up to this, unless only statuses are asked for.
pub const MATCHES: u32 = 10_000;
/// Keys looked at again in one transaction.
const SETTLED: u16 = 200;
/// So many hours of use stand beside a key.
pub(super) const HOURS: i64 = 24;

/// A page of the list, with its counts.
pub struct KeyList {
    /// The page.
    pub page: KeyPage,
    /// How many there are in all.
    pub counts: Counts,
    /// How many answer the question; [`MATCHES`] + 1 when there are more than can be counted in time.
    pub matches: i64,
    /// How many would, too, if they were not archived: those that are left out.
    pub archived: i64,
    /// The successors of those of the page that were rotated.
    pub successors: Vec<Successor>,
    /// What the keys of the page did in the last 24 hours.
    pub hours: Vec<KeyHour>,
    /// The start of the first of these hours.
    pub since: Timestamp,
}

impl Admin {
    /// A page of the keys the permit reaches.
    pub async fn list_keys(&self, permit: &Permit, list: &ListKeys) -> Result<KeyList, AdminError> {
        permit.allows(Action::ReadKeys)?;
        let list = &within_reach(permit, list);
        let now = self.clock.now();
        let since = Timestamp::from_millis((now.millis().div_euclid(HOUR) - HOURS + 1) * HOUR);
        let page = self.store.keys(list, list.rows.count(), now).await?;
        let archived = if list.statuses() == StatusFilter::Current {
            let which = StatusFilter::Only(KeyStatus::Archived);
            self.store.count_matches(&ListKeys { which, ..list.clone() }, MATCHES + 1).await?
        } else {
            0
        };
        let ids: Vec<_> = page.keys.iter().map(|listed| listed.key.id).collect();
        Ok(KeyList {
            successors: self.store.successors_of(&ids).await?,
            hours: self.store.hours_of(&ids, since).await?,
            counts: self.store.count_keys(permit.only_owner()).await?,
            matches: self.store.count_matches(list, MATCHES + 1).await?,
            archived,
            page,
            since,
        })
    }

    /// A page of the keys the permit reaches, and nothing beside them.
    pub async fn find_keys(&self, permit: &Permit, list: &ListKeys) -> Result<KeyPage, AdminError> {
        self.find_so_many_keys(permit, list, list.rows.count()).await
    }

    /// The same with a page of another length.
    pub async fn find_so_many_keys(&self, permit: &Permit, list: &ListKeys, limit: u16) -> Result<KeyPage, AdminError> {
        permit.allows(Action::ReadKeys)?;
        Ok(self.store.keys(&within_reach(permit, list), limit, self.clock.now()).await?)
    }

    /// How many of the keys the permit reaches answer a question, counted up to [`MATCHES`] + 1.
    pub async fn count_keys(&self, permit: &Permit, list: &ListKeys) -> Result<i64, AdminError> {
        permit.allows(Action::ReadKeys)?;
        let list = within_reach(permit, list);
        Ok(self.store.count_matches(&list, MATCHES + 1).await?)
    }

    /// What would stop with the keys the permit reaches that answer a question: in use are those of the last 24 hours.
    pub async fn stakes(&self, permit: &Permit, list: &ListKeys) -> Result<Stakes, AdminError> {
        permit.allows(Action::ReadKeys)?;
        Ok(self.store.stakes(&within_reach(permit, list), self.clock.now().plus(-DAY)).await?)
    }

    /// For each of these flags, how many keys that work it holds for, counted up to [`MATCHES`] + 1, and the oldest of them.
    pub async fn keys_with(
        &self,
        permit: &Permit,
        flags: &[KeyFlag],
        sample: u16,
    ) -> Result<Vec<(KeyFlag, i64, Vec<ListedKey>)>, AdminError> {
        permit.allows(Action::ReadKeys)?;
        let mut found = Vec::new();
        for fact in flags {
            let which = fact.worth_a_look();
            let list = ListKeys { which, flags: vec![*fact], sort: Sort::Oldest, ..ListKeys::default() };
            let list = within_reach(permit, &list);
            let keys = self.store.keys(&list, sample, self.clock.now()).await?.keys;
            found.push((*fact, self.count_keys(permit, &list).await?, keys));
        }
        Ok(found)
    }

    /// Brings up to date how keys stand whose time has come.
    pub async fn reindex_keys(&self) -> Result<(), StoreError> {
        while self.store.reindex_keys(self.clock.now(), SETTLED).await? == usize::from(SETTLED) {}
        Ok(())
    }
}

/// The owner of no key, and the name of no tenant: a control character, which no name has.
const NOBODYS: &str = "\u{1}";

/// The question, of what the permit reaches. Whoever may see just their own keys, or those of one tenant, and asks for
/// others finds none.
pub(super) fn within_reach(permit: &Permit, list: &ListKeys) -> ListKeys {
    let mut list = list.clone();
    if let Some(tenant) = permit.only_tenant() {
        let is_own = list.tenant.as_deref().is_none_or(|asked| asked == tenant);
        list.tenant = Some(if is_own { tenant } else { NOBODYS }.to_owned());
    }
    if let Some(own) = permit.only_owner() {
        let asked = list.owner.as_deref().map(Owner::parse);
        let is_own = asked.is_none_or(|asked| asked.is_ok_and(|asked| asked.as_str() == own));
        list.owner = Some(if is_own { own } else { NOBODYS }.to_owned());
    }
    list
}
