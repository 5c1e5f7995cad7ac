//! Takes the browser's program apart: what every page needs, and for each lazy island what only its page needs.
//!
//! `wasm_split_cli_support` decides which function goes where, and makes a module of every combination of islands that
//! share code. The small ones of those go into one file, so that a page asks for few. What islands do is none of its
//! business.

use crate::{
    GLUE, NAME, Outcome,
    site::{about, read, text},
    slim::{rewrite, without_uncalled},
};
use std::{collections::HashMap, fs, path::Path};
use wasm_bindgen_cli_support::Bindgen;
use wasm_split_cli_support::{Options, transform};

/// The script that loads the parts, by the name that the program imports it by.
const LINK: &str = "__wasm_split.js";
/// Modules up to this size, in bytes, are loaded together.
const SMALL: usize = 16_000;

/// The browser's program in parts. Names are those of files, without a hash or an extension.
pub(crate) struct Program {
    /// The JavaScript that every page loads.
    pub(crate) glue: String,
    /// The WebAssembly that every page loads.
    pub(crate) wasm: Vec<u8>,
    /// The script that loads the parts.
    pub(crate) link: String,
    /// The parts that are loaded alone.
    pub(crate) parts: Vec<(String, Vec<u8>)>,
    /// The small parts, one after the other.
    pub(crate) small: Vec<u8>,
    /// The islands, each with the names of the parts it loads beside the small ones.
    pub(crate) islands: Vec<(String, Vec<String>)>,
}

/// Takes the program at this path apart. Works in [`GLUE`].
pub(crate) fn split(path: &str) -> Outcome<Program> {
    if Path::new(GLUE).exists() {
        fs::remove_dir_all(GLUE).map_err(about("remove", GLUE))?;
    }
    let main = format!("{GLUE}/main.wasm");
    let whole = without_uncalled(&read(path)?)?;
    let mut options = Options::new(&whole);
    options.output_dir = Path::new(GLUE);
    options.main_out_path = Path::new(&main);
    options.link_name = LINK;
    let glue = format!("./{NAME}.js");
    options.main_module = &glue;
    let split = transform(options).map_err(|error| format!("{path} cannot be taken apart: {error:#}"))?;
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(&main)
        .out_name(NAME)
        .remove_name_section(true)
        .remove_producers_section(true)
        .keep_lld_exports(true)
        .web(true)
        .and_then(|bindgen| bindgen.generate(GLUE))
        .map_err(|error| format!("wasm-bindgen refuses {main}: {error:#}"))?;

    let mut glue = text(format!("{GLUE}/{NAME}.js"))?;
    let wasm = rewrite(&read(format!("{GLUE}/{NAME}_bg.wasm"))?, &mut glue)?;
    let mut program = Program {
        glue,
        wasm,
        link: text(format!("{GLUE}/{LINK}"))?,
        parts: Vec::new(),
        small: Vec::new(),
        islands: islands(&split.prefetch_map),
    };
    let mut modules = split.split_modules;
    modules.sort();
    for module in modules {
        let stem = module.file_stem().and_then(|stem| stem.to_str()).ok_or("a part has no name")?.to_owned();
        let bytes = rewrite(&read(&module)?, &mut String::new())?;
        let alone = format!("fetch(new URL(\"./{stem}.wasm\", import.meta.url))");
        // A module without anything in it is not asked for.
        if !program.link.contains(&alone) {
            continue;
        }
        if bytes.len() <= SMALL {
            let together = format!("part({}, {})", program.small.len(), bytes.len());
            program.link = program.link.replace(&alone, &together);
            program.small.extend(bytes);
            for (_, parts) in &mut program.islands {
                parts.retain(|part| *part != stem);
            }
        } else {
            program.parts.push((stem, bytes));
        }
    }
    Ok(program)
}

impl Program {
    /// The scripts, in which every file is asked for by its name with this hash.
    pub(crate) fn scripts(&self, hash: &str) -> (String, String) {
        let glue = self.glue.replace(&format!("from \"{LINK}\""), &format!("from \"./parts.{hash}.js\""));
        let mut link = self.link.replace(&format!("\"./{NAME}.js\""), &format!("\"./{NAME}.{hash}.js\""));
        for (name, _) in &self.parts {
            link = link.replace(&format!("\"./{name}.wasm\""), &format!("\"./{name}.{hash}.wasm\""));
        }
        // One request for all the small parts; one that failed is tried again by whoever asks next.
        let load = format!(
            "let small;\nconst part = async (from, length) => {{\n\
             small ??= fetch(new URL(\"./parts.{hash}.bin\", import.meta.url)).then((answer) => {{\n\
             if (!answer.ok) throw new Error(answer.status);\nreturn answer.arrayBuffer();\n}});\n\
             const bytes = await small.catch((error) => {{\nsmall = undefined;\nthrow error;\n}});\n\
             return new Response(bytes.slice(from, from + length), {{ headers: {{ \"content-type\": \"application/wasm\" }} }});\n\
             }};\n"
        );
        link = without_failures(&link);
        // Imports stand first.
        let place = link.find('\n').map_or(0, |end| end + 1);
        link.insert_str(place, &load);
        (glue, link)
    }
}

/// The script in which an island whose part cannot be loaded stays the plain form that the server rendered: the generated
/// one would end the whole program. A page that is being left fetches nothing more, so that this is no rare case.
fn without_failures(link: &str) -> String {
    let (from, to) = ("function wrapAsyncCb(callee) {", "function makeLoad(");
    let Some((before, rest)) = link.split_once(from) else { return link.to_owned() };
    let Some((_, after)) = rest.split_once(to) else { return link.to_owned() };
    let ours = "function wrapAsyncCb(callee) {\nreturn async (callbackIndex, callbackData) => {\n\
                try {\nawait callee();\n} catch {\ndispatchEvent(new Event(\"keyward:unloaded\"));\nreturn;\n}\n\
                getSharedImports().__wasm_split.__indirect_function_table.get(callbackIndex)(callbackData, true);\n}\n}\n";
    format!("{before}{ours}{to}{after}")
}

/// The islands by name, in order, with the parts that each loads.
fn islands(prefetch: &HashMap<String, Vec<String>>) -> Vec<(String, Vec<String>)> {
    let mut islands: Vec<_> = prefetch
        .iter()
        .map(|(loader, parts)| {
            let name = loader.split("_loader_").next().unwrap_or(loader).to_owned();
            (name, parts.clone())
        })
        .collect();
    islands.sort();
    islands
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_name_files_by_their_hash() {
        let program = Program {
            glue: "import * as import1 from \"__wasm_split.js\"\n\"__wasm_split.js\": import1".into(),
            wasm: Vec::new(),
            link: "import { initSync } from \"./keyward.js\";\nfetch(new URL(\"./big.wasm\", import.meta.url)); part(0, 4)\n\
                   function wrapAsyncCb(callee) { success = false; }\nfunction makeLoad(fetcher, deps) {}"
                .into(),
            parts: vec![("big".into(), Vec::new())],
            small: Vec::new(),
            islands: Vec::new(),
        };
        let (glue, link) = program.scripts("0f");
        assert_eq!(glue, "import * as import1 from \"./parts.0f.js\"\n\"__wasm_split.js\": import1");
        assert!(link.starts_with("import { initSync } from \"./keyward.0f.js\";\nlet small;"), "{link}");
        assert!(link.contains("keyward:unloaded") && link.contains("makeLoad") && !link.contains("false"), "{link}");
        assert!(link.contains("\"./big.0f.wasm\"") && link.contains("\"./parts.0f.bin\""), "{link}");
    }
}
