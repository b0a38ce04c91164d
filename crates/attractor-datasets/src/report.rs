//! What loading found besides the images of a set.

/// How often something was met, and the first name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often.
    pub count: usize,
    /// The first one's path below the folder or archive.
    pub first: Option<String>,
}

impl Tally {
    pub(crate) fn add(&mut self, name: &[String]) {
        self.count += 1;
        self.first.get_or_insert_with(|| name.join("/"));
    }

    /// `1 file`, `3 files, the first readme.txt`.
    fn text(&self, one: &str, many: &str) -> String {
        let first = self.first.as_deref().unwrap_or_default();
        match self.count {
            1 => format!("1 {one}: {first}"),
            count => format!("{count} {many}, such as {first}"),
        }
    }
}

/// A picture that was left out because it could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damaged {
    /// Path below the folder or archive.
    pub name: String,
    /// The error, which names the file.
    pub reason: String,
}

/// What lay beside the images of a set and is not among them, and what had to be assumed.
///
/// Counts are of the whole folder or archive, not of one split.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoadReport {
    /// There are no folders of splits: the training and the test split are the same images.
    pub unsplit: bool,
    /// Folders of other splits, such as `val`, and the number of pictures in them.
    pub other_splits: Vec<(String, usize)>,
    /// Files whose names are not those of pictures.
    pub other_files: Tally,
    /// Hidden files and folders, and those that operating systems make for themselves.
    pub hidden: Tally,
    /// Devices, pipes, and links that are no pictures.
    pub special: Tally,
    /// Members of an archive that a later one of the same name replaces.
    pub replaced: Tally,
    /// Pictures that could not be read, where the caller asked to leave them out.
    pub damaged: Vec<Damaged>,
    /// Anything else that a user should know, as sentences.
    pub remarks: Vec<String>,
}

impl LoadReport {
    /// One line for each thing to say; none if everything there became part of the set.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.unsplit {
            let same = "the training and the test split are the same images";
            lines.push(format!("no folders train/ and test/: {same}"));
        }
        for (name, count) in &self.other_splits {
            let what = "left out, neither training nor test data";
            lines.push(format!("{name}/: {} {what}", pictures(*count)));
        }
        let tallies = [
            (&self.other_files, "file", "files", "no pictures by name"),
            (&self.hidden, "name", "names", "hidden"),
            (&self.special, "name", "names", "no regular file"),
            (
                &self.replaced,
                "member",
                "members",
                "replaced by a later one of the same name",
            ),
        ];
        for (tally, one, many, why) in tallies {
            if tally.count > 0 {
                lines.push(format!("left out, {why}: {}", tally.text(one, many)));
            }
        }
        for damaged in &self.damaged {
            lines.push(format!("left out, damaged: {}", damaged.reason));
        }
        lines.extend(self.remarks.iter().cloned());
        lines
    }
}

/// `1 picture`, `2 pictures`.
pub(crate) fn pictures(count: usize) -> String {
    match count {
        1 => "1 picture".into(),
        count => format!("{count} pictures"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_for_each_thing() {
        let mut report = LoadReport::default();
        assert!(report.lines().is_empty());
        report.unsplit = true;
        report.other_splits.push(("val".into(), 2));
        report.hidden.add(&["a".into(), "._1.png".into()]);
        report.other_files.add(&["readme.txt".into()]);
        report.other_files.add(&["notes.txt".into()]);
        assert_eq!(
            report.lines(),
            [
                "no folders train/ and test/: the training and the test split are the same images",
                "val/: 2 pictures left out, neither training nor test data",
                "left out, no pictures by name: 2 files, such as readme.txt",
                "left out, hidden: 1 name: a/._1.png",
            ]
        );
    }
}
