//! BayesPCN on images of CIFAR-10: the experiments of the paper at a size of one's choice.
//!
//! ```sh
//! cargo run --release --example bayespcn_cifar10 -- table 128 256 4
//! ... -- loads 256 16,32,64,128        # recall against the number stored
//! ... -- widths 64,128,256 16,32,64    # what each width holds, at those numbers
//! ... -- fading 256 512 0,0.001,0.01   # recall against age, for strengths of forgetting
//! ... -- baselines 128 256 100         # the paper's baselines, with offline epochs
//! ... -- baselines 128 256 0 online    # those whose name contains a word
//! ... -- store 128 256 memory.safetensors
//! ... -- file memory.safetensors 256   # recall by a memory saved before, of so many cues
//! ... -- file memory.safetensors 256 2000  # with so many iterations at most
//! ```
//!
//! Data is looked for where `ATTRACTOR_DATA` says. Images are the first of every class in turn,
//! errors are mean squares in units of [-1, 1], over unknown entries if some are known.

mod print;

use std::path::Path;

use attractor_core::failure::number;
use attractor_core::{AssociativeMemory, Backend, Failure, Persist};
use attractor_datasets::{DataRoot, ImageSet, Split, load};
use attractor_memories::bayespcn::protocol::{
    Baseline, Contender, Corruption, Fading, Images, PAPER, Questions, capacity, contest, fading,
    loads,
};
use attractor_memories::bayespcn::{Activation, MixtureWeights, SearchConfig, StoredMixtureConfig};
use attractor_memories::{BayesPcn, BayesPcnConfig, GpcnConfig};
use print::{Clock, row};

const DIM: usize = 3 * 32 * 32;
/// Cues at most, for each number in a curve.
const CUES: usize = 128;

fn main() -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let device = Backend::Flex.open()?;
    let set = load("cifar10", Split::Train, &DataRoot::from_environment(None))?;
    let images = interleaved(&set, 1024)?;
    let all = Questions {
        images: &images,
        corruptions: &PAPER,
        cues: CUES,
        seed: 0,
        device: &device,
    };
    match words.as_slice() {
        ["table", count, hidden, layers] => {
            let config = BayesPcnConfig {
                layers: number("layers", layers)?,
                ..of_width(hidden)?
            };
            table(config, &all, number("count", count)?)
        }
        ["loads", hidden, counts] => {
            let mut memory = of_width(hidden)?.init(&device)?;
            let clock = Clock::start();
            for load in loads(&mut memory, &all, &list(counts)?, &mut |_| Ok(()))? {
                println!("\n{} stored, {:.0} s", load.stored, clock.seconds());
                for (corruption, scores) in PAPER.iter().zip(&load.scores) {
                    row(&corruption.name(), scores);
                }
            }
            Ok(())
        }
        ["widths", widths, counts] => widths_of(&all, &list(widths)?, &list(counts)?),
        ["fading", hidden, stored, strengths] => {
            let strengths: Vec<f64> = list(strengths)?;
            forgetting(
                &all,
                of_width(hidden)?,
                number("stored", stored)?,
                &strengths,
            )
        }
        ["baselines", stored, hidden, epochs, rest @ ..] => {
            let (config, epochs) = (of_width(hidden)?, number("epochs", epochs)?);
            let word = rest.first().copied().unwrap_or_default();
            baselines(&all, config, number("stored", stored)?, epochs, word)
        }
        ["store", count, hidden, path] => {
            let mut memory = of_width(hidden)?.init(&device)?;
            let clock = Clock::start();
            let chosen: Vec<usize> = (0..number("count", count)?).collect();
            for (at, part) in chosen.chunks(64).enumerate() {
                memory.write(images.rows(part, &device)?)?;
                println!("{} written, {:.0} s", at * 64 + part.len(), clock.seconds());
            }
            Ok(memory.save(Path::new(path))?)
        }
        ["file", path, cues, rest @ ..] => {
            let mut memory = BayesPcn::load(Path::new(path), &device)?;
            if let Some(steps) = rest.first() {
                memory.set_search(SearchConfig {
                    max_steps: number("steps", steps)?,
                    ..memory.config().search
                })?;
            }
            let chosen = images.spread(memory.len(), number("cues", cues)?);
            let cues = chosen.len();
            println!("{} stored, {cues} cues", memory.len());
            for corruption in PAPER {
                let clock = Clock::start();
                let corruptions = [corruption];
                let one = Questions {
                    corruptions: &corruptions,
                    ..all
                };
                row(&corruption.name(), &one.ask(&memory, &chosen)?[0]);
                println!("{:70} {:.0} s", "", clock.seconds());
            }
            Ok(())
        }
        _ => {
            Err("expected table, loads, widths, fading, baselines, store or file: see above".into())
        }
    }
}

