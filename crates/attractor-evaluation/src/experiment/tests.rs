use super::*;
use crate::fixture::{TOML, experiment, resolved};
use crate::study::StudyOverrides;
use crate::{ExperimentFile, Level, Metric, RunConfig};

fn parse_error(text: &str) -> String {
    Experiment::parse(text, "tiny.toml")
        .unwrap_err()
        .to_string()
}

fn hash_of(config: &Resolved) -> String {
    RunConfig::from(config.clone()).config_hash()
}

#[test]
fn unknown_keys_are_refused_at_every_depth() {
    let cases = [
        ("name = \"tiny\"", "colour = 1\nname = \"tiny\"", "colour"),
        (
            "kind = \"cifar-vae\"",
            "kind = \"cifar-vae\"\nwidht = 3",
            "widht",
        ),
        ("[presets.cpu]", "[presets.cpu]\nblock = 3", "block"),
        (
            "model = { features = 4,",
            "model = { feature = 4,",
            "feature",
        ),
        ("threshold = 1.5", "treshold = 1.5", "treshold"),
        (
            "{ task = \"clean\" }",
            "{ task = \"clean\", level = 1 }",
            "level",
        ),
        ("vae = 5.0,", "vae = 5.0, codes = 1.0,", "codes"),
        ("[presets.cpu]", "[presets.huge]", "huge"),
    ];
    for (old, new, key) in cases {
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
    let cases = [
        (
            "n_stored = [10]",
            "n_stored = []",
            "`n_stored` must hold at least one number",
        ),
        (
            "n_stored = [10]",
            "n_stored = [10, 10]",
            "`n_stored` must not repeat a number, found 10",
        ),
        (
            "name = \"tiny\"",
            "name = \" \"",
            "`name` must not be empty",
        ),
        (
            "cues_per_block = 5",
            "cues_per_block = 0",
            "`cues_per_block` must be at least 1",
        ),
        (
            "pixel = 2.0",
            "pixel = -2.0",
            "`thresholds.pixel` must be finite and greater than 0",
        ),
        (
            "beta = 0.1",
            "beta = nan",
            "`model.beta` must be finite and at least 0, found NaN",
        ),
        (
            "levels = [0.1, 0.4]",
            "levels = [0.4, 0.4]",
            "must not repeat a level",
        ),
        (
            "levels = [0.1, 0.4]",
            "levels = [inf, 0.4]",
            "`tasks[1].levels` must be finite",
        ),
        (
            "threshold = 1.5",
            "threshold = 0.0",
            "`systems[1].threshold` must be finite and",
        ),
        (
            "max_cues = 200",
            "max_cues = 0",
            "`systems[2].max_cues` must be at least 1",
        ),
        (
            "representation = \"pixel\"",
            "representation = \"vae\"",
            "`systems[1].name` must be unique together with `representation`, found GMM/vae",
        ),
        (
            "tasks = [{ task = \"noise\" }]",
            "tasks = [{ task = \"rain\" }]",
            "`systems[2].tasks` must be one of clean, noise, found rain",
        ),
        (
            "tasks = [{ task = \"noise\", levels = [0.4] }]",
            "tasks = [{ task = \"noise\", levels = [0.3] }]",
            "`presets.smoke.tasks` must be a level of `noise`: [0.1, 0.4], found 0.3",
        ),
        (
            "systems = [\"GMM/vae\"]",
            "systems = [\"NTM\"]",
            "`presets.smoke.systems` must be one of GMM/vae; GMM/pixel; ",
        ),
        (
            "options = { iterations = 3 }",
            "options = { epochs = 3 }",
            "`presets.smoke.options` must be an option key of at least one system, found epochs",
        ),
        (
            "test_images = 20\n",
            "test_images = 19\n",
            "`presets.smoke.test_images` must be at least blocks x n_stored (20), found 19",
        ),
        (
            "cues_per_block = 5",
            "cues_per_block = 11",
            "`presets.smoke.cues_per_block` must be at most n_stored (10), found 11",
        ),
    ];
    for (old, new, message) in cases {
        assert!(TOML.contains(old), "{old}");
        let found = parse_error(&TOML.replacen(old, new, 1));
        assert!(
            found.starts_with("tiny.toml: ") && found.contains(message),
            "{found}"
        );
    }
}

#[test]
fn presets_change_sizes_systems_tasks_and_options() {
    let smoke = resolved(Preset::Smoke);
    assert_eq!(
        (smoke.model.features, smoke.model.code, smoke.model.epochs),
        (4, 16, 1)
    );
    let cells: Vec<String> = smoke.cells().iter().map(ToString::to_string).collect();
    assert_eq!(cells, ["GMM [vae] cifar10 noise 0.4 N=10 seed=0"]);

    let mut text = TOML.replace("systems = [\"GMM/vae\"]\n", "");
    text = text.replace("blocks = 2\n", "blocks = 2\nmax_cues = 6\n");
    let smoke = Experiment::parse(&text, "x").unwrap();
    let smoke = smoke.resolve(Preset::Smoke, &Overrides::default()).unwrap();
    let robust = &smoke.systems[2];
    assert_eq!(robust.options["iterations"].as_integer(), Some(3));
    assert_eq!(robust.options["observation"].as_str(), Some("laplace"));
    assert_eq!(smoke.cues(robust), 6);
    assert_eq!(smoke.cues(&smoke.systems[0]), 10);
    assert_eq!(smoke.threshold(&smoke.systems[0]), 5.0);
    assert_eq!(smoke.threshold(&smoke.systems[1]), 1.5);
    assert!(
        smoke.systems[0].options.is_empty(),
        "options are never added"
    );
}

#[test]
fn cells_come_in_a_fixed_order() {
    let cells: Vec<String> = resolved(Preset::Cpu)
        .cells()
        .iter()
        .map(|c| c.to_string())
        .collect();
    insta::assert_snapshot!(cells.join("\n"));
}

#[test]
fn the_hash_follows_what_decides_the_numbers() {
    let base = resolved(Preset::Cpu);
    let hash = hash_of(&base);
    assert_eq!(hash.len(), 64);
    // Pinned: a change here makes every existing run folder impossible to resume.
    assert_eq!(&hash[..16], "69cc70b92eae6b92");

    let prose = TOML.replace("Two memories", "A pair of memories");
    let prose = Experiment::parse(&prose, "other.toml").unwrap();
    let prose = prose.resolve(Preset::Cpu, &Overrides::default()).unwrap();
    assert_eq!(hash_of(&prose), hash);

    let with = |overrides: Overrides| experiment().resolve(Preset::Cpu, &overrides).unwrap();
    let weights = |path: &str| {
        with(Overrides {
            weights: Some(path.into()),
            ..Overrides::default()
        })
    };
    assert_eq!(hash_of(&weights("a")), hash_of(&weights("b")));
    for changed in [
        weights("a"),
        with(Overrides {
            seeds: Some(1),
            ..Overrides::default()
        }),
        with(Overrides {
            dataset: Some("builtin".into()),
            ..Overrides::default()
        }),
        with(Overrides {
            epochs: Some(1),
            ..Overrides::default()
        }),
        with(Overrides {
            systems: Some(vec!["GMM".into()]),
            ..Overrides::default()
        }),
    ] {
        assert_ne!(hash_of(&changed), hash);
    }
}

#[test]
fn a_resolved_configuration_survives_toml() {
    for preset in Preset::ALL {
        let resolved = resolved(preset);
        let text = toml::to_string_pretty(&resolved).unwrap();
        let read: Resolved = toml::from_str(&text).unwrap();
        assert_eq!(read, resolved);
        assert_eq!(hash_of(&read), hash_of(&resolved));
    }
}

#[test]
fn only_the_published_conditions_are_comparable() {
    let with = |preset, overrides: Overrides| experiment().resolve(preset, &overrides).unwrap();
    let paper = with(Preset::Paper, Overrides::default());
    assert_eq!(paper.not_comparable, None);
    assert_eq!(paper.not_comparable(&paper.systems[2]), None);
    let seeds = Overrides {
        seeds: Some(5),
        ..Overrides::default()
    };
    assert_eq!(with(Preset::Paper, seeds).not_comparable, None);

    let builtin = Overrides {
        dataset: Some("builtin".into()),
        ..Overrides::default()
    };
    assert_eq!(
        with(Preset::Paper, builtin).not_comparable.unwrap(),
        "data set builtin instead of cifar10"
    );
    assert_eq!(
        with(Preset::Cpu, Overrides::default())
            .not_comparable
            .unwrap(),
        "training images 1000 instead of 50000"
    );
    // Imported weights make the training sizes irrelevant.
    let weights = Overrides {
        weights: Some("w".into()),
        ..Overrides::default()
    };
    assert_eq!(with(Preset::Cpu, weights.clone()).not_comparable, None);
    // Options that a preset shortens spoil their own row alone.
    let text = TOML.replace(
        "seeds = 2\n\n[presets.paper]",
        "seeds = 2\noptions = { iterations = 7 }\n\n[presets.paper]",
    );
    let altered = Experiment::parse(&text, "x")
        .unwrap()
        .resolve(Preset::Cpu, &weights)
        .unwrap();
    assert_eq!(altered.not_comparable(&altered.systems[0]), None);
    assert_eq!(
        altered.not_comparable(&altered.systems[2]).unwrap(),
        "options changed by preset cpu"
    );
}

#[test]
fn unknown_names_list_the_known_ones() {
    let error = "fast".parse::<Preset>().unwrap_err().to_string();
    assert_eq!(error, "unknown preset `fast`; known: smoke, cpu, paper");
    let overrides = Overrides {
        dataset: Some("mnist".into()),
        ..Overrides::default()
    };
    let error = experiment()
        .resolve(Preset::Cpu, &overrides)
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "tiny.toml: `dataset` must be `cifar10` or `builtin`, found mnist"
    );
}

