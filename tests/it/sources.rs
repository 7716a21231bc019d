//! The sources, read in three ways: whole, without comments and tests, and without quoted text as well.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// One file of `src/`.
pub(crate) struct Source {
    /// Its path below `src/`.
    pub(crate) path: String,
    /// Without comments and tests.
    pub(crate) text: String,
    /// What stands in quotes, outside tests, as it is written there.
    pub(crate) literals: Vec<String>,
    /// Without comments, tests and quoted text; lines stand where they stood.
    pub(crate) code: String,
    /// Every path in the code; those after `use` one by one, `x::self` where one is a single name.
    pub(crate) paths: Vec<String>,
    /// Every macro that is called.
    pub(crate) macros: Vec<String>,
    /// The modules of tests that lie in files of their own, such as `recommender/cookbook/tests`.
    pub(crate) tests: Vec<String>,
    pub(crate) lines: usize,
}

/// Every file of `src/` that is not a test.
pub(crate) fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&root, &mut files);
    files.sort();
    let read = |file: &PathBuf| {
        let path = file.strip_prefix(&root).expect("a path below src").to_string_lossy().replace('\\', "/");
        Source::read(&path, &fs::read_to_string(file).expect("a source"))
    };
    let sources: Vec<Source> = files.iter().map(read).collect();
    let tests: Vec<String> = sources.iter().flat_map(|source| source.tests.clone()).collect();
    let is_test = |path: &str| {
        tests.iter().filter_map(|test| path.strip_prefix(test)).any(|rest| rest == ".rs" || rest.starts_with('/'))
    };
    let sources: Vec<Source> = sources.into_iter().filter(|source| !is_test(&source.path)).collect();
    assert!(sources.len() > 20, "the sources were not found");
    sources
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            walk(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

impl Source {
    pub(crate) fn read(path: &str, whole: &str) -> Self {
        let (mut text, mut code, mut literals) = blank(whole);
        let tests = drop_tests(path, &mut text, &mut code, &mut literals);
        let code: String = code.into_iter().collect();
        let (paths, macros) = names(&code);
        Self {
            path: path.to_owned(),
            text: text.into_iter().collect(),
            literals: literals.into_iter().map(|(_, literal)| literal).collect(),
            code,
            paths,
            macros,
            tests,
            lines: whole.lines().count(),
        }
    }

    /// `store` for `store/tickets.rs`.
    pub(crate) fn room(&self) -> &str {
        let first = self.path.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    pub(crate) fn lives_in(&self, homes: &[&str]) -> bool {
        homes.iter().any(|home| self.path.starts_with(home))
    }

    pub(crate) fn uses_crate(&self, name: &str) -> bool {
        let start = format!("{name}::");
        self.paths.iter().any(|path| path.starts_with(&start))
    }

    /// Whether the path stands in the code, alone or as a part of a longer one.
    pub(crate) fn uses_path(&self, name: &str) -> bool {
        let part = format!("::{name}::");
        self.paths.iter().any(|path| format!("::{path}::").contains(&part))
    }

    /// The numbers of the lines of code with this text.
    pub(crate) fn lines_with(&self, text: &str) -> Vec<usize> {
        (1..).zip(self.code.lines()).filter(|(_, line)| line.contains(text)).map(|(number, _)| number).collect()
    }
}

/// Literals with the place where they begin.
type Literals = Vec<(usize, String)>;

/// The text without comments; without quoted text as well; and the quoted text. Blanks stand for what is gone.
fn blank(whole: &str) -> (Vec<char>, Vec<char>, Literals) {
    let whole: Vec<char> = whole.chars().collect();
    let (mut text, mut code, mut literals) = (whole.clone(), whole.clone(), Vec::new());
    let mut at = 0;
    while at < whole.len() {
        let (piece, length) = piece(&whole[at..]);
        let end = (at + length).min(whole.len());
        if piece == Piece::Comment {
            wipe(&mut text[at..end]);
        }
        if piece != Piece::Code {
            wipe(&mut code[at..end]);
        }
        if piece == Piece::Quoted {
            let quoted: String = whole[at..end].iter().collect();
            let inside =
                quoted.split_once('"').map_or("", |(_, rest)| rest.rsplit_once('"').map_or(rest, |(rest, _)| rest));
            literals.push((at, inside.to_owned()));
        }
        at = end;
    }
    (text, code, literals)
}

fn wipe(chars: &mut [char]) {
    chars.iter_mut().filter(|c| **c != '\n').for_each(|c| *c = ' ');
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Code,
    Comment,
    Quoted,
    Letter,
}

/// What begins here, and how long it is. A lifetime is code: no quote follows its first letter.
fn piece(rest: &[char]) -> (Piece, usize) {
    match rest {
        ['/', '/', ..] => (Piece::Comment, rest.iter().take_while(|c| **c != '\n').count()),
        ['/', '*', ..] => (Piece::Comment, block_comment(rest)),
        ['"', ..] => (Piece::Quoted, quoted(rest, '"')),
        ['\'', '\\', ..] | ['\'', _, '\'', ..] => (Piece::Letter, quoted(rest, '\'')),
        [first, ..] if is_word(*first) => {
            let word = rest.iter().take_while(|c| is_word(**c)).count();
            let hashes = rest[word..].iter().take_while(|c| **c == '#').count();
            let prefix = matches!(&rest[..word], ['r'] | ['b' | 'c', 'r']);
            if prefix && rest.get(word + hashes) == Some(&'"') {
                (Piece::Quoted, raw(rest, word + hashes + 1, hashes))
            } else {
                (Piece::Code, word)
            }
        }
        _ => (Piece::Code, 1),
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match &rest[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] if depth == 1 => return at + 2,
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    at
}

fn quoted(rest: &[char], quote: char) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            '\\' => at += 2,
            c if c == quote => return at + 1,
            _ => at += 1,
        }
    }
    at
}

