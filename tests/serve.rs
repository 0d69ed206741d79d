//! The server as a process: how it starts, what it says when it cannot, how it stops.

// A test that panics has failed, which is what it is for.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};

struct Server {
    child: Child,
    log: std::io::Lines<BufReader<ChildStderr>>,
    folder: tempfile::TempDir,
    port: u16,
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child = command(&folder, "127.0.0.1:0").spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let listening = read_until(&mut log, "listening on http://127.0.0.1:");
        let port = listening.rsplit("http://127.0.0.1:").next().unwrap();
        let digits: String = port.chars().take_while(char::is_ascii_digit).collect();
        Self { child, log, folder, port: digits.parse().unwrap() }
    }

    fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).unwrap()
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    fn wait(mut self) -> (ExitStatus, String) {
        let rest: Vec<_> = self.log.by_ref().map(Result::unwrap).collect();
        (self.child.wait().unwrap(), rest.join("\n"))
    }
}

fn command(folder: &tempfile::TempDir, listen: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringcraft"));
    command
        .env_clear()
        .env("RINGCRAFT_LISTEN", listen)
        .env("RINGCRAFT_DATA_DIR", folder.path().join("data"))
        .stderr(Stdio::piped())
        .stdout(Stdio::piped());
    command
}

fn read_until(log: &mut std::io::Lines<BufReader<ChildStderr>>, wanted: &str) -> String {
    let mut seen = Vec::new();
    for line in log {
        let line = line.unwrap();
        if line.contains(wanted) {
            return line;
        }
        seen.push(line);
    }
    panic!("{wanted:?} was never logged:\n{}", seen.join("\n"));
}

#[test]
fn it_serves_without_any_setting_but_a_port_and_stops_when_told() {
    for signal in [Signal::TERM, Signal::INT] {
        let server = Server::start();
        assert_ne!(server.port, 0);
        let answer = std::net::TcpStream::connect(("127.0.0.1", server.port)).and_then(|stream| {
            use std::io::{Read, Write};
            (&stream)
                .write_all(b"GET /api/health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")?;
            let mut text = String::new();
            (&stream).read_to_string(&mut text)?;
            Ok(text)
        });
        let answer = answer.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains(r#""status":"ready""#), "{answer}");
        server.signal(signal);
        let (status, log) = server.wait();
        assert_eq!(status.code(), Some(0), "{log}");
        assert!(log.contains("stopping: no new calls"), "{log}");
        assert!(log.trim_end().ends_with("stopped"), "{log}");
    }
}

#[test]
fn a_second_signal_stops_at_once() {
    let mut server = Server::start();
    // A request whose body never comes holds up the end.
    let mut stream = server.connect();
    let request = b"POST /api/calls HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                    content-length: 2\r\nexpect: 100-continue\r\n\r\n";
    stream.write_all(request).unwrap();
    let mut answer = [0; 21];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 100 Continue");
    server.signal(Signal::TERM);
    read_until(&mut server.log, "stopping: no new calls");
    server.signal(Signal::TERM);
    let (status, log) = server.wait();
    assert_eq!(status.code(), Some(130), "{log}");
    assert!(log.contains("stopping at once"), "{log}");
}

#[test]
fn a_port_in_use_is_said_in_one_line() {
    let server = Server::start();
    let listen = format!("127.0.0.1:{}", server.port);
    let second = command(&server.folder, &listen).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(second.stderr).unwrap(),
        format!(
            "ringcraft: port {} is in use; stop the other program or set RINGCRAFT_LISTEN\n",
            server.port
        )
    );
    server.signal(Signal::TERM);
    assert_eq!(server.wait().0.code(), Some(0));
}

#[test]
fn a_setting_that_cannot_be_used_is_said_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let table = [
        (
            "RINGCRAFT_LLM",
            "gpt",
            r#"RINGCRAFT_LLM is "gpt"; it must be auto or scripted or claude"#,
        ),
        (
            "RINGCRAFT_SECRET",
            "hunter2",
            "RINGCRAFT_SECRET must be at least 32 characters, best made at random",
        ),
    ];
    for (variable, value, message) in table {
        let output = command(&folder, "127.0.0.1:0").env(variable, value).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(String::from_utf8(output.stderr).unwrap(), format!("ringcraft: {message}\n"));
        assert!(output.stdout.is_empty());
    }
    std::fs::write(folder.path().join("data"), "a file where the folder should be").unwrap();
    let output = command(&folder, "127.0.0.1:0").output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text.contains("make the data folder") && text.contains("RINGCRAFT_DATA_DIR"), "{text}");
}
