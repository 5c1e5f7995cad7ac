//! `request-signing-keys list`, `request-signing-keys add`, `request-signing-keys retire`. The public key comes from standard input, as a file or
//! another command gives it.

use std::io::{IsTerminal, Read};

use clap::Subcommand;
use model::{
    id::{KeyId, RequestSigningKeyId},
    time::span,
};
use serde_json::{json, value::RawValue};

use crate::cli::{
    client::{Client, value},
    error::CliError,
    globals::Globals,
    keys::key_id,
    output::{print_json, text},
};

/// The name of the list in what the API answers.
const LIST: &str = "request_signing_keys";
/// The most bytes of a public key that are read.
const LONGEST: u64 = 64 * 1024;

#[derive(Subcommand)]
pub(super) enum Command {
    /// List a key's request signing keys, newest first
    #[command(after_help = "Example: keyward request-signing-keys list 0123456789ABCDEF --json")]
    List {
        /// The key's id
        #[arg(value_parser = key_id)]
        key: KeyId,
        /// Print JSON, one line a request signing key
        #[arg(long)]
        json: bool,
    },
    /// Add the public key, PEM or JWK, that is on standard input
    #[command(after_help = "Examples:
  openssl ecparam -name prime256v1 -genkey -noout -out private.pem
  openssl pkey -in private.pem -pubout | keyward request-signing-keys add 0123456789ABCDEF --label \"kiosk 4\"
  keyward request-signing-keys add 0123456789ABCDEF --label \"kiosk 4, new\" --replace-after 24h < public.pem")]
    Add {
        /// The key's id
        #[arg(value_parser = key_id)]
        key: KeyId,
        /// What to call it: where the private half lives
        #[arg(long)]
        label: String,
        /// Retire the ones before, which count for so long: 0, 30m, 24h, 7d. Without it they stay
        #[arg(long, value_name = "TIME", value_parser = overlap)]
        replace_after: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Retire a request signing key: signatures by its private half are refused from then on
    #[command(
        after_help = "Example: keyward request-signing-keys retire 0123456789ABCDEF ABCDEF0123456789 --overlap 24h"
    )]
    Retire {
        /// The key's id
        #[arg(value_parser = key_id)]
        key: KeyId,
        /// The request signing key's id, as the list prints it
        #[arg(value_parser = request_signing_key_id)]
        request_signing_key: RequestSigningKeyId,
        /// For how long it still counts: 0, 30m, 24h, 7d
        #[arg(long, value_name = "TIME", default_value = "0", value_parser = overlap)]
        overlap: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(globals: &Globals, command: Command) -> Result<(), CliError> {
    let client = Client::open(globals).await?;
    let path = |key: KeyId| format!("/keys/{key}/request-signing-keys");
    let explain = |key: KeyId| move |error: CliError| error.naming(|| format!("there is no key {key}"));
    match command {
        Command::List { key, json } => {
            let found = client.get(&path(key), &[]).await.map_err(explain(key))?.list(LIST);
            for signing in &found {
                print(signing, json);
            }
            if found.is_empty() && !json {
                println!("No request signing keys. `keyward request-signing-keys add --help` shows how to add one.");
            }
        }
        Command::Add { key, label, replace_after, json } => {
            let body = json!({ "label": label, "public_key": input()?, "replace_after": replace_after });
            print(&client.post(&path(key), &body).await.map_err(explain(key))?.body, json);
        }
        Command::Retire { key, request_signing_key: id, overlap, json } => {
            let missing = || format!("key {key} has no request signing key {id}");
            let retired = client.delete(&format!("{}/{id}", path(key)), &[("overlap", &overlap)]).await;
            retired.map_err(|error| error.naming(missing))?;
            let found = client.get(&path(key), &[]).await?.list(LIST);
            for signing in found.iter().filter(|found| value(found)["id"] == id.as_str()) {
                print(signing, json);
            }
        }
    }
    client.close().await
}

/// A length of time, as it is written.
fn overlap(text: &str) -> Result<String, &'static str> {
    span(text).map(|_| text.to_owned()).ok_or("write 0, or a length of time such as 30m, 24h or 7d")
}

fn request_signing_key_id(text: &str) -> Result<RequestSigningKeyId, &'static str> {
    let hint = "a request signing key's id is the 16 characters that `request-signing-keys list` prints first";
    RequestSigningKeyId::parse(text).ok_or(hint)
}

fn input() -> Result<String, CliError> {
    if std::io::stdin().is_terminal() {
        eprintln!("Paste the public key and press Enter, then Ctrl-D:");
    }
    let mut text = String::new();
    let read = std::io::stdin().take(LONGEST).read_to_string(&mut text);
    read.map_err(|error| CliError::Environment(format!("the public key could not be read: {error}")))?;
    Ok(text)
}

fn print(signing: &RawValue, json: bool) {
    if json {
        return print_json(&signing);
    }
    let signing = value(signing);
    let end = text(&signing["retired_at"]);
    let state = match signing["counts"].as_bool() {
        Some(true) if end.is_empty() => "counts".to_owned(),
        Some(true) => format!("retires {end}"),
        _ => format!("retired {end}"),
    };
    let [id, fingerprint, label] = ["id", "fingerprint", "label"].map(|name| text(&signing[name]));
    println!("{id}  {fingerprint}  {label:<28} {state}");
}
