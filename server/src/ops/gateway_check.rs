//! Sends the gateway self-test's requests. The host is resolved once, its addresses are looked through, and what is
//! connected to is an address that was found fit: a name cannot lead elsewhere in between. No redirect is followed.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, OnceLock},
    time::Duration,
};

use admin::{Admin, AdminError, Attempt, FieldError, GatewayCheck, GatewayForm, GatewayReport, Permit, Seen};
use axum::{
    body::Body,
    http::{HeaderValue, Request, Uri, header, uri::Scheme},
};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use model::address::is_public;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore, pki_types::ServerName},
};

/// How long the host's look-up and each request may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes of a body that are looked at.
const BODY: usize = 64 * 1024;
/// The longest address that is tried.
const LONGEST: usize = 1024;

/// The headers by which services are told who calls, and the same as some services read them.
const IDENTITY: [&str; 11] = [
    "x-keyward-key-id",
    "x-keyward-key-name",
    "x-keyward-key-series",
    "x-keyward-subject",
    "x-keyward-role",
    "x-keyward-tenant",
    "x-keyward-scopes",
    "x_keyward_subject",
    "x_keyward_role",
    "x.keyward.subject",
    "x.keyward.role",
];

/// The headers in which some services look for where a request came from, and which proxies seldom set.
const ADDRESSES: [&str; 5] = ["forwarded", "x-real-ip", "x-client-ip", "true-client-ip", "x-cluster-client-ip"];

/// Tests the gateway of this form, which the permit may let do so.
pub async fn run(admin: &Arc<Admin>, permit: &Permit, form: &GatewayForm) -> Result<GatewayReport, AdminError> {
    let private = admin.probes_private(permit).await?;
    let target = Target::resolve(&form.url, private).await;
    let target = Arc::new(target.map_err(|message| AdminError::Invalid(vec![FieldError { field: "url", message }]))?);
    let gateway = target.name();
    let fetch = move |attempt| {
        let target = target.clone();
        async move { target.fetch(attempt).await }
    };
    admin.probe_gateway(permit, form, gateway, fetch).await
}

/// An address that may be called.
struct Target {
    uri: Uri,
    host: String,
    tls: bool,
    addresses: Vec<SocketAddr>,
}

impl Target {
    /// Reads an address and resolves its host. The error is a sentence for whoever typed it.
    async fn resolve(text: &str, private: bool) -> Result<Self, String> {
        let text = text.trim();
        let form = || "Type an address such as https://api.example.com/rooms.".to_owned();
        let uri: Uri = text.parse().map_err(|_| form())?;
        let tls = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return Err(form()),
        };
        let authority = uri.authority().ok_or_else(form)?;
        if authority.as_str().contains('@') || text.len() > LONGEST {
            return Err(form());
        }
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let port = authority.port_u16().unwrap_or(if tls { 443 } else { 80 });
        let found: Vec<SocketAddr> = match timeout(PATIENCE, tokio::net::lookup_host((host.as_str(), port))).await {
            Ok(Ok(found)) => found.collect(),
            _ => Vec::new(),
        };
        if found.is_empty() {
            return Err(format!("The host {host} was not found."));
        }
        let addresses: Vec<_> = found.into_iter().filter(|found| private || is_public(found.ip())).collect();
        if addresses.is_empty() {
            return Err(format!(
                "{host} is at a private address. A superadmin can let the self-test call those, in the policy."
            ));
        }
        Ok(Self { uri, host, tls, addresses })
    }

    /// The address without its query, which may hold anything.
    fn name(&self) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        let authority = self.uri.authority().map_or("", |authority| authority.as_str());
        format!("{scheme}://{authority}{}", self.uri.path())
    }

    /// Sends one attempt. The error is the end of a sentence.
    async fn fetch(&self, attempt: Attempt) -> Result<Seen, String> {
        timeout(PATIENCE, self.answer(&attempt))
            .await
            .map_err(|_| format!("it took longer than {} s", PATIENCE.as_secs()))?
    }

    async fn answer(&self, attempt: &Attempt) -> Result<Seen, String> {
        let request = self.request(attempt)?;
        let stream = self.connect().await?;
        if !self.tls {
            return exchange(stream, request).await;
        }
        let name = match self.host.parse::<IpAddr>() {
            Ok(address) => ServerName::from(address),
            Err(_) => ServerName::try_from(self.host.clone()).map_err(|_| "its host has no name for TLS".to_owned())?,
        };
        let stream = TlsConnector::from(trust()).connect(name, stream).await;
        exchange(stream.map_err(|error| format!("TLS failed: {error}"))?, request).await
    }

    async fn connect(&self) -> Result<TcpStream, String> {
        TcpStream::connect(self.addresses.as_slice()).await.map_err(|error| format!("it could not be reached: {error}"))
    }

    fn request(&self, attempt: &Attempt) -> Result<Request<Body>, String> {
        let query = self.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        let path = format!("{}{query}", path(self.uri.path(), attempt.probe));
        let mut request = Request::get(path)
            .header(header::HOST, self.uri.authority().map_or("", |authority| authority.as_str()))
            .header(header::USER_AGENT, concat!("keyward-self-test/", env!("CARGO_PKG_VERSION")))
            .header(header::ACCEPT, "*/*")
            .header(header::CONNECTION, "close");
        if let Some(key) = &attempt.key {
            let value = HeaderValue::from_str(&format!("Bearer {}", key.reveal()));
            let mut value = value.map_err(|_| "the key fits no header".to_owned())?;
            value.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, value);
        }
        let names = if attempt.probe == GatewayCheck::ForgedAddress { &ADDRESSES[..] } else { &IDENTITY[..] };
        for (name, value) in names.iter().zip(attempt.forged.iter().cycle()) {
            request = request.header(*name, value);
        }
        request.body(Body::empty()).map_err(|_| "its path is no path".to_owned())
    }
}

