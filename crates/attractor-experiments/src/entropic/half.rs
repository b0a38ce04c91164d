//! One side: its network, the features that are stored, those that are asked.

use std::ops::ControlFlow;

use attractor::core::check;
use attractor::datasets::{ImageSet, ImageShape, Split};
use attractor::entropic::{Quantiser, quantiser::PERCENTILES};
use attractor::generative::features::{ClassAutoencoder, ClassAutoencoderConfig, Fit};

use super::options::Settings;
use crate::{Result, Session, Task};

/// What a side depends on.
#[derive(Debug, Clone, PartialEq)]
struct Key {
    dataset: String,
    classes: Option<Vec<String>>,
    counts: [usize; 5],
    seed: u64,
}

/// Sides that were made.
#[derive(Debug, Default)]
pub(super) struct Halves(Vec<(Key, Half)>);

/// A side.
#[derive(Debug)]
pub(super) struct Half {
    pub(super) model: ClassAutoencoder,
    pub(super) shape: ImageShape,
    pub(super) classes: usize,
    pub(super) columns: usize,
    /// Features of the filling corpus and of the cues; item k is of class k mod C.
    pub(super) fill: Vec<f64>,
    pub(super) cues: Vec<f64>,
    /// The cues as images.
    pub(super) images: Vec<f32>,
    /// Share of the cues that the class head names, in percent.
    pub(super) accuracy: f64,
}

impl Halves {
    /// The place of the left side (0) or the right one.
    pub(super) fn place(
        &mut self,
        settings: &Settings,
        task: Task<'_>,
        session: &mut dyn Session,
        right: bool,
    ) -> Result<usize> {
        let options = &settings.options;
        let (dataset, classes) = match (right, &options.right) {
            (true, Some(dataset)) => (dataset.clone(), options.right_classes.clone()),
            _ => (task.cell.dataset.clone(), None),
        };
        let key = Key {
            dataset,
            classes,
            counts: [
                options.train,
                options.epochs,
                options.columns,
                settings.pairs,
                options.test,
            ],
            // The two networks of a pair are different ones.
            seed: 2 * settings.seed + u64::from(right),
        };
        if let Some(found) = self.0.iter().position(|(other, _)| *other == key) {
            return Ok(found);
        }
        let half = Half::new(&key, task, session)?;
        self.0.push((key, half));
        Ok(self.0.len() - 1)
    }

    pub(super) fn at(&self, place: usize) -> &Half {
        &self.0[place].1
    }
}

impl Half {
    fn new(key: &Key, task: Task<'_>, session: &mut dyn Session) -> Result<Self> {
        let [train, epochs, columns, pairs, test] = key.counts;
        let images = session.images(&key.dataset, Split::Train)?;
        let names = key
            .classes
            .clone()
            .unwrap_or_else(|| images.classes.clone());
        let (stored, mut rest) = drawn(key, &names, task, &images, pairs)?;
        task.check_images(Split::Train, train, rest.len())?;
        rest.truncate(train);
        let unseen = session.images(&key.dataset, Split::Test)?;
        let (asked, _) = drawn(key, &names, task, &unseen, test)?;

        let ImageShape {
            channels,
            height,
            width,
        } = images.shape;
        let config = ClassAutoencoderConfig {
            code: columns,
            classes: names.len(),
            epochs,
            seed: key.seed,
            ..ClassAutoencoderConfig::new([channels, height, width])
        };
        let labels: Vec<u32> = rest.iter().map(|&(_, class)| class).collect();
        let places: Vec<usize> = rest.iter().map(|&(place, _)| place).collect();
        let what = format!("features of {}", key.dataset);
        let rows = images.rows(&places)?;
        let device = session.device().clone();
        let told = &mut |fit: Fit| {
            session.progress(&what, fit.epoch, epochs, &format!("loss {:.3}", fit.loss));
            match session.stopped() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        };
        let model = ClassAutoencoder::train_on(&config, (&rows, &labels), &device, told)?;
        session.check()?;
        let features = |set: &ImageSet, places: &[usize]| -> Result<(Vec<f32>, Vec<f64>)> {
            let rows = set.rows(places)?;
            let tensor = check::from_host("images", rows.clone(), set.dim(), &device)?;
            let features = check::to_host(model.features(tensor))?;
            Ok((rows, features.into_iter().map(f64::from).collect()))
        };
        let (_, fill) = features(&images, &stored)?;
        let (cues, asked) = features(&unseen, &asked)?;
        let mut half = Self {
            model,
            shape: images.shape,
            classes: names.len(),
            columns,
            fill,
            cues: asked,
            images: cues,
            accuracy: 0.0,
        };
        let named = half.named(&half.cues, session)?;
        let right = named
            .iter()
            .enumerate()
            .filter(|(at, class)| **class == at % names.len());
        half.accuracy = 100.0 * right.count() as f64 / test as f64;
        session.note(&format!(
            "{what}: {:.1} % of unseen images named",
            half.accuracy
        ));
        Ok(half)
    }

    /// The quantiser of a register with so many rows.
    pub(super) fn quantiser(&self, rows: usize) -> Result<Quantiser> {
        Ok(Quantiser::fit(&self.fill, self.columns, rows, PERCENTILES)?)
    }

    /// The class of each row of features.
    pub(super) fn named(&self, features: &[f64], session: &dyn Session) -> Result<Vec<usize>> {
        if features.is_empty() {
            return Ok(Vec::new());
        }
        let features = features.iter().map(|&x| x as f32).collect();
        let features = check::from_host("features", features, self.columns, session.device())?;
        Ok(self.model.classify(features)?)
    }

    /// An image of each row of features.
    pub(super) fn drawn(&self, features: &[f64], session: &dyn Session) -> Result<Vec<f32>> {
        let features = features.iter().map(|&x| x as f32).collect();
        let features = check::from_host("features", features, self.columns, session.device())?;
        Ok(check::to_host(self.model.decode(features))?)
    }
}

/// Places of `count` images, item k of class k mod C, and all other images of these classes with their class.
type Drawn = (Vec<usize>, Vec<(usize, u32)>);

fn drawn(
    key: &Key,
    names: &[String],
    task: Task<'_>,
    images: &ImageSet,
    count: usize,
) -> Result<Drawn> {
    let mut labels = Vec::new();
    for name in names {
        let found = images.classes.iter().position(|class| class == name);
        labels.push(found.ok_or_else(|| {
            let (dataset, known) = (&key.dataset, images.classes.join(", "));
            task.refuse(format!(
                "data set `{dataset}`: expected a class `{name}`, found {known}"
            ))
        })? as u32);
    }
    let mut of_class = vec![Vec::new(); names.len()];
    let mut rest = Vec::new();
    for place in images.shuffled_order(key.seed) {
        if let Some(class) = labels
            .iter()
            .position(|&label| label == images.labels[place])
        {
            let wanted = (count + names.len() - 1 - class) / names.len();
            match of_class[class].len() < wanted {
                true => of_class[class].push(place),
                false => rest.push((place, class as u32)),
            }
        }
    }
    let mut places = Vec::new();
    for item in 0..count {
        let (class, at) = (item % names.len(), item / names.len());
        match of_class[class].get(at) {
            Some(&place) => places.push(place),
            None => {
                let (expected, found) = (at + 1, of_class[class].len());
                return Err(task.misplaced(
                    "images",
                    format!(
                        "{expected} of class `{}` in `{}`",
                        names[class], key.dataset
                    ),
                    found,
                ));
            }
        }
    }
    Ok((places, rest))
}
