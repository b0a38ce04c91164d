//! What a run keeps beside its results: training curves, image panels, energy curves.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{FIGURES, RunFolder, RunWriter, TRAINING, files};
use crate::figures::ImageGrid;
use crate::record::slug;
use crate::{Cell, Error, Result};

/// One epoch of training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingPoint {
    /// What was trained, such as `cifar-vae` or `NTM*`.
    pub model: String,
    /// Seed of the training.
    pub seed: u64,
    /// 1-based epoch.
    pub epoch: usize,
    /// Training loss divided by images.
    pub loss_per_image: f64,
    /// Wall time of the epoch.
    pub seconds: f64,
}

/// A picture of a cell: a grid of stored, cue and recalled images, or a drawing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Panel {
    /// The cell that it shows.
    pub cell: Cell,
    /// One line about it.
    pub caption: String,
    /// What each row of a grid holds, such as `stored`, `cue`, `recalled`; empty for a drawing.
    pub rows: Vec<String>,
    /// Images per row; 0 for a drawing.
    pub columns: usize,
    /// Row and column of images with a frame: those that were recalled.
    #[serde(default)]
    pub marks: Vec<(usize, usize)>,
    /// Whether those without a frame are wrong; otherwise none was judged.
    #[serde(default)]
    pub judged: bool,
    /// Row and column of images that the memory refused to call recalled.
    #[serde(default)]
    pub rejected: Vec<(usize, usize)>,
    /// File in `figures/`, a PNG or an SVG.
    pub file: String,
}

/// One energy term along the iterations, averaged over cues.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TraceTerm {
    /// Name, such as `total` or `prior`.
    pub name: String,
    /// Value after each step; the first is the start.
    pub values: Vec<f64>,
}

/// Energies along the iterations of one cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trace {
    /// The cell that it shows.
    pub cell: Cell,
    /// The terms; the first is what inference minimises.
    pub terms: Vec<TraceTerm>,
}

impl RunFolder {
    /// The training curves. If an epoch was trained twice because a run was resumed, the later one
    /// counts.
    ///
    /// # Errors
    /// [`Error::Json`] for a whole line that does not parse.
    pub fn training(&self) -> Result<Vec<TrainingPoint>> {
        let (mut points, _) = files::read_whole_lines::<TrainingPoint>(&self.dir.join(TRAINING))?;
        // The sort is stable: among equal keys the last one read stays last, and survives.
        let key = |point: &TrainingPoint| (point.model.clone(), point.seed, point.epoch);
        points.sort_by_key(key);
        points.reverse();
        points.dedup_by_key(|point| key(point));
        points.reverse();
        Ok(points)
    }

    /// The image panels, by file name.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Json`]; [`Error::Corrupt`] for a picture that is none of `figures/`: a report shows what it
    /// names, and may be of a run that somebody else has sent.
    pub fn panels(&self) -> Result<Vec<Panel>> {
        let panels: Vec<Panel> = self.figure_files("panel-")?;
        let elsewhere =
            |panel: &&Panel| Path::new(&panel.file).file_name() != Some(panel.file.as_ref());
        match panels.iter().find(elsewhere) {
            None => Ok(panels),
            Some(panel) => Err(Error::Corrupt {
                path: self.figures(),
                reason: format!("expected the name of a file in it, found `{}`", panel.file),
            }),
        }
    }

    /// The energy curves, by file name.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Json`].
    pub fn traces(&self) -> Result<Vec<Trace>> {
        self.figure_files("trace-")
    }

    fn figure_files<T: DeserializeOwned>(&self, prefix: &str) -> Result<Vec<T>> {
        let mut values = Vec::new();
        for path in self.figure_paths(prefix)? {
            let text = fs::read_to_string(&path).map_err(Error::io(&path, "could not read"))?;
            values.push(serde_json::from_str(&text).map_err(|error| Error::Json {
                path,
                line: error.line(),
                message: error.to_string(),
            })?);
        }
        Ok(values)
    }

