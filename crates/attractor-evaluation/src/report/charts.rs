//! Charts of the report.

use serde::Serialize;

use crate::experiment::{Form, MapCurve, Place, ResolvedPart, ResolvedSeries, Slice, option_at};
use crate::figures::{BarChart, HeatMap, LineChart, Point, Series};
use crate::run::{Trace, TrainingPoint, figure_stem};
use crate::summary::{Summary, condition_label};
use crate::{Cell, Metric, Reference};

#[derive(Clone, Serialize)]
pub(super) struct Chart {
    /// File name stem.
    pub(super) file: String,
    pub(super) svg: String,
}

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
        Chart {
            file: figure_stem(&["loss", model]),
            svg: LineChart {
                title: format!("Training of {model}"),
                x_label: "epoch".into(),
                y_label: "loss per image".into(),
                series,
                x_ticks: ticks.collect(),
                ..LineChart::default()
            }
            .svg(),
        }
    };
    models.into_iter().map(chart).collect()
}

fn axis_label(metric: Metric) -> String {
    if metric.unit().is_empty() {
        metric.label().to_owned()
    } else {
        format!("{} ({})", metric.label(), metric.unit())
    }
}

/// The charts of a study's part: one for each of its metrics, for each value of what is not its
/// abscissa, and for each of its panels.
pub(super) fn of_part(part: &ResolvedPart, summary: &Summary) -> Vec<Chart> {
    let mut charts = Vec::new();
    for &metric in &part.charts {
        for slice in part.charted() {
            for panel in part.panels() {
                let lines = lines(part, summary, metric, &slice.places, panel);
                if lines.is_empty() {
                    continue;
                }
                let condition = slice.condition.as_deref();
                let about: Vec<&str> = [Some(metric.label()), panel, condition]
                    .into_iter()
                    .flatten()
                    .collect();
                let mut name = vec![part.name.as_str(), metric.name()];
                name.extend(&about[1..]);
                charts.push(Chart {
                    file: figure_stem(&name),
                    svg: drawn(part, metric, &slice, lines, about.join(", ")),
                });
            }
        }
    }
    charts
}

/// The series of one chart that were measured.
fn lines(
    part: &ResolvedPart,
    summary: &Summary,
    metric: Metric,
    places: &[Place],
    panel: Option<&str>,
) -> Vec<Series> {
    let line = |series: &ResolvedSeries| {
        let point = |place: &Place| {
            let found = summary.at(series, place, metric)?;
            Some(Point {
                x: place.x,
                y: found.spread.mean,
                error: found.spread.deviation,
            })
        };
        places.iter().filter_map(point).collect::<Vec<_>>()
    };
    let own = part.series.iter();
    let own = own.filter(|series| part.panel_of(series) == panel);
    let measured: Vec<(&ResolvedSeries, Vec<Point>)> = own
        .map(|series| (series, line(series)))
        .filter(|(_, points)| !points.is_empty())
        .collect();
    let partner = |series: &ResolvedSeries| {
        let name = series.beside.as_ref()?;
        measured.iter().position(|(other, _)| other.name == *name)
    };
    let drawn = measured.iter().map(|(series, points)| Series {
        name: series.name.clone(),
        points: points.clone(),
        reference: series.expectation,
        colour_of: partner(series),
    });
    drawn.collect()
}

fn drawn(
    part: &ResolvedPart,
    metric: Metric,
    slice: &Slice,
    series: Vec<Series>,
    title: String,
) -> String {
    let log_y = part.log_y.contains(&metric);
    let (x_label, y_label) = (slice.x_label.clone(), axis_label(metric));
    let places = || slice.places.iter().map(|place| place.x);
    let percent = metric.unit() == "%" && metric != Metric::Share;
    let y_range = (percent && !log_y).then_some((0.0, 100.0));
    match part.form {
        Form::Lines => LineChart {
            title,
            x_label,
            y_label,
            series,
            log_x: part.log_x,
            log_y,
            y_range,
            // The levels of a task are few.
            x_ticks: match part.tasks.is_empty() {
                true => Vec::new(),
                false => places().collect(),
            },
        }
        .svg(),
        Form::Bars => BarChart {
            title,
            x_label,
            y_label,
            series,
            places: places().collect(),
            y_range,
        }
        .svg(),
    }
}

