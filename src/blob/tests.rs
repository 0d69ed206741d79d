use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use axum::Router;
use axum::routing::get;
use reqwest::StatusCode;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

const BUCKET: &str = "ringcraft";

/// A server as the product runs it: its own routes, and the object store behind them.
struct Store {
    data: TempDir,
    keys: BlobKeys,
    address: String,
    port: u16,
}

#[expect(clippy::disallowed_methods, reason = "the server ends with the test's runtime")]
async fn store() -> Store {
    let data = tempfile::tempdir().unwrap();
    let server = embedded(data.path(), BUCKET).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let keys = server.keys().clone();
    let routes = Router::new()
        .route("/api/health", get(|| async { "healthy" }))
        .fallback_service(server.router());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Store { data, keys, address: format!("http://127.0.0.1:{port}"), port }
}

impl Store {
    fn config(&self) -> BlobConfig {
        BlobConfig {
            bucket: BUCKET.to_owned(),
            region: "us-east-1".to_owned(),
            endpoint: Some(self.address.clone()),
            public_endpoint: None,
            keys: Some(self.keys.clone()),
        }
    }

    async fn blob(&self) -> Blob {
        Blob::new(self.config()).await
    }
}

fn bytes(content: &'static str) -> BlobBody {
    BlobBody::Bytes(Bytes::from_static(content.as_bytes()))
}

fn link(key: &str) -> Link<'_> {
    Link { key, ttl: Duration::from_secs(900), content_disposition: None, endpoint: None }
}

#[expect(clippy::disallowed_methods, reason = "the server under test checks links by this clock")]
fn now() -> SystemTime {
    SystemTime::now()
}

#[tokio::test]
async fn objects_are_written_read_looked_up_and_removed() {
    let store = store().await;
    let blob = store.blob().await;
    let key = "org/1/call/2/record.json";
    assert_eq!(blob.head(key).await.unwrap(), None);
    assert!(
        matches!(blob.get(key).await, Err(BlobError::NotFound { key: missing }) if missing == key)
    );

    blob.put(key, bytes("{}"), "application/json").await.unwrap();
    blob.put(key, bytes("{\"second\":1}"), "application/json").await.unwrap();
    assert_eq!(&*blob.get(key).await.unwrap(), b"{\"second\":1}");
    let info = BlobInfo { bytes: 12, content_type: Some("application/json".to_owned()) };
    assert_eq!(blob.head(key).await.unwrap(), Some(info));

    blob.delete(key).await.unwrap();
    blob.delete(key).await.unwrap();
    assert_eq!(blob.head(key).await.unwrap(), None);
}

#[tokio::test]
async fn odd_keys_are_keys() {
    let store = store().await;
    let blob = store.blob().await;
    let keys =
        ["a b+c.json", "ünï/çode", "100%25/&x=y?z#.txt", "~(1)*'!;:@$,", "..a/b..", ".hidden"];
    for key in keys {
        blob.put(key, BlobBody::Bytes(key.to_owned().into()), "text/plain").await.unwrap();
    }
    for key in keys {
        assert_eq!(&*blob.get(key).await.unwrap(), key.as_bytes(), "{key}");
        let signed = blob.presign_get(link(key), now()).await.unwrap();
        let got = reqwest::get(signed).await.unwrap();
        assert_eq!((got.status(), &*got.text().await.unwrap()), (StatusCode::OK, key));
    }
}

