//! Settings: flags win, then the environment, then the file, then the defaults. A wrong value stops the start with its
//! name, what is wrong and an example.

use std::{
    collections::HashMap,
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
};

use ipnet::IpNet;
use store::Location;

/// Every setting, as text, where given: the flags of the command line.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Settings (each also as KEYWARD_… in the environment, or in the file)")]
pub struct Flags {
    /// A TOML file with settings
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where the console and the API listen [default: 127.0.0.1:3000]
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// Where health and metrics listen [default: 127.0.0.1:3001]
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub ops_listen: Option<String>,
    /// Where verification listens alone, beside the console's address
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub verify_listen: Option<String>,
    /// Where files are kept [default: data]
    #[arg(long, global = true, value_name = "FOLDER")]
    pub data_dir: Option<String>,
    /// Where the database is
    #[arg(
        long,
        global = true,
        value_name = "URL",
        help = "sqlite://FILE (in the data folder) or postgres://USER:PASSWORD@HOST/DATABASE [default: sqlite://keyward.db]"
    )]
    pub database_url: Option<String>,
    /// The console's address as browsers see it [default: http:// and the listening address]
    #[arg(long, global = true, value_name = "URL")]
    pub public_url: Option<String>,
    /// The master key's file, the same on every node [default: master.key in the data folder]
    #[arg(long, global = true, value_name = "FILE")]
    pub master_key_file: Option<String>,
    /// Networks whose forwarded headers are believed, separated by commas [default: none]
    #[arg(long, global = true, value_name = "CIDRS")]
    pub trusted_proxies: Option<String>,
    /// What is logged: error, warn, info, debug or trace, or a filter by module [default: info]
    #[arg(long, global = true, value_name = "LEVEL")]
    pub log: Option<String>,
    /// How it is logged: text or json [default: text]
    #[arg(long, global = true, value_name = "FORMAT")]
    pub log_format: Option<String>,
}

impl Flags {
    fn given(&self) -> [(&'static str, Option<&String>); 10] {
        [
            ("listen", self.listen.as_ref()),
            ("ops_listen", self.ops_listen.as_ref()),
            ("verify_listen", self.verify_listen.as_ref()),
            ("data_dir", self.data_dir.as_ref()),
            ("database_url", self.database_url.as_ref()),
            ("public_url", self.public_url.as_ref()),
            ("master_key_file", self.master_key_file.as_ref()),
            ("trusted_proxies", self.trusted_proxies.as_ref()),
            ("log", self.log.as_ref()),
            ("log_format", self.log_format.as_ref()),
        ]
    }
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one JSON object a line.
    Json,
}

/// Settings, parsed. It holds the database's URL and so has no `Debug`.
#[derive(Clone)]
pub struct Config {
    /// Where the console and the API listen.
    pub listen: SocketAddr,
    /// Where health and metrics listen.
    pub ops_listen: SocketAddr,
    /// Where verification listens alone.
    pub verify_listen: Option<SocketAddr>,
    /// Where files are kept.
    pub data_dir: PathBuf,
    /// Where the database is.
    pub database: Location,
    /// The console's address as browsers see it, without a slash at its end.
    pub public_url: String,
    /// Whether the public URL was set; otherwise browsers may reach the console at any name of this machine.
    pub is_public_url_set: bool,
    /// The master key's file.
    pub master_key_file: PathBuf,
    /// Networks whose forwarded headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// What is logged.
    pub log: String,
    /// How it is logged.
    pub log_format: LogFormat,
}

/// A setting that cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A value does not parse. The value itself is not repeated: it may be secret.
    #[error("{name} ({origin}) {wrong}. Example: {name}={example}")]
    Value {
        /// The environment variable's name.
        name: String,
        /// Where the value came from.
        origin: String,
        /// What is wrong with it.
        wrong: String,
        /// A value that would do.
        example: &'static str,
    },
    /// The settings file cannot be used.
    #[error("the settings file {0}: {1}")]
    File(String, String),
}

