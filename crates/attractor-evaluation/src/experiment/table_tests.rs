use super::*;
use crate::fixture::{TOML, experiment, resolved};
use crate::{Level, Metric, Representation};

fn parse_error(text: &str) -> String {
    let parsed = Experiment::parse(text, "tiny.toml");
    parsed.unwrap_err().to_string()
}

fn with(preset: Preset, overrides: &Overrides) -> Resolved {
    experiment().resolve(preset, overrides, &|_| true).unwrap()
}

#[test]
fn files_of_earlier_versions_are_told_what_to_write() {
    let message = parse_error("name = \"tiny\"\n[[systems]]\nname = \"GMM\"\n");
    let expected = "tiny.toml: `systems` belongs into a part: write `protocol = \"images\"`";
    assert!(message.starts_with(expected), "{message}");
    assert!(message.ends_with("found 1 of them"), "{message}");
    let message = parse_error(&format!("kind = \"study\"\n{TOML}"));
    let expected = "`kind` is no longer needed, as all files are of one kind: remove it";
    assert!(message.contains(expected), "{message}");
}

#[test]
fn unknown_keys_are_refused_at_every_depth() {
    for (old, new, key) in [
        ("name = \"tiny\"", "colour = 1\nname = \"tiny\"", "colour"),
        ("[presets.cpu]", "[presets.cpu]\nblock = 3", "block"),
        (
            "{ task = \"clean\" }",
            "{ task = \"clean\", level = 1 }",
            "level",
        ),
        (
            "[presets.cpu]",
            "[presets.huge]\nseeds = 1\n[presets.cpu]",
            "huge",
        ),
    ] {
        assert!(TOML.contains(old), "{old}");
        let message = parse_error(&TOML.replacen(old, new, 1));
        assert!(
            message.starts_with("tiny.toml: TOML parse error at line"),
            "{message}"
        );
        assert!(message.contains(&format!("`{key}`")), "{key} in {message}");
    }
}

#[test]
fn broken_rules_name_the_key() {
    for (old, new, message) in [
        (
            "n_stored = [10]",
            "n_stored = []",
            "n_stored` must hold at least one number",
        ),
        (
            "n_stored = [10]",
            "n_stored = [10, 10]",
            "n_stored` must not repeat, found 10",
        ),
        (
            "name = \"tiny\"",
            "name = \" \"",
            "`name` must not be empty",
        ),
        (
            "levels = [0.1, 0.4]",
            "levels = [0.4, 0.4]",
            "`parts[0].tasks[1].levels` must not repeat",
        ),
        (
            "levels = [0.1, 0.4]",
            "levels = [inf, 0.4]",
            "`parts[0].tasks[1].levels` must be finite",
        ),
        (
            "representation = \"pixel\"",
            "representation = \"vae\"",
            "must not repeat, found GMM/vae",
        ),
        (
            "{ task = \"noise\" }",
            "{ task = \"rain\" }",
            "tasks` must be one of clean, noise, found rain",
        ),
        (
            "{ task = \"noise\", levels = [0.4] }",
            "{ task = \"noise\", levels = [0.3] }",
            "must be a level of `noise`: [0.1, 0.4], found 0.3",
        ),
        (
            "series = [\"GMM/vae\"]",
            "series = [\"NTM\"]",
            "series` must be one of GMM; GMM; ",
        ),
        (
            "n_stored = [10]",
            "n_stored = [10]\nlevels = [3]",
            "levels` must be absent where there are `tasks`",
        ),
        (
            "effort = [\"blocks\"",
            "effort = [\"block\"",
            "effort` must name options of the part or of its series",
        ),
        (
            "n_stored = [10]",
            "n_stored = [10000001]",
            "n_stored` must be at most 10000000",
        ),
    ] {
        assert!(TOML.contains(old), "{old}");
        let found = parse_error(&TOML.replacen(old, new, 1));
        assert!(
            found.starts_with("tiny.toml: ") && found.contains(message),
            "{found}"
        );
    }
}