fn raw(rest: &[char], inside: usize, hashes: usize) -> usize {
    let ends =
        |at: usize| rest[at] == '"' && rest[at + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes;
    (inside..rest.len()).find(|at| ends(*at)).map_or(rest.len(), |at| at + 1 + hashes)
}

/// Wipes every item under `#[cfg(test)]`; gives the modules among them that lie in files of their own.
fn drop_tests(path: &str, text: &mut [char], code: &mut [char], literals: &mut Literals) -> Vec<String> {
    let mark: Vec<char> = "#[cfg(test)]".chars().collect();
    let mut tests = Vec::new();
    while let Some(start) = code.windows(mark.len()).position(|window| window == mark.as_slice()) {
        let end = item_end(code, start + mark.len());
        let item: String = code[start + mark.len()..end].iter().collect();
        if let Some(name) = item.trim().strip_suffix(';').and_then(|item| item.rsplit_once("mod ")) {
            let file = path.strip_suffix(".rs").unwrap_or(path);
            let folder = match file.rsplit_once('/') {
                Some((folder, "mod")) => format!("{folder}/"),
                None if matches!(file, "lib" | "main") => String::new(),
                _ => format!("{file}/"),
            };
            tests.push(format!("{folder}{}", name.1.trim()));
        }
        wipe(&mut text[start..end]);
        wipe(&mut code[start..end]);
        literals.retain(|(at, _)| !(start..end).contains(at));
    }
    tests
}

fn item_end(code: &[char], from: usize) -> usize {
    let mut depth = 0;
    for (at, c) in code.iter().enumerate().skip(from) {
        match c {
            ';' if depth == 0 => return at + 1,
            '}' if depth == 1 => return at + 1,
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
    }
    code.len()
}

/// Every path and every macro of the code.
fn names(code: &str) -> (Vec<String>, Vec<String>) {
    let (mut paths, mut macros) = (Vec::new(), Vec::new());
    let mut rest = code;
    while let Some(start) = rest.find(is_word) {
        rest = &rest[start..];
        let path = path_at(rest);
        rest = &rest[path.len()..];
        if path == "use" && !rest.trim_start().starts_with('<') {
            let end = rest.find(';').unwrap_or(rest.len());
            expand("", &rest[..end], &mut paths);
            rest = &rest[end..];
            continue;
        }
        if rest.starts_with('!') && !rest.starts_with("!=") {
            macros.push(path.rsplit("::").next().unwrap_or(path).to_owned());
        }
        paths.push(path.to_owned());
    }
    (paths, macros)
}

fn path_at(text: &str) -> &str {
    let word = |text: &str| text.find(|c: char| !is_word(c)).unwrap_or(text.len());
    let mut end = word(text);
    while let Some(next) = text[end..].strip_prefix("::").filter(|next| next.starts_with(is_word)) {
        end += 2 + word(next);
    }
    &text[..end]
}

/// `a::{b, c::d}` is `a::b` and `a::c::d`.
fn expand(before: &str, tree: &str, paths: &mut Vec<String>) {
    let tree = tree.trim().trim_start_matches("::");
    let Some((head, group)) = tree.split_once('{') else {
        let path = tree.split_once(" as ").map_or(tree, |(path, _)| path);
        let whole = format!("{before}{}", path.trim());
        paths.push(if whole.contains("::") { whole } else { format!("{whole}::self") });
        return;
    };
    let group = group.rsplit_once('}').map_or(group, |(group, _)| group);
    let before = format!("{before}{}", head.trim());
    let (mut depth, mut item) = (0, String::new());
    for c in group.chars().chain([',']) {
        match c {
            ',' if depth == 0 => {
                if !item.trim().is_empty() {
                    expand(&before, &item, paths);
                }
                item.clear();
                continue;
            }
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        item.push(c);
    }
}
