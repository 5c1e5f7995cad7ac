//! The accept loop. It survives running out of file descriptors, lets nobody keep a connection without asking anything, caps
//! how many are open, and on shutdown lets what is under way finish.

use std::{
    collections::HashMap,
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
    extract::ConnectInfo,
};
use hyper::{
    body::{Frame, Incoming, SizeHint},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
};
use ipnet::IpNet;
use model::address::client_network;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tower::ServiceExt;

use crate::layers::envelope::{HEADER_BYTES, HEADER_LINES};

/// How long a client may take to ask: from the connection to its first request, and for the headers of each.
const HEADERS: Duration = Duration::from_secs(10);
/// After this many times [`HEADERS`] without a request a connection ends.
const QUIET: u32 = 6;
/// How long the network may keep an answer that the client does not take, in milliseconds.
const UNTAKEN: u32 = 30_000;
/// Pause after an accept failed, which usually means that file descriptors ran out.
const PAUSE: Duration = Duration::from_millis(100);
/// How long requests under way may take after the stop signal.
const DRAIN: Duration = Duration::from_secs(8);
/// The most streams of one connection at once.
const STREAMS: u32 = 128;
/// File descriptors that are left to the database and to files.
const RESERVED: usize = 256;

/// How many connections a listener holds open. Who comes on top of that is turned away at once.
#[derive(Clone, Debug)]
pub struct Caps {
    /// From everyone.
    pub total: usize,
    /// From one address; of IPv6, from one network of 64 bits.
    pub per_address: usize,
    /// Proxies, which speak for many.
    pub exempt: Vec<IpNet>,
}

impl Caps {
    /// What this process has file descriptors for, of which it asks for as many as it may have.
    pub fn of_this_process(exempt: &[IpNet]) -> Self {
        let total = descriptors().saturating_sub(RESERVED).clamp(256, 8192);
        Self { total, per_address: (total / 4).max(128), exempt: exempt.to_vec() }
    }
}

/// How many file descriptors this process may open, after it raised its own limit as far as it is let.
#[cfg(unix)]
fn descriptors() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    let most = if raised.is_ok() { limit.maximum } else { limit.current };
    most.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX))
}

#[cfg(not(unix))]
fn descriptors() -> usize {
    usize::MAX
}

/// The connections of a listener.
struct Open {
    caps: Caps,
    counts: Mutex<(usize, HashMap<IpAddr, usize>)>,
}

/// One of them, counted until it is dropped.
struct Place {
    open: Arc<Open>,
    client: Option<IpAddr>,
}

impl Open {
    fn enter(self: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        let peer = peer.to_canonical();
        let client = (!self.caps.exempt.iter().any(|network| network.contains(&peer))).then(|| client_network(peer));
        let (total, clients) = &mut *self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if *total >= self.caps.total {
            return None;
        }
        if let Some(client) = client {
            let held = clients.entry(client).or_default();
            if *held >= self.caps.per_address {
                return None;
            }
            *held += 1;
        }
        *total += 1;
        Some(Place { open: self.clone(), client })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let (total, clients) = &mut *self.open.counts.lock().unwrap_or_else(PoisonError::into_inner);
        *total -= 1;
        if let Some(client) = self.client {
            let held = clients.entry(client).or_default();
            *held -= 1;
            if *held == 0 {
                clients.remove(&client);
            }
        }
    }
}

/// What a connection does: how many requests began and ended, and how many are under way.
#[derive(Default)]
struct Activity {
    events: AtomicUsize,
    under_way: AtomicUsize,
}

/// A request under way, until its answer was sent.
struct UnderWay(Arc<Activity>);

