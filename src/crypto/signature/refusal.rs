//! Why a signature proves nothing.

/// Why a request does not pass as signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It carries no signature at all.
    #[error("The request is not signed.")]
    Missing,
    /// It carries one that does not hold, for this reason.
    #[error("{0}")]
    Invalid(&'static str),
}
