//! The S3 server inside the process, for a machine that has no other: files under the data folder.
//!
//! It speaks the protocol to the same client that an outside store gets, so nothing else in the
//! server knows which of the two it is.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use http::{HeaderValue, Method, StatusCode, header};
use rand::RngExt;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::SimpleAuth;
use s3s::path::S3Path;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{S3Result, s3_error};
use s3s_fs::FileSystem;
use tokio::sync::Mutex;
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

use super::BlobKeys;

/// The longest file name on the usual file systems, in bytes.
const MAX_FILE_NAME: usize = 255;

/// What [`FileSystem`] writes around bucket and key, in base64, to name an object's metadata.
const METADATA_NAME: usize = ".bucket-.object-.metadata.json".len();

/// The first path segments that are the server's own, and the page's.
const RESERVED: [&str; 13] = [
    "api",
    "metrics",
    "assets",
    "account",
    "calls",
    "invitation",
    "password",
    "practice",
    "reset-password",
    "setup",
    "shared",
    "sign-in",
    "team",
];

/// The embedded server.
#[derive(Clone, Debug)]
pub struct EmbeddedS3 {
    bucket: String,
    keys: BlobKeys,
    inner: Arc<Inner>,
}

struct Inner {
    service: S3Service,
    disk: DurableDisk,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").field("disk", &self.disk).finish_non_exhaustive()
    }
}

/// Why the embedded server did not start.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// The data folder refused.
    #[error("object folder: {0}")]
    Folder(#[from] io::Error),
    /// The keys' file does not hold keys.
    #[error("{path} does not hold access keys; remove it to have new ones made")]
    Keys {
        /// The file.
        path: String,
    },
    /// The bucket's name is not one S3 allows, or a path of the server itself.
    #[error("bucket {0:?} is not a possible name")]
    BucketName(String),
    /// The store over the folder did not start.
    #[error("object store: {0}")]
    Store(String),
}

/// Starts the server over `<data_dir>/objects` with one bucket. Keys are made once into
/// `<data_dir>/objects.keys`. Blocks for a moment; it is called at start-up.
///
/// # Errors
/// When the folder, the keys or the bucket's name are no good.
pub fn embedded(data_dir: &Path, bucket: &str) -> Result<EmbeddedS3, EmbeddedError> {
    if !s3s::path::check_bucket_name(bucket) || RESERVED.contains(&bucket) {
        return Err(EmbeddedError::BucketName(bucket.to_owned()));
    }
    let root = data_dir.join("objects");
    fs::create_dir_all(root.join(bucket))?;
    let keys = load_or_make_keys(&data_dir.join("objects.keys"))?;
    let store =
        FileSystem::new(&root).map_err(|error| EmbeddedError::Store(format!("{error:?}")))?;
    let mut builder = S3ServiceBuilder::new(store);
    builder.set_auth(SimpleAuth::from_single(
        keys.access_key_id.clone(),
        keys.secret_access_key.clone(),
    ));
    builder
        .set_access(OneBucket { max_key_bytes: max_key_bytes(bucket), bucket: bucket.to_owned() });
    let disk = DurableDisk {
        root: Arc::new(File::open(&root)?),
        begun: AtomicU64::new(0),
        turn: Mutex::new(()),
    };
    let inner = Arc::new(Inner { service: builder.build(), disk });
    Ok(EmbeddedS3 { bucket: bucket.to_owned(), keys, inner })
}

impl EmbeddedS3 {
    /// The keys that its clients sign with.
    pub fn keys(&self) -> &BlobKeys {
        &self.keys
    }

    /// Its routes, all of them under `/<bucket>`: to be merged into, or to be the fallback of, the
    /// server's own. Uploads are as long as recordings, so no body limit may lie over them.
    pub fn router(&self) -> Router {
        let bucket = &self.bucket;
        Router::new()
            .route(&format!("/{bucket}"), any(serve))
            .route(&format!("/{bucket}/"), any(serve))
            .route(&format!("/{bucket}/{{*key}}"), any(serve))
            .with_state(self.clone())
    }
}

