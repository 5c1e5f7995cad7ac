//! The real program, as a process of its own.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::fs::FileExt,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use axum::http::{HeaderName, HeaderValue};

use super::{Answer, Database};

/// What a command printed, and how it ended.
#[derive(Debug)]
pub struct Output {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// A command on this database.
pub fn command(database: &Database, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keyward"));
    command.args(arguments).env("KEYWARD_DATA_DIR", database.folder()).env("KEYWARD_DATABASE_URL", database.url());
    command
}

/// Runs a command to its end with this input.
pub fn run(database: &Database, arguments: &[&str], input: &str) -> Output {
    finish(command(database, arguments), input)
}

/// Runs it to its end.
pub fn finish(mut command: Command, input: &str) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that reads nothing may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Output {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A running server.
pub struct Server {
    pub child: Child,
    pub address: String,
    pub ops: String,
    pub said: String,
    log: File,
}

impl Server {
    /// Starts it and waits until it is ready.
    pub fn start(database: &Database) -> Self {
        Self::with(database, &[])
    }

    /// The same, with settings.
    pub fn with(database: &Database, settings: &[(&str, &str)]) -> Self {
        let mut server = Self::begin(database, settings);
        let mut lines = BufReader::new(server.child.stdout.take().unwrap()).lines();
        server.said = lines.next().unwrap().unwrap();
        server.wait_for("GET /readyz HTTP/1.1", 200);
        // Keep reading, so that the server never waits for us.
        std::thread::spawn(move || lines.for_each(drop));
        server
    }

    /// Starts it and waits for nothing.
    pub fn begin(database: &Database, settings: &[(&str, &str)]) -> Self {
        let (address, ops, log) = (free(), free(), tempfile::tempfile().unwrap());
        let mut command = command(database, &["serve"]);
        command
            .envs(settings.iter().copied())
            .env("KEYWARD_LISTEN", &address)
            .env("KEYWARD_OPS_LISTEN", &ops)
            .stdout(Stdio::piped())
            .stderr(log.try_clone().unwrap());
        Self { child: command.spawn().unwrap(), address, ops, said: String::new(), log }
    }

    /// Waits until the operations listener answers so.
    pub fn wait_for(&self, head: &str, status: u16) {
        let until = Instant::now() + Duration::from_secs(20);
        while http(&self.ops, head).0 != status {
            assert!(Instant::now() < until, "{head} is not {status}: {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What it wrote to its log.
    pub fn log(&self) -> String {
        // The place in the file is the server's, too: reading must not move it.
        let mut bytes = vec![0; usize::try_from(self.log.metadata().unwrap().len()).unwrap()];
        self.log.read_exact_at(&mut bytes, 0).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Ends it without warning.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop and waits for the end.
    pub fn stop(mut self) -> (bool, Duration) {
        let asked = Instant::now();
        let done = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(done.success());
        let status = self.child.wait().unwrap();
        (status.success(), asked.elapsed())
    }

    /// Whether a key opens the door.
    pub fn forward(&self, token: &str) -> u16 {
        http(&self.address, &format!("GET /forward-auth?scope=any HTTP/1.1\r\nAuthorization: Bearer {token}")).0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address nobody listens on: below the ports that outgoing connections take, each once.
pub fn free() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let first = std::process::id() % 10_000;
    loop {
        let port = 10_000 + (first + NEXT.fetch_add(1, Ordering::Relaxed)) % 20_000;
        let address = format!("127.0.0.1:{port}");
        if TcpListener::bind(&address).is_ok() {
            return address;
        }
    }
}

/// One request by hand: its status and its body; status 0 when nobody answers.
pub fn http(address: &str, head: &str) -> (u16, String) {
    http_with(address, head, "")
}

/// One request by hand, with a body.
pub fn http_with(address: &str, head: &str, body: &str) -> (u16, String) {
    exchange(address, head, body).map(|answer| (answer.status.as_u16(), answer.body)).unwrap_or_default()
}

/// One request by hand, as it is written; nothing when nobody answers.
pub fn exchange(address: &str, head: &str, body: &str) -> Option<Answer> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let request =
        format!("{head}\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let mut answer = Vec::new();
    stream.write_all(request.as_bytes()).ok()?;
    stream.read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines.filter_map(|line| line.split_once(':')).map(|(name, value)| {
        (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value.trim()).unwrap())
    });
    Some(Answer { status, headers: headers.collect(), body: body.to_owned() })
}
