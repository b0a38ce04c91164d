//! Tables whose rows have more or fewer cells than their header. Markdown drops the surplus in silence,
//! so a `|` inside a formula loses half of it; `\|` does not split.

use std::path::Path;

use anyhow::Result;

use super::markdown;

pub(super) fn check(root: &Path) -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for page in markdown::pages(root)? {
        for (number, expected, found) in ragged(&page.lines) {
            complaints.push(format!(
                "{}:{number}: a row of {found} cells in a table of {expected} (write `\\|` for a bar \
                 inside a cell)",
                page.path.display()
            ));
        }
    }
    Ok(complaints)
}

/// Rows that do not fit: line, cells of the rule under the header, cells found.
fn ragged(lines: &[(usize, String)]) -> Vec<(usize, usize, usize)> {
    let mut ragged = Vec::new();
    let mut width = None;
    for (at, (number, line)) in lines.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| &lines[before]);
        match (width, before) {
            (None, Some((header, text))) if is_rule(line) && text.contains('|') => {
                width = Some(cells(line));
                if cells(text) != cells(line) {
                    ragged.push((*header, cells(line), cells(text)));
                }
            }
            (Some(_), _) if !line.contains('|') => width = None,
            (Some(expected), _) if cells(line) != expected => {
                ragged.push((*number, expected, cells(line)));
            }
            _ => {}
        }
    }
    ragged
}

/// The line of dashes under a header.
fn is_rule(line: &str) -> bool {
    line.contains('-') && line.contains('|') && line.chars().all(|c| " |:-".contains(c))
}

/// Cells of a row: bars that are not escaped split, one at either end does not.
fn cells(line: &str) -> usize {
    let line = line.trim();
    let line = line.strip_prefix('|').unwrap_or(line);
    let (mut bars, mut escaped, mut last) = (0, false, false);
    for c in line.chars() {
        last = c == '|' && !escaped;
        bars += usize::from(last);
        escaped = c == '\\' && !escaped;
    }
    bars + usize::from(!last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<(usize, usize, usize)> {
        let lines: Vec<_> = text.lines().map(str::to_owned).enumerate().collect();
        ragged(&lines)
    }

    #[test]
    fn a_bar_in_a_formula_splits_its_cell() {
        let table =
            "| name | energy |\n| --- | --- |\n| a | `|z|^2` |\n| b | `\\|z\\|^2` |\n\n| c | |";
        assert_eq!(rows(table), [(2, 2, 4)]);
    }

    #[test]
    fn headers_and_missing_cells_count_too() {
        assert_eq!(
            rows("| a | b | c |\n|---|:-:|\n| 1 | 2 |\n| 1 |"),
            [(0, 2, 3), (3, 2, 1)]
        );
        assert_eq!(rows("a | b\n--- | ---\n1 | 2"), []);
    }
}
