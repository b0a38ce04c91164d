//! BayesPCN: writes, reads of both kinds, forgetting. 1e-3, the rounding of hundreds of `f32` Adam
//! iterations in the authors' code and in ours.

use std::rc::Rc;

use anyhow::Result;
use attractor::core::{AssociativeMemory, Complete};
use attractor::predictive_coding::BayesPcn;
use attractor::predictive_coding::bayespcn::{
    Activation, BayesPcnConfig, MatrixNormal, Readout, SearchConfig, SearchStart,
};
use serde::Deserialize;

use super::file::File;
use super::{Golden, System};

const TOLERANCE: f64 = 1e-3;
const NAME: &str = "BayesPCN";
const FILE: &str = "bayespcn";

pub(super) const SYSTEM: System = System {
    name: NAME,
    files: &[FILE],
    check,
};

/// The file's `settings`. Sizes follow from its tensors and are checked if stated.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    layers: Option<usize>,
    dim: Option<usize>,
    hidden: Option<usize>,
    particles: Option<usize>,
    /// The strength that stands in a name as well.
    forget: Option<f64>,
    activation: Activation,
    normalise: bool,
    bias: bool,
    sigma_prior: f64,
    sigma_obs: f64,
    sigma_data: f64,
    start: SearchStart,
    rate: f64,
    steps: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            layers: None,
            dim: None,
            hidden: None,
            particles: None,
            forget: None,
            activation: Activation::Gelu,
            normalise: false,
            bias: false,
            sigma_prior: 1.0,
            sigma_obs: 0.1,
            sigma_data: 0.1,
            start: SearchStart::Fixed,
            rate: 0.01,
            steps: 50,
        }
    }
}

/// What the file holds and how the authors' code was run.
struct Published {
    file: Rc<File>,
    config: BayesPcnConfig,
}

/// Writes, reads and forgets what the authors' code did, searching as it does.
fn check(golden: &mut Golden) -> Result<()> {
    let published = Published::new(golden.file(FILE)?)?;
    let (file, dim) = (&published.file, published.config.dim);
    let mut memory = published.start(golden, 1)?;
    published.posterior(golden, &memory, "init")?;
    let patterns = file.rows("patterns", dim, &golden.device)?;
    for row in 0..patterns.dims()[0] {
        memory.write(patterns.clone().narrow(0, row, 1))?;
        published.posterior(golden, &memory, &format!("write{}", row + 1))?;
    }
    for named in file.matching("read_auto_repeat#")? {
        let mut memory = published.start(golden, named.count(0))?;
        memory.write(patterns.clone())?;
        let answer = memory.read(file.rows("cue_noisy", dim, &golden.device)?)?;
        golden.compare(NAME, file, &named.key, answer.state, TOLERANCE)?;
    }
    let known = file.rows("known", dim, &golden.device)?;
    let answer = memory.complete(file.rows("cue_partial", dim, &golden.device)?, known)?;
    golden.compare(NAME, file, "read_hetero", answer.state, TOLERANCE)?;
    for named in file.matching("forget*/log_weights")? {
        let mut memory = published.start(golden, 1)?;
        memory.write(patterns.clone())?;
        memory.forget(named.number(0))?;
        let stage = named.key.trim_end_matches("/log_weights");
        published.posterior(golden, &memory, stage)?;
    }
    Ok(())
}

impl Published {
    fn new(file: Rc<File>) -> Result<Self> {
        let settings: Settings = file.settings()?;
        let [_, dim] = file.dims("patterns")?;
        let layers = file.matching("init/net0/layer#/R")?.len();
        let particles = file.matching("init/net#/layer0/R")?.len();
        // The mean of the top layer's values.
        let top = file.shape(&format!("init/net0/layer{}/R", layers - 1))?;
        let hidden = if layers == 1 {
            settings.hidden.unwrap_or(1)
        } else {
            top.iter().product()
        };
        for (name, stated, found) in [
            ("layers", settings.layers, layers),
            ("dim", settings.dim, dim),
            ("hidden", settings.hidden, hidden),
            ("particles", settings.particles, particles),
        ] {
            if stated.is_some_and(|stated| stated != found) {
                let stated = stated.unwrap_or_default();
                let reason = format!("setting `{name}`: {stated}, but the tensors say {found}");
                return Err(file.misfit(reason).into());
            }
        }
        let strengths = file.matching("forget*/log_weights")?;
        if let Some(stated) = settings.forget
            && strengths.iter().all(|named| named.number(0) != stated)
        {
            let reason = format!("setting `forget`: {stated}, but no tensor is named after it");
            return Err(file.misfit(reason).into());
        }
        if settings.start != SearchStart::Fixed {
            let reason = "setting `start`: expected `fixed`, random numbers are not repeated";
            return Err(file.misfit(reason.into()).into());
        }
        let config = BayesPcnConfig {
            hidden,
            layers,
            particles,
            activation: settings.activation,
            normalise: settings.normalise,
            bias: settings.bias,
            sigma_prior: settings.sigma_prior,
            sigma_obs: settings.sigma_obs,
            sigma_data: settings.sigma_data,
            start: settings.start,
            readout: Readout::Searched,
            search: SearchConfig {
                rate: settings.rate,
                max_steps: settings.steps,
                together: true,
                ..SearchConfig::default()
            },
            ..BayesPcnConfig::new(dim)
        };
        Ok(Self { file, config })
    }

