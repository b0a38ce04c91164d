//! The short form of the campaigns, on a stable compiler: the seeds of each target, what campaigns have found (files in
//! `fuzz/found/TARGET`), and mutated seeds for some seconds (`ATTRACTOR_FUZZ_SECONDS`, 2 if it is not set; `ATTRACTOR_FUZZ_SEED`
//! for other ones).

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use attractor::core::rng;
use attractor_fuzzing::{mutated, target};

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// A line of `/proc/self/status` in MiB, where there is such a file.
fn status(key: &str) -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find(|line| line.starts_with(key))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib >> 10)
}

fn runs(name: &str) {
    // One after the other: the memory that a process holds is its own.
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let target = target(name);
    // Sets the high-water mark back; where that is not possible the bound is of all targets so far.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let seeds = (target.seeds)();
    assert!(!seeds.is_empty());
    let (mut count, mut slowest) = (0_u64, Duration::ZERO);
    let mut run = |input: &[u8]| {
        let begun = Instant::now();
        (target.run)(input);
        slowest = slowest.max(begun.elapsed());
        count += 1;
    };
    run(&[]);
    seeds.iter().for_each(|seed| run(seed));
    let found = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/found")
        .join(name);
    for entry in std::fs::read_dir(&found).into_iter().flatten() {
        let path = entry.unwrap().path();
        eprintln!("{}", path.display());
        run(&std::fs::read(path).unwrap());
    }
    let last = std::env::temp_dir().join(format!("attractor-fuzz-{name}-{}", std::process::id()));
    let mut rng = rng::stream(number("ATTRACTOR_FUZZ_SEED", 1), name);
    let end = Instant::now() + Duration::from_secs(number("ATTRACTOR_FUZZ_SECONDS", 2));
    while Instant::now() < end {
        let input = mutated(&seeds, &mut rng);
        // What fails is kept, to be looked at.
        let run = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(&input)));
        let heavy = status("VmHWM").is_some_and(|peak| peak >= target.most_mib);
        if run.is_err() || heavy {
            std::fs::write(&last, &input).unwrap();
            let peak = status("VmHWM");
            eprintln!("the input is {}: {peak:?} MiB", last.display());
        }
        if let Err(panic) = run {
            std::panic::resume_unwind(panic);
        }
        assert!(!heavy);
    }
    let peak = status("VmHWM");
    println!("{name}: {count} inputs, the slowest {slowest:?}, at most {peak:?} MiB");
    assert!(
        peak.is_none_or(|peak| peak < target.most_mib),
        "{peak:?} MiB"
    );
}

macro_rules! tests {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            runs(stringify!($name));
        })*

        #[test]
        fn no_target_is_left_out() {
            let names: Vec<&str> = attractor_fuzzing::TARGETS.iter().map(|target| target.name).collect();
            assert_eq!(names, [$(stringify!($name)),*]);
        }
    };
}

tests! {
    idx cifar archive unpack picture scenes manifest experiment run_folder vectors memory_file memories superpositions store
}