#[test]
fn the_shipped_experiments_load_in_every_preset() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments");
    let all = ExperimentFile::load_all(folder).unwrap();
    let names: Vec<&str> = all.iter().map(ExperimentFile::name).collect();
    for name in ["annabi-cifar10", "annabi-clevr", "annabi-mnist"] {
        assert!(names.contains(&name), "{names:?}");
    }
    for file in &all {
        for preset in Preset::ALL {
            let config: RunConfig = match file {
                ExperimentFile::Retrieval(experiment) => {
                    let overrides = Overrides::default();
                    experiment.resolve(preset, &overrides).unwrap().into()
                }
                ExperimentFile::Study(study) => {
                    let overrides = StudyOverrides::default();
                    study.resolve(preset, &overrides, &|_| true).unwrap().into()
                }
            };
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
    let resolved = experiment
        .resolve(Preset::Paper, &Overrides::default())
        .unwrap();
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
        let system = resolved.system(&cell).unwrap();
        assert!(!system.ours, "{}", system.name);
        assert_eq!(resolved.not_comparable(system), None);
    }
    let published: Vec<&SystemSpec> = resolved.systems.iter().filter(|s| !s.ours).collect();
    assert_eq!(published.len(), 11);
    let cell = resolved.cells().into_iter().find(|cell| {
        (cell.system.as_str(), cell.representation) == ("GMM", Representation::Vae)
            && (cell.task.as_str(), cell.level) == ("mask", Level::new(16.0))
    });
    let value = reference
        .lookup(&cell.unwrap(), Metric::RetrievalRate)
        .unwrap();
    assert_eq!(
        (value.value, value.tolerance, value.cues),
        (97.1, Some(3.0), 1000)
    );
}
