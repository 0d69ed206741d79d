//! Tokens that people and programs present: random, told once, kept as a hash.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rand::Rng;
use sha2::{Digest, Sha256};

/// 256 bits: nobody guesses one, so a fast hash is enough to keep it.
const TOKEN_BYTES: usize = 32;

/// What a session's token begins with.
const SESSION_PREFIX: &str = "rcs_";

/// What an API key begins with, so that a leaked one is found by search.
const API_KEY_PREFIX: &str = "rck_";

/// What a token that comes by mail begins with.
const MAILED_PREFIX: &str = "rcm_";

/// What the token of a link to a call begins with.
const SHARE_PREFIX: &str = "rcl_";

/// A token as its bearer holds it. Never stored, never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct BearerToken(String);

/// What is stored of a token.
pub type TokenHash = [u8; 32];

/// What a token is for, by its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A session.
    Session,
    /// An API key.
    ApiKey,
    /// An invitation or a new password.
    Mailed,
    /// A link to one call.
    Share,
}

impl BearerToken {
    /// A new token of a kind.
    pub fn new(kind: TokenKind) -> Self {
        let mut bytes = [0; TOKEN_BYTES];
        rand::rng().fill_bytes(&mut bytes);
        let prefix = match kind {
            TokenKind::Session => SESSION_PREFIX,
            TokenKind::ApiKey => API_KEY_PREFIX,
            TokenKind::Mailed => MAILED_PREFIX,
            TokenKind::Share => SHARE_PREFIX,
        };
        Self(format!("{prefix}{}", BASE64_URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// A token that somebody presented.
    pub fn presented(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// What it is for; nothing where it is no token of ours.
    pub fn kind(&self) -> Option<TokenKind> {
        let kinds = [
            (SESSION_PREFIX, TokenKind::Session),
            (API_KEY_PREFIX, TokenKind::ApiKey),
            (MAILED_PREFIX, TokenKind::Mailed),
            (SHARE_PREFIX, TokenKind::Share),
        ];
        kinds.into_iter().find(|(prefix, _)| self.0.starts_with(prefix)).map(|(_, kind)| kind)
    }

    /// What is stored of it.
    pub fn hash(&self) -> TokenHash {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// The token itself, to be handed to its bearer.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_what_it_is_for_and_is_never_made_twice() {
        for kind in [TokenKind::Session, TokenKind::ApiKey, TokenKind::Mailed, TokenKind::Share] {
            let (token, other) = (BearerToken::new(kind), BearerToken::new(kind));
            assert_eq!(token.kind(), Some(kind));
            assert_ne!(token, other);
            // 32 bytes are 43 characters of base64 without padding.
            assert_eq!(token.expose().len(), 4 + 43);
            assert_eq!(BearerToken::presented(token.expose()).hash(), token.hash());
            assert_eq!(format!("{token:?}"), "BearerToken");
        }
        assert_eq!(BearerToken::presented("eyJhbGciOi.x.y").kind(), None);
    }

    #[test]
    fn what_is_stored_is_sha_256() {
        // printf abc | sha256sum
        let hash = BearerToken::presented("abc").hash();
        assert_eq!(hash[..4], [0xba, 0x78, 0x16, 0xbf]);
    }
}
