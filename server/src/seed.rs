//! Made-up keys with believable names, for `keyward keys seed`, the benchmark and tests.

use admin::{Admin, AdminError, MadeUpKey, Permit};
use model::{
    address::Addresses,
    key::{ArchiveReason, Archived, KeySpec, KeyState, SwitchedOff},
    name::{Description, Name, Owner},
    sample_set::SampleSet,
    scope::Scopes,
    time::{DAY, HOUR, Timestamp},
};
use store::LastUse;

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

/// Makes this many keys, in one change, and before them the sample sets whose scopes they hold: most work, some are off, expired or archived, and each tenth was used.
pub async fn seed_keys(admin: &Admin, permit: &Permit, count: u32) -> Result<(), AdminError> {
    for set in SampleSet::ALL {
        admin.add_sample_set(permit, set).await?;
    }
    let (now, made) = (admin.clock().now(), admin.total_keys(permit).await?);
    let numbers = (made + 1)..=(made + i64::from(count));
    let keys: Option<Vec<_>> = numbers.map(|number| key(number, now, permit.actor())).collect();
    admin.insert_made_up(permit, keys.ok_or(AdminError::NotFound)?).await
}

/// The key of this number. Neighbours differ in everything, and the same number makes the same key.
fn key(number: i64, now: Timestamp, by: &str) -> Option<MadeUpKey> {
    let pick = |many: usize, salt: i64| usize::try_from(number * 7919 / salt).unwrap_or_default() % many;
    let last_use = || LastUse {
        at: Timestamp::from_millis((now.millis() / HOUR - 1 - number % 30) * HOUR + HOUR / 2),
        address: format!("10.0.{}.{}", number % 200, number % 250),
    };
    Some(MadeUpKey {
        spec: spec(number, [pick(8, 1), pick(9, 3), pick(6, 11)], now.plus((number * 53 % 365 - 20) * DAY))?,
        state: state(number, now, by),
        created_at: now.plus(-((number * 37) % 300) * DAY),
        used: (number % 10 == 0).then(|| (last_use(), 1 + number % 97)),
    })
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
