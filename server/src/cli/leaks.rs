//! `leaks rules`: what secret scanners look for.

use clap::{Subcommand, ValueEnum};

use crate::{
    boot::Upgrade,
    cli::{error::CliError, globals::Globals, session::Session},
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Print rules by which a secret scanner finds keys of this Keyward, by the prefixes of its tenants
    #[command(after_help = "Examples:\n  keyward leaks rules --format gitleaks > .gitleaks.toml\n  \
        keyward leaks rules --format github       (for Settings, Code security, Custom patterns)\n\
        Print them again when a tenant gets another prefix. `keyward scan` looks by itself, and knows which keys work.")]
    Rules {
        /// For which scanner
        #[arg(long)]
        format: Scanner,
    },
}

/// A secret scanner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scanner {
    /// A configuration file of gitleaks
    Gitleaks,
    /// A custom pattern of GitHub's secret scanning
    Github,
    /// Custom detectors of the scanner trufflehog
    Trufflehog,
}

pub(super) async fn run(globals: &Globals, command: Command) -> Result<(), CliError> {
    let session = Session::open(globals, Upgrade::No).await?;
    let Command::Rules { format } = command;
    let prefixes = session.admin.prefixes(&session.operator).await?;
    print!("{}", rules(format, &prefixes));
    session.app.store.close().await;
    Ok(())
}

/// The token itself, with these prefixes: letters and digits, which mean nothing to a regular expression.
fn token(prefixes: &[String]) -> String {
    format!("(?:{})_[0-9A-Za-z]{{16}}_[0-9A-Za-z]{{38}}", prefixes.join("|"))
}

/// What stands around a token: no letter or digit, which the token could go on with.
const BEFORE: &str = "(?:^|[^0-9A-Za-z])";
const AFTER: &str = "(?:[^0-9A-Za-z]|$)";

fn rules(scanner: Scanner, prefixes: &[String]) -> String {
    let token = token(prefixes);
    let mut text = String::new();
    let mut line = |words: &str| {
        text.push_str(words);
        text.push('\n');
    };
    match scanner {
        Scanner::Gitleaks => {
            let keywords: Vec<_> = prefixes.iter().map(|prefix| format!("\"{}_\"", prefix.to_lowercase())).collect();
            line("# Keys of Keyward, by the prefixes of its tenants. Made by: keyward leaks rules --format gitleaks");
            line("title = \"Keyward\"\n\n[extend]\nuseDefault = true\n\n[[rules]]");
            line("id = \"keyward-api-key\"\ndescription = \"API key of Keyward\"");
            line(&format!("regex = '''{BEFORE}({token}){AFTER}'''\nsecretGroup = 1"));
            line(&format!("keywords = [{}]", keywords.join(", ")));
        }
        Scanner::Github => {
            line("Pattern name\n  Keyward API key\n");
            line(&format!("Secret format\n  {token}\n"));
            line("Before secret\n  \\A|[^0-9A-Za-z]\n");
            line("After secret\n  \\z|[^0-9A-Za-z]\n");
            line("Test string\n  KEYWARD_KEY=kw_0123456789ABCDEF_abcdefghijklmnopqrstuvwxyzABCDEF2i2pPO");
        }
        Scanner::Trufflehog => {
            line("# Keys of Keyward, by the prefixes of its tenants. Made by: keyward leaks rules --format trufflehog");
            line("detectors:\n  - name: Keyward API key\n    keywords:");
            for prefix in prefixes {
                line(&format!("      - {}_", prefix.to_lowercase()));
            }
            line(&format!("    regex:\n      key: '{BEFORE}({token}){AFTER}'"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use crypto::secret::Entropy;
    use model::name::Prefix;
    use regex::Regex;

    use super::*;

    /// What each scanner looks for, taken out of what is printed.
    fn pattern(scanner: Scanner, prefixes: &[String]) -> String {
        let text = rules(scanner, prefixes);
        let after = |begin: &str, end: &str| text.split(begin).nth(1).unwrap().split(end).next().unwrap().to_owned();
        match scanner {
            Scanner::Gitleaks => {
                let parsed: toml::Table = text.parse().unwrap();
                let rule = &parsed["rules"].as_array().unwrap()[0];
                assert_eq!(rule["keywords"].as_array().unwrap().len(), prefixes.len());
                rule["regex"].as_str().unwrap().to_owned()
            }
            Scanner::Github => {
                let part = |name: &str| after(&format!("{name}\n  "), "\n");
                format!("(?:{})({})(?:{})", part("Before secret"), part("Secret format"), part("After secret"))
            }
            Scanner::Trufflehog => after("key: '", "'"),
        }
    }

    #[test]
    fn every_scanner_finds_keys_and_nothing_that_only_looks_like_one() {
        let prefixes = ["kw".to_owned(), "acme2".to_owned()];
        let entropy = Entropy::system();
        for scanner in [Scanner::Gitleaks, Scanner::Github, Scanner::Trufflehog] {
            let pattern = Regex::new(&pattern(scanner, &prefixes)).unwrap();
            for prefix in &prefixes {
                let token = entropy.token(&Prefix::parse(prefix).unwrap(), entropy.key_id());
                let token = token.reveal();
                for text in [
                    token.to_owned(),
                    format!("KEY={token}"),
                    format!("MY_{token}\n"),
                    format!("\"{token}\","),
                    format!("https://x.example/?api-key={token}&a=b"),
                ] {
                    let found = pattern.captures(&text).unwrap_or_else(|| panic!("{scanner:?} {text}"));
                    assert_eq!(&found[1], token, "{scanner:?}");
                }
                for text in [
                    token[..token.len() - 1].to_owned(),
                    format!("{token}x"),
                    format!("x{token}"),
                    token.replacen('_', "-", 1),
                    token.replacen(prefix.as_str(), "other", 1),
                    token.to_uppercase().replacen(&prefix.to_uppercase(), "KWX", 1),
                    "kw_0123456789ABCDEF_…2pPO".to_owned(),
                ] {
                    assert!(!pattern.is_match(&text), "{scanner:?} {text}");
                }
            }
        }
    }
}
