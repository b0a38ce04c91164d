//! What is drawn against epochs and iterations: training and energies.

use super::charts::Chart;
use crate::figures::{LINES, LineChart, Point, Series};
use crate::run::{Trace, TrainingPoint, figure_stem};
use crate::summary::condition_label;
use crate::{Cell, Reference};

/// Training curves, one chart per trained model, one line per seed. The published curve belongs to
/// the generative model.
pub(super) fn losses(points: &[TrainingPoint], reference: Option<&Reference>) -> Vec<Chart> {
    let mut models: Vec<&str> = Vec::new();
    for point in points {
        if !models.contains(&point.model.as_str()) {
            models.push(&point.model);
        }
    }
    let chart = |model: &str| {
        let own = || points.iter().filter(|point| point.model == model);
        let mut seeds: Vec<u64> = own().map(|point| point.seed).collect();
        seeds.dedup();
        let mut series: Vec<Series> = seeds
            .iter()
            .map(|seed| {
                let curve = own().filter(|point| point.seed == *seed);
                let curve = curve
                    .map(|p| Point::new(p.epoch as f64, p.loss_per_image))
                    .collect();
                Series::new(format!("seed {seed}"), curve)
            })
            .collect();
        if let Some(reference) = reference.filter(|of| of.trained.as_deref() == Some(model))
            && !reference.vae_training.is_empty()
        {
            let curve = reference.vae_training.iter();
            let curve = curve
                .map(|p| Point::new(p.epoch as f64, p.loss_per_image))
                .collect();
            series.push(Series::reference(reference.short.clone(), curve));
        }
        let epochs = series
            .iter()
            .flat_map(|s| &s.points)
            .map(|p| p.x)
            .fold(0.0, f64::max);
        let step = (epochs / 10.0).ceil().max(1.0);
        let ticks = (1..)
            .map(|k| f64::from(k) * step)
            .take_while(|x| *x <= epochs);
        let chart = LineChart {
            title: format!("Training of {model}"),
            x_label: "epoch".into(),
            y_label: "loss per image".into(),
            series,
            x_ticks: ticks.collect(),
            ..LineChart::default()
        };
        Chart::lines(figure_stem(&["loss", model]), &chart)
    };
    models.into_iter().map(chart).collect()
}

/// The energy that inference minimises along its iterations: a chart for each system, a line for each
/// task. The scale is logarithmic where every value is positive and they span more than two decades.
pub(super) fn energies(order: &[Cell], mut traces: Vec<Trace>) -> Vec<Chart> {
    traces.sort_by_key(|trace| order.iter().position(|cell| *cell == trace.cell));
    let of = |trace: &Trace| format!("{}, {}", trace.cell.system, trace.cell.representation);
    let mut systems: Vec<String> = Vec::new();
    for trace in &traces {
        if !systems.contains(&of(trace)) {
            systems.push(of(trace));
        }
    }
    let mut charts = Vec::new();
    for system in systems {
        let own: Vec<&Trace> = traces.iter().filter(|trace| of(trace) == system).collect();
        for (index, some) in own.chunks(LINES).enumerate() {
            let line = |trace: &&Trace| {
                let term = trace.terms.first()?;
                let steps = term.values.iter().enumerate();
                let points = steps.map(|(step, y)| Point::new(step as f64, *y)).collect();
                let name = condition_label(&trace.cell.task, trace.cell.level);
                Some(Series::new(name, points))
            };
            let series: Vec<Series> = some.iter().filter_map(line).collect();
            let values = || {
                series
                    .iter()
                    .flat_map(|line| line.points.iter().map(|p| p.y))
            };
            let low = values().fold(f64::INFINITY, f64::min);
            let high = values().fold(f64::NEG_INFINITY, f64::max);
            let number = index.to_string();
            let chart = LineChart {
                title: system.clone(),
                x_label: "step".into(),
                y_label: "energy, mean over cues".into(),
                log_y: low > 0.0 && high > 100.0 * low,
                series,
                ..LineChart::default()
            };
            charts.push(Chart::lines(
                figure_stem(&["energy", &system, &number]),
                &chart,
            ));
        }
    }
    charts
}