struct Raw {
    values: HashMap<&'static str, (String, String)>,
}

impl Config {
    /// Reads the settings of this process.
    pub fn load(flags: &Flags) -> Result<Self, ConfigError> {
        Self::read(flags, |name| std::env::var(name).ok())
    }

    /// Reads settings, with the environment as an argument. An empty value counts as none: compose files produce them.
    pub fn read(flags: &Flags, environment: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let raw = Raw::gather(flags, environment)?;
        let data_dir = PathBuf::from(raw.text("data_dir").unwrap_or("data"));
        let listen = raw.parse("listen", "127.0.0.1:3000", address)?.unwrap_or(([127, 0, 0, 1], 3000).into());
        let location = |url: &str| {
            Location::parse(url, &data_dir)
                .ok_or_else(|| "is neither sqlite://FILE nor postgres://USER:PASSWORD@HOST/DATABASE".to_owned())
        };
        let public_url = raw.parse("public_url", "https://keys.example.com", origin)?;
        Ok(Self {
            listen,
            ops_listen: raw.parse("ops_listen", "127.0.0.1:3001", address)?.unwrap_or(([127, 0, 0, 1], 3001).into()),
            verify_listen: raw.parse("verify_listen", "127.0.0.1:3002", address)?,
            database: match raw.parse("database_url", "sqlite://keyward.db", location)? {
                Some(location) => location,
                None => Location::Sqlite(data_dir.join("keyward.db")),
            },
            is_public_url_set: public_url.is_some(),
            public_url: public_url.unwrap_or_else(|| format!("http://{}", reachable(listen))),
            master_key_file: raw.text("master_key_file").map_or_else(|| data_dir.join("master.key"), PathBuf::from),
            trusted_proxies: raw.parse("trusted_proxies", "10.0.0.0/8,::1/128", networks)?.unwrap_or_default(),
            log: raw.parse("log", "info", level)?.unwrap_or_else(|| "info".to_owned()),
            log_format: raw.parse("log_format", "json", format_of)?.unwrap_or(LogFormat::Text),
            data_dir,
        })
    }

    /// Whether browsers reach the console over TLS.
    pub fn is_tls(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// The file that anchors the audit chain outside the database.
    pub fn checkpoint(&self) -> PathBuf {
        match &self.database {
            Location::Sqlite(path) => path.with_extension("checkpoint"),
            Location::Postgres(_) => self.data_dir.join("audit.checkpoint"),
        }
    }
}

impl Raw {
    fn gather(flags: &Flags, environment: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut file = match &flags.config {
            Some(path) => {
                let broken = |error: String| ConfigError::File(path.display().to_string(), error);
                let text = fs::read_to_string(path).map_err(|error| broken(error.to_string()))?;
                text.parse::<toml::Table>().map_err(|error| broken(error.message().to_owned()))?
            }
            None => toml::Table::new(),
        };
        let environment = |name: &str| environment(name).filter(|value| !value.trim().is_empty());
        let mut values = HashMap::new();
        for (name, flag) in flags.given() {
            let variable = variable(name);
            let in_file = file.remove(name).map(|value| match value {
                toml::Value::String(text) => text,
                toml::Value::Array(items) => {
                    items.iter().map(|item| item.as_str().unwrap_or_default()).collect::<Vec<_>>().join(",")
                }
                _ => String::new(),
            });
            let value = if let Some(value) = flag.filter(|value| !value.trim().is_empty()) {
                Some((value.clone(), "from the command line".to_owned()))
            } else if let Some(value) = environment(&variable) {
                Some((value, "from the environment".to_owned()))
            } else if let Some(path) =
                (name == "database_url").then(|| environment(&format!("{variable}_FILE"))).flatten()
            {
                let text =
                    fs::read_to_string(&path).map_err(|error| ConfigError::File(path.clone(), error.to_string()))?;
                Some((text.trim().to_owned(), format!("from {path}")))
            } else {
                in_file
                    .filter(|value| !value.trim().is_empty())
                    .map(|value| (value, "from the settings file".to_owned()))
            };
            values.extend(value.map(|value| (name, value)));
        }
        if let (Some(unknown), Some(path)) = (file.keys().next(), &flags.config) {
            let known: Vec<_> = flags.given().map(|(name, _)| name).to_vec();
            let wrong = format!("there is no setting named {unknown}; there are {}", known.join(", "));
            return Err(ConfigError::File(path.display().to_string(), wrong));
        }
        Ok(Self { values })
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|(value, _)| value.as_str())
    }

