//! Decoding on graphs, update by update.

use anyhow::Result;
use attractor::sparse_recovery::expander::{Constraints, Decoded, Decoder, Order, Rule};

use super::{Checks, ZERO};

/// Rounds at most, unless the file says otherwise.
const ROUNDS: f64 = 4.0;

pub(super) fn check(own: &mut Checks<'_>) -> Result<()> {
    for weights in ["gauss", "sign"] {
        let key = |name: &str| format!("expander/{weights}/{name}");
        let graph = Constraints::from_dense(own.matrix(&key("B"))?.as_ref())?;
        let truth = own.rows(&key("true_e"))?;
        let counts = truth
            .iter()
            .map(|e| e.iter().filter(|x| **x != 0.0).count());
        own.equal("expander/error_counts", counts.collect::<Vec<_>>())?;
        for (name, rule, order) in [
            ("parallel", Rule::Majority, Order::Parallel),
            ("sequential", Rule::Majority, Order::Sequential),
            ("two_agree", Rule::TwoAgree, Order::Sequential),
        ] {
            if own.file.contains(&key(&format!("{name}/e"))) {
                let decoder = Decoder {
                    rule,
                    order,
                    // An entry of one check speaks for itself in the oracle.
                    least: 1,
                    max_rounds: own.file.setting("expander/max_rounds", ROUNDS)? as usize,
                };
                decoded(own, &graph, &truth, decoder, &key(name))?;
            }
        }
    }
    Ok(())
}

fn decoded(
    own: &mut Checks<'_>,
    graph: &Constraints,
    truth: &[Vec<f64>],
    decoder: Decoder,
    key: &str,
) -> Result<()> {
    let syndromes: Result<Vec<Vec<f64>>, _> = truth.iter().map(|e| graph.syndrome(e)).collect();
    let syndromes = syndromes?;
    let found = decoder.decode_all(graph, &syndromes)?;
    let all =
        |of: &dyn Fn(&Decoded) -> Vec<f64>| -> Vec<f64> { found.iter().flat_map(of).collect() };
    own.equal(
        &format!("{key}/success"),
        found
            .iter()
            .map(|own| usize::from(own.success))
            .collect::<Vec<_>>(),
    )?;
    own.equal(
        &format!("{key}/rounds"),
        found.iter().map(|own| own.rounds).collect::<Vec<_>>(),
    )?;
    own.compare(&format!("{key}/e"), &all(&|own| own.error.clone()), ZERO)?;
    if own.file.contains(&format!("{key}/e_after_round_1")) {
        let once = Decoder {
            max_rounds: 1,
            ..decoder
        };
        let first = once.decode_all(graph, &syndromes)?;
        let errors: Vec<f64> = first.into_iter().flat_map(|own| own.error).collect();
        own.compare(&format!("{key}/e_after_round_1"), &errors, ZERO)?;
    }
    if own.file.contains(&format!("{key}/step_values")) {
        own.compare(
            &format!("{key}/step_values"),
            &all(&|own| own.steps.iter().map(|step| step.value).collect()),
            ZERO,
        )?;
        steps(own, &found, &format!("{key}/steps_word_round_node"))?;
    }
    if own.file.contains(&format!("{key}/unsatisfied_checks")) {
        let counts = found.iter().flat_map(|own| {
            let after = own.steps.iter().map(|step| step.unsatisfied);
            std::iter::once(own.unsatisfied)
                .chain(after)
                .collect::<Vec<_>>()
        });
        own.equal(
            &format!("{key}/unsatisfied_checks"),
            counts.collect::<Vec<_>>(),
        )?;
    }
    Ok(())
}

/// Word, round and node of every step, rounds counted from 0 or from 1 as the file does.
fn steps(own: &mut Checks<'_>, found: &[Decoded], key: &str) -> Result<()> {
    let rows = own.rows(key)?;
    let first = rows.iter().map(|row| row[1] as usize).min().unwrap_or(1);
    let steps = found.iter().enumerate().flat_map(|(word, own)| {
        let each = own.steps.iter();
        each.flat_map(move |step| [word, step.round - 1 + first, step.entry])
            .collect::<Vec<_>>()
    });
    own.equal(key, steps.collect::<Vec<_>>())
}
