//! Writing into and reading from a predictive coding network of two hidden layers on images of
//! CIFAR-10's size.

use std::ops::ControlFlow;

use attractor_core::rng;
use attractor_predictive_coding::pcn::{Form, InferenceConfig, StepSize, StopRule, WriteConfig};
use attractor_predictive_coding::{Pcn, PcnConfig};
use burn::tensor::{Device, Tensor};

use crate::Result;

const DIM: usize = 3072;
const WIDTH: usize = 512;
/// Patterns written, epochs, and inference steps of each.
const STORED: usize = 50;
const EPOCHS: usize = 10;
const STEPS: usize = 20;
/// Cues read, and inference steps.
const CUES: usize = 128;
const READ_STEPS: usize = 100;

/// Epochs of 20 steps of inference and one of Adam.
pub const WRITE: &str = "pcn/write 10 epochs 50x512x3072";
/// Steps of inference under clamped cues.
pub const READ: &str = "pcn/read 100 steps 128x512x3072";
/// What the textbook form costs: predictions and their adjoints in every step, then the gradients.
pub const WRITE_OPERATIONS: f64 =
    (EPOCHS * STORED * (4 * STEPS + 2) * WIDTH * (DIM + WIDTH)) as f64;
/// The same for a read.
pub const READ_OPERATIONS: f64 = (CUES * 4 * READ_STEPS * WIDTH * (DIM + WIDTH)) as f64;

fn inference(form: Form, steps: usize) -> InferenceConfig {
    InferenceConfig {
        form,
        ..InferenceConfig::plain(StepSize::AtMost(0.05), steps)
    }
}

fn network(device: &Device) -> Result<Pcn> {
    PcnConfig {
        hidden: vec![WIDTH, WIDTH],
        ..PcnConfig::new(DIM)
    }
    .init(device)
}

fn images(count: usize, device: &Device) -> Tensor<2> {
    let mut stream = rng::stream(0, "images");
    rng::uniform(&mut stream, [count, DIM], 0.0, 1.0, device)
}

/// A memory in training.
pub struct Write {
    memory: Pcn,
    config: WriteConfig,
}

impl Write {
    /// A memory that has seen its patterns once.
    ///
    /// # Errors
    /// None that this configuration could cause.
    pub fn new(form: Form, device: &Device) -> Result<Self> {
        let config = WriteConfig {
            epochs: EPOCHS,
            inference: inference(form, STEPS),
            stop: StopRule {
                error: 0.0,
                patience: 0,
                ..StopRule::default()
            },
            ..WriteConfig::default()
        };
        let mut memory = network(device)?;
        memory.write_with(images(STORED, device), &config, &mut |_| {
            ControlFlow::Continue(())
        })?;
        Ok(Self { memory, config })
    }

    /// Some epochs more; the mean energy after them.
    ///
    /// # Errors
    /// Those of the device.
    pub fn run(&mut self) -> Result<f64> {
        let report = self
            .memory
            .train_with(&self.config, &mut |_| ControlFlow::Continue(()))?;
        Ok(report.mean_energy())
    }
}

/// A memory and cues.
pub struct Read {
    memory: Pcn,
    cues: Tensor<2>,
    inference: InferenceConfig,
}

impl Read {
    /// A memory with its initial weights: their values do not change the time.
    ///
    /// # Errors
    /// None that this configuration could cause.
    pub fn new(form: Form, device: &Device) -> Result<Self> {
        Ok(Self {
            memory: network(device)?,
            cues: images(CUES, device),
            inference: inference(form, READ_STEPS),
        })
    }

    /// Infers hidden values for all cues; the energy of the first.
    ///
    /// # Errors
    /// Those of the device.
    pub fn run(&self) -> Result<f64> {
        let found = self
            .memory
            .infer(self.cues.clone(), None, &self.inference)?;
        Ok(found.energy[0])
    }
}
