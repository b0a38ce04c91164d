use attractor::evaluation::{Metric, Preset};

use crate::testing::{Bench, at};

const PARTS: &str = r#"
[[parts]]
name = "mask"
title = "t"
measure = "recall"
dataset = "builtin"
representation = "pixel"
x_label = "share"
charts = ["pixel_mse"]
levels = [0.25, 0.75]
n_stored = [6]
options = { corruption = "mask", cues = 4, hidden = 32, iterations = 150, panels = [0.25] }
[[parts.series]]
name = "BayesPCN"
options = { read = "complete", memory = { recipe = "bayespcn" } }
[[parts.series]]
name = "stored, sharp"
options = { read = "complete", memory = { recipe = "stored-mixture", weights = "euclidean", sigma = 0.01 } }
[[parts.series]]
name = "stored, blunt"
options = { read = "complete", memory = { recipe = "stored-mixture", weights = "euclidean", sigma = 100.0 } }
[[parts.series]]
name = "stored, best"
[parts.series.options]
read = "complete"
memory = { recipe = "stored-mixture", weights = "euclidean" }
settings = [{ sigma = 100.0 }, { sigma = 0.01 }]
[[parts.series]]
name = "told"
options = { read = "complete", memory = { recipe = "map-gmm" } }
[[parts.series]]
name = "identity"
options = { memory = { recipe = "identity" } }

[[parts]]
name = "fading"
title = "t"
measure = "fading"
dataset = "builtin"
x_label = "age"
charts = ["pixel_mse"]
levels = [4, 12]
n_stored = [12]
options = { corruption = "clean", every = 4, cues = 4, hidden = 32, iterations = 150 }
[[parts.series]]
name = "keeps"
options = { forget = 0.0 }
[[parts.series]]
name = "forgets"
options = { forget = 0.5 }

[[parts]]
name = "width"
title = "t"
measure = "width"
dataset = "builtin"
x_label = "units"
charts = ["capacity"]
levels = [4, 32]
options = { corruption = "mask", strength = 0.5, cues = 6, iterations = 150, share = 0.9, counts = [2, 8, 12] }
[[parts.series]]
name = "width"

"#;

#[test]
fn few_images_come_back_whole_and_forgetting_shows() {
    let values = Bench::new("bayespcn", PARTS).run(Preset::Smoke, Metric::PixelMse);
    let error = |series: &str, level: &str| at(&values, series, level);
    for level in ["0.25", "0.75"] {
        assert!(error("BayesPCN", level) < 1e-2, "{values:?}");
        // Whoever gives the black part back is wrong by as much as the part is bright.
        assert!(error("identity", level) > 0.1, "{values:?}");
        assert!(error("told", level) < 1e-9, "{values:?}");
        // The mean of all images is the better guess once little is known.
        let (sharp, blunt) = (error("stored, sharp", level), error("stored, blunt", level));
        assert!(sharp != blunt, "{values:?}");
        assert_eq!(error("stored, best", level), sharp.min(blunt));
    }
    assert!(error("stored, sharp", "0.25") < 1e-9, "{values:?}");
    assert!(
        error("forgets", "12") > 3.0 * error("forgets", "4"),
        "{values:?}"
    );
    assert!(
        error("forgets", "12") > 10.0 * error("keeps", "12"),
        "{values:?}"
    );
}

#[test]
fn wider_holds_more() {
    let values = Bench::new("bayespcn", PARTS).run(Preset::Smoke, Metric::Capacity);
    let (narrow, wide) = (at(&values, "width", "4"), at(&values, "width", "32"));
    assert!(narrow < wide, "{values:?}");
    assert!([2.0, 8.0, 12.0].contains(&wide), "{values:?}");
}

#[test]
fn mistakes_in_options_are_named() {
    let refuse = |from: &str, to: &str| {
        assert!(PARTS.contains(from), "{from}");
        Bench::new("bayespcn", &PARTS.replacen(from, to, 1)).refusal(Preset::Smoke)
    };
    let message = refuse("recipe = \"bayespcn\"", "recipe = \"bayespcn\", layres = 3");
    assert!(
        message.contains("series `BayesPCN`: ") && message.contains("unknown field `layres`"),
        "{message}"
    );
    let message = refuse("{ recipe = \"bayespcn\" }", "{ }");
    assert!(
        message.contains("`memory` must have a `recipe`"),
        "{message}"
    );
    let message = refuse("recipe = \"identity\"", "recipe = \"identitty\"");
    assert!(
        message.contains("`identitty`; known: variational, "),
        "{message}"
    );
    let message = refuse("recipe = \"identity\"", "recipe = \"ntm\"");
    assert!(message.contains("`ntm` must be trained first"), "{message}");
    let message = refuse("levels = [0.25, 0.75]", "levels = [1.25]");
    assert!(message.contains("strength of the corruption"), "{message}");
    let message = refuse("levels = [4, 12]", "levels = [4, 6]");
    assert!(
        message.contains("multiples of 4 up to 12, found 6"),
        "{message}"
    );
    let message = refuse("counts = [2, 8, 12]", "counts = [8, 2]");
    assert!(message.contains("ascending `counts`"), "{message}");
    let message = refuse("levels = [4, 32]", "levels = [4.5]");
    assert!(message.contains("a number of units"), "{message}");
    let message = refuse("measure = \"width\"", "measure = \"height\"");
    assert!(
        message.contains("known: recall, fading, width"),
        "{message}"
    );
}
