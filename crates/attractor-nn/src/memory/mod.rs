//! A trained layer as a memory: patterns are written, and cues recall them by its weights.

mod identify;

use attractor_core::kernel::{PatternIds, Tags};
use attractor_core::{
    AssociativeMemory, Error, Forget, Identify, Persist, Recall, Result, Trace, check, spans,
};
use burn::tensor::Tensor;

use crate::checkpoint::Layer;
use crate::config::Sizes;
use crate::layer::{Hopfield, Lookup};
use crate::read::{self, Parts, Rules};

/// What a recalled row is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decode {
    /// The stored patterns as they were written, weighed by the association: the mean over the heads.
    #[default]
    Patterns,
    /// The output of the layer.
    Output,
}

/// A layer and what it has stored. Patterns are projected once, when they are written.
#[derive(Debug)]
pub struct LayerMemory {
    pub(crate) layer: Hopfield,
    pub(crate) decode: Decode,
    pub(crate) rows: Option<Rows>,
    pub(crate) ids: PatternIds,
}

/// What is stored, one row for each pattern.
#[derive(Debug, Clone)]
pub(crate) struct Rows {
    /// As written, `[n, d_k]` and `[n, d_v]`.
    pub(crate) stored: Tensor<2>,
    pub(crate) projection: Tensor<2>,
    /// In the spaces of the heads.
    pub(crate) keys: Tensor<2>,
    pub(crate) values: Tensor<2>,
}

impl Rows {
    fn each(self, other: impl Fn(Tensor<2>) -> Tensor<2>) -> Self {
        Self {
            stored: other(self.stored),
            projection: other(self.projection),
            keys: other(self.keys),
            values: other(self.values),
        }
    }

    fn behind(self, more: Self) -> Self {
        let join = |a, b| Tensor::cat(vec![a, b], 0);
        Self {
            stored: join(self.stored, more.stored),
            projection: join(self.projection, more.projection),
            keys: join(self.keys, more.keys),
            values: join(self.values, more.values),
        }
    }
}

impl Hopfield {
    /// An empty memory with the weights of this layer.
    pub fn into_memory(self) -> LayerMemory {
        LayerMemory {
            layer: self.valid_copy(),
            decode: Decode::default(),
            rows: None,
            ids: PatternIds::new(),
        }
    }

    /// A memory that holds patterns `[n, d_k]` with the values `[n, d_v]`, by default the patterns.
    ///
    /// # Errors
    /// As [`LayerMemory::write_pairs`].
    pub fn store(&self, stored: Tensor<2>, projection: Option<Tensor<2>>) -> Result<LayerMemory> {
        let mut memory = self.clone().into_memory();
        match projection {
            Some(projection) => memory.write_pairs(stored, projection)?,
            None => memory.write(stored)?,
        }
        Ok(memory)
    }

    fn valid_copy(self) -> Self {
        burn::module::Module::map(self, &mut OffTheGraph)
    }
}

struct OffTheGraph;

impl burn::module::ModuleMapper for OffTheGraph {
    fn map_float<const D: usize>(
        &mut self,
        param: burn::module::Param<Tensor<D>>,
    ) -> burn::module::Param<Tensor<D>> {
        param.map(Tensor::without_autodiff)
    }
}

impl Lookup {
    /// A memory with the weights of this layer that holds its table.
    ///
    /// # Errors
    /// A table with other than finite numbers.
    pub fn into_memory(self) -> Result<LayerMemory> {
        let flat = |x: Tensor<3>| -> Tensor<2> { x.without_autodiff().squeeze_dim(0) };
        let stored = flat(self.lookup_weights.val());
        let targets = self.target_weights.as_ref();
        let projection = targets.map_or_else(|| stored.clone(), |targets| flat(targets.val()));
        self.hopfield.store(stored, Some(projection))
    }
}

impl LayerMemory {
    /// The same with another way to decode.
    pub fn with_decode(mut self, decode: Decode) -> Self {
        self.decode = decode;
        self
    }

    /// The layer.
    pub fn layer(&self) -> &Hopfield {
        &self.layer
    }

    /// Stores patterns `[n, d_k]` that stand for values `[n, d_v]`.
    ///
    /// # Errors
    /// Wrong widths, different numbers of rows, NaN or infinite entries. Nothing is stored then.
    pub fn write_pairs(&mut self, stored: Tensor<2>, projection: Tensor<2>) -> Result<()> {
        self.write_pairs_as(stored, projection, &Tags::default())
    }

    /// [`LayerMemory::write_pairs`] under ids or with labels.
    ///
    /// # Errors
    /// As [`LayerMemory::write_pairs`] and [`Identify::write_as`]. Nothing is stored then.
    pub fn write_pairs_as(
        &mut self,
        stored: Tensor<2>,
        projection: Tensor<2>,
        tags: &Tags,
    ) -> Result<()> {
        let _span = spans::write(self.name(), &stored);
        let (stored, projection) = (stored.without_autodiff(), projection.without_autodiff());
        let sizes = self.layer.sizes();
        check::batch("patterns", &stored, sizes.stored)?;
        check::batch("values", &projection, sizes.projection)?;
        let ([expected, _], [found, _]) = (stored.dims(), projection.dims());
        if expected != found {
            return Err(Error::Rows {
                what: "values",
                expected,
                found,
            });
        }
        self.ids.push(expected, tags)?;
        let keys = self
            .layer
            .patterns(stored.clone().unsqueeze())
            .squeeze_dim(0);
        let values = self
            .layer
            .values(projection.clone().unsqueeze())
            .squeeze_dim(0);
        let more = Rows {
            stored,
            projection,
            keys,
            values,
        };
        self.rows = Some(match self.rows.take() {
            Some(rows) => rows.behind(more),
            None => more,
        });
        Ok(())
    }

