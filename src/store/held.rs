//! What a process holds of a database for as long as it serves from it, or keeps it for itself.

use std::fs::File;

use sqlx::PgConnection;

/// That a process serves, or that none may.
pub(super) enum Held {
    /// A lock on a file, until it is dropped.
    File {
        /// Locked while it is open.
        _file: File,
    },
    /// A lock of a connection, until that ends.
    Connection(PgConnection),
}
