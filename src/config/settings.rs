//! Every setting of the server as data, for people: the table in the documentation, the sample of
//! an `.env` file and the help of `serve` are made from it.

use std::fmt::Write as _;

use clap::{Args, Command};

use super::arguments::{SECRETS, ServeArgs};

/// Where a line of the sample ends.
const SAMPLE_COLUMNS: usize = 100;

/// One setting.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Setting {
    /// The environment variable.
    variable: String,
    /// The flag of `serve`; a secret has none.
    flag: Option<String>,
    /// What it is for.
    what: String,
    /// What holds without it: a value, or a few words where it is none.
    default: Option<String>,
    /// What it belongs to.
    heading: String,
}

/// Every setting, those of one heading side by side, in the order of the command line.
fn settings() -> Vec<Setting> {
    let command = ServeArgs::augment_args(Command::new("serve"));
    let arguments = command.get_arguments().filter_map(|argument| {
        let (what, default) = split(&argument.get_help()?.to_string());
        Some(Setting {
            variable: argument.get_env()?.to_str()?.to_owned(),
            flag: argument.get_long().map(|name| format!("--{name}")),
            what,
            default,
            heading: argument.get_help_heading()?.to_owned(),
        })
    });
    let secrets = SECRETS.iter().map(|secret| {
        let (what, default) = split(secret.help);
        let (variable, heading) = (secret.variable.to_owned(), secret.heading.to_owned());
        Setting { variable, flag: None, what, default, heading }
    });
    let mut all: Vec<Setting> = arguments.chain(secrets).collect();
    let mut headings: Vec<String> = Vec::new();
    for setting in &all {
        if !headings.contains(&setting.heading) {
            headings.push(setting.heading.clone());
        }
    }
    all.sort_by_key(|setting| headings.iter().position(|heading| *heading == setting.heading));
    all
}

/// A table for each heading, in Markdown.
pub(crate) fn markdown() -> String {
    let mut text = String::new();
    let mut heading = String::new();
    for setting in settings() {
        if setting.heading != heading {
            let gap = if heading.is_empty() { "" } else { "\n" };
            heading.clone_from(&setting.heading);
            let _ = write!(
                text,
                "{gap}### {heading}\n\n| variable | flag | what | default |\n|---|---|---|---|\n"
            );
        }
        let default = match (setting.default_value(), &setting.default) {
            (Some(value), _) => code(value),
            (None, Some(words)) => cell(words),
            (None, None) => String::new(),
        };
        let flag = setting.flag.as_deref().map(code).unwrap_or_default();
        let what = cell(&setting.what);
        let _ = writeln!(text, "| {} | {flag} | {what} | {default} |", code(&setting.variable));
    }
    text
}

/// A file for `set -a; . ./.env`, with every setting commented out at its default.
pub(crate) fn sample() -> String {
    let mut text = "\
# Settings of `ringcraft serve`. Every one may be left out; the values shown are the defaults.
# Set them in the environment of the server, for instance with
#   set -a; . ./.env; set +a
"
    .to_owned();
    let mut heading = String::new();
    for setting in settings() {
        if setting.heading != heading {
            heading.clone_from(&setting.heading);
            let _ = write!(text, "\n# --- {heading}\n");
        }
        let value = setting.default_value();
        let words = match (value, &setting.default) {
            (None, Some(default)) => format!("{}. Left out: {default}.", setting.what),
            _ => format!("{}.", setting.what),
        };
        for line in wrapped(&words, SAMPLE_COLUMNS - 2) {
            let _ = writeln!(text, "# {line}");
        }
        let _ = writeln!(text, "#{}={}", setting.variable, value.unwrap_or_default());
    }
    text
}

/// What `serve --help` says of the secrets.
pub(crate) fn secrets_help() -> String {
    let mut text = "\
Secrets are read from the environment alone, because arguments are seen by every user of a machine:
"
    .to_owned();
    for secret in SECRETS {
        let _ = write!(text, "  {:<22}", secret.variable);
        let lines = wrapped(secret.help, SAMPLE_COLUMNS - 25);
        let _ = writeln!(text, " {}", lines.join("\n                         "));
    }
    text.trim_end().to_owned()
}

