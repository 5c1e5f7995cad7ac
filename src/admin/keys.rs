//! Keys: issue, show, edit, switch, archive, purge.

use crypto::{
    jwt::Claims,
    secret::{Digest, Plaintext},
};
use model::{
    account::{Action, Role},
    address::Addresses,
    audit::Verb,
    catalog::{DEFAULT_TENANT, Entry, Kind},
    id::KeyId,
    key::{
        ArchiveReason, Archived, Form, Generation, Grantor, Identity, Key, KeySpec, KeyState, MAX_METADATA, Metadata,
        Named, Purpose, SignedWrites, SwitchedOff,
    },
    key_input::KeyInput,
    label::Labels,
    limit::{Limits, Quota},
    listing::Assessment,
    name::{Description, Email, Name, Owner, Word, is_seen},
    policy::Policy,
    scope::{ANY_TENANT, ClosedGates, Scope, Scopes},
    tenant::{AllAccess, Tenant},
    time::Timestamp,
    token,
};
use store::{
    ArchiveImpact, Change, LastUse, MadeByForm, NewKey, Rotation, SentForm, StoredKey, StoredRequestSigningKey,
};

use super::{Admin, AdminError, FieldError};
use crate::{Permit, json::checked_object};

/// A key that was just issued, with the only copy of its secret.
pub struct Issued {
    /// The key.
    pub key: Key,
    /// Its token.
    pub token: Plaintext,
}

/// A key with all that its page shows.
pub struct KeyDetail {
    /// The key.
    pub key: Key,
    /// Its last allowed call.
    pub last_use: Option<LastUse>,
    /// What archiving it would break.
    pub impact: ArchiveImpact,
    /// How it stood when that was last looked at.
    pub stands: Option<Assessment>,
    /// The gates in the way of its scopes that are closed for its tenant.
    pub closed: ClosedGates,
}

/// A form that was read: what it says, and whom it concerns.
pub(super) struct Read {
    pub(super) spec: KeySpec,
    pub(super) tenant: Tenant,
    pub(super) form: Form,
}

/// What marks a form or a request that makes a key, so that it makes one however often it is sent.
#[derive(Clone, Copy, Debug)]
pub struct Mark<'a> {
    /// The mark itself: of a request its `Idempotency-Key`.
    pub text: &'a str,
    /// The body of a request: the same mark with another body makes nothing.
    pub body: Option<&'a [u8]>,
}

/// A form's own.
impl<'a> From<&'a str> for Mark<'a> {
    fn from(text: &'a str) -> Self {
        Self { text, body: None }
    }
}

/// What is answered to what was sent already.
fn repeated(made: &MadeByForm, sent: &SentForm) -> AdminError {
    if made.body == sent.body { AdminError::Repeated(made.key) } else { AdminError::Reused(made.key) }
}

/// The key that a new one takes the place of.
pub(super) struct Replaced {
    /// The key.
    pub(super) key: Key,
    /// Until when it works on.
    pub(super) until: Timestamp,
    /// When it would have expired but for this, and for rotations before.
    pub(super) would_end: Timestamp,
}

impl Admin {
    /// Issues a key. When this returns, the key is durable; its secret is nowhere else.
    pub async fn issue_key(&self, permit: &Permit, form: &KeyInput) -> Result<Issued, AdminError> {
        self.issue_key_once(permit, form, "").await
    }

    /// The same, once for each `mark` of a form ([`Admin::form_mark`]) or of a request; an empty one marks nothing.
    pub async fn issue_key_once(
        &self,
        permit: &Permit,
        form: &KeyInput,
        mark: impl Into<Mark<'_>>,
    ) -> Result<Issued, AdminError> {
        permit.allows(Action::WriteKeys)?;
        let sent = self.unsent(permit, mark.into()).await?;
        let policy = self.store.policy().await?;
        let read = self.read(permit, form, None, policy).await?;
        self.within_reach(permit, None, &read).await?;
        self.issue(permit, read, policy, None, sent).await
    }

    /// The key of this id as verification sees it, if the permit reaches it.
    pub async fn find_key(&self, permit: &Permit, id: KeyId) -> Result<Option<StoredKey>, AdminError> {
        permit.allows(Action::ReadKeys)?;
        let found = self.store.key(id).await?.map(|(stored, _)| stored);
        Ok(found.filter(|stored| permit.reaches(&stored.key)))
    }

    /// Whether there is a tenant of this name.
    pub async fn has_tenant(&self, name: &str) -> Result<bool, AdminError> {
        Ok(self.store.tenant(name).await?.is_some())
    }

