//! A relation between two data sets.

use attractor::entropic::{
    Domain, EmptyBack, Method, Quantiser, Relation, RelationConfig, SearchConfig, Side,
};
use attractor::evaluation::{Measurement, Metric};

use super::half::{Half, Halves};
use super::options::Settings;
use super::{measured, picture, shares};
use crate::{Result, Session, Task};

/// Both sides, with what is stored of them.
pub(super) struct Filled<'a> {
    pub(super) halves: [&'a Half; 2],
    pub(super) quantisers: [Quantiser; 2],
    pub(super) relation: Relation,
    /// Objects of the cues.
    pub(super) cues: [Vec<u16>; 2],
}

fn filled<'a>(
    settings: &Settings,
    task: Task<'_>,
    session: &mut dyn Session,
    halves: &'a mut Halves,
) -> Result<Filled<'a>> {
    let left = halves.place(settings, task, session, false)?;
    let right = halves.place(settings, task, session, true)?;
    let halves = [halves.at(left), halves.at(right)];
    if halves[0].classes != halves[1].classes {
        let [left, right] = halves.map(|half| half.classes);
        return Err(task.refuse(format!(
            "expected `right_classes` for the {left} classes of the left side, found {right}"
        )));
    }
    let [a, b] = halves;
    let quantisers = [a.quantiser(settings.rows)?, b.quantiser(settings.rows)?];
    let domain = Domain::new(settings.options.columns, settings.rows);
    let config = RelationConfig {
        iota: settings.options.iota,
        kappa: settings.options.kappa,
        xi: settings.options.xi,
        ..RelationConfig::new(domain, domain)
    };
    let mut relation = config.init()?;
    let stored = settings.stored * domain.columns;
    let objects = |side: usize| quantisers[side].quantise(&halves[side].fill[..stored]);
    relation.register(&objects(0)?, &objects(1)?)?;
    let cues = [
        quantisers[0].quantise(&a.cues)?,
        quantisers[1].quantise(&b.cues)?,
    ];
    Ok(Filled {
        halves,
        quantisers,
        relation,
        cues,
    })
}

fn table(relation: &Relation, asked: usize) -> [Measurement; 2] {
    [
        measured(Metric::MemoryEntropy, relation.entropy(), asked),
        measured(Metric::Fullness, 100.0 * relation.fullness(), asked),
    ]
}

/// Pairs of unseen images: cue k with partner k, of the same class, and with the next, of another.
pub(super) fn recognition(
    settings: &Settings,
    task: Task<'_>,
    session: &mut dyn Session,
    halves: &mut Halves,
) -> Result<Vec<Measurement>> {
    let filled = filled(settings, task, session, halves)?;
    let (columns, test) = (settings.options.columns, settings.options.test);
    let object = |side: usize, at: usize| {
        let start = at % test * columns;
        &filled.cues[side][start..start + columns]
    };
    // Accepted of the same class and of another, and how many of each there were.
    let (mut accepted, mut asked) = ([0; 2], [0; 2]);
    for at in 0..test {
        for (other, next) in [at, at + 1].into_iter().enumerate() {
            let same = at % filled.halves[0].classes == next % test % filled.halves[1].classes;
            if same == (other == 0) {
                let (a, b) = (object(0, at), object(1, next));
                asked[other] += 1;
                accepted[other] += usize::from(filled.relation.recognise(a, b)?.accepted);
            }
        }
    }
    let ([hits, alarms], all) = (accepted, asked[0] + asked[1]);
    let percent = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
    let precision = match hits + alarms {
        0 => 100.0,
        answers => percent(hits, answers),
    };
    let mut found = vec![
        measured(Metric::Precision, precision, all),
        measured(Metric::Recall, percent(hits, asked[0]), asked[0]),
        measured(
            Metric::Accuracy,
            percent(hits + asked[1] - alarms, all),
            all,
        ),
    ];
    found.extend(table(&filled.relation, all));
    Ok(found)
}

/// The other side, from unseen images.
pub(super) fn measure(
    settings: &Settings,
    task: Task<'_>,
    session: &mut dyn Session,
    halves: &mut Halves,
) -> Result<Vec<Measurement>> {
    let filled = filled(settings, task, session, halves)?;
    let options = &settings.options;
    let (side, method) = (
        options.from.unwrap_or(Side::Left),
        options.method.unwrap_or_default(),
    );
    let other = side.other() as usize;
    let config = SearchConfig::new(method);
    let cues = &filled.cues[side as usize];
    let responses = filled
        .relation
        .recall_batch(side, cues, &config, settings.seed)?;
    let (mut answers, mut classes, mut distance) = (Vec::new(), Vec::new(), 0.0);
    for (at, response) in responses.iter().enumerate() {
        let Some(response) = response else { continue };
        answers.extend(filled.quantisers[other].dequantise(&response.object)?);
        classes.push(at % filled.halves[0].classes);
        distance += match response.distance {
            Some(distance) => distance,
            None => {
                let cue = &cues[at * options.columns..(at + 1) * options.columns];
                let plane = filled.relation.project(side, cue, None)?;
                let given = plane.weights(&response.object)?;
                let candidate = (response.object.as_slice(), Some(given.as_slice()));
                let cue = (side, cue, None);
                filled
                    .relation
                    .back_distance(cue, candidate, EmptyBack::Infinite)?
            }
        };
    }
    let named = filled.halves[other].named(&answers, session)?;
    let right = named.iter().zip(&classes).filter(|(a, b)| a == b).count();
    let asked = options.test;
    let mut found = shares(asked, classes.len(), right);
    if !classes.is_empty() {
        let mean = distance / classes.len() as f64;
        found.push(measured(Metric::BackDistance, mean, classes.len()));
    }
    found.extend(table(&filled.relation, asked));
    if settings.seed == 0 && settings.stored == settings.pairs && method == Method::SearchAndTest {
        picture::show(&filled, side, task, session)?;
    }
    Ok(found)
}