impl Setting {
    /// The default, where it is a value. A default of several words describes what happens.
    fn default_value(&self) -> Option<&str> {
        self.default.as_deref().filter(|default| !default.contains(' '))
    }
}

/// Takes "[default: ...]" off the end.
fn split(help: &str) -> (String, Option<String>) {
    let described = help.strip_suffix(']').and_then(|text| text.rsplit_once(" [default: "));
    match described {
        Some((what, default)) => (what.to_owned(), Some(default.to_owned())),
        None => (help.to_owned(), None),
    }
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

/// A bar would end the cell, an angle bracket begin a link.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "\\<")
}

/// Breaks words into lines of at most so many columns; a longer word has a line of its own.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    use super::*;
    use crate::config::Config;

    const REWRITE: &str = "run scripts/settings.sh, which writes it anew";

    #[test]
    fn a_default_of_one_word_is_a_value() {
        let setting = |help: &str| {
            let (what, default) = split(help);
            let (variable, heading) = ("X".to_owned(), "Y".to_owned());
            Setting { variable, flag: None, what, default, heading }
        };
        let port = setting("The port [default: 8080]");
        assert_eq!((port.what.as_str(), port.default_value()), ("The port", Some("8080")));
        let store = setting("The store [default: one inside this process]");
        assert_eq!(store.default.as_deref(), Some("one inside this process"));
        assert_eq!(store.default_value(), None);
        assert_eq!(setting("A key").default, None);
        assert_eq!(setting("A list [a, b]").what, "A list [a, b]");
    }

    #[test]
    fn words_are_broken_at_the_column() {
        assert_eq!(wrapped("an address of one", 10), ["an address", "of one"]);
        assert_eq!(wrapped("an address of one", 9), ["an", "address", "of one"]);
        assert_eq!(wrapped("unbreakable", 3), ["unbreakable"]);
    }

    #[test]
    fn a_heading_is_never_opened_twice() {
        let all = settings();
        let mut headings: Vec<_> = all.iter().map(|setting| &setting.heading).collect();
        headings.dedup();
        let unique: BTreeSet<_> = headings.iter().collect();
        assert_eq!(headings.len(), unique.len(), "{headings:?}");
        assert!(all.iter().any(|setting| setting.variable == "DATABASE_URL"));
        let variables: BTreeSet<_> = all.iter().map(|setting| &setting.variable).collect();
        assert_eq!(variables.len(), all.len(), "a variable is listed once");
    }

    /// Every argument of `serve` is listed, with its default, and so is every secret it looks up.
    #[test]
    fn no_setting_is_left_out() {
        let listed = settings();
        let command = ServeArgs::augment_args(Command::new("serve"));
        for argument in command.get_arguments() {
            let variable = argument.get_env().expect("every setting has a variable");
            let setting = listed.iter().find(|setting| *setting.variable == *variable);
            let setting = setting.unwrap_or_else(|| panic!("{variable:?} has no help or heading"));
            assert!(setting.default.is_some(), "{variable:?}: say its [default: ...]");
        }
        let asked = RefCell::new(BTreeSet::new());
        let note = |variable: &str| {
            asked.borrow_mut().insert(variable.to_owned());
            None
        };
        Config::check(ServeArgs::default(), note).unwrap();
        assert!(asked.borrow().contains("DATABASE_URL"));
        for variable in asked.into_inner() {
            assert!(
                listed.iter().any(|setting| setting.variable == variable),
                "{variable} is read and not in SECRETS of src/config/arguments.rs"
            );
            assert!(secrets_help().contains(&variable), "{variable} is not explained by --help");
        }
    }

    #[test]
    fn the_documentation_has_every_setting_as_it_is() {
        let page = include_str!("../../docs/OPERATIONS.md");
        let (_, rest) = page.split_once("<!-- settings -->\n").expect("the table begins");
        let (table, _) = rest.split_once("<!-- end of settings -->").expect("the table ends");
        assert_eq!(table.trim(), markdown().trim(), "docs/OPERATIONS.md: {REWRITE}");
        assert_eq!(include_str!("../../.env.sample"), sample(), ".env.sample: {REWRITE}");
    }
}
