use super::*;

fn chart() -> LineChart {
    let point = |x, y, error| Point { x, y, error };
    LineChart {
        title: "Recall <noise>".into(),
        x_label: "standard deviation".into(),
        y_label: "retrieval rate (%)".into(),
        series: vec![
            Series::new(
                "GMM & co",
                vec![
                    point(0.1, 100.0, 0.0),
                    point(0.2, 99.0, 0.5),
                    point(0.4, 70.0, 4.0),
                ],
            ),
            Series::reference(
                "published",
                vec![Point::new(0.1, 100.0), Point::new(0.4, 72.0)],
            ),
        ],
        y_range: Some((0.0, 100.0)),
        x_ticks: vec![0.1, 0.2, 0.4],
        ..LineChart::default()
    }
}

#[test]
fn a_chart_is_stable_text() {
    let svg = chart().svg();
    assert_eq!(svg, chart().svg());
    // The style sheet has a test of its own: here the drawing counts.
    let start = svg.find("<style>").unwrap();
    let end = svg.find("</style>").unwrap();
    insta::assert_snapshot!(format!("{}{}", &svg[..start], &svg[end + 8..]));
}

#[test]
fn every_colour_has_a_dark_twin() {
    let sheet = style::sheet();
    let (light, dark) = sheet.split_once("@media").unwrap();
    for index in 0..style::PALETTE {
        let rule = format!(".c{index}{{stroke:#");
        assert!(
            light.contains(&rule) && dark.contains(&rule),
            "colour {index}"
        );
    }
}

#[test]
fn odd_data_never_reach_the_drawing() {
    let mut chart = chart();
    chart.log_y = true;
    chart.y_range = None;
    chart.series[0].points.extend([
        Point::new(f64::NAN, 1.0),
        Point::new(0.5, f64::INFINITY),
        Point::new(0.6, 0.0),
        Point::new(0.7, -3.0),
    ]);
    let svg = chart.svg();
    for bad in ["NaN", "inf"] {
        assert!(!svg.contains(bad), "{bad} in\n{svg}");
    }
    // Three good points remain of the first series.
    assert_eq!(
        svg.matches("<circle").count(),
        3 + 1,
        "three points and one in the legend"
    );
}

#[test]
fn empty_and_constant_charts_draw() {
    let mut chart = chart();
    chart.series.clear();
    assert!(chart.svg().ends_with("</svg>\n"));
    chart.y_range = None;
    chart.series.push(Series::new(
        "flat",
        vec![Point::new(0.0, 7.0), Point::new(0.0, 7.0)],
    ));
    let svg = chart.svg();
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
}

#[test]
fn a_grid_magnifies_without_smoothing() {
    let red = Image::from_planes(3, 1, 2, vec![1.0, 0.0, 0.0, 0.0, 0.0, 2.0]).unwrap();
    let grey = Image::from_planes(1, 1, 2, vec![0.5, f32::NAN]).unwrap();
    let png = ImageGrid::new(vec![vec![red], vec![grey]])
        .unwrap()
        .png()
        .unwrap();
    let image = image::load_from_memory(&png).unwrap().to_rgb8();
    // Two pixels magnified 32 times, 4 pixels around and between.
    assert_eq!(image.dimensions(), (4 + 64 + 4, 4 + 32 + 4 + 32 + 4));
    assert_eq!(image.get_pixel(4, 4).0, [255, 0, 0]);
    assert_eq!(image.get_pixel(35, 35).0, [255, 0, 0]);
    assert_eq!(image.get_pixel(36, 4).0, [0, 0, 255]);
    assert_eq!(image.get_pixel(4, 40).0, [128, 128, 128]);
    assert_eq!(image.get_pixel(67, 71).0, [0, 0, 0]);
}

#[test]
fn grids_refuse_what_does_not_fit() {
    let image =
        |height, width| Image::from_planes(1, height, width, vec![0.0; height * width]).unwrap();
    for (error, message) in [
        (
            Image::from_planes(2, 1, 1, vec![0.0; 2]).unwrap_err(),
            "expected 1 or 3, found 2",
        ),
        (
            Image::from_planes(1, 2, 2, vec![0.0; 3]).unwrap_err(),
            "[1, 2, 2]",
        ),
        (
            Image::from_planes(1, 0, 2, vec![]).unwrap_err(),
            "at least one pixel",
        ),
        (ImageGrid::new(vec![]).unwrap_err(), "at least one image"),
        (
            ImageGrid::new(vec![vec![]]).unwrap_err(),
            "at least one image",
        ),
        (
            ImageGrid::new(vec![vec![image(1, 1)], vec![]]).unwrap_err(),
            "expected 1 images, found 0",
        ),
        (
            ImageGrid::new(vec![vec![image(1, 1), image(2, 1)]]).unwrap_err(),
            "expected 1 x 1 pixels",
        ),
    ] {
        assert!(error.to_string().contains(message), "{error}");
    }
}

