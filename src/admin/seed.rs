//! Made-up keys, to see how the console is with many of them. Their secrets are thrown away: nobody holds them.

use super::{Admin, AdminError};
use crate::Permit;
use crypto::secret::Digest;
use model::{
    account::Action,
    address::Addresses,
    audit::Verb,
    catalog::DEFAULT_TENANT,
    key::{ArchiveReason, Archived, Form, Key, KeySpec, KeyState, Purpose, SwitchedOff},
    name::{Description, Name, Owner},
    scope::Scopes,
    time::{DAY, HOUR, Timestamp},
};
use store::{CallCounts, LastUse, SeededKey};

const PLACES: [&str; 8] = ["Lobby", "North", "South", "East", "West", "Harbour", "Campus", "Tower"];
const THINGS: [&str; 9] =
    ["kiosk", "booking", "display", "turnstile", "gateway", "sensor", "printer", "calendar", "export"];
const SCOPES: [&str; 6] = [
    "bookings.read",
    "bookings.read bookings.write",
    "calendar.read spaces.read",
    "maps.read",
    "people.read devices.read maps.read",
    "spaces.read",
];
/// Keys that were used are written so many at a time.
const TALLIES: usize = 200;

impl Admin {
    /// Makes so many keys, in one change: most work, some are off, expired or archived, and each tenth was used.
    pub async fn seed_keys(&self, permit: &Permit, count: u32) -> Result<(), AdminError> {
        permit.allows(Action::PurgeKeys)?;
        let now = self.clock.now();
        let corrupt = AdminError::NotFound;
        let tenant = self.store.tenant(DEFAULT_TENANT).await?.ok_or(corrupt)?;
        let made = self.store.count_keys(None).await?.all();
        let mut change = self.store.change().await?;
        let mut seeded = Vec::new();
        for number in (made + 1)..=(made + i64::from(count)) {
            let id = self.entropy.key_id();
            let token = self.entropy.token(&tenant.prefix, id);
            // Neighbours differ in everything, and the same number makes the same key.
            let pick = |many: usize, salt: i64| usize::try_from(number * 7919 / salt).unwrap_or_default() % many;
            let age = (number * 37) % 300;
            let key = Key {
                id,
                prefix: tenant.prefix.clone(),
                tenant: tenant.clone(),
                spec: spec(number, [pick(8, 1), pick(9, 3), pick(6, 11)], now.plus((number * 53 % 365 - 20) * DAY))
                    .ok_or(AdminError::NotFound)?,
                owner_active: true,
                form: Form::Token,
                purpose: Purpose::Ordinary,
                last_four: token.last_four(),
                created_at: now.plus(-age * DAY),
                created_by: permit.actor().to_owned(),
                rotated_from: None,
                state: state(number, now, permit.actor()),
                generation: change.generation(),
            };
            let digest = Digest::of(token.reveal().as_bytes());
            let last_use = (number % 10 == 0).then(|| LastUse {
                at: Timestamp::from_millis((now.millis() / HOUR - 1 - number % 30) * HOUR + HOUR / 2),
                address: format!("10.0.{}.{}", number % 200, number % 250),
            });
            seeded.push(SeededKey { key, digest, last_use });
        }
        change.insert_seeded(&seeded, now).await?;
        let detail = serde_json::json!({ "keys": count });
        change.commit(now, permit.actor(), Verb::SeedKeys, &format!("{count} keys"), &detail.to_string()).await?;
        let used =
            (1..).zip(&seeded).filter_map(|(number, seeded)| Some((number, seeded.key.id, seeded.last_use.clone()?)));
        let tally = |(number, key, used): (i64, _, LastUse)| CallCounts {
            key,
            minute: used.at,
            call_samples: Vec::new(),
            calls: vec![("valid", 1 + number % 97)],
            callers: vec![used.clone()],
            last_use: Some(used),
        };
        let tallies: Vec<_> = used.map(tally).collect();
        for batch in tallies.chunks(TALLIES) {
            self.store.add_usage(batch).await?;
        }
        Ok(())
    }
}

fn spec(number: i64, [place, thing, scopes]: [usize; 3], expires_at: Timestamp) -> Option<KeySpec> {
    let name = Name::parse(&format!("{} {} {number}", PLACES[place], THINGS[thing])).ok()?;
    let owner = Owner::parse(&format!("team-{}", number / 4)).ok()?;
    Some(KeySpec {
        description: Description::parse("Made up, to try the console with many keys.").ok()?,
        addresses: Addresses::parse(if number % 3 == 0 { "" } else { "10.0.0.0/8" }).ok()?,
        ..KeySpec::new(name, owner, Scopes::parse(SCOPES[scopes]).ok()?, expires_at)
    })
}

fn state(number: i64, now: Timestamp, by: &str) -> KeyState {
    let by = by.to_owned();
    match number % 20 {
        7 => KeyState::Archived(Archived { at: now, by, reason: ArchiveReason::NotNeeded }),
        13 => KeyState::Off(SwitchedOff { at: now, by }),
        _ => KeyState::Live,
    }
}
