//! The file of a backup: lines of JSON in two members of gzip. The first line is the header; then come the rows of its tables,
//! each an array in the order of the header's columns. The second member is one line: the SHA-256 of the bytes of the first,
//! and a seal of that under the master key, so that no byte of the file can change unseen. `zcat` shows all of it. It holds
//! no master key.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use crypto::secret::{Digester, MasterKey, hex, private, unhex};
use flate2::{Compression, bufread::GzDecoder, write::GzEncoder};
use model::{
    audit::{Event, Head},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

use super::BackupError;

/// The version of the format.
const FORMAT: u8 = 1;
/// The most bytes of one line: no row is longer.
const LONGEST: u64 = 16 << 20;
/// What a gzip file begins with.
const BEGINNING: [u8; 2] = [0x1f, 0x8b];
/// The most bytes of the second member.
const LONGEST_END: u64 = 4096;
/// What the seal is made for.
const PURPOSE: &str = "backup";

/// What a backup says of itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupHeader {
    /// The version of the format.
    keyward_backup: u8,
    /// The version of the program that made it.
    pub version: String,
    /// When, in milliseconds since 1970 UTC.
    made_at: i64,
    /// The kind of database it is of: `SQLite` or `PostgreSQL`.
    pub database: String,
    /// The last migration of its schema.
    pub schema: i64,
    /// The proof of the master key that its database keeps, in hexadecimal.
    pub(super) proof: Option<String>,
    /// The number of the last audit event.
    pub(super) events: i64,
    /// The hash of that event, in hexadecimal.
    pub(super) hash: String,
    /// The tables, in the order of their rows.
    pub(super) tables: Vec<Table>,
}

/// A table of a backup.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) rows: i64,
    pub(super) columns: Vec<Column>,
}

/// A column: its name and whether it is `text` or `bigint`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Column(pub(super) String, pub(super) String);

impl BackupHeader {
    pub(super) fn new(version: &str, made_at: Timestamp, database: &str, schema: i64, head: Head) -> Self {
        Self {
            keyward_backup: FORMAT,
            version: version.to_owned(),
            made_at: made_at.millis(),
            database: database.to_owned(),
            schema,
            proof: None,
            events: head.seq,
            hash: hex(&head.hash),
            tables: Vec::new(),
        }
    }

    /// When it was made.
    pub fn made_at(&self) -> Timestamp {
        Timestamp::from_millis(self.made_at)
    }

    /// Where its audit chain ends; `None` when that cannot be read.
    pub fn head(&self) -> Option<Head> {
        Some(Head { seq: self.events, hash: unhex(&self.hash)? })
    }

    /// Rows of all tables.
    pub(super) fn rows(&self) -> i64 {
        self.tables.iter().map(|table| table.rows).sum()
    }
}

impl Table {
    /// Where a column stands.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.0 == name)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    sha256: String,
    seal: String,
}

impl End {
    /// The bytes of the second member: the same for the same content.
    fn pack(&self) -> io::Result<Vec<u8>> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::none());
        serde_json::to_writer(&mut packed, self)?;
        packed.write_all(b"\n")?;
        packed.finish()
    }

    fn unpack(packed: &[u8]) -> Option<Self> {
        let mut line = Vec::new();
        GzDecoder::new(packed).take(LONGEST_END).read_to_end(&mut line).ok()?;
        let end: Self = serde_json::from_slice(&line).ok()?;
        (end.pack().ok()? == packed).then_some(end)
    }
}

/// A file, and the digest of what was written to it or taken from it.
struct Digested<T> {
    inner: T,
    digest: Digester,
}

impl<T> Digested<T> {
    fn new(inner: T) -> Self {
        Self { inner, digest: Digester::default() }
    }
}

impl<T: Write> Write for Digested<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.digest.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<T: BufRead> Read for Digested<T> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let taken = self.fill_buf()?.read(into)?;
        self.consume(taken);
        Ok(taken)
    }
}

impl<T: BufRead> BufRead for Digested<T> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, taken: usize) {
        // What is taken was in the buffer.
        let bytes = self.inner.fill_buf().unwrap_or_default();
        self.digest.update(bytes.get(..taken).unwrap_or_default());
        self.inner.consume(taken);
    }
}

