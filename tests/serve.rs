//! The server as a process: how it starts, what it says when it cannot, how it stops.

// A test that panics has failed, which is what it is for.
#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

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

/// The answer over HTTPS, for a client that trusts one certificate.
fn health(server: &Server, certificate: &[u8]) -> reqwest::Result<u16> {
    let trusted = reqwest::Certificate::from_pem(certificate)?;
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([trusted]).build()?;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let ask = client.get(format!("{}/api/health", server.url())).send();
    Ok(runtime.block_on(ask)?.status().as_u16())
}

#[test]
fn it_speaks_https_with_a_certificate_of_its_own_making() {
    let server = Server::start(&[("RINGCRAFT_TLS", "self")]);
    let file = server.data_dir().join("tls/certificate.pem");
    let certificate = std::fs::read(&file).unwrap();
    assert_eq!(health(&server, &certificate).unwrap(), 200);
    let said = server.logged("HTTPS with a self-signed certificate");
    let (_, fingerprint) = said.split_once("sha256=").unwrap();
    let digits = fingerprint.split_whitespace().next().unwrap().trim_matches('"');
    assert_eq!(digits.split(':').filter(|pair| pair.len() == 2).count(), 32, "{said}");
    assert!(said.contains("localhost") && said.contains(file.to_str().unwrap()), "{said}");
    // It is made once.
    server.signal(Signal::TERM);
    let (status, _, home) = server.wait();
    assert_eq!(status.code(), Some(0));
    let again = Server::start_in(home, &[("RINGCRAFT_TLS", "self")]);
    assert_eq!(std::fs::read(&file).unwrap(), certificate);
    assert!(again.logged("HTTPS with a self-signed certificate").contains(digits));
    assert_eq!(health(&again, &certificate).unwrap(), 200);
}

#[test]
fn it_speaks_https_with_the_files_it_is_given_and_warns_of_an_old_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let made = |year: i32| {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(year, 1, 1);
        let certificate = params.self_signed(&key).unwrap().pem();
        std::fs::write(path("certificate.pem"), &certificate).unwrap();
        std::fs::write(path("key.pem"), key.serialize_pem()).unwrap();
        certificate
    };
    let (file, key) = (path("certificate.pem"), path("key.pem"));
    let variables = [("RINGCRAFT_TLS_CERT", &*file), ("RINGCRAFT_TLS_KEY", &*key)];
    let certificate = made(2120);
    let server = Server::start(&variables);
    assert_eq!(health(&server, certificate.as_bytes()).unwrap(), 200);
    assert!(!server.log().contains("WARN"), "{}", server.log());
    server.signal(Signal::TERM);
    let home = server.wait().2;
    let certificate = made(2020);
    let server = Server::start_in(home, &variables);
    let warning = server.logged("the certificate for HTTPS has expired");
    assert!(warning.contains("2020-01-01T00:00:00Z"), "{warning}");
    assert!(health(&server, certificate.as_bytes()).unwrap_err().is_connect());
    server.signal(Signal::TERM);
    drop(server.wait());

    std::fs::write(&key, rcgen::KeyPair::generate().unwrap().serialize_pem()).unwrap();
    let output = command(&folder, "127.0.0.1:0").envs(variables).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap().lines().last().unwrap(),
        format!(
            "ringcraft: {key} (RINGCRAFT_TLS_KEY): its private key does not belong to the certificate"
        )
    );
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
            "RINGCRAFT_TLS_KEY",
            "key.pem",
            r#"RINGCRAFT_TLS_KEY is "key.pem"; it must be set together with RINGCRAFT_TLS_CERT"#,
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

#[test]
fn the_interface_is_described_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let described = Command::new(env!("CARGO_BIN_EXE_ringcraft"))
        .env_clear()
        .current_dir(folder.path())
        .arg("openapi")
        .output()
        .unwrap();
    assert_eq!(described.status.code(), Some(0));
    assert_eq!(described.stderr, b"");
    let described: serde_json::Value = serde_json::from_slice(&described.stdout).unwrap();
    assert_eq!(described["openapi"], "3.1.0");
    assert!(described["paths"]["/api/calls"]["post"].is_object());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is written");
}
