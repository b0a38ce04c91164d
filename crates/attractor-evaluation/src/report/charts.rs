//! Charts of the report.

use serde::Serialize;

use super::tables::family;
use crate::Metric;
use crate::experiment::{Form, MapCurve, Place, ResolvedPart, ResolvedSeries, Slice, option_at};
use crate::figures::{BarChart, HeatMap, LINES, LineChart, Point, Series};
use crate::run::figure_stem;
use crate::summary::Summary;

#[derive(Clone, Serialize)]
pub(super) struct Chart {
    /// File name stem.
    pub(super) file: String,
    /// The whole document.
    #[serde(skip)]
    pub(super) svg: String,
    /// What the page holds: the style sheet is there once.
    inline: String,
    csv: String,
}

impl Chart {
    fn new(file: String, svg: String, csv: String) -> Self {
        let inline = inline(&svg);
        Self {
            file,
            svg,
            inline,
            csv,
        }
    }

    pub(super) fn lines(file: String, chart: &LineChart) -> Self {
        Self::new(file, chart.svg(), csv(&chart.x_label, &chart.series))
    }
}

/// A drawing without a style sheet of its own.
pub(super) fn inline(svg: &str) -> String {
    match (svg.find("<style>"), svg.find("</style>")) {
        (Some(from), Some(to)) if from < to => format!("{}{}", &svg[..from], &svg[to + 8..]),
        _ => svg.to_owned(),
    }
}

/// A line for each point.
fn csv(x_label: &str, series: &[Series]) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut out = format!("series,{},mean,deviation\n", quoted(x_label));
    for series in series {
        for p in &series.points {
            out.push_str(&format!(
                "{},{},{},{}\n",
                quoted(&series.name),
                p.x,
                p.y,
                p.error
            ));
        }
    }
    out
}

fn axis_label(metric: Metric) -> String {
    if metric.unit().is_empty() {
        metric.label().to_owned()
    } else {
        format!("{} ({})", metric.label(), metric.unit())
    }
}

/// The charts of a study's part: small multiples of a few lines for each of its metrics, for each value
/// of what is not its abscissa, and for each of its panels.
pub(super) fn of_part(part: &ResolvedPart, summary: &Summary) -> Vec<Chart> {
    let mut charts = Vec::new();
    for &metric in &part.charts {
        for slice in part.charted() {
            for panel in part.panels() {
                let units = lines(part, summary, metric, &slice.places, panel);
                let groups = grouped(units);
                let all: Vec<&Series> = groups.iter().flatten().collect();
                let frame = Shared::of(part, metric, &slice, &all);
                let mut first = 0;
                for (index, series) in groups.iter().enumerate() {
                    let count = groups.len();
                    let number = (count > 1).then(|| format!("{} of {count}", index + 1));
                    let condition = slice.condition.as_deref();
                    let about = [Some(metric.label()), panel, condition, number.as_deref()];
                    let about: Vec<&str> = about.into_iter().flatten().collect();
                    let mut name = vec![part.name.as_str(), metric.name()];
                    name.extend(&about[1..]);
                    charts.push(frame.chart(figure_stem(&name), about.join(", "), series, first));
                    first += LINES;
                }
            }
        }
    }
    charts
}

/// The series that were measured, each with those that share its colour, kinds together.
fn lines(
    part: &ResolvedPart,
    summary: &Summary,
    metric: Metric,
    places: &[Place],
    panel: Option<&str>,
) -> Vec<Vec<Series>> {
    let line = |series: &ResolvedSeries| {
        let point = |place: &Place| {
            let found = summary.at(series, place, metric)?;
            Some(Point {
                x: place.x,
                y: found.spread.mean,
                error: found.spread.deviation,
            })
        };
        let points: Vec<Point> = places.iter().filter_map(point).collect();
        (!points.is_empty()).then(|| Series {
            name: series.name.clone(),
            points,
            reference: series.expectation,
            colour_of: None,
        })
    };
    let own = part
        .series
        .iter()
        .filter(|series| part.panel_of(series) == panel);
    let measured = own.filter_map(|series| Some((series, line(series)?)));
    let measured: Vec<(&ResolvedSeries, Series)> = measured.collect();
    let is_there = |name: &String| measured.iter().any(|(other, _)| other.name == *name);
    let alone = |series: &ResolvedSeries| !series.beside.as_ref().is_some_and(is_there);
    let mut units: Vec<(String, Vec<Series>)> = Vec::new();
    for (series, line) in measured.iter().filter(|(series, _)| alone(series)) {
        let beside = measured
            .iter()
            .filter(|(other, _)| !alone(other) && other.beside.as_ref() == Some(&series.name));
        let mut unit = vec![line.clone()];
        unit.extend(beside.map(|(_, line)| line.clone()));
        units.push((family(part, series), unit));
    }
    let kinds: Vec<String> = units.iter().map(|(kind, _)| kind.clone()).collect();
    if measured.len() > LINES {
        units.sort_by_key(|(kind, _)| kinds.iter().position(|other| other == kind));
    }
    units.into_iter().map(|(_, unit)| unit).collect()
}

