//! One act on many keys: what would happen first, then each key in a change of its own and with a result of its own. All
//! that answer a question are a job ([`Admin::start_bulk`]).

use model::{
    account::Action,
    audit::Verb,
    catalog::Kind,
    id::KeyId,
    key::{ArchiveReason, Form, Generation, Key, KeyState, Named},
    key_input::KeyInput,
    listing::ListKeys,
    name::{Owner, is_seen},
    time::{DAY, Timestamp},
};
use store::{LastUse, Stakes};

use super::{
    Admin, AdminError,
    keys::{self, Cap},
    list,
};
use crate::Permit;

/// Keys that a plan looks at, of all that answer a question.
const SHOWN: usize = 50;
/// Why a key is left alone that is not any more what was looked at.
pub(super) const CHANGED: &str = "It changed after you looked at it. Look again.";

/// What is done to each key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BulkAct {
    /// Archive it, for this reason.
    Archive(ArchiveReason),
    /// Undo that it was archived.
    Restore,
    /// Switch it on (or off).
    Switch(bool),
    /// Move it to the group of this name in its tenant; out of its group when empty.
    Move(String),
    /// Let it live until then: `90d`, a date or `never`.
    Extend(String),
    /// Give it to this owner.
    HandOver(String),
}

impl BulkAct {
    /// Its code, and what it needs to be told beside.
    pub fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Archive(reason) => ("archive", reason.code()),
            Self::Restore => ("restore", ""),
            Self::Switch(true) => ("enable", ""),
            Self::Switch(false) => ("disable", ""),
            Self::Move(group) => ("move", group),
            Self::Extend(until) => ("extend", until),
            Self::HandOver(owner) => ("hand_over", owner),
        }
    }

    /// Reads what [`BulkAct::parts`] says.
    pub fn parse(code: &str, value: &str) -> Option<Self> {
        Some(match code {
            "archive" if value.is_empty() => Self::Archive(ArchiveReason::default()),
            "archive" => Self::Archive(ArchiveReason::parse(value)?),
            "restore" => Self::Restore,
            "enable" => Self::Switch(true),
            "disable" => Self::Switch(false),
            "move" => Self::Move(value.to_owned()),
            "extend" => Self::Extend(value.to_owned()),
            "hand_over" => Self::HandOver(value.to_owned()),
            _ => return None,
        })
    }

    /// What takes it back, where anything does.
    pub fn undo(&self) -> Option<Self> {
        match self {
            Self::Archive(_) => Some(Self::Restore),
            Self::Switch(on) => Some(Self::Switch(!on)),
            Self::Restore | Self::Move(_) | Self::Extend(_) | Self::HandOver(_) => None,
        }
    }

    /// The codes of all acts.
    pub const CODES: [&'static str; 7] = ["archive", "restore", "enable", "disable", "move", "extend", "hand_over"];
}

/// Which keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pick {
    /// These.
    These(Vec<KeyId>),
    /// All that answer a question.
    All(Box<ListKeys>),
}

/// One key, and what becomes of it.
#[derive(Clone, Debug)]
pub struct BulkItem {
    /// Its id.
    pub id: KeyId,
    /// The key; `None` when there is none of this id.
    pub key: Option<Key>,
    /// Its last allowed call.
    pub last_use: Option<LastUse>,
    /// Why nothing becomes of it.
    pub refused: Option<String>,
}

/// What would happen.
#[derive(Clone, Debug)]
pub struct BulkPlan {
    /// The first keys it is about.
    pub items: Vec<BulkItem>,
    /// How many keys it is about, of all of them how many were used in the last 24 hours, and when.
    pub stakes: Stakes,
    /// The last change before the keys were looked at: what changes later was not looked at.
    pub seen: Generation,
}

/// What to change in a key, found to be possible.
enum Planned {
    Archive(ArchiveReason),
    Restore,
    Switch(bool),
    Move(Option<Named>),
    Extend(Timestamp),
    HandOver(Owner),
}

impl Admin {
    /// What an act would do, without doing it.
    pub async fn plan_bulk(&self, permit: &Permit, act: &BulkAct, pick: &Pick) -> Result<BulkPlan, AdminError> {
        permit.allows(Action::WriteKeys)?;
        let seen = self.store.audit_head().await?.seq;
        let mut items = Vec::new();
        for id in self.picked(permit, pick).await? {
            items.push(self.look_at(permit, act, id).await?.0);
        }
        let stakes = match pick {
            Pick::All(list) => self.stakes(permit, list).await?,
            Pick::These(_) => {
                let now = self.clock.now();
                let used = items.iter().filter_map(|item| item.last_use.as_ref().map(|used| used.at));
                let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
                Stakes {
                    keys: count(items.len()),
                    in_use: count(used.clone().filter(|used| now.since(*used) < DAY).count()),
                    last_used: used.max(),
                }
            }
        };
        Ok(BulkPlan { items, stakes, seen })
    }