#[test]
fn bars_stand_on_zero_at_their_places() {
    let chart = BarChart {
        title: "sizes".into(),
        series: vec![
            Series::new("ours", vec![Point::new(2.0, 1.0), Point::new(3.0, -0.5)]),
            Series::reference(
                "theirs",
                vec![Point::new(2.0, f64::NAN), Point::new(4.0, 1.0)],
            ),
        ],
        places: vec![2.0, 3.0],
        ..BarChart::default()
    };
    let svg = chart.svg();
    assert_eq!(svg, chart.svg());
    // Not finite, or at no place: left out.
    assert_eq!(svg.matches("<title>ours: ").count(), 2);
    assert_eq!(svg.matches("<title>theirs: ").count(), 0);
    let edges = |value: &str| {
        let bar = svg.lines().find(|line| {
            line.contains("<rect") && {
                let after = svg.split(line).nth(1).unwrap_or("");
                line.contains(value) || after.starts_with(&format!("\n{value}"))
            }
        });
        let bar = bar.unwrap();
        let number = |key: &str| {
            let (_, rest) = bar.split_once(&format!(" {key}=\"")).unwrap();
            rest.split('"').next().unwrap().parse::<f64>().unwrap()
        };
        (number("y"), number("y") + number("height"))
    };
    let (up, down) = (edges("<title>ours: 1<"), edges("<title>ours: -0.5<"));
    assert!((up.1 - down.0).abs() < 0.02, "{up:?} {down:?}");
    assert!(up.0 < up.1 && down.0 < down.1);
}

fn map() -> HeatMap {
    HeatMap {
        title: "Phase <map>".into(),
        value_label: "success".into(),
        x: vec![0.1, 0.2, 0.4],
        y: vec![1.0, 2.0],
        values: vec![0.0, 0.5, 1.0, f64::NAN, 0.25, 0.75],
        curves: vec![Series::reference(
            "bound",
            vec![
                Point::new(0.1, 1.0),
                Point::new(0.3, 2.0),
                Point::new(9.0, 2.0),
            ],
        )],
        marks: vec![Marks {
            name: "certified".into(),
            cells: vec![(2, 1)],
        }],
        ..HeatMap::default()
    }
}

/// The numbers of an attribute in every element that starts so.
fn numbers(svg: &str, element: &str, key: &str) -> Vec<f64> {
    svg.split(element)
        .skip(1)
        .map(|rest| {
            let (_, rest) = rest.split_once(&format!(" {key}=\"")).unwrap();
            rest.split('"').next().unwrap().parse().unwrap()
        })
        .collect()
}

#[test]
fn a_heat_map_puts_values_curves_and_marks_at_the_same_places() {
    let svg = map().svg();
    assert_eq!(svg, map().svg());
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    let encoded = svg.split("base64,").nth(1).unwrap();
    let encoded = encoded.split('"').next().unwrap();
    let png = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, encoded).unwrap();
    let picture = image::load_from_memory(&png).unwrap().to_rgba8();
    assert_eq!(picture.dimensions(), (3, 2));
    // The first row of the values is the lower row of the picture; what is not a number is clear.
    assert_eq!(picture.get_pixel(0, 1).0, [18, 22, 74, 255]);
    assert_eq!(picture.get_pixel(2, 1).0, [252, 240, 178, 255]);
    assert_eq!(picture.get_pixel(0, 0).0[3], 0);
    // Centres of cells: the mark on the last column of the upper row, the curve from the first of the
    // lower row to halfway between the last two of the upper row, cut where it leaves the map.
    let column = |place: f64| canvas::LEFT + canvas::PLOT_WIDTH * (place + 0.5) / 3.0;
    let bottom = canvas::TOP + canvas::PLOT_HEIGHT;
    let row = |place: f64| bottom - canvas::PLOT_HEIGHT * (place + 0.5) / 2.0;
    let circle = (
        numbers(&svg, "<circle", "cx")[0],
        numbers(&svg, "<circle", "cy")[0],
    );
    assert!((circle.0 - column(2.0)).abs() < 0.01 && (circle.1 - row(1.0)).abs() < 0.01);
    let points = svg.split("points=\"").nth(1).unwrap();
    let points: Vec<f64> = points
        .split('"')
        .next()
        .unwrap()
        .split([' ', ','])
        .map(|n| n.parse().unwrap())
        .collect();
    let expected = [column(0.0), row(0.0), column(1.5), row(1.0)];
    assert_eq!(points.len(), 4);
    for (found, expected) in points.iter().zip(expected) {
        assert!((found - expected).abs() < 0.01, "{points:?}");
    }
}