    /// What a form that makes a key carries, so that it makes one however often it is posted.
    pub fn form_mark(&self) -> String {
        self.entropy.code().reveal().to_owned()
    }

    /// What is remembered of a form, unless it was sent already. Another's form of the same mark is another form.
    pub(super) async fn unsent(&self, permit: &Permit, mark: Mark<'_>) -> Result<Option<SentForm>, AdminError> {
        if mark.text.is_empty() {
            return Ok(None);
        }
        let digest = Digest::of(format!("{}\n{}", permit.identity(), mark.text).as_bytes());
        let body = mark.body.map(|body| Digest::of(body).to_hex()).unwrap_or_default();
        let sent = SentForm { digest, body };
        match self.store.made_by_form(&sent.digest).await? {
            Some(made) => Err(repeated(&made, &sent)),
            None => Ok(Some(sent)),
        }
    }

    /// Issues what was read. A JWT is signed before the change begins: the first one makes the signing key.
    pub(super) async fn issue(
        &self,
        permit: &Permit,
        read: Read,
        policy: Policy,
        replaced: Option<Replaced>,
        sent: Option<SentForm>,
    ) -> Result<Issued, AdminError> {
        let now = self.clock.now();
        let id = self.entropy.key_id();
        let Read { spec, tenant, form } = read;
        let granted_by = self.grantor_of(permit, replaced.as_ref().map(|replaced| &replaced.key), &spec.scopes).await?;
        let token = match form {
            // An imported key is made by an import alone.
            Form::Token | Form::Imported => self.entropy.token(&tenant.prefix, id),
            Form::Jwt => {
                let claims = Claims {
                    issuer: self.issuer(),
                    audience: tenant.name.as_str(),
                    subject: spec.subject.as_ref().map_or(spec.owner.as_str(), |subject| &subject.name),
                    id,
                    issued_at: now,
                    expires_at: spec.expires_at,
                    scopes: &spec.scopes,
                };
                self.sign_jwt(permit, &claims).await?
            }
        };
        // Of a token the secret is what counts; of a JWT all of it.
        let digest = token::parse(token.reveal()).map_or(token.reveal(), |parts| parts.secret);
        let digest = Digest::of(digest.as_bytes());
        let mut change = self.store.change().await?;
        if let Some(sent) = &sent {
            if let Some(made) = change.made_by_form(&sent.digest).await? {
                return Err(repeated(&made, sent));
            }
            change.insert_form_sent(sent, id, now).await?;
        }
        within_gates(&mut change, &tenant, &spec.scopes, None).await?;
        let cap = Cap::of(&mut change, &spec.owner, now).await?;
        let key = Key {
            id,
            prefix: tenant.prefix.clone(),
            tenant,
            spec,
            owner_active: true,
            form,
            purpose: Purpose::Ordinary,
            last_four: token.last_four(),
            created_at: now,
            created_by: permit.actor().to_owned(),
            rotated_from: replaced.as_ref().map(|replaced| replaced.key.id),
            series: replaced.as_ref().map_or(id, |replaced| replaced.key.series),
            granted_by,
            state: KeyState::Live,
            generation: change.generation(),
        };
        change.insert_key(NewKey { key: &key, digest }).await?;
        let mut detail = said(&key);
        if let Some(Replaced { key: seen, until, would_end }) = replaced {
            // What somebody else did to the old key meanwhile stays done.
            let mut before = change.key(seen.id).await?.ok_or(AdminError::NotFound)?;
            if before.generation != seen.generation {
                return Err(AdminError::Conflict);
            }
            // One event for both: it is the old key's, which verification has to forget.
            change.insert_rotation(&Rotation { old: before.id, new: id, at: now, would_end }).await?;
            // Its callers sign on with the keys they have.
            for signs in change.request_signing_keys(before.id).await?.into_iter().filter(|signs| signs.counts(now)) {
                let signs = StoredRequestSigningKey { id: self.entropy.request_signing_key_id(), key: id, ..signs };
                change.insert_request_signing_key(&signs).await?;
            }
            before.spec.expires_at = before.spec.expires_at.min(until);
            change.update_key(&before).await?;
            cap.keep(&mut change, policy, "overlap").await?;
            detail["successor"] = id.as_str().into();
            detail["expires"] = before.spec.expires_at.to_string().into();
            change.commit(now, permit.actor(), Verb::RotateKey, before.id.as_str(), &detail.to_string()).await?;
        } else {
            cap.keep(&mut change, policy, "owner").await?;
            change.commit(now, permit.actor(), Verb::IssueKey, id.as_str(), &detail.to_string()).await?;
        }
        Ok(Issued { key, token })
    }

