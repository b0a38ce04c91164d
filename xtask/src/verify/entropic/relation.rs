//! Four dimensions: the relation, its planes, the distance back, recall with a cue on both sides.

use anyhow::Result;
use attractor::entropic::{Domain, EmptyBack, Relation, RelationConfig, Side};

use super::super::Golden;
use super::super::file::File;
use super::{NAME, TOLERANCE, compare, equal, rows, settings, shape};

const SIDES: [(Side, &str); 2] = [(Side::Left, "left"), (Side::Right, "right")];

/// Objects of one side, one after the other, and rows of weights.
struct Pairs {
    objects: [Vec<Vec<u16>>; 2],
    weights: [Vec<Vec<f64>>; 2],
}

/// Objects and rows of weights.
type OneSide = (Vec<Vec<u16>>, Vec<Vec<f64>>);

impl Pairs {
    fn read(file: &File, config: &RelationConfig, [objects, weights]: [&str; 2]) -> Result<Self> {
        let read = |(side, name): (Side, &str)| -> Result<OneSide> {
            let levels = rows(file, &objects.replace('*', name))?;
            let objects: Result<_, _> = levels
                .iter()
                .map(|x| config.domain(side).levels(x))
                .collect();
            Ok((objects?, rows(file, &weights.replace('*', name))?))
        };
        let [left, right] = SIDES.map(read);
        let (left, right) = (left?, right?);
        Ok(Self {
            objects: [left.0, right.0],
            weights: [left.1, right.1],
        })
    }
}

pub(super) fn check(golden: &mut Golden, file: &File) -> Result<()> {
    let [n, p, m, q] = shape(file, "ehm/plain/relation")?;
    let config = RelationConfig::new(Domain::new(n, m), Domain::new(p, q));
    let names = ["ehm/*_registrations", "ehm/*_register_weights"];
    let registered = Pairs::read(file, &config, names)?;
    let [left, right] = &registered.objects;
    let (mut plain, mut weighted) = (config.init()?, config.init()?);
    plain.register(&left.concat(), &right.concat())?;
    let [u, v] = registered.weights.each_ref().map(|rows| rows.concat());
    weighted.register_weighted([&left.concat(), &right.concat()], [&u, &v])?;
    for (relation, part) in [(&plain, "plain"), (&weighted, "weighted")] {
        statistics(golden, file, part, relation)?;
        recognition(golden, file, part, relation)?;
        planes(golden, file, part, relation)?;
    }
    zero_first(golden, file, &plain)?;
    saturation(golden, file)?;
    for side in SIDES {
        back(golden, file, &plain, side)?;
    }
    outside(golden, file, &plain)?;
    oracle(golden, file, &plain, left)
}

fn statistics(golden: &mut Golden, file: &File, part: &str, relation: &Relation) -> Result<()> {
    let key = |name: &str| format!("ehm/{part}/{name}");
    equal(golden, file, &key("relation"), &relation.counts())?;
    for (name, ours) in [
        ("entropies", relation.entropies()),
        ("entropy", vec![relation.entropy()]),
        ("means", relation.means()),
        ("mean", vec![relation.mean()]),
        ("fullness", vec![relation.fullness()]),
    ] {
        compare(golden, file, &key(name), ours, TOLERANCE)?;
    }
    Ok(())
}

fn recognition(golden: &mut Golden, file: &File, part: &str, relation: &Relation) -> Result<()> {
    let key = |name: &str| format!("ehm/{part}/{name}");
    let mut relation = relation.clone();
    let names = ["ehm/recognise_*", "ehm/recognise_*_weights"];
    let cues = Pairs::read(file, relation.config(), names)?;
    let [left, right] = &cues.objects;
    let [u, v] = &cues.weights;
    let mut cells = Vec::new();
    // Without and with weights: answers, mismatches, weights.
    let mut found = <[[Vec<f64>; 3]; 2]>::default();
    for (iota, kappa, xi) in settings(file, "ehm/settings_iota_kappa_xi")? {
        relation.set_tolerances(iota, kappa, xi)?;
        cells.extend(relation.relation());
        for at in 0..left.len() {
            let (a, b) = (&left[at], &right[at]);
            let plain = relation.recognise(a, b)?;
            let weighted = relation.recognise_weighted([a, b], [&u[at], &v[at]])?;
            for (found, recognition) in found.iter_mut().zip([plain, weighted]) {
                found[0].push(recognition.accepted.into());
                found[1].push(recognition.mismatches as f64);
                if found[2].len() < left.len() {
                    found[2].push(recognition.weight);
                }
            }
        }
    }
    equal(golden, file, &key("iota_relation"), &cells)?;
    let [plain, weighted] = found;
    equal(golden, file, &key("recognised"), &plain[0])?;
    equal(golden, file, &key("mismatches"), &plain[1])?;
    compare(golden, file, &key("weight"), plain[2].clone(), TOLERANCE)?;
    equal(golden, file, &key("recognised_with_weights"), &weighted[0])?;
    equal(golden, file, &key("mismatches_with_weights"), &weighted[1])?;
    // Theirs divides by 0 where nothing has a weight.
    let none = |at: usize| {
        let pair = |u: &f64| v[at].iter().all(|v| (u * v).sqrt() < 1.0);
        u[at].iter().all(pair)
    };
    let theirs = weighted[2].iter().enumerate();
    let theirs = theirs.map(|(at, &x)| if none(at) { f64::NAN } else { x });
    let theirs = theirs.collect();
    let [ours, published] = ["corrected", "as_published"];
    let named = |form: &str| key(&format!("weight_with_weights_{form}"));
    compare(golden, file, &named(ours), weighted[2].clone(), TOLERANCE)?;
    compare(golden, file, &named(published), theirs, TOLERANCE)
}

