//! What happens around every handler: the request's id, the client's address, the visit, refusing other sites, headers.

mod address;
mod around;
mod cross_site;
mod headers;
mod visit;

pub use self::{
    address::{ClientAddress, TrustedPeer},
    around::{BODY_LIMIT, Caller, RequestId, RequestIds, around, around_layer},
    cross_site::refuse_other_sites,
    headers::browsers,
    visit::{
        COLUMNS_COOKIE, SIGNED_IN_AT, THEME_COOKIE, USER, cookie, identify_visitor, is_live, require_permission,
        require_sign_in,
    },
};
