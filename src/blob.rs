//! The object store: any S3 through one client, the embedded server included.

use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use aws_sdk_s3::Client;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Credentials, Region, RequestChecksumCalculation, ResponseChecksumValidation,
};
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;

mod embedded;

pub use embedded::{EmbeddedError, EmbeddedS3, embedded};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);

/// One try, the body included: the recording of an hour at 1 MB/s.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(300);

/// All tries of one operation.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(900);

const MAX_ATTEMPTS: u32 = 4;

/// Where objects are kept.
#[derive(Clone, Debug)]
pub struct BlobConfig {
    /// The bucket; it exists.
    pub bucket: String,
    /// The region, "us-east-1" where the store has none.
    pub region: String,
    /// The store's address; `None` is AWS itself.
    pub endpoint: Option<String>,
    /// The address that links are signed for, where it is not `endpoint`.
    pub public_endpoint: Option<String>,
    /// Keys; `None` takes the AWS variables, files and roles.
    pub keys: Option<BlobKeys>,
}

/// A pair of access keys.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct BlobKeys {
    /// Names the pair; part of every signed link.
    pub access_key_id: String,
    /// Signs. Never shown.
    pub secret_access_key: String,
}

impl fmt::Debug for BlobKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlobKeys")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

/// The content of an object to be written.
#[derive(Clone, Debug)]
pub enum BlobBody {
    /// In memory.
    Bytes(Bytes),
    /// In a file.
    File(PathBuf),
}

/// What is known of an object without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobInfo {
    /// Its length.
    pub bytes: u64,
    /// Its media type, where it was given one.
    pub content_type: Option<String>,
}

/// A link to be signed.
#[derive(Clone, Copy, Debug)]
pub struct Link<'a> {
    /// The object.
    pub key: &'a str,
    /// How long the link works: up to seven days.
    pub ttl: Duration,
    /// What a browser shall do with it, "attachment; filename=\"call.wav\"".
    pub content_disposition: Option<&'a str>,
    /// The address the reader will use, where it is neither of the configured ones.
    pub endpoint: Option<&'a str>,
}

/// Why the object store did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// No object has this key.
    #[error("no object {key}")]
    NotFound {
        /// The key.
        key: String,
    },
    /// The store refused, or could not be reached or understood, after all tries.
    #[error("object store, {action} {key}: {reason}")]
    Failed {
        /// What was tried.
        action: &'static str,
        /// The key.
        key: String,
        /// In words for an operator.
        reason: String,
    },
    /// The file to be uploaded cannot be read.
    #[error("read {path} for upload: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A link cannot last this long.
    #[error("a link lasts between one second and seven days")]
    BadTtl,
}

/// The object store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Blob {
    client: Client,
    /// Never connects: it signs for the address that readers use.
    signer: Client,
    bucket: String,
}