    /// The authors' prior, with their way to search.
    fn start(&self, golden: &Golden, repeats: usize) -> Result<BayesPcn> {
        let config = BayesPcnConfig {
            repeats,
            ..self.config
        };
        let particle = |k: usize| -> Result<Vec<MatrixNormal>> {
            let layer = |l: usize| self.layer(&format!("init/net{k}/layer{l}"));
            (0..config.layers).map(layer).collect()
        };
        let priors = (0..config.particles).map(particle).collect::<Result<_>>()?;
        Ok(BayesPcn::with_priors(config, priors, &golden.device)?)
    }

    fn layer(&self, name: &str) -> Result<MatrixNormal> {
        let wide = |values: Vec<f32>| values.into_iter().map(f64::from).collect();
        let (inputs, outputs) = self.shape(name)?;
        let mean = self.file.values(&format!("{name}/R"))?.to_vec();
        let covariance = self.covariance(name)?;
        Ok(MatrixNormal::new(
            inputs,
            outputs,
            wide(mean),
            wide(covariance),
        )?)
    }

    /// `(inputs, outputs)` of a layer. The top one has a list of means: its input is the constant 1.
    fn shape(&self, name: &str) -> Result<(usize, usize)> {
        let key = format!("{name}/R");
        match self.file.shape(&key)? {
            &[outputs] => Ok((1, outputs)),
            &[inputs, outputs] => Ok((inputs, outputs)),
            found => {
                let reason = format!("`{key}`: expected 1 or 2 axes, found shape {found:?}");
                Err(self.file.misfit(reason).into())
            }
        }
    }

    /// Theirs is a multiple of the identity for the top layer, ours its one number.
    fn covariance(&self, name: &str) -> Result<Vec<f32>> {
        let (key, (inputs, _)) = (format!("{name}/U"), self.shape(name)?);
        let [rows, columns] = self.file.dims(&key)?;
        if rows != columns || (inputs != 1 && rows != inputs) {
            let shape = [rows, columns];
            let reason = format!("`{key}`: expected shape [{inputs}, {inputs}], found {shape:?}");
            return Err(self.file.misfit(reason).into());
        }
        Ok(self.file.values(&key)?[..inputs * inputs].to_vec())
    }

    fn posterior(&self, golden: &mut Golden, memory: &BayesPcn, stage: &str) -> Result<()> {
        let (mut means, mut covariances) = ((vec![], vec![]), (vec![], vec![]));
        for k in 0..self.config.particles {
            for (l, layer) in memory.posterior(k)?.iter().enumerate() {
                let name = format!("{stage}/net{k}/layer{l}");
                let mean = layer.mean();
                let expected = self.file.values_of(&format!("{name}/R"), mean.len())?;
                means.0.extend_from_slice(mean);
                means.1.extend_from_slice(expected);
                let (covariance, expected) = (layer.covariance(), self.covariance(&name)?);
                covariances.0.extend(covariance);
                covariances.1.extend(expected);
                self.same_prior(&name, &format!("init/net{k}/layer{l}"))?;
            }
        }
        let check = |part: &str| format!("{stage}/{part}");
        golden.compare_values(NAME, &check("R"), &means.0, &means.1, TOLERANCE)?;
        golden.compare_values(NAME, &check("U"), &covariances.0, &covariances.1, TOLERANCE)?;
        let (weights, key) = (memory.log_weights(), check("log_weights"));
        let expected = self.file.values_of(&key, weights.len())?;
        golden.compare_values(NAME, &key, weights, expected, TOLERANCE)
    }

    /// Our prior is the state before anything is written: so must theirs be at every stage.
    fn same_prior(&self, stage: &str, first: &str) -> Result<()> {
        for part in ["R", "U"] {
            let key = format!("{stage}/{part}_original");
            if !self.file.contains(&key) {
                continue;
            }
            if self.file.values(&key)? != self.file.values(&format!("{first}/{part}"))? {
                let reason = format!("`{key}`: expected the values of `{first}/{part}`");
                return Err(self.file.misfit(reason).into());
            }
        }
        Ok(())
    }
}
