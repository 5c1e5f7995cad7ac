//! The process: settings, command line, routers, verification over HTTP. It turns requests into questions to the domain
//! and answers into responses; it decides nothing itself.

pub mod access;
pub mod api;
pub mod boot;
pub mod cli;
pub mod config;
mod console;
mod deadline;
mod import;
mod json;
mod layers;
pub mod listen;
mod machine;
mod ops;
mod request_id;
pub mod routes;
pub mod seed;
pub mod state;

/// The fast door's cost is mostly small allocations; this allocator makes each cheaper (`make bench`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
