//! Ids and domain values that every part shares. No I/O.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Defines ids that cannot be taken for one another. Those that are made later sort after those
/// that were made earlier.
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident,)+) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
        )]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id.
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }
    )+};
}

ids! {
    /// A tenant.
    OrgId,
    /// A person in an org.
    UserId,
    /// People of an org who are led together.
    TeamId,
    /// One live conversation, and the attempt it becomes.
    CallId,
    /// Somebody who is signed in somewhere.
    SessionId,
    /// A key with which a program acts for a person.
    ApiKeyId,
    /// A link by which anybody sees one call.
    CallShareId,
    /// A server.
    NodeId,
}

/// What somebody may do in their org.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Practises; sees their own calls.
    Rep,
    /// Assigns and replays; sees the calls of the teams they lead.
    Manager,
    /// Sees who practised what and when, and nothing that was said.
    Hr,
    /// Runs the org.
    Admin,
    /// Runs the platform.
    Superadmin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [Self::Rep, Self::Manager, Self::Hr, Self::Admin, Self::Superadmin];

    /// Its name, in the database and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rep => "rep",
            Self::Manager => "manager",
            Self::Hr => "hr",
            Self::Admin => "admin",
            Self::Superadmin => "superadmin",
        }
    }

    /// Whether they may change the org: its people, teams and settings.
    pub fn runs_org(self) -> bool {
        matches!(self, Self::Admin | Self::Superadmin)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such role; one of: rep, manager, hr, admin, superadmin")]
pub struct NoSuchRole;

impl FromStr for Role {
    type Err = NoSuchRole;

    fn from_str(text: &str) -> Result<Self, NoSuchRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(NoSuchRole)
    }
}

/// How far a call has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallStatus {
    /// Created; no media yet.
    Waiting,
    /// Connected.
    Live,
    /// Over; its artefacts are being made.
    Sealing,
    /// Its artefacts are in the object store.
    Completed,
    /// It could not be sealed; it is tried again.
    Failed,
    /// Nobody connected before its token expired.
    NeverConnected,
}

impl CallStatus {
    /// Every status.
    pub const ALL: [Self; 6] = [
        Self::Waiting,
        Self::Live,
        Self::Sealing,
        Self::Completed,
        Self::Failed,
        Self::NeverConnected,
    ];

    /// Its name, in the database and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Live => "live",
            Self::Sealing => "sealing",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::NeverConnected => "never_connected",
        }
    }
}

/// A word that names no status of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such status of a call")]
pub struct NoSuchStatus;

impl FromStr for CallStatus {
    type Err = NoSuchStatus;

    fn from_str(text: &str) -> Result<Self, NoSuchStatus> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or(NoSuchStatus)
    }
}
