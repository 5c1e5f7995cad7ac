//! The files for browsers: their names, their compressed forms, and where the server finds them.
//!
//! It owns `target/site` and every `hash.txt`, and replaces both whole. What a file holds it does not
//! know.

use crate::Outcome;
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};
use std::{
    fmt::Display,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

const SITE: &str = "target/site";

/// The folders that programs which render pages run from: the server, its tests, its benchmark.
const BESIDE: [&str; 6] = [
    "target/debug",
    "target/debug/deps",
    "target/debug/examples",
    "target/release",
    "target/release/deps",
    "target/release/examples",
];

/// A file for browsers.
pub(crate) struct Asset {
    /// Where it lies under [`SITE`].
    pub(crate) path: String,
    /// Its line in `hash.txt`, where it has one.
    line: String,
    pub(crate) bytes: Vec<u8>,
    /// The same after brotli; empty for formats that are compressed already.
    pub(crate) brotli: Vec<u8>,
}

impl Asset {
    pub(crate) fn new(path: String, bytes: Vec<u8>) -> Self {
        let mut brotli = Vec::new();
        let extension = Path::new(&path).extension().and_then(|it| it.to_str());
        if let Some("js" | "wasm" | "bin" | "css" | "svg" | "txt") = extension {
            let params = brotli::enc::BrotliEncoderParams { quality: 11, size_hint: bytes.len(), ..Default::default() };
            brotli::BrotliCompress(&mut bytes.as_slice(), &mut brotli, &params).expect("memory takes every write");
        }
        Self { path, line: String::new(), bytes, brotli }
    }

    /// A file that pages ask for by a hash, so that browsers may keep it for ever.
    pub(crate) fn hashed(name: &str, hash: &str, extension: &str, bytes: Vec<u8>) -> Self {
        Self { line: format!("{extension}: {hash}\n"), ..Self::new(format!("pkg/{name}.{hash}.{extension}"), bytes) }
    }

    fn gzip(&self) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&self.bytes).and_then(|()| encoder.finish()).expect("memory takes every write")
    }
}

/// The hash that names files of this content.
pub(crate) fn hash_of(contents: &[&[u8]]) -> String {
    let digest = contents.iter().fold(Sha256::new(), Sha256::chain_update).finalize();
    let head = digest.first_chunk().expect("SHA-256 gives 32 bytes");
    format!("{:016x}", u64::from_be_bytes(*head))
}

/// Replaces [`SITE`] and every `hash.txt`.
pub(crate) fn publish(hashed: &[Asset], others: &[Asset]) -> Outcome<()> {
    if Path::new(SITE).exists() {
        fs::remove_dir_all(SITE).map_err(about("remove", SITE))?;
    }
    for asset in hashed.iter().chain(others) {
        let path = format!("{SITE}/{}", asset.path);
        write(&path, &asset.bytes)?;
        if !asset.brotli.is_empty() {
            write(&format!("{path}.br"), &asset.brotli)?;
            write(&format!("{path}.gz"), &asset.gzip())?;
        }
    }
    let lines: String = hashed.iter().map(|asset| asset.line.as_str()).collect();
    BESIDE.iter().try_for_each(|folder| write(&format!("{folder}/hash.txt"), lines.as_bytes()))
}

/// Every file under a folder, at any depth.
pub(crate) fn files_under(folder: impl Into<PathBuf>) -> Outcome<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.into()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(about("list", folder.display()))? {
            let path = entry.map_err(about("list", folder.display()))?.path();
            let kind = if path.is_dir() { &mut folders } else { &mut files };
            kind.push(path);
        }
    }
    files.sort();
    Ok(files)
}

pub(crate) fn read(path: impl AsRef<Path>) -> Outcome<Vec<u8>> {
    fs::read(&path).map_err(about("read", path.as_ref().display()))
}

pub(crate) fn text(path: impl AsRef<Path>) -> Outcome<String> {
    fs::read_to_string(&path).map_err(about("read", path.as_ref().display()))
}

/// Names the operation and the file that an error is about.
pub(crate) fn about<E: Display>(operation: &str, path: impl Display) -> impl FnOnce(E) -> String {
    move |error| format!("cannot {operation} {path}: {error}")
}

fn write(path: &str, bytes: &[u8]) -> Outcome<()> {
    let folder = Path::new(path).parent().expect("a file lies in a folder");
    fs::create_dir_all(folder).and_then(|()| fs::write(path, bytes)).map_err(about("write", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_content() {
        let [one, two] = [b"one", b"two"].map(|bytes| hash_of(&[bytes]));
        assert_eq!(one, "7692c3ad3540bb80");
        assert_ne!(one, two);
        assert_eq!(hash_of(&[b"o", b"ne"]), one);
        let file = Asset::hashed("keyward", &one, "js", b"one".to_vec());
        assert_eq!(
            (file.path.as_str(), file.line.as_str()),
            ("pkg/keyward.7692c3ad3540bb80.js", "js: 7692c3ad3540bb80\n")
        );
    }

    #[test]
    fn only_what_shrinks_is_compressed() {
        for (path, compressed) in [("a.svg", true), ("robots.txt", true), ("a.png", false), ("LICENSE", false)] {
            let asset = Asset::new(path.into(), b"text text text text".to_vec());
            assert_eq!(!asset.brotli.is_empty(), compressed, "{path}");
        }
    }
}
