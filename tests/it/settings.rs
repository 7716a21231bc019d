//! Settings: what beats what, and one clear sentence for every mistake, all of them at once.

mod others;

use std::{fs, path::Path, time::Duration};

use bapsang::{
    chat::Locale,
    settings::{BUILT_IN, LinkOptions, Mistakes, Settings, Shown, Surroundings, variable},
};

use self::others::OTHERS;

/// Loads the settings in a folder with this `bot.toml`, if it says anything, and these variables alone.
/// Sentences name the file without the folder.
fn load(file: &str, variables: &[(&str, &str)]) -> Result<Settings, Mistakes> {
    let folder = tempfile::tempdir().expect("a folder");
    if !file.is_empty() {
        fs::write(folder.path().join("bot.toml"), file).expect("a file");
    }
    let before = format!("{}/", folder.path().display());
    Settings::load(folder.path(), None, &Surroundings::with(variables))
        .map_err(|Mistakes(sentences)| Mistakes(sentences.iter().map(|line| line.replace(&before, "")).collect()))
}

fn mistakes(file: &str, variables: &[(&str, &str)]) -> Vec<String> {
    load(file, variables).expect_err("mistakes").0
}

fn fine(file: &str, variables: &[(&str, &str)]) -> Settings {
    load(file, variables).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// Settings as text, for comparing; the file that they came from does not count.
fn shown(settings: Settings) -> String {
    format!("{:?}", Settings { file: None, shown: Shown::default(), ..settings })
}

/// Every key of the manual but those of the sources of photos, as `table.key`.
fn keys() -> Vec<String> {
    all_keys().into_iter().filter(|key| !key.starts_with("photos.sources.")).collect()
}

fn all_keys() -> Vec<String> {
    fn walk(before: &str, table: &toml::Table, found: &mut Vec<String>) {
        for (key, value) in table {
            match value.as_table() {
                Some(table) => walk(&format!("{before}{key}."), table, found),
                None => found.push(format!("{before}{key}")),
            }
        }
    }
    let table: toml::Table = BUILT_IN.parse().expect("the manual");
    let mut found = Vec::new();
    walk("", &table, &mut found);
    assert!(found.len() > 10, "the keys were not found");
    found
}

#[test]
fn without_any_settings_the_manual_counts() {
    let settings = fine("", &[]);
    assert_eq!(settings.default_locale, Locale::Ko);
    assert_eq!((settings.quota.daily_limit, settings.quota.zone), (5, chrono_tz::Asia::Seoul));
    assert_eq!(settings.dialogue_idle, Duration::from_secs(24 * 60 * 60));
    assert_eq!(settings.order_deadline, Duration::from_secs(120));
    assert_eq!(settings.cookbook_delay, Duration::ZERO);
    assert_eq!(settings.database.shown(), "sqlite:bapsang.db");
    assert_eq!(settings.log_filter, "warn");
    assert_eq!(settings.file, None);
}

#[test]
fn the_shipped_file_changes_nothing() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("bot.toml");
    let settings = Settings::load(Path::new("."), Some(&shipped), &Surroundings::with(&[])).expect("the manual");
    assert_eq!(settings.file.as_deref(), Some(&*shipped));
    assert_eq!(shown(settings), shown(fine("", &[])));
    assert_eq!(fs::read_to_string(shipped).expect("a file"), BUILT_IN);
}

#[test]
fn every_key_of_the_manual_is_explained() {
    let mut lines = BUILT_IN.lines();
    let (mut before, mut in_sources) = (lines.next().expect("a line"), false);
    for line in lines {
        let source = in_sources.then(|| line.split(" = ").next().unwrap_or_default());
        let in_the_list = source.is_some_and(|key| {
            let explained = BUILT_IN.lines().filter_map(|line| line.strip_prefix("#   "));
            // The fields share one explanation.
            explained.filter(|line| !line.starts_with(' ')).any(|line| line.split(' ').any(|word| word == key))
        });
        let explained = line.starts_with('#') || before.starts_with('#') || in_the_list;
        assert!(!line.contains(" = ") || explained, "nothing explains {line}");
        in_sources = if line.starts_with('[') { line.starts_with("[photos.sources.") } else { in_sources };
        before = line;
    }
}

