//! Every path of the console, once.

/// The console's front door: leads to the keys.
pub const HOME: &str = "/";
/// Makes the first superadmin, with a one-time link's code.
pub const SETUP: &str = "/setup";
/// Signs in.
pub const SIGN_IN: &str = "/sign-in";
/// Signs out (POST).
pub const SIGN_OUT: &str = "/sign-out";
/// Chooses light, dark or the system's theme (POST).
pub const THEME: &str = "/theme";
/// The list of keys.
pub const KEYS: &str = "/keys";
/// The form for a new key; its POST is the show-once page.
pub const NEW_KEY: &str = "/keys/new";
/// One key, with `:id`.
pub const KEY: &str = "/keys/:id";
/// Archives one key, with `:id`.
pub const ARCHIVE_KEY: &str = "/keys/:id/archive";
/// The audit chain.
pub const AUDIT: &str = "/audit";
/// Where server functions live.
pub const API: &str = "/api/console";

/// One key's page.
pub fn key(id: &str) -> String {
    format!("{KEYS}/{id}")
}

/// The page that archives one key.
pub fn archive_key(id: &str) -> String {
    format!("{KEYS}/{id}/archive")
}