    /// One key with what its page shows.
    pub async fn show_key(&self, permit: &Permit, id: KeyId) -> Result<KeyDetail, AdminError> {
        permit.allows(Action::ReadKeys)?;
        let (stored, last_use) = self.store.key(id).await?.ok_or(AdminError::NotFound)?;
        reaches(permit, &stored.key)?;
        let impact = self.store.impact(id, self.clock.now()).await?;
        let stands = self.store.assessment_of(id).await?;
        Ok(KeyDetail { key: stored.key, last_use, impact, stands, closed: stored.closed })
    }

    /// Whose role bounds a key with these scopes: whoever gives it its first scope of Keyward's own, and afterwards the one
    /// of the two who may do less, so that nobody raises a key without meaning to.
    async fn grantor_of(&self, permit: &Permit, before: Option<&Key>, scopes: &Scopes) -> Result<Grantor, AdminError> {
        if own(scopes).next().is_none() {
            return Ok(Grantor::Nobody);
        }
        let held = before.filter(|key| own(&key.spec.scopes).next().is_some()).map(|key| key.granted_by);
        let role = match held {
            None | Some(Grantor::Nobody) => return Ok(permit.grantor()),
            Some(Grantor::Operator) => Role::Superadmin,
            Some(Grantor::Account(id)) => match self.store.account(id).await? {
                Some(account) => account.role,
                None => Role::Member,
            },
        };
        let rank = |role: Role| Role::ALL.into_iter().position(|other| other == role);
        let is_lower = rank(permit.role()) > rank(role);
        Ok(if is_lower { permit.grantor() } else { held.unwrap_or_default() })
    }

    /// How many live keys this owner holds, and how many they may.
    pub async fn holding(&self, permit: &Permit, owner: &str) -> Result<(i64, i64), AdminError> {
        permit.allows(Action::ReadKeys)?;
        let live = self.store.live_keys_of(owner, self.clock.now()).await?;
        Ok((live, self.store.policy().await?.keys_per_owner))
    }

    /// How many of this owner's keys are neither off nor expired nor archived, whether or not the owner may sign in.
    pub async fn working_keys_of(&self, permit: &Permit, owner: &str) -> Result<i64, AdminError> {
        permit.allows(Action::ReadKeys)?;
        Ok(self.store.working_keys_of(owner, self.clock.now()).await?)
    }

    /// Edits everything but the secret. `seen` is the generation that was edited, today's when it is left out: somebody
    /// else's later edit is not overwritten.
    pub async fn edit_key(
        &self,
        permit: &Permit,
        id: KeyId,
        form: &KeyInput,
        seen: Option<Generation>,
    ) -> Result<Key, AdminError> {
        permit.allows(Action::WriteKeys)?;
        let policy = self.store.policy().await?;
        let before = self.show_key(permit, id).await?.key;
        let seen = seen.unwrap_or(before.generation);
        let read = self.read(permit, form, Some(&before), policy).await?;
        self.within_reach(permit, Some(&before), &read).await?;
        let now = self.clock.now();
        let mut change = self.store.change().await?;
        let before = changing(&mut change, permit, id, "name").await?;
        if seen != before.generation {
            return Err(AdminError::Conflict);
        }
        within_gates(&mut change, &before.tenant, &read.spec.scopes, Some(&before.spec.scopes)).await?;
        let cap = Cap::of(&mut change, &read.spec.owner, now).await?;
        if loosens(&before.spec, &read.spec) {
            may_strengthen(permit, &read.spec.scopes, "scopes")?;
        }
        let is_wider = own(&read.spec.scopes).any(|scope| own(&before.spec.scopes).all(|held| held != scope));
        let granted_by = if is_wider || own(&read.spec.scopes).next().is_none() {
            self.grantor_of(permit, Some(&before), &read.spec.scopes).await?
        } else {
            before.granted_by
        };
        let after = Key { spec: read.spec, granted_by, generation: change.generation(), ..before.clone() };
        let (old, new) = (KeyInput::of(&before), KeyInput::of(&after));
        let mut changed = changes(&old.pairs(), &new.pairs());
        if changed.as_object().is_some_and(serde_json::Map::is_empty) {
            return Ok(before);
        }
        if before.granted_by != after.granted_by {
            changed["granted_by"] = serde_json::json!([before.granted_by.to_string(), after.granted_by.to_string()]);
        }
        change.update_key(&after).await?;
        let field = if before.spec.owner == after.spec.owner { "expires" } else { "owner" };
        cap.keep(&mut change, policy, field).await?;
        let detail = serde_json::json!({ "name": after.spec.name.as_str(), "changes": changed });
        change.commit(now, permit.actor(), Verb::EditKey, id.as_str(), &detail.to_string()).await?;
        Ok(after)
    }

