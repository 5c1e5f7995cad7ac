//! Rotation: a key gets a successor, and for a while both work. This module owns how long that while may be, and says when
//! nobody is seen with the old key any more.

use model::{
    account::Action,
    activity::{CallCounts, CallSample, ChartQuery, Outcome, Period, Series},
    audit::Verb,
    id::KeyId,
    key::{Form, Key, KeySpec, KeyState, KeyStatus, Purpose},
    key_input::KeyInput,
    policy::Policy,
    time::{DAY, HOUR, Timestamp},
};
use store::{CallsOf, LastUse, Rotation, SentForm};

use super::{
    Admin, AdminError,
    keys::{Cap, Issued, Mark, Read, Replaced, changing, error, may_strengthen, reaches},
};
use crate::Permit;

/// The time without a call after which nobody is taken to use a key any more, in milliseconds.
pub const QUIET: i64 = 2 * HOUR;
/// For how long a pair is shown after its old key stopped, in milliseconds.
const REMEMBERED: i64 = 7 * DAY;

/// For how long an old key works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlap {
    /// So many milliseconds, or less if the key ends before.
    For(i64),
    /// Until exactly then.
    Until(Timestamp),
}

impl From<i64> for Overlap {
    fn from(millis: i64) -> Self {
        Self::For(millis)
    }
}

impl Overlap {
    /// When the old key stops, which may live until `latest`.
    fn end(self, now: Timestamp, latest: Timestamp) -> Result<Timestamp, AdminError> {
        match self {
            Self::For(millis) => Ok(now.plus(millis.max(0)).min(latest)),
            Self::Until(at) if at <= now => {
                Err(AdminError::field("until", format!("It is {} already: choose a later time.", now.long())))
            }
            Self::Until(at) if at > latest => {
                let words = format!("It cannot work beyond {}: choose that or an earlier time.", latest.long());
                Err(AdminError::field("until", words))
            }
            Self::Until(at) => Ok(at),
        }
    }
}

/// What a rotation would make.
#[derive(Clone, Debug)]
pub struct Successor {
    /// The key that would be rotated.
    pub key: Key,
    /// When its successor would expire.
    pub ends: Timestamp,
    /// Whether the policy allows the successor no life as long as the key was made for.
    pub is_shorter: bool,
    /// Why there would be none, and what helps.
    pub refused: Option<(String, Remedy)>,
}

/// What lets a key be rotated that has what no new key may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Nothing: it is not what the key has that stands against it.
    None,
    /// An edit.
    Edit,
    /// A new key in its place: what it has is signed into it.
    NewKey,
}

impl Remedy {
    fn of(key: &Key) -> Self {
        match key.form {
            Form::Token | Form::Imported => Self::Edit,
            Form::Jwt => Self::NewKey,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Edit => "Edit the key so that it no longer has this, then rotate it.",
            Self::NewKey => "This may be signed into the JWT: create a new key without it.",
        }
    }
}

/// A key and its successor, of which neither is archived.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The old key.
    pub old: Key,
    /// Its successor.
    pub new: Key,
    /// When the successor was made.
    pub rotated_at: Timestamp,
    /// When the old key would have expired but for the rotation.
    pub would_end: Timestamp,
    /// Until when the old key can be let work.
    pub latest: Timestamp,
    /// How far callers have changed over.
    pub drain: Drain,
}

/// How far callers have changed over to a successor.
#[derive(Clone, Debug)]
pub struct Drain {
    /// The last allowed call with the old key.
    pub last_use: Option<LastUse>,
    /// Calls with the old key and with the new one in the last two hours.
    pub recent: [CallCounts; 2],
    /// Calls with the old key and with the new one: an hour, if the rotation is not older, or a day.
    pub series: [Series; 2],
    /// Who called with the old key since the rotation, the latest first.
    pub callers: Vec<CallSample>,
}

