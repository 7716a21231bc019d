//! `bapsang backup`, `restore` and `move`, as they are run.

use tempfile::TempDir;

use super::{Folder, number};
use crate::{
    cli::run,
    support::{Db, evening, open, postgres_url},
};

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

#[test]
fn backs_up_and_restores() {
    let folder = folder();
    run(&folder, &["migrate"], &[]).ends_with(0);
    let ran = run(&folder, &["backup", "monday.db"], &[]);
    assert!(
        ran.ends_with(0).out.starts_with("monday.db is a whole and sound copy of sqlite:bapsang.db"),
        "{}",
        ran.out
    );
    let again = run(&folder, &["backup", "monday.db"], &[]);
    assert!(again.ends_with(4).err.contains("is there already"), "{}", again.err);
    let ran = run(&folder, &["restore", "monday.db"], &[]);
    assert!(ran.ends_with(0).out.contains("bapsang.db.before-restore-"), "{}", ran.out);
    assert!(run(&folder, &["restore", "none.db"], &[]).ends_with(4).err.contains("none.db"));
}

#[test]
fn refuses_a_password_on_the_command_line_without_repeating_it() {
    let folder = folder();
    run(&folder, &["migrate"], &[]).ends_with(0);
    for address in ["postgres://chef:hush-hush@localhost/b", "postgres://chef@localhost/b?password=hush-hush"] {
        for arguments in [["--from", "sqlite:bapsang.db", "--to", address], ["--from", address, "--to", "sqlite:b.db"]]
        {
            let ran = run(&folder, &[&["move"][..], &arguments].concat(), &[]);
            ran.ends_with(2);
            assert!(ran.err.contains("holds a password") && ran.err.contains("env:NAME"), "{}", ran.err);
            assert!(!ran.err.contains("hush") && ran.out.is_empty(), "{}{}", ran.out, ran.err);
        }
    }
    // Whoever puts the address where the name belongs does not see it again either.
    let ran = run(&folder, &["move", "--from", "env:postgres://a:hush-hush@b/c", "--to", "sqlite:b.db"], &[]);
    assert!(!ran.ends_with(2).err.contains("hush"), "{}", ran.err);
    let ran = run(&folder, &["move", "--from", "env:NOWHERE", "--to", "sqlite:b.db"], &[]);
    assert!(ran.ends_with(3).err.contains("NOWHERE is not set"), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn moves_to_the_address_in_a_variable() {
    let from = Folder::new();
    let db = from.open().await;
    db.eat(db.person("guest").await, "1", "비빔밥", evening()).await;
    db.store.close().await;
    let there = postgres_url().await;
    let moving = tokio::task::spawn_blocking(move || {
        let arguments = ["move", "--from", "sqlite:bapsang.db", "--to", "env:NEW_HOUSE"];
        let ran = run(&from.folder, &arguments, &[("NEW_HOUSE", &there)]);
        (there, ran.ends_with(0).out.clone())
    });
    let (there, said) = moving.await.expect("no panic");
    assert!(said.contains("1 people, 1 dishes"), "{said}");
    let db = Db::at(&there, open(&there).await);
    assert_eq!(number(&db, "SELECT COUNT(*) FROM dishes").await, 1);
    db.is_sound().await;
}

#[test]
fn moves_nothing_from_a_database_that_is_not_there() {
    let folder = folder();
    let ran = run(&folder, &["move", "--from", "sqlite:none.db", "--to", "sqlite:new.db"], &[]);
    assert!(ran.ends_with(4).err.contains("nothing to move"), "{}", ran.err);
    assert!(!folder.path().join("none.db").exists());
    let ran = run(&folder, &["move", "--from", "sqlite:a.db", "--to", "sqlite:a.db"], &[]);
    assert!(ran.ends_with(2).err.contains("the same database"), "{}", ran.err);
}
