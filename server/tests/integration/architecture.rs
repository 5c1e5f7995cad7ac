//! Which file may know which: within a crate no files import each other in a circle, and no crate depends on a higher one.
//! Read from the source: every path that begins at the crate, at a parent or at a child module, through re-exports to
//! the file that has what it names. A parent that declares or re-exports its children imports nothing by that.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use crate::support::database::files;

type Module = Vec<String>;

/// The crates, each with those of ours that it may depend on.
const CRATES: [(&str, &[&str]); 9] = [
    ("src/model", &[]),
    ("src/crypto", &["model"]),
    ("src/store", &["model", "crypto"]),
    ("src/verify", &["model", "crypto", "store"]),
    ("src/admin", &["model", "crypto", "store"]),
    ("app", &["model", "crypto", "store", "verify", "admin"]),
    ("app/hydrate", &["app"]),
    ("app/bundle", &[]),
    ("server", &["model", "crypto", "store", "verify", "admin", "app"]),
];

/// The modules of a crate, each with its source.
fn modules(root: &Path) -> BTreeMap<Module, String> {
    let sources = files(root).into_iter().filter(|path| path.extension().is_some_and(|end| end == "rs"));
    sources
        .map(|path| {
            let inside = path.strip_prefix(root).unwrap().with_extension("");
            let mut module: Module = inside.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
            if module.last().is_some_and(|name| name == "mod") || module == ["lib"] {
                module.pop();
            }
            let source = fs::read_to_string(path).unwrap();
            let code = source.split("#[cfg(test)]\nmod ").next().unwrap();
            (module, code.split("#[cfg(test)]\npub(crate) mod ").next().unwrap().to_owned())
        })
        .collect()
}

/// Names and signs, without comments and texts.
fn tokens(source: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let end = |stop: &dyn Fn(char) -> bool| rest.find(stop).unwrap_or(rest.len());
        let length = match first {
            '/' if rest.starts_with("//") => end(&|c| c == '\n'),
            '"' => {
                let mut escaped = false;
                let close = rest[1..].find(|c| {
                    let is_end = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    is_end
                });
                close.map_or(rest.len(), |close| close + 2)
            }
            ':' if rest.starts_with("::") => 2,
            c if c.is_alphanumeric() || c == '_' => end(&|c| !c.is_alphanumeric() && c != '_'),
            c => c.len_utf8(),
        };
        let (token, left) = rest.split_at(length);
        rest = left;
        if !token.starts_with("//") && !token.starts_with('"') && !token.trim().is_empty() {
            tokens.push(token);
        }
    }
    tokens
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Every path in the tokens, and whether it re-exports.
fn paths(tokens: &[&str]) -> Vec<(bool, Vec<String>)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at] == "use" {
            let exports = at > 0 && (tokens[at - 1] == "pub" || tokens[at - 1] == ")");
            let end = at + tokens[at..].iter().position(|token| *token == ";").unwrap_or(tokens.len() - at);
            found.extend(tree(&tokens[at + 1..end], &[]).into_iter().map(|path| (exports, path)));
            at = end;
        } else if is_name(tokens[at]) && (at == 0 || tokens[at - 1] != "::") {
            let mut path = vec![tokens[at].to_owned()];
            while tokens.get(at + 1) == Some(&"::") && tokens.get(at + 2).is_some_and(|token| is_name(token)) {
                path.push(tokens[at + 2].to_owned());
                at += 2;
            }
            if path.len() > 1 {
                found.push((false, path));
            }
        }
        at += 1;
    }
    found
}

/// The paths of a tree of imports, after what stands before it.
fn tree(tokens: &[&str], before: &[String]) -> Vec<Vec<String>> {
    let mut path = before.to_vec();
    for (at, token) in tokens.iter().enumerate() {
        match *token {
            "{" => {
                let (mut all, mut depth, mut from) = (Vec::new(), 0, at + 1);
                for (place, token) in tokens.iter().enumerate().skip(at) {
                    depth += i32::from(*token == "{") - i32::from(*token == "}");
                    if depth == 0 || (depth == 1 && *token == ",") {
                        if from < place {
                            all.extend(tree(&tokens[from..place], &path));
                        }
                        from = place + 1;
                    }
                }
                return all;
            }
            "as" => break,
            "::" => {}
            name => path.push(name.to_owned()),
        }
    }
    vec![path]
}

/// A path from the crate's root, if it is one of this crate.
fn absolute(path: &[String], module: &Module, all: &BTreeMap<Module, String>) -> Option<Module> {
    let child = |name: &String| all.contains_key(&[module.as_slice(), std::slice::from_ref(name)].concat());
    let (mut base, mut rest) = match path[0].as_str() {
        "crate" => (Module::new(), &path[1..]),
        "self" => (module.clone(), &path[1..]),
        "super" => (module.clone(), path),
        _ if child(&path[0]) => (module.clone(), path),
        _ => return None,
    };
    while rest.first().is_some_and(|part| part == "super") {
        base.pop();
        rest = &rest[1..];
    }
    Some([base.as_slice(), rest].concat())
}