    fn parse<T>(
        &self,
        name: &str,
        example: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, ConfigError> {
        let Some((value, origin)) = self.values.get(name) else { return Ok(None) };
        parse(value).map(Some).map_err(|wrong| ConfigError::Value {
            name: variable(name),
            origin: origin.clone(),
            wrong,
            example,
        })
    }
}

/// Variables that callers keep beside the settings: their key, what they sign with, and the key for `--server`.
const OF_CALLERS: [&str; 4] = ["KEYWARD_KEY", "KEYWARD_SIGNING_KEY", "KEYWARD_API_KEY", "KEYWARD_API_KEY_FILE"];

/// Which of these variables are named like settings and are none: misspelt ones, most likely.
pub fn unknown_variables(names: impl Iterator<Item = String>) -> Vec<String> {
    let known = |name: &str| {
        let is_file = name == format!("{}_FILE", variable("database_url"));
        is_file
            || OF_CALLERS.contains(&name)
            || Flags::default().given().iter().any(|(known, _)| variable(known) == name)
    };
    names.filter(|name| name.starts_with("KEYWARD_") && !known(name)).collect()
}

fn variable(name: &str) -> String {
    format!("KEYWARD_{}", name.to_uppercase())
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "is not an IP address and a port".to_owned())
}

fn networks(text: &str) -> Result<Vec<IpNet>, String> {
    let network = |part: &str| part.parse().or_else(|_| part.parse::<IpAddr>().map(IpNet::from));
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| network(part).map_err(|_| format!("holds \u{201c}{part}\u{201d}, which is no network"))).collect()
}

/// Where a browser on this machine finds what listens here: everywhere includes here.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// An origin as browsers send it: in lower case, without the port that its scheme has anyway.
fn origin(text: &str) -> Result<String, String> {
    let text = text.trim_end_matches('/').to_lowercase();
    let uri: axum::http::Uri = text.parse().map_err(|_| "is not a URL".to_owned())?;
    let plain = matches!(uri.scheme_str(), Some("http" | "https")) && uri.path() == "/" && uri.query().is_none();
    let usual = if text.starts_with("https:") { ":443" } else { ":80" };
    let origin = text.strip_suffix(usual).unwrap_or(&text).to_owned();
    if plain { Ok(origin) } else { Err("is not http:// or https:// and a host, without a path".to_owned()) }
}

fn level(text: &str) -> Result<String, String> {
    let filter = tracing_subscriber::EnvFilter::builder().parse(text);
    filter.map(|_| text.to_owned()).map_err(|_| "is not a level".to_owned())
}

