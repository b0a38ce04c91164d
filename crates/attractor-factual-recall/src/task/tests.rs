use attractor_core::rng;

use super::{CountRows, FactTask, FactTaskConfig, Prompts};

fn config() -> FactTaskConfig {
    FactTaskConfig {
        noise: 10,
        length: 16,
        ..FactTaskConfig::new(6, 4, 3)
    }
}

/// Pearson's statistic lies within five standard deviations of its mean.
fn uniform(counts: &[usize], what: &str) {
    let shares = vec![1.0 / counts.len() as f64; counts.len()];
    follows(counts, &shares, what);
}

fn follows(counts: &[usize], shares: &[f64], what: &str) {
    let total = counts.iter().sum::<usize>() as f64;
    let terms = counts.iter().zip(shares);
    let statistic: f64 = terms
        .map(|(&count, share)| (count as f64 - total * share).powi(2) / (total * share))
        .sum();
    let freedom = counts.len() as f64 - 1.0;
    assert!(
        (statistic - freedom).abs() < 5.0 * (2.0 * freedom).sqrt(),
        "{what}: {counts:?}"
    );
}

/// P10.
#[test]
fn prompts_are_what_the_task_says() {
    for (end_token, exponents) in [(true, (0.0, 0.0)), (false, (0.0, 0.0)), (true, (1.0, 0.5))] {
        let config = FactTaskConfig {
            end_token,
            subject_exponent: exponents.0,
            relation_exponent: exponents.1,
            ..config()
        };
        let task = FactTask::new(config, 3).unwrap();
        let prompts = task.sample(&mut rng::stream(1, "prompts"), 20_000).unwrap();
        let (mut subjects, mut relations) = (vec![0; 6], vec![0; 4]);
        let (mut noise, mut at) = (vec![0; 10], [vec![0; 16], vec![0; 16]]);
        for row in 0..prompts.len() {
            let prompt = prompts.at(row);
            let (subject, relation) = config.subject_and_relation(prompt).unwrap();
            subjects[subject] += 1;
            relations[relation] += 1;
            let answer = prompts.answers()[row] as usize;
            assert_eq!(answer, task.answer(subject, relation).unwrap());
            assert_eq!(answer / 3, relation);
            let place = |token: usize| prompt.iter().position(|&t| t as usize == token).unwrap();
            at[0][place(subject)] += 1;
            at[1][place(6 + relation)] += 1;
            let last = *prompt.last().unwrap() as usize;
            assert_eq!(
                last,
                if end_token {
                    config.end()
                } else {
                    6 + relation
                }
            );
            let inside = prompt.iter().filter(|&&token| (10..20).contains(&token));
            inside
                .clone()
                .for_each(|&token| noise[token as usize - 10] += 1);
            assert_eq!(inside.count(), if end_token { 13 } else { 14 });
        }
        follows(&subjects, task.subject_frequencies(), "subjects");
        follows(&relations, task.relation_frequencies(), "relations");
        uniform(&noise, "noise");
        uniform(&at[0][..15], "places of subjects");
        match end_token {
            true => uniform(&at[1][..15], "places of relations"),
            false => assert_eq!(at[1][15], 20_000),
        }
    }
}

/// Counts drawn at once are those of prompts, up to the order of the draw.
#[test]
fn counts_are_prompts_without_places() {
    let task = FactTask::new(config(), 3).unwrap();
    let prompts = task.sample(&mut rng::stream(1, "prompts"), 50).unwrap();
    let rows = CountRows::of(&prompts, 21).unwrap();
    for row in 0..50 {
        assert_eq!(
            rows.at(row)
                .iter()
                .map(|&count| usize::from(count))
                .sum::<usize>(),
            16
        );
        for (token, &count) in rows.at(row).iter().enumerate() {
            let found = prompts
                .at(row)
                .iter()
                .filter(|&&t| t as usize == token)
                .count();
            assert_eq!(usize::from(count), found);
        }
    }
    let drawn = task
        .sample_counts(&mut rng::stream(2, "prompts"), 20_000)
        .unwrap();
    let mut totals = vec![0; 21];
    for row in 0..drawn.len() {
        let counts = drawn.at(row);
        let one = |tokens: &[u8]| {
            tokens
                .iter()
                .map(|&count| usize::from(count))
                .sum::<usize>()
        };
        assert_eq!(
            (one(&counts[..6]), one(&counts[6..10]), counts[20]),
            (1, 1, 1)
        );
        assert_eq!(one(&counts[10..20]), 13);
        let token = |tokens: &[u8]| tokens.iter().position(|&count| count > 0).unwrap();
        let (subject, relation) = (token(&counts[..6]), token(&counts[6..10]));
        let answer = drawn.answers()[row] as usize;
        assert_eq!(answer, task.answer(subject, relation).unwrap());
        counts
            .iter()
            .zip(&mut totals)
            .for_each(|(&count, total)| *total += usize::from(count));
    }
    uniform(&totals[..6], "subjects");
    uniform(&totals[6..10], "relations");
    uniform(&totals[10..20], "noise");
}

