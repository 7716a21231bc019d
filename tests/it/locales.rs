//! Every sentence in both languages: the same keys, the same facts, no stray letters, and all of it used.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use bapsang::{
    chat::{ADMIN, COMMANDS, Locale, Phrase},
    i18n,
};
use fluent_syntax::{
    ast::{Entry, Expression, InlineExpression, Pattern, PatternElement},
    parser,
};

use crate::{
    architecture::has_hangul,
    sources::{Source, sources},
};

/// What may stand in Korean sentences in Latin letters, besides slash commands.
const LATIN: [&str; 9] = ["g", "ml", "ko", "en", "English", "Ctrl", "C", "D", "AI"];

/// How the names of sentences end that a door says in its own words.
const DOORS: [&str; 2] = ["-telegram", "-discord"];

/// The one English sentence in Hangul: a language is called what it calls itself.
const KOREAN_IN_ENGLISH: &str = "language-ko";

/// What a sentence is made of.
#[derive(Default)]
struct Sentence {
    /// The variables that are shown, in whichever variant.
    shown: BTreeSet<String>,
    /// The variables that choose between variants.
    chooses: BTreeSet<String>,
    /// The sentences that it refers to.
    refers: BTreeSet<String>,
    /// The text around all that.
    texts: Vec<String>,
}

impl Sentence {
    fn pattern(&mut self, pattern: &Pattern<&str>) {
        for element in &pattern.elements {
            match element {
                PatternElement::TextElement { value } => self.texts.push((*value).to_owned()),
                PatternElement::Placeable { expression } => self.expression(expression),
            }
        }
    }

    fn expression(&mut self, expression: &Expression<&str>) {
        match expression {
            Expression::Inline(inline) => self.inline(inline),
            Expression::Select { selector, variants } => {
                let mut beside = Self::default();
                beside.inline(selector);
                self.chooses.extend(beside.shown);
                for variant in variants {
                    self.pattern(&variant.value);
                }
            }
        }
    }

    fn inline(&mut self, inline: &InlineExpression<&str>) {
        match inline {
            InlineExpression::StringLiteral { value } => self.texts.push((*value).to_owned()),
            InlineExpression::NumberLiteral { .. } => {}
            InlineExpression::VariableReference { id } => {
                self.shown.insert(id.name.to_owned());
            }
            InlineExpression::MessageReference { id, .. } | InlineExpression::TermReference { id, .. } => {
                self.refers.insert(id.name.to_owned());
            }
            InlineExpression::FunctionReference { arguments, .. } => {
                arguments.positional.iter().for_each(|argument| self.inline(argument));
                arguments.named.iter().for_each(|argument| self.inline(&argument.value));
            }
            InlineExpression::Placeable { expression } => self.expression(expression),
        }
    }
}

type Book = BTreeMap<String, Sentence>;

fn folder(locale: Locale) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("locales").join(locale.id())
}

/// The names of the files of a language.
fn files(locale: Locale) -> BTreeSet<String> {
    let entries = fs::read_dir(folder(locale)).expect("a folder of sentences");
    entries.map(|entry| entry.expect("a file").file_name().to_string_lossy().into_owned()).collect()
}

/// Every sentence of a text. Whatever is neither a sentence nor a comment is an error, and so is a second
/// sentence under the same key.
fn read(file: &str, text: &str, book: &mut Book) -> Result<(), String> {
    let resource = parser::parse(text).map_err(|(_, errors)| format!("{file} does not parse: {errors:?}"))?;
    for entry in &resource.body {
        match entry {
            Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_) => {}
            Entry::Message(message) if message.attributes.is_empty() => {
                let mut sentence = Sentence::default();
                let value =
                    message.value.as_ref().ok_or_else(|| format!("{file}: {} says nothing", message.id.name))?;
                sentence.pattern(value);
                if book.insert(message.id.name.to_owned(), sentence).is_some() {
                    return Err(format!("{file}: {} stands there twice in this language", message.id.name));
                }
            }
            Entry::Message(message) => return Err(format!("{file}: {} has attributes", message.id.name)),
            Entry::Term(term) => return Err(format!("{file}: -{} is a term", term.id.name)),
            Entry::Junk { content } => return Err(format!("{file} does not parse: {content}")),
        }
    }
    Ok(())
}

/// Every sentence of a language.
fn book(locale: Locale) -> Book {
    let mut book = Book::new();
    for file in files(locale) {
        let text = fs::read_to_string(folder(locale).join(&file)).expect("a file of sentences");
        if let Err(error) = read(&format!("locales/{}/{file}", locale.id()), &text, &mut book) {
            panic!("{error}");
        }
    }
    assert!(book.len() > 100, "the sentences were not found");
    book
}

