//! Manifests: what to download for a data set, and how to know that it is right.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{DataError, Result};

/// How the files of a data set are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Layout {
    /// CIFAR's binary records ([`cifar10`](crate::cifar10)).
    CifarBinary,
    /// IDX files ([`idx`](crate::idx)).
    Idx,
    /// Image folders ([`folder`](crate::folder)).
    Folder,
    /// CLEVR: images and scene descriptions.
    Clevr,
}

/// What happens to a file after its download.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Unpack {
    /// Kept as it is.
    #[default]
    #[serde(rename = "none")]
    None,
    /// Unpacked from a tar archive.
    #[serde(rename = "tar")]
    Tar,
    /// Unpacked from a gzip tar archive.
    #[serde(rename = "tar.gz")]
    TarGz,
    /// Kept as it is: the user unpacks it, since zip is not supported.
    #[serde(rename = "zip-not-supported")]
    ZipNotSupported,
}

/// A file to download.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestFile {
    /// File name, without folders.
    pub name: String,
    /// Where it can be had; later ones are tried when earlier ones fail.
    pub urls: Vec<String>,
    /// Published SHA-256, 64 lower-case hexadecimal digits. Without it, anything is accepted.
    pub sha256: Option<String>,
    /// Size in bytes.
    pub size: Option<u64>,
    /// What happens after the download.
    #[serde(default)]
    pub unpack: Unpack,
    /// The folder that unpacking creates. Required with `tar` and `tar.gz`: when it is there, the
    /// file has been downloaded, verified and unpacked.
    pub creates: Option<String>,
}

/// A data set that can be downloaded.
///
/// ```
/// use attractor_datasets::Manifest;
///
/// let text = r#"
///     name = "tiny"
///     title = "A tiny data set"
///     licence = "CC0-1.0"
///     homepage = "https://example.org"
///     layout = "folder"
///     [[files]]
///     name = "tiny.tar.gz"
///     urls = ["https://example.org/tiny.tar.gz"]
///     unpack = "tar.gz"
///     creates = "tiny"
/// "#;
/// assert_eq!(Manifest::parse(text, "tiny.toml".as_ref())?.files.len(), 1);
/// # Ok::<(), attractor_datasets::DataError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Name of the data set and of its folder.
    pub name: String,
    /// Title for people.
    pub title: String,
    /// Licence, or what is known of the terms.
    pub licence: String,
    /// Where the data set is described.
    pub homepage: String,
    /// How its files are laid out.
    pub layout: Layout,
    /// What to download.
    pub files: Vec<ManifestFile>,
}

impl Manifest {
    /// Parses and checks the text of a manifest; `path` is for messages.
    ///
    /// # Errors
    /// [`DataError::Manifest`] for what is not TOML, has unknown or missing keys, or breaks a rule:
    /// names without folders, http(s) URLs, hashes of 64 lower-case hexadecimal digits, `creates`
    /// exactly for archives that are unpacked.
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        let error = |reason| DataError::Manifest {
            path: path.into(),
            reason,
        };
        let manifest: Self = toml::from_str(text).map_err(|source| error(source.to_string()))?;
        manifest.check().map_err(error)?;
        Ok(manifest)
    }

    /// Reads a manifest file.
    ///
    /// # Errors
    /// As [`Manifest::parse`], and [`DataError::Io`].
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(DataError::io(path, "read"))?;
        Self::parse(&text, path)
    }

    /// Reads every `*.toml` of a folder, sorted by file name; hidden files are passed over.
    ///
    /// # Errors
    /// As [`Manifest::read`].
    pub fn read_dir(folder: &Path) -> Result<Vec<Self>> {
        attractor_listing::files(folder, attractor_listing::TOML)
            .map_err(DataError::io(folder, "list"))?
            .iter()
            .map(|path| Self::read(path))
            .collect()
    }

    /// Bytes to download, if every file states its size and their sum is a number of 64 bits.
    pub fn total_size(&self) -> Option<u64> {
        let mut sizes = self.files.iter().map(|file| file.size);
        sizes.try_fold(0_u64, |total, size| total.checked_add(size?))
    }

    fn check(&self) -> Result<(), String> {
        plain_name("name", &self.name)?;
        if self.files.is_empty() {
            return Err("expected at least one [[files]] entry, found none".into());
        }
        for file in &self.files {
            plain_name("files.name", &file.name)?;
            let name = &file.name;
            if file.urls.is_empty() {
                return Err(format!("{name}: expected at least one URL, found none"));
            }
            let web = |url: &&String| !url.starts_with("https://") && !url.starts_with("http://");
            if let Some(url) = file.urls.iter().find(web) {
                return Err(format!(
                    "{name}: expected http:// or https:// URLs, found `{url}`"
                ));
            }
            let hex = |hash: &str| {
                hash.len() == 64 && hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
            };
            if let Some(hash) = file.sha256.as_deref().filter(|hash| !hex(hash)) {
                return Err(format!(
                    "{name}: expected a sha256 of 64 lower-case hexadecimal digits, found `{hash}`"
                ));
            }
            let unpacked = matches!(file.unpack, Unpack::Tar | Unpack::TarGz);
            match &file.creates {
                Some(folder) if unpacked => plain_name("files.creates", folder)?,
                None if !unpacked => {}
                Some(_) => return Err(format!("{name}: `creates` is only for archives")),
                None => return Err(format!("{name}: expected `creates`, the archive's folder")),
            }
        }
        Ok(())
    }
}

/// A name that is one component of a path on every system.
fn plain_name(key: &str, name: &str) -> Result<(), String> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if !name.is_empty() && !name.starts_with('.') && name.chars().all(good) {
        return Ok(());
    }
    let rule = "letters, digits, `.`, `-` and `_`, not starting with a dot";
    Err(format!("`{key}`: expected {rule}, found `{name}`"))
}