#[test]
fn a_map_of_nothing_draws() {
    for values in [vec![], vec![f64::NAN; 6], vec![3.0; 6]] {
        let svg = HeatMap { values, ..map() }.svg();
        assert!(svg.ends_with("</svg>\n") && !svg.contains("NaN") && !svg.contains("inf"));
    }
    assert!(HeatMap::default().svg().ends_with("</svg>\n"));
    assert!(Timeline::default().svg().ends_with("</svg>\n"));
}

#[test]
fn strips_share_their_time() {
    let event = |at, row, colour| Event { at, row, colour };
    let strip = |label: &str, content| Strip {
        label: label.into(),
        height: 100.0,
        content,
    };
    let timeline = Timeline {
        title: "Recall".into(),
        x_label: "time".into(),
        range: (0.0, 10.0),
        strips: vec![
            strip(
                "units",
                Content::Events {
                    rows: 2,
                    // The second lies in no row, the third at no time.
                    events: vec![event(5.0, 1, 0), event(5.0, 2, 0), event(f64::NAN, 0, 0)],
                },
            ),
            strip(
                "rates",
                Content::Matrix {
                    columns: 2,
                    values: vec![0.0, 1.0],
                    range: None,
                },
            ),
            strip(
                "overlap",
                Content::Lines {
                    series: vec![Series::new(
                        "cued",
                        vec![
                            Point::new(0.0, 0.5),
                            Point::new(5.0, 1.0),
                            Point::new(6.0, f64::NAN),
                        ],
                    )],
                    range: Some((0.0, 1.0)),
                },
            ),
        ],
    };
    let svg = timeline.svg();
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    // Half of the time is the middle of every strip: 58 + 306 / 2.
    let path = svg.split(" d=\"").nth(1).unwrap();
    assert!(path.starts_with("M211 ") && path.split('"').next().unwrap().matches('M').count() == 1);
    let points = svg.split("points=\"").nth(1).unwrap();
    let points = points.split('"').next().unwrap();
    // Overlap 1 at the top of the third strip: 40 + 2 (100 + 16).
    assert!(points.ends_with(" 211,272"), "{points}");
    assert_eq!(numbers(&svg, "<image", "y"), [156.0]);
}

#[test]
fn images_are_cut_out_of_grids_again() {
    let image = |value: f32| Image::from_planes(1, 2, 3, vec![value; 6]).unwrap();
    let rows = vec![vec![image(0.0), image(0.2)], vec![image(0.4), image(1.0)]];
    let plain = ImageGrid::new(rows).unwrap();
    let grid = plain.clone().with_marks(vec![(1, 0)]);
    assert_ne!(plain.png().unwrap(), grid.png().unwrap());
    let tiles = ImageGrid::cut(&grid.png().unwrap(), [2, 2]).unwrap();
    let seen: Vec<u8> = tiles.iter().map(|tile| tile.get_pixel(0, 0).0[0]).collect();
    assert_eq!(seen, [0, 51, 102, 255]);
    assert_eq!(ImageGrid::cut(&grid.png().unwrap(), [3, 2]), None);
    assert_eq!(ImageGrid::cut(b"none", [2, 2]), None);
    // In their own size again: magnified 64 / 3 times in the grid.
    let own = Image::from_planes(1, 2, 3, vec![0.0, 0.2, 0.4, 0.6, 0.8, 1.0]).unwrap();
    let png = ImageGrid::new(vec![vec![own]]).unwrap().png().unwrap();
    let tiles = ImageGrid::cut(&png, [1, 1]).unwrap();
    assert_eq!(tiles[0].dimensions(), (3, 2));
    assert_eq!(tiles[0].get_pixel(2, 1).0, [255; 3]);
}

#[test]
fn no_two_lines_of_small_multiples_look_alike() {
    let looks: std::collections::HashSet<_> = (0..72).map(style::Look::of).collect();
    assert_eq!(looks.len(), 72);
    for first in (0..72).step_by(LINES) {
        let colours: std::collections::HashSet<_> = (first..first + LINES)
            .map(|index| style::Look::of(index).colour)
            .collect();
        assert_eq!(colours.len(), LINES);
    }
}

#[test]
fn long_names_are_wrapped_not_cut() {
    let words =
        "a name of many words that no line of the legend has room for, nor the title above it";
    let mut chart = chart();
    chart.title = words.into();
    chart.series[0].name = words.into();
    let svg = chart.svg();
    for word in words.split(' ') {
        assert!(svg.matches(word).count() >= 2, "{word}");
    }
    assert!(svg.contains("viewBox=\"0 -18 "), "{svg}");
}