fn of_width(hidden: &str) -> Result<BayesPcnConfig, Failure> {
    Ok(BayesPcnConfig {
        hidden: number("hidden", hidden)?,
        ..BayesPcnConfig::new(DIM)
    })
}

fn list<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<Vec<T>, Failure> {
    let items = text.split(',').map(|item| number("of a list", item));
    items.collect()
}

/// The first images of every class in turn.
fn interleaved(set: &ImageSet, count: usize) -> Result<Images, Failure> {
    let mut taken = vec![0; set.classes.len()];
    let mut order: Vec<(usize, usize, usize)> = Vec::new();
    for (index, &label) in set.labels.iter().enumerate() {
        let label = label as usize;
        order.push((taken[label], label, index));
        taken[label] += 1;
    }
    order.sort_unstable();
    let first: Vec<usize> = order.into_iter().take(count).map(|item| item.2).collect();
    Ok(Images::new(set.rows(&first)?, 3, 32, 32)?)
}

/// All corruptions after so many writes, then clean images after more and more forgetting.
fn table(config: BayesPcnConfig, all: &Questions<'_>, count: usize) -> Result<(), Failure> {
    let mut memory = config.init(all.device)?;
    let chosen: Vec<usize> = (0..count).collect();
    let clock = Clock::start();
    memory.write(all.images.rows(&chosen, all.device)?)?;
    println!("{count} images written in {:.1} s", clock.seconds());
    for corruption in PAPER {
        let (clock, corruptions) = (Clock::start(), [corruption]);
        let one = Questions {
            corruptions: &corruptions,
            ..*all
        };
        let scores = one.ask(&memory, &chosen)?;
        row(&corruption.name(), &scores[0]);
        println!("{:70} {:.1} s", "", clock.seconds());
    }
    let clean = Questions {
        corruptions: &[Corruption::Clean],
        ..*all
    };
    // Strengths compose, so that what is missing from one to the next can be added.
    let mut forgotten = 0.0;
    for strength in [0.01, 0.5, 1.0] {
        memory.forget((strength - forgotten) / (1.0 - forgotten))?;
        forgotten = strength;
        if memory.is_empty() {
            let fresh = config.init(all.device)?;
            let same = (0..config.particles).all(|k| memory.posterior(k) == fresh.posterior(k));
            println!("forget {strength}: as a fresh memory: {same}");
            break;
        }
        let scores = clean.ask(&memory, &chosen)?;
        row(&format!("forget {strength}"), &scores[0]);
    }
    Ok(())
}

/// The largest of `counts` that each width holds, for every corruption.
fn widths_of(all: &Questions<'_>, widths: &[usize], counts: &[usize]) -> Result<(), Failure> {
    println!(
        "width: largest number with 95 % recalled, for {:?}",
        PAPER.map(|c| c.name())
    );
    for &hidden in widths {
        let config = BayesPcnConfig {
            hidden,
            ..BayesPcnConfig::new(DIM)
        };
        let mut memory = config.init(all.device)?;
        let loads = loads(&mut memory, all, counts, &mut |_| Ok(()))?;
        let held: Vec<usize> = (0..PAPER.len())
            .map(|at| capacity(&loads, at, 0.95))
            .collect();
        println!("{hidden}: {held:?}");
    }
    Ok(())
}