    /// Does it to these keys. `seen` is the plan's: a key that changed after it is left alone.
    pub async fn change_keys(
        &self,
        permit: &Permit,
        act: &BulkAct,
        ids: &[KeyId],
        seen: Option<Generation>,
    ) -> Result<Vec<BulkItem>, AdminError> {
        permit.allows(Action::WriteKeys)?;
        let mut items = Vec::new();
        for id in ids {
            items.push(self.act_on(permit, act, *id, seen).await?);
        }
        Ok(items)
    }

    /// Does it to one key, unless it changed after `seen`.
    pub(super) async fn act_on(
        &self,
        permit: &Permit,
        act: &BulkAct,
        id: KeyId,
        seen: Option<Generation>,
    ) -> Result<BulkItem, AdminError> {
        let (mut item, planned) = self.look_at(permit, act, id).await?;
        let generation = item.key.as_ref().map_or(0, |key| key.generation);
        if planned.is_some() && seen.is_some_and(|seen| generation > seen) {
            item.refused = Some(CHANGED.to_owned());
        } else if let Some(planned) = planned
            && let Err(error) = self.carry_out(permit, id, planned, generation).await
        {
            item.refused = Some(match error {
                AdminError::Invalid(errors) => errors.into_iter().map(|error| error.message).collect(),
                AdminError::NotFound | AdminError::Forbidden => error.to_string(),
                // What was done stays done; the rest can be tried again.
                error => return Err(error),
            });
        }
        Ok(item)
    }

    /// The keys that answer a question, at most so many.
    pub async fn matching_keys(&self, permit: &Permit, list: &ListKeys, most: usize) -> Result<Vec<KeyId>, AdminError> {
        permit.allows(Action::ReadKeys)?;
        let question = list::within_reach(permit, list).question();
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        Ok(self.store.key_ids(&question, most, self.clock.now()).await?)
    }

    /// The keys that are looked at: those that are named, or the first that answer the question.
    async fn picked(&self, permit: &Permit, pick: &Pick) -> Result<Vec<KeyId>, AdminError> {
        Ok(match pick {
            Pick::These(ids) => ids.clone(),
            Pick::All(question) => self.matching_keys(permit, question, SHOWN).await?,
        })
    }

    /// One key, and what the act would change in it.
    async fn look_at(
        &self,
        permit: &Permit,
        act: &BulkAct,
        id: KeyId,
    ) -> Result<(BulkItem, Option<Planned>), AdminError> {
        let found = self.store.key(id).await?.filter(|(stored, _)| keys::reaches(permit, &stored.key).is_ok());
        let Some((stored, last_use)) = found else {
            let refused = Some("There is no key of this id.".to_owned());
            return Ok((BulkItem { id, key: None, last_use: None, refused }, None));
        };
        let (planned, refused) = match self.plan(permit, act, &stored.key).await? {
            Ok(planned) => (Some(planned), None),
            Err(why) => (None, Some(why)),
        };
        Ok((BulkItem { id, key: Some(stored.key), last_use, refused }, planned))
    }

    async fn plan(&self, permit: &Permit, act: &BulkAct, key: &Key) -> Result<Result<Planned, String>, AdminError> {
        match (&key.state, act) {
            (KeyState::Archived(archived), BulkAct::Restore) => {
                return Ok(self.is_final(permit, archived).map_or(Ok(Planned::Restore), |why| Err(why.to_owned())));
            }
            (KeyState::Archived(_), _) => return Ok(Err("It is archived and stays as it is.".to_owned())),
            _ => {}
        }
        Ok(match act {
            BulkAct::Restore => Err("It is not archived.".to_owned()),
            BulkAct::Archive(reason) => Ok(Planned::Archive(*reason)),
            BulkAct::Switch(on) => match (on, &key.state) {
                (true, KeyState::Live) => Err("It is on already.".to_owned()),
                (false, KeyState::Off(_)) => Err("It is off already.".to_owned()),
                _ => Ok(Planned::Switch(*on)),
            },
            BulkAct::Move(name) => self.plan_move(key, name.trim()).await?,
            BulkAct::HandOver(owner) => self.plan_hand_over(permit, key, owner).await?,
            BulkAct::Extend(_) if key.form == Form::Jwt => {
                Err("Its expiry is signed into the JWT. Rotate it instead.".to_owned())
            }
            BulkAct::Extend(_) if self.store.rotations(key.id).await?.iter().any(|rotation| rotation.old == key.id) => {
                Err("It was rotated. Its page says how to let it work for longer.".to_owned())
            }
            BulkAct::Extend(text) => match self.store.policy().await?.expiry(text, self.clock.now()) {
                Err(error) => Err(error.to_string()),
                Ok(until) if until <= key.spec.expires_at => Err("It lives as long already.".to_owned()),
                Ok(until) => Ok(Planned::Extend(until)),
            },
        })
    }

