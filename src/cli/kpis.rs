//! `ringcraft kpis`: the numbers of one call record.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use ringcraft_media::record::{CallRecord, RecordError};

use crate::kpi;

/// What the numbers are computed from.
#[derive(Debug, Args)]
pub struct KpisArgs {
    /// The call record, a JSON file; - reads standard input
    #[arg(value_name = "RECORD.json")]
    pub record: PathBuf,
}

/// Why there are no numbers.
#[derive(Debug, thiserror::Error)]
pub enum KpisError {
    /// The record cannot be read.
    #[error("read the record: {0}")]
    Read(#[source] io::Error),
    /// The record breaks a rule.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The numbers cannot be written.
    #[error("write the KPIs: {0}")]
    Write(#[source] io::Error),
}

impl KpisError {
    /// Exit status: 2 where the record breaks a rule, else 1.
    pub fn status(&self) -> u8 {
        match self {
            Self::Record(_) => 2,
            Self::Read(_) | Self::Write(_) => 1,
        }
    }
}

impl KpisArgs {
    /// Prints the numbers of the record, or on standard error why there are none.
    pub fn run(&self) -> ExitCode {
        let out = io::stdout().lock();
        let done = if self.record == Path::new("-") {
            run(io::stdin().lock(), out)
        } else {
            File::open(&self.record).map_err(KpisError::Read).and_then(|record| run(record, out))
        };
        match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                // Nothing is left to be done where even standard error is closed.
                let _ = writeln!(io::stderr(), "{}: {error}", self.record.display());
                ExitCode::from(error.status())
            }
        }
    }
}

/// Reads a call record and writes its numbers as one line of JSON with sorted keys.
///
/// # Errors
/// The record cannot be read or breaks a rule, and nothing was written; or writing failed.
pub fn run(mut input: impl Read, mut out: impl Write) -> Result<(), KpisError> {
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes).map_err(KpisError::Read)?;
    let record = CallRecord::from_json(&bytes)?;
    let mut line = kpi::compute(&record).to_json();
    line.push('\n');
    out.write_all(line.as_bytes()).and_then(|()| out.flush()).map_err(KpisError::Write)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(record: &str) -> (Result<(), KpisError>, String) {
        let mut out = Vec::new();
        let done = run(record.as_bytes(), &mut out);
        (done, String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_record_gives_one_line() {
        let (done, line) = printed(r#"{"version":1,"duration_ms":60000,"utterances":[]}"#);
        assert!(done.is_ok());
        assert!(line.starts_with(r#"{"call":{"duration_ms":60000,"interactivity_per_min":0.0,"#));
        assert_eq!(line.find('\n'), Some(line.len() - 1));
    }

    #[test]
    fn a_bad_record_gives_its_path_and_nothing_else() {
        let (done, line) = printed(
            r#"{"version":1,"duration_ms":9,"utterances":[{"id":"a","speaker":"rep",
                "start_ms":0,"end_ms":9,"text":"x","words":[{"text":"x","start_ms":0,"end_ms":9.0}]}]}"#,
        );
        let error = done.expect_err("9.0 is no time");
        assert_eq!(
            error.to_string(),
            "utterances[0].words[0].end_ms: is not a whole number from 0"
        );
        assert_eq!(error.status(), 2);
        assert_eq!(line, "");
    }

    #[test]
    fn a_missing_file_is_no_bad_record() {
        let args = KpisArgs { record: PathBuf::from("/nonexistent/record.json") };
        assert_eq!(format!("{:?}", args.run()), format!("{:?}", ExitCode::from(1)));
    }
}
