//! The prompt library: who the buyers are, loaded from `prompts/`, checked, hashed and rendered.
//!
//! A library is checked whole before a server takes calls: an unknown field, a reference to
//! nothing, or a line that cannot be spoken stops the start with file, path and reason.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use include_dir::{Dir, include_dir};

mod check;
mod error;
mod guard;
mod line;
mod parse;
mod prompt;
mod rules;
mod scenario;
pub mod words;

pub use error::PersonaError;
pub use guard::{Guard, GuardStop};
pub use line::{Line, Wordings};
pub use rules::topic;
pub use scenario::*;

use parse::FrontMatter;
use rules::Rules;

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/prompts");

/// The file every buyer keeps.
const RULES_FILE: &str = "rules.md";

/// Where the scenarios are, below the prompts.
const SCENARIOS_DIR: &str = "scenarios";

/// Every scenario of a server.
#[derive(Clone, Debug)]
pub struct Library {
    scenarios: BTreeMap<String, Arc<Scenario>>,
}

impl Library {
    /// Loads the library that ships with the server.
    ///
    /// # Errors
    /// When a file of it is wrong, which its tests rule out.
    pub fn embedded() -> Result<Self, PersonaError> {
        let text = |file: &include_dir::File<'static>| {
            let name = file.path().display().to_string();
            match file.contents_utf8() {
                Some(text) => Ok((name, text.to_owned())),
                None => Err(PersonaError::NotText { file: name }),
            }
        };
        let missing = || PersonaError::Missing { file: RULES_FILE.to_owned() };
        let rules = text(EMBEDDED.get_file(RULES_FILE).ok_or_else(missing)?)?;
        let scenarios: Vec<_> = EMBEDDED
            .get_dir(SCENARIOS_DIR)
            .into_iter()
            .flat_map(Dir::files)
            .filter(|file| is_prompt(file.path()))
            .map(text)
            .collect::<Result<_, _>>()?;
        Self::of(&rules, &scenarios)
    }

    /// Loads a library from a folder that holds `rules.md` and `scenarios/*.md`.
    ///
    /// # Errors
    /// When a file cannot be read or is wrong.
    pub fn from_dir(dir: &Path) -> Result<Self, PersonaError> {
        let unreadable = |path: &Path, source| PersonaError::Unreadable {
            file: path.display().to_string(),
            source,
        };
        let text = |path: &Path| match std::fs::read_to_string(path) {
            Ok(text) => Ok((path.display().to_string(), text)),
            Err(source) => Err(unreadable(path, source)),
        };
        let rules = text(&dir.join(RULES_FILE))?;
        let folder = dir.join(SCENARIOS_DIR);
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(&folder).map_err(|source| unreadable(&folder, source))? {
            let path = entry.map_err(|source| unreadable(&folder, source))?.path();
            if is_prompt(&path) {
                paths.push(path);
            }
        }
        paths.sort();
        let scenarios: Vec<_> = paths.iter().map(|path| text(path)).collect::<Result<_, _>>()?;
        Self::of(&rules, &scenarios)
    }

    /// Makes a library of file names and texts.
    fn of(rules: &(String, String), files: &[(String, String)]) -> Result<Self, PersonaError> {
        let rules_parts: FrontMatter<Rules> = parse::front_matter(&rules.0, &rules.1)?;
        rules::check(&rules.0, &rules_parts.head)?;
        let mut scenarios = BTreeMap::new();
        for (file, text) in files {
            let FrontMatter { head: mut scenario, body } =
                parse::front_matter::<Scenario>(file, text)?;
            for (name, phrases) in &rules_parts.head.topics {
                scenario.topics.entry(name.clone()).or_default().extend_from_slice(phrases);
            }
            check::scenario(file, &scenario)?;
            scenario.prompt = prompt::render(file, rules_parts.body, &scenario, body)?;
            scenario.hash = prompt::hash(&[&rules.1, text]);
            if scenarios.contains_key(&scenario.id) {
                return Err(PersonaError::invalid(file, "id", "another file has this id"));
            }
            scenarios.insert(scenario.id.clone(), Arc::new(scenario));
        }
        if scenarios.is_empty() {
            return Err(PersonaError::Missing { file: format!("{SCENARIOS_DIR}/*.md") });
        }
        Ok(Self { scenarios })
    }

    /// A scenario by its id.
    pub fn scenario(&self, id: &str) -> Option<Arc<Scenario>> {
        self.scenarios.get(id).cloned()
    }

    /// All of them, by id.
    pub fn scenarios(&self) -> impl Iterator<Item = &Arc<Scenario>> {
        self.scenarios.values()
    }
}

fn is_prompt(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "md")
}

#[cfg(test)]
mod tests;
