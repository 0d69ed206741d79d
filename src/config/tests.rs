use clap::{CommandFactory, Parser};

use super::*;
use crate::cli::{Arguments, Command};

fn nothing(_: &str) -> Option<String> {
    None
}

fn message(change: impl FnOnce(&mut ServeArgs)) -> String {
    let mut given = ServeArgs::default();
    change(&mut given);
    Config::check(given, nothing).expect_err("a bad value").to_string()
}

#[test]
fn everything_has_a_default() {
    let config = Config::check(ServeArgs::default(), nothing).unwrap();
    assert_eq!(config.listen.to_string(), "0.0.0.0:8080");
    assert_eq!(config.public_url, None);
    assert_eq!(config.rtc.listen.to_string(), "0.0.0.0:40000");
    assert!(config.rtc.public.is_empty());
    assert_eq!(config.data_dir, PathBuf::from(".local/data"));
    assert_eq!(
        (config.stt, config.llm, config.tts),
        (SttChoice::Auto, LlmChoice::Auto, TtsChoice::Auto)
    );
    assert_eq!((config.max_calls.get(), config.offline_recognisers.get()), (50, 4));
    assert_eq!(config.drain_grace, Duration::from_secs(60));
    assert_eq!(config.anthropic.base_url.to_string(), "https://api.anthropic.com");
    assert_eq!(config.anthropic.model, "claude-sonnet-4-6");
    assert_eq!(config.s3.bucket, "ringcraft");
    assert_eq!(config.log, Log { filter: "info".into(), format: LogFormat::Text });
}

#[test]
fn a_database_is_named_or_asked_for() {
    let given = |url: &'static str| {
        database_url(move |name| (name == "DATABASE_URL").then(|| url.to_owned()))
    };
    assert_eq!(given(" postgres://host/name ").unwrap().expose(), "postgres://host/name");
    assert_eq!(given(" ").unwrap_err(), NoDatabase);
    let missing = database_url(nothing).unwrap_err().to_string();
    assert!(missing.starts_with("DATABASE_URL is not set"), "{missing}");
}

#[test]
fn flags_are_taken() {
    let line = "ringcraft serve --listen 127.0.0.1:9 --llm scripted --log-format json \
                --max-calls 3 --s3-endpoint http://minio:9000/ --drain-seconds 0";
    let arguments = Arguments::try_parse_from(line.split_whitespace()).unwrap();
    let Some(Command::Serve(given)) = arguments.command else { panic!("serve was asked for") };
    let config = Config::check(*given, nothing).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:9");
    assert_eq!(config.llm, LlmChoice::Scripted);
    assert_eq!(config.log.format, LogFormat::Json);
    assert_eq!(config.max_calls.get(), 3);
    assert_eq!(config.s3.endpoint.unwrap().to_string(), "http://minio:9000");
    assert_eq!(config.drain_grace, Duration::ZERO);
}

#[test]
fn nothing_but_space_counts_as_not_set() {
    let given =
        ServeArgs { listen: Some(String::new()), llm: Some(" ".into()), ..Default::default() };
    let config = Config::check(given, |_| Some(String::new())).unwrap();
    assert_eq!(config.listen.port(), 8080);
    assert!(config.secret.is_none() && config.anthropic.api_key.is_none());
}

#[test]
fn a_bad_value_is_named_with_what_is_allowed() {
    let table: [(String, &str); 10] = [
        (
            message(|given| given.listen = Some("8080".into())),
            r#"RINGCRAFT_LISTEN is "8080"; it must be an address and port such as 0.0.0.0:8080"#,
        ),
        (
            message(|given| given.rtc_listen = Some("40000".into())),
            r#"RINGCRAFT_RTC_LISTEN is "40000"; it must be an address and port such as 0.0.0.0:40000"#,
        ),
        (
            message(|given| given.rtc_public = Some("calls.example.com".into())),
            r#"RINGCRAFT_RTC_PUBLIC is "calls.example.com"; it must be addresses such as 203.0.113.7, 203.0.113.8:41000"#,
        ),
        (
            message(|given| given.llm = Some("gpt".into())),
            r#"RINGCRAFT_LLM is "gpt"; it must be auto or scripted or claude"#,
        ),
        (
            message(|given| given.max_calls = Some("0".into())),
            r#"RINGCRAFT_MAX_CALLS is "0"; it must be a whole number, 1 or more"#,
        ),
        (
            message(|given| given.drain_seconds = Some("1m".into())),
            r#"RINGCRAFT_DRAIN_SECONDS is "1m"; it must be a whole number of seconds, 0 or more"#,
        ),
        (
            message(|given| given.public_url = Some("calls.example.com".into())),
            r#"RINGCRAFT_PUBLIC_URL is "calls.example.com"; it must be an address such as https://calls.example.com"#,
        ),
        (
            message(|given| given.s3_bucket = Some("api".into())),
            r#"S3_BUCKET is "api"; it must be 3 to 63 lower-case letters, digits, dots and hyphens, and not "api""#,
        ),
        (
            message(|given| given.log = Some("ringcraft=loud".into())),
            r#"RINGCRAFT_LOG is "ringcraft=loud"; it must be a filter such as info or warn,ringcraft=debug"#,
        ),
        (
            message(|given| given.llm = Some("claude".into())),
            r#"RINGCRAFT_LLM is "claude", which needs ANTHROPIC_API_KEY"#,
        ),
    ];
    for (got, expected) in table {
        assert_eq!(got, expected);
    }
}