    /// Switches a key off, or on again.
    pub async fn switch_key(&self, permit: &Permit, id: KeyId, on: bool) -> Result<Key, AdminError> {
        permit.allows(Action::WriteKeys)?;
        let mut change = self.store.change().await?;
        let key = changing(&mut change, permit, id, "name").await?;
        if on {
            may_strengthen(permit, &key.spec.scopes, "name")?;
        }
        let now = self.clock.now();
        let state = match (&key.state, on) {
            (KeyState::Live, false) => KeyState::Off(SwitchedOff { at: now, by: permit.actor().to_owned() }),
            (KeyState::Off(_), true) => KeyState::Live,
            _ => return Ok(key),
        };
        let key = Key { state, generation: change.generation(), ..key };
        change.update_key(&key).await?;
        let verb = if on { Verb::SwitchOnKey } else { Verb::SwitchOffKey };
        let detail = serde_json::json!({ "name": key.spec.name.as_str() });
        change.commit(now, permit.actor(), verb, id.as_str(), &detail.to_string()).await?;
        Ok(key)
    }

    /// Archives a key: the next verify is refused. Archiving an archived key changes nothing and says so by its evidence,
    /// unless it turned out to be compromised: that is noted, and final.
    pub async fn archive_key(&self, permit: &Permit, id: KeyId, reason: ArchiveReason) -> Result<Key, AdminError> {
        permit.allows(Action::WriteKeys)?;
        let mut change = self.store.change().await?;
        let key = change.key(id).await?.ok_or(AdminError::NotFound)?;
        reaches(permit, &key)?;
        let now = self.clock.now();
        let evidence = Archived { at: now, by: permit.actor().to_owned(), reason };
        let name = key.spec.name.clone();
        let is_worse =
            |before: &Archived| reason == ArchiveReason::Compromised && before.reason != ArchiveReason::Compromised;
        if matches!(&key.state, KeyState::Archived(before) if !is_worse(before)) {
            return Ok(key);
        }
        let archived = Key { state: KeyState::Archived(evidence.clone()), generation: change.generation(), ..key };
        change.archive_key(id, &evidence).await?;
        let detail = serde_json::json!({ "name": name.as_str(), "reason": reason.code() });
        change.commit(now, permit.actor(), Verb::ArchiveKey, id.as_str(), &detail.to_string()).await?;
        Ok(archived)
    }

    /// Undoes that a key was archived: for ten minutes, by those who did it and by superadmins, unless it was compromised.
    /// A key that is not archived stays as it is.
    pub async fn restore_key(&self, permit: &Permit, id: KeyId) -> Result<Key, AdminError> {
        permit.allows(Action::WriteKeys)?;
        let now = self.clock.now();
        let (seen, _) = self.seen_key(permit, id).await?;
        if let Some(old) = seen.rotated_from
            && matches!(seen.state, KeyState::Archived(_))
            && self.has_live_successor(old, now).await?
        {
            return Err(AdminError::field("name", "Another key took its place meanwhile. Archive that one first."));
        }
        let mut change = self.store.change().await?;
        let key = change.key(id).await?.ok_or(AdminError::NotFound)?;
        reaches(permit, &key)?;
        let KeyState::Archived(archived) = &key.state else { return Ok(key) };
        if let Some(why) = self.is_final(permit, archived) {
            return Err(AdminError::field("name", why));
        }
        may_strengthen(permit, &key.spec.scopes, "name")?;
        let cap = Cap::of(&mut change, &key.spec.owner, now).await?;
        change.restore_key(id).await?;
        cap.keep(&mut change, self.store.policy().await?, "name").await?;
        let restored = change.key(id).await?.ok_or(AdminError::NotFound)?;
        let detail = serde_json::json!({ "name": key.spec.name.as_str() });
        change.commit(now, permit.actor(), Verb::RestoreKey, id.as_str(), &detail.to_string()).await?;
        Ok(restored)
    }

