//! The code that joins the same person on two platforms.

use std::fmt;

/// Letters and digits of which none is taken for another: no 0 and O, 1, I and L, 2 and Z, 5 and S, 8 and B.
const LETTERS: &[u8; 25] = b"34679ACDEFGHJKMNPQRTUVWXY";

const LENGTH: usize = 8;

/// Eight letters that are said on one platform and typed on another. They are good once, for ten minutes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LinkCode([u8; LENGTH]);

impl LinkCode {
    /// The code of a random number.
    pub fn of(mut number: u64) -> Self {
        Self([(); LENGTH].map(|()| {
            let letter = usize::try_from(number % 25).ok().and_then(|at| LETTERS.get(at)).copied().unwrap_or(b'3');
            number /= 25;
            letter
        }))
    }

    /// Reads what was typed, in small letters too, with or without a line in the middle.
    pub fn parse(text: &str) -> Option<Self> {
        let letters: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'-' | b' ')).collect();
        let letters: [u8; LENGTH] = letters.to_ascii_uppercase().try_into().ok()?;
        letters.iter().all(|letter| LETTERS.contains(letter)).then_some(Self(letters))
    }

    /// The letters alone.
    pub fn letters(self) -> String {
        self.0.iter().copied().map(char::from).collect()
    }
}

impl fmt::Display for LinkCode {
    /// As it is easy to read out: `K7MP-X4WQ`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters = self.letters();
        let (first, second) = letters.split_at(LENGTH / 2);
        write!(f, "{first}-{second}")
    }
}

impl fmt::Debug for LinkCode {
    /// Whoever knows it is taken for its person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_eight_letters_that_cannot_be_mixed_up_are_a_code() {
        assert!(LinkCode::parse("k7mp-x4wq").is_some());
        for other in ["", "K7MP-X4W", "K7MP-X4WQQ", "O7MP-X4WQ", "17MP-X4WQ", "K7MP_X4WQ", "########", "김치찌개"] {
            assert_eq!(LinkCode::parse(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn a_code_is_read_as_it_is_said(number in any::<u64>()) {
            let code = LinkCode::of(number);
            prop_assert_eq!(LinkCode::parse(&code.to_string()), Some(code));
            prop_assert_eq!(LinkCode::parse(&code.letters().to_lowercase()), Some(code));
        }
    }
}
