//! The program, tested from outside: one story on both databases, every route and server function, what must never leak,
//! the command line, and what must hold when things fail.

#![expect(clippy::disallowed_methods, reason = "from outside, the program is watched by the wall clock")]
#![expect(clippy::type_complexity, reason = "tables of cases")]

mod cli;
mod enumerations;
mod faults;
mod forms;
mod leaks;
mod machine_routes;
mod sessions;
mod story;
mod support;
mod verify_path;
