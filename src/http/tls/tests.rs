use std::path::Path;
use std::sync::OnceLock;

use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;
use tokio::io::AsyncRead;
use tokio::net::TcpListener;
use tokio::time::sleep;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{
    ClientConfig, ProtocolVersion, RootCertStore, SupportedProtocolVersion,
};

use super::*;
use crate::app::Runtimes;
use crate::config::ServeArgs;

/// A listener with a certificate from files.
struct Door {
    tls: Tls,
    listener: TcpListener,
    folder: TempDir,
}

impl Door {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = made();
        replace(folder.path(), &certificate, &key);
        let path = |name: &str| folder.path().join(name).to_str().map(str::to_owned);
        let given = ServeArgs {
            tls_cert: path("certificate.pem"),
            tls_key: path("key.pem"),
            ..Default::default()
        };
        let config = Config::check(given, |_| None).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let tls = Tls::of(&config, listener.local_addr().unwrap()).unwrap().unwrap();
        Self { tls, listener, folder }
    }

    /// A bare connection: what the client did with it, and what the server made of it.
    async fn meet<T>(
        &self,
        client: impl AsyncFnOnce(TcpStream) -> T,
    ) -> (T, Result<Socket, NotEncrypted>) {
        let client = async {
            client(TcpStream::connect(self.listener.local_addr().unwrap()).await.unwrap()).await
        };
        let server = async {
            let (tcp, _) = self.listener.accept().await.unwrap();
            self.tls.accept(tcp).await
        };
        tokio::join!(client, server)
    }

    /// An encrypted connection, of a client that trusts these certificates.
    async fn shake(&self, trusted: &str) -> io::Result<(TlsStream<TcpStream>, Socket)> {
        let (client, server) = self.meet(async |tcp| shake(tcp, trusted, BOTH).await).await;
        Ok((client?, server.expect("the client agreed")))
    }

    fn certificate(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("certificate.pem")).unwrap()
    }
}

const BOTH: &[&SupportedProtocolVersion] = &[&TLS13, &TLS12];

fn made() -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

fn replace(folder: &Path, certificate: &str, key: &str) {
    std::fs::write(folder.join("certificate.pem"), certificate).unwrap();
    std::fs::write(folder.join("key.pem"), key).unwrap();
}

async fn shake(
    tcp: TcpStream,
    trusted: &str,
    versions: &[&'static SupportedProtocolVersion],
) -> io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted.as_bytes()).unwrap()).unwrap();
    let mut config = ClientConfig::builder_with_provider(certificate::provider())
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, tcp).await
}

/// A megabyte that repeats nowhere near a record's length.
fn sound() -> &'static [u8] {
    static SOUND: OnceLock<Vec<u8>> = OnceLock::new();
    SOUND.get_or_init(|| (0..1_000_003u32).map(|index| (index % 251) as u8).collect())
}

async fn send(mut to: impl AsyncWriteExt + Unpin, from: impl AsyncRead + Unpin) {
    let write = async {
        to.write_all(sound()).await.unwrap();
        to.flush().await.unwrap();
    };
    let mut heard = vec![0; sound().len()];
    let mut from = from;
    let read = async { from.read_exact(&mut heard).await.unwrap() };
    tokio::join!(write, read);
    assert!(heard == sound(), "every byte, in order");
}

#[test]
fn the_plain_answer_is_as_long_as_it_says() {
    let (head, body) = PLAIN_ANSWER.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{}", body.len());
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["error"]["code"], "https_required");
}