fn planes(golden: &mut Golden, file: &File, part: &str, relation: &Relation) -> Result<()> {
    let mut relation = relation.clone();
    let cues = Pairs::read(file, relation.config(), ["ehm/*_cues", "ehm/*_cue_weights"])?;
    for (side, name) in SIDES {
        for (weigh, ending) in [(false, ""), (true, "_weighted_cue")] {
            let (mut values, mut accepted) = (Vec::new(), Vec::new());
            for iota in file.numbers("ehm/plane_iotas")?.1 {
                relation.set_tolerances(iota, 0.0, 0)?;
                let objects = cues.objects[side as usize].iter();
                for (cue, weights) in objects.zip(&cues.weights[side as usize]) {
                    let weights = weigh.then_some(weights.as_slice());
                    let plane = relation.project(side, cue, weights)?;
                    values.extend_from_slice(plane.values());
                    accepted.push(u8::from(relation.accepts(side, cue)?));
                }
            }
            let key = format!("ehm/{part}/plane_from_{name}{ending}");
            compare(golden, file, &key, values, TOLERANCE)?;
            let key = format!("ehm/{part}/accepted_from_{name}{ending}");
            equal(golden, file, &key, &accepted)?;
        }
    }
    Ok(())
}

/// The first column of the cue has no weight.
fn zero_first(golden: &mut Golden, file: &File, relation: &Relation) -> Result<()> {
    let config = relation.config();
    let cue = config.left.levels(&file.numbers("ehm_zero_first/cue")?.1)?;
    let weights = file.numbers("ehm_zero_first/weights")?.1;
    let plane = relation.project(Side::Left, &cue, Some(&weights))?;
    let ours = plane.values().to_vec();
    compare(
        golden,
        file,
        "ehm_zero_first/plane_corrected",
        ours,
        TOLERANCE,
    )?;
    // Their gate begins with the product of the first column.
    let theirs = match weights[0] == 0.0 {
        true => vec![0.0; plane.values().len()],
        false => plane.values().to_vec(),
    };
    compare(
        golden,
        file,
        "ehm_zero_first/plane_as_published",
        theirs,
        TOLERANCE,
    )
}

/// One pair with large weights, which the published counters show, as they know no end.
fn saturation(golden: &mut Golden, file: &File) -> Result<()> {
    const PUBLISHED: &str = "ehm_saturation/relation_as_published";
    let [_, n, p, m, q] = shape(file, PUBLISHED)?;
    let config = RelationConfig::new(Domain::new(n, m), Domain::new(p, q));
    let theirs = file.numbers(PUBLISHED)?.1;
    let (mut relation, mut before) = (config.init()?, vec![0.0; n * p * m * q]);
    let (mut capped, mut free) = (Vec::new(), Vec::new());
    for counts in theirs.chunks_exact(before.len()) {
        let weight = counts[0] - before[0];
        let objects = (vec![0; n], vec![0; p]);
        let weights = (vec![weight; n], vec![weight; p]);
        relation.register_weighted([&objects.0, &objects.1], [&weights.0, &weights.1])?;
        capped.extend(relation.counts());
        for (at, count) in before.iter_mut().enumerate() {
            // Cell (0, 0) of each block.
            *count += if at % (m * q) == 0 { weight } else { 0.0 };
        }
        free.extend_from_slice(&before);
    }
    equal(golden, file, "ehm_saturation/relation_corrected", &capped)?;
    equal(golden, file, PUBLISHED, &free)
}