/// Recall against age for each strength, forgetting every 64 writes.
fn forgetting(
    all: &Questions<'_>,
    config: BayesPcnConfig,
    stored: usize,
    strengths: &[f64],
) -> Result<(), Failure> {
    let corruptions = [
        Corruption::Clean,
        Corruption::White(0.2),
        Corruption::Mask(0.5),
    ];
    let questions = Questions {
        corruptions: &corruptions,
        cues: 32,
        ..*all
    };
    for &strength in strengths {
        let plan = Fading {
            config,
            stored,
            strength,
            every: 64,
        };
        let clock = Clock::start();
        let (_, ages) = fading(plan, &questions, &mut |_| Ok(()))?;
        println!("\nstrength {strength}, {:.0} s", clock.seconds());
        for age in ages {
            for (corruption, scores) in corruptions.iter().zip(&age.scores) {
                row(&format!("age {:4} {}", age.age, corruption.name()), scores);
            }
        }
    }
    Ok(())
}

/// BayesPCN and the paper's baselines on the same cues.
fn baselines(
    all: &Questions<'_>,
    config: BayesPcnConfig,
    stored: usize,
    epochs: usize,
    word: &str,
) -> Result<(), Failure> {
    let network = |activation| BayesPcnConfig {
        activation,
        ..config
    };
    let online = |activation, rate| {
        Baseline::Gpcn(GpcnConfig {
            network: network(activation),
            rate,
            ..GpcnConfig::online(DIM)
        })
    };
    let offline = |activation, rate| {
        Baseline::Gpcn(GpcnConfig {
            network: network(activation),
            rate,
            epochs,
            ..GpcnConfig::offline(DIM)
        })
    };
    let mixture = |weights, sigma| {
        Baseline::Stored(StoredMixtureConfig {
            sigma,
            weights,
            ..StoredMixtureConfig::new(DIM)
        })
    };
    let over = |make: &dyn Fn(Activation, f64) -> Baseline, rates: &[f64]| -> Vec<Baseline> {
        let activations = [Activation::Gelu, Activation::Relu].into_iter();
        let all = activations.flat_map(|a| rates.iter().map(move |&rate| (a, rate)));
        all.map(|(activation, rate)| make(activation, rate))
            .collect()
    };
    let contender = |name: &str, grid| Contender {
        name: name.into(),
        grid,
    };
    let published = [0.01, 0.1, 1.0].map(|sigma| mixture(MixtureWeights::Published, sigma));
    let dot = [0.01, 0.1, 1.0].map(|sigma| mixture(MixtureWeights::Dot, sigma));
    let contenders = [
        contender("BayesPCN", vec![Baseline::BayesPcn(config)]),
        contender("online GPCN", over(&online, &[1e-5, 3e-5, 1e-4])),
        contender("stored images, published weights", published.to_vec()),
        contender("stored images, dot products", dot.to_vec()),
        contender(
            "offline GPCN",
            if epochs == 0 {
                vec![]
            } else {
                over(&offline, &[1e-4])
            },
        ),
    ];
    for contender in contenders
        .iter()
        .filter(|contender| !contender.grid.is_empty() && contender.name.contains(word))
    {
        let clock = Clock::start();
        let trials = contest(contender, all, stored, &mut |_| Ok(()))?;
        println!(
            "\n{}, {stored} stored, {:.0} s",
            contender.name,
            clock.seconds()
        );
        for (corruption, trial) in PAPER.iter().zip(&trials) {
            row(
                &format!("{} (setting {})", corruption.name(), trial.setting),
                &trial.scores,
            );
        }
    }
    Ok(())
}
