//! A server that is asked over HTTP or HTTPS, with an API key that is in the environment or in a file. No redirect is
//! followed: the key goes to the address that was named, and nowhere else.

use std::{
    error::Error,
    net::IpAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use axum::{
    body::Bytes,
    http::{HeaderValue, Response, Uri, header, request},
};
use http_body_util::{BodyExt, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tokio::{sync::OnceCell, time::timeout};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::cli::{error::CliError, globals::ServerFlags};

/// How long a connection may take.
const TO_CONNECT: Duration = Duration::from_secs(10);
/// How long an answer may take: longer than the server lets a request take.
const TO_ANSWER: Duration = Duration::from_secs(35);

const KEY: &str = "KEYWARD_API_KEY";
const KEY_FILE: &str = "KEYWARD_API_KEY_FILE";

/// A server and the key that it is asked with.
pub(super) struct Remote {
    /// The address before `/api/v1`.
    base: String,
    /// Where the key is, unless it is in the environment.
    key_file: Option<PathBuf>,
    /// The key as it is sent, once it was read: some files, such as pipes, can be read once.
    authorization: OnceCell<HeaderValue>,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl Remote {
    /// Reads the address; the key is read when it is needed.
    pub(super) fn new(url: &str, flags: &ServerFlags) -> Result<Self, CliError> {
        let (base, uri) = parse(url)?;
        let is_tls = uri.scheme_str() == Some("https");
        if !is_tls && !is_loopback(uri.host().unwrap_or_default()) {
            eprintln!("keyward: {base} is asked without TLS: whoever is on the way can read the API key");
        }
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_connect_timeout(Some(TO_CONNECT));
        let trusting = |roots: RootCertStore| {
            let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
            HttpsConnectorBuilder::new().with_tls_config(config)
        };
        let https = match is_tls.then(|| HttpsConnectorBuilder::new().with_native_roots()) {
            Some(Ok(https)) => https,
            // A machine without authorities of its own, such as a small container, trusts the public ones.
            Some(Err(_)) => trusting(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect()),
            None => trusting(RootCertStore::empty()),
        };
        let connector = https.https_or_http().enable_http1().wrap_connector(http);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { base, key_file: flags.api_key_file.clone(), authorization: OnceCell::new(), client })
    }

    /// Sends one request, and waits for all of its answer.
    pub(super) async fn exchange(
        &self,
        request: request::Builder,
        address: &str,
        body: Bytes,
    ) -> Result<Response<Bytes>, CliError> {
        let authorization =
            self.authorization.get_or_try_init(async || authorization(self.key_file.as_deref())).await?;
        let request = request
            .uri(format!("{}{address}", self.base))
            .header(header::USER_AGENT, concat!("keyward/", env!("CARGO_PKG_VERSION")))
            .header(header::AUTHORIZATION, authorization)
            .body(Full::new(body))
            .map_err(|error| CliError::Usage(error.to_string()))?;
        let answer = async {
            let failed = |error: hyper_util::client::legacy::Error| {
                let what = if error.is_connect() { "cannot be reached" } else { "did not answer" };
                format!("{} {what}: {}", self.base, cause(&error))
            };
            let (head, body) = self.client.request(request).await.map_err(failed)?.into_parts();
            let broken = |error: hyper::Error| format!("{} broke off its answer: {}", self.base, cause(&error));
            Ok(Response::from_parts(head, body.collect().await.map_err(broken)?.to_bytes()))
        };
        let late = || {
            let seconds = TO_ANSWER.as_secs();
            CliError::Environment(format!(
                "{} did not answer within {seconds} s; what was asked may be done all the same",
                self.base
            ))
        };
        timeout(TO_ANSWER, answer).await.map_err(|_| late())?.map_err(CliError::Environment)
    }
}

/// The address without a slash at its end.
fn parse(url: &str) -> Result<(String, Uri), CliError> {
    let wrong = || CliError::Usage("--server takes an address such as https://keys.example.com".to_owned());
    let base = url.trim().trim_end_matches('/');
    let uri: Uri = base.parse().map_err(|_| wrong())?;
    let is_plain = matches!(uri.scheme_str(), Some("http" | "https"))
        && uri.query().is_none()
        && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    if is_plain { Ok((base.to_owned(), uri)) } else { Err(wrong()) }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    address.map_or(host.eq_ignore_ascii_case("localhost"), |address| address.is_loopback())
}

/// The API key, as it is sent: of the file that the command names, of the environment, or of the file that the environment
/// names.
fn authorization(file: Option<&Path>) -> Result<HeaderValue, CliError> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let from_file = |file: &Path| {
        let read = std::fs::read_to_string(file);
        read.map_err(|error| CliError::Environment(format!("the API key's file {}: {error}", file.display())))
    };
    let key = match (file, variable(KEY), variable(KEY_FILE)) {
        (Some(file), _, _) => from_file(file)?,
        (None, Some(key), _) => key.to_string_lossy().into_owned(),
        (None, None, Some(file)) => from_file(Path::new(&file))?,
        (None, None, None) => {
            let missing = format!(
                "--server needs an API key: put it into {KEY}, or name its file in {KEY_FILE} or with --api-key-file"
            );
            return Err(CliError::Environment(missing));
        }
    };
    let key = key.trim();
    let is_key = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
    let unfit = || CliError::Environment("the API key is not one line of letters, digits and signs".to_owned());
    let mut value = HeaderValue::from_str(&format!("Bearer {key}")).ok().filter(|_| is_key).ok_or_else(unfit)?;
    value.set_sensitive(true);
    Ok(value)
}

/// What caused an error at first: what stands before it mostly repeats it.
fn cause(error: &dyn Error) -> String {
    error.source().map_or_else(|| error.to_string(), cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_http_or_https_and_a_host() {
        for (url, base) in [
            ("https://keys.example.com/", "https://keys.example.com"),
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
            ("https://example.com/keyward/", "https://example.com/keyward"),
        ] {
            assert_eq!(parse(url).unwrap().0, base);
        }
        for url in ["keys.example.com", "ftp://example.com", "https://u:p@example.com", "https://example.com/?a=b", ""]
        {
            assert!(parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_loopback_is_this_machine() {
        for (host, expected) in
            [("localhost", true), ("127.0.0.9", true), ("[::1]", true), ("keys.lan", false), ("10.0.0.1", false)]
        {
            assert_eq!(is_loopback(host), expected, "{host}");
        }
    }
}
