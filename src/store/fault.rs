//! What a database's error means to whoever runs Keyward: one sentence with the cause and what to do. None repeats SQL, a
//! path or a value.

use std::borrow::Cow;

use sqlx::Error;

/// The sentence for this error.
pub(super) fn sentence(error: &Error) -> &'static str {
    match error {
        Error::PoolTimedOut => {
            "the database did not answer: every connection was busy, or none could be opened, for two seconds"
        }
        Error::PoolClosed | Error::WorkerCrashed => "the database's connections are closed",
        Error::Io(_) | Error::Tls(_) => {
            "the database cannot be reached: does it run, and is KEYWARD_DATABASE_URL right?"
        }
        Error::Database(cause) => {
            let code = cause.code().unwrap_or(Cow::Borrowed(""));
            if cause.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() {
                sqlite(code.parse().unwrap_or(0))
            } else {
                postgres(&code, cause.message())
            }
        }
        _ => "the database did not do what it was asked",
    }
}

/// By `SQLite`'s result code; the low byte of an extended one.
fn sqlite(code: i32) -> &'static str {
    match code & 0xff {
        5 | 6 => "the database is locked by another process: changes wait for it and then give up",
        8 => "the database cannot be written: its file or folder is read-only, or belongs to another user",
        10 => "the disk failed to read or write the database (I/O error)",
        11 | 26 => "the database's file is damaged, or is no SQLite database: restore a backup",
        13 => "the disk that holds the database is full: make room, Keyward goes on by itself",
        14 => "the database's file cannot be opened: does its folder exist, and may this user write there?",
        _ => "the database did not do what it was asked",
    }
}

/// By `PostgreSQL`'s SQLSTATE.
fn postgres(code: &str, message: &str) -> &'static str {
    match code {
        "53100" => "the database server's disk is full: make room there, Keyward goes on by itself",
        "53300" => "the database server takes no more connections: raise max_connections, or run fewer nodes",
        "25006" => "the database is read-only: it is a standby, or was made read-only",
        "42501" => {
            "the database role may not do this: it needs CREATE on its schema (since PostgreSQL 15 not given to all: \
             GRANT CREATE ON SCHEMA public TO the role)"
        }
        "28P01" | "28000" => "the database refused the user or the password in KEYWARD_DATABASE_URL",
        "3D000" => "there is no database of the name in KEYWARD_DATABASE_URL: create it first",
        "57P01" | "57P02" | "57P03" => "the database server is starting or stopping",
        "57014" => "the database took longer than five seconds and was stopped",
        "55P03" => "another transaction held a lock for longer than five seconds",
        "40001" | "40P01" => "two transactions stood in each other's way: try again",
        "26000" | "42P05" => POOLER,
        "08P01" if message.contains("startup parameter") => POOLER,
        _ => "the database did not do what it was asked",
    }
}

/// A pooler that hands each transaction to another connection loses the statements prepared on the last one.
const POOLER: &str = "a pooler between Keyward and PostgreSQL loses prepared statements: have it pool sessions \
                      (PgBouncer: pool_mode = session), or PgBouncer 1.21 or later with max_prepared_statements set";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_says_what_to_do() {
        for (code, expected) in
            [(13, "full"), (3338, "I/O"), (8, "read-only"), (1032, "read-only"), (5, "locked"), (14, "opened")]
        {
            assert!(sqlite(code).contains(expected), "{code}: {}", sqlite(code));
        }
        for (code, expected) in
            [("53100", "full"), ("42501", "GRANT CREATE"), ("26000", "session"), ("3D000", "create it")]
        {
            assert!(postgres(code, "").contains(expected), "{code}");
        }
        assert_eq!(postgres("08P01", "unsupported startup parameter: options"), POOLER);
    }
}
