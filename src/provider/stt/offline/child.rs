//! The recogniser's process as the call sees it: requests go in, replies come out, it may die.

use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{ChildStdin, ChildStdout, Command};

use super::unavailable;
use crate::provider::ProviderError;
use crate::provider::stt::child_protocol::{Reply, Request};

/// Bytes waiting for the child: 64 s of audio, more than a replay holds. When full no more input is
/// taken, so the oldest audio is lost and counted where it comes from.
const OUTBOX: usize = 64 * 50 * 643;

/// How a child was lost.
#[derive(Debug, thiserror::Error)]
pub(super) enum Lost {
    /// It died or closed its pipes.
    #[error("the recogniser process ended")]
    Ended,
    /// It said something that is no reply.
    #[error("the recogniser process does not speak the protocol")]
    Garbled,
    /// It does not answer.
    #[error("the recogniser process does not answer")]
    Stuck,
}

/// A running child. Dropping it kills it.
pub(super) struct Child {
    process: tokio::process::Child,
    input: ChildStdin,
    replies: Lines<BufReader<ChildStdout>>,
    outbox: Vec<u8>,
    /// How much of `outbox` is written.
    written: usize,
}

/// Starts `program recogniser`.
///
/// # Errors
/// When the program cannot be started.
pub(super) fn spawn(program: &Path) -> Result<Child, ProviderError> {
    let mut process = Command::new(program)
        .arg("recogniser")
        // What it hears comes from outside; keys of the environment are none of its business.
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| unavailable(format!("start {} recogniser: {error}", program.display())))?;
    let input = process.stdin.take().expect("its standard input is piped");
    let output = process.stdout.take().expect("its standard output is piped");
    let replies = BufReader::new(output).lines();
    Ok(Child { process, input, replies, outbox: Vec::new(), written: 0 })
}

impl Child {
    /// Whether more input may be taken.
    pub(super) fn has_room(&self) -> bool {
        self.outbox.len() - self.written < OUTBOX
    }

    /// Queues a request; [`Child::exchange`] sends it.
    pub(super) fn ask(&mut self, request: &Request) {
        request.encode(&mut self.outbox);
    }

    /// Sends what is queued until a reply comes. Nothing is lost when it is dropped half-way.
    ///
    /// # Errors
    /// When the child is gone or talks nonsense.
    pub(super) async fn exchange(&mut self) -> Result<Reply, Lost> {
        loop {
            let waiting = &self.outbox[self.written..];
            tokio::select! {
                line = self.replies.next_line() => return match line {
                    Ok(Some(line)) => serde_json::from_str(&line).map_err(|_| Lost::Garbled),
                    Ok(None) | Err(_) => Err(Lost::Ended),
                },
                written = self.input.write(waiting), if !waiting.is_empty() => match written {
                    Ok(written) => self.written += written,
                    Err(_) => return Err(Lost::Ended),
                },
            }
            if self.written == self.outbox.len() {
                self.outbox.clear();
                self.written = 0;
            } else if OUTBOX / 4 < self.written {
                self.outbox.drain(..self.written);
                self.written = 0;
            }
        }
    }

    /// Ends the child and waits until it is gone.
    pub(super) async fn stop(mut self) {
        // One that has ended by itself cannot be killed, which is as good.
        let _ = self.process.kill().await;
    }
}