#[test]
fn the_environment_beats_the_file_and_the_file_beats_the_manual() {
    let file = "[tickets]\ndaily_limit = 7\n[bot]\ntime_zone = \"Europe/Berlin\"\n";
    let settings = fine(file, &[]);
    assert_eq!((settings.quota.daily_limit, settings.quota.zone), (7, chrono_tz::Europe::Berlin));
    assert!(settings.file.is_some());
    let settings = fine(file, &[("BAPSANG_TICKETS__DAILY_LIMIT", "9")]);
    assert_eq!((settings.quota.daily_limit, settings.quota.zone), (9, chrono_tz::Europe::Berlin));
    assert_eq!(settings.default_locale, Locale::Ko);
}

#[test]
fn an_empty_variable_counts_as_unset() {
    let file = "[tickets]\ndaily_limit = 7\n";
    let empty = [("BAPSANG_TICKETS__DAILY_LIMIT", ""), ("DATABASE_URL", "")];
    assert_eq!(shown(fine(file, &empty)), shown(fine(file, &[])));
}

#[test]
fn variables_of_other_programs_do_not_count() {
    let others = [("TICKETS__DAILY_LIMIT", "9"), ("BAPSANGX_TICKETS__DAILY_LIMIT", "9"), ("LANG", "en_US.UTF-8")];
    assert_eq!(shown(fine("", &others)), shown(fine("", &[])));
}

#[test]
fn a_file_that_is_named_must_be_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("none.toml");
    let Mistakes(sentences) =
        Settings::load(folder.path(), Some(&file), &Surroundings::with(&[])).expect_err("a mistake");
    assert_eq!(sentences.len(), 1, "{sentences:?}");
    assert!(sentences[0].starts_with(&format!("{} cannot be read: ", file.display())), "{sentences:?}");
}

#[test]
fn a_file_that_is_no_toml_is_refused_in_one_sentence() {
    let sentences = mistakes("[tickets\ndaily_limit = 7\n", &[]);
    assert_eq!(sentences.len(), 1, "{sentences:?}");
    assert!(sentences[0].starts_with("bot.toml is not TOML: "), "{sentences:?}");
    assert!(!sentences[0].contains('\n'), "{sentences:?}");
}

#[test]
fn an_unknown_key_is_refused_with_the_nearest_known_one() {
    assert_eq!(
        mistakes("[tickets]\ndaily_limits = 7\n", &[]),
        ["bot.toml has the unknown key tickets.daily_limits; did you mean tickets.daily_limit?"]
    );
    assert_eq!(mistakes("[zebra]\nstripes = 1\n", &[]), ["bot.toml has the unknown key zebra.stripes"]);
}

#[test]
fn an_unknown_variable_is_refused_with_the_nearest_known_one() {
    for near in ["BAPSANG_TICKETS__DAILY_LIMITS", "BAPSANG_TICKETS_DAILY_LIMIT"] {
        let expected = format!("the environment has the unknown {near}; did you mean BAPSANG_TICKETS__DAILY_LIMIT?");
        assert_eq!(mistakes("", &[(near, "7")]), [expected]);
    }
    assert_eq!(mistakes("", &[("BAPSANG_X", "1")]), ["the environment has the unknown BAPSANG_X"]);
}

