//! The vocabulary: what a key is and whether it may do what is asked. Pure: it compiles to WebAssembly and knows no clock, no
//! randomness, no I/O, no SQL and no HTTP.

pub mod account;
pub mod activity;
pub mod address;
pub mod audit;
pub mod catalog;
mod civil;
mod codes;
pub mod decision;
pub mod entry_input;
pub mod example;
pub mod first_run;
pub mod id;
pub mod job;
pub mod key;
pub mod key_input;
pub mod label;
pub mod limit;
pub mod listing;
pub mod name;
pub mod policy;
pub mod sample_set;
pub mod scope;
pub mod tenant;
pub mod time;
pub mod token;
