use super::*;

fn try_plan(paths: &[&str], split: Split) -> Result<(Plan, LoadReport)> {
    let parts = paths
        .iter()
        .map(|path| path.split('/').map(String::from).collect());
    let mut report = LoadReport::default();
    let plan = Plan::new(Path::new("root"), parts, split, &mut report)?;
    Ok((plan, report))
}

fn plan(paths: &[&str], split: Split) -> (Vec<String>, Vec<u32>, Vec<String>) {
    let (plan, _) = try_plan(paths, split).unwrap();
    let names = plan.items.iter().map(|item| item.name.clone()).collect();
    let labels = plan.items.iter().map(|item| item.label).collect();
    (names, labels, plan.classes)
}

fn refusal(paths: &[&str]) -> String {
    let messages = [Split::Train, Split::Test].map(|split| {
        let error = try_plan(paths, split).err();
        let error = error.unwrap_or_else(|| panic!("{paths:?} was accepted"));
        assert!(matches!(error, DataError::Layout { .. }), "{error}");
        error.to_string()
    });
    assert_eq!(messages[0], messages[1]);
    messages[0].clone()
}

#[test]
fn classes_and_splits() {
    let paths = [
        "train/b/2.png",
        "train/b/1.png",
        "test/a/1.png",
        "train/a/9.png",
    ];
    let (names, labels, classes) = plan(&paths, Split::Train);
    assert_eq!(names, ["train/a/9.png", "train/b/1.png", "train/b/2.png"]);
    assert_eq!(labels, [0, 1, 1]);
    assert_eq!(classes, ["a", "b"]);
    assert_eq!(plan(&paths, Split::Test).0, ["test/a/1.png"]);
    assert_eq!(
        try_plan(&paths, Split::Test).unwrap().1,
        LoadReport::default()
    );
}

#[test]
fn labels_agree_between_splits() {
    let paths = ["train/a/1.png", "train/b/1.png", "test/b/1.png"];
    assert_eq!(plan(&paths, Split::Test).1, [1]);
    assert_eq!(plan(&paths, Split::Test).2, ["a", "b"]);
}

#[test]
fn wrapping_folder_is_ignored() {
    let (_, labels, classes) = plan(&["set/train/b/1.png", "set/test/a/1.png"], Split::Train);
    assert_eq!((labels, classes), (vec![1], vec!["a".into(), "b".into()]));
    assert_eq!(
        plan(&["set/cat/1.png", "set/dog/1.png"], Split::Test).2,
        ["cat", "dog"]
    );
    assert_eq!(
        plan(&["set/cat/1.png", "set/cat/2.png"], Split::Test).2,
        ["cat"]
    );
}

#[test]
fn flat_folders_have_one_class() {
    let (names, labels, classes) = plan(&["2.jpg", "1.jpg"], Split::Train);
    assert_eq!(names, ["1.jpg", "2.jpg"]);
    assert_eq!(
        (labels, classes),
        (vec![0, 0], vec![FLAT_CLASS.to_string()])
    );
    assert_eq!(
        plan(&["train/1.jpg", "test/2.jpg"], Split::Test).0,
        ["test/2.jpg"]
    );
}

#[test]
fn sets_without_splits_say_so() {
    let (_, report) = try_plan(&["cat/1.png", "dog/2.png", "3.png"], Split::Test).unwrap();
    assert!(report.unsplit);
    assert!(
        report.remarks[0].contains("1 picture in no folder of a class, such as 3.png"),
        "{report:?}"
    );
}

#[test]
fn other_splits_are_left_out_and_counted() {
    let paths = [
        "Train/a/1.png",
        "TEST/b/2.png",
        "Val/c/3.png",
        "Val/c/4.png",
        "dev/d/5.png",
    ];
    assert_eq!(plan(&paths, Split::Train).0, ["Train/a/1.png"]);
    let (test, report) = try_plan(&paths, Split::Test).unwrap();
    assert_eq!(
        (test.items.len(), test.classes),
        (1, vec!["a".into(), "b".into()])
    );
    assert_eq!(report.other_splits, [("Val".into(), 2), ("dev".into(), 1)]);
    assert!(!report.unsplit);
}