    /// Why this permit cannot undo that a key was archived, in a sentence; `None` when it can.
    pub fn is_final(&self, permit: &Permit, archived: &Archived) -> Option<&'static str> {
        let is_superadmin = permit.allows(Action::ManageTenants).is_ok();
        archived.is_final(permit.actor(), is_superadmin, self.clock.now())
    }

    /// Removes an archived key and everything that was counted for it. Only the audit still knows it.
    pub async fn purge_key(&self, permit: &Permit, id: KeyId) -> Result<(), AdminError> {
        permit.allows(Action::PurgeKeys)?;
        let mut change = self.store.change().await?;
        let key = change.key(id).await?.ok_or(AdminError::NotFound)?;
        reaches(permit, &key)?;
        if !matches!(key.state, KeyState::Archived(_)) {
            return Err(AdminError::field("confirm", "Archive the key first: only an archived key can be purged."));
        }
        change.purge_key(id).await?;
        let detail = serde_json::json!({ "name": key.spec.name.as_str() });
        change.commit(self.clock.now(), permit.actor(), Verb::PurgeKey, id.as_str(), &detail.to_string()).await?;
        Ok(())
    }

    /// Until when a key made now may live.
    pub async fn policy(&self) -> Result<Policy, AdminError> {
        Ok(self.store.policy().await?)
    }

    /// What is wrong with an owner or an identity that is new to a key: with one who was disabled, it would be refused.
    pub(super) async fn disabled_holders(
        &self,
        before: Option<&Key>,
        owner: Option<&Owner>,
        subject: Option<&Entry>,
    ) -> Result<Vec<FieldError>, AdminError> {
        let mut errors = Vec::new();
        let acts_as = before.and_then(|key| key.spec.subject.as_ref()).map(|subject| subject.id);
        if let Some(subject) = subject.filter(|entry| entry.disabled_at.is_some() && acts_as != Some(entry.id)) {
            let words =
                format!("{} is switched off: the key would be refused. Switch that identity on first.", subject.name());
            errors.push(error("acts_as", words));
        }
        let account = owner.filter(|owner| before.is_none_or(|key| key.spec.owner != **owner));
        if let Some(Ok(email)) = account.map(|owner| Email::parse(owner.as_str()))
            && self.store.account_by_email(&email).await?.is_some_and(|stored| stored.account.disabled_at.is_some())
        {
            let words = format!("{email} may not sign in any more: the key would be refused. Choose somebody else.");
            errors.push(error("owner", words));
        }
        Ok(errors)
    }

    /// Reads a form against the policy, the catalog and, for an edit, the key as it was.
    pub(super) async fn read(
        &self,
        permit: &Permit,
        form: &KeyInput,
        before: Option<&Key>,
        policy: Policy,
    ) -> Result<Read, AdminError> {
        let now = self.clock.now();
        let mut errors = Vec::new();
        // A key that is nobody's stays so when its form says nothing else.
        let kept = before.filter(|key| key.spec.owner.as_str().is_empty() && permit.only_owner().is_none());
        let owner = match (form.owner.trim(), kept) {
            ("", None) => permit.default_owner(),
            (owner, _) => owner,
        };
        let kept = before.filter(|key| form.expires.trim() == key.spec.expires_at.to_string());
        let expires = match kept {
            Some(key) => Ok(key.spec.expires_at),
            None => policy.expiry(&form.expires, now),
        };
        let name = field(&mut errors, "name", Name::parse(&form.name));
        // Names from before this was asked stay what they are.
        let is_kept = before.is_some_and(|key| key.spec.name.as_str() == form.name.trim());
        if name.is_some() && !is_kept && !is_seen(&form.name) {
            errors.push(error("name", "Nothing of this name can be seen. Type letters or digits."));
        }
        let description = field(&mut errors, "description", Description::parse(&form.description));
        let owner = field(&mut errors, "owner", Owner::parse(owner));
        if owner.as_ref().is_some_and(|owner| !owner.as_str().is_empty() && !is_seen(owner.as_str())) {
            errors.push(error("owner", "Nothing of this name can be seen. Type letters or digits."));
        }
        let scopes = field(&mut errors, "scopes", Scopes::parse(&form.scopes));
        let all_access_reason = field(&mut errors, "all_access_reason", Description::parse(&form.all_access_reason));
        let role = field(&mut errors, "role", Word::parse(&form.role));
        let expires_at = field(&mut errors, "expires", expires);
        let addresses = field(&mut errors, "addresses", Addresses::parse(&form.addresses));
        let limits = field(&mut errors, "limits", Limits::parse(&form.limits));
        let quota = field(&mut errors, "quota", Quota::parse(&form.quota));
        let labels = field(&mut errors, "labels", Labels::parse(&form.labels));
        let metadata = field(&mut errors, "metadata", metadata(&form.metadata));
        let code = |text: &str, otherwise: &str| if text.is_empty() { otherwise.to_owned() } else { text.to_owned() };
        let signed_writes =
            SignedWrites::parse(&code(&form.signed_writes, "optional")).ok_or("Choose optional or required.");
        let signed_writes = field(&mut errors, "signed_writes", signed_writes);
        let shape = Form::parse(&code(&form.form, "token"))
            .filter(|shape| before.is_some() || *shape != Form::Imported)
            .ok_or("Choose token or jwt.");
        let shape = field(&mut errors, "form", shape);
        let tenant = match (before, form.tenant.trim()) {
            (Some(key), _) => Some(key.tenant.clone()),
            (None, "") => self.store.tenant(permit.only_tenant().unwrap_or(DEFAULT_TENANT)).await?,
            (None, name) if permit.reaches_tenant(name) => self.store.tenant(name).await?,
            (None, _) => None,
        };
        let tenant = field(&mut errors, "tenant", tenant.ok_or("There is no tenant of this name."));
        let within = tenant.as_ref().map_or("", |tenant| tenant.name.as_str());
        let group = self.named(&mut errors, Kind::Group, within, "group", &form.group).await?;
        let subject = self.named(&mut errors, Kind::Identity, within, "acts_as", &form.acts_as).await?;
        errors.extend(self.disabled_holders(before, owner.as_ref(), subject.as_ref()).await?);
        if let (Some(scopes), Some(tenant)) = (&scopes, &tenant) {
            let held = before.map(|key| &key.spec.scopes);
            errors.extend(self.refused_scopes(permit, scopes, held, tenant, &form.all_access_reason).await?);
        }
        if permit.only_owner().is_some_and(|only| owner.as_ref().is_some_and(|owner| owner.as_str() != only)) {
            errors.push(error("owner", "Your role may only make keys of your own."));
        }
        if shape == Some(Form::Jwt) && expires_at == Some(Timestamp::NEVER) {
            errors.push(error("expires", "A JWT must expire: choose a date."));
        }
        if let Some(key) = before.filter(|key| key.form == Form::Jwt) {
            let signed = "This is signed into the JWT. Rotate the key to change it.";
            let subject = subject.as_ref().map(|entry| entry.id);
            for (field, changed) in [
                ("scopes", scopes.as_ref() != Some(&key.spec.scopes)),
                ("expires", expires_at != Some(key.spec.expires_at)),
                ("acts_as", subject != key.spec.subject.as_ref().map(|subject| subject.id)),
            ] {
                errors.extend(changed.then(|| error(field, signed)));
            }
        }
        let spec = || {
            Some(KeySpec {
                name: name?,
                description: description?,
                owner: owner?,
                scopes: scopes?,
                all_access_reason: all_access_reason?,
                group: group.map(|entry| Named { id: entry.id, name: entry.name().to_owned() }),
                subject: subject.map(|entry| Identity {
                    id: entry.id,
                    name: entry.name().to_owned(),
                    active: entry.disabled_at.is_none(),
                }),
                role: role?,
                labels: labels?,
                expires_at: expires_at?,
                addresses: addresses?,
                limits: limits?,
                quota: quota?,
                metadata: metadata?,
                signed_writes: signed_writes?,
            })
        };
        match (spec(), tenant, shape) {
            (Some(spec), Some(tenant), Some(form)) if errors.is_empty() => Ok(Read { spec, tenant, form }),
            _ => Err(AdminError::Invalid(errors)),
        }
    }

    /// Refuses what is not a member's to give: a key in another tenant than the default one and those where they hold a
    /// key, one that acts as somebody or in a role, and one that opens everything. What a key has already is theirs.
    pub(super) async fn within_reach(
        &self,
        permit: &Permit,
        before: Option<&Key>,
        read: &Read,
    ) -> Result<(), AdminError> {
        let Some(owner) = permit.only_owner() else { return Ok(()) };
        let mut errors = Vec::new();
        let name = &read.tenant.name;
        let is_new_place = before.is_none() && name.as_str() != DEFAULT_TENANT;
        if is_new_place && !self.store.holds_keys_in(owner, read.tenant.id).await? {
            errors.push(error("tenant", format!("You hold no key in tenant {name}. Ask an admin for the first one.")));
        }
        let id = |subject: Option<&Identity>| subject.map(|subject| subject.id);
        let subject = id(read.spec.subject.as_ref());
        if subject.is_some() && before.is_none_or(|key| id(key.spec.subject.as_ref()) != subject) {
            errors.push(error("acts_as", "Your role makes keys that act as nobody else. Ask an admin."));
        }
        let role = &read.spec.role;
        if !role.as_str().is_empty() && before.is_none_or(|key| key.spec.role != *role) {
            errors.push(error("role", "Your role may not pass on a role. Ask an admin."));
        }
        if read.spec.scopes.is_all_access() && before.is_none_or(|key| !key.spec.scopes.is_all_access()) {
            errors.push(error("scopes", "Your role may not make a key that opens everything. Ask an admin."));
        }
        if errors.is_empty() { Ok(()) } else { Err(AdminError::Invalid(errors)) }
    }

    /// The entry a form names, or a mistake.
    async fn named(
        &self,
        errors: &mut Vec<FieldError>,
        kind: Kind,
        tenant: &str,
        field: &'static str,
        name: &str,
    ) -> Result<Option<Entry>, AdminError> {
        let name = name.trim();
        if name.is_empty() {
            return Ok(None);
        }
        let found = self.store.entry_named(kind, tenant, name).await?;
        if found.is_none() {
            let what = kind.words().to_lowercase();
            errors.push(error(field, format!("There is no {what} of this name in tenant {tenant}.")));
        }
        Ok(found)
    }

    /// What is wrong with granting these scopes. What a key holds already is not asked about again.
    pub(super) async fn refused_scopes(
        &self,
        permit: &Permit,
        scopes: &Scopes,
        held: Option<&Scopes>,
        tenant: &Tenant,
        reason: &str,
    ) -> Result<Vec<FieldError>, AdminError> {
        let mut errors = Vec::new();
        if scopes.is_empty() {
            errors.push(error("scopes", "Choose at least one scope: a key without any opens nothing."));
        }
        let is_new = |scope: &&Scope| held.is_none_or(|held| !held.iter().any(|other| other == *scope));
        // A new one reaches as far as those that are held take it, so that all of them count.
        let is_wider = own(scopes).any(|scope| is_new(&scope));
        if let Some(scope) = own(scopes).find(|scope| is_wider && !scope.crosses_tenants() && !permit.may_grant(scope))
        {
            let message = match permit.allows(Action::GrantReserved) {
                Ok(()) => format!("A key gives no scope of Keyward's own that it does not hold: {scope}."),
                Err(_) => "Your role may not give a key access to Keyward itself. Ask an admin.".to_owned(),
            };
            errors.push(error("scopes", message));
        }
        let crossing = own(scopes).find(|scope| scope.crosses_tenants());
        if crossing.is_some_and(|scope| is_wider && !permit.may_grant(scope)) {
            errors.push(error("scopes", format!("Only a superadmin grants {ANY_TENANT}: it reaches every tenant.")));
        }
        let closed = self.store.closed_gates(tenant.name.as_str(), scopes).await?;
        for scope in scopes.iter().filter(is_new) {
            if closed.close(scope) {
                errors.push(gated(scope, tenant));
            }
        }
        if scopes.is_all_access() && tenant.all_access == AllAccess::Forbidden {
            errors.push(error("scopes", format!("Tenant {} grants public to nobody.", tenant.name)));
        } else if scopes.is_all_access() && reason.trim().is_empty() {
            errors.push(error("all_access_reason", "This key opens everything: say why."));
        }
        Ok(errors)
    }
}

