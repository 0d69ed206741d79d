//! A way to Postgres that can be cut, on threads of its own so that tests may block theirs.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use sqlx::postgres::PgConnectOptions;

/// Lets connections through to the Postgres of an address, unless it is cut.
pub(crate) struct Proxy {
    url: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    cut: AtomicBool,
    clients: Mutex<Vec<TcpStream>>,
}

/// Where Postgres is.
#[derive(Clone)]
enum Upstream {
    Unix(std::path::PathBuf),
    Tcp(String),
}

impl Proxy {
    /// A proxy before the database of `url`.
    pub(crate) fn to(url: &str) -> Self {
        let options: PgConnectOptions = url.parse().unwrap();
        let port = options.get_port();
        let upstream = match options.get_socket() {
            Some(folder) => Upstream::Unix(folder.join(format!(".s.PGSQL.{port}"))),
            None => Upstream::Tcp(format!("{}:{port}", options.get_host())),
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = listener.local_addr().unwrap();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        // It ends with the process of the test.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if !shared.cut.load(Ordering::SeqCst) {
                    shared.clients.lock().unwrap().push(client.try_clone().unwrap());
                    let upstream = upstream.clone();
                    thread::spawn(move || carry(client, &upstream));
                }
            }
        });
        let (user, name) = (options.get_username(), options.get_database().unwrap());
        Self { url: format!("postgres://{user}@{own}/{name}?sslmode=disable"), state }
    }

    /// The address of the database through the proxy.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Breaks every connection and takes no new one.
    pub(crate) fn cut(&self) {
        self.state.cut.store(true, Ordering::SeqCst);
        for client in self.state.clients.lock().unwrap().drain(..) {
            let _ = client.shutdown(Shutdown::Both);
        }
    }

    /// Lets connections through again.
    pub(crate) fn restore(&self) {
        self.state.cut.store(false, Ordering::SeqCst);
    }
}

fn carry(client: TcpStream, upstream: &Upstream) {
    match upstream {
        Upstream::Unix(path) => {
            let server = UnixStream::connect(path).unwrap();
            let (from, to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            thread::spawn(move || {
                copy(from, &to);
                let _ = to.shutdown(Shutdown::Both);
            });
            copy(client, &server);
            let _ = server.shutdown(Shutdown::Both);
        }
        Upstream::Tcp(address) => {
            let server = TcpStream::connect(address).unwrap();
            let (from, to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            thread::spawn(move || {
                copy(from, &to);
                let _ = to.shutdown(Shutdown::Both);
            });
            copy(client, &server);
            let _ = server.shutdown(Shutdown::Both);
        }
    }
}

/// Copies to the end, or to the break of either side.
fn copy(mut from: impl Read, mut to: impl Write) {
    let _ = io::copy(&mut from, &mut to);
}