#[test]
fn a_wrong_value_is_refused_with_its_key_and_what_it_may_be() {
    let limit = "tickets.daily_limit must be a whole number from 0 to 1000, not";
    let chain = "recommender.chain must list \"cookbook\" and names of tables such as [recommender.openai], not";
    let own = "[recommender]\nchain = [\"local\"]\n[recommender.local]\n";
    for (file, expected) in [
        ("[tickets]\ndaily_limit = \"many\"", format!("{limit} \"many\"")),
        ("[tickets]\ndaily_limit = 1001", format!("{limit} \"1001\"")),
        ("[tickets]\ndaily_limit = -1", format!("{limit} \"-1\"")),
        ("[tickets]\ndaily_limit = 5.5", format!("{limit} \"5.5\"")),
        ("[tickets]\ndaily_limit = true", format!("{limit} \"true\"")),
        ("[tickets]\ndaily_limit = [5]", format!("{limit} something else")),
        ("[orders]\nat_once = 0", "orders.at_once must be a whole number from 1 to 10000, not \"0\"".to_owned()),
        ("[bot]\ndefault_locale = \"fr\"", "bot.default_locale must be ko or en, not \"fr\"".to_owned()),
        (
            "[bot]\ntime_zone = \"Mars/Olympus\"",
            "bot.time_zone must be a time zone such as Asia/Seoul, not \"Mars/Olympus\"".to_owned(),
        ),
        (
            "[log]\nfilter = \"bapsang=loud\"",
            "log.filter must be a filter such as warn or bapsang=debug, not \"bapsang=loud\"".to_owned(),
        ),
        ("[recommender]\nchain = [\"chef\"]", format!("{chain} [\"chef\"]")),
        ("[recommender]\nchain = [\"cookbook\", \"chef\"]", format!("{chain} [\"chef\"]")),
        ("[recommender]\nchain = []", format!("{chain} []")),
        (
            "[recommender.openai]\ntemperature = 3",
            "recommender.openai.temperature must be a number from 0 to 2, not \"3\"".to_owned(),
        ),
        (
            "[recommender.openai]\nheaders = [\"sk-hush\"]",
            "recommender.openai.headers must list headers such as \"X-Title: Bapsang\"".to_owned(),
        ),
        (
            "[recommender.openai]\nbase_url = \"ftp://x\"",
            "recommender.openai.base_url must be an http or https address, not \"ftp://x\"".to_owned(),
        ),
    ] {
        assert_eq!(mistakes(file, &[]), [expected], "{file}");
    }
    assert_eq!(
        mistakes(own, &[]),
        [
            "recommender.local.base_url must be an http or https address, not something else".to_owned(),
            "recommender.local.model must be the name of a model, not something else".to_owned(),
        ]
    );
    assert_eq!(mistakes("[recommender.local]\nmodle = \"x\"", &[]).len(), 1);
}

#[test]
fn a_wrong_value_from_the_environment_is_refused_with_its_variable() {
    for (name, value, expected) in [
        ("BAPSANG_TICKETS__DAILY_LIMIT", "many", "must be a whole number from 0 to 1000, not \"many\""),
        ("BAPSANG_BOT__TIME_ZONE", "Mars/Olympus", "must be a time zone such as Asia/Seoul, not \"Mars/Olympus\""),
        ("BAPSANG_BOT__DEFAULT_LOCALE", "fr", "must be ko or en, not \"fr\""),
        (
            "BAPSANG_RECOMMENDER__CHAIN",
            "chef",
            "must list \"cookbook\" and names of tables such as [recommender.openai], not [\"chef\"]",
        ),
    ] {
        assert_eq!(mistakes("", &[(name, value)]), [format!("{name} {expected}")]);
    }
}

#[test]
fn a_wrong_address_is_refused_in_one_sentence_that_names_the_variable() {
    for (address, reason) in [
        ("mysql://localhost/bapsang", "it begins neither with sqlite: nor with postgres:"),
        ("bapsang.db", "it begins neither with sqlite: nor with postgres:"),
        ("sqlite:", "it names no file"),
        ("sqlite::memory:", "it names no file"),
        ("sqlite:bapsang.db?mode=nonsense", "it is no SQLite address"),
        ("postgres://localhost:port/bapsang", "it is no PostgreSQL address"),
    ] {
        let sentences = mistakes("", &[("DATABASE_URL", address)]);
        assert_eq!(sentences.len(), 1, "{address}: {sentences:?}");
        assert!(sentences[0].starts_with(&format!("DATABASE_URL is wrong: {reason}")), "{address}: {sentences:?}");
    }
}

#[test]
fn a_database_in_a_folder_that_is_not_there_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let nowhere = folder.path().join("nowhere");
    let address = format!("sqlite:{}/bapsang.db", nowhere.display());
    let expected = format!("DATABASE_URL names a file in {}, which is no folder", nowhere.display());
    assert_eq!(mistakes("", &[("DATABASE_URL", address.as_str())]), [expected]);
}

#[test]
fn every_mistake_is_named_at_once() {
    let file = "[tickets]\ndaily_limit = 9999\ncolour = \"red\"\n";
    let wrong = load(file, &[("BAPSANG_BOT__TIME_ZONE", "Mars/Olympus"), ("DATABASE_URL", "mysql://localhost")]);
    let wrong = wrong.expect_err("mistakes");
    let said = wrong.to_string();
    assert_eq!(said.lines().count(), 4, "{said}");
    for name in ["tickets.daily_limit ", "tickets.colour", "BAPSANG_BOT__TIME_ZONE", "DATABASE_URL"] {
        assert_eq!(wrong.0.iter().filter(|sentence| sentence.contains(name)).count(), 1, "{name}: {said}");
    }
}

