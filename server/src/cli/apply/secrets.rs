//! Where the secrets of newly made keys go: a new file that its owner alone reads, or the standard input of a command.
//! Never the terminal.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::Path,
    process::{Child, Command, Stdio},
};

use crate::cli::error::CliError;

/// Where secrets go. Each is a line of JSON.
pub(super) enum Secrets {
    /// A file that was made for them.
    File(File),
    /// A command that reads them.
    Command(Child),
}

impl Secrets {
    /// Makes the file. One that is there already is left as it is.
    pub(super) fn to_file(path: &Path) -> Result<Self, CliError> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path).map(Self::File).map_err(|error| {
            let what = match error.kind() {
                io::ErrorKind::AlreadyExists => "is there already, and is not overwritten: name a new file".to_owned(),
                _ => error.to_string(),
            };
            CliError::Environment(format!("{}: {what}", path.display()))
        })
    }

    /// Starts the command.
    pub(super) fn to_command(words: &[String]) -> Result<Self, CliError> {
        let Some((program, arguments)) = words.split_first() else {
            return Err(CliError::Usage("name a command after --".to_owned()));
        };
        let child = Command::new(program).args(arguments).stdin(Stdio::piped()).spawn();
        child.map(Self::Command).map_err(|error| CliError::Environment(format!("{program}: {error}")))
    }

    /// Writes one line, which is there when this returns.
    pub(super) fn write(&mut self, line: &str) -> io::Result<()> {
        match self {
            Self::File(file) => {
                writeln!(file, "{line}")?;
                file.sync_all()
            }
            Self::Command(child) => {
                let input = child.stdin.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
                writeln!(input, "{line}")?;
                input.flush()
            }
        }
    }

    /// Ends the file, or waits for the command.
    pub(super) fn close(self) -> Result<(), CliError> {
        let Self::Command(mut child) = self else { return Ok(()) };
        drop(child.stdin.take());
        match child.wait() {
            Ok(status) if status.success() => Ok(()),
            ended => {
                let how = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
                Err(CliError::Environment(format!(
                    "the command that reads the secrets failed ({how}): the keys are made; rotate those whose secrets it lost"
                )))
            }
        }
    }
}
