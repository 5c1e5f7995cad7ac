//! The bundling step: makes the files that the server sends to browsers.
//!
//! It compiles the browser's half with cargo, takes it apart, has wasm-bindgen write the JavaScript that loads it, and
//! makes one style sheet. File names and `hash.txt` follow cargo-leptos, so that the server
//! cannot tell which of the two made them. What the console does is none of its business; how much a
//! browser must load for it, is.

mod css;
mod site;
mod slim;
mod split;

use site::{Asset, about, files_under, hash_of, read, text};
use std::{
    env,
    process::{Command, ExitCode},
};

/// The name that pages ask for, `output-name` in the workspace's manifest.
const NAME: &str = "keyward";
const WASM: &str = "target/wasm32-unknown-unknown/wasm-release/hydrate.wasm";
/// Where the tools leave their work.
const GLUE: &str = "target/bundle";
/// The most that a browser may be asked to load, in bytes after brotli: on every page, and on any page.
const PROGRAM_BUDGET: usize = 180_000;
const PAGE_BUDGET: usize = 250_000;
const STYLE_BUDGET: usize = 20_000;

/// What went wrong, in words for the terminal.
type Outcome<T> = Result<T, String>;

fn main() -> ExitCode {
    if let Err(error) = bundle() {
        eprintln!("bundle: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn bundle() -> Outcome<()> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    env::set_current_dir(root).map_err(about("enter", root))?;

    compile()?;
    println!("compiled {WASM}");

    let program = split::split(WASM)?;
    println!("took it apart and bound it to JavaScript");

    // One hash for all: the files name each other, so none can be named by its own content.
    let scripts = [program.glue.as_bytes(), program.link.as_bytes()];
    let modules = [&program.wasm, &program.small].into_iter().chain(program.parts.iter().map(|(_, bytes)| bytes));
    let hash = hash_of(&scripts.into_iter().chain(modules.map(Vec::as_slice)).collect::<Vec<_>>());
    let (glue, link) = program.scripts(&hash);
    let js = Asset::hashed(NAME, &hash, "js", lean(&glue).into_bytes());
    let wasm = Asset::hashed(NAME, &hash, "wasm", program.wasm);
    let link = Asset::new(format!("pkg/parts.{hash}.js"), lean(&link).into_bytes());
    let small = Asset::new(format!("pkg/parts.{hash}.bin"), program.small);
    let parts: Vec<_> = program
        .parts
        .into_iter()
        .map(|(name, bytes)| {
            let asset = Asset::new(format!("pkg/{name}.{hash}.wasm"), bytes);
            (name, asset)
        })
        .collect();
    let sheet = css::bundle(&text("style/main.css")?, |file| text(format!("style/{file}")))?.into_bytes();
    let css = Asset::hashed(NAME, &hash_of(&[&sheet]), "css", sheet);

    let program_size = [&wasm, &js, &link].iter().map(|asset| asset.brotli.len()).sum();
    within("every page", program_size, PROGRAM_BUDGET)?;
    for (island, names) in &program.islands {
        let own = parts.iter().filter(|(name, _)| names.contains(name)).map(|(_, asset)| asset.brotli.len());
        within(&format!("a page with {island}"), program_size + small.brotli.len() + own.sum::<usize>(), PAGE_BUDGET)?;
    }
    within("style sheet", css.brotli.len(), STYLE_BUDGET)?;

    let mut others = vec![link, small];
    others.extend(parts.into_iter().map(|(_, asset)| asset));
    for file in files_under("public")? {
        let name = file.strip_prefix("public").expect("it was found there").display().to_string();
        others.push(Asset::new(name, read(&file)?));
    }
    site::publish(&[js, wasm, css], &others)?;
    println!("wrote target/site");
    Ok(())
}

/// Has cargo build the browser's half.
fn compile() -> Outcome<()> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = "build --package hydrate --target wasm32-unknown-unknown \
                     --profile wasm-release --target-dir target";
    let status =
        Command::new(cargo).args(arguments.split_ascii_whitespace()).status().map_err(about("run", "cargo"))?;
    if !status.success() {
        return Err("the browser's half did not compile; cargo says why above".into());
    }
    Ok(())
}

/// The glue without what only people read. wasm-bindgen writes a statement to a line and no text over several.
fn lean(glue: &str) -> String {
    let mut is_comment = false;
    let lines = glue.lines().map(str::trim).filter(|line| {
        let begins = line.starts_with("/**");
        let is_left_out = is_comment || begins || line.starts_with("//") || line.is_empty();
        is_comment = (is_comment || begins) && !line.ends_with("*/");
        !is_left_out
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Refuses what browsers would wait for too long.
fn within(what: &str, size: usize, budget: usize) -> Outcome<()> {
    let share = format!("{what}: {} of {}", kilobytes(size), kilobytes(budget));
    if size > budget {
        return Err(format!("over the size budget. {share} with brotli"));
    }
    println!("  {share}");
    Ok(())
}

fn kilobytes(bytes: usize) -> String {
    format!("{}.{} KB", bytes / 1000, bytes % 1000 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_glue_loses_what_only_people_read() {
        let glue = "/**\n * @param {number} a\n */\nfunction f(a) {\n    // why\n    return a * 2;\n}\n\n/** one line */\nf(1);\n";
        assert_eq!(lean(glue), "function f(a) {\nreturn a * 2;\n}\nf(1);");
    }

    #[test]
    fn a_budget_is_a_limit() {
        assert_eq!(within("style sheet", 20_000, STYLE_BUDGET), Ok(()));
        let refusal = "over the size budget. style sheet: 20.1 KB of 20.0 KB with brotli";
        assert_eq!(within("style sheet", 20_100, STYLE_BUDGET), Err(refusal.into()));
    }
}
