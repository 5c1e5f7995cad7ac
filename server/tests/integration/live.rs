//! The stream that tells browsers of changes, and what it must not do: say anything, keep a session alive, or keep the
//! process from stopping.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use axum::http::{Method, StatusCode};
use model::account::Role;

use crate::support::{
    Database, Keyward, PASSWORD, databases, encode,
    program::{Server, exchange, run},
};

/// Signs in to a running server, and gives the cookie.
fn sign_in(server: &Server, database: &Database) -> String {
    sign_in_as(server, database, "live@example.com")
}

fn sign_in_as(server: &Server, database: &Database, email: &str) -> String {
    let made = run(database, &["admin", "create", "--email", email, "--role", "superadmin"], PASSWORD);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let head =
        "POST /sign-in HTTP/1.1\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded";
    let body = encode(&[("email", email), ("password", PASSWORD)]);
    let answer = exchange(&server.address, head, &body).unwrap();
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}

/// A stream of a running server, line by line.
struct Stream(BufReader<TcpStream>);

impl Stream {
    fn open(server: &Server, cookie: &str, query: &str) -> Self {
        let mut stream = TcpStream::connect(&server.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(12))).unwrap();
        write!(stream, "GET /live{query} HTTP/1.1\r\nHost: {}\r\nCookie: {cookie}\r\n\r\n", server.address).unwrap();
        let mut opened = Self(BufReader::new(stream));
        assert!(opened.line().starts_with("HTTP/1.1 200"));
        let mut heads = Vec::new();
        loop {
            match opened.line().trim().to_lowercase() {
                end if end.is_empty() => break,
                head => heads.push(head),
            }
        }
        for expected in ["content-type: text/event-stream", "cache-control: no-store", "x-accel-buffering: no"] {
            assert!(heads.iter().any(|head| head == expected), "{expected} in {heads:?}");
        }
        opened
    }

    /// The next line; empty at the end of the stream.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line
    }

    /// The next event, with all that is said about it.
    fn event(&mut self) -> String {
        loop {
            let line = self.line();
            assert!(!line.is_empty(), "the stream ended");
            if let Some(event) = line.strip_prefix("event: ") {
                let data = self.line();
                assert_eq!(data.trim(), "data: 1", "nothing is said of what changed");
                return event.trim().to_owned();
            }
        }
    }

    /// Reads on to an event of this kind.
    fn expect(&mut self, kind: &str) {
        while self.event() != kind {}
    }

    /// Reads to the end of the stream.
    fn end(mut self) {
        while !self.line().is_empty() {}
    }
}

#[test]
fn a_change_and_a_use_are_told_and_nothing_of_them() {
    for (name, database) in databases() {
        let server = Server::start(&database);
        let cookie = sign_in(&server, &database);
        let mut stream = Stream::open(&server, &cookie, "");
        // Made by another process: this one hears of it in the audit chain.
        let key = run(&database, &["keys", "create", "--name", "heard", "--owner", "kiosk", "--scope", "a"], "");
        assert_eq!(key.code, 0, "{name}: {}", key.stderr);
        assert_eq!(stream.event(), "change", "{name}");
        assert_eq!(server.forward(key.stdout.trim()), 200, "{name}");
        // Whoever signed in was made by another process too, and may have been heard of after the stream began.
        stream.expect("use");

        // Made by this process, twice in a moment: told at once, and again not before a second is over.
        let switch = |to: &str| {
            let id = crate::support::id_of(key.stdout.trim());
            let head = format!(
                "POST /keys/{id}/switch HTTP/1.1\r\nSec-Fetch-Site: same-origin\r\nCookie: {cookie}\r\nContent-Type: \
                 application/x-www-form-urlencoded"
            );
            assert_eq!(exchange(&server.address, &head, &encode(&[("to", to)])).unwrap().status, StatusCode::SEE_OTHER);
        };
        std::thread::sleep(Duration::from_millis(1100));
        switch("off");
        assert_eq!(stream.event(), "change", "{name}");
        let told = Instant::now();
        switch("on");
        switch("off");
        assert_eq!(stream.event(), "change", "{name}");
        assert!(told.elapsed() >= Duration::from_millis(700), "{name}: {:?}", told.elapsed());
    }
}

