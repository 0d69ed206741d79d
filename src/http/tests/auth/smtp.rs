//! Mail over a real socket, to a mail server that takes nothing amiss said.

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

use super::*;
use crate::identity::upkeep;

/// What a mail server was told.
#[derive(Debug, Default, PartialEq, Eq)]
struct Received {
    from: String,
    to: String,
    lines: Vec<String>,
}

/// Takes one mail by the letter of RFC 5321, or refuses its recipient, then says goodbye.
async fn take_one(listener: &TcpListener, refuse: Option<&str>) -> Received {
    let (stream, _) = listener.accept().await.unwrap();
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).split(b'\n');
    let mut received = Received::default();
    write.write_all(b"220 mail.example ESMTP\r\n").await.unwrap();
    let mut state = "greeting";
    while let Some(line) = lines.next_segment().await.unwrap() {
        let line = String::from_utf8(line).expect("no SMTPUTF8 was offered");
        let line = line.strip_suffix('\r').expect("a line ends in CR LF").to_owned();
        assert!(line.len() <= 998, "RFC 5321, section 4.5.3.1.6");
        let answer = match (state, line.as_str()) {
            ("text", ".") => "250 kept",
            ("text", text) => {
                received.lines.push(text.strip_prefix('.').unwrap_or(text).to_owned());
                continue;
            }
            ("greeting", line) if line.starts_with("EHLO ") => "250 mail.example",
            ("EHLO", line) if line.starts_with("MAIL FROM:<") => {
                received.from = line["MAIL FROM:<".len()..].split('>').next().unwrap().to_owned();
                "250 fine"
            }
            ("MAIL", line) if line.starts_with("RCPT TO:<") => {
                received.to = line["RCPT TO:<".len()..].split('>').next().unwrap().to_owned();
                refuse.unwrap_or("250 fine")
            }
            ("RCPT", "DATA") => "354 go on",
            (_, "RSET") => "250 fine",
            (_, "QUIT") => {
                write.write_all(b"221 bye\r\n").await.unwrap();
                break;
            }
            (state, line) => panic!("{line:?} while {state}"),
        };
        state = match line.split([' ', ':']).next().unwrap() {
            _ if state == "text" => "EHLO",
            "EHLO" | "RSET" => "EHLO",
            "MAIL" => "MAIL",
            "RCPT" => "RCPT",
            _ => "text",
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
    }
    received
}

/// A server that sends mail to a listener of the test.
async fn mailing() -> (Server, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let given = ServeArgs {
        public_url: Some("https://calls.example.com/app".into()),
        mail_from: Some("Praxis <hallo@example.com>".into()),
        ..Default::default()
    };
    let secrets = move |name: &str| (name == "SMTP_URL").then(|| url.clone());
    let server = Server::told(given, secrets, |app| router(Arc::clone(app))).await;
    (server, listener)
}

#[tokio::test]
async fn a_mail_is_sent_and_its_link_is_kept_no_longer() {
    let (server, listener) = mailing().await;
    let email = server.rep.email.clone();
    let ask = server.post("/api/auth/password_reset", &json!({"email": email}));
    assert_eq!(ask.send().await.unwrap().status(), 202);
    let received = take_one(&listener, None).await;
    assert_eq!((received.from.as_str(), &received.to), ("hallo@example.com", &email));
    let text = received.lines.join("\n");
    let (head, body) = text.split_once("\n\n").unwrap();
    for line in [
        "From: Praxis <hallo@example.com>",
        &format!("To: {email}"),
        "Subject: Set a new password",
        "Content-Type: text/plain; charset=utf-8",
    ] {
        assert!(head.lines().any(|found| found == line), "{line} is not in\n{head}");
    }
    assert!(head.contains("\nDate: ") && head.contains("\nMessage-ID: <"), "{head}");
    // Soft line breaks and the equals sign of quoted-printable: RFC 2045, section 6.7.
    let body = body.replace("=\n", "").replace("=3D", "=");
    let link = body.split_whitespace().find(|word| word.starts_with("https://")).unwrap();
    let token = link.strip_prefix("https://calls.example.com/app/reset-password#token=").unwrap();
    let waits = "select count(*)::text from mail where sent_at is null or body <> ''";
    while server.ask(waits).await != "0" {}
    let body = json!({"token": token, "password": PASSWORD});
    let confirm = server.post("/api/auth/password_reset/confirm", &body);
    assert_eq!(confirm.send().await.unwrap().status(), 204);
}

#[tokio::test]
async fn a_mail_that_is_refused_waits_and_the_log_names_nobody() {
    let (lines, _guard) = Lines::take();
    let (server, listener) = mailing().await;
    let email = server.rep.email.clone();
    let ask = server.post("/api/auth/password_reset", &json!({"email": email}));
    assert_eq!(ask.send().await.unwrap().status(), 202);
    let refused = format!("550 {email} is unknown");
    let tracker = TaskTracker::new();
    let taking = tracker.spawn(async move { take_one(&listener, Some(&refused)).await.to });
    assert_eq!(taking.await.unwrap(), email);
    server.app.drain().await;
    let waits = "select (select count(*)::text from mail where sent_at is null and body <> '')";
    assert_eq!(server.ask(waits).await, "1");
    let log = lines.text();
    assert_eq!(log.matches("a mail was not sent").count(), 1, "{log}");
    assert!(!log.contains(&email) && !log.contains("rcm_") && !log.contains('@'), "{log}");
}

#[tokio::test]
async fn a_mail_that_was_refused_is_sent_once_it_is_due() {
    let (server, listener) = mailing().await;
    let (store, mailer) = (&server.app.store, &server.app.identity.mailer);
    let email = server.rep.email.clone();
    let ask = server.post("/api/auth/password_reset", &json!({"email": email}));
    assert_eq!(ask.send().await.unwrap().status(), 202);
    assert_eq!(take_one(&listener, Some("451 not now")).await.to, email);
    server.sql("update mail set next_try_at = now()").await;
    upkeep::send_waiting(store, mailer).await.unwrap();
    let received = take_one(&listener, None).await;
    assert_eq!(received.to, email);
    assert!(
        received.lines.iter().any(|line| line.contains("/reset-password#token")),
        "{received:?}"
    );
    while server.ask("select count(*)::text from mail where sent_at is null").await != "0" {}
    assert_eq!(server.ask("select tries::text from mail").await, "2");
    server.app.drain().await;
}
