//! Two dimensions: registers and the quantiser.

use anyhow::Result;
use attractor::core::rng;
use attractor::entropic::quantiser::PERCENTILES;
use attractor::entropic::{Domain, Quantiser, Register, RegisterConfig, UNDEFINED};

use super::super::Golden;
use super::super::file::File;
use super::{TOLERANCE, compare, equal, number, outside, rows, settings, shape};

pub(super) fn check(golden: &mut Golden, file: &File) -> Result<()> {
    published(golden, file)?;
    empty_column(golden, file)?;
    saturation(golden, file)?;
    underflow(golden, file)?;
    quantiser(golden, file)
}

fn domain(file: &File, key: &str) -> Result<Domain> {
    let [columns, rows] = shape(file, key)?;
    Ok(Domain::new(columns, rows))
}

fn published(golden: &mut Golden, file: &File) -> Result<()> {
    let domain = domain(file, "am/relation")?;
    let mut register = RegisterConfig::new(domain).init()?;
    let mut after = Vec::new();
    for object in rows(file, "am/registrations")? {
        register.register(&domain.levels(&object)?)?;
        after.extend_from_slice(register.counts());
    }
    equal(golden, file, "am/relation_after_each", &after)?;
    equal(golden, file, "am/relation", register.counts())?;
    let undefined: Vec<f64> = register.undefined().iter().map(|&x| x as f64).collect();
    equal(golden, file, "am/undefined_counts", &undefined)?;
    statistics(golden, file, "am", &register)?;
    compare(
        golden,
        file,
        "am/entropy",
        vec![register.entropy()],
        TOLERANCE,
    )?;

    let cues = rows(file, "am/cues")?;
    let cues: Result<Vec<Vec<u16>>, _> = cues.iter().map(|cue| domain.levels(cue)).collect();
    let cues = cues?;
    let outside: Vec<f64> = cues
        .iter()
        .flat_map(|cue| outside(cue, domain.rows))
        .collect();
    equal(golden, file, "am/cue_levels", &outside)?;
    let mut weights = Vec::new();
    for cue in &cues {
        weights.extend(register.cell_weights(cue)?);
    }
    equal(golden, file, "am/cell_weights", &weights)?;
    tolerances(golden, file, &register, &cues)?;

    let mut probabilities = Vec::new();
    for sigma in file.numbers("am/sigmas")?.1 {
        let config = RegisterConfig {
            sigma,
            ..*register.config()
        };
        let register = Register::with_counts(config, register.counts().to_vec(), 0)?;
        for cue in &cues {
            probabilities.extend(register.distribution(cue)?);
        }
    }
    compare(
        golden,
        file,
        "am/retrieval_probabilities",
        probabilities,
        TOLERANCE,
    )
}

fn statistics(golden: &mut Golden, file: &File, part: &str, register: &Register) -> Result<()> {
    let key = |name: &str| format!("{part}/{name}");
    compare(
        golden,
        file,
        &key("entropies"),
        register.entropies(),
        TOLERANCE,
    )?;
    compare(golden, file, &key("means"), register.means(), TOLERANCE)?;
    compare(golden, file, &key("mean"), vec![register.mean()], TOLERANCE)
}

