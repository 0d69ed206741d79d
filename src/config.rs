//! What the server is told at its start: read once, checked once, then never changed.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use lettre::message::Mailbox;
use tracing_subscriber::EnvFilter;

pub use arguments::ServeArgs;
pub use base_url::BaseUrl;
pub use ice_servers::{Ice, IceUrls, NotIceUrls, TurnAccess};
pub use proxies::TrustedProxies;
pub use public_addresses::{NotPublicAddresses, PublicAddresses};
pub use secret::{MIN_SIGNING_SECRET, Secret, SecretFileError};
pub(crate) use settings::{markdown, sample, secrets_help};
pub use tls::{Tls, TlsChoice};

mod arguments;
mod settings;
mod base_url;
mod ice_servers;
mod proxies;
mod public_addresses;
mod secret;
mod tls;

/// Everything `serve` can be told.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where HTTP and WebSockets are served.
    pub listen: SocketAddr,
    /// Where clients reach the server; else links are made from what the client asked for.
    pub public_url: Option<BaseUrl>,
    /// Whether it is served over TLS, and with which certificate.
    pub tls: Tls,
    /// WebRTC.
    pub rtc: Rtc,
    /// What helps clients through the networks between.
    pub ice: Ice,
    /// Where recordings in progress, the embedded object store and the secret are kept.
    pub data_dir: PathBuf,
    /// The database and its owner's password.
    pub database_url: Option<Secret>,
    /// Signs tokens; else one is made in the data folder.
    pub secret: Option<Secret>,
    /// Whether a database without any org gets one to try things out.
    pub demo: DemoChoice,
    /// Whether anybody may make an org once there is one.
    pub sign_up: SignUpChoice,
    /// Who is believed when they say for whom they ask.
    pub trusted_proxies: TrustedProxies,
    /// How mail is sent.
    pub mail: Mail,
    /// Who recognises speech.
    pub stt: SttChoice,
    /// Who words the buyer.
    pub llm: LlmChoice,
    /// Who speaks for the buyer.
    pub tts: TtsChoice,
    /// Calls at the same time.
    pub max_calls: NonZeroUsize,
    /// Offline recognisers at the same time.
    pub offline_recognisers: NonZeroUsize,
    /// Prompts of one's own instead of those in the binary.
    pub prompts_dir: Option<PathBuf>,
    /// How long calls may go on after the server was told to stop.
    pub drain_grace: Duration,
    /// Claude.
    pub anthropic: Anthropic,
    /// The object store.
    pub s3: S3,
    /// What is logged and how.
    pub log: Log,
}

/// How WebRTC is reached.
#[derive(Clone, Debug)]
pub struct Rtc {
    /// The one port of all calls, both UDP and TCP.
    pub listen: SocketAddr,
    /// Where clients reach it; else the addresses of this machine.
    pub public: PublicAddresses,
}

/// How mail is sent.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The server that sends it; without one it waits in the database.
    pub smtp_url: Option<Secret>,
    /// From whom it comes.
    pub from: Mailbox,
}

/// How Claude is reached.
#[derive(Clone, Debug)]
pub struct Anthropic {
    /// The key; without it Claude is not used.
    pub api_key: Option<Secret>,
    /// Where the Messages API is.
    pub base_url: BaseUrl,
    /// Which model words the buyer.
    pub model: String,
}

/// Where recordings go.
#[derive(Clone, Debug)]
pub struct S3 {
    /// The store; without it the embedded one is used.
    pub endpoint: Option<BaseUrl>,
    /// The store as clients reach it, for signed links.
    pub public_endpoint: Option<BaseUrl>,
    /// The bucket.
    pub bucket: String,
}

/// What is logged and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// Directives as `tracing` reads them.
    pub filter: String,
    /// How a line is written.
    pub format: LogFormat,
}

/// Defines an enum of named choices, so that names, parser and list of what is allowed agree.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl Choice for $name {
            const ALL: &[(&str, Self)] = &[$(($text, Self::$variant),)+];
        }
    };
}

use choice;

trait Choice: Copy + 'static {
    const ALL: &[(&str, Self)];
}

choice! {
    /// Whether a database without any org gets one to try things out. Never by itself: whoever
    /// serves a database that others reach must have asked for it.
    DemoChoice {
        /// It does.
        On = "on",
        /// It stays as it is.
        Off = "off",
    }
}

choice! {
    /// Whether anybody may make an org once there is one.
    SignUpChoice {
        /// Nobody.
        Closed = "closed",
        /// Whoever reaches the server.
        Open = "open",
    }
}

