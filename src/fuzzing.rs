//! Whatever strangers send, handed to the code that reads it: a function for each kind, which panics where a rule is broken.
//!
//! `cargo fuzz` calls them with bytes of its own making (`just fuzz NAME`), and the tests below with those of `fuzz/corpus/`.
//! What a crate's fence or a private item keeps out of here stands in its own room, in a file `fuzz.rs`.

mod amount;
mod page;
mod settings;
mod state;
mod token;

use crate::{
    photo,
    platform::{discord, telegram},
    recommender,
};

/// What a target does with the bytes that it is given.
pub type Target = fn(&[u8]);

/// Every function, by the name of its folder in `fuzz/corpus/` and of its file in `fuzz/fuzz_targets/`.
pub const TARGETS: [(&str, Target); 9] = [
    ("amount", amount),
    ("answer", answer),
    ("interaction", interaction),
    ("page", page),
    ("picture", picture),
    ("settings", settings),
    ("state", state),
    ("token", token),
    ("update", update),
];

/// Amounts, one in a line; a tab may set it apart from the name of an ingredient before it.
pub fn amount(bytes: &[u8]) {
    amount::check(bytes);
}

/// What a model answered, whole or as a stream.
pub fn answer(bytes: &[u8]) {
    recommender::fuzz::answer(bytes);
}

/// An interaction of Discord's in JSON, the text of a button there, or an address that was kept.
pub fn interaction(bytes: &[u8]) {
    discord::fuzz::interaction(bytes);
}

/// What a source of photos answered: a line `SOURCE STATUS CHARSET NAME`, then the body.
pub fn page(bytes: &[u8]) {
    page::check(bytes);
}

/// A picture that was fetched.
pub fn picture(bytes: &[u8]) {
    photo::fuzz::picture(bytes);
}

/// A `bot.toml`; behind a line `---` variables, one in a line.
pub fn settings(bytes: &[u8]) {
    settings::check(bytes);
}

/// A saved conversation in the first line, and in each of the others what the person does then.
pub fn state(bytes: &[u8]) {
    state::check(bytes);
}

/// What people type, and the tokens of choices.
pub fn token(bytes: &[u8]) {
    token::check(bytes);
}

/// An update of Telegram's in JSON, the text of a button there, or an address that was kept.
pub fn update(bytes: &[u8]) {
    telegram::fuzz::update(bytes);
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeSet,
        fs,
        path::{Path, PathBuf},
    };

    use super::*;

    /// What lies in a folder of `fuzz/`.
    fn files(folder: &str) -> BTreeSet<PathBuf> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(folder);
        let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        entries.map(|entry| entry.expect("an entry").path()).collect()
    }

    /// Their names without endings.
    fn names(folder: &str) -> BTreeSet<String> {
        let name = |path: &PathBuf| path.file_stem().expect("a name").to_string_lossy().into_owned();
        files(folder).iter().map(name).collect()
    }

    fn replay(name: &str) {
        let (_, target) = TARGETS.iter().find(|(known, _)| *known == name).expect("a target");
        let files = files(&format!("corpus/{name}"));
        assert!(!files.is_empty(), "fuzz/corpus/{name} is empty");
        for file in files {
            let bytes = fs::read(&file).expect("a file");
            let held = std::panic::catch_unwind(|| target(&bytes)).is_ok();
            assert!(held, "{} breaks a rule", file.display());
        }
    }

    #[test]
    fn every_target_has_a_program_a_corpus_and_a_dictionary() {
        let targets: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
        for folder in ["fuzz_targets", "corpus", "dictionaries"] {
            assert_eq!(names(folder), targets, "fuzz/{folder}");
        }
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/Cargo.toml");
        let manifest: toml::Table = fs::read_to_string(manifest).expect("a file").parse().expect("a manifest");
        let programs = manifest["bin"].as_array().expect("programs").iter();
        let programs: BTreeSet<String> = programs.filter_map(|one| one["name"].as_str().map(str::to_owned)).collect();
        assert_eq!(programs, targets, "fuzz/Cargo.toml");
    }

    #[test]
    fn amounts_stay_what_they_are() {
        replay("amount");
    }

    #[test]
    fn an_answer_of_a_model_is_a_dish_that_can_be_served_or_none() {
        replay("answer");
    }

    #[test]
    fn an_interaction_is_answered_to_whoever_it_is_from() {
        replay("interaction");
    }

    #[test]
    fn a_page_offers_addresses_on_the_web_and_short_texts_alone() {
        replay("page");
    }

    #[test]
    fn a_picture_is_one_of_ours_or_not_taken() {
        replay("picture");
    }

    #[test]
    fn no_mistake_in_the_settings_tells_a_secret() {
        replay("settings");
    }

    #[test]
    fn a_conversation_stays_sound_whatever_was_saved_and_is_said() {
        replay("state");
    }

    #[test]
    fn what_is_typed_is_bounded_and_tokens_mean_one_thing() {
        replay("token");
    }

    #[test]
    fn an_update_is_answered_where_it_came_from() {
        replay("update");
    }
}
