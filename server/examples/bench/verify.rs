//! How fast the fast door is, against a bare axum handler in the same process, with the same client, in the same run.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Json, Router, body::Bytes, routing::post};
use model::key_input::KeyInput;
use server::routes;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// Rounds of each kind; they alternate, so that a slower minute of the machine slows both.
const ROUNDS: usize = 5;

/// Measures with so many connections, each round for so many seconds.
pub(crate) async fn run(seconds: u64, connections: u64) {
    let trial = super::Trial::new().await;
    let app = &trial.app;
    let operator = trial.operator();
    let mut tokens = Vec::new();
    for scope in ["keyward.verify", "things.read"] {
        let form = KeyInput { name: scope.into(), scopes: scope.into(), expires: "90d".into(), ..KeyInput::default() };
        tokens.push(app.admin.issue_key(&operator, &form).await.expect("a key").token.reveal().to_owned());
    }

    // Memory and usage are kept as in the running program.
    app.verifier.poll_changes().await.expect("the store answers");
    let keeper = app.clone();
    tokio::spawn(async move {
        for tick in 1u64.. {
            tokio::time::sleep(verify::POLL_EVERY).await;
            let _ = keeper.verifier.poll_changes().await;
            if tick.is_multiple_of(8) {
                let _ = keeper.verifier.flush().await;
            }
        }
    });

    let bare = Router::new().route("/bare", post(|_: Bytes| async { Json(serde_json::json!({ "valid": true })) }));
    let bare = listen(bare).await;
    let keyward = listen(routes::public(app)).await;
    let body = format!("{{\"key\":\"{}\",\"scope\":\"things.read\"}}", tokens[1]);
    let request = |address: SocketAddr, path: &str, body: &str| {
        let token = &tokens[0];
        format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    };
    let forward = format!(
        "GET /forward-auth?scope=things.read HTTP/1.1\r\nHost: {keyward}\r\nAuthorization: Bearer {}\r\n\r\n",
        tokens[1]
    );
    let kinds = [
        ("bare axum handler", bare, request(bare, "/bare", &body)),
        ("verify, usage on", keyward, request(keyward, "/api/v1/verify", &body)),
        ("forward auth, usage on", keyward, forward.into_bytes()),
    ];
    println!("{connections} connections, {ROUNDS} alternating rounds of {seconds} s each");
    let mut results = vec![Vec::new(); kinds.len()];
    for _ in 0..ROUNDS {
        for (index, (_, address, request)) in kinds.iter().enumerate() {
            results[index].push(measure(*address, request, connections, Duration::from_secs(seconds)).await);
        }
    }
    let mut baseline = 0.0;
    for ((name, ..), rounds) in kinds.iter().zip(&mut results) {
        rounds.sort_by(|one, other| one.rate.total_cmp(&other.rate));
        let median = &rounds[rounds.len() / 2];
        if baseline == 0.0 {
            baseline = median.rate;
        }
        println!(
            "{name:<24} {:>8.0}/s  ratio {:.2}  p50 {:>5} \u{b5}s  p99 {:>5} \u{b5}s",
            median.rate,
            median.rate / baseline,
            median.p50,
            median.p99
        );
    }
}

#[derive(Clone)]
struct Result {
    rate: f64,
    p50: u128,
    p99: u128,
}

/// The same accept loop serves both.
async fn listen(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        server::listen::serve(listener, router, server::listen::Caps::of_this_process(&[]), stopped).await;
        drop(stop);
    });
    address
}

async fn measure(address: SocketAddr, request: &[u8], connections: u64, span: Duration) -> Result {
    let over = Arc::new(AtomicBool::new(false));
    let began = Instant::now();
    let clients: Vec<_> =
        (0..connections).map(|_| tokio::spawn(client(address, request.to_vec(), over.clone()))).collect();
    tokio::time::sleep(span).await;
    over.store(true, Ordering::SeqCst);
    let mut times = Vec::new();
    for client in clients {
        times.extend(client.await.expect("a client"));
    }
    let elapsed = began.elapsed();
    times.sort_unstable();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)].as_micros();
    #[expect(clippy::cast_precision_loss, reason = "a rate, rounded for people")]
    let rate = times.len() as f64 / elapsed.as_secs_f64();
    Result { rate, p50: at(50), p99: at(99) }
}

async fn client(address: SocketAddr, request: Vec<u8>, over: Arc<AtomicBool>) -> Vec<Duration> {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.set_nodelay(true).expect("no delay");
    let mut times = Vec::new();
    let mut buffer = vec![0; 16 * 1024];
    // Every answer to the same request has the same length: it is looked for once, so that reading costs all kinds alike.
    let mut length = usize::MAX;
    while !over.load(Ordering::SeqCst) {
        let began = Instant::now();
        stream.write_all(&request).await.expect("sent");
        let mut filled = 0;
        while filled < length && (length < usize::MAX || !is_whole(&buffer[..filled])) {
            let read = stream.read(&mut buffer[filled..]).await.expect("answered");
            assert!(read > 0, "the server hung up: {}", String::from_utf8_lossy(&buffer[..filled]));
            filled += read;
        }
        length = filled;
        assert!(buffer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&buffer[..filled]));
        times.push(began.elapsed());
    }
    times
}

/// Whether the headers and the body they announce are there.
fn is_whole(answer: &[u8]) -> bool {
    const LENGTH: &[u8] = b"\r\ncontent-length: ";
    let find = |needle: &[u8]| answer.windows(needle.len()).position(|window| window == needle);
    let (Some(end), Some(length)) = (find(b"\r\n\r\n"), find(LENGTH)) else { return false };
    let digits = answer[length + LENGTH.len()..].iter().take_while(|byte| byte.is_ascii_digit());
    let length = digits.fold(0, |length, digit| length * 10 + usize::from(digit - b'0'));
    answer.len() >= end + 4 + length
}