/// For each file of a crate, the files that it imports.
fn imports(root: &Path) -> BTreeMap<Module, BTreeSet<Module>> {
    let all = modules(root);
    let (mut exports, mut used) = (BTreeMap::new(), Vec::new());
    for (module, source) in &all {
        for (exported, path) in paths(&tokens(source)) {
            let Some(target) = absolute(&path, module, &all) else { continue };
            if exported {
                exports.insert((module.clone(), path.last().unwrap().clone()), target);
            } else {
                used.push((module, target));
            }
        }
    }
    let owner = |mut path: Module| {
        // A re-export leads on; so many of them in a row there are not.
        for _ in 0..8 {
            let length = (0..=path.len()).rev().find(|length| all.contains_key(&path[..*length])).unwrap_or_default();
            let name = path.get(length).cloned().unwrap_or_default();
            let Some(target) = exports.get(&(path[..length].to_vec(), name)) else { return path[..length].to_vec() };
            path = [target.as_slice(), &path[length + 1..]].concat();
        }
        path
    };
    let mut graph: BTreeMap<Module, BTreeSet<Module>> =
        all.keys().map(|file| (file.clone(), BTreeSet::new())).collect();
    for (module, target) in used {
        let target = owner(target);
        if target != *module {
            graph.get_mut(module).unwrap().insert(target);
        }
    }
    graph
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (folder, known) in [
        ("src/model", ("decision", "key")),
        ("src/crypto", ("jwt", "secret")),
        ("src/store", ("keys", "change")),
        ("src/verify", ("refusals", "request")),
        ("src/admin", ("rotation", "keys")),
        ("app/src", ("keys::bulk::page", "keys::bulk::form")),
        ("server/src", ("routes", "state")),
    ] {
        let mut graph = imports(&workspace.join(folder));
        let name = |module: &Module| module.join("::");
        let (from, to) = known;
        let found = graph.iter().find(|(file, _)| name(file) == from).unwrap().1;
        assert!(found.iter().any(|file| name(file) == to), "{folder}: the reading finds what is there: {found:?}");
        // What imports nothing that is left is in no circle, nor is what nothing that is left imports.
        loop {
            let before = graph.len();
            let imported: BTreeSet<Module> = graph.values().flatten().cloned().collect();
            graph.retain(|file, found| !found.is_empty() && imported.contains(file));
            let left: BTreeSet<Module> = graph.keys().cloned().collect();
            for found in graph.values_mut() {
                found.retain(|file| left.contains(file));
            }
            if graph.len() == before {
                break;
            }
        }
        let circle: Vec<_> =
            graph.iter().map(|(file, found)| (name(file), found.iter().map(name).collect::<Vec<_>>())).collect();
        assert!(circle.is_empty(), "{folder}: {circle:#?}");
    }
}

#[test]
fn no_crate_depends_on_a_higher_one() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let manifest = |folder: &str| -> toml::Table {
        fs::read_to_string(workspace.join(folder).join("Cargo.toml")).unwrap().parse().unwrap()
    };
    let root = manifest("");
    let ours = |(name, about): (&String, &toml::Value)| about.get("path").is_some().then(|| name.clone());
    let ours: BTreeSet<String> =
        root["workspace"]["dependencies"].as_table().unwrap().iter().filter_map(ours).collect();
    let members = root["workspace"]["members"].as_array().unwrap().iter().map(|member| member.as_str().unwrap());
    let members: BTreeSet<String> = members
        .flat_map(|member| match member.strip_suffix("/*") {
            Some(folder) => fs::read_dir(workspace.join(folder))
                .unwrap()
                .map(|found| format!("{folder}/{}", found.unwrap().file_name().into_string().unwrap()))
                .collect(),
            None => vec![member.to_owned()],
        })
        .collect();
    assert_eq!(members, CRATES.iter().map(|(folder, _)| (*folder).to_owned()).collect(), "every crate has a floor");
    for (folder, may) in CRATES {
        let manifest = manifest(folder);
        let sections = ["dependencies", "dev-dependencies", "build-dependencies"];
        let depended =
            sections.iter().filter_map(|section| manifest.get(*section)?.as_table()).flat_map(|all| all.keys());
        let higher: Vec<_> = depended.filter(|name| ours.contains(*name) && !may.contains(&name.as_str())).collect();
        assert!(higher.is_empty(), "{folder} depends on {higher:?}");
    }
}