#[test]
fn what_happened_after_the_page_was_made_is_told_at_once() {
    let database = Database::sqlite();
    let server = Server::start(&database);
    let cookie = sign_in(&server, &database);
    let mut stream = Stream::open(&server, &cookie, "?after=0");
    assert_eq!(stream.event(), "change");
}

#[test]
fn a_stream_does_not_keep_the_process_from_stopping() {
    let database = Database::sqlite();
    let server = Server::start(&database);
    let cookie = sign_in(&server, &database);
    let stream = Stream::open(&server, &cookie, "");
    let (well, took) = server.stop();
    assert!(well);
    assert!(took < Duration::from_secs(5), "{took:?}");
    stream.end();
}

/// Bar 47: a stream is over with the session that opened it.
#[test]
fn a_stream_ends_when_its_visitor_signs_out_or_is_disabled() {
    let database = Database::sqlite();
    let server = Server::start(&database);
    let cookie = sign_in(&server, &database);
    let stream = Stream::open(&server, &cookie, "");
    let head = format!("POST /sign-out HTTP/1.1\r\nSec-Fetch-Site: same-origin\r\nCookie: {cookie}");
    assert_eq!(exchange(&server.address, &head, "").unwrap().status, StatusCode::SEE_OTHER);
    stream.end();

    for (email, change) in [("a@example.com", "disable"), ("b@example.com", "reset")] {
        let cookie = sign_in_as(&server, &database, email);
        let stream = Stream::open(&server, &cookie, "");
        let changed = run(&database, &["admin", change, "--email", email], "another violet anchor 7");
        assert_eq!(changed.code, 0, "{}", changed.stderr);
        stream.end();
    }
}

#[test]
fn one_person_has_so_many_streams_and_a_closed_one_makes_room() {
    let database = Database::sqlite();
    let server = Server::start(&database);
    let cookie = sign_in(&server, &database);
    let mut streams: Vec<_> = (0..20).map(|_| Stream::open(&server, &cookie, "")).collect();
    let head = format!("GET /live HTTP/1.1\r\nCookie: {cookie}");
    let refused = exchange(&server.address, &head, "").unwrap();
    assert_eq!((refused.status, refused.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "30"));
    drop(streams.pop());
    let until = Instant::now() + Duration::from_secs(5);
    loop {
        let mut stream = TcpStream::connect(&server.address).unwrap();
        write!(stream, "{head}\r\nHost: {}\r\n\r\n", server.address).unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        if line.starts_with("HTTP/1.1 200") {
            break;
        }
        assert!(Instant::now() < until, "{line}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[tokio::test]
async fn a_page_that_keeps_itself_up_to_date_keeps_no_session_alive() {
    let keyward = Keyward::new().await;
    let mut watched = keyward.signed_in(Role::Admin).await;
    let mut used = keyward.signed_in(Role::Auditor).await;
    for _ in 0..2 {
        keyward.clock.advance(Duration::from_mins(29));
        assert_eq!(watched.get("/live").await.status, StatusCode::OK);
        let headers = [("accept", "text/html"), ("x-keyward-live", "1")];
        assert_eq!(watched.send(Method::GET, "/keys", &headers, "").await.status, StatusCode::OK);
        assert_eq!(used.get("/keys").await.status, StatusCode::OK);
    }
    keyward.clock.advance(Duration::from_mins(3));
    assert_eq!(watched.get("/live").await.status, StatusCode::UNAUTHORIZED, "an hour without use is the end");
    assert_eq!(watched.get("/keys").await.status, StatusCode::SEE_OTHER);
    assert_eq!(used.get("/keys").await.status, StatusCode::OK);
}
