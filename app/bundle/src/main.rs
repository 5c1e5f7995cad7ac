//! The bundling step: makes the files that the server sends to browsers.
//!
//! It compiles the browser's half with cargo, has wasm-bindgen write the JavaScript that loads it,
//! and makes one style sheet. File names and `hash.txt` follow cargo-leptos, so that the server
//! cannot tell which of the two made them. What the console does is none of its business; how much a
//! browser must load for it, is.

mod css;
mod site;

use site::{Asset, about, files_under, read, text};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};
use wasm_bindgen_cli_support::Bindgen;

/// The name that pages ask for, `output-name` in the workspace's manifest.
const NAME: &str = "keyward";
const WASM: &str = "target/wasm32-unknown-unknown/wasm-release/hydrate.wasm";
/// Where wasm-bindgen leaves its work.
const GLUE: &str = "target/bundle";
/// The most that a browser may be asked to load, in bytes after brotli.
const PROGRAM_BUDGET: usize = 300_000;
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

    let snippets = bind()?;
    println!("bound it to JavaScript");

    let sheet = css::bundle(&text("style/main.css")?, |file| text(format!("style/{file}")))?;
    let wasm = Asset::hashed(NAME, "wasm", read(format!("{GLUE}/{NAME}_bg.wasm"))?);
    let js = Asset::hashed(NAME, "js", lean(&text(format!("{GLUE}/{NAME}.js"))?).into_bytes());
    let css = Asset::hashed(NAME, "css", sheet.into_bytes());
    let mut others = Vec::new();
    for (folder, prefix, files) in [(GLUE, "pkg/", snippets), ("public", "", files_under("public")?)] {
        for file in files {
            let name = file.strip_prefix(folder).expect("it was found there");
            let path = format!("{prefix}{}", name.display());
            others.push(Asset::new(path, read(&file)?));
        }
    }
    println!("compressed:");
    for asset in [&wasm, &js, &css].into_iter().chain(&others) {
        let [plain, brotli] = [&asset.bytes, &asset.brotli].map(|bytes| kilobytes(bytes.len()));
        println!("  {}: {plain}, with brotli {brotli}", asset.path);
    }
    let program = wasm.brotli.len() + js.brotli.len();
    within("WebAssembly and JavaScript", program, PROGRAM_BUDGET)?;
    within("style sheet", css.brotli.len(), STYLE_BUDGET)?;

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

/// Has wasm-bindgen fill [`GLUE`]. Returns the JavaScript that crates bring along, if any: the glue
/// imports it by the names it has.
fn bind() -> Outcome<Vec<PathBuf>> {
    if Path::new(GLUE).exists() {
        fs::remove_dir_all(GLUE).map_err(about("remove", GLUE))?;
    }
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(WASM)
        .out_name(NAME)
        .remove_name_section(true)
        .remove_producers_section(true)
        .web(true)
        .and_then(|bindgen| bindgen.generate(GLUE))
        .map_err(|error| format!("wasm-bindgen refuses {WASM}: {error:#}"))?;
    let snippets = format!("{GLUE}/snippets");
    if !Path::new(&snippets).exists() {
        return Ok(Vec::new());
    }
    files_under(snippets)
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