#[test]
fn secrets_stay_out_of_messages_and_debug() {
    let short = |name: &str| (name == "RINGCRAFT_SECRET").then(|| "tooshort".to_owned());
    let error = Config::check(ServeArgs::default(), short).unwrap_err().to_string();
    assert_eq!(error, "RINGCRAFT_SECRET must be at least 32 characters, best made at random");
    let long = |_: &str| Some("0123456789abcdef0123456789abcdef".to_owned());
    let public_url = Some("https://calls.example.com".to_owned());
    let given = ServeArgs { public_url, ..Default::default() };
    let config = Config::check(given, long).unwrap();
    assert_eq!(config.secret.as_ref().unwrap().expose().len(), 32);
    let shown = format!("{config:?}");
    assert!(!shown.contains("0123456789") && shown.contains("***"), "{shown}");
}

#[test]
fn a_turn_server_needs_what_opens_it() {
    let told = |username: Option<&str>, secrets: &'static [(&str, &str)]| {
        let ice_servers = Some("stun:a, turn:b:3478?transport=udp".to_owned());
        let turn_username = username.map(str::to_owned);
        let given = ServeArgs { ice_servers, turn_username, ..Default::default() };
        let look_up = |name: &str| {
            let found = secrets.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Config::check(given, look_up).map(|config| config.ice)
    };
    let needs = r#"RINGCRAFT_ICE_SERVERS is "turn:…", which needs RINGCRAFT_TURN_SECRET, or RINGCRAFT_TURN_USERNAME and RINGCRAFT_TURN_CREDENTIAL"#;
    const CREDENTIAL: (&str, &str) = ("RINGCRAFT_TURN_CREDENTIAL", "p");
    assert_eq!(told(None, &[]).unwrap_err().to_string(), needs);
    assert_eq!(told(Some("u"), &[]).unwrap_err().to_string(), needs);
    assert_eq!(told(None, &[CREDENTIAL]).unwrap_err().to_string(), needs);
    let fixed = told(Some("u"), &[CREDENTIAL]).unwrap();
    assert!(matches!(&fixed.turn, Some(TurnAccess::Fixed { username, .. }) if username == "u"));
    assert_eq!(fixed.servers.turn().collect::<Vec<_>>(), ["turn:b:3478?transport=udp"]);
    // Where both are there, the one that every client does not learn is taken.
    let shared = told(Some("u"), &[CREDENTIAL, ("RINGCRAFT_TURN_SECRET", "s")]).unwrap();
    assert!(matches!(&shared.turn, Some(TurnAccess::Shared(secret)) if secret.expose() == "s"));
    let unfit = told(Some("u"), &[("RINGCRAFT_TURN_CREDENTIAL", "pö")]).unwrap_err().to_string();
    assert!(unfit.contains("visible ASCII") && !unfit.contains("pö"), "{unfit}");
    assert_eq!(
        message(|given| given.ice_servers = Some("https://a".into())),
        r#"RINGCRAFT_ICE_SERVERS is "https://a"; it must be servers such as stun:stun.example.com, turn:turn.example.com:3478?transport=udp"#
    );
}

#[test]
fn nobody_gets_a_demo_who_did_not_ask() {
    assert_eq!(Config::check(ServeArgs::default(), nothing).unwrap().demo, DemoChoice::Off);
    let asked = ServeArgs { demo: Some("on".into()), ..Default::default() };
    assert_eq!(Config::check(asked, nothing).unwrap().demo, DemoChoice::On);
    assert_eq!(
        message(|given| given.demo = Some("auto".into())),
        r#"RINGCRAFT_DEMO is "auto"; it must be on or off"#
    );
}

#[test]
fn the_command_line_is_sound() {
    Arguments::command().debug_assert();
}

#[test]
fn links_and_cookies_are_secure_where_the_server_or_its_proxy_is() {
    let config = |tls: Option<&str>, public_url: Option<&str>| {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let given =
            ServeArgs { tls: owned(tls), public_url: owned(public_url), ..Default::default() };
        Config::check(given, nothing)
    };
    let table = [
        (None, None, false),
        (Some("self"), None, true),
        (None, Some("http://calls.example.com"), false),
        (None, Some("https://calls.example.com"), true),
        (Some("self"), Some("https://calls.example.com"), true),
    ];
    for (tls, public_url, secure) in table {
        assert_eq!(config(tls, public_url).unwrap().is_secure(), secure, "{tls:?} {public_url:?}");
    }
    assert_eq!(
        config(Some("self"), Some("http://a:8080")).unwrap_err().to_string(),
        "RINGCRAFT_PUBLIC_URL is \"http://a:8080\"; it must be an https:// address: this server \
         speaks HTTPS (RINGCRAFT_TLS)"
    );
}