#[test]
fn a_password_is_never_shown() {
    for address in [
        "postgres://chef:hush-hush@localhost/bapsang",
        "postgres://localhost/bapsang?user=chef&password=hush-hush",
        "postgres://chef:hush-hush@localhost:port/bapsang",
        "postgres://chef:hush-hush@localhost/bapsang?sslmode=nonsense",
        "postgres://chef:hush-hush@/bapsang",
        "mysql://chef:hush-hush@localhost/bapsang",
        "chef:hush-hush",
    ] {
        let said = match load("", &[("DATABASE_URL", address)]) {
            Ok(settings) => format!("{settings:?} {}", settings.database.shown()),
            Err(mistakes) => format!("{mistakes:?} {mistakes}"),
        };
        assert!(!said.contains("hush"), "{said}");
    }
}

#[test]
fn what_may_be_a_secret_is_in_no_mistake() {
    for line in [
        "headers = [\"X-Key hush\"]",
        "headers = \"hush\"",
        "headers = [[\"X-Key: hush\"]]",
        "api_key_env = \"sk-hush\"",
        "key_header = \"authorization: hush\"",
        "base_url = \"htps://chef:hush@example.org/v1\"",
        "base_url = \"htps://example.org/v1?key=hush\"",
    ] {
        let said = mistakes(&format!("[recommender.openai]\n{line}\n"), &[]);
        assert!(said.len() == 1 && !said[0].contains("hush"), "{line}: {said:?}");
    }
    let of_a_source = |file: &str, variables: &[(&str, &str)]| fine(file, variables).photos.broken;
    let expected = |key: &str| vec![("bing".to_owned(), format!("{key} must be a list of texts"))];
    for (key, value) in
        [("headers", "\"X-Key: hush\""), ("headers", "[{ hush = \"hush\" }]"), ("headers", "7"), ("keys", "\"hush\"")]
    {
        let file = format!("[photos.sources.bing]\n{key} = {value}\n");
        assert_eq!(of_a_source(&file, &[]), expected(key), "{value}");
    }
    let variable = ("BAPSANG_PHOTOS__SOURCES__BING__HEADERS", "X-Key: hush");
    assert_eq!(of_a_source("", &[variable]), expected("headers"));
}

#[test]
fn a_name_that_reads_as_a_path_is_unknown_and_nothing_is_made_of_it() {
    let deep = format!("BAPSANG_A{}", "__A".repeat(10_000));
    let variables = [("BAPSANG_A[999999999]", "1"), ("BAPSANG_A[-999999999]", "1"), (deep.as_str(), "1")];
    let said = mistakes("\"a[999999999]\" = 1\n[tickets]\ndaily_limit = 9999\n", &variables);
    assert_eq!(said.len(), 5, "every mistake is named at once");
    assert!(said.contains(&"bot.toml has the unknown key a[999999999]".to_owned()));
    assert!(said.contains(&"the environment has the unknown BAPSANG_A[999999999]".to_owned()));
    assert!(said.iter().any(|sentence| sentence.starts_with("tickets.daily_limit must be")));
}

#[test]
fn every_key_can_be_set_by_its_variable() {
    for key in keys() {
        let Some((_, other)) = OTHERS.iter().find(|(known, _)| *known == key) else {
            panic!("OTHERS does not say what else {key} can be");
        };
        let mut variables = vec![(variable(&key), (*other).to_owned())];
        // A webhook needs its address.
        if key == "telegram.mode" {
            variables.push((variable("telegram.webhook_url"), "https://bapsang.example/".to_owned()));
        }
        let mut before = vec![("PRIVACY_KEY", "hush"), ("OPENAI_API_KEY", "hush")];
        // Without an address of its own the model is passed over.
        if key.starts_with("recommender.openai.") && key != "recommender.openai.base_url" {
            before.push(("BAPSANG_RECOMMENDER__OPENAI__BASE_URL", "http://127.0.0.1:9/v1"));
        }
        if key == "recommender.openai.api_key_env" {
            before.retain(|(name, _)| *name != "PRIVACY_KEY");
        }
        let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (&**name, &**value)).collect();
        let changed = shown(fine("", &[&before[..], &variables[..]].concat()));
        assert_ne!(changed, shown(fine("", &before)), "{key} = {other}");
    }
}