/// The scopes of Keyward's own among these.
fn own(scopes: &Scopes) -> impl Iterator<Item = &Scope> {
    scopes.iter().filter(|scope| scope.is_reserved())
}

/// Refuses what brings a key back to work or lifts its bounds, unless the permit may give all scopes of Keyward's own that
/// the key holds: whoever may not give them could use them by way of that key.
pub(super) fn may_strengthen(permit: &Permit, scopes: &Scopes, field: &'static str) -> Result<(), AdminError> {
    match own(scopes).find(|scope| !permit.may_grant(scope)) {
        Some(scope) => {
            let words = format!("The key holds {scope}, which you may not give. Ask somebody who may.");
            Err(AdminError::field(field, words))
        }
        None => Ok(()),
    }
}

/// Whether an edit lifts bounds of a key, or may.
fn loosens(before: &KeySpec, after: &KeySpec) -> bool {
    before.addresses != after.addresses
        || (&before.limits, before.quota) != (&after.limits, after.quota)
        || before.expires_at < after.expires_at
        || before.signed_writes != after.signed_writes
}

/// Refuses scopes whose gate was closed since they were looked at, as this change sees it; those that are held stay.
async fn within_gates(
    change: &mut Change,
    tenant: &Tenant,
    scopes: &Scopes,
    held: Option<&Scopes>,
) -> Result<(), AdminError> {
    let closed = change.closed_gates(tenant.name.as_str(), scopes).await?;
    let is_held = |scope: &Scope| held.is_some_and(|held| held.iter().any(|other| other == scope));
    match scopes.iter().find(|scope| closed.close(scope) && !is_held(scope)) {
        Some(scope) => Err(AdminError::Invalid(vec![gated(scope, tenant)])),
        None => Ok(()),
    }
}

