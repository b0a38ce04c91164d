//! Files in `experiments/`, of either kind.

use std::path::Path;

use serde::Deserialize;

use crate::study::Study;
use crate::{Error, Experiment, Preset, Reference, Result};

/// An experiment file.
#[derive(Debug, Clone, PartialEq)]
pub enum ExperimentFile {
    /// A table of systems that recall images; files without a key `kind`.
    Retrieval(Box<Experiment>),
    /// Figures of a protocol's own; `kind = "study"`.
    Study(Box<Study>),
}

impl ExperimentFile {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// [`Error::Io`]; those of [`Experiment::parse`] and [`Study::parse`].
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        #[derive(Deserialize)]
        struct Kind {
            kind: Option<toml::Value>,
        }
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(Error::io(path, "could not read"))?;
        // Errors of syntax are reported by the parser of the kind.
        let kind = toml::from_str::<Kind>(&text)
            .ok()
            .and_then(|file| file.kind);
        Ok(match kind {
            None => Self::Retrieval(Box::new(Experiment::parse(&text, path)?)),
            Some(_) => Self::Study(Box::new(Study::parse(&text, path)?)),
        })
    }

    /// Every `*.toml` in a folder, by name; hidden files are passed over.
    ///
    /// # Errors
    /// As [`ExperimentFile::load`].
    pub fn load_all(folder: impl AsRef<Path>) -> Result<Vec<Self>> {
        let folder = folder.as_ref();
        attractor_listing::files(folder, attractor_listing::TOML)
            .map_err(Error::io(folder, "could not list"))?
            .iter()
            .map(Self::load)
            .collect()
    }

    /// Name on the command line and in results.
    pub fn name(&self) -> &str {
        match self {
            Self::Retrieval(experiment) => &experiment.name,
            Self::Study(study) => &study.name,
        }
    }

    /// Title of the report.
    pub fn title(&self) -> &str {
        match self {
            Self::Retrieval(experiment) => &experiment.title,
            Self::Study(study) => &study.title,
        }
    }

    /// Citation.
    pub fn source(&self) -> &str {
        match self {
            Self::Retrieval(experiment) => &experiment.source,
            Self::Study(study) => &study.source,
        }
    }

    /// The data sets it is made for, in words.
    pub fn dataset(&self) -> String {
        match self {
            Self::Retrieval(experiment) => experiment.dataset.clone(),
            Self::Study(study) => {
                let mut names: Vec<&str> = Vec::new();
                for part in &study.parts {
                    let name = part.dataset.as_deref().unwrap_or("synthetic");
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
                names.join(", ")
            }
        }
    }

    /// The presets that it has.
    pub fn presets(&self) -> Vec<Preset> {
        match self {
            Self::Retrieval(experiment) => experiment.presets.keys().copied().collect(),
            Self::Study(study) => study.presets.keys().copied().collect(),
        }
    }

    /// The table of published figures, if it names one.
    ///
    /// # Errors
    /// As [`Reference::load`].
    pub fn reference(&self) -> Result<Option<Reference>> {
        match self {
            Self::Retrieval(experiment) => experiment.reference(),
            Self::Study(study) => study.reference(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_files_are_passed_over() {
        let experiments = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments");
        let dir = tempfile::tempdir().unwrap();
        let name = "annabi-cifar10.toml";
        std::fs::copy(experiments.join(name), dir.path().join(name)).unwrap();
        let fork = b"\0\x05\x16\x07\xff\xfeMac";
        std::fs::write(dir.path().join(format!("._{name}")), fork).unwrap();
        let files = ExperimentFile::load_all(dir.path()).unwrap();
        assert_eq!(files.len(), 1);
        assert_eq!(files[0].name(), "annabi-cifar10");
        // A visible file of that content is still an error that names it.
        std::fs::write(dir.path().join("mac.toml"), fork).unwrap();
        let message = ExperimentFile::load_all(dir.path())
            .unwrap_err()
            .to_string();
        assert!(message.contains("mac.toml"), "{message}");
    }
}