#[tokio::test]
async fn a_key_never_leaves_its_bucket() {
    let store = store().await;
    let blob = store.blob().await;
    std::fs::write(store.data.path().join("secret"), "outside").unwrap();
    let climbing =
        ["../secret", "../../secret", "a/../../x", "a/./b", "a//b", "a/..", "..", "/a", "a/"];
    for key in climbing {
        for refused in [
            blob.put(key, bytes("x"), "text/plain").await.err(),
            blob.get(key).await.err(),
            blob.delete(key).await.err(),
        ] {
            assert!(matches!(refused, Some(BlobError::Failed { .. })), "{key}: {refused:?}");
        }
    }
    assert_eq!(names_in(store.data.path()), ["objects", "objects.keys", "secret"]);
    assert_eq!(names_in(&store.data.path().join("objects")), [BUCKET]);
    assert!(names_in(&store.data.path().join("objects").join(BUCKET)).is_empty());

    let long = "k".repeat(200);
    let refused = blob.put(&long, bytes("x"), "text/plain").await;
    assert!(
        matches!(&refused, Err(BlobError::Failed { reason, .. }) if reason.contains("KeyTooLongError")),
        "{refused:?}"
    );
    // 255 less 30 of the frame and 12 for "ringcraft" in base64 are 213: 159 bytes in base64.
    assert!(blob.put(&long[..160], bytes("x"), "text/plain").await.is_err());
    blob.put(&long[..159], bytes("x"), "text/plain").await.unwrap();
}

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_signed_link_reads_whole_and_in_part_as_a_player_asks() {
    let store = store().await;
    let blob = store.blob().await;
    blob.put("legs.opus", bytes("0123456789"), "audio/ogg").await.unwrap();
    let signed = blob.presign_get(link("legs.opus"), now()).await.unwrap();
    let whole = reqwest::get(&signed).await.unwrap();
    assert_eq!(whole.status(), StatusCode::OK);
    assert_eq!(whole.headers()["content-type"], "audio/ogg");
    assert_eq!(whole.headers()["x-content-type-options"], "nosniff");
    assert_eq!(whole.headers()["accept-ranges"], "bytes");
    assert_eq!(&*whole.bytes().await.unwrap(), b"0123456789");

    let client = reqwest::Client::new();
    for (range, part, content_range) in [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-2", "89", "bytes 8-9/10"),
        ("bytes=0-", "0123456789", "bytes 0-9/10"),
    ] {
        let got = client.get(&signed).header("range", range).send().await.unwrap();
        assert_eq!(got.status(), StatusCode::PARTIAL_CONTENT, "{range}");
        assert_eq!(got.headers()["content-range"], content_range);
        assert_eq!(got.text().await.unwrap(), part);
    }
    let past = client.get(&signed).header("range", "bytes=10-").send().await.unwrap();
    assert_eq!(past.status(), StatusCode::RANGE_NOT_SATISFIABLE);
}