    /// The recalled patterns of each head, `[b, heads, d_k]`.
    ///
    /// # Errors
    /// As [`AssociativeMemory::read`].
    pub fn read_heads(&self, cues: Tensor<2>) -> Result<Tensor<3>> {
        let [b, _] = cues.dims();
        let Sizes { heads, stored, .. } = *self.layer.sizes();
        let (read, _) = self.answer(cues, Decode::Patterns)?;
        Ok(read.reshape([b, heads, stored]))
    }

    /// What cues `[b, d_q]` and what is stored make a read of.
    fn parts(&self, cues: Tensor<2>, rows: &Rows) -> Result<(Parts, Rules)> {
        let cues = cues.without_autodiff();
        check::batch("cues", &cues, self.layer.sizes().state)?;
        Ok(self.layer.cached(
            cues.unsqueeze(),
            rows.keys.clone().unsqueeze(),
            rows.values.clone().unsqueeze(),
        ))
    }

    /// What the cues read, `[1, b, _]`.
    fn answer(&self, cues: Tensor<2>, decode: Decode) -> Result<(Tensor<3>, read::Report)> {
        let rows = self.rows.as_ref().ok_or(Error::EmptyMemory)?;
        let (parts, mut rules) = self.parts(cues, rows)?;
        rules.keep_states = true;
        let parts = match decode {
            Decode::Output => parts,
            Decode::Patterns => {
                rules.sizes.pattern = rules.sizes.stored;
                let raw = rows.stored.clone().unsqueeze();
                Parts {
                    v: with_zeros(raw, &rules),
                    ..parts
                }
            }
        };
        let (read, report) = read::read(parts, &rules)?;
        Ok(match decode {
            Decode::Output => (self.layer.output(read), report),
            Decode::Patterns => (read, report),
        })
    }
}

/// Rows of 0 for the extra rows of the layer.
fn with_zeros(x: Tensor<3>, rules: &Rules) -> Tensor<3> {
    let [n, _, width] = x.dims();
    match rules.extra {
        0 => x,
        extra => {
            let zeros = Tensor::zeros([n, extra, width], (&x.device(), x.dtype()));
            Tensor::cat(vec![x, zeros], 1)
        }
    }
}

impl AssociativeMemory for LayerMemory {
    fn name(&self) -> &'static str {
        <Hopfield as Layer>::NAME
    }

    fn write(&mut self, patterns: Tensor<2>) -> Result<()> {
        self.write_as(patterns, &Tags::default())
    }

    fn read(&self, cues: Tensor<2>) -> Result<Recall> {
        let _span = spans::read(self.name(), &cues);
        let heads = self.layer.sizes().heads;
        let (read, report) = self.answer(cues, self.decode)?;
        let [_, b, width] = read.dims();
        let decoded = match self.decode {
            Decode::Output => read.reshape([b, width]),
            Decode::Patterns => {
                let heads: Tensor<3> = read.reshape([b, heads, width / heads]);
                heads.mean_dim(1).squeeze_dim(1)
            }
        };
        let states = report
            .states
            .clone()
            .expect("the read was asked to keep its states");
        // Rows of the report are heads; a cue has converged when all of its heads have.
        let of = |row: usize| (0..heads).map(move |head| head * b + row);
        let sum = |energies: &[f64]| -> Vec<f32> {
            let total = |row| of(row).map(|at| energies[at]).sum::<f64>() as f32;
            (0..b).map(total).collect()
        };
        let steps = |row| of(row).map(|at| report.steps[at]).max().unwrap_or(0);
        Ok(Recall {
            state: states.squeeze_dim(0),
            decoded: Some(decoded),
            outcomes: (0..b)
                .map(|row| read::joined(of(row).map(|at| report.outcomes[at])))
                .collect(),
            steps: (0..b).map(steps).collect(),
            energy_first: sum(&report.energy_first),
            energy_last: sum(&report.energy_last),
            trace: Trace::default(),
            recalled: Vec::new(),
        })
    }

    fn len(&self) -> usize {
        self.rows.as_ref().map_or(0, |rows| rows.stored.dims()[0])
    }

    fn dim(&self) -> usize {
        self.layer.sizes().stored
    }

    /// The stored patterns in the spaces of all heads, side by side: `[n, heads h]`, or `[n, h]` where they are not
    /// projected.
    fn stored_states(&self) -> Result<Tensor<2>> {
        let rows = self.rows.as_ref().ok_or(Error::EmptyMemory)?;
        Ok(rows.keys.clone())
    }

    fn as_identify(&self) -> Option<&dyn Identify> {
        Some(self)
    }

    fn as_identify_mut(&mut self) -> Option<&mut dyn Identify> {
        Some(self)
    }

    fn as_forget(&mut self) -> Option<&mut dyn Forget> {
        Some(self)
    }

    fn as_persist(&self) -> Option<&dyn Persist> {
        Some(self)
    }
}