/// What the tolerances let through: ours, and with the undefined values in the threshold of iota.
fn tolerances(
    golden: &mut Golden,
    file: &File,
    register: &Register,
    cues: &[Vec<u16>],
) -> Result<()> {
    let mut register = register.clone();
    let rows = register.config().domain.rows;
    let (mut ours, mut theirs) = <([Vec<f64>; 3], [Vec<f64>; 3])>::default();
    let mut weights = Vec::new();
    for (at, (iota, kappa, xi)) in settings(file, "am/settings_iota_kappa_xi")?
        .into_iter()
        .enumerate()
    {
        register.set_tolerances(iota, kappa, xi)?;
        ours[0].extend(register.relation().iter().map(|&x| f64::from(x)));
        let shifted = with_undefined(&register);
        for cue in cues {
            let recognition = register.recognise(cue)?;
            ours[1].push(recognition.mismatches as f64);
            ours[2].push(recognition.accepted.into());
            if at == 0 {
                weights.push(recognition.weight);
            }
            let off = |(i, &level): (usize, &u16)| {
                level != UNDEFINED && shifted[i * rows + usize::from(level)] == 0.0
            };
            let mismatches = cue.iter().enumerate().filter(|&cell| off(cell)).count();
            theirs[1].push(mismatches as f64);
            let familiar = kappa * register.mean() <= recognition.weight;
            theirs[2].push((mismatches <= xi && familiar).into());
        }
        theirs[0].extend(shifted);
    }
    compare(golden, file, "am/weight", weights, TOLERANCE)?;
    for (values, form) in [(ours, "corrected"), (theirs, "as_published")] {
        for (values, name) in values
            .iter()
            .zip(["iota_relation", "mismatches", "recognised"])
        {
            equal(golden, file, &format!("am/{name}_{form}"), values)?;
        }
    }
    Ok(())
}

/// The iota-relation if undefined values are a row like the others, as the authors' threshold has it.
fn with_undefined(register: &Register) -> Vec<f64> {
    let config = register.config();
    let columns = register.counts().chunks_exact(config.domain.rows);
    let columns = columns.zip(register.undefined());
    let kept = columns.flat_map(|(column, &undefined)| {
        let sum: f64 = column.iter().map(|&x| f64::from(x)).sum::<f64>() + undefined as f64;
        let active = column.iter().filter(|&&x| x > 0).count() + usize::from(undefined > 0);
        let least = config.iota * sum / active.max(1) as f64;
        column.iter().map(move |&x| match f64::from(x) >= least {
            true => f64::from(x),
            false => 0.0,
        })
    });
    kept.collect()
}

fn empty_column(golden: &mut Golden, file: &File) -> Result<()> {
    let domain = domain(file, "am_empty/relation")?;
    let mut register = RegisterConfig::new(domain).init()?;
    for object in rows(file, "am_empty/registrations")? {
        register.register(&domain.levels(&object)?)?;
    }
    equal(golden, file, "am_empty/relation", register.counts())?;
    statistics(golden, file, "am_empty", &register)?;
    let cue = vec![UNDEFINED; domain.columns];
    let accepted = register.recognise(&cue)?.accepted;
    equal(golden, file, "am_empty/recognised", &[u8::from(accepted)])?;
    let empty: Vec<usize> = (0..domain.columns)
        .filter(|&i| register.sums()[i] == 0)
        .collect();
    let retrieved = register.retrieve(&cue, &mut rng::stream(0, "verify"))?;
    let retrieved = retrieved.unwrap_or_default();
    let value = |&i: &usize| match retrieved.get(i) {
        None | Some(&UNDEFINED) => f64::NAN,
        Some(&level) => level.into(),
    };
    let values: Vec<f64> = empty.iter().map(value).collect();
    equal(
        golden,
        file,
        "am_empty/retrieved_column_value_corrected",
        &values,
    )?;
    // Their walk through a column without weights ends in its last row.
    let last = vec![(domain.rows - 1) as f64; empty.len()];
    equal(
        golden,
        file,
        "am_empty/retrieved_column_value_as_published",
        &last,
    )
}

fn saturation(golden: &mut Golden, file: &File) -> Result<()> {
    let domain = domain(file, "am_saturation/start")?;
    let start = file.numbers("am_saturation/start")?.1;
    let start: Vec<u32> = start.into_iter().map(|x| x as u32).collect();
    for named in file.matching("am_saturation/after_#_registrations_of_#")? {
        let (times, level) = (named.count(0), named.count(1) as u16);
        let mut register = Register::with_counts(RegisterConfig::new(domain), start.clone(), 0)?;
        register.register(&vec![level; domain.columns * times])?;
        equal(golden, file, &named.key, register.counts())?;
    }
    Ok(())
}

