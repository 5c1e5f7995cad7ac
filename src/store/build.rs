//! Makes a new migration count: `sqlx::migrate!` lists the folder while this crate compiles, and a file that was not
//! there then would otherwise change nothing.

fn main() {
    println!("cargo::rerun-if-changed=../../migrations");
}
