//! Ends of waits, in the runtime's own time. What is stored or decided takes a [`Clock`](crypto::clock::Clock) instead.

use std::time::Duration;

use tokio::time::Instant;

/// The instant after this duration.
#[expect(clippy::disallowed_methods, reason = "the runtime's timers have no other source")]
pub fn after(duration: Duration) -> Instant {
    Instant::now() + duration
}