#[test]
fn presets_change_sizes_series_tasks_and_options() {
    let smoke = resolved(Preset::Smoke);
    let cells: Vec<String> = smoke.cells().iter().map(ToString::to_string).collect();
    assert_eq!(cells, ["GMM [vae] cifar10 noise 0.4 N=10 seed=0"]);
    let model = smoke.parts[0].options["model"].as_table().unwrap();
    assert_eq!(
        (model["features"].as_integer(), model["epochs"].as_integer()),
        (Some(4), Some(1))
    );
    assert_eq!(model["kind"].as_str(), Some("cifar-vae"));
    // Asked for by name, a series and a task come even if the preset leaves them out.
    let asked = Overrides {
        systems: Some(vec!["BP, robust (ours)".into(), "GMM/pixel".into()]),
        tasks: Some(vec![TaskLevels {
            task: "noise".into(),
            levels: vec![0.1],
        }]),
        ..Overrides::default()
    };
    let smoke = with(Preset::Smoke, &asked.with_option("max_cues", 6));
    let [gmm, robust] = &smoke.parts[0].series[..] else {
        panic!("two series");
    };
    let memory = robust.options["memory"].as_table().unwrap();
    assert_eq!(memory["iterations"].as_integer(), Some(3));
    assert_eq!(memory["kind"].as_str(), Some("laplace"));
    assert_eq!(robust.options["max_cues"].as_integer(), Some(6));
    assert!(!gmm.options.contains_key("memory") && !gmm.options.contains_key("max_cues"));
    assert!(
        !smoke.parts[0].options.contains_key("max_cues"),
        "it stands in a series"
    );
    assert_eq!(smoke.cells().len(), 2);
}

#[test]
fn cells_come_in_a_fixed_order() {
    let cells = resolved(Preset::Cpu).cells();
    let cells: Vec<String> = cells.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(cells.join("\n"));
}

#[test]
fn the_hash_follows_what_decides_the_numbers() {
    let hash = resolved(Preset::Cpu).config_hash();
    assert_eq!(hash.len(), 64);
    let prose = TOML.replace("Two memories", "A pair of memories");
    let prose = Experiment::parse(&prose, "other.toml").unwrap();
    let none = Overrides::default();
    let prose = prose.resolve(Preset::Cpu, &none, &|_| true).unwrap();
    assert_eq!(prose.config_hash(), hash);
    let weights = |path: &str| {
        let overrides = Overrides::default().with_option("model.weights", path);
        with(Preset::Cpu, &overrides).config_hash()
    };
    assert_eq!(weights("a"), weights("b"));
    let seeds = Overrides {
        seeds: Some(1),
        ..Overrides::default()
    };
    let data = Overrides {
        dataset: Some("builtin".into()),
        ..Overrides::default()
    };
    let systems = Overrides {
        systems: Some(vec!["GMM".into()]),
        ..Overrides::default()
    };
    let epochs = Overrides::default().with_option("model.epochs", 1);
    for changed in [seeds, data, systems, epochs] {
        assert_ne!(with(Preset::Cpu, &changed).config_hash(), hash);
    }
    assert_ne!(weights("a"), hash);
}

#[test]
fn a_resolved_configuration_survives_toml() {
    for preset in Preset::ALL {
        let resolved = resolved(preset);
        let text = toml::to_string_pretty(&resolved).unwrap();
        let read: Resolved = toml::from_str(&text).unwrap();
        assert_eq!(read, resolved);
        assert_eq!(read.config_hash(), resolved.config_hash());
    }
}

#[test]
fn only_the_published_conditions_are_comparable() {
    let reasons = |preset, overrides: &Overrides| {
        let series = with(preset, overrides).parts.remove(0).series;
        series
            .into_iter()
            .map(|series| series.not_comparable)
            .collect::<Vec<_>>()
    };
    let none = Overrides::default();
    assert_eq!(reasons(Preset::Paper, &none), [None, None, None]);
    let seeds = Overrides {
        seeds: Some(5),
        ..none.clone()
    };
    assert_eq!(reasons(Preset::Paper, &seeds), [None, None, None]);
    let builtin = Overrides {
        dataset: Some("builtin".into()),
        ..none.clone()
    };
    let reason = reasons(Preset::Paper, &builtin).remove(0);
    assert_eq!(
        reason.as_deref(),
        Some("data set builtin instead of cifar10")
    );
    // Fewer blocks are less effort, fewer training images another model.
    let reason = reasons(Preset::Cpu, &none).remove(0);
    assert_eq!(reason.as_deref(), Some("images 1000 instead of 50000"));
    // Which do not matter with imported weights; the architecture does.
    let weights = none.with_option("model.weights", "w");
    assert_eq!(reasons(Preset::Cpu, &weights), [None, None, None]);
    let other = weights.clone().with_option("model.features", 4);
    let reason = reasons(Preset::Cpu, &other).remove(0);
    assert_eq!(reason.as_deref(), Some("model.features 4 instead of 8"));
    // Options of one series spoil its own row alone.
    let shorter = weights.with_option("memory.iterations", 7);
    let found = reasons(Preset::Cpu, &shorter);
    let reason = "memory.iterations 7 instead of 100".to_owned();
    assert_eq!(found, [None, None, Some(reason)]);
}

