//! The forms in which the build leaves a file beside itself.

use http::{HeaderMap, header};

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Brotli,
    Gzip,
}

impl Encoding {
    /// Each of them, the smallest first.
    pub(super) const ALL: [Self; 2] = [Self::Brotli, Self::Gzip];

    /// What HTTP calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// What is added to the file's name.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
        }
    }

    /// Those that the client understands, the smallest first: RFC 9110, section 12.5.3. Its weights
    /// decide nothing but whether an encoding may be used at all.
    pub(super) fn accepted(headers: &HeaderMap) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|encoding| {
            let weight = weight(headers, encoding.name()).or_else(|| weight(headers, "*"));
            weight.is_some_and(|weight| 0.0 < weight)
        })
    }
}

/// How much the client likes an encoding, where it names it.
fn weight(headers: &HeaderMap, name: &str) -> Option<f32> {
    let lines = headers.get_all(header::ACCEPT_ENCODING).iter();
    let mut codings = lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
    codings.find_map(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        if !parts.next()?.eq_ignore_ascii_case(name) {
            return None;
        }
        let weight = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
        Some(weight.map_or(1.0, |weight| weight.trim().parse().unwrap_or(0.0)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_client_refuses_is_not_chosen() {
        use Encoding::{Brotli, Gzip};
        let table: [(&str, &[Encoding]); 12] = [
            ("gzip, deflate, br, zstd", &[Brotli, Gzip]),
            ("gzip, deflate", &[Gzip]),
            ("GZIP", &[Gzip]),
            ("br;q=0.1, gzip;q=1.0", &[Brotli, Gzip]),
            ("br;q=0, gzip", &[Gzip]),
            ("br; q=0.000 , gzip ; q=0.5", &[Gzip]),
            ("*", &[Brotli, Gzip]),
            ("*;q=0, gzip", &[Gzip]),
            ("br;q=0, *", &[Gzip]),
            ("br;q=much", &[]),
            ("identity", &[]),
            ("", &[]),
        ];
        for (line, expected) in table {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, line.parse().unwrap())]);
            assert_eq!(Encoding::accepted(&headers).collect::<Vec<_>>(), expected, "{line}");
        }
        assert_eq!(Encoding::accepted(&HeaderMap::new()).count(), 0);
    }
}