/// A backup being written. Under another name until it is whole: a process that ends meanwhile leaves nothing that looks
/// like a backup.
pub(super) struct Writer {
    path: PathBuf,
    part: PathBuf,
    lines: GzEncoder<Digested<BufWriter<File>>>,
}

impl Writer {
    pub(super) fn create(path: &Path, header: &BackupHeader) -> Result<Self, BackupError> {
        if path.symlink_metadata().is_ok() {
            return Err(BackupError::Exists(path.to_owned()));
        }
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let failed = BackupError::file(&part);
        let file = private().write(true).create(true).truncate(false).open(&part).map_err(&failed)?;
        file.try_lock().map_err(|error| match error {
            fs::TryLockError::WouldBlock => failed(io::Error::other("another process is writing it")),
            fs::TryLockError::Error(error) => failed(error),
        })?;
        file.set_len(0).map_err(&failed)?;
        let lines = GzEncoder::new(Digested::new(BufWriter::with_capacity(1 << 16, file)), Compression::fast());
        let header = serde_json::to_string(header).map_err(|error| BackupError::File(path.to_owned(), error.into()))?;
        let mut writer = Self { path: path.to_owned(), part, lines };
        writer.write(&format!("{header}\n"))?;
        Ok(writer)
    }

    /// Whole lines.
    pub(super) fn write(&mut self, lines: &str) -> Result<(), BackupError> {
        self.lines.write_all(lines.as_bytes()).map_err(BackupError::file(&self.part))
    }

    /// Ends the file and gives it its name, durably.
    pub(super) fn finish(self, master: &MasterKey) -> Result<(), BackupError> {
        let Self { path, part, lines } = self;
        let failed = BackupError::file(&part);
        let Digested { inner: mut file, digest } = lines.finish().map_err(&failed)?;
        let sum = digest.finish();
        let end = End { sha256: hex(&sum), seal: hex(&master.mac(PURPOSE, &sum)) };
        end.pack().and_then(|end| file.write_all(&end)).map_err(&failed)?;
        let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
        file.sync_all().map_err(&failed)?;
        // Linked, because a link replaces nothing; where links are not known, renamed.
        match fs::hard_link(&part, &path) {
            Ok(()) => fs::remove_file(&part).map_err(&failed)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(BackupError::Exists(path)),
            Err(_) => fs::rename(&part, &path).map_err(&failed)?,
        }
        // The name is durable when its folder is.
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(BackupError::file(&path))
    }

    /// Removes what was written.
    pub(super) fn give_up(self) {
        // It is of no use to anybody, and the next one of this name writes over it.
        let _ = fs::remove_file(&self.part);
    }
}

/// A backup being read, line by line.
pub(super) struct Reader {
    path: PathBuf,
    lines: BufReader<GzDecoder<Digested<BufReader<File>>>>,
    line: Vec<u8>,
    header: BackupHeader,
    table: usize,
    row: i64,
    end: Option<([u8; 32], [u8; 32])>,
}

impl Reader {
    pub(super) fn open(path: &Path) -> Result<Self, BackupError> {
        let failed = BackupError::file(path);
        let mut file = BufReader::with_capacity(1 << 16, File::open(path).map_err(&failed)?);
        let begins = file.fill_buf().map_err(&failed)?.starts_with(&BEGINNING);
        if !begins {
            return Err(BackupError::broken(path, "it does not begin as a backup of Keyward does"));
        }
        let mut reader = Self {
            path: path.to_owned(),
            lines: BufReader::with_capacity(1 << 16, GzDecoder::new(Digested::new(file))),
            line: Vec::new(),
            header: BackupHeader::new("", Timestamp::from_millis(0), "", 0, Head::START),
            table: 0,
            row: 0,
            end: None,
        };
        reader.next_line("its first line")?;
        let format = serde_json::from_slice::<serde_json::Value>(&reader.line).unwrap_or_default();
        if format["keyward_backup"].as_u64().is_some_and(|number| number > u64::from(FORMAT)) {
            return Err(BackupError::Newer(format["version"].as_str().unwrap_or("version unknown").to_owned()));
        }
        reader.header = serde_json::from_slice(&reader.line)
            .map_err(|error| BackupError::broken(path, format!("its first line is not a header: {error}")))?;
        Ok(reader)
    }

    pub(super) fn header(&self) -> &BackupHeader {
        &self.header
    }

