//! The page as browsers get it: a small one, whose compressed forms were made ahead by Node's zlib.

use reqwest::Response;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

const DOCUMENT: &[u8] = include_bytes!("web/page/index.html");
const DOCUMENT_BR: &[u8] = include_bytes!("web/page/index.html.br");
const DOCUMENT_GZ: &[u8] = include_bytes!("web/page/index.html.gz");
const SCRIPT_BR: &[u8] = include_bytes!("web/page/assets/index-4f0c2a91.js.br");
const ICON: &[u8] = include_bytes!("web/page/icon.svg");

/// The first half of what `sha256sum` says of the document and of its compressed form.
const DOCUMENT_TAG: &str = "\"89fcea03175f55596648f7b8f244e355\"";
const DOCUMENT_BR_TAG: &str = "\"28feb81e424fbf9571ac7349f3d93fa4\"";

/// As browsers send it when somebody goes somewhere.
const GOES_THERE: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

#[derive(Embed)]
#[folder = "src/http/tests/web/page"]
struct Sample;

#[derive(Embed)]
#[folder = "src/http/tests/web/no_page"]
#[allow_missing = true]
struct NoPage;

async fn with_page() -> Server {
    Server::with(|app| router_with::<Sample>(Arc::clone(app))).await
}

impl Server {
    /// What a browser gets that goes to an address.
    async fn visit(&self, path: &str) -> Response {
        self.request("GET", path).header("accept", GOES_THERE).send().await.unwrap()
    }