    async fn plan_move(&self, key: &Key, name: &str) -> Result<Result<Planned, String>, AdminError> {
        let is_there = key.spec.group.as_ref().map_or("", |group| group.name.as_str()) == name;
        if is_there {
            return Ok(Err(
                if name.is_empty() { "It is in no group." } else { "It is in this group already." }.to_owned()
            ));
        }
        if name.is_empty() {
            return Ok(Ok(Planned::Move(None)));
        }
        let tenant = key.tenant.name.as_str();
        let found = self.store.entry_named(Kind::Group, tenant, name).await?;
        Ok(match found {
            Some(entry) => Ok(Planned::Move(Some(Named { id: entry.id, name: entry.name().to_owned() }))),
            None => Err(format!("Its tenant {tenant} has no group {name}.")),
        })
    }

    async fn plan_hand_over(
        &self,
        permit: &Permit,
        key: &Key,
        owner: &str,
    ) -> Result<Result<Planned, String>, AdminError> {
        let owner = match Owner::parse(owner) {
            Ok(owner) if is_seen(owner.as_str()) => owner,
            Ok(_) => return Ok(Err("Type the mail address of its new owner, or their name.".to_owned())),
            Err(error) => return Ok(Err(error.to_string())),
        };
        if permit.only_owner().is_some_and(|own| own != owner.as_str()) {
            return Ok(Err("Your role may only keep keys of your own.".to_owned()));
        }
        if key.spec.owner == owner {
            return Ok(Err(format!("It belongs to {owner} already.")));
        }
        let disabled = self.disabled_holders(Some(key), Some(&owner), None).await?;
        Ok(match disabled.into_iter().next() {
            Some(error) => Err(error.message),
            None => Ok(Planned::HandOver(owner)),
        })
    }

    async fn carry_out(
        &self,
        permit: &Permit,
        id: KeyId,
        planned: Planned,
        generation: Generation,
    ) -> Result<(), AdminError> {
        match planned {
            Planned::Archive(reason) => self.archive_key(permit, id, reason).await.map(drop),
            Planned::Restore => self.restore_key(permit, id).await.map(drop),
            Planned::Switch(on) => self.switch_key(permit, id, on).await.map(drop),
            Planned::Move(group) => self.amend_key(permit, id, generation, |key| key.spec.group = group).await,
            Planned::Extend(until) => self.amend_key(permit, id, generation, |key| key.spec.expires_at = until).await,
            Planned::HandOver(owner) => self.amend_key(permit, id, generation, |key| key.spec.owner = owner).await,
        }
    }

    /// Alters a key that is not archived and still as it was looked at, with the same event as an edit.
    async fn amend_key(
        &self,
        permit: &Permit,
        id: KeyId,
        generation: Generation,
        change_it: impl FnOnce(&mut Key),
    ) -> Result<(), AdminError> {
        let mut change = self.store.change().await?;
        let before = keys::changing(&mut change, permit, id, "name").await?;
        if before.generation != generation {
            return Err(AdminError::field("name", CHANGED));
        }
        let mut after = Key { generation: change.generation(), ..before.clone() };
        change_it(&mut after);
        if before.spec.expires_at < after.spec.expires_at {
            keys::may_strengthen(permit, &before.spec.scopes, "expires")?;
        }
        let cap = Cap::of(&mut change, &after.spec.owner, self.clock.now()).await?;
        let changed = keys::changes(&KeyInput::of(&before).pairs(), &KeyInput::of(&after).pairs());
        change.update_key(&after).await?;
        cap.keep(&mut change, self.store.policy().await?, "owner").await?;
        let detail = serde_json::json!({ "name": after.spec.name.as_str(), "changes": changed });
        change.commit(self.clock.now(), permit.actor(), Verb::EditKey, id.as_str(), &detail.to_string()).await?;
        Ok(())
    }
}
