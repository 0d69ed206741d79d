//! The page that people use, as the build of `web/` left it: files at their paths, and one document
//! at every address that the page itself makes sense of.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use rust_embed::{Embed, EmbeddedFile};

use crate::app::App;
use crate::http::access::LinkBase;
use crate::http::error::ApiError;
use encoding::Encoding;

mod encoding;
mod policy;

/// The build's own files: inside the binary of a release, else read from the disk each time. A
/// checkout in which the page was not built has none.
#[derive(Embed)]
#[folder = "web/dist"]
#[allow_missing = true]
pub(super) struct Built;

/// The one document of the page.
const DOCUMENT: &str = "index.html";

/// Where the build puts files whose names change with their content.
const HASHED: &str = "assets/";

const NOT_BUILT: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width\">
<meta name=\"color-scheme\" content=\"light dark\">
<title>Ringcraft: no page</title>
<h1>The page was not built</h1>
<p>This server runs, but without the page that people use. In its checkout, <code>make run</code>
builds both and starts the server again.</p>
<p>For programs everything is here: <a href=\"/api/health\">/api/health</a>,
<a href=\"/api/openapi.json\">/api/openapi.json</a>.</p>
</html>
";

/// Answers what is no route: with a file of the page, or with its document where one is asked for.
pub(super) async fn serve<F: Embed>(
    State(app): State<Arc<App>>,
    LinkBase(base): LinkBase,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if !matches!(method, Method::GET | Method::HEAD) {
        return ApiError::no_route().into_response();
    }
    let path = uri.path().strip_prefix('/').unwrap_or_default();
    let mut response = if is_file_name(path)
        && path != DOCUMENT
        && let Some(file) = Served::choose::<F>(path, &headers)
    {
        file.response(&headers)
    } else if path.is_empty() || path == DOCUMENT || wants_document(path, &headers) {
        match Served::choose::<F>(DOCUMENT, &headers) {
            Some(document) => document.response(&headers),
            None => (StatusCode::NOT_FOUND, Html(NOT_BUILT)).into_response(),
        }
    } else {
        return ApiError::no_route().into_response();
    };
    policy::apply(response.headers_mut(), policy::of(&app.config, &base));
    response
}

/// Whether a path can be one of a file. On the disk, other paths would lead out of the folder; and
/// the compressed forms of a file have no address of their own.
fn is_file_name(path: &str) -> bool {
    let plain = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(['\\', '\0']);
    path.split('/').all(plain) && Encoding::ALL.iter().all(|form| !path.ends_with(form.suffix()))
}

/// Whether somebody goes to an address, rather than a script or a program asking for what is there.
fn wants_document(path: &str, headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT).iter().filter_map(|line| line.to_str().ok());
    let mut types = lines.flat_map(|line| line.split(',')).map(|range| {
        let (name, _) = range.split_once(';').unwrap_or((range, ""));
        name.trim()
    });
    !path.starts_with(HASHED) && types.any(|name| name.eq_ignore_ascii_case("text/html"))
}

/// A file in the form that goes out.
struct Served {
    file: EmbeddedFile,
    media_type: HeaderValue,
    encoding: Option<Encoding>,
    is_hashed: bool,
}

impl Served {
    /// Finds a file, in the smallest form that the client understands.
    fn choose<F: Embed>(path: &str, headers: &HeaderMap) -> Option<Self> {
        let plain = F::get(path)?;
        let media_type = media_type(plain.metadata.mimetype());
        let is_hashed = path.starts_with(HASHED);
        let compressed = Encoding::accepted(headers).find_map(|encoding| {
            let file = F::get(&format!("{path}{}", encoding.suffix()))?;
            Some((file, Some(encoding)))
        });
        let (file, encoding) = compressed.unwrap_or((plain, None));
        Some(Self { file, media_type, encoding, is_hashed })
    }

    fn response(self, asked: &HeaderMap) -> Response {
        let tag = self.tag();
        let mut headers = HeaderMap::new();
        let keep = if self.is_hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
        // The same address has another answer for programs.
        let vary = if self.is_hashed { "accept-encoding" } else { "accept, accept-encoding" };
        headers.insert(header::VARY, HeaderValue::from_static(vary));
        if has_tag(asked, &tag) {
            headers.insert(header::ETAG, tag);
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        headers.insert(header::ETAG, tag);
        headers.insert(header::CONTENT_TYPE, self.media_type);
        if let Some(encoding) = self.encoding {
            let name = HeaderValue::from_static(encoding.name());
            headers.insert(header::CONTENT_ENCODING, name);
        }
        let body = match self.file.data {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => Bytes::from(bytes),
        };
        (headers, Body::from(body)).into_response()
    }

    /// Each form of a file has a tag of its own, made from its content: RFC 9110, section 8.8.3.
    fn tag(&self) -> HeaderValue {
        let hash = self.file.metadata.sha256_hash();
        let mut tag = String::from("\"");
        for byte in &hash[..16] {
            let _ = write!(tag, "{byte:02x}");
        }
        tag.push('"');
        HeaderValue::from_str(&tag).expect("hexadecimal digits in quotes")
    }
}

/// The media type with its character set: the build writes text in UTF-8.
fn media_type(guessed: &str) -> HeaderValue {
    let text = match guessed.starts_with("text/") {
        true => format!("{guessed}; charset=utf-8"),
        false => guessed.to_owned(),
    };
    HeaderValue::from_str(&text).expect("a media type is ASCII")
}

/// Whether the client has this form already: RFC 9110, section 13.1.2.
fn has_tag(asked: &HeaderMap, tag: &HeaderValue) -> bool {
    let lines = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    let mut tags = lines.flat_map(|line| line.split(',')).map(str::trim);
    tags.any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}