    /// JSON files in `figures/` with that prefix, sorted.
    pub(super) fn figure_paths(&self, prefix: &str) -> Result<Vec<PathBuf>> {
        let folder = self.figures();
        if !folder.is_dir() {
            return Ok(Vec::new());
        }
        let mut paths = attractor_listing::files(&folder, attractor_listing::JSON)
            .map_err(Error::io(&folder, "could not list"))?;
        paths.retain(|path| attractor_listing::file_name(path).starts_with(prefix));
        Ok(paths)
    }
}

impl RunWriter {
    /// Appends one epoch to `training.jsonl`, and syncs it.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn add_training(&mut self, point: &TrainingPoint) -> Result<()> {
        let path = self.folder().dir().join(TRAINING);
        // Cut a line that a kill left unfinished.
        let (_, length) = files::read_whole_lines::<serde_json::Value>(&path)?;
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(Error::io(&path, "could not open"))?;
        file.set_len(length)
            .map_err(Error::io(&path, "could not cut"))?;
        file.write_all(&files::line(point)?)
            .map_err(Error::io(&path, "could not write"))?;
        file.sync_data().map_err(Error::io(&path, "could not sync"))
    }

    /// Saves a picture of a cell; a later one of the same cell replaces it.
    ///
    /// # Errors
    /// [`Error::Encode`], [`Error::Io`].
    pub fn add_panel(
        &mut self,
        cell: &Cell,
        caption: &str,
        rows: &[&str],
        grid: &ImageGrid,
    ) -> Result<()> {
        let stem = format!("panel-{}", cell.slug());
        let panel = Panel {
            cell: cell.clone(),
            caption: caption.to_owned(),
            rows: rows.iter().map(|row| (*row).to_owned()).collect(),
            columns: grid.columns(),
            marks: grid.marks().unwrap_or_default().to_vec(),
            judged: grid.marks().is_some(),
            rejected: grid.rejected().to_vec(),
            file: format!("{stem}.png"),
        };
        files::write_atomic(&self.folder().figures().join(&panel.file), &grid.png()?)?;
        self.write_figure(&stem, &panel)
    }

    /// Saves a drawing of a cell; a later one of the same cell and name replaces it.
    ///
    /// # Errors
    /// [`Error::Encode`], [`Error::Io`].
    pub fn add_drawing(&mut self, cell: &Cell, name: &str, caption: &str, svg: &str) -> Result<()> {
        let stem = format!("panel-{}-{}", cell.slug(), slug(name));
        let panel = Panel {
            cell: cell.clone(),
            caption: caption.to_owned(),
            rows: Vec::new(),
            columns: 0,
            marks: Vec::new(),
            judged: false,
            rejected: Vec::new(),
            file: format!("{stem}.svg"),
        };
        files::write_atomic(&self.folder().figures().join(&panel.file), svg.as_bytes())?;
        self.write_figure(&stem, &panel)
    }

    /// Saves the energy curves of a cell; later ones of the same cell replace them.
    ///
    /// # Errors
    /// [`Error::Encode`], [`Error::Io`].
    pub fn add_trace(&mut self, trace: &Trace) -> Result<()> {
        self.write_figure(&format!("trace-{}", trace.cell.slug()), trace)
    }

    fn write_figure<T: Serialize>(&self, stem: &str, value: &T) -> Result<()> {
        let text = serde_json::to_vec_pretty(value).map_err(Error::encode("a figure"))?;
        files::write_atomic(&self.folder().figures().join(format!("{stem}.json")), &text)
    }

    /// Copies panels and traces of another folder that this one lacks.
    pub(super) fn copy_figures(&self, from: &RunFolder) -> Result<()> {
        let folder = from.figures();
        if !folder.is_dir() {
            return Ok(());
        }
        let listing =
            attractor_listing::list(&folder).map_err(Error::io(&folder, "could not list"))?;
        for path in &listing.visible {
            let name = attractor_listing::file_name(path);
            let kept = ["panel-", "trace-"]
                .iter()
                .any(|prefix| name.starts_with(prefix));
            let target = self.folder().dir().join(FIGURES).join(name);
            if kept && !target.exists() {
                let bytes = fs::read(path).map_err(Error::io(path, "could not read"))?;
                files::write_atomic(&target, &bytes)?;
            }
        }
        Ok(())
    }
}

/// File name stem of a figure about a task.
pub(crate) fn figure_stem(parts: &[&str]) -> String {
    slug(&parts.join(" "))
}