impl Pair {
    /// Whether the old key has stopped.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.old.spec.expires_at <= now
    }

    /// Whether nobody was seen with the old key for long enough to cut it.
    pub fn is_safe(&self, now: Timestamp) -> bool {
        self.drain.last_use.as_ref().is_none_or(|last| now.since(last.at) >= QUIET)
    }
}

impl Admin {
    /// Issues a successor that inherits everything, and lets the old key live for an overlap, never beyond its own expiry.
    pub async fn rotate_key(
        &self,
        permit: &Permit,
        id: KeyId,
        overlap: impl Into<Overlap>,
    ) -> Result<Issued, AdminError> {
        self.rotate_key_once(permit, id, overlap.into(), "").await
    }

    /// The same, once for each `mark` of a form ([`Admin::form_mark`]); an empty one marks nothing.
    pub async fn rotate_key_once(
        &self,
        permit: &Permit,
        id: KeyId,
        overlap: Overlap,
        mark: impl Into<Mark<'_>>,
    ) -> Result<Issued, AdminError> {
        permit.allows(Action::WriteKeys)?;
        let mark = mark.into();
        let sent = self.unsent(permit, mark).await?;
        match self.rotate_unsent(permit, id, overlap, sent).await {
            // What refused it may be what the same request did meanwhile.
            Err(error @ (AdminError::Invalid(_) | AdminError::Conflict)) => {
                self.unsent(permit, mark).await?;
                Err(error)
            }
            rotated => rotated,
        }
    }

    async fn rotate_unsent(
        &self,
        permit: &Permit,
        id: KeyId,
        overlap: Overlap,
        sent: Option<SentForm>,
    ) -> Result<Issued, AdminError> {
        let key = self.seen_key(permit, id).await?.0;
        let policy = self.store.policy().await?;
        let would_end = self.would_end(&key).await?;
        self.is_rotatable(&key).await?;
        let read = self.heir(permit, &key, would_end, policy).await?;
        let until = overlap.end(self.clock.now(), key.spec.expires_at)?;
        self.issue(permit, read, policy, Some(Replaced { key, until, would_end }), sent).await
    }

    /// What a rotation would make.
    pub async fn plan_rotation(&self, permit: &Permit, id: KeyId) -> Result<Successor, AdminError> {
        permit.allows(Action::WriteKeys)?;
        let key = self.seen_key(permit, id).await?.0;
        let (now, policy) = (self.clock.now(), self.store.policy().await?);
        let would_end = self.would_end(&key).await?;
        let ends = end_of_heir(&key, would_end, policy, now);
        let is_shorter = match would_end {
            Timestamp::NEVER => ends != Timestamp::NEVER,
            end => ends.since(now) < end.since(key.created_at),
        };
        let refused = match self.is_rotatable(&key).await {
            Ok(()) => self.heir(permit, &key, would_end, policy).await.err().map(|error| (error, Remedy::of(&key))),
            Err(error) => Some((error, Remedy::None)),
        };
        let refused = match refused {
            None => None,
            Some((error @ AdminError::Invalid(_), remedy)) => Some((error.sentences(), remedy)),
            Some((error, _)) => return Err(error),
        };
        Ok(Successor { key, ends, is_shorter, refused })
    }

    /// Refuses a key that does not work, and one that was rotated already.
    async fn is_rotatable(&self, key: &Key) -> Result<(), AdminError> {
        let now = self.clock.now();
        let works = matches!(key.status(now), KeyStatus::Active | KeyStatus::Expiring);
        if !works || key.purpose != Purpose::Ordinary {
            return Err(AdminError::field("overlap", "Only a key that works can be rotated."));
        }
        if self.has_live_successor(key.id, now).await? {
            let sentence = "It was rotated already. Rotate its successor, or archive that one first.";
            return Err(AdminError::field("overlap", sentence));
        }
        Ok(())
    }

