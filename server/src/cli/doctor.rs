//! `doctor`: whether everything is in place, and, with `--gateway`, whether a gateway guards as it should.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use admin::{Admin, GatewayForm, GatewayReport, Outcome};
use clap::Args;
use crypto::{
    clock::Clock,
    secret::{Entropy, MasterKey, is_open_to_others},
};
use store::{Location, Schema, Store};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{
    boot::{self, Upgrade},
    cli::{
        error::CliError,
        globals::Globals,
        output::print_json,
        session::{Session, start_log},
    },
    config::{Config, Flags},
    ops::gateway_check,
};

/// How long the running server may take to say what it counts.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Args)]
#[command(after_help = "Examples:\n  keyward doctor\n  \
    keyward doctor --gateway https://api.example.com/rooms --scope bookings.read\n\
    It exits with 0 when all is well, 1 when the gateway is not guarded as it should, 3 when something is not in place.")]
pub(super) struct Arguments {
    /// Test the gateway before this address instead; the address answers GET
    #[arg(long, value_name = "URL")]
    gateway: Option<String>,
    /// The scope the gateway asks for; any without
    #[arg(long, default_value = "", hide_default_value = true, requires = "gateway")]
    scope: String,
    /// The tenant the gateway is in; the default one without
    #[arg(long, default_value = "", hide_default_value = true, requires = "gateway")]
    tenant: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(globals: &Globals, arguments: Arguments) -> Result<(), CliError> {
    let Arguments { gateway, scope, tenant, json } = arguments;
    match gateway {
        Some(url) => test(globals, &GatewayForm { url, scope, tenant }, json).await,
        None => look(globals.here()?, json).await,
    }
}

async fn test(globals: &Globals, form: &GatewayForm, json: bool) -> Result<(), CliError> {
    let session = Session::open(globals, Upgrade::No).await?;
    let found = gateway_check::run(&session.admin, &session.operator, form).await;
    session.close().await?;
    let report = found?;
    if json {
        print_json(&as_json(&report));
    } else {
        for finding in &report.findings {
            let outcome = match finding.outcome {
                Outcome::Passed => "passed",
                Outcome::Failed => "FAILED",
                Outcome::Unclear => "unclear",
            };
            let got = finding.got.map_or_else(|| "-".to_owned(), |status| status.to_string());
            let (probe, words) = (finding.probe.words(), &finding.words);
            println!("{outcome:<8} {got:<4} {probe}: {words} Expected {}.", finding.expected);
        }
    }
    if report.is_guarded() {
        if !json {
            println!("The gateway guards {}, as far as can be seen from outside.", report.gateway);
        }
        return Ok(());
    }
    Err(CliError::No(format!("the gateway does not guard {} as it should", report.gateway)))
}

fn as_json(report: &GatewayReport) -> serde_json::Value {
    let finding = |finding: &admin::Finding| {
        serde_json::json!({
            "probe": finding.probe.code(), "expected": finding.expected, "got": finding.got,
            "outcome": finding.outcome.code(), "detail": finding.words,
        })
    };
    serde_json::json!({
        "gateway": report.gateway, "guarded": report.is_guarded(),
        "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}

/// What was looked at, whether it is well, and a sentence.
type Line = (&'static str, bool, String);

/// Looks and changes nothing: what is missing is not made.
async fn look(flags: &Flags, json: bool) -> Result<(), CliError> {
    let mut lines = Vec::new();
    examine(flags, &mut lines).await;
    let well = lines.iter().all(|(_, well, _)| *well);
    if json {
        let line = |(what, well, words): &Line| serde_json::json!({ "check": what, "well": well, "detail": words });
        print_json(&serde_json::json!({ "well": well, "checks": lines.iter().map(line).collect::<Vec<_>>() }));
    } else {
        for (what, well, words) in &lines {
            println!("{:<10} {:<8} {words}", what, if *well { "well" } else { "TROUBLE" });
        }
    }
    if well { Ok(()) } else { Err(CliError::Environment("something is not in place; see above".to_owned())) }
}

/// Each thing rests on those before it: the first trouble is the last line.
async fn examine(flags: &Flags, lines: &mut Vec<Line>) {
    let mut note = |what, found: Result<String, String>| {
        let well = found.is_ok();
        lines.push((what, well, found.unwrap_or_else(|error| error)));
        well
    };
    let config = match Config::load(flags) {
        Ok(config) => config,
        Err(error) => {
            note("settings", Err(error.to_string()));
            return;
        }
    };
    start_log(&config, "warn");
    note("settings", Ok(format!("data in {}, served at {}", config.data_dir.display(), config.public_url)));

    let file = config.master_key_file.display();
    let missing = "it is not there yet: `keyward serve` makes it";
    let master = if config.master_key_file.exists() {
        MasterKey::load(&config.master_key_file).map_err(|error| error.to_string())
    } else {
        Err(missing.to_owned())
    };
    let master = match master {
        Ok(master) => {
            note("master key", Ok(file.to_string()));
            master
        }
        Err(error) => {
            note("master key", Err(format!("{file}: {error}")));
            return;
        }
    };

    let absent = match &config.database {
        Location::Sqlite(path) => !path.exists(),
        Location::Postgres(_) => false,
    };
    let store = if absent {
        Err(missing.to_owned())
    } else {
        Store::open(&config.database, Arc::new(master)).await.map_err(|error| error.to_string())
    };
    let store = match store {
        Ok(store) => store,
        Err(error) => {
            note("database", Err(error));
            return;
        }
    };
    match store.knows_master_key().await {
        Ok(true) => {}
        Ok(false) => {
            note("database", Err(format!("it was made with another master key than {file}: restore that one")));
            return;
        }
        Err(error) => {
            note("database", Err(error.to_string()));
            return;
        }
    }
    let open = match &config.database {
        Location::Sqlite(path) => std::fs::metadata(path).is_ok_and(|file| is_open_to_others(&file)).then_some(path),
        Location::Postgres(_) => None,
    };
    let schema = match store.schema().await {
        Ok(Schema::Current) if open.is_some() => {
            let path = open.map_or_else(String::new, |path| path.display().to_string());
            Err(format!("every user of this machine can read it: run `chmod 600 {path} {path}-wal {path}-shm`"))
        }
        Ok(Schema::Current) => Ok("it answers, and its schema is up to date".to_owned()),
        Ok(Schema::Behind) => Err("it was made by an older Keyward: run `keyward migrate`".to_owned()),
        Ok(Schema::Empty) => Err("it is empty: `keyward serve` fills it".to_owned()),
        Err(error) => Err(error.to_string()),
    };
    if note("database", schema) {
        let admin = Admin::new(store.clone(), Clock::system(), Entropy::system(), config.checkpoint());
        match boot::operator(&config, &admin) {
            Ok(operator) => {
                let chain = admin.verify_audit(&operator).await;
                let whole = chain.map(|report| format!("the chain is whole: {} events", report.events));
                note("audit", whole.map_err(|error| format!("the chain is broken: {error}")));
            }
            Err(error) => {
                note("audit", Err(error.to_string()));
            }
        }
    }
    store.close().await;
    if let Some(metrics) = metrics(config.ops_listen).await {
        note("proxies", Ok(proxies(&metrics)));
    }
}

/// What the running server counts, if one runs here.
async fn metrics(address: SocketAddr) -> Option<String> {
    let asked = async {
        let mut stream = TcpStream::connect(address).await.ok()?;
        let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        answer.starts_with("HTTP/1.1 200").then_some(answer)
    };
    timeout(PATIENCE, asked).await.ok().flatten()
}

/// Which machines say for whom they ask, and are not believed.
fn proxies(metrics: &str) -> String {
    let counted =
        metrics.lines().filter_map(|line| line.strip_prefix("keyward_forwarded_by_strangers_total{network=\""));
    let strangers: Vec<_> = counted.filter_map(|rest| rest.split_once('"')).map(|(network, _)| network).collect();
    if strangers.is_empty() {
        return "no machine brings forwarded headers that are not believed".to_owned();
    }
    format!(
        "not believed: X-Forwarded-For from {}; if one of these is your proxy, add it to KEYWARD_TRUSTED_PROXIES",
        strangers.join(", ")
    )
}
