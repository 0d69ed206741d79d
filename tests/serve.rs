//! The server as a process: how it starts, what it says when it cannot, how it stops.

// A test that panics has failed, which is what it is for.
#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::TcpStream;

use rustix::process::Signal;

use server::{Server, command, command_in};

#[path = "support/server.rs"]
mod server;

fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(("127.0.0.1", server.port())).unwrap()
}

#[test]
fn it_serves_without_any_setting_but_a_port_and_stops_when_told() {
    for signal in [Signal::TERM, Signal::INT] {
        let server = Server::start(&[]);
        assert_ne!(server.port(), 0);
        let mut stream = connect(&server);
        let request = b"GET /api/health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        stream.write_all(request).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains(r#""status":"ready""#), "{answer}");
        server.signal(signal);
        let (status, log, _home) = server.wait();
        assert_eq!(status.code(), Some(0), "{log}");
        assert!(log.contains("stopping: no new calls"), "{log}");
        assert!(log.trim_end().ends_with("stopped"), "{log}");
    }
}

#[test]
fn a_second_signal_stops_at_once() {
    let server = Server::start(&[]);
    // A request whose body never comes holds up the end.
    let mut stream = connect(&server);
    let request = format!(
        "POST /api/calls HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n",
        server.api_key()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = [0; 21];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 100 Continue");
    server.signal(Signal::TERM);
    server.logged("stopping: no new calls");
    server.signal(Signal::TERM);
    let (status, log, _home) = server.wait();
    assert_eq!(status.code(), Some(130), "{log}");
    assert!(log.contains("stopping at once"), "{log}");
}

#[test]
fn a_port_in_use_is_said_in_one_line() {
    let server = Server::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let listen = format!("127.0.0.1:{}", server.port());
    let second = command(&folder, &listen).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(second.stderr).unwrap(),
        format!(
            "ringcraft: port {} is in use; stop the other program or set RINGCRAFT_LISTEN\n",
            server.port()
        )
    );
    server.signal(Signal::TERM);
    assert_eq!(server.wait().0.code(), Some(0));
}

#[test]
fn a_port_of_webrtc_in_use_is_said_in_one_line() {
    let taken = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut server = command(&folder, "127.0.0.1:0");
    let output = server.env("RINGCRAFT_RTC_LISTEN", address.to_string()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        format!(
            "ringcraft: UDP port {} is in use; stop the other program or set RINGCRAFT_RTC_LISTEN\n",
            address.port()
        )
    );
}

#[test]
fn a_data_folder_in_use_is_said_in_one_line_and_left_alone() {
    let server = Server::start(&[]);
    let mut second = command_in(server.data_dir(), "127.0.0.1:0");
    let second = second.env("DATABASE_URL", server.home().database_url()).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8(second.stderr).unwrap();
    let expected = format!(
        "ringcraft: another server is using the data folder {}; stop it, or set \
         RINGCRAFT_DATA_DIR to a folder of this server's own\n",
        server.data_dir().display()
    );
    assert_eq!(said, expected);
    // One that was killed leaves the folder free.
    server.signal(Signal::KILL);
    let (_, _, home) = server.wait();
    let third = Server::start_in(home, &[]);
    third.signal(Signal::TERM);
    assert_eq!(third.wait().0.code(), Some(0));
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
