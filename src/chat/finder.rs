//! Many searchable texts in memory, looked through at once.

use std::sync::OnceLock;

use memchr::memmem;

use super::keyword::{Keyword, initial_index};

/// What a person's dishes are found by: a text made by [`super::searchable`] for each number.
#[derive(Debug, Clone, Default)]
pub struct Finder {
    /// Every text, each with a line end.
    texts: String,
    /// The number of each text and where it begins, in the order of `texts`.
    rows: Vec<(u32, usize)>,
    /// Made when it is first needed.
    initials: OnceLock<Initials>,
}

/// Every text with a byte for each letter, the same for a consonant and every syllable that begins with it.
#[derive(Debug, Clone)]
struct Initials {
    codes: Vec<u8>,
    /// Where each text begins.
    starts: Vec<usize>,
}

impl Finder {
    /// Adds a text under a number; its line ends are left out.
    pub fn add(&mut self, number: u32, text: &str) {
        self.rows.push((number, self.texts.len()));
        self.texts.extend(text.split('\n'));
        self.texts.push('\n');
        self.initials = OnceLock::new();
    }

    /// The number that was added last.
    pub fn newest(&self) -> Option<u32> {
        self.rows.last().map(|(number, _)| *number)
    }

    /// About how much memory it takes, in bytes.
    pub fn size(&self) -> usize {
        // A Korean letter is three bytes in a text, and one more among the initials.
        self.texts.len() * 4 / 3 + self.rows.len() * 3 * size_of::<usize>()
    }

    /// The numbers under which a keyword is found, the last one that was added first. All texts are looked through for
    /// one of its words at once, and only where that is are the others looked for.
    pub fn find(&self, keyword: &Keyword) -> Vec<u32> {
        let candidates = match (keyword.longest_word(), keyword.longest_initials()) {
            (Some(word), _) => {
                rows_with(self.texts.as_bytes(), word.as_bytes(), |row| self.rows.get(row).map(|(_, at)| *at))
            }
            (None, Some(letters)) => {
                let initials = self.initials.get_or_init(|| self.initials());
                let wanted: Vec<u8> = letters.iter().map(|letter| code(*letter)).collect();
                rows_with(&initials.codes, &wanted, |row| initials.starts.get(row).copied())
            }
            (None, None) => Vec::new(),
        };
        let found = candidates.into_iter().filter(|row| keyword.is_in(self.text(*row)));
        let mut numbers: Vec<u32> = found.filter_map(|row| self.rows.get(row)).map(|(number, _)| *number).collect();
        numbers.reverse();
        numbers
    }

    fn text(&self, row: usize) -> &str {
        let at = |row: usize| self.rows.get(row).map(|(_, at)| *at);
        let (start, end) = (at(row).unwrap_or_default(), at(row + 1).unwrap_or(self.texts.len()));
        self.texts.get(start..end).unwrap_or_default().trim_end_matches('\n')
    }

    fn initials(&self) -> Initials {
        let mut initials = Initials { codes: Vec::with_capacity(self.texts.len() / 2), starts: vec![0] };
        for c in self.texts.chars() {
            initials.codes.push(code(c));
            if c == '\n' {
                initials.starts.push(initials.codes.len());
            }
        }
        initials
    }
}

/// The rows that have these bytes anywhere in them; `start` says where a row begins.
fn rows_with(all: &[u8], bytes: &[u8], start: impl Fn(usize) -> Option<usize>) -> Vec<usize> {
    let (finder, mut found, mut row, mut from) = (memmem::Finder::new(bytes), Vec::new(), 0, 0);
    while let Some(at) = all.get(from..).and_then(|rest| finder.find(rest)).map(|at| from + at) {
        while start(row + 1).is_some_and(|next| next <= at) {
            row += 1;
        }
        found.push(row);
        row += 1;
        from = start(row).unwrap_or(all.len());
    }
    found
}

/// Letters that nobody looks for by their initials may share a byte; what is found is looked at again.
fn code(c: char) -> u8 {
    match initial_index(c) {
        Some(index) => 0x80 + index,
        None if c.is_ascii() => u8::try_from(c).unwrap_or_default(),
        None => 0xff,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chat::searchable;

    fn finder(texts: &[&str]) -> Finder {
        let mut finder = Finder::default();
        for (number, text) in (1..).zip(texts) {
            finder.add(number, &searchable([*text]));
        }
        finder
    }

    fn find(finder: &Finder, keyword: &str) -> Vec<u32> {
        finder.find(&Keyword::parse(keyword).expect("short").expect("something"))
    }

    #[test]
    fn the_newest_comes_first_and_each_once() {
        let finder = finder(&["김치찌개", "12첩 반상", "김치 김치", "보쌈", "김치"]);
        assert_eq!(find(&finder, "김치"), [5, 3, 1]);
        assert_eq!(find(&finder, "ㄱㅊ"), [5, 3, 1]);
        assert_eq!(find(&finder, "12"), [2]);
        assert_eq!(find(&finder, "찌개 ㄱㅊ"), [1]);
        assert_eq!(find(&finder, "개12"), Vec::<u32>::new(), "nothing is found across two texts");
        assert_eq!(finder.newest(), Some(5));
    }

    #[test]
    fn what_is_added_later_is_found_as_well() {
        let mut finder = finder(&["김치찌개"]);
        assert_eq!(find(&finder, "ㄱㅊ"), [1]);
        finder.add(7, &searchable(["감자 채볶음"]));
        assert_eq!(find(&finder, "ㄱㅈㅊ"), [7]);
    }

    proptest! {
        #[test]
        fn it_finds_what_looking_at_each_text_finds(
            names in proptest::collection::vec("[가-깋나-닣a-c ]{0,8}", 0..20),
            keyword in "[가-깋ㄱㄴㄳa-c1 ]{1,5}",
        ) {
            if let Ok(Some(keyword)) = Keyword::parse(&keyword) {
                let texts: Vec<&str> = names.iter().map(String::as_str).collect();
                let mut expected: Vec<u32> =
                    (1..).zip(&texts).filter(|(_, text)| keyword.is_in(&searchable([**text]))).map(|(n, _)| n).collect();
                expected.reverse();
                prop_assert_eq!(finder(&texts).find(&keyword), expected);
            }
        }
    }
}
