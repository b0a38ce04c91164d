//! To and from safetensors, bit by bit.

use attractor_core::Result;
use attractor_core::weights::Weights;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::model::{Kept, State};
use super::network::{PcnParameters, Probes};
use super::write::AdamMoments;
use super::{Pcn, PcnConfig};
use crate::files::{Stored, persists};

/// What is not an array.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Header {
    config: PcnConfig,
    len: usize,
    epochs: u64,
    /// Bits of the damping, which text would round.
    damping: u64,
    /// Steps of the optimiser.
    steps: u64,
    /// Whether it has moments, kept patterns, and weights it was given.
    moments: bool,
    kept: bool,
    given: bool,
}

persists!(Pcn);

impl Stored for Pcn {
    const SYSTEM: &'static str = "pcn";

    type Header = Header;

    fn header(&self) -> Header {
        let state = &self.state;
        Header {
            config: self.config.clone(),
            len: state.len,
            epochs: state.epochs,
            damping: state.damping.to_bits(),
            steps: state.moments.steps,
            moments: !state.moments.pairs.is_empty(),
            kept: state.kept.is_some(),
            given: state.given.is_some(),
        }
    }

    fn add_arrays(&self, arrays: &mut Weights) -> Result<()> {
        let State {
            parameters,
            moments,
            probes,
            kept,
            given,
            ..
        } = &self.state;
        let names: Vec<String> = PcnParameters::shapes(&self.config)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        let mut add = |prefix: &str, list: Vec<&Tensor<2>>| -> Result<()> {
            for (name, tensor) in names.iter().zip(list) {
                arrays.insert_tensor(format!("{prefix}{name}"), tensor.clone())?;
            }
            Ok(())
        };
        add("", parameters.list())?;
        if let Some(given) = given {
            add("given/", given.list())?;
        }
        add("first/", moments.pairs.iter().map(|pair| &pair.0).collect())?;
        add(
            "second/",
            moments.pairs.iter().map(|pair| &pair.1).collect(),
        )?;
        for (at, probe) in probes.0.iter().enumerate() {
            arrays.insert_tensor(format!("probe{at}"), probe.clone())?;
        }
        if let Some(Kept { patterns, codes }) = kept {
            arrays.insert_tensor("patterns", patterns.clone())?;
            for (at, block) in codes.iter().enumerate() {
                arrays.insert_tensor(format!("codes{at}"), block.clone())?;
            }
        }
        Ok(())
    }

    fn restored(file: &Weights, header: Header, device: &Device) -> Result<Self> {
        let state = parse(file, &header, device)?;
        Ok(Self::restore(header.config, device, state))
    }
}

fn parse(file: &Weights, header: &Header, device: &Device) -> Result<State> {
    let config = &header.config;
    config
        .validate()
        .and_then(|()| config.precision.check(device))
        .map_err(|error| file.fail(error.to_string()))?;
    let read = Reader {
        file,
        config,
        device,
    };
    let damping = f64::from_bits(header.damping);
    if !(damping > 0.0 && damping <= 1.0) {
        let reason = format!("expected a damping above 0 and up to 1, found {damping}");
        return Err(file.fail(reason));
    }
    let pairs = if header.moments {
        let first = read.list("first/")?;
        first.into_iter().zip(read.list("second/")?).collect()
    } else {
        Vec::new()
    };
    let kept = if header.kept {
        let codes = (1..=config.depth()).rev().enumerate();
        let codes =
            codes.map(|(at, l)| read.one(&format!("codes{at}"), [header.len, config.width(l)]));
        Some(Kept {
            patterns: read.one("patterns", [header.len, config.dim])?,
            codes: codes.collect::<Result<_, _>>()?,
        })
    } else {
        None
    };
    let parameters = read.parameters("")?;
    let matrices = parameters.layers.iter().map(|layer| &layer.weight);
    let matrices = matrices.chain(&parameters.recurrent).enumerate();
    let probes =
        matrices.map(|(at, weight)| read.one(&format!("probe{at}"), [1, weight.dims()[1]]));
    Ok(State {
        probes: Probes(probes.collect::<Result<_, _>>()?),
        moments: AdamMoments {
            steps: header.steps,
            pairs,
        },
        len: header.len,
        epochs: header.epochs,
        damping,
        kept,
        given: if header.given {
            Some(read.parameters("given/")?)
        } else {
            None
        },
        parameters,
    })
}

struct Reader<'a> {
    file: &'a Weights,
    config: &'a PcnConfig,
    device: &'a Device,
}

impl Reader<'_> {
    fn one(&self, name: &str, shape: [usize; 2]) -> Result<Tensor<2>> {
        let place = (self.device, self.config.precision.dtype());
        self.file.tensor_in(name, shape, place)
    }

    fn list(&self, prefix: &str) -> Result<Vec<Tensor<2>>> {
        PcnParameters::shapes(self.config)
            .into_iter()
            .map(|(name, shape)| self.one(&format!("{prefix}{name}"), shape))
            .collect()
    }

    fn parameters(&self, prefix: &str) -> Result<PcnParameters> {
        let list = self.list(prefix)?;
        PcnParameters::from_list(self.config, list)
            .ok_or_else(|| self.file.fail("too few parameters"))
    }
}