#[test]
fn every_key_can_be_set_by_the_file_and_is_set_alike() {
    for (key, other) in OTHERS {
        let (table, name) = key.rsplit_once('.').expect("a table and a key");
        let value = match key {
            "telegram.mode" => continue,
            "recommender.chain" => format!("[\"{other}\"]"),
            "photos.order"
            | "photos.allow"
            | "photos.food_words"
            | "photos.unwanted_words"
            | "photos.unwanted_hosts" => {
                format!("[\"{}\"]", other.replace(',', "\", \""))
            }
            "telegram.admins" | "groups.allowed" | "discord.admins" | "discord.admin_guilds" => format!("[{other}]"),
            "recommender.openai.headers" => "[\"X-Title: Bapsang\", \"X-Other: x\"]".to_owned(),
            "groups.enabled" | "photos.enabled" => other.to_owned(),
            _ if other.parse::<u64>().is_ok() => other.to_owned(),
            _ => format!("\"{other}\""),
        };
        let key_is_set = ("OPENAI_API_KEY", "hush");
        let by_file = shown(fine(&format!("[{table}]\n{name} = {value}\n"), &[key_is_set]));
        assert_eq!(by_file, shown(fine("", &[key_is_set, (variable(key).as_str(), other)])), "{key}");
    }
}

#[test]
fn one_line_of_a_source_can_be_set_and_the_others_stay() {
    let of = |file: &str, variables: &[(&str, &str)]| {
        let sources = fine(file, variables).photos.sources;
        sources.into_iter().find(|(name, _)| name == "bing").expect("a source").1
    };
    let shipped = of("", &[]);
    let by_file = of("[photos.sources.bing]\nenabled = true\nrows = \"a.new\"\nimage = [\"$.url\"]\n", &[]);
    assert!(by_file.enabled && !shipped.enabled);
    assert_eq!((by_file.rows.as_str(), &by_file.url), ("a.new", &shipped.url));
    assert_ne!(by_file.fields, shipped.fields);
    let by_variable = of("", &[("BAPSANG_PHOTOS__SOURCES__BING__ENABLED", "true")]);
    assert_eq!(by_variable, bapsang::photo::source::SourceOptions { enabled: true, ..shipped });
}

#[test]
fn a_source_of_ones_own_is_a_new_name_and_what_is_wrong_with_it_is_said() {
    let own = "[photos]\norder = [\"mine\"]\n[photos.sources.mine]\nkind = \"json\"\nurl = \"https://x.test/{ko}\"\n\
               rows = \"$[*]\"\nimage = \"$.image\"\ncredit = \"\"\ncache_hours = 1\nweight = 0.5\n";
    assert_eq!(fine(own, &[]).photos.sources[0].0, "mine");
    let said = mistakes("[photos]\norder = [\"folder\", \"nobody\"]\n", &[]);
    assert_eq!(said, ["photos.order lists \"nobody\", and there is no table [photos.sources.nobody]"]);
    let said = mistakes("[photos.sources.bing]\nrow = \"a\"\n", &[]);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].contains("unknown key photos.sources.bing.row; did you mean photos.sources.bing.rows?"),
        "{said:?}"
    );
    let said = mistakes("", &[("BAPSANG_PHOTOS__SOURCES__BING__ROW", "a")]);
    assert!(said[0].contains("unknown BAPSANG_PHOTOS__SOURCES__BING__ROW; did you mean"), "{said:?}");
    let said = mistakes("[photos]\norder = [\"bing\", \"bing\"]\n", &[]);
    assert_eq!(said, ["photos.order lists \"bing\" twice"]);
    // What one table says wrong switches that source off alone.
    let photos = fine("[photos.sources.bing]\nkind = \"xml\"\n", &[]).photos;
    assert_eq!(photos.broken.len(), 1, "{:?}", photos.broken);
    assert!(photos.broken[0].0 == "bing" && photos.broken[0].1.contains("xml"), "{:?}", photos.broken);
    let said = mistakes("", &[("BAPSANG_PHOTOS__ALLOW", "localhost")]);
    assert_eq!(said, ["BAPSANG_PHOTOS__ALLOW must list addresses such as \"127.0.0.1:8081\""]);
    let said = mistakes("", &[("KAKAO_REST_API_KEY", "two\nlines")]);
    assert_eq!(said, ["KAKAO_REST_API_KEY has characters that no key has"]);
}

