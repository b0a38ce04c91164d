//! Registers of one data set.

use attractor::core::rng;
use attractor::entropic::{Domain, RegisterConfig};
use attractor::evaluation::{Measurement, Metric};

use super::half::Halves;
use super::options::Settings;
use super::{measured, shares};
use crate::{Result, Session, Task};

pub(super) fn measure(
    settings: &Settings,
    task: Task<'_>,
    session: &mut dyn Session,
    halves: &mut Halves,
) -> Result<Vec<Measurement>> {
    let place = halves.place(settings, task, session, false)?;
    let (half, options) = (halves.at(place), &settings.options);
    let quantiser = half.quantiser(settings.rows)?;
    let config = RegisterConfig {
        iota: options.iota,
        kappa: options.kappa,
        xi: options.xi,
        sigma: options.sigma,
        ..RegisterConfig::new(Domain::new(half.columns, settings.rows))
    };
    let mut register = config.init()?;
    register.register(&quantiser.quantise(&half.fill[..settings.stored * half.columns])?)?;
    let cues = quantiser.quantise(&half.cues)?;
    let (mut answers, mut classes) = (Vec::new(), Vec::new());
    for (at, cue) in cues.chunks_exact(half.columns).enumerate() {
        let mut rng = rng::indexed_stream(settings.seed, "entropic register", at as u64);
        if let Some(object) = register.retrieve(cue, &mut rng)? {
            answers.extend(quantiser.dequantise(&object)?);
            classes.push(at % half.classes);
        }
    }
    let named = half.named(&answers, session)?;
    let right = named.iter().zip(&classes).filter(|(a, b)| a == b).count();
    let asked = options.test;
    let mut found = shares(asked, classes.len(), right);
    found.push(measured(Metric::MemoryEntropy, register.entropy(), asked));
    found.push(measured(Metric::Accuracy, half.accuracy, asked));
    Ok(found)
}