#[tokio::test]
async fn a_link_names_the_file_and_the_host_its_reader_uses() {
    let store = store().await;
    let public = format!("http://localhost:{}", store.port);
    let blob =
        Blob::new(BlobConfig { public_endpoint: Some(public.clone()), ..store.config() }).await;
    blob.put("legs.wav", bytes("RIFF"), "audio/wav").await.unwrap();
    let disposition = "attachment; filename=\"call 1.wav\"";
    let wanted = Link { content_disposition: Some(disposition), ..link("legs.wav") };
    let signed = blob.presign_get(wanted, now()).await.unwrap();
    assert!(signed.starts_with(&format!("{public}/ringcraft/legs.wav?")), "{signed}");
    let got = reqwest::get(&signed).await.unwrap();
    assert_eq!(got.status(), StatusCode::OK);
    assert_eq!(got.headers()["content-disposition"], disposition);

    // The host is signed: the same link by another name of the server is refused.
    let moved = signed.replace("localhost", "127.0.0.1");
    assert_eq!(reqwest::get(moved).await.unwrap().status(), StatusCode::FORBIDDEN);

    let wanted = Link { endpoint: Some(&store.address), ..link("legs.wav") };
    let signed = blob.presign_get(wanted, now()).await.unwrap();
    assert!(signed.starts_with(&store.address), "{signed}");
    assert_eq!(reqwest::get(signed).await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_link_that_is_old_changed_or_unsigned_opens_nothing() {
    let store = store().await;
    let blob = store.blob().await;
    blob.put("mine", bytes("mine"), "text/plain").await.unwrap();
    blob.put("other", bytes("other"), "text/plain").await.unwrap();
    let minute = Link { ttl: Duration::from_secs(60), ..link("mine") };
    let fresh = blob.presign_get(minute, now()).await.unwrap();
    assert_eq!(reqwest::get(&fresh).await.unwrap().status(), StatusCode::OK);

    let old = now() - Duration::from_secs(61);
    let expired = blob.presign_get(minute, old).await.unwrap();
    let (start, signature) = fresh.split_once("X-Amz-Signature=").unwrap();
    let turned: String = signature.chars().rev().collect();
    for (what, link) in [
        ("expired", expired),
        ("another key", fresh.replace("/mine?", "/other?")),
        ("longer life", fresh.replace("X-Amz-Expires=60", "X-Amz-Expires=600")),
        ("another signature", format!("{start}X-Amz-Signature={turned}")),
        ("no query", fresh.split_once('?').unwrap().0.to_owned()),
    ] {
        assert_ne!(link, fresh, "{what}");
        let got = reqwest::get(link).await.unwrap();
        assert_eq!(got.status(), StatusCode::FORBIDDEN, "{what}");
    }
    // A link to read is no right to write.
    let client = reqwest::Client::new();
    let put = client.put(&fresh).body("changed").send().await.unwrap();
    assert_eq!(put.status(), StatusCode::FORBIDDEN);
    let put =
        client.put(format!("{}/ringcraft/new", store.address)).body("x").send().await.unwrap();
    assert_eq!(put.status(), StatusCode::FORBIDDEN);
    assert_eq!(&*blob.get("mine").await.unwrap(), b"mine");
    assert_eq!(blob.head("new").await.unwrap(), None);

    let too_long = Link { ttl: Duration::from_secs(8 * 86_400), ..link("mine") };
    assert!(matches!(blob.presign_get(too_long, now()).await, Err(BlobError::BadTtl)));
}

#[tokio::test]
async fn wrong_keys_and_other_buckets_are_refused() {
    let store = store().await;
    let wrong = BlobKeys { secret_access_key: "0".repeat(64), ..store.keys.clone() };
    let stranger = Blob::new(BlobConfig { keys: Some(wrong), ..store.config() }).await;
    let refused = stranger.put("a", bytes("a"), "text/plain").await.unwrap_err();
    assert!(refused.to_string().contains("SignatureDoesNotMatch"), "{refused}");

    let other = Blob::new(BlobConfig { bucket: "other".to_owned(), ..store.config() }).await;
    assert!(matches!(
        other.put("a", bytes("a"), "text/plain").await,
        Err(BlobError::Failed { .. })
    ));
    assert_eq!(names_in(&store.data.path().join("objects")), [BUCKET]);
}

#[tokio::test]
async fn the_servers_own_routes_stay_its_own() {
    let store = store().await;
    let got = reqwest::get(format!("{}/api/health", store.address)).await.unwrap();
    assert_eq!(got.text().await.unwrap(), "healthy");
    for path in ["/api/unknown", "/", "/ringcraftx/a"] {
        let got = reqwest::get(format!("{}{path}", store.address)).await.unwrap();
        assert_eq!(got.status(), StatusCode::NOT_FOUND, "{path}");
    }
    // Clients of the usual kind tidy such paths up; this one does not.
    for path in ["/ringcraft/../objects.keys", "/ringcraft/%2e%2e/%2e%2e/objects.keys", "/../x"] {
        let mut socket = TcpStream::connect(("127.0.0.1", store.port)).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 4"), "{path}: {answer}");
        assert!(!answer.contains(&store.keys.secret_access_key));
    }
    let data = tempfile::tempdir().unwrap();
    for bucket in ["api", "Upper", "a", "../x", ""] {
        assert!(
            matches!(embedded(data.path(), bucket), Err(EmbeddedError::BucketName(_))),
            "{bucket}"
        );
    }
}

#[tokio::test]
async fn a_long_recording_goes_up_from_its_file_and_comes_back_equal() {
    let store = store().await;
    let blob = store.blob().await;
    let content: Vec<u8> = (0u32..15_000_000).flat_map(u32::to_le_bytes).collect();
    assert_eq!(content.len(), 60_000_000);
    let path = store.data.path().join("legs.wav");
    std::fs::write(&path, &content).unwrap();
    blob.put("legs.wav", BlobBody::File(path), "audio/wav").await.unwrap();
    assert!(blob.get("legs.wav").await.unwrap() == content);
}

#[tokio::test]
async fn a_missing_file_or_server_is_said_plainly() {
    let store = store().await;
    let blob = store.blob().await;
    let missing = BlobBody::File(store.data.path().join("missing"));
    assert!(matches!(
        blob.put("a", missing, "text/plain").await,
        Err(BlobError::Unreadable { .. })
    ));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let nowhere = Blob::new(BlobConfig { endpoint: Some(endpoint), ..store.config() }).await;
    let failed = nowhere.get("a").await.unwrap_err();
    assert!(matches!(failed, BlobError::Failed { .. }));
    assert!(failed.to_string().contains("refused"), "{failed}");
}

#[test]
fn keys_are_made_once_and_for_the_owner_alone() {
    let data = tempfile::tempdir().unwrap();
    let first = embedded(data.path(), BUCKET).unwrap();
    let again = embedded(data.path(), BUCKET).unwrap();
    assert_eq!(first.keys(), again.keys());
    let path = data.path().join("objects.keys");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!format!("{first:?}").contains(&first.keys().secret_access_key));

    let other = tempfile::tempdir().unwrap();
    assert_ne!(embedded(other.path(), BUCKET).unwrap().keys(), first.keys());
    std::fs::write(&path, "").unwrap();
    assert!(matches!(embedded(data.path(), BUCKET), Err(EmbeddedError::Keys { .. })));
}
