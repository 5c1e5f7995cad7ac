//! A real proxy with the configuration we ship, as a process of its own, and the service behind it. Of a shipped file
//! only the addresses and folders that it documents are replaced.

use std::{
    fs::File,
    net::TcpStream,
    path::Path,
    process::{Child, Command},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, Method, Uri},
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::{
    Answer,
    database::files,
    program::{exchange, free},
};

/// The proxies we ship a configuration for.
pub const PROXIES: [&str; 3] = ["nginx", "caddy", "haproxy"];

/// A running proxy.
pub struct Proxy {
    pub name: &'static str,
    pub address: String,
    folder: TempDir,
    child: Child,
}

impl Proxy {
    /// Starts it between this Keyward and this service, and waits until it listens.
    pub fn start(name: &'static str, keyward: &str, service: &str) -> Self {
        Self::with(name, keyward, service, str::to_owned)
    }

    /// The same with the recipe for CORS, which is commented out.
    pub fn letting_preflights_through(name: &'static str, keyward: &str, service: &str) -> Self {
        Self::with(name, keyward, service, |shipped| {
            let recipe = |line: &str| {
                let bare = line.trim_start();
                let is_recipe = bare.starts_with('#') && !bare.starts_with("# ") && bare.len() > 1;
                format!("{}\n", if is_recipe { line.replacen('#', "", 1) } else { line.to_owned() })
            };
            shipped.lines().map(recipe).collect()
        })
    }

    fn with(name: &'static str, keyward: &str, service: &str, edit: fn(&str) -> String) -> Self {
        let (folder, address) = (tempfile::tempdir().unwrap(), free());
        let here = folder.path().display().to_string();
        let port = address.rsplit_once(':').unwrap().1;
        let write = |file: &str, text: &str| std::fs::write(folder.path().join(file), text).unwrap();
        let ours = |shipped: &str, theirs: &str| {
            [("127.0.0.1:3000", keyward), ("127.0.0.1:8081", service), (":8080", &format!(":{port}")), (theirs, &here)]
                .into_iter()
                .fold(edit(shipped), |text, (documented, ours)| {
                    assert!(text.contains(documented), "{name}'s configuration names {documented}");
                    text.replace(documented, ours)
                })
        };
        let arguments = match name {
            "nginx" => {
                write("keyward.conf", &ours(include_str!("../../../deploy/proxies/nginx.conf"), "/var/log/nginx"));
                write("nginx.conf", &around_nginx(&here));
                format!("-p {here} -c nginx.conf -e main.log")
            }
            "caddy" => {
                write("Caddyfile", &ours(include_str!("../../../deploy/proxies/Caddyfile"), "/var/log/caddy"));
                format!("run --config {here}/Caddyfile")
            }
            "haproxy" => {
                write("haproxy.cfg", &ours(include_str!("../../../deploy/proxies/haproxy.cfg"), "/etc/haproxy"));
                write("haproxy-auth.lua", include_str!("../../../deploy/proxies/haproxy-auth.lua"));
                format!("-db -f {here}/haproxy.cfg")
            }
            _ => panic!("no configuration is shipped for {name}"),
        };
        let output = File::create(folder.path().join("output.log")).unwrap();
        let mut command = Command::new(name);
        command
            .args(arguments.split(' '))
            // Where Debian keeps nginx and HAProxy, and users have no path to.
            .env("PATH", format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default()))
            .envs([("HOME", here.as_str()), ("CADDY_ADMIN", &free())])
            .stdout(output.try_clone().unwrap())
            .stderr(output);
        let child = command.spawn().unwrap_or_else(|error| {
            panic!("The tests need {name}: run end2end/setup.sh, or install your system's package {name} ({error})")
        });
        let mut proxy = Self { name, address, folder, child };
        let until = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(&proxy.address).is_err() {
            let gone = proxy.child.try_wait().unwrap();
            assert!(gone.is_none() && Instant::now() < until, "{name} did not start: {gone:?}\n{}", proxy.logs());
            std::thread::sleep(Duration::from_millis(20));
        }
        proxy
    }

    /// One request by hand.
    pub fn ask(&self, line: &str, headers: &[(&str, &str)]) -> Answer {
        let head =
            headers.iter().fold(format!("{line} HTTP/1.1"), |head, (name, value)| format!("{head}\r\n{name}: {value}"));
        exchange(&self.address, &head, "").unwrap_or_else(|| panic!("{} does not answer {line}", self.name))
    }

    /// All it has written, wherever.
    pub fn logs(&self) -> String {
        let text = |path: &Path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
        files(self.folder.path()).iter().map(|path| text(path)).collect()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What stands around a file in `/etc/nginx/conf.d`, with logs that ours must not reach, and one process that is easily
/// ended.
fn around_nginx(here: &str) -> String {
    let temporary =
        ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|what| format!("{what}_temp_path {here}/{what};"));
    format!(
        "daemon off; master_process off; pid nginx.pid; error_log main.log;
        events {{}}
        http {{ access_log {here}/access.log; error_log {here}/error.log; {} include {here}/keyward.conf; }}",
        temporary.concat()
    )
}

/// A service that says yes to everything and remembers what it was asked.
pub struct Service {
    pub address: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    runtime: Runtime,
}

/// A request as the service saw it.
#[derive(Debug)]
pub struct Seen {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
}

impl Seen {
    /// A header's values.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }
}

impl Service {
    pub fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let remember = Arc::clone(&seen);
        let router = Router::new().fallback(move |request: Request| {
            let (parts, _) = request.into_parts();
            remember.lock().unwrap().push(Seen { method: parts.method, uri: parts.uri, headers: parts.headers });
            std::future::ready("served")
        });
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        // It takes more headers than others do, so that what is refused was refused before it.
        let (stop, stopped) = tokio::sync::watch::channel(false);
        runtime.spawn(async move {
            server::listen::serve(listener, router, server::listen::Caps::of_this_process(&[]), stopped).await;
            drop(stop);
        });
        Self { address, seen, runtime }
    }

    /// What it saw since it was asked last.
    pub fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }

    /// Ends it.
    pub fn stop(self) {
        self.runtime.shutdown_background();
    }
}
