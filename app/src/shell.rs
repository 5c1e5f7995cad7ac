//! The document around every page, and the frame of the signed-in ones.

use leptos::prelude::*;
use leptos_meta::{MetaTags, Title, provide_meta_context};

use crate::pages::App;

/// What the document needs to know of a request. Provided by the server for each.
#[derive(Clone, Default)]
pub struct Document {
    /// The style sheet's path.
    pub style: String,
    /// Whether the page has islands: sign-in and setup load no WebAssembly.
    pub islands: bool,
    /// `light`, `dark`, or nothing for the system's.
    pub theme: Option<&'static str>,
    /// The server's time, in milliseconds: that of the page.
    pub now: i64,
    /// What a form of this page that makes a key carries, so that it makes one however often it is sent.
    pub mark: String,
}

/// The whole document.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    provide_meta_context();
    let document = use_context::<Document>().unwrap_or_default();
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=document.theme>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="stylesheet" href=document.style/>
                {document.islands.then(|| view! {
                    <script src="/trouble.js" defer></script>
                    <HydrationScripts options islands=true/>
                })}
                <MetaTags/>
            </head>
            <body>
                <Title formatter=|title: String| if title.is_empty() { "Keyward".to_owned() } else { format!("{title} \u{b7} Keyward") }/>
                <App/>
            </body>
        </html>
    }
}