/// Charts of at most [`LINES`] lines, those that belong together in one.
fn grouped(units: Vec<Vec<Series>>) -> Vec<Vec<Series>> {
    let count: usize = units.iter().map(Vec::len).sum();
    // Evenly, rather than a last chart of one line.
    let most = count.div_ceil(count.div_ceil(LINES).max(1));
    let mut groups: Vec<Vec<Series>> = Vec::new();
    for mut unit in units {
        let fits = groups.last().is_some_and(|group| {
            group.len() + unit.len() <= most.max(unit.len()) && group.len() < most
        });
        if !fits {
            groups.push(Vec::new());
        }
        if let Some(group) = groups.last_mut() {
            let partner = group.len();
            unit.iter_mut()
                .skip(1)
                .for_each(|line| line.colour_of = Some(partner));
            group.append(&mut unit);
        }
    }
    groups
}

/// What small multiples have in common.
struct Shared<'a> {
    part: &'a ResolvedPart,
    metric: Metric,
    slice: &'a Slice,
    x_range: Option<(f64, f64)>,
    y_range: Option<(f64, f64)>,
}

impl<'a> Shared<'a> {
    fn of(part: &'a ResolvedPart, metric: Metric, slice: &'a Slice, all: &[&Series]) -> Self {
        let log_y = part.log_y.contains(&metric);
        let percent = metric.unit() == "%" && metric != Metric::Share;
        let points = || all.iter().flat_map(|series| &series.points);
        let several = all.len() > LINES;
        let range = |values: &mut dyn Iterator<Item = f64>, log: bool| {
            let usable = values.filter(|value| value.is_finite() && (!log || *value > 0.0));
            let (low, high) = usable
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                    (low.min(value), high.max(value))
                });
            let room = if log { 0.0 } else { 0.05 * (high - low) };
            (several && low < high).then_some((low - room, high + room))
        };
        let x_range = range(&mut points().map(|p| p.x), part.log_x);
        let y_range = range(
            &mut points().flat_map(|p| [p.y - p.error, p.y, p.y + p.error]),
            log_y,
        );
        Self {
            part,
            metric,
            slice,
            x_range,
            y_range: match (percent && !log_y, part.form) {
                (true, _) => Some((0.0, 100.0)),
                (false, Form::Lines) => y_range,
                // Bars stand on 0.
                (false, Form::Bars) => y_range.map(|(low, high)| (low.min(0.0), high.max(0.0))),
            },
        }
    }

    fn chart(&self, file: String, title: String, series: &[Series], first: usize) -> Chart {
        let (x_label, y_label) = (self.slice.x_label.clone(), axis_label(self.metric));
        let places = || self.slice.places.iter().map(|place| place.x);
        let series = series.to_vec();
        match self.part.form {
            Form::Lines => Chart::lines(
                file,
                &LineChart {
                    title,
                    x_label,
                    y_label,
                    series,
                    log_x: self.part.log_x,
                    log_y: self.part.log_y.contains(&self.metric),
                    x_range: self.x_range,
                    y_range: self.y_range,
                    first,
                    // The levels of a task are few.
                    x_ticks: match self.part.tasks.is_empty() {
                        true => Vec::new(),
                        false => places().collect(),
                    },
                },
            ),
            Form::Bars => {
                let csv = csv(&x_label, &series);
                let chart = BarChart {
                    title,
                    x_label,
                    y_label,
                    series,
                    places: places().collect(),
                    y_range: self.y_range,
                };
                Chart::new(file, chart.svg(), csv)
            }
        }
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
                let rows: String = map.csv();
                charts.push(Chart::new(figure_stem(&name), map.svg(), rows));
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
