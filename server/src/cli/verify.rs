//! `verify`: the decision and every check, for a token from standard input; never from an argument, which others on the
//! machine could read.

use std::{
    io::{IsTerminal, Read},
    net::IpAddr,
};

use clap::Args;
use keyward::{
    clock::Clock,
    decision::Decision,
    scope::Demand,
    verify::{Question, Verifier},
};

use super::{CliError, Session, print_json};
use crate::{boot::Upgrade, config::Flags, http::verify::VerifyAnswer};

#[derive(Args)]
#[command(after_help = "Example: keyward verify --scope bookings.read < token.txt")]
pub(super) struct Arguments {
    /// The scope the door needs; any valid key will do without
    #[arg(long, default_value = "any")]
    scope: String,
    /// The tenant the door is in; the key's own without
    #[arg(long)]
    tenant: Option<String>,
    /// Where the call comes from
    #[arg(long)]
    address: Option<IpAddr>,
    /// Print JSON, as the verify API answers
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(flags: &Flags, arguments: Arguments) -> Result<(), CliError> {
    let Some(demand) = Demand::parse(&arguments.scope) else {
        return Err(CliError::Usage("--scope takes any, or a scope such as bookings.read".to_owned()));
    };
    if std::io::stdin().is_terminal() {
        eprintln!("Paste the key and press Enter, then Ctrl-D:");
    }
    let mut text = String::new();
    let read = std::io::stdin().take(4096).read_to_string(&mut text);
    read.map_err(|error| CliError::Environment(format!("the key could not be read: {error}")))?;

    let session = Session::open(flags, Upgrade::No).await?;
    let verifier = Verifier::new(session.store.clone(), Clock::system(), 1);
    let question = Question {
        token: text.trim(),
        demand: &demand,
        tenant: arguments.tenant.as_deref(),
        address: arguments.address,
    };
    let answer = verifier.look(&question).await.map_err(|error| CliError::Environment(error.to_string()))?;
    if arguments.json {
        let value = serde_json::to_value(VerifyAnswer::of(&answer, ""))
            .map_err(|error| CliError::Environment(error.to_string()))?;
        print_json(&value);
    } else {
        for (check, passed) in answer.decision.checks() {
            let outcome = passed.map_or("not reached", |passed| if passed { "passed" } else { "FAILED" });
            println!("{check:<12} {outcome}");
        }
        if let Some(stored) = &answer.key {
            println!("{:<12} {} ({})", "key", stored.key.id, stored.key.name);
        }
    }
    match answer.decision {
        Decision::Allow => Ok(()),
        Decision::Deny(_, reason) => Err(CliError::No(format!("{}: {}", reason.code(), reason.words()))),
    }
}
