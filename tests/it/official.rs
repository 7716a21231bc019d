//! What the program sends in all tests, held against the whole official documents of Telegram and Discord as well,
//! where they are: in the folder that `SPECIFICATIONS` names, which `scripts/test` looks for. Elsewhere only the extracts
//! beside the stand-ins are asked. `scripts/search-requests` counts what was checked.
//!
//! What is said over Discord's gateway (identify, heartbeat, resume) is in no such document, and is not checked here.
//! Nor is what the stand-in for Discord answers, which is less than Discord does; Telegram's is held to its types.

use std::path::Path;

use serde::de::DeserializeOwned;

use crate::support::{keep_finding, keep_request, variable};

/// The most that is told of one mistake; some quote the whole body.
const MOST_CHARACTERS: usize = 600;

/// One of the documents, where there are any.
pub(crate) fn document<T: DeserializeOwned>(name: &str) -> Option<T> {
    let folder = variable("SPECIFICATIONS").filter(|folder| !folder.is_empty())?;
    let file = Path::new(&folder).join(name);
    // Whoever says where they are wants them read.
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    Some(serde_json::from_str(&text).expect("a document that reads"))
}

/// Notes that a request was checked, and gives what is wrong with it as refusals of the stand-in.
pub(crate) fn checked(request: &str, wrong: Vec<String>) -> Vec<String> {
    keep_request(request);
    found(request, wrong)
}

/// Notes what is wrong with something, and gives it as refusals of the stand-in.
pub(crate) fn found(what: &str, wrong: Vec<String>) -> Vec<String> {
    let findings: Vec<String> = wrong
        .into_iter()
        .map(|one| format!("{what}: {}", one.chars().take(MOST_CHARACTERS).collect::<String>()))
        .collect();
    for finding in &findings {
        keep_finding(finding);
    }
    findings
}
