//! Why a server function did not answer: a closed list that may reach a browser. Causes stay in the log.

use leptos::server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};
use serde::{Deserialize, Serialize};

/// Why the console did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ApiError {
    /// Nobody is signed in, or the session is over.
    #[error("Your session is over. Sign in again; nothing you typed is lost while this page stays open.")]
    SignedOut,
    /// The role does not reach so far.
    #[error("Your role may not do this. Ask a superadmin.")]
    Forbidden,
    /// There is no such thing, or the role does not reach it.
    #[error("This does not exist, or your role may not see it.")]
    NotFound,
    /// The request itself is wrong.
    #[error("Keyward did not understand this request. Reload the page and try again.")]
    BadRequest,
    /// Somebody else changed it meanwhile.
    #[error("Somebody else changed this meanwhile. Reload the page to see how it is now, then change it again.")]
    Conflict,
    /// Too much at once.
    #[error("Keyward is busy. Wait a few seconds and try again.")]
    Busy,
    /// The database did not answer.
    #[error("The database does not answer, so nothing was changed. Try again in a moment.")]
    Unavailable,
    /// The browser could not reach the server.
    #[error("Keyward cannot be reached. Check your connection and try again.")]
    Offline,
}

impl ApiError {
    /// Every error, for tests that enumerate.
    pub const ALL: [Self; 8] = [
        Self::SignedOut,
        Self::Forbidden,
        Self::NotFound,
        Self::BadRequest,
        Self::Conflict,
        Self::Busy,
        Self::Unavailable,
        Self::Offline,
    ];

    /// The HTTP status that goes with it.
    pub fn status(self) -> u16 {
        match self {
            Self::SignedOut => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::BadRequest => 400,
            Self::Conflict => 409,
            Self::Busy | Self::Unavailable | Self::Offline => 503,
        }
    }
}

impl FromServerFnError for ApiError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(value: ServerFnErrorErr) -> Self {
        match value {
            ServerFnErrorErr::Request(_) => Self::Offline,
            ServerFnErrorErr::Deserialization(_) | ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => {
                Self::BadRequest
            }
            _ => Self::Unavailable,
        }
    }
}
