//! Files of vectors.

use crate::place::Place;

/// `count` points on the upper half of a sphere, along a spiral, as CSV with labels.
fn spiral(count: usize) -> String {
    let line = |at: usize| {
        let angle = at as f32 * 2.399_963;
        let height = 1.0 - (at as f32 + 0.5) / count as f32;
        let radius = (1.0 - height * height).sqrt();
        let (x, y) = (radius * angle.cos(), radius * angle.sin());
        format!("{x},{y},{height},point {at}\n")
    };
    let lines: String = (0..count).map(line).collect();
    format!("x,y,z,label\n{lines}")
}

fn json(said: &str) -> serde_json::Value {
    serde_json::from_str(said).unwrap()
}

#[test]
fn vectors_are_added_once_and_found_again() {
    let place = Place::new();
    std::fs::write(place.path("points.csv"), spiral(300)).unwrap();
    let said = place.says(&["add", "points.csv", "--memory", "v.attr"], 0);
    assert!(
        said.contains("300 added, 0 were there: 300 vectors of 3 numbers"),
        "{said}"
    );
    let said = place.says(&["add", "points.csv", "--memory", "v.attr"], 0);
    assert!(said.contains("0 added, 300 were there"), "{said}");
    assert!(
        place
            .says(&["info", "--memory", "v.attr"], 0)
            .contains("compared by their cosine")
    );

    // Ten times as long, and a little to the side.
    let line = spiral(300).lines().nth(43).unwrap().to_owned();
    let mut fields: Vec<f32> = line
        .split(',')
        .take(3)
        .map(|x| 10.0 * x.parse::<f32>().unwrap())
        .collect();
    fields[0] += 0.01;
    std::fs::write(
        place.path("cue.csv"),
        format!("{},{},{}\n", fields[0], fields[1], fields[2]),
    )
    .unwrap();
    let said = place.says(
        &[
            "recall", "cue.csv", "--memory", "v.attr", "--top", "5", "--json",
        ],
        0,
    );
    let found = json(&said);
    assert_eq!(found[0]["recognised"], true);
    assert_eq!(found[0]["candidates"].as_array().unwrap().len(), 5);
    assert_eq!(found[0]["candidates"][0]["name"], "point 42");
    assert!(found[0]["candidates"][0]["cosine"].as_f64().unwrap() > 0.999);

    // Below, where nothing is.
    std::fs::write(place.path("far.csv"), "0,0.1,-1\n").unwrap();
    let said = place.says(&["recall", "far.csv", "--memory", "v.attr"], 1);
    assert!(said.contains("none of the stored vectors"), "{said}");

    let said = place.says(&["forget", "point 42", "0", "--memory", "v.attr"], 0);
    assert!(said.contains("2 forgotten, 298 left"), "{said}");
    let said = place.says(&["recall", "cue.csv", "--memory", "v.attr", "--json"], 1);
    assert_ne!(json(&said)[0]["candidates"][0]["name"], "point 42");

    let said = place.says(&["export", "--to", "out", "--memory", "v.attr"], 0);
    assert!(said.contains("298 vectors"), "{said}");
    let again = [
        "add",
        "out/vectors.npy",
        "--labels",
        "out/labels.txt",
        "--ids",
        "out/ids.txt",
        "--memory",
        "w.attr",
    ];
    place.says(&again, 0);
    let list = |memory: &str| place.says(&["list", "--memory", memory], 0);
    assert_eq!(list("v.attr"), list("w.attr"));
}

#[test]
fn vectors_that_do_not_fit_leave_the_memory_as_it_was() {
    let place = Place::new();
    std::fs::write(place.path("two.csv"), "1,2\n2,1\n").unwrap();
    std::fs::write(place.path("three.csv"), "1,2,3\n").unwrap();
    std::fs::write(place.path("nan.csv"), "1,2\n1,nan\n").unwrap();
    place.says(&["add", "two.csv", "--memory", "v.attr"], 0);
    let before = std::fs::read(place.path("v.attr")).unwrap();
    let said = place.says(&["add", "three.csv", "--memory", "v.attr"], 2);
    assert!(
        said.contains("three.csv: expected 2 numbers in each vector, found 3"),
        "{said}"
    );
    let said = place.says(&["add", "nan.csv", "--memory", "v.attr"], 2);
    assert!(said.contains("nan.csv") && said.contains("NaN"), "{said}");
    let said = place.says(&["recall", "three.csv", "--memory", "v.attr"], 2);
    assert!(said.contains("expected 2 numbers"), "{said}");
    let said = place.says(&["add", "photos", "--memory", "v.attr"], 2);
    assert!(
        said.contains("expected a memory of photos, found one of vectors"),
        "{said}"
    );
    assert_eq!(std::fs::read(place.path("v.attr")).unwrap(), before);

    place.says(&["add", "photos", "--memory", "p.attr"], 0);
    let said = place.says(&["add", "two.csv", "--memory", "p.attr"], 2);
    assert!(
        said.contains("expected a memory of vectors, found one of photos"),
        "{said}"
    );
    let said = place.says(&["add", "two.csv", "photos", "--memory", "n.attr"], 2);
    assert!(said.contains("found both"), "{said}");

    // Ids of somebody's own are new, or nothing is stored.
    std::fs::write(place.path("ids.csv"), "id,x,y\n0,5,6\n").unwrap();
    let said = place.says(&["add", "ids.csv", "--memory", "v.attr"], 2);
    assert!(said.contains("found 0 for vector 0"), "{said}");
    assert_eq!(std::fs::read(place.path("v.attr")).unwrap(), before);
}
