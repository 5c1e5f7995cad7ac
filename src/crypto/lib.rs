//! Where time and randomness come from, the types that hold secrets, and what is proved with them: JWTs (RFC 7519, RFC
//! 9068) and signed requests (RFC 9421). Neither knows the database.

pub mod clock;
pub mod imported;
pub mod jwt;
pub mod secret;
pub mod signature;
