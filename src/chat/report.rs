//! What admins read: a heading, and tables of a few rows below it.

use super::Phrase;

/// Some rows that belong together.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// What stands above them; nothing where the heading of the whole says it.
    pub title: Option<Phrase>,
    /// What each is called, and what it holds.
    pub rows: Vec<(Phrase, Phrase)>,
}

/// A report.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// What it is about.
    pub heading: Phrase,
    /// Its tables; those without rows are left out.
    pub sections: Vec<Section>,
    /// Sentences below them.
    pub notes: Vec<Phrase>,
}

impl Report {
    /// One without any rows yet.
    pub fn new(heading: Phrase) -> Self {
        Self { heading, sections: Vec::new(), notes: Vec::new() }
    }

    /// The same with these rows, without a title.
    pub fn rows(self, rows: Vec<(Phrase, Phrase)>) -> Self {
        self.with(None, rows)
    }

    /// The same with these rows under a title.
    pub fn titled(self, title: Phrase, rows: Vec<(Phrase, Phrase)>) -> Self {
        self.with(Some(title), rows)
    }

    fn with(mut self, title: Option<Phrase>, rows: Vec<(Phrase, Phrase)>) -> Self {
        if !rows.is_empty() {
            self.sections.push(Section { title, rows });
        }
        self
    }

    /// The same with one sentence more below it.
    pub fn note(mut self, note: Phrase) -> Self {
        self.notes.push(note);
        self
    }
}
