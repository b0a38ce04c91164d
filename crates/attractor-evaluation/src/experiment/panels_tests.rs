use super::tests::{TOML, error};
use super::*;

#[test]
fn panels_partners_and_places_of_their_own() {
    let text = TOML
        .replace(
            "log_x = true\ncharts",
            "log_x = true\npanels = \"D = {dim}\"\ncharts",
        )
        .replace(
            "name = \"expected\"\nexpectation = true\n",
            "name = \"expected, D = {dim}\"\nexpectation = true\nlevels = [100]\n\
             beside = \"D = {dim}, beta = 10.0\"\ngrid = { dim = [30] }\n",
        );
    let study = Experiment::parse(&text, "tiny-study.toml").unwrap();
    let overrides = Overrides::default();
    let paper = study.resolve(Preset::Paper, &overrides, &|_| true).unwrap();
    let part = &paper.parts[0];
    assert_eq!(part.panels(), [Some("D = 30"), Some("D = 100")]);
    let last = part.series.last().unwrap();
    assert_eq!(last.beside.as_deref(), Some("D = 30, beta = 10.0"));
    let of_last = paper.cells();
    let of_last = of_last.iter().filter(|cell| cell.system == last.name);
    // One level of three, five seeds.
    assert_eq!(of_last.count(), 5);
    // A preset without its level leaves it out.
    let without = text.replace("levels = [100, 1000]", "levels = [1000]");
    let without = Experiment::parse(&without, "tiny-study.toml").unwrap();
    let smoke = without
        .resolve(Preset::Smoke, &overrides, &|_| true)
        .unwrap();
    assert_eq!(smoke.parts[0].series.len(), 2);
    let stray = text.replace("levels = [100]\n", "levels = [101]\n");
    assert!(error(&stray).contains("must be one of the part's levels"));
    let lacking = text.replace("panels = \"D = {dim}\"", "panels = \"D = {dims}\"");
    assert!(error(&lacking).contains("options that every series has"));
}

#[test]
fn counts_have_limits() {
    let refused = |from: &str, to: &str| {
        assert!(TOML.contains(from), "{from}");
        error(&TOML.replacen(from, to, 1))
    };
    let message = refused(
        "[presets.paper]\nseeds = 5",
        "[presets.paper]\nseeds = 20000000",
    );
    let expected = "must be at most 10000, found 20000000";
    assert!(message.contains(expected), "{message}");
    let message = refused("n_stored = [4, 16]", "n_stored = [4, 10000001]");
    assert!(
        message.contains("must be at most 10000000, found 10000001"),
        "{message}"
    );
    // One combination of a hundred thousand and one of 13 grids would not fit in memory.
    let values: Vec<String> = (0..100).map(|value| value.to_string()).collect();
    let grid = |key: usize| format!("k{key} = [{}]", values.join(", "));
    let keys: Vec<String> = (0..13).map(grid).collect();
    let message = refused(
        "grid = { dim = ",
        &format!("grid = {{ {}, dim = ", keys.join(", ")),
    );
    assert!(
        message.contains("must stand for at most 10000 series"),
        "{message}"
    );
    let overrides = Overrides {
        seeds: Some(10_000),
        ..Overrides::default()
    };
    let study = Experiment::parse(TOML, "x.toml").unwrap();
    let levels: Vec<String> = (1..100).map(|level| format!("{level}")).collect();
    let many = TOML.replace(
        "levels = [100, 1000, 10000]",
        &format!("levels = [{}]", levels.join(", ")),
    );
    assert!(study.resolve(Preset::Smoke, &overrides, &|_| true).is_ok());
    let many = Experiment::parse(&many, "x.toml");
    let message = match many {
        Ok(many) => many
            .resolve(Preset::Paper, &overrides, &|_| true)
            .unwrap_err(),
        Err(error) => error,
    };
    let message = message.to_string();
    assert!(
        message.contains("must leave at most 200000 cells"),
        "{message}"
    );
}

#[test]
fn effort_does_not_forbid_comparison() {
    let text = TOML.replace(
        "options = { queries = 40, ",
        "effort = [\"queries\"]\noptions = { queries = 40, ",
    );
    let study = Experiment::parse(&text, "tiny-study.toml").unwrap();
    let smoke = study
        .resolve(Preset::Smoke, &Overrides::default(), &|_| true)
        .unwrap();
    assert_eq!(smoke.parts[0].series[0].not_comparable, None);
    let unknown = text.replace("[\"queries\"]", "[\"query\"]");
    assert!(error(&unknown).contains("must name options of the part or of its series"));
}
