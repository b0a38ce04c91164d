//! Sound files of small memories: every recipe of the catalogue, every part.

use std::sync::{Arc, LazyLock, OnceLock};

use attractor::catalogue::{self, Context};
use attractor::core::burn::tensor::{Device, Tensor};
use attractor::core::model::Signs;
use attractor::core::observation::OBSERVATIONS;
use attractor::core::options::Options;
use attractor::core::weights::Weights;
use attractor::core::{AssociativeMemory, Backend, check, rng};
use attractor::generative::{MnistVaeConfig, Vae};
use attractor::inference::INFERENCES;
use attractor::priors::PRIORS;

use super::saved;

const DIM: usize = 6;

/// All of them.
pub(super) static SOUND: LazyLock<Vec<Weights>> = LazyLock::new(|| {
    let mut files = Vec::new();
    let pixels = context();
    for recipe in catalogue::recipes() {
        if recipe.name != "pc-gmm" {
            files.extend(written(&recipe.name, least(&recipe.name), &pixels));
        }
    }
    let variational = |axis: &str, kind: &str| {
        format!("{axis} = {{ kind = '{kind}' }}")
            .parse::<Options>()
            .expect("a table of options")
    };
    for prior in PRIORS {
        files.extend(written(
            "variational",
            variational("prior", prior.name),
            &pixels,
        ));
    }
    for inference in INFERENCES {
        files.extend(written(
            "variational",
            variational("inference", inference.name),
            &pixels,
        ));
    }
    for observation in OBSERVATIONS {
        files.extend(written(
            "variational",
            variational("observation", observation.name),
            &pixels,
        ));
    }
    // Behind models with weights, and with signs.
    let signs = Signs::new(DIM, 0.1).expect("signs of six entries");
    files.extend(written("gmm", Options::new(), &behind(Arc::new(signs))));
    let vae = MnistVaeConfig {
        features: 1,
        code: DIM,
    };
    let vae = vae.init(3, device()).and_then(|vae| vae.freeze());
    let vae = behind(Arc::new(vae.expect("a small autoencoder")));
    files.extend(written("gmm", Options::new(), &vae));
    files.extend(written("pc-gmm", Options::new(), &vae));
    files
});

pub(super) fn device() -> &'static Device {
    static DEVICE: OnceLock<Device> = OnceLock::new();
    DEVICE.get_or_init(|| Backend::Flex.open().expect("the default backend"))
}

fn context() -> Context {
    let mut context = Context::pixels(DIM, device()).expect("a memory of six numbers");
    context.autoencoder = Some(context.model.clone());
    context
}

fn behind(model: Arc<dyn attractor::core::GenerativeModel>) -> Context {
    Context::codes(model, device())
}

/// What a recipe needs to be quick, or at all.
fn least(recipe: &str) -> Options {
    let text = match recipe {
        "pcn" => "hidden = [4, 4]\nwrite = { epochs = 2 }",
        "bayespcn" | "gpcn" => "hidden = 4",
        "firing-rate" => "threshold = 0.0",
        _ => "",
    };
    text.parse().expect("a table of options")
}

/// The files of a memory without patterns and with three; none of what this context has no use for.
fn written(recipe: &str, options: Options, context: &Context) -> Vec<Weights> {
    let Ok(mut memory) = catalogue::build(recipe, &options, context) else {
        return Vec::new();
    };
    let memory: &mut dyn AssociativeMemory = &mut *memory;
    let mut files = vec![saved(memory)];
    let dim = memory.dim();
    let many = if recipe == "spiking" { 2 } else { 3 };
    if memory.write(patterns(many, dim)).is_ok() {
        if let Some(Ok(ids)) = memory
            .as_identify()
            .map(|memory| memory.pattern_ids().cloned())
            && let (Some(id), Some(named)) = (ids.get(1), memory.as_identify_mut())
        {
            named
                .set_label(id, Some("a label".into()))
                .expect("a stored pattern");
        }
        files.push(saved(memory));
    }
    files
}

/// Normal rows, of which each has an entry above 0 and one below; in 0 to 1 where they are pictures.
fn patterns(rows: usize, dim: usize) -> Tensor<2> {
    let mut values = rng::normal_vec(&mut rng::stream(7, "fuzzing"), rows * dim);
    for row in values.chunks_exact_mut(dim) {
        row[0] = row[0].abs() + 0.2;
        row[1] = -row[1].abs() - 0.2;
        if dim > 2 * DIM {
            row.iter_mut()
                .for_each(|value| *value = value.abs().min(1.0));
        }
    }
    check::from_host("rows", values, dim, device()).expect("whole rows")
}
