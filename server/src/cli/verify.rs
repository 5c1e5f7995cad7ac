//! `verify`: the decision and every check, for a key, a key's id or a request's id from standard input; never from an
//! argument, which others on the machine could read.

use std::io::{IsTerminal, Read};

use app::explain::answer::{ExplainForm, Explanation, explain};
use clap::Args;
use model::decision::Decision;
use verify::{RecordedRefusal, Verification};

use crate::{
    boot::Upgrade,
    cli::{error::CliError, globals::Globals, output::print_json, session::Session},
    json::{Object, object, raw},
    machine::verify::VerifyAnswer,
};

#[derive(Args)]
#[command(after_help = "Examples:\n  keyward verify --scope bookings.read < token.txt\n  \
    echo 3kT9wX2mB7qL0aZd | keyward verify      why the request with this id was refused")]
pub(super) struct Arguments {
    /// The scope that is needed; any valid key will do without
    #[arg(long, default_value = "any")]
    scope: String,
    /// The tenant that is asked for; the key's own without
    #[arg(long, default_value = "", hide_default_value = true)]
    tenant: String,
    /// Where the call comes from
    #[arg(long, default_value = "", hide_default_value = true)]
    address: String,
    /// The request's method; it counts as reading without
    #[arg(long, default_value = "", hide_default_value = true)]
    method: String,
    /// Print JSON, for a key as the verify API answers
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(globals: &Globals, arguments: Arguments) -> Result<(), CliError> {
    let Arguments { scope, tenant, address, method, json } = arguments;
    if std::io::stdin().is_terminal() {
        eprintln!("Paste a key, its id or its name, or the id of a refused request, press Enter, then Ctrl-D:");
    }
    let mut text = String::new();
    let read = std::io::stdin().take(4096).read_to_string(&mut text);
    read.map_err(|error| CliError::Environment(format!("the key could not be read: {error}")))?;

    let session = Session::open(globals, Upgrade::No).await?;
    let verifier = &session.app.verifier;
    verifier.poll_changes().await?;
    let request = ExplainForm { scope, tenant, address, method };
    match explain(&session.admin, &session.operator, verifier, &text, &request).await? {
        Explanation::Presented(answer) => {
            if json {
                print_json(&as_json(&answer));
            } else {
                print(&answer);
            }
            verdict(answer.decision)
        }
        Explanation::Named(answer) => {
            if json {
                let mut value = as_json(&answer);
                value.insert("secret_presented".to_owned(), raw(&false));
                print_json(&value);
            } else {
                println!("As if the secret of this key had been presented; an id proves nothing:");
                print(&answer);
            }
            verdict(answer.decision)
        }
        Explanation::Several(keys) => {
            let ids: Vec<_> = keys.iter().map(|key| key.id.as_str()).collect();
            Err(CliError::No(format!("{} keys have this name; give the id of one: {}", ids.len(), ids.join(", "))))
        }
        Explanation::RecordedRefusal { then, now } => {
            if json {
                let now = raw(&now.as_ref().map(as_json));
                print_json(&Object::from([("refused".to_owned(), raw(&refused(&then))), ("now".to_owned(), now)]));
            } else {
                print_refused(&then);
                match &now {
                    Some(answer) => {
                        println!("\nNow it would be:");
                        print(answer);
                    }
                    None => println!("\nIt cannot be judged again: the secret was no key's, or its key is gone."),
                }
            }
            verdict(now.map_or(then.decision, |answer| answer.decision))
        }
        Explanation::Unknown => Err(CliError::No(
            "no key and no refusal has this id. Only refusals are kept, for 7 days and at most 10,000. A request's id is \
             in the header X-Keyward-Request-Id of its answer, and in a problem's request_id"
                .to_owned(),
        )),
    }
}

fn verdict(decision: Decision) -> Result<(), CliError> {
    match decision {
        Decision::Allow => Ok(()),
        Decision::Deny(_, reason) => Err(CliError::No(format!("{}: {}", reason.code(), reason.words()))),
    }
}

fn as_json(answer: &Verification) -> Object {
    object(&VerifyAnswer::of(answer, ""))
}

fn print(answer: &Verification) {
    walk(answer.decision, &answer.remedy);
    if let Some(stored) = &answer.key {
        println!("{:<12} {} ({})", "key", stored.key.id, stored.key.spec.name);
    }
}

fn walk(decision: Decision, remedy: &str) {
    for (check, passed) in decision.checks() {
        let outcome = passed.map_or("not reached", |passed| if passed { "passed" } else { "FAILED" });
        println!("{:<12} {outcome:<12} {}", check.code(), check.words());
    }
    if !remedy.is_empty() {
        println!("{:<12} {remedy}", "remedy");
    }
}

/// Label and value: the request as it was.
fn facts(then: &RecordedRefusal) -> [(&'static str, String); 9] {
    let some = |value: Option<String>| value.unwrap_or_default();
    [
        ("request_id", then.request_id.clone()),
        ("at", then.at.to_string()),
        ("endpoint", then.endpoint.clone()),
        ("needed", then.required.to_string()),
        ("tenant", some(then.tenant.clone())),
        ("address", some(then.address.map(|address| address.to_string()))),
        ("presented", some(then.source.map(|way| way.words().to_owned()))),
        ("writes", if then.writes { "yes" } else { "no" }.to_owned()),
        ("key", some(then.key.map(|id| id.to_string()))),
    ]
}

fn print_refused(then: &RecordedRefusal) {
    for (label, value) in facts(then).into_iter().filter(|(_, value)| !value.is_empty()) {
        println!("{label:<12} {value}");
    }
    println!();
    walk(then.decision, &then.remedy);
}

fn refused(then: &RecordedRefusal) -> serde_json::Value {
    let facts = facts(then).into_iter().map(|(label, value)| (label.to_owned(), value.into()));
    let mut value = serde_json::Value::Object(facts.collect());
    value["code"] = then.decision.code().into();
    value["remedy"] = then.remedy.as_str().into();
    let checks = then.decision.checks();
    value["checks"] =
        checks.map(|(check, passed)| serde_json::json!({ "check": check.code(), "passed": passed })).collect();
    value
}
