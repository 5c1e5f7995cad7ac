//! The program, tested from outside: one story on both databases, every route and server function, what must never leak,
//! the command line, and what must hold when things fail.

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
