//! A prompt file: settings in TOML between two lines of `+++`, then text in Markdown.

use serde::de::DeserializeOwned;

use super::PersonaError;

/// A file in its two parts.
pub(super) struct FrontMatter<'a, T> {
    pub(super) head: T,
    pub(super) body: &'a str,
}

const FENCE: &str = "+++";

/// Takes a file apart and reads its settings.
pub(super) fn front_matter<'a, T: DeserializeOwned>(
    file: &str,
    text: &'a str,
) -> Result<FrontMatter<'a, T>, PersonaError> {
    let (head, body) =
        split(text).ok_or_else(|| PersonaError::NoFrontMatter { file: file.to_owned() })?;
    let toml = toml::Deserializer::parse(head)
        .map_err(|error| PersonaError::invalid(file, "front matter", error.message()))?;
    let head = serde_path_to_error::deserialize(toml).map_err(|error| {
        let path = error.path().to_string();
        PersonaError::invalid(file, path, error.inner().message())
    })?;
    Ok(FrontMatter { head, body: body.trim() })
}

fn split(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix('\u{feff}').unwrap_or(text).strip_prefix(FENCE)?;
    let rest = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n'))?;
    let mut offset = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == FENCE {
            return Some((&rest[..offset], &rest[offset + line.len()..]));
        }
        offset += line.len();
    }
    None
}
