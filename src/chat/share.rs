//! What a shared dish is found by.

use std::fmt;

/// 128 random bits: whoever was not given them does not guess them. Written as 32 hexadecimal digits, which fit a
/// deep link's parameter (64 of `[A-Za-z0-9_-]`, <https://core.telegram.org/bots/features#deep-linking>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ShareCode(pub u128);

impl ShareCode {
    /// Reads the 32 digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits =
            text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        digits.then(|| u128::from_str_radix(text, 16).ok().map(Self)).flatten()
    }

    /// What `/start` is followed by to open the dish.
    pub fn payload(self) -> String {
        format!("d_{self}")
    }

    /// Reads what [`ShareCode::payload`] wrote.
    pub fn from_payload(payload: &str) -> Option<Self> {
        Self::parse(payload.strip_prefix("d_")?)
    }
}

impl fmt::Display for ShareCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_survives_its_link_and_nothing_else_is_one() {
        for code in [ShareCode(0), ShareCode(u128::MAX), ShareCode(0xcafe)] {
            assert_eq!(ShareCode::from_payload(&code.payload()), Some(code));
            assert!(code.payload().len() <= 64);
        }
        for other in ["", "d_", "d_12", "history", &format!("d_{}", "G".repeat(32)), &format!("d_+{}", "0".repeat(31))]
        {
            assert_eq!(ShareCode::from_payload(other), None, "{other}");
        }
    }
}
