//! Who calls: the holder of a key from the environment, or somebody of the demo org.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::CallArgs;
use super::error::CallError;
use crate::config;
use crate::demo::{self, Account, Accounts};
use crate::model::Role;

/// The environment variable with the key of who calls.
pub(super) const API_KEY: &str = "RINGCRAFT_API_KEY";

/// Somebody to call as. It has no `Debug`: the key is a secret.
pub(crate) struct Caller {
    /// Their key.
    pub(crate) api_key: String,
    /// Who they are and where the key is from, for people.
    pub(crate) who: Who,
}

/// Who somebody is, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// Whoever the key of the environment belongs to.
    OfEnvironment,
    /// Somebody of the demo org.
    OfDemo {
        /// Their name and address.
        name: String,
        /// The file with their key.
        file: PathBuf,
    },
}

/// Finds who calls: the account that was asked for, else the key of the environment, else the
/// first rep of the demo org. The demo's keys go to a server on this machine, or where somebody
/// said that they belong there.
///
/// # Errors
/// When there is nobody; the message says how to sign in.
pub(crate) fn caller(
    args: &CallArgs,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<Caller, CallError> {
    let filled = |variable| environment(variable).filter(|value| !value.trim().is_empty());
    let asked = args.account.is_some() || args.accounts.is_some();
    if let Some(api_key) = filled(API_KEY).filter(|_| !asked) {
        return Ok(Caller { api_key: api_key.trim().to_owned(), who: Who::OfEnvironment });
    }
    let file = args
        .accounts
        .clone()
        .unwrap_or_else(|| config::data_dir(filled("RINGCRAFT_DATA_DIR")).join(demo::FILE));
    if args.accounts.is_none() {
        if !is_this_machine(&args.url) {
            return Err(CallError::NotHere { url: args.url.clone() });
        }
        if !file.exists() {
            return Err(CallError::NotSignedIn { file });
        }
    }
    let accounts = Accounts::read(&file)?;
    let Some(account) = chosen(&accounts, args.account.as_deref()) else {
        return Err(CallError::NoSuchAccount { file, known: lines(&accounts) });
    };
    let name = format!("{} <{}>", account.name, account.email);
    Ok(Caller { api_key: account.api_key.clone(), who: Who::OfDemo { name, file } })
}

fn chosen<'a>(accounts: &'a Accounts, email: Option<&str>) -> Option<&'a Account> {
    accounts.accounts.iter().find(|account| match email {
        Some(email) => account.email.eq_ignore_ascii_case(email.trim()),
        None => account.role == Role::Rep,
    })
}

fn lines(accounts: &Accounts) -> String {
    let mut lines = String::new();
    for account in &accounts.accounts {
        let _ = write!(lines, "\n  {:<8} {}", account.role.to_string(), account.email);
    }
    lines
}

/// Whether a server's address is of this machine whatever the network looks like.
fn is_this_machine(url: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(url) else { return false };
    let host = url.host_str().unwrap_or_default();
    let ip: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    host == "localhost" || ip.is_some_and(|ip| ip.is_loopback())
}

impl Who {
    /// Says who calls, where that is not plain.
    pub(crate) fn introduction(&self) -> Option<String> {
        match self {
            Self::OfEnvironment => None,
            Self::OfDemo { name, file } => {
                Some(format!("Calling as {name}, of {}; --as picks somebody else.", shown(file)))
            }
        }
    }

    /// What to do where the server does not take the key.
    pub(crate) fn remedy(&self) -> String {
        match self {
            Self::OfEnvironment => {
                format!("{API_KEY} holds no key of this server, or one no longer")
            }
            Self::OfDemo { file, .. } => format!(
                "the accounts in {} are not of this server's database, or no longer; \
                 `ringcraft seed --again`, with its DATABASE_URL, writes new ones",
                shown(file)
            ),
        }
    }
}

