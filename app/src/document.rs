//! What the server says of a request to the page that answers it.

/// What the document needs to know of a request. Provided by the server for each.
#[derive(Clone, Default)]
pub struct Document {
    /// The style sheet's path.
    pub style: String,
    /// Whether the page has islands: sign-in and setup load no WebAssembly.
    pub islands: bool,
    /// `light`, `dark`, or nothing for the system's.
    pub theme: Option<&'static str>,
    /// Where the list of keys is, as it was looked at last.
    pub list: String,
    /// The server's time, in milliseconds: that of the page.
    pub now: i64,
    /// What a form of this page that makes a key carries, so that it makes one however often it is sent.
    pub mark: String,
}