    /// The next row, after the number of its table; `None` once the end was reached and everything is as it was written.
    pub(super) fn next(&mut self) -> Result<Option<(usize, &str)>, BackupError> {
        while self.header.tables.get(self.table).is_some_and(|table| self.row >= table.rows) {
            (self.table, self.row) = (self.table + 1, 0);
        }
        let Some(table) = self.header.tables.get(self.table) else {
            return self.read_end().map(|()| None);
        };
        let place = format!("table {}, row {} of {}", table.name, self.row + 1, table.rows);
        self.row += 1;
        self.next_line(&place)?;
        let line = str::from_utf8(&self.line)
            .ok()
            .filter(|line| line.starts_with('['))
            .ok_or_else(|| BackupError::broken(&self.path, format!("{place}: this is no row")))?;
        Ok(Some((self.table, line.trim_end())))
    }

    fn read_end(&mut self) -> Result<(), BackupError> {
        if self.end.is_some() {
            return Ok(());
        }
        // Reading on checks gzip's own sum, and that no line follows.
        let mut more = [0; 1];
        if self.lines.read(&mut more).map_err(|error| self.unreadable("its end", &error))? > 0 {
            return Err(BackupError::broken(&self.path, "a line follows its last row"));
        }
        let packed = self.lines.get_mut().get_mut();
        let sum = std::mem::take(&mut packed.digest).finish();
        let mut rest = Vec::new();
        packed.inner.by_ref().take(LONGEST_END).read_to_end(&mut rest).map_err(BackupError::file(&self.path))?;
        let end = End::unpack(&rest);
        let end =
            end.ok_or_else(|| BackupError::broken(&self.path, "its end, with its digest, is missing or altered"))?;
        if unhex(&end.sha256) != Some(sum) {
            return Err(BackupError::broken(&self.path, "its digest is another: something in it was changed"));
        }
        let seal = unhex(&end.seal).ok_or_else(|| BackupError::broken(&self.path, "its seal cannot be read"))?;
        self.end = Some((sum, seal));
        Ok(())
    }

    /// Whether it was sealed with this master key. Asked at the end.
    pub(super) fn is_sealed_with(&self, master: &MasterKey) -> bool {
        self.end.is_some_and(|(sum, seal)| master.mac(PURPOSE, &sum) == seal)
    }

    fn next_line(&mut self, place: &str) -> Result<(), BackupError> {
        self.line.clear();
        let read = (&mut self.lines).take(LONGEST).read_until(b'\n', &mut self.line);
        read.map_err(|error| self.unreadable(place, &error))?;
        match self.line.last() {
            Some(b'\n') => Ok(()),
            _ => Err(BackupError::broken(&self.path, format!("it ends too early, at {place}"))),
        }
    }

    fn unreadable(&self, place: &str, error: &io::Error) -> BackupError {
        let why = match error.kind() {
            io::ErrorKind::UnexpectedEof => format!("it ends too early, at {place}"),
            _ => format!("{place} cannot be read: {error}"),
        };
        BackupError::broken(&self.path, why)
    }
}

/// An event of a row of the table `audit`, by the places of its columns.
pub(super) fn event_of(table: &Table, row: &str) -> Option<Event> {
    let cells: Vec<serde_json::Value> = serde_json::from_str(row).ok()?;
    let cell = |name: &str| cells.get(table.column(name)?);
    let text = |name: &str| Some(cell(name)?.as_str()?.to_owned());
    Some(Event {
        seq: cell("seq")?.as_i64()?,
        at: Timestamp::from_millis(cell("at")?.as_i64()?),
        actor: text("actor")?,
        verb: text("verb")?,
        target: text("target")?,
        detail: text("detail")?,
        hash: unhex(&text("hash")?).unwrap_or([0; 32]),
    })
}

/// The audit events of a backup after number `after`, in order. Blocks the thread while it reads the file.
pub fn events_of_backup(path: &Path, after: i64) -> Result<Vec<Event>, BackupError> {
    let mut reader = Reader::open(path)?;
    let audit = reader.header().tables.iter().position(|table| table.name == "audit");
    let table = audit.and_then(|at| reader.header().tables.get(at).cloned());
    let mut events = Vec::new();
    while let Some((at, row)) = reader.next()? {
        if let (true, Some(table)) = (Some(at) == audit, &table) {
            let event = event_of(table, row).filter(|event| event.seq > after);
            events.extend(event);
        }
    }
    Ok(events)
}