fn underflow(golden: &mut Golden, file: &File) -> Result<()> {
    let domain = domain(file, "am_underflow/relation")?;
    let sigma = number(file, "am_underflow/sigma")?;
    let counts = file.numbers("am_underflow/relation")?.1;
    let counts: Vec<u32> = counts.into_iter().map(|x| x as u32).collect();
    let config = RegisterConfig {
        sigma,
        ..RegisterConfig::new(domain)
    };
    let cue = domain.levels(&file.numbers("am_underflow/cue")?.1)?;
    let register = Register::with_counts(config, counts.clone(), 0)?;
    let ours = register.distribution(&cue)?;
    let (_, expected) = file.numbers("am_underflow/probabilities_corrected")?;
    for column in ours.chunks_exact(domain.rows) {
        let key = "am_underflow/probabilities_corrected";
        golden.compare_values(super::NAME, key, column, &expected, TOLERANCE)?;
    }
    // Without logarithms every product is 0, and their walk ends in the last row.
    let width = sigma * domain.rows as f64;
    let product = |k: usize| {
        let far = (k as f64 - f64::from(cue[0])) / width;
        f64::from(counts[k]) * (-far * far / 2.0).exp()
    };
    let mut column: Vec<f64> = (0..domain.rows).map(product).collect();
    let total: f64 = column.iter().sum();
    match total > 0.0 {
        true => column.iter_mut().for_each(|x| *x /= total),
        false => column[domain.rows - 1] = 1.0,
    }
    compare(
        golden,
        file,
        "am_underflow/probabilities_as_published",
        column,
        TOLERANCE,
    )
}

fn quantiser(golden: &mut Golden, file: &File) -> Result<()> {
    let [_, columns] = shape(file, "quant/corpus")?;
    let corpus = file.numbers("quant/corpus")?.1;
    let fit = |levels, percentiles| Quantiser::fit(&corpus, columns, levels, percentiles);
    for (percentiles, form) in [(PERCENTILES, ""), ([0.0, 100.0], "_full_range")] {
        let ours = fit(2, percentiles)?;
        for (values, name) in [(ours.minima(), "minima"), (ours.maxima(), "maxima")] {
            let key = format!("quant/{name}{form}");
            compare(golden, file, &key, values.to_vec(), TOLERANCE)?;
        }
    }
    let x = file.numbers("quant/x")?.1;
    let mut found = <[Vec<f64>; 3]>::default();
    for levels in file.numbers("quant/levels_count")?.1 {
        let quantiser = fit(levels as usize, PERCENTILES)?;
        for (at, &x) in x.iter().enumerate() {
            let level = quantiser.unclamped(at % columns, x)?;
            found[0].push(level.unwrap_or(f64::NAN));
        }
        let objects = quantiser.quantise(&x)?;
        found[1].extend(outside(&objects, levels as usize));
        found[2].extend(quantiser.dequantise(&objects)?);
    }
    let [free, levels, back] = found;
    equal(golden, file, "quant/levels_unclamped", &free)?;
    equal(golden, file, "quant/levels", &levels)?;
    compare(golden, file, "quant/dequantised", back, TOLERANCE)?;
    let one = fit(1, PERCENTILES)?;
    let middle = one.dequantise(&vec![0; columns])?;
    compare(
        golden,
        file,
        "quant/dequantised_one_level_corrected",
        middle,
        TOLERANCE,
    )?;
    // Theirs leaves out the minimum.
    let ranges = one.minima().iter().zip(one.maxima());
    let half = ranges.map(|(lo, hi)| (hi - lo) / 2.0).collect();
    compare(
        golden,
        file,
        "quant/dequantised_one_level_as_published",
        half,
        TOLERANCE,
    )
}
