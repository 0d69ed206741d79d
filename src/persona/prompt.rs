//! The system prompt: rendered once, the same bytes for every reply, so that vendors can cache it.

use minijinja::{Environment, UndefinedBehavior, context};
use sha2::{Digest, Sha256};

use super::{PersonaError, Scenario};

/// Fills the template of `rules.md`.
pub(super) fn render(
    file: &str,
    template: &str,
    scenario: &Scenario,
    situation: &str,
) -> Result<String, PersonaError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    let summaries = |of: Vec<&str>| of.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let known = context! {
        name => scenario.persona.name,
        role => scenario.persona.role,
        age => scenario.persona.age,
        language => scenario.language,
        situation => situation,
        answers => summaries(scenario.answers.iter().map(|it| it.summary.as_str()).collect()),
        objections => summaries(scenario.objections.iter().map(|it| it.summary.as_str()).collect()),
        goals => summaries(scenario.goals.iter().map(|it| it.summary.as_str()).collect()),
    };
    environment
        .render_str(template, known)
        .map_err(|source| PersonaError::Unrenderable { file: file.to_owned(), source })
}

/// SHA-256 of the texts, each with its length before it, so that no two lists hash alike.
pub(super) fn hash(texts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