choice! {
    /// Who recognises speech.
    SttChoice {
        /// The best that is configured.
        Auto = "auto",
        /// PocketSphinx on this machine.
        Offline = "offline",
    }
}

choice! {
    /// Who words the buyer.
    LlmChoice {
        /// Claude with a key, else the script.
        Auto = "auto",
        /// The scenario's own lines.
        Scripted = "scripted",
        /// Claude.
        Claude = "claude",
    }
}

choice! {
    /// Who speaks for the buyer.
    TtsChoice {
        /// The best that is configured.
        Auto = "auto",
        /// Flite on this machine.
        Flite = "flite",
    }
}

choice! {
    /// How a log line is written.
    LogFormat {
        /// For people.
        Text = "text",
        /// One JSON object a line.
        Json = "json",
    }
}

/// A setting that cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The value is none of those allowed.
    #[error("{variable} is {value:?}; it must be {allowed}")]
    Invalid {
        /// The environment variable; a flag of the same name sets it too.
        variable: &'static str,
        /// What it holds.
        value: String,
        /// What it may hold.
        allowed: String,
    },
    /// A secret is not fit for its use. Its value is not shown.
    #[error("{variable} must be {allowed}")]
    UnfitSecret {
        /// The environment variable.
        variable: &'static str,
        /// What it may hold.
        allowed: String,
    },
    /// One setting needs another.
    #[error("{variable} is \"{value}\", which needs {needs}")]
    Missing {
        /// The environment variable.
        variable: &'static str,
        /// What it holds.
        value: &'static str,
        /// What is missing.
        needs: &'static str,
    },
}

impl Config {
    /// Checks what was given on the command line and in the environment. `environment` looks up
    /// the secrets, which are no arguments because those are seen by every user of a machine.
    /// A variable that is set to nothing counts as not set.
    ///
    /// # Errors
    /// When a value cannot be used; the message names it and what is allowed.
    pub fn check(
        given: ServeArgs,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let secrets = |variable: &str| filled(environment(variable)).map(Secret::new);
        let config = Self {
            listen: parsed(LISTEN, given.listen)?.unwrap_or(DEFAULT_LISTEN),
            public_url: parsed(PUBLIC_URL, given.public_url)?,
            tls: Tls::of(given.tls, filled(given.tls_cert), filled(given.tls_key))?,
            rtc: Rtc {
                listen: parsed(RTC_LISTEN, given.rtc_listen)?.unwrap_or(DEFAULT_RTC_LISTEN),
                public: parsed(RTC_PUBLIC, given.rtc_public)?.unwrap_or_default(),
            },
            ice: ice(given.ice_servers, given.turn_username, secrets)?,
            data_dir: data_dir(given.data_dir),
            database_url: secrets("DATABASE_URL"),
            secret: signing(secrets("RINGCRAFT_SECRET"))?,
            demo: chosen("RINGCRAFT_DEMO", given.demo, DemoChoice::Off)?,
            sign_up: chosen("RINGCRAFT_SIGN_UP", given.sign_up, SignUpChoice::Closed)?,
            trusted_proxies: parsed(PROXIES, given.trusted_proxies)?.unwrap_or_default(),
            mail: Mail {
                smtp_url: secrets("SMTP_URL"),
                from: parsed(MAIL_FROM, given.mail_from)?
                    .unwrap_or_else(|| DEFAULT_MAIL_FROM.parse().expect("a mailbox")),
            },
            stt: chosen("RINGCRAFT_STT", given.stt, SttChoice::Auto)?,
            llm: chosen("RINGCRAFT_LLM", given.llm, LlmChoice::Auto)?,
            tts: chosen("RINGCRAFT_TTS", given.tts, TtsChoice::Auto)?,
            max_calls: parsed(MAX_CALLS, given.max_calls)?.unwrap_or(DEFAULT_MAX_CALLS),
            offline_recognisers: parsed(RECOGNISERS, given.offline_recognisers)?
                .unwrap_or(DEFAULT_RECOGNISERS),
            prompts_dir: filled(given.prompts_dir).map(PathBuf::from),
            drain_grace: Duration::from_secs(
                parsed::<u32>(DRAIN, given.drain_seconds)?.unwrap_or(60).into(),
            ),
            anthropic: Anthropic {
                api_key: secrets("ANTHROPIC_API_KEY"),
                base_url: parsed(ANTHROPIC_URL, given.anthropic_base_url)?
                    .unwrap_or_else(|| DEFAULT_ANTHROPIC_URL.parse().expect("a base URL")),
                model: filled(given.model).unwrap_or_else(|| "claude-sonnet-4-6".to_owned()),
            },
            s3: S3 {
                endpoint: parsed(S3_URL, given.s3_endpoint)?,
                public_endpoint: parsed(S3_PUBLIC_URL, given.s3_public_endpoint)?,
                bucket: bucket(given.s3_bucket)?,
            },
            log: Log {
                filter: filter(given.log)?,
                format: chosen("RINGCRAFT_LOG_FORMAT", given.log_format, LogFormat::Text)?,
            },
        };
        if config.mail.smtp_url.is_some() && config.public_url.is_none() {
            return Err(ConfigError::UnfitSecret {
                variable: "SMTP_URL",
                allowed: "set together with RINGCRAFT_PUBLIC_URL, to which the links in mail lead"
                    .to_owned(),
            });
        }
        config.tls.check_links(config.public_url.as_ref())?;
        if config.llm == LlmChoice::Claude && config.anthropic.api_key.is_none() {
            return Err(ConfigError::Missing {
                variable: "RINGCRAFT_LLM",
                value: "claude",
                needs: "ANTHROPIC_API_KEY",
            });
        }
        Ok(config)
    }