fn format_of(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("is neither text nor json".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(flags: &Flags, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::read(flags, |name| {
            environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_misspelt_variable_is_found() {
        let names = [
            "KEYWARD_LISTEN",
            "KEYWARD_LISTNE",
            "KEYWARD_DATABASE_URL_FILE",
            "KEYWARD_LOG_FILE",
            "KEYWARD_KEY",
            "PATH",
        ];
        let unknown = unknown_variables(names.into_iter().map(str::to_owned));
        assert_eq!(unknown, ["KEYWARD_LISTNE", "KEYWARD_LOG_FILE"]);
    }

    #[test]
    fn nothing_has_to_be_set() {
        let config = read(&Flags::default(), &[]).unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:3000");
        assert_eq!(config.public_url, "http://127.0.0.1:3000");
        assert!(config.database == Location::Sqlite("data/keyward.db".into()));
        assert!(config.trusted_proxies.is_empty() && !config.is_tls());
    }

    #[test]
    fn an_empty_value_is_none() {
        let names = Flags::default().given().map(|(name, _)| variable(name));
        let extra = ["KEYWARD_DATABASE_URL_FILE".to_owned()];
        for name in names.iter().chain(&extra) {
            for empty in ["", "  "] {
                let config =
                    read(&Flags::default(), &[(name, empty)]).unwrap_or_else(|error| panic!("{name}: {error}"));
                assert_eq!(config.listen.to_string(), "127.0.0.1:3000", "{name}");
                assert_eq!(config.data_dir, PathBuf::from("data"), "{name}");
                assert!(config.verify_listen.is_none() && !config.is_public_url_set, "{name}");
            }
        }
        let flags = Flags { listen: Some(String::new()), ..Flags::default() };
        assert_eq!(read(&flags, &[("KEYWARD_LISTEN", "127.0.0.1:8")]).unwrap().listen.port(), 8);
    }

    #[test]
    fn the_public_url_is_an_origin_as_browsers_send_it() {
        for (typed, expected) in [
            ("https://Keys.Example.com:443/", "https://keys.example.com"),
            ("http://keys.lan:80", "http://keys.lan"),
            ("http://keys.lan:3000", "http://keys.lan:3000"),
        ] {
            let config = read(&Flags::default(), &[("KEYWARD_PUBLIC_URL", typed)]).unwrap();
            assert_eq!((config.public_url.as_str(), config.is_public_url_set), (expected, true));
        }
        let config = read(&Flags::default(), &[("KEYWARD_LISTEN", "0.0.0.0:3000")]).unwrap();
        assert_eq!((config.public_url.as_str(), config.is_public_url_set), ("http://127.0.0.1:3000", false));
    }

    #[test]
    fn a_wrong_value_is_named_and_not_repeated() {
        for (name, value) in [
            ("KEYWARD_LISTEN", "localhost"),
            ("KEYWARD_OPS_LISTEN", "127.0.0.1"),
            ("KEYWARD_VERIFY_LISTEN", ":3002"),
            ("KEYWARD_DATABASE_URL", "mysql://root:hunter2@db/keyward"),
            ("KEYWARD_PUBLIC_URL", "keys.example.com/path"),
            ("KEYWARD_TRUSTED_PROXIES", "10.0.0.0/40"),
            ("KEYWARD_LOG", "=="),
            ("KEYWARD_LOG_FORMAT", "xml"),
        ] {
            let error = read(&Flags::default(), &[(name, value)]).err().expect(name).to_string();
            assert!(error.starts_with(&format!("{name} (from the environment) ")), "{error}");
            assert!(error.contains(&format!("Example: {name}=")), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn flags_win_over_the_environment_and_that_over_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keyward.toml");
        fs::write(
            &path,
            "listen = \"127.0.0.1:1\"\nops_listen = \"127.0.0.1:2\"\ntrusted_proxies = [\"10.0.0.0/8\", \"::1\"]\n",
        )
        .unwrap();
        let flags = Flags { config: Some(path.clone()), listen: Some("127.0.0.1:7".to_owned()), ..Flags::default() };
        let config = read(&flags, &[("KEYWARD_LISTEN", "127.0.0.1:8"), ("KEYWARD_OPS_LISTEN", "127.0.0.1:9")]).unwrap();
        assert_eq!((config.listen.port(), config.ops_listen.port(), config.trusted_proxies.len()), (7, 9, 2));

        fs::write(&path, "listne = \"127.0.0.1:1\"\n").unwrap();
        assert!(read(&flags, &[]).err().unwrap().to_string().contains("no setting named listne"));
    }
}
