//! A key that is made up, for the tests of what works with keys.

use crate::{
    address::Addresses,
    id::{KeyId, TenantId},
    key::{Card, Form, Key, Metadata, Purpose, SignedWrites, State},
    limit::Limits,
    name::{Description, Name, Owner, Prefix, Word},
    scope::Scopes,
    tenant::{AllAccess, Presentations, Tenant, Tokens},
    time::{DAY, Timestamp},
};

/// A live key of the tenant `default` with the scope `things.read`, which expires 100 days after the epoch.
pub fn example() -> Key {
    Key {
        id: KeyId::parse("0123456789ABCDEF").unwrap(),
        tenant: Tenant {
            id: TenantId::parse("00000000default0").unwrap(),
            name: Name::parse("default").unwrap(),
            prefix: Prefix::parse("kw").unwrap(),
            presentations: Presentations::ALL,
            headers: Tokens::default(),
            schemes: Tokens::default(),
            docs: String::new(),
            all_access: AllAccess::default(),
        },
        card: Card {
            name: Name::parse("example").unwrap(),
            description: Description::parse("").unwrap(),
            owner: Owner::parse("ops@example.com").unwrap(),
            scopes: Scopes::parse("things.read").unwrap(),
            all_access_reason: Description::parse("").unwrap(),
            role: Word::parse("").unwrap(),
            expires_at: Timestamp::from_millis(100 * DAY),
            addresses: Addresses::default(),
            limits: Limits::default(),
            quota: None,
            metadata: Metadata::default(),
            signed_writes: SignedWrites::default(),
        },
        group: None,
        subject: None,
        owner_active: true,
        form: Form::Token,
        purpose: Purpose::Ordinary,
        prefix: Prefix::parse("kw").unwrap(),
        last_four: "wxyz".to_owned(),
        created_at: Timestamp::from_millis(0),
        created_by: "ops@example.com".to_owned(),
        rotated_from: None,
        state: State::Live,
        generation: 1,
    }
}
