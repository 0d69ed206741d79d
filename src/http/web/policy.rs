//! What the browser may do for the page, and what it may not.

use http::{HeaderMap, HeaderValue, header};

use crate::config::{BaseUrl, Config};

/// The Content-Security-Policy for a page that is reached at `base`.
///
/// Scripts are files of the build alone. Styles in attributes are what positions menus and draws
/// waveforms and charts, so they are allowed.
pub(super) fn of(config: &Config, base: &BaseUrl) -> HeaderValue {
    // "'self'" is said to cover WebSockets of the same host (CSP Level 3), and older
    // browsers do not know.
    let socket = source(base.origin().replacen("http", "ws", 1));
    let store = store(config).and_then(source);
    let or_nothing =
        |source: Option<String>| source.map_or(String::new(), |text| format!(" {text}"));
    let (socket, store) = (or_nothing(socket), or_nothing(store));
    let policy = format!(
        "default-src 'self'; \
         connect-src 'self'{socket}{store}; \
         media-src 'self' blob:{store}; \
         img-src 'self' data: blob:; \
         style-src 'self' 'unsafe-inline'; \
         worker-src 'self' blob:; \
         object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).expect("sources are checked to be ASCII")
}

/// Where recordings are read from, where that is not the server itself.
fn store(config: &Config) -> Option<String> {
    let endpoint = config.s3.endpoint.as_ref()?;
    Some(config.s3.public_endpoint.as_ref().unwrap_or(endpoint).origin())
}

/// An origin as a policy can name it. What a client claims as its host must not write the policy;
/// addresses of IPv6 have no place in one.
fn source(origin: String) -> Option<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '/');
    origin.chars().all(is_plain).then_some(origin)
}

/// Sets the policy and its companions. Addresses of the page have tokens in them, so no other site
/// is told of one.
pub(super) fn apply(headers: &mut HeaderMap, policy: HeaderValue) {
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::HeaderName::from_static("permissions-policy"), "microphone=(self)"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests {
    use http::uri::Scheme;

    use super::*;
    use crate::config::ServeArgs;

    fn policy(base: &str, endpoint: Option<&str>, public: Option<&str>) -> String {
        let given = ServeArgs {
            s3_endpoint: endpoint.map(str::to_owned),
            s3_public_endpoint: public.map(str::to_owned),
            ..Default::default()
        };
        let config = Config::check(given, |_| None).unwrap();
        of(&config, &base.parse().unwrap()).to_str().unwrap().to_owned()
    }

    fn directive(policy: &str, name: &str) -> String {
        let mut found = policy.split("; ").filter_map(|one| one.strip_prefix(&format!("{name} ")));
        let directive = found.next().unwrap_or_else(|| panic!("no {name} in {policy}"));
        assert_eq!(found.next(), None, "{name} twice");
        directive.to_owned()
    }

    #[test]
    fn sound_comes_from_here_and_from_the_store() {
        let host = "https://calls.example.com";
        let table = [
            (None, None, "'self' wss://calls.example.com", "'self' blob:"),
            // The embedded store has no address of its own.
            (
                None,
                Some("https://files.example.com"),
                "'self' wss://calls.example.com",
                "'self' blob:",
            ),
            (
                Some("http://10.0.0.9:9000/s3"),
                None,
                "'self' wss://calls.example.com http://10.0.0.9:9000",
                "'self' blob: http://10.0.0.9:9000",
            ),
            (
                Some("http://10.0.0.9:9000"),
                Some("https://files.example.com"),
                "'self' wss://calls.example.com https://files.example.com",
                "'self' blob: https://files.example.com",
            ),
        ];
        for (endpoint, public, connect, media) in table {
            let policy = policy(host, endpoint, public);
            assert_eq!(directive(&policy, "connect-src"), connect);
            assert_eq!(directive(&policy, "media-src"), media);
            // Scripts fall back to the default.
            assert_eq!(directive(&policy, "default-src"), "'self'");
            assert!(!policy.contains("script-src"), "{policy}");
        }
        // A path in a policy would have to match; the page is below any.
        let below = policy("http://10.0.0.7:8080/ringcraft", None, None);
        assert_eq!(directive(&below, "connect-src"), "'self' ws://10.0.0.7:8080");
    }

    #[test]
    fn a_host_cannot_write_the_policy() {
        let config = Config::check(ServeArgs::default(), |_| None).unwrap();
        for host in ["a;script-src", "a,b", "a'b", "[::1]:8080", "a*b"] {
            let Some(base) = BaseUrl::from_host(&Scheme::HTTP, host) else { continue };
            let policy = of(&config, &base);
            assert_eq!(directive(policy.to_str().unwrap(), "connect-src"), "'self'", "{host}");
        }
        assert!(BaseUrl::from_host(&Scheme::HTTP, "a;script-src").is_some(), "or nothing is tried");
    }
}