#[tokio::test]
async fn both_versions_of_tls_carry_bytes_both_ways() {
    let door = Door::open().await;
    let trusted = door.certificate();
    let table = [(&TLS12, ProtocolVersion::TLSv1_2), (&TLS13, ProtocolVersion::TLSv1_3)];
    for (version, spoken) in table {
        let (client, server) =
            door.meet(async |tcp| shake(tcp, &trusted, &[version]).await.unwrap()).await;
        let (mut client, mut server) = (client, server.unwrap());
        let session = client.get_ref().1;
        assert_eq!(session.protocol_version(), Some(spoken));
        assert_eq!(session.alpn_protocol(), Some(&b"http/1.1"[..]));
        send(&mut client, &mut server).await;
        send(&mut server, &mut client).await;
        server.shutdown().await.unwrap();
        // Without a goodbye of the server's this is an error.
        assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
    }
}

#[test]
fn a_connection_goes_on_where_it_was_moved_to() {
    let runtimes = Runtimes::start().unwrap();
    let media = runtimes.media();
    runtimes.run(async {
        let door = Door::open().await;
        let (mut client, server) = door.shake(&door.certificate()).await.unwrap();
        // What came in one record is read in two parts, before the move and after it.
        client.write_all(b"before and after").await.unwrap();
        client.flush().await.unwrap();
        let mut server = server;
        let mut part = [0; 6];
        server.read_exact(&mut part).await.unwrap();
        assert_eq!(&part, b"before");
        let moved = server.leave().unwrap();
        let there = media.spawn(async move {
            let mut server = moved.serve().unwrap();
            let mut part = [0; 10];
            server.read_exact(&mut part).await.unwrap();
            assert_eq!(&part, b" and after");
            let mut heard = vec![0; sound().len()];
            server.read_exact(&mut heard).await.unwrap();
            assert!(heard == sound());
            server.write_all(&heard).await.unwrap();
            server.shutdown().await.unwrap();
        });
        client.write_all(sound()).await.unwrap();
        client.flush().await.unwrap();
        let mut heard = Vec::new();
        client.read_to_end(&mut heard).await.unwrap();
        assert!(heard == sound());
        there.await.unwrap();
    });
    runtimes.stop();
}

#[tokio::test(start_paused = true)]
async fn a_client_that_says_nothing_or_stops_in_the_middle_is_left() {
    let door = Door::open().await;
    for said in [&[][..], &[HANDSHAKE_RECORD, 3, 1, 2, 0, 1]] {
        let begun = crate::clock::now();
        let (_tcp, accepted) = door
            .meet(async |mut tcp| {
                tcp.write_all(said).await.unwrap();
                tcp
            })
            .await;
        assert!(matches!(accepted, Err(NotEncrypted::Late)), "{accepted:?}");
        assert_eq!((crate::clock::now() - begun).as_secs(), 10);
    }
    assert_eq!(door.tls.turns.available_permits(), HANDSHAKES);
}

#[tokio::test]
async fn who_speaks_no_tls_is_told_if_it_is_http() {
    let door = Door::open().await;
    let table: [(&[u8], &str); 4] = [
        (b"GET /api/health HTTP/1.1\r\nhost: x\r\n\r\n", PLAIN_ANSWER),
        (b"POST", PLAIN_ANSWER),
        (b"\0\0\0", ""),
        (b"", ""),
    ];
    for (said, answer) in table {
        let (heard, accepted) = door
            .meet(async |mut tcp| {
                tcp.write_all(said).await.unwrap();
                tcp.shutdown().await.unwrap();
                let mut heard = Vec::new();
                // Bytes that nobody read reset the connection.
                let _ = tcp.read_to_end(&mut heard).await;
                String::from_utf8(heard).unwrap()
            })
            .await;
        assert_eq!(heard, answer);
        assert!(matches!(accepted, Err(NotEncrypted::NotTls)), "{accepted:?}");
    }
}

#[tokio::test]
async fn a_client_beyond_those_that_shake_hands_is_turned_away() {
    let door = Door::open().await;
    let trusted = door.certificate();
    let turns = Arc::clone(&door.tls.turns);
    let all = turns.acquire_many(u32::try_from(HANDSHAKES).unwrap()).await.unwrap();
    let (client, server) = door.meet(async |tcp| shake(tcp, &trusted, BOTH).await).await;
    assert!(client.is_err() && matches!(server, Err(NotEncrypted::TooMany)), "{server:?}");
    drop(all);
    door.shake(&trusted).await.unwrap();
    assert_eq!(turns.available_permits(), HANDSHAKES, "a turn ends with the handshake");
}

