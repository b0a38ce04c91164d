//! The protocol on a few small images.

use attractor_core::rng;
use burn::tensor::Device;

use super::*;
use crate::bayespcn::tests::small;
use crate::bayespcn::{BayesPcnConfig, GpcnConfig, StoredMixtureConfig};
use crate::testing::device;

const DIM: usize = 2 * 4 * 6;

fn images(count: usize) -> Images {
    let values = rng::normal_vec(&mut rng::stream(4, "test/images"), count * DIM);
    let values = values.into_iter().map(|x| (0.5 + 0.2 * x).clamp(0.0, 1.0));
    Images::new(values.collect(), 2, 4, 6).unwrap()
}

fn config() -> BayesPcnConfig {
    BayesPcnConfig {
        hidden: 48,
        sigma_obs: 0.01,
        sigma_data: 0.01,
        search: crate::bayespcn::SearchConfig::default(),
        ..small(DIM)
    }
}

fn questions<'a>(
    images: &'a Images,
    corruptions: &'a [Corruption],
    cues: usize,
    device: &'a Device,
) -> Questions<'a> {
    Questions {
        images,
        corruptions,
        cues,
        seed: 0,
        device,
    }
}

fn go_on(_: usize) -> attractor_core::Result<()> {
    Ok(())
}

#[test]
fn corruptions_do_what_their_names_say() {
    let images = images(3);
    let plain: Vec<f32> = (0..3).flat_map(|at| images.scaled(at)).collect();
    let clean = Corruption::Clean.apply(&images, &[0, 1, 2], 7);
    assert_eq!((clean.values, clean.known), (plain.clone(), None));
    // A standard deviation of 0.2 in [0, 1] is 0.4 here; nothing is clipped.
    let many = Images::new(vec![0.5; 200 * DIM], 2, 4, 6).unwrap();
    let all: Vec<usize> = (0..200).collect();
    let white = Corruption::White(0.2).apply(&many, &all, 7).values;
    let square = white.iter().map(|x| f64::from(x * x)).sum::<f64>() / white.len() as f64;
    assert!((square - 0.16).abs() < 0.01, "{square}");
    for corruption in [Corruption::Dropout(0.25), Corruption::Mask(0.5)] {
        let cues = corruption.apply(&images, &[0, 1, 2], 7);
        let known = cues.known.unwrap();
        for row in 0..3 {
            let (top, bottom) = known[row * DIM..(row + 1) * DIM].split_at(24);
            assert_eq!(top, bottom, "channels are hidden together");
            let hidden = top.iter().filter(|&&known| known == 0.0).count();
            assert_eq!(
                hidden,
                if corruption == Corruption::Mask(0.5) {
                    12
                } else {
                    6
                }
            );
        }
        for at in 0..3 * DIM {
            let expected = if known[at] == 1.0 { plain[at] } else { -1.0 };
            assert_eq!(cues.values[at], expected);
            if corruption == Corruption::Mask(0.5) {
                assert_eq!(known[at] == 1.0, at % 6 < 3);
            }
        }
        // An image is corrupted the same way wherever it stands.
        let alone = corruption.apply(&images, &[2], 7);
        assert_eq!(alone.values, cues.values[2 * DIM..]);
    }
}

#[test]
fn more_images_are_harder_to_recall() {
    let images = images(60);
    let mut memory = config().init(&device()).unwrap();
    let corruptions = [Corruption::Clean, Corruption::Mask(0.5)];
    let counts = [4, 60];
    let mut seen = 0;
    let mut underway = |written| {
        seen = written;
        Ok(())
    };
    let device = device();
    let questions = questions(&images, &corruptions, 10, &device);
    let loads = loads(&mut memory, &questions, &counts, &mut underway).unwrap();
    assert_eq!(seen, 60);
    assert_eq!(loads[0].scores[0].errors.len(), 4);
    assert_eq!(loads[1].scores[1].errors.len(), 10);
    assert!(loads[0].scores[0].below(RECALLED) == 1.0, "{loads:?}");
    assert!(loads[1].scores[1].mean() > 10.0 * loads[0].scores[1].mean());
    assert_eq!(
        capacity(&loads, 0, 1.0),
        if loads[1].scores[0].below(RECALLED) < 1.0 {
            4
        } else {
            60
        }
    );
    assert_eq!(capacity(&loads, 1, 0.9), 4);
    assert_eq!(capacity(&loads, 1, 1.1), 0);
}

#[test]
fn what_is_older_is_forgotten_more() {
    let images = images(24);
    let plan = |strength| Fading {
        config: config(),
        stored: 24,
        strength,
        every: 8,
    };
    let device = device();
    let questions = questions(&images, &[Corruption::Clean], 8, &device);
    let curve = |strength| {
        let (_, ages) = fading(plan(strength), &questions, &mut go_on).unwrap();
        assert_eq!(
            ages.iter().map(|age| age.age).collect::<Vec<_>>(),
            [8, 16, 24]
        );
        ages.iter()
            .map(|age| age.scores[0].mean())
            .collect::<Vec<_>>()
    };
    let (kept, faded) = (curve(0.0), curve(0.3));
    assert!(faded[2] > 2.0 * faded[0], "{faded:?}");
    assert!(faded[2] > 10.0 * kept[2], "{faded:?} {kept:?}");
    let mut none = plan(0.1);
    none.every = 0;
    assert!(fading(none, &questions, &mut go_on).is_err());
}

#[test]
fn the_best_setting_counts_for_each_corruption() {
    let images = images(6);
    let gpcn = |rate| {
        Baseline::Gpcn(GpcnConfig {
            network: config(),
            rate,
            ..GpcnConfig::online(DIM)
        })
    };
    let stored = |sigma| {
        Baseline::Stored(StoredMixtureConfig {
            sigma,
            ..StoredMixtureConfig::new(DIM)
        })
    };
    let device = device();
    let corruptions = [Corruption::Clean, Corruption::Mask(0.5)];
    let questions = questions(&images, &corruptions, 6, &device);
    let run = |grid| {
        let contender = Contender {
            name: "any".into(),
            grid,
        };
        contest(&contender, &questions, 6, &mut go_on)
    };
    // The first cannot be trained.
    let grid = vec![gpcn(1e12), gpcn(1e-4), stored(0.1)];
    let trials = run(grid.clone()).unwrap();
    let alone: Vec<Vec<Trial>> = grid[1..]
        .iter()
        .map(|setting| run(vec![*setting]).unwrap())
        .collect();
    for (at, trial) in trials.iter().enumerate() {
        let means: Vec<f64> = alone
            .iter()
            .map(|trials| trials[at].scores.mean())
            .collect();
        assert!(means[0] != means[1]);
        assert_eq!(trial.setting, if means[0] < means[1] { 1 } else { 2 });
        assert_eq!(trial.scores, alone[trial.setting - 1][at].scores);
    }
    // Stored images come back whole.
    assert!(trials[0].scores.worst() < 1e-9);
    let trials = run(vec![Baseline::BayesPcn(config())]).unwrap();
    assert!(trials[1].scores.mean() < 1e-3);
    let message = run(vec![gpcn(1e12)]).unwrap_err().to_string();
    assert!(
        message.contains("a setting that can be trained"),
        "{message}"
    );
    assert!(run(vec![]).is_err());
}
