//! What people type, and what their buttons carry.

use unicode_segmentation::UnicodeSegmentation;

use crate::{
    chat::{
        AdminCommand, AdminMistake, Choice, Command, Finder, Keyword, LinkCode, Locale, PersonId, ShareCode, Token,
        clean, clean_lines, fingerprint, number, searchable, shorten,
    },
    dialogue::{self, Answer},
    dish::Avoided,
    i18n,
    order::{Wish, wish_words},
    profile::{Field, Profile},
    ticket::Day,
};

/// What is read of one message (`chat/text.rs`); composing letters may make it longer.
const MOST_BYTES: usize = 16 * 1024;

/// An answer to the profile is compared with every label in both languages, so it is kept short here.
const MOST_ANSWER: usize = 100;

pub(super) fn check(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    text.lines().take(32).for_each(pressed);
    coded(&text);
    cleaned(&text);
    searched(&text);
    commanded(&text);
    written(&text);
}

fn pressed(text: &str) {
    let Some(token) = Token::decode(text) else { return };
    let said = token.encode();
    assert!(said.len() <= Token::MAX_BYTES && said.is_ascii(), "{said}");
    assert_eq!(Token::decode(&said), Some(token));
    for locale in Locale::ALL {
        assert!(!i18n::say(locale, &dialogue::label(token.action)).is_empty());
    }
}

fn coded(text: &str) {
    if let Some(code) = LinkCode::parse(text) {
        assert_eq!(LinkCode::parse(&code.to_string()), Some(code));
        assert_eq!(LinkCode::parse(&code.letters()), Some(code));
    }
    if let Some(code) = ShareCode::parse(text).or_else(|| ShareCode::from_payload(text)) {
        assert_eq!(ShareCode::from_payload(&code.payload()), Some(code));
    }
    let _ = (Locale::from_tag(text), Day::parse(text), number(text), fingerprint(text));
}

fn cleaned(text: &str) {
    let once = clean(text);
    assert!(!once.contains(char::is_control) && !once.contains("  ") && once.trim_matches(' ') == once, "{once:?}");
    let lines = clean_lines(text);
    assert!(!lines.contains("\n\n\n") && !lines.contains('\r'), "{lines:?}");
    if once.len() <= MOST_BYTES && lines.len() <= MOST_BYTES {
        assert_eq!(clean(&once), once);
        assert_eq!(clean_lines(&lines), lines);
    }
    assert!(shorten(text, 32).graphemes(true).count() <= 32);
}

/// All texts at once and each by itself have the same found in them.
fn searched(text: &str) {
    let mut lines = text.lines();
    let Ok(Some(keyword)) = Keyword::parse(lines.next().unwrap_or_default()) else { return };
    let texts: Vec<String> = lines.take(50).map(|line| searchable(line.split('\t'))).collect();
    let mut finder = Finder::default();
    let mut expected = Vec::new();
    for (number, text) in (1..).zip(&texts) {
        finder.add(number, text);
        if keyword.is_in(text) {
            expected.insert(0, number);
        }
    }
    assert_eq!(finder.find(&keyword), expected, "{keyword:?} in {texts:?}");
}

fn commanded(text: &str) {
    if let Some(Command::Unknown { name }) = Command::parse(text) {
        assert!(name.graphemes(true).count() <= 32, "{name:?}");
    }
    let _ = (Command::from_word(text), Command::from_link(text));
    match AdminCommand::parse(text) {
        Ok((_, command)) => assert_eq!(command.clone().about(PersonId(1)).asks(), command.asks(), "{command:?}"),
        Err(AdminMistake::NoSuchWord(word)) => assert!(word.graphemes(true).count() <= 32, "{word:?}"),
        Err(AdminMistake::TooMuch { rest, .. }) => assert!(rest.graphemes(true).count() <= 64, "{rest:?}"),
        Err(AdminMistake::Wrong { .. }) => {}
    }
}

/// Texts of a person's own: a wish, and the fields of the profile.
fn written(text: &str) {
    if let Ok(wish) = Wish::parse(text) {
        assert!(wish.as_str().graphemes(true).count() <= Wish::MAX_CHARACTERS);
        assert_eq!(Wish::parse(wish.as_str()), Ok(wish.clone()));
        assert!(wish_words(&wish).iter().all(|word| !word.word.is_empty()));
    }
    let text: String = text.chars().take(MOST_ANSWER).collect();
    let spelled = |choice: &Choice| i18n::spellings(&choice.label);
    let mut profile = Profile::default();
    for field in Field::ALL {
        if let Answer::Changes(changes, _) = dialogue::answer(field, &profile, &text, &spelled) {
            for change in changes {
                // What finds no room is left out.
                let _ = profile.change(change);
            }
        }
    }
    assert!(profile.avoided.words.len() <= Avoided::MOST_WORDS);
}