fn gated(scope: &Scope, tenant: &Tenant) -> FieldError {
    error("scopes", format!("{scope} is gated: a superadmin has to open it for tenant {} first.", tenant.name))
}

/// What an owner held before a change: the change may not leave them with more than they may hold, however a key came to
/// live. Changes are made one after the other, so that it holds in parallel, too.
pub(super) struct Cap {
    owner: Owner,
    before: i64,
    now: Timestamp,
}

impl Cap {
    pub(super) async fn of(change: &mut Change, owner: &Owner, now: Timestamp) -> Result<Self, AdminError> {
        Ok(Self { before: change.live_keys_of(owner, now).await?, owner: owner.clone(), now })
    }

    /// Refuses what was written if it goes beyond the cap; that is said at `field`. Nobody's keys have none.
    pub(super) async fn keep(self, change: &mut Change, policy: Policy, field: &'static str) -> Result<(), AdminError> {
        let (Self { owner, before, now }, most) = (self, policy.keys_per_owner);
        let after = change.live_keys_of(&owner, now).await?;
        if owner.as_str().is_empty() || after <= most || after <= before {
            return Ok(());
        }
        Err(AdminError::field(field, format!("{owner} holds {before} of {most} live keys. Archive one first.")))
    }
}

/// A key that is about to be changed, as this change sees it: one that the permit reaches and that is not archived. That
/// is said at `field`.
pub(super) async fn changing(
    change: &mut Change,
    permit: &Permit,
    id: KeyId,
    field: &'static str,
) -> Result<Key, AdminError> {
    let key = change.key(id).await?.ok_or(AdminError::NotFound)?;
    reaches(permit, &key)?;
    if matches!(key.state, KeyState::Archived(_)) {
        return Err(AdminError::field(field, "An archived key stays as it is."));
    }
    Ok(key)
}