fn shown(file: &Path) -> String {
    file.display().to_string()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        args: CallArgs,
    }

    fn args(words: &[&str]) -> CallArgs {
        Program::try_parse_from([&["call"], words].concat()).unwrap().args
    }

    fn account(email: &str, role: Role) -> Account {
        let name = email.split('@').next().unwrap().to_owned();
        let (password, api_key) = ("x".to_owned(), format!("rck_{name}"));
        Account { name, email: email.to_owned(), role, team: None, password, api_key }
    }

    /// A data folder with a manager and two reps.
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let accounts = vec![
            account("mia@demo.example", Role::Manager),
            account("ren@demo.example", Role::Rep),
            account("rosa@demo.example", Role::Rep),
        ];
        Accounts { org: "Org".to_owned(), accounts }.write(folder.path()).unwrap();
        folder
    }

    #[test]
    fn an_account_that_is_asked_for_wins_then_the_key_then_the_first_rep() {
        let folder = folder();
        let data_dir = folder.path().to_str().unwrap();
        let file = folder.path().join(demo::FILE);
        let file = file.to_str().unwrap();
        let far = ["--url", "http://192.0.2.1:8080"];
        let table: [(&[&str], Option<&str>, &str); 8] = [
            (&[], Some("rck_set"), "rck_set"),
            (&[], Some(" rck_set\n"), "rck_set"),
            (&[], Some(" "), "rck_ren"),
            (&[], None, "rck_ren"),
            (&["--as", "Rosa@demo.example"], None, "rck_rosa"),
            (&["--as", "mia@demo.example"], Some("rck_set"), "rck_mia"),
            (&far, Some("rck_set"), "rck_set"),
            (&[far[0], far[1], "--accounts", file], Some("rck_set"), "rck_ren"),
        ];
        for (words, key, expected) in table {
            let environment = |variable: &str| match variable {
                "RINGCRAFT_API_KEY" => key.map(str::to_owned),
                "RINGCRAFT_DATA_DIR" => Some(data_dir.to_owned()),
                other => panic!("{other} is not for this command"),
            };
            let Ok(caller) = caller(&args(words), environment) else { panic!("{words:?}") };
            assert_eq!(caller.api_key, expected, "{words:?} {key:?}");
            let introduction = caller.who.introduction();
            assert_eq!(introduction.is_none(), expected == "rck_set", "{introduction:?}");
            assert!(!introduction.unwrap_or_default().contains("rck_"), "a key is never told");
        }
    }

    #[test]
    fn who_cannot_be_found_is_told_what_to_do() {
        let folder = folder();
        let data_dir = folder.path().to_str().unwrap();
        let empty = tempfile::tempdir().unwrap();
        std::fs::write(empty.path().join("bad.json"), r#"{"accounts": "s3cret"}"#).unwrap();
        let bad = empty.path().join("bad.json");
        let bad = bad.to_str().unwrap();
        let empty = empty.path().to_str().unwrap();
        let table: [(&[&str], &str, &[&str]); 5] = [
            (&[], empty, &["RINGCRAFT_API_KEY", "make run", "ringcraft seed", empty]),
            (
                &["--url", "https://calls.example.com"],
                data_dir,
                &["https://calls.example.com", "RINGCRAFT_API_KEY", "--accounts"],
            ),
            (&["--as", "nobody@demo.example"], data_dir, &["manager  mia@", "rep      ren@"]),
            (&["--accounts", "/nowhere/a.json"], data_dir, &["/nowhere/a.json", "No such file"]),
            (&["--accounts", bad], data_dir, &["no accounts (line 1", "seed --again"]),
        ];
        for (words, data_dir, parts) in table {
            let environment =
                |variable: &str| (variable == "RINGCRAFT_DATA_DIR").then(|| data_dir.to_owned());
            let Err(error) = caller(&args(words), environment) else { panic!("{words:?}") };
            let error = error.to_string();
            for part in parts {
                assert!(error.contains(part), "{part:?} is not in: {error}");
            }
            assert!(!error.contains("s3cret") && !error.contains("rck_"), "{error}");
        }
    }

    #[test]
    fn only_loopback_is_this_machine() {
        for url in
            ["http://localhost:1", "http://127.0.0.1", "http://127.9.9.9:8", "http://[::1]:8"]
        {
            assert!(is_this_machine(url), "{url}");
        }
        for url in [
            "http://0.0.0.0:8080",
            "http://10.0.0.1",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://127.0.0.1@example.com",
            "http://[::2]",
            "127.0.0.1:8080",
            "",
        ] {
            assert!(!is_this_machine(url), "{url}");
        }
    }
}
