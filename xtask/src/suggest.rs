//! Names that somebody may have meant.

/// Suggestions at most.
const MOST: usize = 3;

/// ` (did you mean a, b or c?)` with the names nearest to `name`, or nothing if none is near: those that hold it or
/// are held by it, and those at most a third of its letters away.
pub(crate) fn suggest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let wanted = name.to_lowercase();
    let far = |other: &str| {
        let other = other.to_lowercase();
        let within = wanted.len() > 2 && (other.contains(&wanted) || wanted.contains(&other));
        match distance(&wanted, &other) {
            edits if edits <= (wanted.chars().count() / 3).max(1) => Some(edits),
            _ => within.then_some(usize::MAX),
        }
    };
    let mut near: Vec<(usize, &str)> = known
        .into_iter()
        .filter_map(|other| Some((far(other)?, other)))
        .collect();
    near.sort_unstable();
    near.dedup();
    let names: Vec<String> = near
        .iter()
        .take(MOST)
        .map(|(_, name)| format!("`{name}`"))
        .collect();
    match names.split_last() {
        None => String::new(),
        Some((one, [])) => format!(" (did you mean {one}?)"),
        Some((last, others)) => format!(" (did you mean {} or {last}?)", others.join(", ")),
    }
}

/// Letters that have to be inserted, removed or exchanged (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, &to) in b.iter().enumerate() {
            let exchanged = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = exchanged.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted() {
        for (a, b, edits) in [
            ("", "", 0),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
            ("gmm", "gm", 1),
            ("flaw", "lawn", 2),
        ] {
            assert_eq!((distance(a, b), distance(b, a)), (edits, edits), "{a} {b}");
        }
    }

    #[test]
    fn near_names_are_suggested() {
        let known = ["gmm", "bp-gmm", "pc-gmm", "memn2n", "hopfield", "hopfield"];
        assert_eq!(suggest("gnm", known), " (did you mean `gmm`?)");
        assert_eq!(suggest("memnn", known), " (did you mean `memn2n`?)");
        assert_eq!(
            suggest("-gmm", known),
            " (did you mean `gmm`, `bp-gmm` or `pc-gmm`?)"
        );
        assert_eq!(suggest("HOPFIELDS", known), " (did you mean `hopfield`?)");
        assert_eq!(suggest("elephant", known), "");
    }
}