    /// What a successor is to be: all that the key is, if a new key might be that today.
    async fn heir(&self, permit: &Permit, key: &Key, would_end: Timestamp, policy: Policy) -> Result<Read, AdminError> {
        let expires_at = end_of_heir(key, would_end, policy, self.clock.now());
        // Its end keeps to the policy as it is; all else is read as for a new key.
        let life = match expires_at {
            Timestamp::NEVER => "never".to_owned(),
            _ => format!("{}d", policy.max_days),
        };
        // The successor of an imported key is one of ours.
        let shape = if key.form == Form::Imported { Form::Token } else { key.form };
        let form = KeyInput { expires: life, form: shape.code().to_owned(), ..KeyInput::of(key) };
        self.read(permit, &form, None, policy).await.map_err(|error| match error {
            AdminError::Invalid(_) => {
                AdminError::field("overlap", format!("{} {}", error.sentences(), Remedy::of(key).words()))
            }
            error => error,
        })?;
        Ok(Read { spec: KeySpec { expires_at, ..key.spec.clone() }, tenant: key.tenant.clone(), form: shape })
    }

    /// Ends the overlap: the old key stops now. It can be let work again until it is archived.
    pub async fn cut_key(&self, permit: &Permit, id: KeyId) -> Result<Key, AdminError> {
        self.end_overlap(permit, id, Verb::CutKey, |key, now, _| {
            if key.spec.expires_at <= now {
                return Err(AdminError::field("overlap", "It has stopped already."));
            }
            Ok(now)
        })
        .await
    }

    /// Lets the old key of a pair work for longer, or again, never beyond what it was made for or the policy allows.
    pub async fn extend_overlap(&self, permit: &Permit, id: KeyId, overlap: Overlap) -> Result<Key, AdminError> {
        self.end_overlap(permit, id, Verb::ExtendOverlap, |key, now, latest| {
            may_strengthen(permit, &key.spec.scopes, "overlap")?;
            let end = overlap.end(now, latest)?;
            if end <= key.spec.expires_at {
                let field = if matches!(overlap, Overlap::Until(_)) { "until" } else { "overlap" };
                let words = format!("It works until {} as it is: choose a later time.", key.spec.expires_at.long());
                return Err(AdminError::Invalid(vec![error(field, words)]));
            }
            Ok(end)
        })
        .await
    }

    /// Moves the end of an old key, which has a successor.
    async fn end_overlap(
        &self,
        permit: &Permit,
        id: KeyId,
        verb: Verb,
        end: impl FnOnce(&Key, Timestamp, Timestamp) -> Result<Timestamp, AdminError> + Send,
    ) -> Result<Key, AdminError> {
        permit.allows(Action::WriteKeys)?;
        let policy = self.store.policy().await?;
        let rotations = self.store.rotations(id).await?;
        let mut change = self.store.change().await?;
        let mut key = changing(&mut change, permit, id, "overlap").await?;
        let Some(rotation) = rotations.iter().find(|rotation| rotation.old == id) else {
            return Err(AdminError::field("overlap", "This key has no successor: edit it instead."));
        };
        let now = self.clock.now();
        key.spec.expires_at = end(&key, now, latest(rotation.would_end, policy, now))?;
        key.generation = change.generation();
        let cap = Cap::of(&mut change, &key.spec.owner, now).await?;
        change.update_key(&key).await?;
        cap.keep(&mut change, policy, "overlap").await?;
        let detail = serde_json::json!({
            "name": key.spec.name.as_str(), "successor": rotation.new.as_str(),
            "expires": key.spec.expires_at.to_string(),
        });
        change.commit(now, permit.actor(), verb, id.as_str(), &detail.to_string()).await?;
        Ok(key)
    }

    /// The pairs a key is part of, as far as the permit reaches: with its successor, and with the key it took the place of.
    pub async fn key_pairs(&self, permit: &Permit, id: KeyId) -> Result<Vec<Pair>, AdminError> {
        self.seen_key(permit, id).await?;
        let rotations = self.store.rotations(id).await?;
        let as_old = rotations.iter().find(|rotation| rotation.old == id);
        let as_new = rotations.iter().find(|rotation| rotation.new == id);
        let mut pairs = Vec::new();
        for rotation in as_old.into_iter().chain(as_new) {
            pairs.extend(self.pair(permit, rotation).await?);
        }
        Ok(pairs)
    }

