//! What Bapsang is built from, as `Cargo.lock` has it: licences, versions, and what must not be among it. Asked of cargo
//! without the network; `cargo deny check` reads the same `deny.toml` and knows the advisories as well.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde::Deserialize;
use spdx::{Expression, ParseMode};

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    source: Option<String>,
}

#[derive(Deserialize)]
struct Deny {
    licenses: Licences,
    bans: Bans,
}

#[derive(Deserialize)]
struct Licences {
    allow: Vec<String>,
    exceptions: Vec<Exception>,
}

#[derive(Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    name: String,
    allow: Vec<String>,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Ban>,
    skip: Vec<Skipped>,
}

/// An older version of a crate that others ask for.
#[derive(Deserialize)]
struct Skipped {
    /// `name@version`
    #[serde(rename = "crate")]
    which: String,
    reason: String,
}

#[derive(Deserialize)]
struct Ban {
    #[serde(rename = "crate")]
    name: String,
    #[serde(default, rename = "deny-multiple-versions")]
    only_one: bool,
}

fn packages() -> Vec<Package> {
    let asked = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--offline", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo");
    let said = String::from_utf8_lossy(&asked.stderr);
    assert!(asked.status.success(), "run `cargo fetch --locked` before, as scripts/test does: {said}");
    serde_json::from_slice::<Metadata>(&asked.stdout).expect("metadata").packages
}

fn deny() -> Deny {
    toml::from_str(include_str!("../../deny.toml")).expect("deny.toml")
}

#[test]
fn every_licence_is_one_that_deny_toml_allows() {
    let (packages, licences) = (packages(), deny().licenses);
    assert!(packages.len() > 300, "{} packages are too few to be all", packages.len());
    let mut used: BTreeSet<String> = BTreeSet::new();
    for Package { name, version, license, .. } in &packages {
        let text = license.as_deref().unwrap_or_else(|| panic!("{name} {version} names no licence"));
        let licence = Expression::parse_mode(text, ParseMode::LAX);
        let licence = licence.unwrap_or_else(|error| panic!("{name} {version}: {text}: {error}"));
        let own = licences.exceptions.iter().filter(|exception| exception.name == *name);
        let own: Vec<&String> = own.flat_map(|exception| &exception.allow).collect();
        let is_allowed = licence.evaluate(|asked| {
            let asked = asked.to_string();
            licences.allow.contains(&asked) || own.contains(&&asked)
        });
        assert!(is_allowed, "{name} {version} is under {text}, which deny.toml does not allow");
        used.extend(licence.requirements().map(|asked| asked.req.to_string()));
        if !own.is_empty() {
            used.insert(format!("exception: {name}"));
        }
    }
    let listed = licences.allow.iter().cloned();
    let listed = listed.chain(licences.exceptions.iter().map(|exception| format!("exception: {}", exception.name)));
    let idle: Vec<String> = listed.filter(|licence| !used.contains(licence)).collect();
    assert!(idle.is_empty(), "deny.toml allows what nothing is under: {idle:?}");
}

#[test]
fn a_crate_is_there_twice_only_where_it_is_named() {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for Package { name, version, .. } in packages() {
        versions.entry(name).or_default().insert(version);
    }
    let bans = deny().bans;
    let mut unnamed = Vec::new();
    for Skipped { which, reason } in &bans.skip {
        assert!(!reason.is_empty(), "{which} is there twice without a reason");
        let (name, version) = which.split_once('@').expect("name@version");
        let known = versions.get_mut(name).is_some_and(|versions| versions.remove(version));
        assert!(known, "deny.toml names {which}, which is not there");
    }
    for (name, versions) in versions {
        if versions.len() > 1 {
            unnamed.push(format!("{name}: {versions:?}"));
        }
    }
    assert!(unnamed.is_empty(), "twice, and not named in deny.toml: {unnamed:#?}");
    for only in bans.deny.iter().filter(|ban| ban.only_one) {
        let skipped = bans.skip.iter().any(|skipped| skipped.which.starts_with(&format!("{}@", only.name)));
        assert!(!skipped, "{} may be there once only", only.name);
    }
}

#[test]
fn what_must_not_be_there_is_not_there() {
    let (packages, bans) = (packages(), deny().bans);
    let banned: Vec<&Ban> = bans.deny.iter().filter(|ban| !ban.only_one).collect();
    assert!(!banned.is_empty(), "deny.toml bans nothing");
    for Package { name, version, source, .. } in &packages {
        assert!(!banned.iter().any(|ban| ban.name == *name), "{name} {version} must not be there");
        let is_ours = source.is_none() && name == "bapsang";
        let from_crates_io = source.as_deref().is_some_and(|source| source.starts_with("registry+"));
        assert!(is_ours || from_crates_io, "{name} {version} comes from {source:?}");
    }
}