pub(super) fn error(field: &'static str, message: impl ToString) -> FieldError {
    FieldError { field, message: message.to_string() }
}

pub(super) fn metadata(text: &str) -> Result<Metadata, String> {
    if text.trim().is_empty() {
        return Ok(Metadata::default());
    }
    let text = checked_object(text).map_err(|wrong| wrong.to_string())?;
    if text.len() > MAX_METADATA {
        return Err(format!("Metadata has at most {MAX_METADATA} bytes; this has {}.", text.len()));
    }
    Ok(Metadata::from_checked(text))
}

/// What differs: by name, before and after.
pub(super) fn changes(before: &[(&str, &str)], after: &[(&str, &str)]) -> serde_json::Value {
    let differ = before.iter().zip(after).filter(|((_, old), (_, new))| old != new);
    differ
        .map(|((name, old), (_, new))| ((*name).to_owned(), serde_json::json!([old, new])))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// The fields of a new key that say something, for the audit.
fn said(key: &Key) -> serde_json::Value {
    let input = KeyInput::of(key);
    let defaults = [("form", Form::default().code()), ("signed_writes", SignedWrites::default().code())];
    let pairs = input.pairs().into_iter().filter(|pair| !pair.1.is_empty() && !defaults.contains(pair));
    let mut said: serde_json::Map<_, serde_json::Value> =
        pairs.map(|(name, text)| (name.to_owned(), text.into())).collect();
    if key.granted_by != Grantor::Nobody {
        said.insert("granted_by".to_owned(), key.granted_by.to_string().into());
    }
    said.into()
}

/// Refuses what the permit does not reach as if it did not exist.
pub(super) fn reaches(permit: &Permit, key: &Key) -> Result<(), AdminError> {
    if permit.reaches(key) { Ok(()) } else { Err(AdminError::NotFound) }
}

/// Keeps a parsed value, or notes what is wrong with its field.
pub(super) fn field<T, E: ToString>(
    errors: &mut Vec<FieldError>,
    field: &'static str,
    parsed: Result<T, E>,
) -> Option<T> {
    parsed.map_err(|error| errors.push(FieldError { field, message: error.to_string() })).ok()
}