    /// A pair that still matters.
    async fn pair(&self, permit: &Permit, rotation: &Rotation) -> Result<Option<Pair>, AdminError> {
        let now = self.clock.now();
        let (Some((old, last_use)), Some((new, _))) =
            (self.store.key(rotation.old).await?, self.store.key(rotation.new).await?)
        else {
            return Ok(None);
        };
        let matters = |key: &Key| reaches(permit, key).is_ok() && !matches!(key.state, KeyState::Archived(_));
        let long_over = now.since(old.key.spec.expires_at) > REMEMBERED;
        if long_over || !matters(&old.key) || !matters(&new.key) {
            return Ok(None);
        }
        let period = ChartQuery::of(if now.since(rotation.at) < HOUR { Period::Hour } else { Period::Day });
        let series = [
            self.calls(CallsOf::key(rotation.old), period).await?.series,
            self.calls(CallsOf::key(rotation.new), period).await?.series,
        ];
        let since = now.plus(-QUIET);
        let recent =
            [self.store.calls_since(rotation.old, since).await?, self.store.calls_since(rotation.new, since).await?];
        let mut callers = self.store.call_samples(rotation.old, now).await?.0;
        callers.retain(|kind| kind.outcome == Outcome::Allowed && kind.at >= rotation.at);
        let policy = self.store.policy().await?;
        let latest = latest(rotation.would_end, policy, now);
        let drain = Drain { last_use, recent, series, callers };
        Ok(Some(Pair {
            old: old.key,
            new: new.key,
            rotated_at: rotation.at,
            would_end: rotation.would_end,
            latest,
            drain,
        }))
    }

    /// Whether a key was rotated and what took its place can still be used, or be switched on.
    pub(super) async fn has_live_successor(&self, id: KeyId, now: Timestamp) -> Result<bool, AdminError> {
        for rotation in self.store.rotations(id).await?.iter().filter(|rotation| rotation.old == id) {
            let successor = self.store.key(rotation.new).await?.map(|(stored, _)| stored.key);
            if successor.is_some_and(|key| key.may_work_again(now)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// When a key would have expired, had it not been rotated.
    async fn would_end(&self, key: &Key) -> Result<Timestamp, AdminError> {
        let before = self.store.rotations(key.id).await?;
        let ends = before.iter().filter(|rotation| rotation.old == key.id).map(|rotation| rotation.would_end);
        Ok(ends.fold(key.spec.expires_at, Timestamp::max))
    }
}

/// When a successor made now expires. It lives as long as the key was meant to before any rotation, within the policy.
fn end_of_heir(key: &Key, would_end: Timestamp, policy: Policy, now: Timestamp) -> Timestamp {
    let (first, last) = policy.bounds(now);
    match would_end {
        Timestamp::NEVER if policy.never => Timestamp::NEVER,
        Timestamp::NEVER => last,
        end => now.plus(end.since(key.created_at)).max(first).min(last),
    }
}

/// Until when an old key can be let work.
fn latest(would_end: Timestamp, policy: Policy, now: Timestamp) -> Timestamp {
    would_end.min(policy.bounds(now).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_key_stops_when_it_is_said_to_and_never_after_its_own_end() {
        let at = Timestamp::from_millis;
        let (now, latest) = (at(10 * DAY), at(12 * DAY));
        for (overlap, expected) in [
            (Overlap::For(0), Some(now)),
            (Overlap::For(-1), Some(now)),
            (Overlap::For(DAY), Some(at(11 * DAY))),
            (Overlap::For(7 * DAY), Some(latest)),
            (Overlap::Until(at(11 * DAY)), Some(at(11 * DAY))),
            (Overlap::Until(latest), Some(latest)),
            (Overlap::Until(latest.plus(1)), None),
            (Overlap::Until(now), None),
        ] {
            assert_eq!(overlap.end(now, latest).ok(), expected, "{overlap:?}");
        }
    }
}
