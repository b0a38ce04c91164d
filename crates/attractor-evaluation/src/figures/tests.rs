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
        log_x: false,
        log_y: false,
        y_range: Some((0.0, 100.0)),
        x_ticks: vec![0.1, 0.2, 0.4],
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
