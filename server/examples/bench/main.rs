//! What Keyward costs. Prints ratios, asserts nothing.
//!
//! - `make bench`: both of the below.
//! - `cargo run --release -p server --example bench -- verify [SECONDS] [CONNECTIONS]`
//! - `cargo run --release -p server --example bench -- lists [KEYS]...`

#![expect(clippy::disallowed_methods, reason = "measuring takes a clock")]

mod lists;
mod verify;

use admin::Permit;
use crypto::{clock::Clock, secret::Entropy};
use server::{
    boot,
    config::{Config, Flags},
    state::AppState,
};

#[tokio::main]
async fn main() {
    let what = std::env::args().nth(1);
    let mut numbers: Vec<u32> = std::env::args().skip(2).filter_map(|number| number.parse().ok()).collect();
    if what.as_deref() != Some("lists") {
        let number = |place: usize, usual| numbers.get(place).map_or(usual, |number| u64::from(*number));
        verify::run(number(0, 3), number(1, 16)).await;
    }
    if what.as_deref() != Some("verify") {
        if numbers.is_empty() {
            numbers = vec![1000, 100_000, 1_000_000];
        }
        lists::run(&numbers).await;
    }
}

/// The program with a database of its own, which goes with it.
struct Trial {
    app: AppState,
    _folder: tempfile::TempDir,
}

impl Trial {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().display().to_string();
        let config = Config::read(&Flags::default(), |name| (name == "KEYWARD_DATA_DIR").then(|| path.clone()))
            .expect("settings");
        let store = boot::open(&config, boot::Upgrade::Yes).await.expect("a database");
        Self { app: boot::assemble(config, store, Clock::system(), Entropy::system()), _folder: folder }
    }

    fn operator(&self) -> Permit {
        boot::operator(&self.app.config, &self.app.admin).expect("the master key of this trial")
    }
}
