//! Options, by the path of each: `model.epochs` is the entry `epochs` of the table `model`.

use std::collections::BTreeMap;

/// Every entry that is not itself a table with entries, by its path.
pub(crate) fn leaves(table: &toml::Table) -> BTreeMap<String, toml::Value> {
    fn visit(at: &str, table: &toml::Table, out: &mut BTreeMap<String, toml::Value>) {
        for (key, value) in table {
            let path = match at {
                "" => key.clone(),
                at => format!("{at}.{key}"),
            };
            match value {
                toml::Value::Table(inner) if !inner.is_empty() => visit(&path, inner, out),
                value => drop(out.insert(path, value.clone())),
            }
        }
    }
    let mut out = BTreeMap::new();
    visit("", table, &mut out);
    out
}

/// The entry at a path.
pub(crate) fn get<'a>(table: &'a toml::Table, path: &str) -> Option<&'a toml::Value> {
    match path.split_once('.') {
        None => table.get(path),
        Some((key, rest)) => get(table.get(key)?.as_table()?, rest),
    }
}

/// Sets the entry at a path, with the tables on the way there.
pub(crate) fn set(table: &mut toml::Table, path: &str, value: toml::Value) {
    match path.split_once('.') {
        None => drop(table.insert(path.to_owned(), value)),
        Some((key, rest)) => {
            let inner = table
                .entry(key)
                .or_insert_with(|| toml::Table::new().into());
            if !inner.is_table() {
                *inner = toml::Table::new().into();
            }
            if let toml::Value::Table(inner) = inner {
                set(inner, rest, value);
            }
        }
    }
}

/// Sets every entry of a patch where it stands: in the part, in its series; in the part if nowhere.
pub(crate) fn patch<'a>(
    part: &mut toml::Table,
    series: impl IntoIterator<Item = &'a mut toml::Table>,
    patch: &toml::Table,
) {
    let mut series: Vec<&mut toml::Table> = series.into_iter().collect();
    for (path, value) in leaves(patch) {
        let mut found = get(part, &path).is_some();
        for own in series.iter_mut().filter(|own| get(own, &path).is_some()) {
            set(own, &path, value.clone());
            found |= true;
        }
        if get(part, &path).is_some() || !found {
            set(part, &path, value);
        }
    }
}

/// Whether a path is one of `paths`, or lies below one.
pub(crate) fn is_below(path: &str, paths: &[String]) -> bool {
    paths.iter().any(|above| {
        path.strip_prefix(above.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> toml::Table {
        text.parse().unwrap()
    }

    #[test]
    fn entries_are_set_where_they_stand() {
        let mut part = table("epochs = 3\nmodel = { kind = 'a', size = { code = 4 } }");
        let mut one = table("epochs = 5\nmemory = { iterations = 100, kind = 'b' }");
        let mut other = table("memory = { kind = 'c' }");
        let change = table(
            "epochs = 1\nmemory.iterations = 10\nmodel.size.code = 2\nmodel.weights = 'w'\nnew = 1",
        );
        patch(&mut part, [&mut one, &mut other], &change);
        assert_eq!(
            part,
            table(
                "epochs = 1\nnew = 1\nmodel = { kind = 'a', weights = 'w', size = { code = 2 } }"
            )
        );
        assert_eq!(
            one,
            table("epochs = 1\nmemory = { iterations = 10, kind = 'b' }")
        );
        assert_eq!(
            other,
            table("memory = { kind = 'c' }"),
            "never added to a series"
        );
    }

    #[test]
    fn below_is_no_prefix_of_a_name() {
        let paths = ["model".to_owned(), "a.b".to_owned()];
        assert!(is_below("model", &paths) && is_below("model.code", &paths));
        assert!(is_below("a.b.c", &paths));
        assert!(!is_below("models", &paths) && !is_below("a", &paths));
    }
}
