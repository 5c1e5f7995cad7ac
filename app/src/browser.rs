//! The only `web_sys` in the project: what islands ask of the browser. On the server these exist and are never called.
