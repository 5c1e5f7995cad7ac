//! `request-signing-keys list`, `request-signing-keys add`, `request-signing-keys retire`. The public key comes from standard input, as a file or
//! another command gives it.

use std::io::{IsTerminal, Read};

use admin::RequestSigningKeyForm;
use clap::Subcommand;
use model::{
    id::RequestSigningKeyId,
    time::{Timestamp, span},
};
use store::StoredRequestSigningKey;

use crate::{
    boot::Upgrade,
    cli::{
        keys::key_id,
        output::print_json,
        session::{CliError, Session},
    },
    config::Flags,
};

/// The most bytes of a public key that are read.
const LONGEST: u64 = 64 * 1024;

#[derive(Subcommand)]
pub(super) enum Command {
    /// List a key's request signing keys, newest first
    #[command(after_help = "Example: keyward request-signing-keys list 0123456789ABCDEF --json")]
    List {
        /// The key's id
        key: String,
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
        key: String,
        /// What to call it: where the private half lives
        #[arg(long)]
        label: String,
        /// Retire the ones before, which count for so long: 0, 30m, 24h, 7d. Without it they stay
        #[arg(long, value_name = "TIME", value_parser = overlap)]
        replace_after: Option<i64>,
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
        key: String,
        /// The request signing key's id, as `request-signing-keys list` prints it
        request_signing_key: String,
        /// For how long it still counts: 0, 30m, 24h, 7d
        #[arg(long, value_name = "TIME", default_value = "0", value_parser = overlap)]
        overlap: i64,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(flags: &Flags, command: Command) -> Result<(), CliError> {
    let session = Session::open(flags, Upgrade::No).await?;
    let (admin, permit) = (&session.admin, &session.operator);
    let now = || admin.clock().now();
    match command {
        Command::List { key, json } => {
            let found = admin.request_signing_keys(permit, key_id(&key)?).await?;
            for request_signing_key in &found {
                if json {
                    print_json(&as_json(request_signing_key, now()));
                } else {
                    println!("{}", line(request_signing_key, now()));
                }
            }
            if found.is_empty() && !json {
                println!("No request signing keys. `keyward request-signing-keys add --help` shows how to add one.");
            }
        }
        Command::Add { key, label, replace_after, json } => {
            let form = RequestSigningKeyForm { label, public_key: input()?, replace_after };
            let added = admin.add_request_signing_key(permit, key_id(&key)?, &form).await?;
            if json {
                print_json(&as_json(&added, now()));
            } else {
                println!("{}", line(&added, now()));
            }
        }
        Command::Retire { key, request_signing_key, overlap, json } => {
            let (key, id) = (key_id(&key)?, request_signing_key_id(&request_signing_key)?);
            admin.retire_request_signing_key(permit, key, id, overlap).await?;
            let found = admin.request_signing_keys(permit, key).await?;
            for request_signing_key in found.iter().filter(|found| found.id == id) {
                if json {
                    print_json(&as_json(request_signing_key, now()));
                } else {
                    println!("{}", line(request_signing_key, now()));
                }
            }
        }
    }
    session.close().await
}

fn overlap(text: &str) -> Result<i64, &'static str> {
    span(text).ok_or("write 0, or a length of time such as 30m, 24h or 7d")
}

fn request_signing_key_id(text: &str) -> Result<RequestSigningKeyId, CliError> {
    let hint = "a request signing key's id is the 16 characters that `request-signing-keys list` prints first";
    RequestSigningKeyId::parse(text).ok_or_else(|| CliError::Usage(hint.to_owned()))
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

fn state(key: &StoredRequestSigningKey, now: Timestamp) -> String {
    match key.retired_at {
        None => "counts".to_owned(),
        Some(end) if key.counts(now) => format!("retires {end}"),
        Some(end) => format!("retired {end}"),
    }
}

fn line(key: &StoredRequestSigningKey, now: Timestamp) -> String {
    format!("{}  {}  {:<28} {}", key.id, key.public.fingerprint(), key.label.as_str(), state(key, now))
}

fn as_json(key: &StoredRequestSigningKey, now: Timestamp) -> serde_json::Value {
    serde_json::json!({
        "id": key.id.as_str(), "key": key.key.as_str(), "label": key.label.as_str(),
        "fingerprint": key.public.fingerprint(), "public_key": key.public.to_pem(), "counts": key.counts(now),
        "added_at": key.created_at.to_string(), "added_by": key.created_by,
        "retires_at": key.retired_at.map(|end| end.to_string()),
    })
}
