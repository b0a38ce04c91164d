//! Two shards, joined.

use std::path::Path;

use anyhow::{Context, Result};

use super::kill::{Chaos, Tally, names, whole, xtask};
use super::runs::{MEASURING, Numbers, into};

pub(super) fn run(chaos: &mut Chaos) -> Result<Tally> {
    let [sound, out] = ["sound", "out"].map(|name| chaos.path(name));
    let parts = [chaos.path("part1"), chaos.path("part2")];
    for (part, shard) in parts.iter().zip(["1/2", "2/2"]) {
        whole(into(MEASURING, part)?.args(["--shard", shard]))?;
    }
    let merge = |out: &Path| -> Result<_> {
        let mut command = xtask(&["merge"])?;
        command.args(&parts).arg("--out").arg(out);
        Ok(command)
    };
    let time = whole(&mut merge(&sound)?)?;
    let expected = Numbers::of(&sound)?;
    let before = [Numbers::of(&parts[0])?, Numbers::of(&parts[1])?];
    let mut tally = Tally::default();
    let mut partial = 0;
    for _ in 0..chaos.times {
        let running = chaos.kill(&mut merge(&out)?, time)?;
        tally.count(running);
        // What is joined so far is part of the whole, and every file in it is whole.
        if out.join("run.toml").exists()
            && let Some(found) = tally.expect_ok("the joined folder", Numbers::of(&out))
        {
            partial += usize::from(found.cells < expected.cells);
            tally.expect(found.within(&expected), || {
                "records that no part has".into()
            });
        }
        for name in names(&out.join("figures")) {
            let read = |dir: &Path| std::fs::read(dir.join("figures").join(&name)).ok();
            // Panels and traces are copies; the report draws the others.
            let copied = ["panel-", "trace-"]
                .iter()
                .any(|prefix| name.starts_with(prefix));
            let whole = match copied {
                true => parts.iter().any(|part| read(part) == read(&out)),
                false => {
                    read(&out).is_some_and(|bytes| bytes.trim_ascii_end().ends_with(b"</svg>"))
                }
            };
            tally.expect(whole || name.starts_with('.'), || {
                format!("half a figure: {name}")
            });
        }
        for (part, before) in parts.iter().zip(&before) {
            let same = Numbers::of(part).is_ok_and(|now| now == *before);
            tally.expect(same, || format!("{} has changed", part.display()));
        }
        if out.exists() {
            std::fs::remove_dir_all(&out).context("the joined folder")?;
        }
    }
    whole(&mut merge(&out)?)?;
    tally.expect(Numbers::of(&out)? == expected, || {
        "other numbers than without a kill".into()
    });
    tally.notes.push(format!(
        "{partial} times some cells were joined and others not, which `merge` would have said"
    ));
    Ok(tally)
}