#[test]
fn facts_lie_in_their_blocks() {
    let config = FactTaskConfig::new(40, 30, 5);
    let task = FactTask::new(config, 1).unwrap();
    let mut counts = vec![0; 5];
    for (fact, &answer) in task.facts().iter().enumerate() {
        assert_eq!(answer as usize / 5, fact % 30);
        counts[answer as usize % 5] += 1;
    }
    uniform(&counts, "answers");
    assert_ne!(task, FactTask::new(config, 2).unwrap());
    assert!((task.bits() - 1200.0 * 5f64.log2()).abs() < 1e-9);
    let balanced = FactTask::balanced(config, 1).unwrap();
    for relation in 0..30 {
        for answer in 0..5 {
            let answer = (5 * relation + answer) as u32;
            let column = balanced.facts().iter().skip(relation).step_by(30);
            assert_eq!(column.filter(|&&found| found == answer).count(), 8);
        }
    }
    let structured = FactTask::structured(FactTaskConfig::new(6, 2, 3)).unwrap();
    assert_eq!(structured.facts(), [0, 3, 0, 3, 1, 4, 1, 4, 2, 5, 2, 5]);
}

#[test]
fn every_fact_is_asked_once() {
    let task = FactTask::new(config(), 3).unwrap();
    let prompts = task.every_fact(&mut rng::stream(1, "test")).unwrap();
    assert_eq!(prompts.answers(), task.facts());
    for row in 0..24 {
        let found = task.config().subject_and_relation(prompts.at(row));
        assert_eq!(found, Some((row / 4, row % 4)));
    }
}

#[test]
fn mistakes_are_named() {
    let message = |config: FactTaskConfig| FactTask::new(config, 0).unwrap_err().to_string();
    let good = config();
    let short = message(FactTaskConfig { length: 2, ..good });
    assert_eq!(
        short,
        "FactTaskConfig.length: must hold a subject, a relation and the end, found 2"
    );
    assert!(
        message(FactTaskConfig {
            subjects: 0,
            ..good
        })
        .starts_with("FactTaskConfig.subjects")
    );
    let odd = message(FactTaskConfig {
        subject_exponent: f64::NAN,
        ..good
    });
    assert!(odd.starts_with("FactTaskConfig.subject_exponent"), "{odd}");
    assert!(
        message(FactTaskConfig {
            answers: 1 << 23,
            ..good
        })
        .contains("at most 2^24")
    );
    let facts = FactTask::with_facts(good, vec![0; 24])
        .unwrap_err()
        .to_string();
    assert_eq!(
        facts,
        "facts: must lie in the block of the relation, found 0 for subject 0 and relation 1"
    );
    let task = FactTask::new(good, 0).unwrap();
    let message = task.answer(6, 0).unwrap_err().to_string();
    assert_eq!(message, "subject: expected an index below 6, found 6");
    assert!(task.sample(&mut rng::stream(0, "x"), 0).is_err());
    let message = Prompts::new(vec![1, 2, 3], 2, vec![0])
        .unwrap_err()
        .to_string();
    assert_eq!(message, "prompts: expected shape [n, 2], found [1, 3]");
    let message = CountRows::new(vec![1, 0, 0, 0], 2, vec![0, 0])
        .unwrap_err()
        .to_string();
    assert_eq!(
        message,
        "counts: must have a token in every row, found none in row 1"
    );
    // The shortest prompts hold nothing but subject, relation and end.
    let least = FactTask::new(FactTaskConfig { length: 3, ..good }, 0).unwrap();
    let prompts = least.sample(&mut rng::stream(0, "x"), 5).unwrap();
    assert!((0..5).all(|row| good.subject_and_relation(prompts.at(row)).is_some()));
}