impl UnderWay {
    fn begin(activity: &Arc<Activity>) -> Self {
        activity.events.fetch_add(1, Ordering::Relaxed);
        activity.under_way.fetch_add(1, Ordering::Relaxed);
        Self(activity.clone())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.events.fetch_add(1, Ordering::Relaxed);
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// An answer's body, under way as long as it is there.
struct Answer {
    body: Body,
    _under_way: UnderWay,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// What a listener answers with: one router while the process starts, and another from then on, whenever the connection
/// began.
#[derive(Clone)]
pub struct Served {
    starting: Router,
    ready: Arc<OnceLock<Router>>,
}

impl Served {
    /// Answers with `starting` until it is opened.
    pub fn closed(starting: Router) -> Self {
        Self { starting, ready: Arc::default() }
    }

    /// Answers with this router from now on. Once.
    pub fn open(&self, ready: Router) {
        let _ = self.ready.set(ready);
    }

    fn router(&self) -> Router {
        self.ready.get().unwrap_or(&self.starting).clone()
    }
}

impl From<Router> for Served {
    fn from(router: Router) -> Self {
        Self::closed(router)
    }
}

/// Serves `served` until `stop` changes, then drains.
pub async fn serve(listener: TcpListener, served: impl Into<Served>, caps: Caps, mut stop: watch::Receiver<bool>) {
    let served = served.into();
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .max_buf_size(2 * HEADER_BYTES)
        .max_headers(2 * HEADER_LINES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(u32::try_from(2 * HEADER_BYTES).unwrap_or(u32::MAX))
        .keep_alive_interval(Duration::from_secs(20));
    let connections = GracefulShutdown::new();
    let open = Arc::new(Open { caps, counts: Mutex::default() });
    let mut full = false;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.changed() => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let Some(place) = open.enter(peer.ip()) else {
            if !full {
                tracing::warn!(%peer, "a connection was turned away: too many are open");
            }
            full = true;
            continue;
        };
        full = false;
        prepare(&stream);
        let activity = Arc::new(Activity::default());
        let (served, asked) = (served.clone(), activity.clone());
        let service = service_fn(move |request| {
            let (under_way, answer) = (UnderWay::begin(&asked), served.router().oneshot(with_peer(request, peer)));
            async {
                let response = answer.await?;
                Ok::<_, Infallible>(response.map(|body| Answer { body, _under_way: under_way }))
            }
        });
        let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            let _place = place;
            let mut connection = pin!(connection);
            tokio::select! {
                ended = &mut connection => {
                    if let Err(error) = ended {
                        tracing::trace!(%error, %peer, "a connection ended early");
                    }
                }
                () = quiet(&activity) => tracing::trace!(%peer, "a connection on which nothing was asked was closed"),
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(DRAIN, connections.shutdown()).await.is_err() {
        tracing::warn!("some requests were still under way when the process stopped");
    }
}

/// Returns when nothing was asked: at first for as long as a client may take to ask, later for some times that.
async fn quiet(activity: &Activity) {
    let (mut seen, mut times) = (0, QUIET - 1);
    while times < QUIET {
        tokio::time::sleep(HEADERS).await;
        let events = activity.events.load(Ordering::Relaxed);
        let is_quiet = events == seen && activity.under_way.load(Ordering::Relaxed) == 0;
        times = if is_quiet { times + 1 } else { 0 };
        seen = events;
    }
}

/// Answers are small: waiting to fill a packet only adds delay. One that nobody takes is not kept for ever.
fn prepare(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
    #[cfg(target_os = "linux")]
    let _ = rustix::net::sockopt::set_tcp_user_timeout(stream, UNTAKEN);
}

fn with_peer(request: hyper::Request<Incoming>, peer: SocketAddr) -> hyper::Request<Body> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_counted_by_who_holds_them() {
        let caps = Caps { total: 6, per_address: 2, exempt: vec!["10.0.0.0/8".parse().unwrap()] };
        let open = Arc::new(Open { caps, counts: Mutex::default() });
        let mut held = Vec::new();
        for (peer, expected) in [
            ("192.0.2.1", true),
            ("::ffff:192.0.2.1", true),
            ("192.0.2.1", false),
            ("2001:db8::1", true),
            ("2001:db8::2", true),
            ("2001:db8::3", false),
            ("10.0.0.1", true),
            ("10.0.0.1", true),
            ("10.0.0.1", false),
            ("192.0.2.2", false),
        ] {
            let place = open.enter(peer.parse().unwrap());
            assert_eq!(place.is_some(), expected, "{peer}");
            held.extend(place);
        }
        drop(held.remove(0));
        held.extend(open.enter("192.0.2.1".parse().unwrap()));
        assert_eq!(held.len(), 6, "a place that was left is free");
        held.clear();
        let counts = open.counts.lock().unwrap();
        assert_eq!((counts.0, counts.1.len()), (0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_quiet_when_nothing_is_asked_and_nothing_is_under_way() {
        let activity = Arc::new(Activity::default());
        let seconds = async |activity: &Activity| {
            let began = crate::deadline::after(Duration::ZERO);
            let ended = tokio::time::timeout(Duration::from_hours(1), quiet(activity)).await;
            ended.is_ok().then(|| began.elapsed().as_secs())
        };
        assert_eq!(seconds(&activity).await, Some(10), "nothing was ever asked");
        let under_way = UnderWay::begin(&activity);
        assert_eq!(seconds(&activity).await, None, "an answer is being sent");
        drop(under_way);
        assert_eq!(seconds(&activity).await, Some(70));
    }
}
