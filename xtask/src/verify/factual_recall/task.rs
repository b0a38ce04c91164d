//! The sampler: frequencies exactly, draws by their statistics.

use anyhow::Result;
use attractor::core::rng;
use attractor::factual_recall::{FactTask, FactTaskConfig};

use super::{File, Golden, NAME, compare, counts, indices};

/// Standard deviations of Pearson's statistic that a sampler may be away from its mean.
const DEVIATIONS: f64 = 5.0;
/// Their frequencies are in single precision.
const SINGLE: f64 = 1e-6;

pub(super) fn check(golden: &mut Golden) -> Result<()> {
    let file = golden.file(super::FILE)?;
    for mode in ["eos", "no_eos", "zipf"] {
        if file.contains(&format!("sampler/{mode}_prompts")) {
            sampler(golden, &file, mode)?;
        }
    }
    Ok(())
}

/// The task of a mode: sizes from shapes, exponents from the first and the last frequency.
pub(super) fn task(file: &File, mode: &str) -> Result<FactTask> {
    let of = |what: &str| format!("sampler/{mode}_{what}");
    let (shape, _) = file.numbers("sampler/fact_dict")?;
    let &[subjects, relations] = shape else {
        return Err(super::misfit(file, "sampler/fact_dict", "two axes", shape));
    };
    let (prompts, _) = file.numbers(&of("prompts"))?;
    let exponent = |what: &str| -> Result<f64> {
        let p = super::vector(file, &of(what))?;
        Ok(match p[..] {
            [first, .., last] => (first / last).ln() / (p.len() as f64).ln(),
            _ => 0.0,
        })
    };
    let config = FactTaskConfig {
        subjects,
        relations,
        answers: counts(file, &of("answer_counts"))?.len() / relations.max(1),
        noise: counts(file, &of("noise_counts"))?.len(),
        length: prompts.last().copied().unwrap_or_default(),
        end_token: mode != "no_eos",
        subject_exponent: exponent("subject_p")?,
        relation_exponent: exponent("relation_p")?,
    };
    Ok(FactTask::with_facts(
        config,
        counts(file, "sampler/fact_dict")?,
    )?)
}

fn sampler(golden: &mut Golden, file: &File, mode: &str) -> Result<()> {
    let of = |what: &str| format!("sampler/{mode}_{what}");
    let task = task(file, mode)?;
    let sizes = *task.config();
    compare(
        golden,
        file,
        &of("subject_p"),
        task.subject_frequencies(),
        SINGLE,
    )?;
    compare(
        golden,
        file,
        &of("relation_p"),
        task.relation_frequencies(),
        SINGLE,
    )?;
    // Their prompts are prompts of our task, with our answers.
    let prompts = indices(file, &of("prompts"))?;
    let answers: Vec<f64> = prompts
        .chunks(sizes.length)
        .map(|prompt| {
            let tokens: Vec<u32> = prompt.iter().map(|&token| token as u32).collect();
            let ends = !sizes.end_token || prompt.last() == Some(&sizes.end());
            let found = sizes.subject_and_relation(&tokens).filter(|_| ends);
            found
                .and_then(|(s, r)| task.answer(s, r).ok())
                .map_or(-1.0, |answer| answer as f64)
        })
        .collect();
    compare(golden, file, &of("answers"), &answers, 0.0)?;

    let samples = indices(file, &of("n_samples"))?
        .first()
        .copied()
        .unwrap_or_default();
    let drawn = task.sample(&mut rng::stream(0, "verify"), samples)?;
    let tokens = sizes.vocabulary();
    let (mut by_token, mut places) = (
        vec![0u32; tokens],
        [vec![0u32; sizes.length], vec![0u32; sizes.length]],
    );
    let mut by_answer = vec![0u32; sizes.all_answers()];
    for row in 0..drawn.len() {
        by_answer[drawn.answers()[row] as usize] += 1;
        for (at, &token) in drawn.row(row)?.iter().enumerate() {
            by_token[token as usize] += 1;
            let token = token as usize;
            if token < sizes.subjects {
                places[0][at] += 1;
            } else if token < sizes.subjects + sizes.relations {
                places[1][at] += 1;
            }
        }
    }
    let mut expected_answers = vec![0.0; sizes.all_answers()];
    for (fact, &answer) in task.facts().iter().enumerate() {
        let (s, r) = (fact / sizes.relations, fact % sizes.relations);
        expected_answers[answer as usize] +=
            task.subject_frequencies()[s] * task.relation_frequencies()[r];
    }
    let even = |count: usize, of: usize| -> Vec<f64> {
        (0..of)
            .map(|at| if at < count { 1.0 / count as f64 } else { 0.0 })
            .collect()
    };
    let before_last = even(sizes.length - 1, sizes.length);
    let relation_places = match sizes.end_token {
        true => before_last.clone(),
        false => (0..sizes.length)
            .map(|at| f64::from(u8::from(at + 1 == sizes.length)))
            .collect(),
    };
    let noise = sizes.subjects + sizes.relations..tokens - 1;
    for (what, ours, shares) in [
        (
            "subject_counts",
            &by_token[..sizes.subjects],
            task.subject_frequencies(),
        ),
        (
            "relation_counts",
            &by_token[sizes.subjects..noise.start],
            task.relation_frequencies(),
        ),
        (
            "noise_counts",
            &by_token[noise.clone()],
            even(sizes.noise, sizes.noise).as_slice(),
        ),
        (
            "subject_position_counts",
            places[0].as_slice(),
            before_last.as_slice(),
        ),
        (
            "relation_position_counts",
            places[1].as_slice(),
            relation_places.as_slice(),
        ),
        (
            "answer_counts",
            by_answer.as_slice(),
            expected_answers.as_slice(),
        ),
    ] {
        let theirs = counts(file, &of(what))?;
        anyhow::ensure!(
            theirs.len() == ours.len(),
            "{}: expected {} counts",
            of(what),
            ours.len()
        );
        let found = [deviations(ours, shares), deviations(&theirs, shares)];
        let name = format!("{}: chi squared, ours and theirs", of(what));
        golden.compare_values(NAME, &name, &found, &[0.0, 0.0], DEVIATIONS)?;
    }
    Ok(())
}

/// How many of its standard deviations Pearson's statistic is above its mean; infinite for a count where
/// there is no share.
fn deviations(counts: &[u32], shares: &[f64]) -> f64 {
    let total: f64 = counts.iter().map(|&count| f64::from(count)).sum();
    let (mut statistic, mut freedom) = (0.0, -1.0_f64);
    for (&count, &share) in counts.iter().zip(shares) {
        let count = f64::from(count);
        match share > 0.0 {
            true => {
                statistic += (count - total * share).powi(2) / (total * share);
                freedom += 1.0;
            }
            false if count > 0.0 => return f64::INFINITY,
            false => {}
        }
    }
    match freedom > 0.0 {
        true => ((statistic - freedom) / (2.0 * freedom).sqrt()).max(0.0),
        false => 0.0,
    }
}