/// Runs of Latin letters, each with the slash before it if there is one.
fn latin(text: &str) -> Vec<&str> {
    let letter = |c: char| c.is_ascii_alphabetic();
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(letter) {
        let end = rest[start..].find(|c: char| !letter(c)).map_or(rest.len(), |length| start + length);
        let start = if rest[..start].ends_with('/') { start - 1 } else { start };
        found.push(&rest[start..end]);
        rest = &rest[end..];
    }
    found
}

/// Whether a literal is written like a key: small words joined by hyphens.
fn is_kebab(literal: &str) -> bool {
    let small = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    literal.starts_with(|c: char| c.is_ascii_lowercase())
        && literal.contains('-')
        && literal.split('-').all(|word| !word.is_empty() && word.chars().all(small))
}

/// Every literal that is handed to `Phrase::new` or `word` where it stands.
fn spoken(source: &Source) -> Vec<&str> {
    let mut keys = Vec::new();
    for (at, call) in source.text.match_indices("Phrase::new(").chain(source.text.match_indices("Self::new(")) {
        let argument = source.text[at + call.len()..].trim_start();
        if call == "Phrase::new(" || is_kebab(literal_at(argument).unwrap_or_default()) {
            keys.extend(literal_at(argument));
        }
    }
    for (at, call) in source.text.match_indices("word(") {
        let before = source.text[..at].chars().next_back();
        let arguments = source.text[at + call.len()..].split(')').next().unwrap_or_default();
        if before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '.') {
            keys.extend(arguments.find('"').and_then(|quote| literal_at(&arguments[quote..])));
        }
    }
    keys
}

fn literal_at(text: &str) -> Option<&str> {
    text.strip_prefix('"')?.split('"').next()
}

#[test]
fn both_languages_have_the_same_files() {
    assert_eq!(files(Locale::Ko), files(Locale::En));
}

#[test]
fn both_languages_have_the_same_keys() {
    let (ko, en) = (book(Locale::Ko), book(Locale::En));
    let lacking =
        |one: &Book, other: &Book| one.keys().filter(|key| !other.contains_key(*key)).cloned().collect::<Vec<_>>();
    assert_eq!(lacking(&ko, &en), Vec::<String>::new(), "these are missing in locales/en");
    assert_eq!(lacking(&en, &ko), Vec::<String>::new(), "these are missing in locales/ko");
}

#[test]
fn a_sentence_shows_the_same_facts_in_both_languages() {
    let (ko, en) = (book(Locale::Ko), book(Locale::En));
    for (key, sentence) in &ko {
        let other = en.get(key).map(|sentence| &sentence.shown);
        assert_eq!(Some(&sentence.shown), other, "{key} shows one thing in Korean and another in English");
    }
}

#[test]
fn a_door_fills_its_own_words_with_the_same_facts() {
    for book in [book(Locale::Ko), book(Locale::En)] {
        let own = book.iter().filter_map(|(key, own)| {
            let common = DOORS.iter().find_map(|door| book.get(key.strip_suffix(door)?))?;
            Some((key, own, common))
        });
        for (key, own, common) in own {
            assert!(own.shown.is_subset(&common.shown), "{key} shows what it is not given");
        }
    }
}

#[test]
fn every_sentence_is_said_somewhere() {
    let (book, sources) = (book(Locale::Ko), sources());
    let quoted: BTreeSet<&str> = sources.iter().flat_map(|source| &source.literals).map(String::as_str).collect();
    let referred: BTreeSet<&str> = book.values().flat_map(|sentence| &sentence.refers).map(String::as_str).collect();
    let said = |key: &str| quoted.contains(key) || referred.contains(key);
    // What a door says in its own words is said where the common sentence is.
    let own = |key: &str| DOORS.iter().any(|door| key.strip_suffix(door).is_some_and(said));
    let silent: Vec<&String> = book.keys().filter(|key| !said(key) && !own(key)).collect();
    assert!(silent.is_empty(), "nobody says {silent:?}");
}

#[test]
fn every_key_in_the_code_has_its_sentence() {
    let (book, sources) = (book(Locale::Ko), sources());
    // A literal that begins like a key and is written like one is meant as one, wherever it stands.
    let firsts: BTreeSet<&str> = book.keys().filter_map(|key| key.split_once('-')).map(|(first, _)| first).collect();
    let mut checked = 0;
    for source in &sources {
        let literals = source.literals.iter().map(String::as_str);
        let meant = literals.filter(|literal| {
            is_kebab(literal) && literal.split_once('-').is_some_and(|(first, _)| firsts.contains(first))
        });
        for key in meant.chain(spoken(source)) {
            assert!(book.contains_key(key), "{} says {key:?}, which is in no language", source.path);
            checked += 1;
        }
    }
    assert!(checked > 100, "the keys were not found");
}

#[test]
fn every_reference_leads_to_a_sentence() {
    for locale in Locale::ALL {
        let book = book(locale);
        for (key, sentence) in &book {
            for other in &sentence.refers {
                assert!(book.contains_key(other), "{key} refers to {other}, which is not in locales/{}", locale.id());
            }
        }
    }
}