    /// Whether clients reach the server over TLS, its own or a proxy's.
    pub fn is_secure(&self) -> bool {
        self.public_url.as_ref().map_or(self.tls.is_on(), BaseUrl::is_secure)
    }
}

/// Looks up a variable in the environment of this process. Text that is not UTF-8 counts as not
/// set.
#[allow(clippy::disallowed_methods)]
pub fn environment(variable: &str) -> Option<String> {
    std::env::var(variable).ok()
}

/// The folder for what the server keeps, from what was given.
pub fn data_dir(given: Option<String>) -> PathBuf {
    filled(given).unwrap_or_else(|| ".local/data".to_owned()).into()
}

/// The database of the commands that need nothing else of the server's settings.
///
/// # Errors
/// When none is named.
pub fn database_url(environment: impl Fn(&str) -> Option<String>) -> Result<Secret, NoDatabase> {
    filled(environment("DATABASE_URL")).map(Secret::new).ok_or(NoDatabase)
}

/// There is no database to work on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "DATABASE_URL is not set: `make run` starts a private Postgres and sets it; for one of your \
     own, set it to postgres://owner:password@host/name"
)]
pub struct NoDatabase;

const DEFAULT_LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED), 8080);
const DEFAULT_RTC_LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED), 40_000);
const DEFAULT_MAX_CALLS: NonZeroUsize = NonZeroUsize::new(50).expect("not zero");
const DEFAULT_RECOGNISERS: NonZeroUsize = NonZeroUsize::new(4).expect("not zero");
const DEFAULT_MAIL_FROM: &str = "Ringcraft <ringcraft@localhost>";
const DEFAULT_ANTHROPIC_URL: &str = "https://api.anthropic.com";

/// A variable and what it may hold.
type Setting = (&'static str, &'static str);

const LISTEN: Setting = ("RINGCRAFT_LISTEN", "an address and port such as 0.0.0.0:8080");
const PUBLIC_URL: Setting =
    ("RINGCRAFT_PUBLIC_URL", "an address such as https://calls.example.com");
const RTC_LISTEN: Setting = ("RINGCRAFT_RTC_LISTEN", "an address and port such as 0.0.0.0:40000");
const RTC_PUBLIC: Setting =
    ("RINGCRAFT_RTC_PUBLIC", "addresses such as 203.0.113.7, 203.0.113.8:41000");
const ICE_SERVERS: Setting = (
    "RINGCRAFT_ICE_SERVERS",
    "servers such as stun:stun.example.com, turn:turn.example.com:3478?transport=udp",
);
const PROXIES: Setting =
    ("RINGCRAFT_TRUSTED_PROXIES", "addresses and networks such as 10.0.0.7, 10.1.0.0/16");
const MAIL_FROM: Setting =
    ("RINGCRAFT_MAIL_FROM", "a mailbox such as Ringcraft <calls@example.com>");
const MAX_CALLS: Setting = ("RINGCRAFT_MAX_CALLS", "a whole number, 1 or more");
const RECOGNISERS: Setting = ("RINGCRAFT_OFFLINE_RECOGNISERS", "a whole number, 1 or more");
const DRAIN: Setting = ("RINGCRAFT_DRAIN_SECONDS", "a whole number of seconds, 0 or more");
const ANTHROPIC_URL: Setting =
    ("ANTHROPIC_BASE_URL", "an address such as https://api.anthropic.com");
