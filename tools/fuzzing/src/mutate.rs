//! Mutated seeds, for the form of the campaign that needs no fuzzer: no coverage guides it.

use attractor::core::rng::Rng;
use rand::RngExt;

/// Numbers at which things go wrong, as texts have them.
const NUMBERS: &[&str] = &[
    "0",
    "-1",
    "1",
    "255",
    "256",
    "65535",
    "65536",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "18446744073709551615",
    "1e308",
    "-1e-320",
    "nan",
    "inf",
    "",
];
const BYTES: &[u8] = &[
    0, 1, 0x7f, 0x80, 0xff, b'"', b'{', b'[', b'\n', b'9', b'-', b'/',
];
/// Changes of one input.
const CHANGES: usize = 6;
/// Bytes of the longest input.
const LONGEST: usize = 1 << 18;

/// One of the seeds, changed in a few places.
pub fn mutated(seeds: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    let pick = |rng: &mut Rng| match seeds.len() {
        0 => Vec::new(),
        count => seeds[rng.random_range(0..count)].clone(),
    };
    let mut bytes = pick(rng);
    for _ in 0..rng.random_range(1..=CHANGES) {
        change(&mut bytes, rng, &pick);
    }
    bytes.truncate(LONGEST);
    bytes
}

fn change(bytes: &mut Vec<u8>, rng: &mut Rng, pick: &dyn Fn(&mut Rng) -> Vec<u8>) {
    let len = bytes.len();
    // Half of the changes are near the beginning, where headers are.
    let within = match rng.random_bool(0.5) {
        true => len.min(64),
        false => len,
    };
    let at = rng.random_range(0..=within);
    let end = rng.random_range(at..=len.min(at + 40));
    match rng.random_range(0..9) {
        0 if at < len => bytes[at] ^= 1 << rng.random_range(0..8),
        1 if at < len => bytes[at] = BYTES[rng.random_range(0..BYTES.len())],
        2 if at < len => bytes[at] = rng.random(),
        3 => {
            let count = rng.random_range(1..9);
            bytes.splice(at..at, (0..count).map(|_| rng.random()));
        }
        4 => drop(bytes.drain(at..end)),
        5 => {
            let again = bytes[at..end].to_vec();
            bytes.splice(end..end, again);
        }
        6 => bytes.truncate(at),
        7 => {
            let other = pick(rng);
            let from = rng.random_range(0..=other.len());
            let to = rng.random_range(from..=other.len());
            bytes.splice(at..end, other[from..to].iter().copied());
        }
        _ => number(bytes, at, NUMBERS[rng.random_range(0..NUMBERS.len())]),
    }
}

/// Another number in the place of the next one in a text, or there.
fn number(bytes: &mut Vec<u8>, at: usize, with: &str) {
    let begin = bytes[at..].iter().position(u8::is_ascii_digit);
    let begin = begin.map_or(at, |steps| at + steps);
    let digits = bytes[begin..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit());
    let end = begin + digits.count();
    bytes.splice(begin..end, with.bytes());
}