/// Heat maps of a part: of each metric the means that were measured, and the published figures.
pub(super) fn maps(part: &ResolvedPart, summary: &Summary) -> Vec<Chart> {
    let mut charts = Vec::new();
    for &metric in &part.charts {
        for slice in part.charted() {
            for published in [false, true] {
                let Some(map) = map_of(part, summary, metric, &slice, published) else {
                    continue;
                };
                let mut name = vec![part.name.as_str(), metric.name(), "map"];
                name.extend(slice.condition.as_deref());
                name.push(whose(published));
                charts.push(Chart {
                    file: figure_stem(&name),
                    svg: map.svg(),
                });
            }
        }
    }
    charts
}

fn whose(published: bool) -> &'static str {
    match published {
        true => "published",
        false => "measured",
    }
}

/// One map; None where nothing is known.
pub(super) fn map_of(
    part: &ResolvedPart,
    summary: &Summary,
    metric: Metric,
    slice: &Slice,
    published: bool,
) -> Option<HeatMap> {
    let spec = part.map.as_ref()?;
    let columns = columns(part, &spec.option);
    let mut rows: Vec<&Place> = slice.places.iter().collect();
    rows.sort_by(|a, b| a.x.total_cmp(&b.x));
    let value = |place: &Place, series: &ResolvedSeries| {
        let found = summary.at(series, place, metric)?;
        match published {
            true => found.reference.as_ref().map(|of| of.value),
            false => Some(found.spread.mean),
        }
    };
    let mut values = Vec::new();
    for place in &rows {
        let row = columns.iter().map(|(_, series)| value(place, series));
        values.extend(row.map(|value| value.unwrap_or(f64::NAN)));
    }
    if values.iter().all(|value| value.is_nan()) {
        return None;
    }
    let condition = slice.condition.as_deref();
    let title = [Some(metric.label()), condition, Some(whose(published))];
    let curve = |curve: &MapCurve| {
        let points = curve.points.iter().map(|&[x, y]| Point::new(x, y));
        Series::reference(curve.name.clone(), points.collect())
    };
    Some(HeatMap {
        title: title.into_iter().flatten().collect::<Vec<_>>().join(", "),
        x_label: spec.label.clone(),
        y_label: slice.x_label.clone(),
        value_label: axis_label(metric),
        x: columns.iter().map(|(x, _)| *x).collect(),
        y: rows.iter().map(|place| place.x).collect(),
        values,
        range: (metric.unit() == "%").then_some((0.0, 100.0)),
        curves: spec.curves.iter().map(curve).collect(),
        ..HeatMap::default()
    })
}

/// The series by the number of an option, rising; those without it are not on the map.
fn columns<'a>(part: &'a ResolvedPart, option: &str) -> Vec<(f64, &'a ResolvedSeries)> {
    let number = |series: &ResolvedSeries| {
        let own = part.options_of(series);
        let value = option_at(&own, option)?;
        value
            .as_float()
            .or(value.as_integer().map(|whole| whole as f64))
    };
    let all = part.series.iter();
    let mut columns: Vec<_> = all
        .filter_map(|series| Some((number(series)?, series)))
        .collect();
    columns.sort_by(|a, b| a.0.total_cmp(&b.0));
    columns
}

/// One chart per cell that left energies. The scale is logarithmic where every value is positive
/// and they span more than two decades.
pub(super) fn energies(order: &[Cell], mut traces: Vec<Trace>) -> Vec<Chart> {
    traces.sort_by_key(|trace| order.iter().position(|cell| *cell == trace.cell));

    let chart = |trace: &Trace| {
        let values = || {
            trace
                .terms
                .iter()
                .flat_map(|term| term.values.iter().copied())
        };
        let low = values().fold(f64::INFINITY, f64::min);
        let high = values().fold(f64::NEG_INFINITY, f64::max);
        let curve = |values: &[f64]| {
            values
                .iter()
                .enumerate()
                .map(|(step, y)| Point::new(step as f64, *y))
                .collect()
        };
        let cell = &trace.cell;
        Chart {
            file: format!("energy-{}", cell.slug()),
            svg: LineChart {
                title: format!(
                    "{}, {}, seed {}",
                    cell.system,
                    condition_label(&cell.task, cell.level),
                    cell.seed
                ),
                x_label: "step".into(),
                y_label: "energy, mean over cues".into(),
                series: trace
                    .terms
                    .iter()
                    .map(|term| Series::new(term.name.clone(), curve(&term.values)))
                    .collect(),
                log_y: low > 0.0 && high > 100.0 * low,
                ..LineChart::default()
            }
            .svg(),
        }
    };
    traces.iter().map(chart).collect()
}
