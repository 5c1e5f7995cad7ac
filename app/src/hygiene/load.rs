//! Keys that somebody should look at.

use model::{account::Action, listing::KeyFlag};

use crate::{
    error::ApiError,
    keys::{
        list::view::{HabitView, HygieneView},
        to_view,
    },
    session::context,
};

/// Keys of each kind that somebody should look at.
pub async fn hygiene() -> Result<HygieneView, ApiError> {
    const KINDS: [KeyFlag; 9] = [
        KeyFlag::Leaked,
        KeyFlag::Refusing,
        KeyFlag::Limited,
        KeyFlag::OwnerDisabled,
        KeyFlag::AllAccess,
        KeyFlag::Endless,
        KeyFlag::Stale,
        KeyFlag::Idle,
        KeyFlag::AnyAddress,
    ];
    /// So many of each kind are named.
    const NAMED: u16 = 5;
    context::answer(
        async {
            let context = context::expect_context_of_request()?;
            let permit = context.permit()?;
            let now = context.admin.clock().now();
            let found = context.admin.keys_with(permit, &KINDS, NAMED).await.map_err(context::closed)?;
            let habits = found.into_iter().map(|(fact, count, keys)| HabitView {
                fact: fact.code().to_owned(),
                count: to_view::counted(count),
                keys: keys.iter().map(|listed| to_view::row(&listed.key, listed.last_use.as_ref(), now)).collect(),
            });
            Ok(HygieneView { habits: habits.collect(), may_write: permit.allows(Action::WriteKeys).is_ok() })
        }
        .await,
    )
}