async fn serve(State(server): State<EmbeddedS3>, request: Request) -> Response {
    let writes = !matches!(*request.method(), Method::GET | Method::HEAD);
    let request = request.map(s3s::Body::http_body_unsync);
    // The library logs addresses with their signatures, and a missing object as an error.
    let answer = server.inner.service.call(request).with_subscriber(NoSubscriber::new()).await;
    let mut response = match answer {
        Ok(response) => response.map(Body::new),
        Err(error) => {
            tracing::error!(?error, "the embedded object store failed");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    if response.status().is_server_error() {
        tracing::error!(status = %response.status(), "the embedded object store failed");
    }
    if writes
        && response.status().is_success()
        && let Err(error) = server.inner.disk.settle().await
    {
        tracing::error!(%error, "sync the object folder");
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let readable = response.status().is_success() && !writes;
    let headers = response.headers_mut();
    if readable {
        // A player seeks only where this is said.
        headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    }
    // Objects come from the origin of the page itself: none may become a page or a script.
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; sandbox"),
    );
    response
}

/// Lets signed requests to one bucket through, and only the operations that [`super::Blob`] uses.
struct OneBucket {
    bucket: String,
    max_key_bytes: usize,
}

#[async_trait::async_trait]
impl S3Access for OneBucket {
    async fn check(&self, cx: &mut S3AccessContext<'_>) -> S3Result<()> {
        if cx.credentials().is_none() {
            return Err(s3_error!(AccessDenied, "Signature is required"));
        }
        let S3Path::Object { bucket, key } = cx.s3_path() else {
            return Err(s3_error!(AccessDenied, "Only objects are served here"));
        };
        let allowed = ["GetObject", "HeadObject", "PutObject", "DeleteObject"];
        if **bucket != *self.bucket || !allowed.contains(&cx.s3_op().name()) {
            return Err(s3_error!(AccessDenied));
        }
        if self.max_key_bytes < key.len() {
            return Err(s3_error!(KeyTooLongError));
        }
        // A key becomes a path: it may not leave the bucket, nor have two spellings.
        let odd = |part: &str| matches!(part, "" | "." | "..") || part.contains('\0');
        if key.split('/').any(odd) {
            return Err(s3_error!(InvalidArgument, "The key is not a plain path"));
        }
        Ok(())
    }
}

/// The longest key whose metadata still has a file name.
fn max_key_bytes(bucket: &str) -> usize {
    let base64 = |bytes: usize| (bytes * 4).div_ceil(3);
    (MAX_FILE_NAME - METADATA_NAME - base64(bucket.len())) * 3 / 4
}

/// Makes uploads safe from a power cut; those that end together share one sync.
#[derive(Debug)]
struct DurableDisk {
    root: Arc<File>,
    /// Syncs begun so far.
    begun: AtomicU64,
    turn: Mutex<()>,
}

impl DurableDisk {
    /// Returns once everything written before this call is on the disk.
    async fn settle(&self) -> io::Result<()> {
        let seen = self.begun.load(Ordering::SeqCst);
        // Held across the sync on purpose: who waits here is served by the next sync, together
        // with all others who wait.
        let _turn = self.turn.lock().await;
        if seen < self.begun.load(Ordering::SeqCst) {
            return Ok(());
        }
        let root = Arc::clone(&self.root);
        self.begun.fetch_add(1, Ordering::SeqCst);
        let synced = tokio::task::spawn_blocking(move || rustix::fs::syncfs(&*root)).await;
        let synced = synced.map_err(io::Error::from).and_then(|done| done.map_err(io::Error::from));
        if synced.is_err() {
            // Whoever waited for this sync has to make their own.
            self.begun.fetch_sub(1, Ordering::SeqCst);
        }
        synced
    }
}

fn load_or_make_keys(path: &Path) -> Result<BlobKeys, EmbeddedError> {
    match fs::read(path) {
        Ok(json) => serde_json::from_slice(&json)
            .map_err(|_| EmbeddedError::Keys { path: path.display().to_string() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => make_keys(path),
        Err(error) => Err(error.into()),
    }
}

fn make_keys(path: &Path) -> Result<BlobKeys, EmbeddedError> {
    let mut rng = rand::rng();
    let mut random = |bytes: usize| -> String {
        (0..bytes).map(|_| format!("{:02x}", rng.random::<u8>())).collect()
    };
    let keys = BlobKeys {
        access_key_id: format!("ringcraft-{}", random(8)),
        secret_access_key: random(32),
    };
    // A temporary file can be read by its owner alone, and gets its name when it is whole.
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    serde_json::to_writer(&mut file, &keys).map_err(io::Error::from)?;
    file.flush()?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_bucket_is_in_the_way_of_the_page() {
        let data = tempfile::tempdir().unwrap();
        let page = include_str!("../../web/src/app.tsx");
        let paths = page.split("path: \"/").skip(1).map(|rest| rest.split('"').next().unwrap());
        let firsts = paths.map(|path| path.split('/').next().unwrap());
        let firsts: Vec<_> = firsts.filter(|first| !first.is_empty()).collect();
        assert!(firsts.contains(&"reset-password"), "{firsts:?}");
        for first in firsts {
            let refused = embedded(data.path(), first).err();
            assert!(matches!(refused, Some(EmbeddedError::BucketName(_))), "{first}");
        }
    }

    #[tokio::test]
    async fn uploads_that_end_together_share_a_sync() {
        let data = tempfile::tempdir().unwrap();
        let disk = DurableDisk {
            root: Arc::new(File::open(data.path()).unwrap()),
            begun: AtomicU64::new(0),
            turn: Mutex::new(()),
        };
        let first = disk.turn.lock().await;
        let waiting = async { tokio::join!(disk.settle(), disk.settle(), disk.settle()) };
        let release = async { drop(first) };
        let ((a, b, c), ()) = tokio::join!(waiting, release);
        assert!(a.is_ok() && b.is_ok() && c.is_ok());
        assert_eq!(disk.begun.load(Ordering::SeqCst), 1);
        disk.settle().await.unwrap();
        assert_eq!(disk.begun.load(Ordering::SeqCst), 2);
    }
}