#[test]
fn a_webhook_without_an_address_is_a_mistake() {
    let said = mistakes("[telegram]\nmode = \"webhook\"\n", &[]);
    assert_eq!(said, ["telegram.webhook_url must be set where telegram.mode is webhook"]);
}

#[test]
fn a_token_is_checked_and_never_shown() {
    for (token, is_one) in [("4242:hush-hush_1", true), ("hush-hush", false), ("4242:", false), (":hush-hush", false)] {
        let loaded = load("", &[("TELEGRAM_BOT_TOKEN", token)]);
        assert_eq!(loaded.is_ok(), is_one, "{token}");
        assert!(!format!("{loaded:?}").contains("hush"), "{loaded:?}");
    }
}

#[test]
fn numbers_that_are_none_are_named() {
    let said = mistakes("[telegram]\nadmins = [\"mina\"]\n", &[("BAPSANG_GROUPS__ALLOWED", "x")]);
    assert_eq!(
        said,
        ["telegram.admins must be a list of whole numbers", "BAPSANG_GROUPS__ALLOWED must be a list of whole numbers",]
    );
}

#[test]
fn a_variable_is_named_after_its_key() {
    assert_eq!(variable("tickets.daily_limit"), "BAPSANG_TICKETS__DAILY_LIMIT");
}

#[test]
fn a_model_at_openai_without_a_key_is_passed_over_and_a_key_is_never_shown() {
    let chain = |variables: &[(&str, &str)]| fine("", variables).chain;
    assert!(matches!(&chain(&[])[..], [LinkOptions::Keyless(name, variable), LinkOptions::Cookbook]
        if name == "openai" && variable == "OPENAI_API_KEY"));
    let with_key = chain(&[("OPENAI_API_KEY", " sk-hush\t")]);
    assert!(matches!(&with_key[..], [LinkOptions::Model(options), LinkOptions::Cookbook] if options.key.is_some()));
    assert!(!format!("{with_key:?}").contains("hush"));
    let elsewhere = chain(&[("BAPSANG_RECOMMENDER__OPENAI__BASE_URL", "http://127.0.0.1:11434/v1")]);
    assert!(matches!(&elsewhere[..], [LinkOptions::Model(options), _] if options.key.is_none()));
    let headers = chain(&[
        ("BAPSANG_RECOMMENDER__OPENAI__BASE_URL", "http://127.0.0.1:1/v1"),
        ("BAPSANG_RECOMMENDER__OPENAI__HEADERS", "api-key: hush"),
    ]);
    assert!(!format!("{headers:?}").contains("hush"));
    let said = mistakes("", &[("OPENAI_API_KEY", "sk hush")]);
    assert_eq!(said, ["OPENAI_API_KEY has characters that no key has"]);
}

#[test]
fn a_second_model_takes_what_it_does_not_set_from_the_first() {
    let file = "[recommender]\nchain = [\"openai\", \"local\", \"cookbook\"]\n[recommender.openai]\nmax_tokens = 999\nheaders = [\"X-Key: hush\"]\n\
        [recommender.local]\nbase_url = \"http://127.0.0.1:8000/v1\"\nmodel = \"small\"\nat_once = 1\n";
    let chain = fine(file, &[("OPENAI_API_KEY", "x"), ("BAPSANG_RECOMMENDER__LOCAL__TEMPERATURE", "0.7")]).chain;
    let [_, LinkOptions::Model(local), _] = &chain[..] else { panic!("{chain:?}") };
    assert_eq!(
        (local.name.as_str(), local.model.as_str(), local.max_tokens, local.at_once),
        ("local", "small", 999, 1)
    );
    assert!((local.temperature - 0.7).abs() < 1e-9);
    assert!(local.key.is_none() && local.headers.is_empty(), "a key goes to its own server alone");
    let own = format!("{file}api_key_env = \"LOCAL_KEY\"\n");
    let chain = fine(&own, &[("OPENAI_API_KEY", "x"), ("LOCAL_KEY", "y")]).chain;
    assert!(matches!(&chain[1], LinkOptions::Model(local) if local.key.is_some()));
}