/// Every function in the planes of some cues.
fn back(
    golden: &mut Golden,
    file: &File,
    relation: &Relation,
    (side, name): (Side, &str),
) -> Result<()> {
    let key = |tensor: &str| format!("back_{name}/{tensor}");
    let cues = Pairs::read(file, relation.config(), ["ehm/*_cues", "ehm/*_cue_weights"])?;
    let (cues, cue_weights) = (&cues.objects[side as usize], &cues.weights[side as usize]);
    let indices = file.numbers(&key("cue_index"))?.1;
    let candidates = rows(file, &key("candidate"))?;
    let domain = relation.config().domain(side.other());
    let (mut given, mut near, mut weighted) = (Vec::new(), Vec::new(), Vec::new());
    let (mut minimal, mut least) = (Vec::new(), Vec::<[f64; 2]>::new());
    for (&index, candidate) in indices.iter().zip(&candidates) {
        let (cue, candidate) = (&cues[index as usize], domain.levels(candidate)?);
        let plane = relation.project(side, cue, None)?;
        let distance = |candidate: &[u16], weights: Option<&[f64]>| {
            let given = plane.weights(candidate)?;
            let candidate = (candidate, Some(given.as_slice()));
            relation.back_distance((side, cue, weights), candidate, EmptyBack::Infinite)
        };
        let own = distance(&candidate, None)?;
        given.extend(plane.weights(&candidate)?);
        near.push(own);
        weighted.push(distance(&candidate, Some(&cue_weights[index as usize]))?);
        let mut best = true;
        for j in 0..domain.columns {
            for level in [candidate[j].wrapping_sub(1), candidate[j] + 1] {
                if usize::from(level) < domain.rows && plane.at(j, level)? > 0.0 {
                    let mut neighbour = candidate.clone();
                    neighbour[j] = level;
                    best &= distance(&neighbour, None)? >= own * (1.0 - 1e-12);
                }
            }
        }
        minimal.push(u8::from(best));
        match least.last_mut() {
            Some([cue, least]) if *cue == index => *least = least.min(own),
            _ => least.push([index, own]),
        }
    }
    compare(golden, file, &key("candidate_weights"), given, TOLERANCE)?;
    compare(golden, file, &key("distance"), near, TOLERANCE)?;
    compare(
        golden,
        file,
        &key("distance_weighted_cue"),
        weighted,
        TOLERANCE,
    )?;
    equal(golden, file, &key("is_local_minimum"), &minimal)?;
    compare(
        golden,
        file,
        &key("minimum_per_cue"),
        least.concat(),
        TOLERANCE,
    )?;
    // They are all that there are.
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for [index, _] in least {
        ours.push(
            relation
                .project(side, &cues[index as usize], None)?
                .functions(),
        );
        theirs.push(indices.iter().filter(|&&other| other == index).count() as f64);
    }
    golden.compare_values(NAME, &key("functions of the planes"), &ours, &theirs, 0.0)
}

/// Candidates that are not in the plane.
fn outside(golden: &mut Golden, file: &File, relation: &Relation) -> Result<()> {
    let config = relation.config();
    let cue = config.left.levels(&file.numbers("back_outside/cue")?.1)?;
    for (empty, form) in [
        (EmptyBack::Infinite, "corrected"),
        (EmptyBack::Zero, "as_published"),
    ] {
        let mut distances = Vec::new();
        for candidate in rows(file, "back_outside/candidate")? {
            let candidate = config.right.levels(&candidate)?;
            let cue = (Side::Left, cue.as_slice(), None);
            distances.push(relation.back_distance(cue, (&candidate, None), empty)?);
        }
        let key = format!("back_outside/distance_{form}");
        compare(golden, file, &key, distances, TOLERANCE)?;
    }
    Ok(())
}

/// The true partner as second cue.
fn oracle(
    golden: &mut Golden,
    file: &File,
    relation: &Relation,
    registrations: &[Vec<u16>],
) -> Result<()> {
    let domain = relation.config().right;
    let pairs = rows(file, "oracle/cue_index_and_partner")?;
    let mut known = Vec::new();
    for row in &pairs {
        let cue = &registrations[row[0] as usize];
        known.push((cue, domain.levels(&row[1..])?));
    }
    for named in file.matching("oracle/recognised_xi2_#")? {
        let mut answers = Vec::new();
        for (cue, partner) in &known {
            let second = (partner.as_slice(), named.count(0), 0.1);
            let plane = relation.gated_plane(Side::Left, cue, second)?;
            answers.push(u8::from(plane.is_some()));
        }
        equal(golden, file, &named.key, &answers)?;
    }
    for named in file.matching("oracle/gated_plane_sigma_*")? {
        // Ours are the same up to a factor for each column.
        let normal = |values: &[f64]| -> Vec<f64> {
            let columns = values.chunks_exact(domain.rows);
            let shares = columns.flat_map(|column| {
                let total: f64 = column.iter().sum();
                let share = move |x: &f64| if total > 0.0 { x / total } else { 0.0 };
                column.iter().map(share).collect::<Vec<_>>()
            });
            shares.collect()
        };
        let mut ours = Vec::new();
        for (cue, partner) in &known {
            let second = (partner.as_slice(), domain.columns, named.number(0));
            let plane = relation.gated_plane(Side::Left, cue, second)?;
            match plane {
                Some(plane) => ours.extend(normal(plane.values())),
                None => ours.extend(vec![0.0; domain.cells()]),
            }
        }
        let theirs = normal(&file.numbers(&named.key)?.1);
        golden.compare_values(NAME, &named.key, &ours, &theirs, TOLERANCE)?;
    }
    Ok(())
}
