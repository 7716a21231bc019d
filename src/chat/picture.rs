//! A picture that a door can show.

use std::{fmt, path::PathBuf};

use serde::{Deserialize, Serialize};

/// What a picture is called: the SHA-256 of its file in lower-case hexadecimal. Nothing else parses, so that a name
/// is never a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PictureHash(String);

impl PictureHash {
    /// Reads the 64 digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (text.len() == 64 && text.bytes().all(digit)).then(|| Self(text.to_owned()))
    }

    /// The 64 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PictureHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A picture to show: a JPEG of at most 1280 pixels a side. The file may be gone by the time it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// What it is called.
    pub hash: PictureHash,
    /// Where it lies on this machine.
    pub file: PathBuf,
}

/// Where a photo comes from, as it is said under the dish. All of it was said by strangers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
    /// The source, or the site that it found the photo on.
    pub source: String,
    /// Who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Under which licence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// The page that it is on: an http or https address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_64_digits_are_the_name_of_a_picture() {
        let name = "0123456789abcdef".repeat(4);
        assert_eq!(PictureHash::parse(&name).map(|hash| hash.to_string()), Some(name.clone()));
        for other in ["", "../../etc/passwd", &name[1..], &name.to_uppercase(), &format!("{}/", &name[1..])] {
            assert_eq!(PictureHash::parse(other), None, "{other}");
        }
    }
}