#[tokio::test(start_paused = true)]
async fn new_files_are_taken_up_and_open_connections_go_on() {
    let door = Door::open().await;
    let first = door.certificate();
    let (mut client, mut server) = door.shake(&first).await.unwrap();
    let (second, key) = made();
    let stop = CancellationToken::new();
    let look = async || {
        let keeper = door.tls.clone().keep_up(stop.clone());
        tokio::select! {
            () = keeper => panic!("nobody told it to stop"),
            () = sleep(Duration::from_secs(61)) => {}
        }
    };
    // Half of the new pair is there.
    std::fs::write(door.folder.path().join("certificate.pem"), &second).unwrap();
    look().await;
    door.shake(&first).await.expect("the old pair stays in use");
    assert!(door.shake(&second).await.is_err());
    std::fs::write(door.folder.path().join("key.pem"), &key).unwrap();
    look().await;
    door.shake(&second).await.expect("the new pair is in use");
    assert!(door.shake(&first).await.is_err());
    send(&mut client, &mut server).await;
    send(&mut server, &mut client).await;
    // What cannot be read is passed over too.
    std::fs::remove_file(door.folder.path().join("key.pem")).unwrap();
    look().await;
    door.shake(&second).await.expect("the pair that was read stays in use");
}

#[test]
fn a_file_that_is_no_good_is_named_with_its_setting() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (certificate, key) = made();
    let (_, other) = made();
    for (name, text) in [("c", &*certificate), ("k", &*key), ("other", &*other), ("empty", "")] {
        std::fs::write(path(name), text).unwrap();
    }
    let table = [
        ("gone", "k", "RINGCRAFT_TLS_CERT", "No such file"),
        ("c", "gone", "RINGCRAFT_TLS_KEY", "No such file"),
        ("empty", "k", "RINGCRAFT_TLS_CERT", "it holds no certificate in PEM"),
        ("c", "empty", "RINGCRAFT_TLS_KEY", "it holds no private key in PEM"),
        ("c", "other", "RINGCRAFT_TLS_KEY", "does not belong to the certificate"),
    ];
    for (certificate, key, variable, what) in table {
        let given = ServeArgs {
            tls_cert: Some(path(certificate)),
            tls_key: Some(path(key)),
            ..Default::default()
        };
        let config = Config::check(given, |_| None).unwrap();
        let error = Tls::of(&config, config.listen).unwrap_err().to_string();
        let at_fault = if variable.ends_with("KEY") { key } else { certificate };
        let begin = format!("{} ({variable}): ", path(at_fault));
        assert!(error.starts_with(&begin) && error.contains(what), "{error}");
    }
}

#[test]
fn a_server_signs_for_every_name_it_may_be_known_by() {
    let folder = tempfile::tempdir().unwrap();
    let given = ServeArgs {
        tls: Some("self".into()),
        public_url: Some("https://Calls.Example.com:8443/ringcraft".into()),
        data_dir: folder.path().to_str().map(str::to_owned),
        ..Default::default()
    };
    let config = Config::check(given, |_| None).unwrap();
    Tls::of(&config, "10.1.2.3:8080".parse().unwrap()).unwrap().unwrap();
    let read = |name: &str| std::fs::read(folder.path().join("tls").join(name)).unwrap();
    let made = certificate::Certificate::read(&read("certificate.pem"), &read("key.pem")).unwrap();
    for name in ["localhost", "127.0.0.1", "::1", "calls.example.com", "10.1.2.3"] {
        assert!(made.covers(name), "{name}");
    }
    assert!(!made.covers("10.1.2.4"));
}