#[test]
fn splits_with_something_beside_them_are_refused() {
    let splits = ["train/cat/1.png", "test/cat/2.png"];
    for (stray, named) in [
        ("preview.png", "`preview.png` beside"),
        ("extra/cat/3.png", "`extra/cat/3.png` beside"),
        ("test2/cat/3.png", "`test2/cat/3.png` beside"),
        ("Train/cat/3.png", "`Train/` and `train/`, two folders"),
        ("testing/cat/3.png", "`test/` and `testing/`, two folders"),
    ] {
        let message = refusal(&[&splits[..], &[stray]].concat());
        assert!(message.contains(named), "{message}");
        assert!(
            message.contains("expected folders `train/` and `test/`"),
            "{message}"
        );
    }
    // With a folder around the splits.
    let message = refusal(&["set/train/a/1.png", "set/test/a/2.png", "docs/figure.png"]);
    assert!(message.contains("`docs/figure.png` outside"), "{message}");
}

#[test]
fn a_class_named_like_a_split() {
    let message = refusal(&["train/1.jpg", "car/1.jpg"]);
    assert!(message.contains("`car/1.jpg` beside `train/`"), "{message}");
    assert!(message.contains("rename a class"), "{message}");
    // Nothing is lost where no training data are named.
    assert_eq!(
        plan(&["valid/1.jpg", "invalid/1.jpg"], Split::Test).2,
        ["invalid", "valid"]
    );
    // With splits above them all class names are fine.
    let paths = ["train/train/1.jpg", "train/car/1.jpg", "test/train/1.jpg"];
    assert_eq!(plan(&paths, Split::Test).2, ["car", "train"]);
}

#[test]
fn splits_under_other_names_or_at_other_levels_are_refused() {
    for paths in [
        ["images/trainA/1.png", "images/testA/2.png"],
        ["train2017/1.png", "val2017/2.png"],
        ["trainset/a/1.png", "testset/a/1.png"],
        ["cat/train/1.png", "dog/test/2.png"],
        ["train/train/a/1.png", "train/val/a/2.png"],
        ["train_1.png", "test_27.png"],
        ["cat/CLEVR_train_1.png", "dog/CLEVR_val_1.png"],
    ] {
        let message = refusal(&paths);
        assert!(message.contains("found splits"), "{message}");
    }
    // File names may say what they like below folders that say the split.
    assert_eq!(
        plan(&["train/val_1.png", "test/train_1.png"], Split::Test).0,
        ["test/train_1.png"]
    );
}

#[test]
fn an_absent_split_is_an_error_that_says_what_is_there() {
    for (paths, absent, there) in [
        (vec!["train/a/1.png"], Split::Test, "`train/`"),
        (vec!["Test/1.png"], Split::Train, "`Test/`"),
        (
            vec!["train/1.png", "val/2.png"],
            Split::Test,
            "`val/`, `train/`",
        ),
        (vec!["val/a/1.png"], Split::Train, "`val/`"),
    ] {
        let error = try_plan(&paths, absent).err().unwrap();
        assert!(matches!(error, DataError::Absent { .. }), "{error}");
        let message = error.to_string();
        let expected = format!("images below `{}/`", absent.name());
        assert!(
            message.contains(&expected) && message.contains(there),
            "{message}"
        );
    }
    assert_eq!(plan(&["train/a/1.png"], Split::Train).0.len(), 1);
}

#[test]
fn image_names() {
    let image = |path: &str| is_image(&path.split('/').map(String::from).collect::<Vec<_>>());
    assert!(image("a/1.JPG") && image("x.jpeg") && image("x.png") && image("x.jfif"));
    assert!(!image("notes.txt") && !image("png"));
}
