//! Where the bundled files are.

use std::path::{Path, PathBuf};

use leptos::config::{Env, LeptosOptions};

/// Where the bundled files are, and how pages name them.
#[derive(Clone)]
pub struct Site {
    /// The folder with `pkg/` and the icons.
    pub root: PathBuf,
    /// The style sheet's path.
    pub style: String,
    /// What Leptos needs to load islands; `None` when nothing was bundled.
    pub options: Option<LeptosOptions>,
}

impl Site {
    /// Finds the bundled files: `site/` beside the program, or where the workspace's build leaves it.
    pub fn find() -> Self {
        let program = std::env::current_exe().ok();
        let beside = program.as_deref().and_then(Path::parent).unwrap_or(Path::new("."));
        let candidates = ["site", "../site", "../../site"].map(|path| beside.join(path));
        let root = candidates.into_iter().find(|path| path.join("pkg").is_dir()).unwrap_or_else(|| "site".into());
        let hashes = std::fs::read_to_string(beside.join("hash.txt")).unwrap_or_default();
        let hash =
            |kind: &str| hashes.lines().find_map(|line| line.strip_prefix(kind)?.strip_prefix(": ")).map(str::trim);
        let options = hash("wasm").zip(hash("js")).map(|_| {
            LeptosOptions::builder()
                .output_name("keyward")
                .site_root(root.display().to_string())
                .site_pkg_dir("pkg")
                .hash_files(true)
                .env(Env::PROD)
                .build()
        });
        let style = hash("css").map(|hash| format!("/pkg/keyward.{hash}.css")).unwrap_or_default();
        Self { root, style, options }
    }
}
