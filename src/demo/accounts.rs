//! The accounts of the demo org as they are told: on a screen once, and in a file for other shells.

use std::fmt::Write as _;
use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::model::Role;

/// Sets the one thing apart that somebody new has to read.
const RULE: &str =
    "======================================================================================";

/// The file in the data folder.
pub(crate) const FILE: &str = "demo-accounts.json";

/// Everybody of the demo org, in the order they are listed. It has no `Debug`: passwords are in it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Accounts {
    /// What the org is called.
    pub(crate) org: String,
    /// Its people.
    pub(crate) accounts: Vec<Account>,
}

/// Somebody who can sign in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Account {
    /// What they are called.
    pub(crate) name: String,
    /// What they sign in with.
    pub(crate) email: String,
    /// What they may do.
    pub(crate) role: Role,
    /// The team they lead, where they are a manager, or are in.
    pub(crate) team: Option<String>,
    /// Their password, in clear.
    pub(crate) password: String,
    /// A key for programs that act for them.
    pub(crate) api_key: String,
}

/// Why the file of accounts is of no use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AccountsError {
    /// It cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Something else is in it.
    #[error(
        "{}: these are no accounts ({reason}); `ringcraft seed --again` writes new ones",
        path.display()
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Where it is wrong.
        reason: String,
    },
}

impl Accounts {
    /// Reads a file that [`Self::write`] made.
    ///
    /// # Errors
    /// When it is not there or holds something else.
    pub(crate) fn read(path: &Path) -> Result<Self, AccountsError> {
        let text = fs::read(path).map_err(|source| io_error(path, source))?;
        serde_json::from_slice(&text).map_err(|error| AccountsError::Unreadable {
            path: path.to_owned(),
            // What the parser found may be a part of a password; where it was, tells enough.
            reason: format!("line {} column {}", error.line(), error.column()),
        })
    }

    /// Writes the file, whole or not at all, for the eyes of its owner.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn write(&self, data_dir: &Path) -> Result<(), AccountsError> {
        let path = data_dir.join(FILE);
        self.replace(data_dir, &path).map_err(|source| io_error(&path, source))
    }

    fn replace(&self, data_dir: &Path, path: &Path) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(data_dir)?;
        file.as_file().set_permissions(Permissions::from_mode(0o600))?;
        serde_json::to_writer_pretty(&mut file, self)?;
        writeln!(file)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    }

    /// What is told once: who there is, and how to get in as them.
    pub(crate) fn table(&self, data_dir: &Path) -> String {
        let mut text = format!(
            "The demo org {} has these people. This is told once; {} keeps it.\n\n",
            self.org,
            data_dir.join(FILE).display()
        );
        let heads = ["role", "name", "e-mail", "password", "team"].map(str::to_owned);
        let rows = self.accounts.iter().map(|account| {
            let team = account.team.as_deref().unwrap_or_default();
            let leads = if account.role == Role::Manager { "leads " } else { "" };
            [
                account.role.to_string(),
                account.name.clone(),
                account.email.clone(),
                account.password.clone(),
                format!("{leads}{team}"),
            ]
        });
        columns(&mut text, &[heads].into_iter().chain(rows).collect::<Vec<_>>());
        text.push('\n');
        let heads = ["e-mail", "API key"].map(str::to_owned);
        let rows =
            self.accounts.iter().map(|account| [account.email.clone(), account.api_key.clone()]);
        columns(&mut text, &[heads].into_iter().chain(rows).collect::<Vec<_>>());
        text.push_str(
            "\n`ringcraft call`, on this machine and in this folder, calls as the first rep.\n\n",
        );
        text
    }

    /// The way in for somebody who just started the server: the first rep, and who leads their team.
    pub(crate) fn welcome(&self, address: &str) -> String {
        let rep = self.accounts.iter().find(|account| account.role == Role::Rep);
        let leads = |account: &&Account| {
            account.role == Role::Manager && account.team == rep.and_then(|rep| rep.team.clone())
        };
        let manager = self.accounts.iter().find(leads);
        let row = |role: &str, account: &Account| {
            [role.to_owned(), account.email.clone(), account.password.clone()]
        };
        let rows = rep.map(|rep| row("to practise, as a rep:", rep)).into_iter();
        let rows = rows.chain(manager.map(|manager| row("to look on, as their manager:", manager)));
        let mut text = format!("{RULE}\n  Open {address} in a browser and sign in\n\n");
        columns(&mut text, &rows.collect::<Vec<_>>());
        let _ = writeln!(text, "{RULE}\n");
        text
    }
}

fn io_error(path: &Path, source: io::Error) -> AccountsError {
    AccountsError::Io { path: path.to_owned(), source }
}

/// Writes rows, each column as wide as its widest cell.
fn columns<const N: usize>(text: &mut String, rows: &[[String; N]]) {
    let widest = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: [usize; N] = std::array::from_fn(|column| widest(column).unwrap_or_default());
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(line, "  {cell:<width$}");
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
}
