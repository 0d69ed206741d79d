//! Somebody who was let in.

use crate::model::{ApiKeyId, OrgId, Role, SessionId, UserId};
use crate::store::{Actor, OrgScope, Store, StoreError, api_key, platform, user};

use super::{BearerToken, TokenKind};

/// Somebody who was let in, and the way to what they may see.
#[derive(Clone, Debug)]
pub struct Principal {
    /// Who.
    pub user: UserId,
    /// What they may do.
    pub role: Role,
    /// How they were let in.
    pub via: Via,
    /// The org they belong to.
    pub home: OrgId,
    /// The rows they may see: of their own org but for a superadmin who acts in another.
    pub scope: OrgScope,
}

/// What somebody was let in by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// A session: they signed in.
    Session(SessionId),
    /// An API key.
    ApiKey(ApiKeyId),
}

/// Why somebody was not let in.
#[derive(Debug, thiserror::Error)]
pub enum NotSignedIn {
    /// The token is none of ours, has expired or was revoked; which, is not said.
    #[error("sign in again: this session or key is not good, or no longer")]
    Refused,
    /// It could not be looked up.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Principal {
    /// Finds who a token stands for.
    ///
    /// # Errors
    /// When it stands for nobody who may come in now, or the database does not answer.
    pub async fn of(store: &Store, token: &BearerToken) -> Result<Self, NotSignedIn> {
        let hash = token.hash();
        let (owner, via, role) = match token.kind() {
            Some(TokenKind::Session) => {
                let owner = platform::session(store, &hash).await?.ok_or(NotSignedIn::Refused)?;
                let system = store.scope(owner.org, Actor::System);
                let role = user::active_role(&system, owner.user).await?;
                (owner, Via::Session(SessionId(owner.id)), role)
            }
            Some(TokenKind::ApiKey) => {
                let owner = platform::api_key(store, &hash).await?.ok_or(NotSignedIn::Refused)?;
                let (system, id) = (store.scope(owner.org, Actor::System), ApiKeyId(owner.id));
                (owner, Via::ApiKey(id), api_key::use_key(&system, id).await?)
            }
            Some(TokenKind::Mailed | TokenKind::Share) | None => return Err(NotSignedIn::Refused),
        };
        let role = role.ok_or(NotSignedIn::Refused)?;
        let scope = store.scope(owner.org, Actor::User { id: owner.user, role });
        Ok(Self { user: owner.user, role, via, home: owner.org, scope })
    }

    /// The same person at work in another org: whoever calls it has checked that they may.
    #[must_use]
    pub fn acting_in(self, store: &Store, org: OrgId) -> Self {
        let actor = Actor::User { id: self.user, role: self.role };
        Self { scope: store.scope(org, actor), ..self }
    }

    /// The org they are at work in.
    pub fn org(&self) -> OrgId {
        self.scope.org()
    }
}
