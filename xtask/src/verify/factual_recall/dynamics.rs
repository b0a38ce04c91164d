//! Linear attention: one evaluation, gradient descent, stages.

use anyhow::Result;
use attractor::factual_recall::dynamics::{LinearAttention, StageTimes, Uncollapsed};
use attractor::factual_recall::{CountRows, FactTaskConfig, Matrix, Prompts};

use super::{File, Golden, NAME, ONCE, TRAINED, compare, compare_share, counts, matrix, vector};

/// The start of the run of stages, where the file does not say.
const STAGES_START: f64 = 1e-5;

pub(super) fn check(golden: &mut Golden) -> Result<()> {
    let file = golden.file(super::FILE)?;
    let data = Data::read(&file)?;
    evaluate(golden, &file, &data)?;
    descend(golden, &file, &data)?;
    stages(golden, &file, &data)
}

struct Data {
    prompts: Prompts,
    rows: CountRows,
    sizes: FactTaskConfig,
}

impl Data {
    fn read(file: &File) -> Result<Self> {
        let key = "linear_attention/prompts";
        let (shape, _) = file.numbers(key)?;
        let &[_, length] = shape else {
            return Err(super::misfit(file, key, "two axes", shape));
        };
        let answers = counts(file, "linear_attention/answers")?;
        let prompts = Prompts::new(counts(file, key)?, length, answers)?;
        let key = "linear_attention/fact_dict";
        let (shape, _) = file.numbers(key)?;
        let &[subjects, relations] = shape else {
            return Err(super::misfit(file, key, "two axes", shape));
        };
        let values = matrix(file, "linear_attention/initial_V")?;
        let tokens = subjects + relations + 1;
        anyhow::ensure!(
            values.rows() > tokens,
            "{key}: expected fewer facts than tokens"
        );
        let sizes = FactTaskConfig {
            noise: values.rows() - tokens,
            length,
            ..FactTaskConfig::new(subjects, relations, values.cols() / relations.max(1))
        };
        sizes.validate()?;
        let rows = CountRows::of(&prompts, sizes.vocabulary())?;
        Ok(Self {
            prompts,
            rows,
            sizes,
        })
    }

    fn constant(&self, start: f64) -> Result<LinearAttention> {
        let sizes = &self.sizes;
        let (tokens, answers) = (sizes.vocabulary(), sizes.all_answers());
        Ok(LinearAttention::constant(
            tokens,
            answers,
            sizes.answers,
            start,
        )?)
    }
}

fn evaluate(golden: &mut Golden, file: &File, data: &Data) -> Result<()> {
    let key = |name: &str| format!("linear_attention/{name}");
    let attention = vector(file, &key("initial_eos_row"))?;
    let values = matrix(file, &key("initial_V"))?;
    let model = LinearAttention::of(attention.clone(), values.clone(), data.sizes.answers)?;
    let found = model.evaluate(&data.rows)?;
    compare(
        golden,
        file,
        &key("probabilities"),
        found.probabilities.data(),
        ONCE,
    )?;
    for (name, ours) in [
        ("loss", found.loss),
        ("relation_only_loss", found.relation_loss),
        ("subject_only_loss", found.subject_loss),
    ] {
        compare(golden, file, &key(name), &[ours], ONCE)?;
    }
    for (name, ours) in [
        ("accuracy", found.accuracy),
        ("relation_accuracy", found.relation_accuracy),
        ("subject_accuracy", found.subject_accuracy),
    ] {
        compare_share(golden, file, &key(name), ours, data.rows.len())?;
    }
    let (_, of_attention, of_values) = model.gradient(&data.rows)?;
    compare(golden, file, &key("gradient_eos_row"), &of_attention, ONCE)?;
    compare(golden, file, &key("gradient_V"), of_values.data(), ONCE)?;
    // The same with all of A, over sequences: no other row has a gradient.
    let end = data.sizes.end();
    let square = Matrix::from_fn(attention.len(), attention.len(), |row, token| {
        if row == end { attention[token] } else { 0.5 }
    });
    let whole = Uncollapsed {
        attention: square,
        values,
    };
    let (_, of_attention, _) = whole.gradient(&data.prompts)?;
    let expected = vector(file, &key("gradient_eos_row"))?;
    let name = "all of A: linear_attention/gradient_eos_row";
    golden.compare_values(NAME, name, of_attention.row(end)?, &expected, ONCE)?;
    let others: Vec<f64> = of_attention.data()[..end * attention.len()].to_vec();
    let zeros = vec![0.0; others.len()];
    golden.compare_values(
        NAME,
        "all of A: gradient of other rows",
        &others,
        &zeros,
        0.0,
    )
}

fn descend(golden: &mut Golden, file: &File, data: &Data) -> Result<()> {
    let key = |name: &str| format!("linear_attention/gd/{name}");
    let (w0, eta) = start_and_rate(file)?;
    let mut model = data.constant(w0)?;
    let mut losses = Vec::new();
    for _ in 0..vector(file, &key("loss"))?.len() {
        losses.push(model.step(&data.rows, eta)?);
    }
    compare(golden, file, &key("loss"), &losses, TRAINED)?;
    compare(golden, file, &key("eos_row"), &model.attention, TRAINED)?;
    compare(golden, file, &key("V"), model.values.data(), TRAINED)
}

fn start_and_rate(file: &File) -> Result<(f64, f64)> {
    let key = "linear_attention/gd/w0_eta";
    match *vector(file, key)? {
        [w0, eta] => Ok((w0, eta)),
        _ => Err(file.misfit(format!("`{key}`: expected two numbers")).into()),
    }
}

fn stages(golden: &mut Golden, file: &File, data: &Data) -> Result<()> {
    let key = "linear_attention/stages/step_total_relation_subject_accuracy";
    let table = matrix(file, key)?;
    anyhow::ensure!(table.cols() == 5, "{key}: expected five columns");
    let (_, rate) = start_and_rate(file)?;
    let eta = file.setting("linear_attention/stages/eta", rate)?;
    let w0 = file.setting("linear_attention/stages/w0", STAGES_START)?;
    let times = StageTimes::predict(&data.sizes, w0, eta)?;
    let predicted = "linear_attention/stages/predicted_escape_steps";
    compare(
        golden,
        file,
        predicted,
        &[times.relation, times.subject],
        ONCE,
    )?;
    let mut model = data.constant(w0)?;
    let (mut ours, mut steps) = (Vec::new(), 0);
    for row in 0..table.rows() {
        while steps < table.row(row)?[0] as usize {
            model.step(&data.rows, eta)?;
            steps += 1;
        }
        let found = model.evaluate(&data.rows)?;
        let share = super::share(&model.scores(&data.rows)?, data.rows.answers())?;
        ours.extend([
            steps as f64,
            found.loss,
            found.relation_loss,
            found.subject_loss,
            share,
        ]);
    }
    compare(golden, file, key, &ours, TRAINED)
}