#[test]
fn english_is_written_without_hangul() {
    for (key, sentence) in book(Locale::En) {
        let korean = sentence.texts.iter().any(|text| has_hangul(text));
        assert_eq!(korean, key == KOREAN_IN_ENGLISH, "{key}: {:?}", sentence.texts);
    }
}

#[test]
fn korean_is_written_without_latin_letters() {
    // Whoever runs the bot knows settings, packages and the words of commands by their names.
    let of_admins = |key: &str| ["admin-", "health-", "notice-"].iter().any(|begin| key.starts_with(begin));
    for (key, sentence) in book(Locale::Ko).into_iter().filter(|(key, _)| !of_admins(key)) {
        for word in sentence.texts.iter().flat_map(|text| latin(text)) {
            assert!(word.starts_with('/') || LATIN.contains(&word), "{key} has {word:?} in Korean");
        }
    }
}

#[test]
fn sentences_name_only_commands_that_exist() {
    for locale in Locale::ALL {
        for (key, sentence) in book(locale) {
            for word in sentence.texts.iter().flat_map(|text| latin(text)) {
                let known = |command: &str| command == ADMIN || COMMANDS.iter().any(|spec| spec.name == command);
                assert!(word.strip_prefix('/').is_none_or(known), "{key} names {word} in {locale:?}");
            }
        }
    }
}

#[test]
fn every_command_has_its_lines_in_the_help() {
    let book = book(Locale::Ko);
    for spec in COMMANDS {
        assert!(book.contains_key(spec.about), "/{} has no {}", spec.name, spec.about);
        assert!(spec.argument.is_none_or(|argument| book.contains_key(argument)), "/{} has no argument", spec.name);
    }
}

/// `Phrase` takes names that live as long as the program.
fn forever(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

#[test]
fn every_sentence_is_filled_in_whole() {
    for locale in Locale::ALL {
        for (key, sentence) in book(locale) {
            let key = forever(&key);
            // What chooses a variant is a number; everything else shows as the text that it is given.
            let said: Vec<String> = [1, 2, 15]
                .into_iter()
                .map(|number: i64| {
                    let mut phrase = Phrase::new(key);
                    for name in &sentence.chooses {
                        phrase = phrase.number(forever(name), number);
                    }
                    for name in sentence.shown.difference(&sentence.chooses) {
                        phrase = phrase.text(forever(name), format!("‹{name}›"));
                    }
                    i18n::say(locale, &phrase)
                })
                .collect();
            for text in &said {
                assert!(!text.contains(['{', '}']), "{key} in {locale:?} has a hole: {text}");
                assert!(!text.trim().is_empty() && text != key, "{key} says nothing in {locale:?}");
            }
            for name in sentence.shown.difference(&sentence.chooses) {
                let shown = format!("‹{name}›");
                assert!(said.iter().any(|text| text.contains(&shown)), "{key} in {locale:?} does not show {name}");
            }
            for name in sentence.shown.intersection(&sentence.chooses) {
                assert!(said[1].contains('2') || said[0].contains('1'), "{key} in {locale:?} does not show {name}");
            }
        }
    }
}

/// The reading of sentences, on made-up ones.
mod reader {
    use super::*;

    fn one(text: &str) -> Sentence {
        let mut book = Book::new();
        read("made-up.ftl", text, &mut book).expect("sentences");
        book.remove("key").expect("a sentence under key")
    }

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn variants_and_arguments_are_read_and_choosers_are_not_shown() {
        let sentence = one(
            "key =\n    { $count ->\n        [one] { $left } x\n       *[other] { JOSA($dish, \"을\") } { other }\n    }\n",
        );
        assert_eq!(sentence.shown, set(&["left", "dish"]));
        assert_eq!(sentence.chooses, set(&["count"]));
        assert_eq!(sentence.refers, set(&["other"]));
        assert!(sentence.texts.iter().any(|text| text == "을"), "{:?}", sentence.texts);
    }

    #[test]
    fn what_is_written_twice_or_not_at_all_is_refused() {
        assert!(read("a.ftl", "key = x\nkey = y\n", &mut Book::new()).is_err());
        assert!(read("a.ftl", "key = { \n", &mut Book::new()).is_err());
        assert!(read("a.ftl", "key =\n    .title = x\n", &mut Book::new()).is_err());
    }

    #[test]
    fn latin_letters_are_found_with_their_slash() {
        assert_eq!(latin("밥 /help 를 Enter, 2g"), ["/help", "Enter", "g"]);
        assert_eq!(latin("밥 1/2"), Vec::<&str>::new());
    }

    #[test]
    fn keys_are_told_from_other_words() {
        assert!(is_kebab("theme-main-about") && is_kebab("month-1"));
        assert!(!is_kebab("greeting") && !is_kebab("stir_frying") && !is_kebab("-x") && !is_kebab("korean-mains.toml"));
    }
}
