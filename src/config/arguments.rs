//! The settings of `serve` on the command line, and the environment variables that stand in.

use clap::Args;

/// What `serve` can be told. Raw text: `Config::check` gives it meaning, so that a bad value of
/// either origin gets the same message.
#[derive(Args, Clone, Debug, Default)]
pub struct ServeArgs {
    /// Address and port for HTTP and WebSockets [default: 0.0.0.0:8080]
    #[arg(long, env = "RINGCRAFT_LISTEN", value_name = "ADDRESS:PORT", help_heading = "Network")]
    pub listen: Option<String>,

    /// Address at which clients reach this server, for links in answers: needed behind a proxy
    /// [default: whatever address the client asked for]
    #[arg(long, env = "RINGCRAFT_PUBLIC_URL", value_name = "URL", help_heading = "Network")]
    pub public_url: Option<String>,

    /// Whether the server speaks HTTPS itself: auto (with the certificate of RINGCRAFT_TLS_CERT where
    /// that is set), self (with one that it makes and signs itself) or off [default: auto]
    #[arg(long, env = "RINGCRAFT_TLS", value_name = "CHOICE", help_heading = "Network")]
    pub tls: Option<String>,

    /// File with the certificate for HTTPS, and those between it and the root, in PEM
    /// [default: no file]
    #[arg(long, env = "RINGCRAFT_TLS_CERT", value_name = "FILE", help_heading = "Network")]
    pub tls_cert: Option<String>,

    /// File with the certificate's private key, in PEM [default: no file]
    #[arg(long, env = "RINGCRAFT_TLS_KEY", value_name = "FILE", help_heading = "Network")]
    pub tls_key: Option<String>,

    /// Address and port for WebRTC, both UDP and TCP; [::]:40000 is IPv4 and IPv6
    /// [default: 0.0.0.0:40000]
    #[arg(
        long,
        env = "RINGCRAFT_RTC_LISTEN",
        value_name = "ADDRESS:PORT",
        help_heading = "Network"
    )]
    pub rtc_listen: Option<String>,

    /// Where clients reach that port, when it is elsewhere than this machine knows, as behind NAT:
    /// addresses with commas between, each with a port of its own where it is another one
    /// [default: this machine's addresses]
    #[arg(long, env = "RINGCRAFT_RTC_PUBLIC", value_name = "LIST", help_heading = "Network")]
    pub rtc_public: Option<String>,

    /// STUN and TURN servers that clients are told of, with commas between: stun:host:port,
    /// turn:host:port?transport=udp, turns:host:port [default: no servers]
    #[arg(long, env = "RINGCRAFT_ICE_SERVERS", value_name = "LIST", help_heading = "Network")]
    pub ice_servers: Option<String>,

    /// User name for the TURN servers, where they know no shared secret; RINGCRAFT_TURN_CREDENTIAL
    /// is its password [default: no name]
    #[arg(long, env = "RINGCRAFT_TURN_USERNAME", value_name = "NAME", help_heading = "Network")]
    pub turn_username: Option<String>,

    /// Folder for recordings in progress, the embedded object store and the server's secret
    /// [default: .local/data]
    #[arg(long, env = "RINGCRAFT_DATA_DIR", value_name = "FOLDER", help_heading = "Storage")]
    pub data_dir: Option<String>,

    /// Whether a database without any org gets one to try things out, with accounts that are printed:
    /// on or off. `make run` says on for the database it brings [default: off]
    #[arg(long, env = "RINGCRAFT_DEMO", value_name = "CHOICE", help_heading = "Identity")]
    pub demo: Option<String>,

    /// S3-compatible object store for recordings [default: one inside this process]
    #[arg(long, env = "S3_ENDPOINT", value_name = "URL", help_heading = "Storage")]
    pub s3_endpoint: Option<String>,

    /// The object store as clients reach it, for signed links [default: the object store itself]
    #[arg(long, env = "S3_PUBLIC_ENDPOINT", value_name = "URL", help_heading = "Storage")]
    pub s3_public_endpoint: Option<String>,

    /// Bucket for recordings [default: ringcraft]
    #[arg(long, env = "S3_BUCKET", value_name = "NAME", help_heading = "Storage")]
    pub s3_bucket: Option<String>,

    /// Whether anybody who reaches the server may make an org once there is one: closed or open
    /// [default: closed]
    #[arg(long, env = "RINGCRAFT_SIGN_UP", value_name = "CHOICE", help_heading = "Identity")]
    pub sign_up: Option<String>,

    /// Proxies that are believed when X-Forwarded-For says for whom they ask: addresses and networks,
    /// with commas between [default: none]
    #[arg(long, env = "RINGCRAFT_TRUSTED_PROXIES", value_name = "LIST", help_heading = "Identity")]
    pub trusted_proxies: Option<String>,

    /// From whom mail comes [default: Ringcraft <ringcraft@localhost>]
    #[arg(long, env = "RINGCRAFT_MAIL_FROM", value_name = "MAILBOX", help_heading = "Identity")]
    pub mail_from: Option<String>,

    /// Who recognises speech: auto (the best that is configured) or offline (PocketSphinx on this
    /// machine) [default: auto]
    #[arg(long, env = "RINGCRAFT_STT", value_name = "ENGINE", help_heading = "Engines")]
    pub stt: Option<String>,

    /// Who words the buyer: auto (Claude with ANTHROPIC_API_KEY, else the script), scripted (the
    /// scenario's own lines) or claude [default: auto]
    #[arg(long, env = "RINGCRAFT_LLM", value_name = "ENGINE", help_heading = "Engines")]
    pub llm: Option<String>,

    /// Who speaks for the buyer: auto (the best that is configured) or flite (on this machine)
    /// [default: auto]
    #[arg(long, env = "RINGCRAFT_TTS", value_name = "ENGINE", help_heading = "Engines")]
    pub tts: Option<String>,

    /// Claude model that words the buyer [default: claude-sonnet-4-6]
    #[arg(long, env = "RINGCRAFT_MODEL", value_name = "NAME", help_heading = "Engines")]
    pub model: Option<String>,

    /// Where the Anthropic Messages API is [default: https://api.anthropic.com]
    #[arg(long, env = "ANTHROPIC_BASE_URL", value_name = "URL", help_heading = "Engines")]
    pub anthropic_base_url: Option<String>,

    /// Folder with prompts and scenarios instead of those in the binary [default: those in the
    /// binary]
    #[arg(long, env = "RINGCRAFT_PROMPTS_DIR", value_name = "FOLDER", help_heading = "Engines")]
    pub prompts_dir: Option<String>,

    /// Calls at the same time; more are asked to try again. With offline recognition never more than
    /// there are recognisers [default: 50]
    #[arg(long, env = "RINGCRAFT_MAX_CALLS", value_name = "COUNT", help_heading = "Limits")]
    pub max_calls: Option<String>,

    /// Offline recognisers at the same time, one a call, 110 MB of memory each; no more calls are
    /// taken than these can serve [default: 4]
    #[arg(
        long,
        env = "RINGCRAFT_OFFLINE_RECOGNISERS",
        value_name = "COUNT",
        help_heading = "Limits"
    )]
    pub offline_recognisers: Option<String>,

    /// Seconds that running calls may go on after SIGTERM or SIGINT [default: 60]
    #[arg(long, env = "RINGCRAFT_DRAIN_SECONDS", value_name = "SECONDS", help_heading = "Limits")]
    pub drain_seconds: Option<String>,

    /// What is logged, to standard error: error, warn, info, debug or trace, for all or by module
    /// (warn,ringcraft=debug). Debug and trace may show what people say [default: info]
    #[arg(long, env = "RINGCRAFT_LOG", value_name = "FILTER", help_heading = "Log")]
    pub log: Option<String>,

    /// How a line is logged: text or json [default: text]
    #[arg(long, env = "RINGCRAFT_LOG_FORMAT", value_name = "FORMAT", help_heading = "Log")]
    pub log_format: Option<String>,
}

