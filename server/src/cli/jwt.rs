//! `jwt rotate`, `jwt jwks`.

use clap::Subcommand;

use crate::{
    boot::Upgrade,
    cli::{error::CliError, globals::Globals, output::print_json, session::Session},
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a new signing key; the one before stays published until all that it signed has expired
    #[command(after_help = "Example: keyward jwt rotate")]
    Rotate {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the public keys as /.well-known/jwks.json serves them
    #[command(after_help = "Example: keyward jwt jwks > jwks.json")]
    Jwks,
}

pub(super) async fn run(globals: &Globals, command: Command) -> Result<(), CliError> {
    let session = Session::open(globals, Upgrade::No).await?;
    match command {
        Command::Rotate { json } => {
            let kid = session.admin.rotate_jwt_signing_key(&session.operator).await?;
            if json {
                print_json(&serde_json::json!({ "kid": kid }));
            } else {
                println!("JWTs are signed with the new key {kid} from now on. Those signed before stay valid.");
            }
        }
        Command::Jwks => print_json(&session.admin.jwks().await?),
    }
    session.close().await
}