impl Blob {
    /// Prepares a client. Nothing is sent yet.
    pub async fn new(config: BlobConfig) -> Self {
        let base = match &config.keys {
            Some(keys) => aws_sdk_s3::Config::builder()
                .behavior_version(BehaviorVersion::v2026_01_12())
                .credentials_provider(Credentials::new(
                    &keys.access_key_id,
                    &keys.secret_access_key,
                    None,
                    None,
                    "ringcraft",
                )),
            None => {
                let shared = aws_config::defaults(BehaviorVersion::v2026_01_12()).load().await;
                aws_sdk_s3::config::Builder::from(&shared)
            }
        };
        let base = base
            .region(Region::new(config.region))
            // Stores other than AWS refuse checksums they do not know.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .retry_config(RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS))
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT_TIMEOUT)
                    .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                    .operation_timeout(OPERATION_TIMEOUT)
                    .build(),
            )
            .build();
        let client = client_for(&base, config.endpoint.as_deref());
        let signer = match &config.public_endpoint {
            Some(endpoint) => client_for(&base, Some(endpoint)),
            None => client.clone(),
        };
        Self { client, signer, bucket: config.bucket }
    }

    /// Writes an object, in place of what its key held.
    ///
    /// # Errors
    /// When the file cannot be read or the store does not take it.
    pub async fn put(
        &self,
        key: &str,
        body: BlobBody,
        content_type: &str,
    ) -> Result<(), BlobError> {
        let body = match body {
            BlobBody::Bytes(bytes) => ByteStream::from(bytes),
            BlobBody::File(path) => ByteStream::from_path(&path)
                .await
                .map_err(|error| BlobError::Unreadable { path, reason: error.to_string() })?,
        };
        let request = self.client.put_object().bucket(&self.bucket).key(key).body(body);
        let sent = request.content_type(content_type).send().await;
        sent.map(drop).map_err(|error| failed("write", key, &error))
    }

    /// Reads an object whole.
    ///
    /// # Errors
    /// [`BlobError::NotFound`], or when the store does not deliver.
    pub async fn get(&self, key: &str) -> Result<Bytes, BlobError> {
        let sent = self.client.get_object().bucket(&self.bucket).key(key).send().await;
        let object = sent.map_err(|error| match is_missing(&error) {
            true => BlobError::NotFound { key: key.to_owned() },
            false => failed("read", key, &error),
        })?;
        let body = object.body.collect().await.map_err(|error| BlobError::Failed {
            action: "read",
            key: key.to_owned(),
            reason: DisplayErrorContext(&error).to_string(),
        })?;
        Ok(body.into_bytes())
    }

    /// Asks for an object without reading it; `None` where the key holds none.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn head(&self, key: &str) -> Result<Option<BlobInfo>, BlobError> {
        let sent = self.client.head_object().bucket(&self.bucket).key(key).send().await;
        match sent {
            Ok(head) => Ok(Some(BlobInfo {
                bytes: head.content_length().unwrap_or(0).unsigned_abs(),
                content_type: head.content_type().map(str::to_owned),
            })),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(failed("look up", key, &error)),
        }
    }

    /// Removes an object. One that is gone already is no error.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn delete(&self, key: &str) -> Result<(), BlobError> {
        let sent = self.client.delete_object().bucket(&self.bucket).key(key).send().await;
        match sent {
            Err(error) if !is_missing(&error) => Err(failed("remove", key, &error)),
            _ => Ok(()),
        }
    }

    /// Signs a link that lets whoever holds it read one object for a while. Sends nothing.
    ///
    /// # Errors
    /// When no keys are found or the link would last too long.
    pub async fn presign_get(&self, link: Link<'_>, now: SystemTime) -> Result<String, BlobError> {
        let until = PresigningConfig::builder().start_time(now).expires_in(link.ttl).build();
        let until = until.map_err(|_| BlobError::BadTtl)?;
        let other = link.endpoint.map(|endpoint| client_for(self.signer.config(), Some(endpoint)));
        let request = other
            .as_ref()
            .unwrap_or(&self.signer)
            .get_object()
            .bucket(&self.bucket)
            .key(link.key)
            .set_response_content_disposition(link.content_disposition.map(str::to_owned));
        let signed = request.presigned(until).await;
        Ok(signed.map_err(|error| failed("sign a link to", link.key, &error))?.uri().to_owned())
    }
}

fn client_for(base: &aws_sdk_s3::Config, endpoint: Option<&str>) -> Client {
    let mut config = base.to_builder();
    if let Some(endpoint) = endpoint {
        // A bucket as part of the host name needs DNS that only AWS is sure to have.
        config = config.endpoint_url(endpoint).force_path_style(true);
    }
    Client::from_conf(config.build())
}

/// Whether the store answered that the key holds nothing. An answer to HEAD has no body to say so.
fn is_missing<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    matches!(code, Some("NoSuchKey" | "NotFound"))
}

fn failed<E>(action: &'static str, key: &str, error: &SdkError<E, HttpResponse>) -> BlobError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let reason = match (error.as_service_error(), error.raw_response()) {
        (Some(service), Some(response)) => format!(
            "HTTP {}, {}: {}",
            response.status(),
            service.code().unwrap_or("no code"),
            service.message().unwrap_or("no message")
        ),
        _ => DisplayErrorContext(error).to_string(),
    };
    BlobError::Failed { action, key: key.to_owned(), reason }
}

#[cfg(test)]
mod tests;
