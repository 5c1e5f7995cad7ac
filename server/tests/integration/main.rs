//! The program, tested from outside: one story on both databases, every route and server function, what must never leak,
//! the command line, the proxies in front, and what must hold when things fail.

#![expect(clippy::disallowed_methods, reason = "from outside, the program is watched by the wall clock")]
#![expect(clippy::type_complexity, reason = "tables of cases")]

mod api;
mod architecture;
mod authority;
mod both_ways;
mod catalog;
mod cli;
mod contracts;
mod enumerations;
mod faults;
mod feel;
mod first_run;
mod forms;
mod gates;
mod gateway;
mod jobs;
mod jwt;
mod keys_more;
mod leaks;
mod least_privilege;
mod lifecycle;
mod list;
mod live;
mod machine_routes;
mod missions;
mod observed;
mod overview;
mod owners;
mod proofs;
mod proxies;
mod roles;
mod rotation;
mod sessions;
mod signatures;
mod signing;
mod story;
mod support;
mod tighten;
mod verify_path;
mod watching;
mod why;
