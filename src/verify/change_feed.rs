//! That something changed, for whoever shows it: when, and never what. Knows nothing of who listens.

use model::time::Timestamp;
use tokio::sync::watch;

/// What is known to have happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChangeNotice {
    /// The number of the last change, as the audit chain counts.
    pub change: i64,
    /// When this node learned of it.
    pub changed_at: Timestamp,
    /// How many times usage was written.
    pub uses: u64,
    /// When it was last written.
    pub used_at: Timestamp,
}

/// Where news come together. Whoever is slow to listen finds the latest and misses nothing that still matters.
pub(super) struct ChangeFeed(watch::Sender<ChangeNotice>);

impl ChangeFeed {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(ChangeNotice::default()))
    }

    pub(super) fn listen(&self) -> watch::Receiver<ChangeNotice> {
        self.0.subscribe()
    }

    /// A change with this number. One of this process is heard of twice, and the second time is no news.
    pub(super) fn changed(&self, change: i64, now: Timestamp) {
        self.0.send_if_modified(|news| {
            let is_new = change > news.change;
            if is_new {
                (news.change, news.changed_at) = (change, now);
            }
            is_new
        });
    }

    /// The store was put back to an earlier state, which ends with this change.
    pub(super) fn restarted(&self, change: i64, now: Timestamp) {
        self.0.send_modify(|news| (news.change, news.changed_at) = (change, now));
    }

    /// Usage was written.
    pub(super) fn used(&self, now: Timestamp) {
        self.0.send_modify(|news| (news.uses, news.used_at) = (news.uses + 1, now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_news_once() {
        let (room, at) = (ChangeFeed::new(), Timestamp::from_millis);
        let mut heard = room.listen();
        let mut news = move || heard.has_changed().unwrap().then(|| *heard.borrow_and_update());
        room.changed(5, at(1));
        assert_eq!(news().map(|news| (news.change, news.changed_at)), Some((5, at(1))));
        for old in [5, 4] {
            room.changed(old, at(2));
            assert_eq!(news(), None, "{old}");
        }
        room.used(at(3));
        assert_eq!(news().map(|news| (news.uses, news.used_at)), Some((1, at(3))));
        room.restarted(2, at(4));
        assert_eq!(news().map(|news| (news.change, news.changed_at)), Some((2, at(4))));
    }
}