/// A secret that the server reads from its environment.
#[derive(Clone, Copy, Debug)]
pub(super) struct SecretArgument {
    /// The environment variable.
    pub(super) variable: &'static str,
    /// What it is for, with its default in brackets at the end where there is one.
    pub(super) help: &'static str,
    /// Under which of the headings above it belongs.
    pub(super) heading: &'static str,
}

/// Secrets are no arguments, because those are seen by every user of a machine.
pub(super) const SECRETS: &[SecretArgument] = &[
    SecretArgument {
        variable: "RINGCRAFT_TURN_SECRET",
        help: "What the TURN servers know too (`static-auth-secret` of coturn): each call gets \
               credentials of its own from it, good for two hours",
        heading: "Network",
    },
    SecretArgument {
        variable: "RINGCRAFT_TURN_CREDENTIAL",
        help: "Belongs to RINGCRAFT_TURN_USERNAME; every client learns it",
        heading: "Network",
    },
    SecretArgument {
        variable: "DATABASE_URL",
        help: "PostgreSQL 15 or later, as the owner of the database: \
               postgres://user:password@host/name [default: `make run` brings one of its own]",
        heading: "Storage",
    },
    SecretArgument {
        variable: "AWS_ACCESS_KEY_ID",
        help: "Opens the object store of S3_ENDPOINT, as do the other AWS variables, AWS_PROFILE \
               for one",
        heading: "Storage",
    },
    SecretArgument {
        variable: "AWS_SECRET_ACCESS_KEY",
        help: "Belongs to AWS_ACCESS_KEY_ID",
        heading: "Storage",
    },
    SecretArgument {
        variable: "RINGCRAFT_SECRET",
        help: "Signs the tokens of calls: 32 characters or more, the same on every node \
               [default: made once, into the data folder]",
        heading: "Identity",
    },
    SecretArgument {
        variable: "SMTP_URL",
        help: "Sends mail: smtps://user:password@host, or smtp://host?tls=required. Needs \
               RINGCRAFT_PUBLIC_URL [default: mail waits, and `ringcraft mail` shows it]",
        heading: "Mail",
    },
    SecretArgument {
        variable: "ANTHROPIC_API_KEY",
        help: "Lets Claude word the buyer",
        heading: "Engines",
    },
];
