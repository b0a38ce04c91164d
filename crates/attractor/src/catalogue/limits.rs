//! Counts in options that nobody means.

/// The largest whole number that an option may be, seeds apart: counts beyond it would fill memory, or
/// never end.
pub const MOST: i64 = 10_000_000;

/// The first option, at any depth, that is a larger whole number than [`MOST`].
pub fn too_large(options: &toml::Table) -> Option<(String, i64)> {
    options
        .iter()
        .filter(|(key, _)| *key != "seed")
        .find_map(|(key, value)| of_value(key, value))
}

fn of_value(key: &str, value: &toml::Value) -> Option<(String, i64)> {
    match value {
        toml::Value::Integer(number) if *number > MOST => Some((key.to_owned(), *number)),
        toml::Value::Array(values) => values.iter().find_map(|value| of_value(key, value)),
        toml::Value::Table(table) => {
            too_large(table).map(|(inner, number)| (format!("{key}.{inner}"), number))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_found_at_any_depth_and_seeds_are_none() {
        let found = |text: &str| too_large(&text.parse().unwrap());
        assert_eq!(found("a = 10000000\nb = { c = [1, 2] }"), None);
        assert_eq!(
            found("seed = 99999999999\nprior = { seed = 99999999999 }"),
            None
        );
        let deep = found("prior = { map = { counts = [1, 10000001] } }");
        assert_eq!(deep, Some(("prior.map.counts".into(), 10_000_001)));
    }
}
