//! From an experiment to what can be measured: checked, with its data.

use std::collections::HashMap;
use std::sync::Arc;

use attractor::core::burn::tensor::Device;
use attractor::datasets::sha256_file;
use attractor::datasets::{
    AnnotatedSet, DataError, DataRoot, ImageSet, LoadOptions, LoadReport, Split,
};
use attractor::evaluation::experiment::{Experiment, Overrides, Preset, Resolved, SYNTHETIC};
use attractor::evaluation::run::DataHash;
use attractor::evaluation::{Cell, Hardware, Measurement};

use crate::{Error, FoundSet, Protocol, ProtocolEntry, Result, Session, Task, Work, find};

/// Times the machine's memory from which on an estimate, which is rough, is taken for a refusal.
const BEYOND: f64 = 4.0;

const SPLITS: [Split; 2] = [Split::Train, Split::Test];

/// How one split of a data set is loaded: a program may show a bar, or change options.
pub type Load<'a> =
    dyn Fn(&str, Split, LoadOptions) -> std::result::Result<AnnotatedSet, DataError> + 'a;

/// An experiment at a preset, checked before any data are loaded.
pub struct Draft<'a> {
    experiment: &'a Experiment,
    overrides: &'a Overrides,
    root: &'a DataRoot,
    /// Everything that decides the numbers, as far as it is known.
    pub config: Resolved,
    /// What all cells cost, as far as that is known.
    pub work: Work,
    /// Cells whose cost is not known.
    pub unknown: usize,
    protocol: Box<dyn Protocol>,
}

/// An experiment that can be measured.
pub struct Plan {
    /// Everything that decides the numbers.
    pub config: Resolved,
    /// Hashes of what was loaded.
    pub hashes: Vec<DataHash>,
    /// What was left out of data sets, by their names.
    pub reports: Vec<(String, LoadReport)>,
    protocol: Box<dyn Protocol>,
    data: Data,
}