#[test]
fn unknown_names_list_the_known_ones() {
    let error = "fast".parse::<Preset>().unwrap_err().to_string();
    assert_eq!(error, "unknown preset `fast`; known: smoke, cpu, paper");
    let refused = |overrides: Overrides| {
        let refused = experiment().resolve(Preset::Cpu, &overrides, &|_| true);
        refused.unwrap_err().to_string()
    };
    let message = refused(Overrides {
        dataset: Some("mnist".into()),
        ..Overrides::default()
    });
    let expected = "`dataset` must be one of cifar10, builtin for part `recall`, found mnist";
    assert!(message.ends_with(expected), "{message}");
    let rain = TaskLevels {
        task: "rain".into(),
        levels: Vec::new(),
    };
    let message = refused(Overrides {
        tasks: Some(vec![rain]),
        ..Overrides::default()
    });
    assert!(
        message.ends_with("`task` must be one of clean, noise, found rain"),
        "{message}"
    );
    let message = refused(Overrides {
        seeds: Some(100_000_000_000),
        ..Overrides::default()
    });
    assert!(
        message.contains("seeds` must be at most 10000, found 100000000000"),
        "{message}"
    );
}

#[test]
fn the_shipped_experiments_load_in_every_preset() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments");
    let all = Experiment::load_all(folder).unwrap();
    let names: Vec<&str> = all.iter().map(|file| file.name.as_str()).collect();
    for name in ["annabi-cifar10", "annabi-clevr", "annabi-mnist"] {
        assert!(names.contains(&name), "{names:?}");
    }
    for file in &all {
        for preset in Preset::ALL {
            let config = file
                .resolve(preset, &Overrides::default(), &|_| true)
                .unwrap();
            let cells = config.cells();
            assert!(!cells.is_empty());
            let unique: std::collections::HashSet<_> = cells.iter().collect();
            assert_eq!(unique.len(), cells.len());
            let slugs: std::collections::HashSet<_> = cells.iter().map(crate::Cell::slug).collect();
            assert_eq!(slugs.len(), cells.len(), "file names must not collide");
        }
    }
}

#[test]
fn every_published_figure_has_its_cell() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments/annabi-cifar10.toml");
    let experiment = Experiment::load(path).unwrap();
    let reference = experiment.reference().unwrap().unwrap();
    let paper = experiment.resolve(Preset::Paper, &Overrides::default(), &|_| true);
    let resolved = paper.unwrap();
    assert_eq!(reference.results.len(), 76);
    assert_eq!(reference.vae_training.len(), 20);
    for row in &reference.results {
        let found = resolved.cells().into_iter().find(|cell| {
            cell.system == row.system
                && cell.representation == row.representation
                && cell.task == row.task
                && cell.level == row.level
        });
        let cell = found.unwrap_or_else(|| panic!("no cell for {row:?}"));
        let (_, series) = resolved.find(&cell).unwrap();
        assert!(!series.ours, "{}", series.name);
        assert_eq!(resolved.not_comparable(&cell), None);
    }
    let published = resolved.parts[0]
        .series
        .iter()
        .filter(|series| !series.ours);
    assert_eq!(published.count(), 11);
    let cell = resolved.cells().into_iter().find(|cell| {
        (cell.system.as_str(), cell.representation) == ("GMM", Representation::Vae)
            && (cell.task.as_str(), cell.level) == ("mask", Level::new(16.0))
    });
    let value = reference.lookup(&cell.unwrap(), Metric::RetrievalRate);
    let value = value.unwrap();
    assert_eq!(
        (value.value, value.tolerance, value.cues),
        (97.1, Some(3.0), 1000)
    );
}
