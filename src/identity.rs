//! Who somebody is: what they present, and the person it stands for.

pub use principal::{NotSignedIn, Principal, Via};
pub use token::{BearerToken, TokenHash, TokenKind};

pub mod password;
mod principal;
mod token;
