//! The file that `apply` finds nothing to do for: the policy, the catalog and the keys, without secrets.

use std::collections::BTreeMap;

use model::{catalog::Kind, key::Form, key::SignedWrites};

use super::{file::Thing, plan::Existing};
use crate::cli::{client::Client, error::CliError};

/// Prints the file.
pub(in crate::cli) async fn write(client: &Client) -> Result<(), CliError> {
    println!("# Keyward's policy, catalog and keys, without secrets. `keyward apply FILE` makes them so.");
    for thing in Thing::ALL {
        let mut all = Existing::all(client, thing).await?;
        all.sort_by(|a, b| a.title.cmp(&b.title));
        let mut counts = BTreeMap::<String, usize>::new();
        for one in &all {
            *counts.entry(one.title.clone()).or_default() += 1;
        }
        for one in &all {
            if one.is_reserved() {
                continue;
            }
            if counts[&one.title] == 1 {
                print!("\n{}", one.section(thing));
            }
        }
        for (title, count) in counts.into_iter().filter(|(_, count)| *count > 1) {
            println!("\n# Left out: {count} keys are called {title}.", title = title.trim_start_matches("key "));
            eprintln!("keyward: {title} is left out: {count} keys are called so");
        }
    }
    Ok(())
}

impl Existing {
    /// Whether it is a scope that nobody makes.
    fn is_reserved(&self) -> bool {
        self.is_built_in && self.title.starts_with("scope ")
    }

    /// The lines of the file that say it.
    fn section(&self, thing: Thing) -> String {
        let mut text = match thing {
            Thing::Entry(Kind::Policy) => "[policy]\n".to_owned(),
            thing => format!("[[{}]]\n", thing.section()),
        };
        for field in thing.fields() {
            let value = self.fields.get(field).map_or("", String::as_str);
            let is_usual = value.is_empty()
                || match (thing, field) {
                    (Thing::Key, "metadata") => value == "{}",
                    (Thing::Key, "form") => value == Form::Token.code(),
                    (Thing::Key, "signed_writes") => value == SignedWrites::Optional.code(),
                    _ => false,
                };
            if is_usual {
                continue;
            }
            let is_number = value.bytes().all(|byte| byte.is_ascii_digit()) && thing == Thing::Entry(Kind::Policy);
            let value = match value {
                number if is_number => number.to_owned(),
                list if thing.is_list(field) => {
                    toml::Value::from(list.split_whitespace().collect::<Vec<_>>()).to_string()
                }
                text => toml::Value::from(text).to_string(),
            };
            text.extend([field, " = ", &value, "\n"]);
        }
        if self.is_disabled {
            text.push_str("disabled = true\n");
        }
        text
    }
}