/// The path as a probe writes it.
fn path(path: &str, probe: GatewayCheck) -> String {
    match probe {
        GatewayCheck::Slashes => format!("/{path}"),
        GatewayCheck::Dot => format!("/.{path}"),
        GatewayCheck::Encoded => with_a_letter(path, |letter| format!("%{:02X}", u32::from(letter))),
        GatewayCheck::Unicode => with_a_letter(path, |letter| format!("%u{:04x}", u32::from(letter))),
        GatewayCheck::Parameter => format!("/;{path}"),
        GatewayCheck::Overlong => format!("/%c0%af{}", path.trim_start_matches('/')),
        _ => path.to_owned(),
    }
}

/// The path with its first letter written in another way.
fn with_a_letter(path: &str, write: impl Fn(char) -> String) -> String {
    let letter = path.char_indices().find(|(_, letter)| letter.is_ascii_alphabetic());
    letter
        .map_or_else(|| path.to_owned(), |(at, letter)| format!("{}{}{}", &path[..at], write(letter), &path[at + 1..]))
}

/// One request and its answer, as far as it is looked at.
async fn exchange<S>(stream: S, request: Request<Body>) -> Result<Seen, String>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let failed = |error: hyper::Error| format!("it does not speak HTTP: {error}");
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let connection = tokio::spawn(connection);
    let answer = async {
        let (parts, body) = sender.send_request(request).await.map_err(failed)?.into_parts();
        let headers = parts
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())));
        Ok(Seen { status: parts.status.as_u16(), headers: headers.collect(), body: beginning(body).await })
    };
    let answer = answer.await;
    connection.abort();
    answer
}

/// The first part of a body; what came of it, should it end early.
async fn beginning(mut body: Incoming) -> String {
    let mut bytes = Vec::new();
    while let Some(Ok(frame)) = body.frame().await {
        bytes.extend_from_slice(frame.data_ref().map_or(&[], |data| data));
        if bytes.len() >= BODY {
            break;
        }
    }
    bytes.truncate(BODY);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The public certificate authorities.
fn trust() -> Arc<ClientConfig> {
    static TRUST: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    let config = || {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
    };
    TRUST.get_or_init(config).clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_may_not_be_called_is_not() {
        for (text, expected) in [
            ("", "Type an address"),
            ("/rooms", "Type an address"),
            ("example.com", "Type an address"),
            ("ftp://example.com/", "Type an address"),
            ("http://user:secret@8.8.8.8/", "Type an address"),
            ("http://127.0.0.1:9/", "private address"),
            ("http://127.1/", "private address"),
            ("http://2130706433/", "private address"),
            ("https://localhost/", "private address"),
            ("http://[::1]/", "private address"),
            ("http://[::ffff:10.0.0.1]/", "private address"),
            ("http://169.254.169.254/latest/meta-data", "private address"),
            ("http://0.0.0.0/", "private address"),
            ("http://8.8.8.8/rooms?token=x", "http://8.8.8.8/rooms"),
            ("https://[2606:4700::1]:8443", "https://[2606:4700::1]:8443/"),
        ] {
            let found = Target::resolve(text, false).await.map_or_else(|error| error, |target| target.name());
            assert!(found.contains(expected), "{text}: {found}");
        }
        assert!(Target::resolve("http://127.0.0.1:9/", true).await.is_ok(), "the policy may allow it");
    }

    #[test]
    fn paths_are_written_in_other_ways() {
        for (probe, text, expected) in [
            (GatewayCheck::Good, "/rooms/1", "/rooms/1"),
            (GatewayCheck::Slashes, "/rooms/1", "//rooms/1"),
            (GatewayCheck::Dot, "/rooms/1", "/./rooms/1"),
            (GatewayCheck::Encoded, "/rooms/1", "/%72ooms/1"),
            (GatewayCheck::Encoded, "/1", "/1"),
            (GatewayCheck::Parameter, "/rooms/1", "/;/rooms/1"),
            (GatewayCheck::Unicode, "/rooms/1", "/%u0072ooms/1"),
            (GatewayCheck::Overlong, "/rooms/1", "/%c0%afrooms/1"),
        ] {
            assert_eq!(path(text, probe), expected);
        }
    }
}
