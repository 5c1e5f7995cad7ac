//! The document around every page.

use leptos::prelude::*;
use leptos_meta::{MetaTags, Title, provide_meta_context};

use crate::{app::App, document::Document};

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
