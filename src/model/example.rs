//! A key that is made up, for the tests of what works with keys.

use crate::{
    id::{KeyId, TenantId},
    key::{Form, Grantor, Key, KeySpec, KeyState, Purpose},
    name::{Name, Owner, Prefix},
    scope::Scopes,
    tenant::{AllAccess, CredentialSources, Tenant, Tokens},
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
            presentations: CredentialSources::ALL,
            headers: Tokens::default(),
            schemes: Tokens::default(),
            docs: String::new(),
            all_access: AllAccess::default(),
        },
        spec: KeySpec::new(
            Name::parse("example").unwrap(),
            Owner::parse("ops@example.com").unwrap(),
            Scopes::parse("things.read").unwrap(),
            Timestamp::from_millis(100 * DAY),
        ),
        owner_active: true,
        form: Form::Token,
        purpose: Purpose::Ordinary,
        prefix: Prefix::parse("kw").unwrap(),
        last_four: "wxyz".to_owned(),
        created_at: Timestamp::from_millis(0),
        created_by: "ops@example.com".to_owned(),
        rotated_from: None,
        series: KeyId::parse("0123456789ABCDEF").unwrap(),
        granted_by: Grantor::Nobody,
        state: KeyState::Live,
        leak: None,
        generation: 1,
    }
}