/// Loaded data sets.
#[derive(Default)]
pub struct Data {
    /// By data set and split.
    images: HashMap<(String, &'static str), Arc<ImageSet>>,
    /// By part and split.
    annotated: HashMap<(String, &'static str), Arc<AnnotatedSet>>,
}

impl Data {
    /// As [`Session::images`].
    ///
    /// # Errors
    /// [`Error::Stranger`] for what the experiment does not name.
    pub fn images(&self, dataset: &str, split: Split) -> Result<Arc<ImageSet>> {
        let found = self.images.get(&(dataset.to_owned(), split.name()));
        found
            .cloned()
            .ok_or_else(|| Error::Stranger(dataset.to_owned()))
    }

    /// As [`Session::annotated`].
    ///
    /// # Errors
    /// [`Error::Stranger`] for what the experiment does not name.
    pub fn annotated(&self, part: &str, split: Split) -> Result<Arc<AnnotatedSet>> {
        let found = self.annotated.get(&(part.to_owned(), split.name()));
        found
            .cloned()
            .ok_or_else(|| Error::Stranger(part.to_owned()))
    }
}

/// The cell of an experiment with its part and series.
fn task<'a>(config: &'a Resolved, cell: &'a Cell) -> Result<Task<'a>> {
    let found = config.find(cell);
    let (part, series) = found.ok_or_else(|| Error::Stranger(format!("cell {cell}")))?;
    Ok(Task { part, series, cell })
}

impl<'a> Draft<'a> {
    /// Resolves an experiment and checks every cell of it.
    ///
    /// # Errors
    /// Those of [`Experiment::resolve`], [`Protocol::check`] and [`find`]; [`Error::Memory`].
    pub fn new(
        experiment: &'a Experiment,
        preset: Preset,
        overrides: &'a Overrides,
        root: &'a DataRoot,
    ) -> Result<Self> {
        let entry: &ProtocolEntry = find(&experiment.protocol)?;
        let protocol = (entry.new)();
        let present = |name: &str| name.starts_with("builtin") || root.find(name).is_some();
        let config = experiment.resolve(preset, overrides, &present)?;
        let (mut work, mut unknown) = (Work::default(), 0);
        let memory = f64::from(1 << 20) * Hardware::detect().memory_mib as f64;
        for cell in config.cells() {
            let task = task(&config, &cell)?;
            protocol.check(task)?;
            let Some(own) = protocol.work(task) else {
                unknown += 1;
                continue;
            };
            if memory > 0.0 && own.bytes > BEYOND * memory {
                return Err(Error::Memory {
                    cell: cell.to_string(),
                    wanted: own.bytes,
                    found: memory,
                });
            }
            work.flops += own.flops;
            work.bytes = work.bytes.max(own.bytes);
        }
        Ok(Self {
            experiment,
            overrides,
            root,
            config,
            work,
            unknown,
            protocol,
        })
    }

    /// Builds every series once, loads the data, and fits sizes to them.
    ///
    /// # Errors
    /// Those of [`Protocol::build`], of loading, and of [`Protocol::fit`].
    pub fn load(mut self, device: &Device, load: &Load<'_>) -> Result<Plan> {
        let cells = self.config.cells();
        let mut tried: Vec<(&str, String)> = Vec::new();
        for cell in &cells {
            let task = task(&self.config, cell)?;
            let key = (task.part.name.as_str(), task.series.key());
            if !tried.contains(&key) {
                self.protocol.build(task, device)?;
                tried.push(key);
            }
        }
        let mut plan = Plan {
            config: self.config.clone(),
            hashes: Vec::new(),
            reports: Vec::new(),
            protocol: self.protocol,
            data: Data::default(),
        };
        let mut reasons = HashMap::new();
        for (index, part) in self.config.parts.iter().enumerate() {
            let Some(cell) = cells.iter().find(|cell| part.is_about(&cell.task)) else {
                continue;
            };
            let first = task(&self.config, cell)?;
            let Some(loading) = plan.protocol.loading(first)? else {
                plan.load_plain(&part.dataset, &part.dataset, load)?;
                for cell in cells.iter().filter(|cell| part.is_about(&cell.task)) {
                    let beside = plan.protocol.beside(task(&self.config, cell)?)?;
                    let Some((name, fallback)) = beside else {
                        continue;
                    };
                    let absent = !name.starts_with("builtin") && self.root.find(&name).is_none();
                    let taken = fallback.filter(|_| absent).unwrap_or(name.clone());
                    let shortage = format!("data set {taken} instead of {name}");
                    let shortages = &mut plan.config.parts[index].shortages;
                    if taken != name && !shortages.contains(&shortage) {
                        shortages.push(shortage);
                    }
                    plan.load_plain(&name, &taken, load)?;
                }
                continue;
            };
            let mut found = Vec::new();
            for (split, name) in SPLITS.into_iter().zip([&loading.train, &loading.test]) {
                let set = load(name, split, loading.options)
                    .map_err(|error| Error::within(format!("data set `{name}`"), error))?;
                plan.note(name, split, &set.images);
                let place = self
                    .root
                    .find(name)
                    .map(|found| format!(" ({})", found.path.display()));
                let place = place.unwrap_or_default();
                let source = format!("data set `{name}`, {}{place}", split.name());
                found.push((source, set.images.len()));
                let key = (part.name.clone(), split.name());
                plan.data.annotated.insert(key, Arc::new(set));
            }
            let set = |(source, images): &'_ (String, usize)| (source.clone(), *images);
            let ((train, train_images), (test, test_images)) = (set(&found[0]), set(&found[1]));
            let reason = plan.protocol.fit(
                &mut plan.config.parts[index],
                self.overrides,
                FoundSet {
                    source: &train,
                    images: train_images,
                },
                FoundSet {
                    source: &test,
                    images: test_images,
                },
            )?;
            reasons.insert(part.name.clone(), reason);
            for path in &part.files {
                plan.hash_file(path, &first.table())?;
            }
        }
        self.experiment.judge(&mut plan.config)?;
        for part in &mut plan.config.parts {
            let reason = reasons.remove(&part.name).flatten();
            for series in part
                .series
                .iter_mut()
                .filter(|own| own.not_comparable.is_none())
            {
                series.not_comparable.clone_from(&reason);
            }
        }
        plan.check_images()?;
        Ok(plan)
    }
}

impl Plan {
    fn note(&mut self, name: &str, split: Split, images: &ImageSet) {
        self.hashes.push(DataHash {
            name: format!("{} {}", images.name, split.name()),
            sha256: images.fingerprint.clone(),
        });
        self.reports.push((name.to_owned(), images.report.clone()));
    }

    /// Loads the data set `taken` as it is, where `name` is asked for.
    fn load_plain(&mut self, name: &str, taken: &str, load: &Load<'_>) -> Result<()> {
        let loaded = self
            .data
            .images
            .contains_key(&(name.to_owned(), SPLITS[0].name()));
        if name == SYNTHETIC || loaded {
            return Ok(());
        }
        for split in SPLITS {
            let set = load(taken, split, LoadOptions::default())
                .map_err(|error| Error::within(format!("data set `{taken}`"), error))?
                .images;
            self.note(taken, split, &set);
            let key = (name.to_owned(), split.name());
            self.data.images.insert(key, Arc::new(set));
        }
        Ok(())
    }

    /// The hash of a file that an option names.
    fn hash_file(&mut self, option: &str, options: &toml::Table) -> Result<()> {
        let mut value = Some(&toml::Value::Table(options.clone())).cloned();
        for key in option.split('.') {
            value = value.and_then(|value| value.get(key).cloned());
        }
        let Some(path) = value.as_ref().and_then(toml::Value::as_str) else {
            return Ok(());
        };
        let hashed = sha256_file(path.as_ref());
        let sha256 = hashed.map_err(|error| Error::within(format!("`{option}`"), error))?;
        self.hashes.push(DataHash {
            name: format!("file of `{option}`"),
            sha256,
        });
        Ok(())
    }

    fn check_images(&self) -> Result<()> {
        for cell in self.config.cells() {
            let task = task(&self.config, &cell)?;
            for (split, wanted) in self.protocol.needs(task)? {
                let key = (task.part.dataset.clone(), split.name());
                let found = self.data.images.get(&key).map_or(0, |set| set.len());
                task.check_images(split, wanted, found)?;
            }
        }
        Ok(())
    }

    /// The loaded data, for a session.
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// The configuration, and what measures cells of it with the loaded data.
    pub fn split(self) -> (Resolved, Measure, Data) {
        let measure = Measure {
            config: self.config.clone(),
            protocol: self.protocol,
        };
        (self.config, measure, self.data)
    }
}

/// Measures the cells of a plan.
pub struct Measure {
    config: Resolved,
    protocol: Box<dyn Protocol>,
}

impl Measure {
    /// Measures one cell.
    ///
    /// # Errors
    /// Those of [`Protocol::measure`]; [`Error::Stranger`].
    pub fn cell(&mut self, cell: &Cell, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        self.protocol.measure(task(&self.config, cell)?, session)
    }

    /// Trains what cells share, without measuring any; whether there is such a thing.
    ///
    /// # Errors
    /// Those of [`Protocol::prepare`].
    pub fn prepare(&mut self, session: &mut dyn Session) -> Result<bool> {
        let mut any = false;
        let mut done: Vec<(String, u64)> = Vec::new();
        for cell in self.config.cells() {
            let task = task(&self.config, &cell)?;
            let key = (task.part.name.clone(), cell.seed);
            if !done.contains(&key) {
                any |= self.protocol.prepare(task, session)?;
                done.push(key);
            }
        }
        Ok(any)
    }
}