    async fn fetch(&self, path: &str, encodings: &str) -> Response {
        let request = self.request("GET", path).header("accept-encoding", encodings);
        request.send().await.unwrap()
    }
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn the_document_is_at_every_address_of_the_page() {
    let server = with_page().await;
    for path in ["/", "/practice", "/calls/0190f3a0", "/invitation?token=x", "/shared/x.y", "/app/"]
    {
        let response = server.visit(path).await;
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(header(&response, "content-type"), "text/html; charset=utf-8");
        assert_eq!(header(&response, "cache-control"), "no-cache");
        assert_eq!(header(&response, "vary"), "accept, accept-encoding");
        assert_eq!(header(&response, "etag"), DOCUMENT_TAG);
        assert_eq!(response.bytes().await.unwrap(), DOCUMENT, "{path}");
    }
    // A program that only looks whether somebody is there says nothing of HTML.
    for path in ["/", "/index.html"] {
        let response = server.request("GET", path).send().await.unwrap();
        assert_eq!(response.bytes().await.unwrap(), DOCUMENT, "{path}");
    }
}

#[tokio::test]
async fn what_is_not_of_the_page_gets_a_json_error() {
    let server = with_page().await;
    let html = |request: RequestBuilder| request.header("accept", GOES_THERE);
    let table = [
        server.request("GET", "/elsewhere"),
        server.request("GET", "/elsewhere").header("accept", "application/json"),
        server.request("GET", "/favicon.ico").header("accept", "image/avif,image/*,*/*;q=0.8"),
        html(server.request("GET", "/api")),
        html(server.request("GET", "/api/practice")),
        // A page that is open since before an update must not take its document for a script.
        html(server.request("GET", "/assets/index-00000000.js")),
        html(server.request("POST", "/practice")),
        html(server.request("DELETE", "/")),
    ];
    for request in table {
        let shown = format!("{request:?}");
        assert_eq!(error(request).await, (404, "not_found".to_owned()), "{shown}");
    }
    // The compressed forms of a file are the file: they have no address.
    assert_eq!(error(server.request("GET", "/index.html.br")).await.0, 404);
}

#[tokio::test]
async fn no_path_leads_out_of_the_folder() {
    let server = with_page().await;
    let outside = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    for path in [
        "/../page/index.html",
        "/assets/../index.html",
        "/assets/..%2f..%2f..%2f..%2f..%2f..%2fCargo.toml",
        "/..\\..\\..\\..\\..\\..\\Cargo.toml",
        &format!("/{outside}"),
        "//etc/localtime",
        "/assets",
        "/assets/",
    ] {
        // Clients tidy paths up; this one goes out as it is.
        let mut socket = TcpStream::connect(server.address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 404 "), "{path}: {answer}");
        assert!(answer.contains("\"not_found\""), "{path}: {answer}");
    }
}

#[tokio::test]
async fn the_smallest_form_that_the_client_understands_goes_out() {
    let server = with_page().await;
    let table: [(&str, &str, &[u8]); 4] = [
        ("gzip, deflate, br, zstd", "br", DOCUMENT_BR),
        ("gzip, deflate", "gzip", DOCUMENT_GZ),
        ("br;q=0, gzip;q=0.5", "gzip", DOCUMENT_GZ),
        ("identity", "", DOCUMENT),
    ];
    let mut tags = Vec::new();
    for (encodings, name, bytes) in table {
        let response = server.fetch("/", encodings).await;
        assert_eq!(header(&response, "content-encoding"), name, "{encodings}");
        assert_eq!(header(&response, "content-type"), "text/html; charset=utf-8");
        assert_eq!(header(&response, "content-length"), bytes.len().to_string());
        tags.push(header(&response, "etag").to_owned());
        assert_eq!(response.bytes().await.unwrap(), bytes, "{encodings}");
    }
    assert_eq!(tags[0], DOCUMENT_BR_TAG);
    assert_eq!(tags[3], DOCUMENT_TAG);

    // What was left as it is goes out as it is.
    let icon = server.fetch("/icon.svg", "br, gzip").await;
    assert_eq!(header(&icon, "content-encoding"), "");
    assert_eq!(header(&icon, "content-type"), "image/svg+xml");
    assert_eq!(header(&icon, "cache-control"), "no-cache");
    assert_eq!(icon.bytes().await.unwrap(), ICON);
}

#[tokio::test]
async fn a_file_whose_name_is_of_its_content_is_kept_for_ever() {
    let server = with_page().await;
    let script = server.fetch("/assets/index-4f0c2a91.js", "br").await;
    assert_eq!(header(&script, "content-type"), "text/javascript; charset=utf-8");
    assert_eq!(header(&script, "cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(header(&script, "vary"), "accept-encoding");
    assert_eq!(script.bytes().await.unwrap(), SCRIPT_BR);
}

#[tokio::test]
async fn who_has_the_document_is_not_sent_it_again() {
    let server = with_page().await;
    let ask = async |tags: &str| {
        let request = server.request("GET", "/").header("accept-encoding", "br");
        request.header("if-none-match", tags).send().await.unwrap()
    };
    for tags in [DOCUMENT_BR_TAG, "W/\"28feb81e424fbf9571ac7349f3d93fa4\"", "*"] {
        let unchanged = ask(tags).await;
        assert_eq!(unchanged.status(), 304, "{tags}");
        assert_eq!(header(&unchanged, "etag"), DOCUMENT_BR_TAG);
        assert_eq!(header(&unchanged, "cache-control"), "no-cache");
        // It takes the place of what the browser kept beside the document.
        assert!(header(&unchanged, "content-security-policy").starts_with("default-src 'self'"));
        assert_eq!(unchanged.bytes().await.unwrap(), b"".as_slice());
    }
    assert_eq!(ask(&format!("\"old\", {DOCUMENT_BR_TAG}")).await.status(), 304);
    // Another form of it is not what was asked for.
    for tags in [DOCUMENT_TAG, "\"old\"", "28feb81e424fbf9571ac7349f3d93fa4"] {
        assert_eq!(ask(tags).await.status(), 200, "{tags}");
    }
}

#[tokio::test]
async fn a_look_at_the_document_has_its_headers_alone() {
    let server = with_page().await;
    let request = server.request("HEAD", "/practice").header("accept", GOES_THERE);
    let head = request.header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(head.status(), 200);
    assert_eq!(header(&head, "content-length"), DOCUMENT_GZ.len().to_string());
    assert_eq!(header(&head, "content-encoding"), "gzip");
    assert_eq!(head.bytes().await.unwrap(), b"".as_slice());
}

#[tokio::test]
async fn the_page_may_do_what_it_needs_and_no_more() {
    let given =
        ServeArgs { public_url: Some("https://calls.example.com".into()), ..Default::default() };
    let routes = |app: &Arc<App>| router_with::<Sample>(Arc::clone(app));
    let server = Server::told(given, |_| None, routes).await;
    let document = server.visit("/shared/secret").await;
    assert_eq!(
        header(&document, "content-security-policy"),
        "default-src 'self'; connect-src 'self' wss://calls.example.com; media-src 'self' blob:; \
         img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; \
         object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    assert_eq!(header(&document, "x-content-type-options"), "nosniff");
    assert_eq!(header(&document, "referrer-policy"), "no-referrer");
    assert_eq!(header(&document, "permissions-policy"), "microphone=(self)");

    let server = with_page().await;
    let document = server.visit("/").await;
    let socket = format!("connect-src 'self' ws://{};", server.address);
    assert!(header(&document, "content-security-policy").contains(&socket), "{document:?}");
}

#[tokio::test]
async fn the_store_keeps_its_addresses() {
    let server = with_page().await;
    let bucket = &server.app.config.s3.bucket;
    for path in [format!("/{bucket}"), format!("/{bucket}/calls/x/record.json")] {
        let response = server.visit(&path).await;
        assert_eq!(response.status(), 403, "{path}");
        assert!(response.text().await.unwrap().contains("<Code>AccessDenied</Code>"), "{path}");
    }
    let beside = server.visit(&format!("/{bucket}-notes")).await;
    assert_eq!(beside.bytes().await.unwrap(), DOCUMENT);
}

#[tokio::test]
async fn a_server_without_a_page_says_how_to_get_one() {
    let server = Server::with(|app| router_with::<NoPage>(Arc::clone(app))).await;
    for path in ["/", "/practice"] {
        let response = server.visit(path).await;
        assert_eq!(response.status(), 404, "{path}");
        assert_eq!(header(&response, "content-type"), "text/html; charset=utf-8");
        assert!(header(&response, "content-security-policy").starts_with("default-src 'self'"));
        let text = response.text().await.unwrap();
        assert!(text.contains("The page was not built") && text.contains("make run"), "{text}");
    }
    assert_eq!(error(server.request("GET", "/practice")).await, (404, "not_found".into()));
}
