//! The part of a link that comes before the path.

use std::fmt;
use std::str::FromStr;

use http::Uri;
use http::uri::{Authority, Scheme};

/// A scheme, an authority and perhaps a path, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    secure: bool,
    rest: String,
}

/// A text that is no base of links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an address such as https://calls.example.com, without query or fragment")]
pub struct NotABaseUrl;

impl BaseUrl {
    /// The base that a client used which sent this `Host` over HTTP or HTTPS.
    pub fn from_host(scheme: &Scheme, host: &str) -> Option<Self> {
        let authority: Authority = host.parse().ok()?;
        let rest = authority.as_str();
        let secure = *scheme == Scheme::HTTPS;
        (!rest.contains('@')).then(|| Self { secure, rest: rest.to_owned() })
    }

    /// The name or address of the machine that links lead to; of IPv6 without its brackets.
    pub fn host(&self) -> &str {
        let authority = self.rest.split('/').next().unwrap_or_default();
        match authority.strip_prefix('[') {
            Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
            None => authority.split(':').next().unwrap_or_default(),
        }
    }

    /// What a browser says that its page comes from: scheme and authority.
    pub fn origin(&self) -> String {
        let authority = self.rest.split('/').next().unwrap_or_default();
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{authority}")
    }

    /// Whether links go over TLS.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// A link for HTTP. `path` begins with a slash.
    pub fn http(&self, path: &str) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}{path}", self.rest)
    }

    /// A link for a WebSocket. `path` begins with a slash.
    pub fn web_socket(&self, path: &str) -> String {
        let scheme = if self.secure { "wss" } else { "ws" };
        format!("{scheme}://{}{path}", self.rest)
    }
}

impl FromStr for BaseUrl {
    type Err = NotABaseUrl;

    fn from_str(text: &str) -> Result<Self, NotABaseUrl> {
        let uri: Uri = text.parse().map_err(|_| NotABaseUrl)?;
        let secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(NotABaseUrl),
        };
        let authority = uri.authority().ok_or(NotABaseUrl)?.as_str();
        if uri.query().is_some() || text.contains('#') || authority.contains('@') {
            return Err(NotABaseUrl);
        }
        let rest = format!("{authority}{}", uri.path().trim_end_matches('/'));
        Ok(Self { secure, rest })
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.http(""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_made_from_the_base() {
        let table = [
            ("https://calls.example.com", "wss://calls.example.com/api/x"),
            ("https://calls.example.com/", "wss://calls.example.com/api/x"),
            ("http://10.0.0.7:8080/ringcraft/", "ws://10.0.0.7:8080/ringcraft/api/x"),
            ("http://[::1]:8080", "ws://[::1]:8080/api/x"),
        ];
        for (text, audio) in table {
            let base: BaseUrl = text.parse().unwrap();
            assert_eq!(base.web_socket("/api/x"), audio);
            assert_eq!(base.to_string(), text.trim_end_matches('/'));
        }
        let base = BaseUrl::from_host(&Scheme::HTTP, "localhost:8080").unwrap();
        assert_eq!(base.http("/api/x"), "http://localhost:8080/api/x");
        let base = BaseUrl::from_host(&Scheme::HTTPS, "localhost:8080").unwrap();
        assert_eq!(base.http("/api/x"), "https://localhost:8080/api/x");
        assert_eq!(base.web_socket("/api/x"), "wss://localhost:8080/api/x");
    }

    #[test]
    fn the_host_is_without_port_path_and_brackets() {
        let table = [
            ("https://calls.example.com", "calls.example.com"),
            ("https://calls.example.com:8443/ringcraft", "calls.example.com"),
            ("https://10.0.0.7:8443", "10.0.0.7"),
            ("https://[2001:db8::7]:8443/ringcraft", "2001:db8::7"),
            ("https://[::1]", "::1"),
        ];
        for (text, host) in table {
            assert_eq!(text.parse::<BaseUrl>().unwrap().host(), host);
        }
    }

    #[test]
    fn what_is_no_base_is_refused() {
        for text in [
            "",
            "calls.example.com",
            "ftp://x",
            "https://",
            "http://a?b",
            "http://a#b",
            "http://u:p@a",
        ] {
            assert_eq!(text.parse::<BaseUrl>(), Err(NotABaseUrl), "{text}");
        }
        for host in ["", "a b", "a/b", "u@a", "\u{e9}"] {
            assert_eq!(BaseUrl::from_host(&Scheme::HTTP, host), None, "{host}");
        }
    }
}