const S3_URL: Setting = ("S3_ENDPOINT", "an address such as https://s3.eu-central-1.amazonaws.com");
const S3_PUBLIC_URL: Setting =
    ("S3_PUBLIC_ENDPOINT", "an address such as https://files.example.com");

fn filled(value: Option<String>) -> Option<String> {
    value.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn parsed<T: FromStr>(
    (variable, allowed): Setting,
    value: Option<String>,
) -> Result<Option<T>, ConfigError> {
    let Some(value) = filled(value) else { return Ok(None) };
    match value.parse() {
        Ok(parsed) => Ok(Some(parsed)),
        Err(_) => Err(ConfigError::Invalid { variable, value, allowed: allowed.to_owned() }),
    }
}

fn chosen<T: Choice>(
    variable: &'static str,
    value: Option<String>,
    default: T,
) -> Result<T, ConfigError> {
    let Some(value) = filled(value) else { return Ok(default) };
    let found = T::ALL.iter().find(|(name, _)| *name == value);
    found.map(|(_, choice)| *choice).ok_or_else(|| {
        let names: Vec<_> = T::ALL.iter().map(|(name, _)| *name).collect();
        ConfigError::Invalid { variable, value, allowed: names.join(" or ") }
    })
}

/// A TURN server that a client cannot open would only cost it time.
fn ice(
    servers: Option<String>,
    username: Option<String>,
    secrets: impl Fn(&str) -> Option<Secret>,
) -> Result<Ice, ConfigError> {
    let servers: IceUrls = parsed(ICE_SERVERS, servers)?.unwrap_or_default();
    let shared = secrets("RINGCRAFT_TURN_SECRET");
    let fixed = (filled(username), secrets("RINGCRAFT_TURN_CREDENTIAL"));
    let turn = match (shared, fixed) {
        (Some(secret), _) => Some(TurnAccess::Shared(secret)),
        (None, (Some(username), Some(credential))) => {
            // Both travel in a header.
            let is_text =
                |text: &str| text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
            if !is_text(credential.expose()) || !is_text(&username) {
                return Err(ConfigError::UnfitSecret {
                    variable: "RINGCRAFT_TURN_CREDENTIAL",
                    allowed: "visible ASCII characters, as must RINGCRAFT_TURN_USERNAME".to_owned(),
                });
            }
            Some(TurnAccess::Fixed { username, credential })
        }
        _ => None,
    };
    if turn.is_none() && servers.turn().next().is_some() {
        return Err(ConfigError::Missing {
            variable: "RINGCRAFT_ICE_SERVERS",
            value: "turn:…",
            needs: "RINGCRAFT_TURN_SECRET, or RINGCRAFT_TURN_USERNAME and RINGCRAFT_TURN_CREDENTIAL",
        });
    }
    Ok(Ice { servers, turn })
}

fn signing(secret: Option<Secret>) -> Result<Option<Secret>, ConfigError> {
    match secret {
        Some(short) if short.expose().len() < MIN_SIGNING_SECRET => Err(ConfigError::UnfitSecret {
            variable: "RINGCRAFT_SECRET",
            allowed: format!("at least {MIN_SIGNING_SECRET} characters, best made at random"),
        }),
        fit => Ok(fit),
    }
}

/// The rules of S3 for names of buckets, as far as they keep a name usable in a path.
fn bucket(value: Option<String>) -> Result<String, ConfigError> {
    let Some(value) = filled(value) else { return Ok("ringcraft".to_owned()) };
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let fits = (3..=63).contains(&value.len())
        && value.bytes().all(|byte| plain(byte) || byte == b'-' || byte == b'.')
        && value.bytes().next().is_some_and(plain)
        && value.bytes().next_back().is_some_and(plain);
    // "api" is where the server's own routes are.
    if fits && value != "api" {
        return Ok(value);
    }
    let allowed = "3 to 63 lower-case letters, digits, dots and hyphens, and not \"api\"";
    Err(ConfigError::Invalid { variable: "S3_BUCKET", value, allowed: allowed.to_owned() })
}

fn filter(value: Option<String>) -> Result<String, ConfigError> {
    let value = filled(value).unwrap_or_else(|| "info".to_owned());
    match EnvFilter::try_new(&value) {
        Ok(_) => Ok(value),
        Err(_) => Err(ConfigError::Invalid {
            variable: "RINGCRAFT_LOG",
            value,
            allowed: "a filter such as info or warn,ringcraft=debug".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests;
