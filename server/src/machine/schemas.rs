//! Schemas of texts, for the types that the endpoints read and write.

use utoipa::ToSchema;

/// A scope's name.
#[derive(ToSchema)]
#[schema(as = Scope, pattern = r"^(?!keyward(\.(?!verify$|keys\.read$|keys\.write$|usage\.read$|audit\.read$|catalog\.read$|catalog\.write$|policy\.read$|policy\.write$|accounts\.read$|accounts\.write$|leaks\.write$|any_tenant$)|$))[a-z0-9][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)*$")]
pub(super) struct ScopeName(#[expect(dead_code, reason = "the form is all there is to it")] String);

/// Every answer's code. What the codes are is said by [`codes`], from the reasons themselves.
#[derive(ToSchema)]
pub(super) struct Code(#[expect(dead_code, reason = "the form is all there is to it")] String);
