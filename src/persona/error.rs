//! What can be wrong with a prompt library.

/// Why a prompt library was refused. Every message names the file.
#[derive(Debug, thiserror::Error)]
pub enum PersonaError {
    /// A file that has to be there is not.
    #[error("prompt library: {file} is missing")]
    Missing {
        /// Which one.
        file: String,
    },
    /// A file or folder cannot be read.
    #[error("prompt library: read {file}")]
    Unreadable {
        /// Which one.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// A file is not UTF-8.
    #[error("prompt library: {file} is not UTF-8 text")]
    NotText {
        /// Which one.
        file: String,
    },
    /// A file does not begin with its settings.
    #[error("prompt library: {file} has no front matter: TOML between two lines of +++")]
    NoFrontMatter {
        /// Which one.
        file: String,
    },
    /// A setting is wrong.
    #[error("prompt library: {file}: {path}: {reason}")]
    Invalid {
        /// The file.
        file: String,
        /// Where in its front matter, as in `facts[1].lines[0]`.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// The prompt's text cannot be rendered.
    #[error("prompt library: render {file}")]
    Unrenderable {
        /// The file of the scenario.
        file: String,
        /// Why.
        source: minijinja::Error,
    },
}

impl PersonaError {
    pub(super) fn invalid(file: &str, path: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Invalid { file: file.to_owned(), path: path.into(), reason: reason.into() }
    }
}
