//! What happens around every handler: the request's id, the client's address, the visit, refusing other sites, headers.

mod address;
mod cross_site;
mod headers;
mod request;
mod visit;

pub use self::{
    address::{ClientAddress, TrustedPeer, client_address},
    cross_site::refuse_other_sites,
    headers::security_headers,
    request::{RequestId, identify},
    visit::{SIGNED_IN_AT, THEME_COOKIE, USER, identify_visitor, require_sign_in},
};
