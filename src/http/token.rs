//! The token of a call: a signed statement that its bearer may connect to this call and read it.

use std::time::{Duration, SystemTime};

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::clock;
use crate::config::Secret;
use crate::model::{CallId, OrgId, UserId};

/// How long a new call waits for its first connection.
pub const JOIN_WITHIN: Duration = Duration::from_secs(10 * 60);

/// How long a token is good: past the longest call, so that a lost connection can come back and
/// the result can be read.
pub const TOKEN_LIFE: Duration = Duration::from_secs(2 * 60 * 60);

/// What a token is for; a token for anything else opens no call.
const AUDIENCE: &str = "call";

/// Makes and checks the tokens of calls.
#[derive(Clone)]
pub struct CallTokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
}

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallClaims {
    /// The call it opens.
    pub call: CallId,
    /// Whose call it is.
    pub org: OrgId,
    /// Who practises.
    pub user: UserId,
    /// Until when, in seconds since 1970.
    pub exp: u64,
    aud: String,
}

/// Why a token does not open a call. The messages hold nothing of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Nothing was sent.
    #[error("send the call's token, as a bearer token or as ?token=")]
    Missing,
    /// It is none of ours, was changed, or is for something else.
    #[error("this token does not open this call")]
    Invalid,
    /// It was good once.
    #[error("this token has expired; place a new call")]
    Expired,
}

impl CallTokens {
    /// Signs with a key made from the server's secret for this purpose alone.
    pub fn new(secret: &Secret) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"ringcraft call token 1\0");
        hash.update(secret.expose());
        let key = hash.finalize();
        Self { encoding: EncodingKey::from_secret(&key), decoding: DecodingKey::from_secret(&key) }
    }

    /// A token for a call that is made now.
    pub fn issue(&self, call: CallId, org: OrgId, user: UserId, now: SystemTime) -> String {
        let exp = seconds(now + TOKEN_LIFE);
        let claims = CallClaims { call, org, user, exp, aud: AUDIENCE.to_owned() };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
            .expect("ids and numbers always serialise, and HMAC signs anything")
    }

    /// Reads a token that was sent for a call.
    ///
    /// # Errors
    /// When it does not open this call now.
    pub fn check(
        &self,
        token: &str,
        call: CallId,
        now: SystemTime,
    ) -> Result<CallClaims, TokenError> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "aud"]);
        // The library would read a clock of its own.
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<CallClaims>(token, &self.decoding, &validation)
            .map_err(|_| TokenError::Invalid)?
            .claims;
        if claims.call != call {
            return Err(TokenError::Invalid);
        }
        if claims.exp <= seconds(now) {
            return Err(TokenError::Expired);
        }
        Ok(claims)
    }
}

impl std::fmt::Debug for CallTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CallTokens")
    }
}

fn seconds(at: SystemTime) -> u64 {
    clock::unix_ms(at) / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    const ORG: OrgId = OrgId(uuid::Uuid::from_u128(1));
    const USER: UserId = UserId(uuid::Uuid::from_u128(2));

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn tokens() -> CallTokens {
        CallTokens::new(&Secret::new(SECRET))
    }

    #[test]
    fn a_token_opens_its_call_until_it_expires() {
        let (call, tokens) = (CallId::new(), tokens());
        let token = tokens.issue(call, ORG, USER, at(1_000));
        let claims = tokens.check(&token, call, at(1_000)).unwrap();
        assert_eq!((claims.call, claims.org, claims.user, claims.exp), (call, ORG, USER, 8_200));
        assert!(tokens.check(&token, call, at(8_199)).is_ok());
        assert_eq!(tokens.check(&token, call, at(8_200)), Err(TokenError::Expired));
    }

    #[test]
    fn it_opens_nothing_else() {
        let (call, tokens) = (CallId::new(), tokens());
        let token = tokens.issue(call, ORG, USER, at(0));
        assert_eq!(tokens.check(&token, CallId::new(), at(0)), Err(TokenError::Invalid));
        let other = CallTokens::new(&Secret::new("another secret of thirty-two chars"));
        assert_eq!(other.check(&token, call, at(0)), Err(TokenError::Invalid));
    }

    #[test]
    fn a_changed_or_foreign_token_is_refused() {
        let (call, tokens) = (CallId::new(), tokens());
        let token = tokens.issue(call, ORG, USER, at(0));
        let signature = token.rfind('.').unwrap();
        let mut bytes = token.clone().into_bytes();
        bytes[signature - 5] ^= 1;
        let changed = String::from_utf8(bytes).unwrap();
        // {"alg":"none","typ":"JWT"}
        let unsigned = format!(
            "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0{}.",
            &token[token.find('.').unwrap()..signature]
        );
        let sign = |claims: serde_json::Value, key: &EncodingKey| {
            jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, key).unwrap()
        };
        let claims = |aud: &str| serde_json::json!({"call": call, "org": ORG, "user": USER, "exp": 99, "aud": aud});
        assert!(tokens.check(&sign(claims("call"), &tokens.encoding), call, at(0)).is_ok());
        let table = [
            ("changed", changed),
            ("unsigned", unsigned),
            ("for something else", sign(claims("session"), &tokens.encoding)),
            ("signed by the bare secret", {
                sign(claims("call"), &EncodingKey::from_secret(SECRET.as_bytes()))
            }),
            ("without expiry", {
                let claims =
                    serde_json::json!({"call": call, "org": ORG, "user": USER, "aud": "call"});
                sign(claims, &tokens.encoding)
            }),
            ("empty", String::new()),
            ("dots", "..".to_owned()),
            ("long", "x".repeat(100_000)),
        ];
        for (what, token) in table {
            assert_eq!(tokens.check(&token, call, at(0)), Err(TokenError::Invalid), "{what}");
        }
    }
}
