//! What a button carries: whose it is, what it does there, and the choice's token.

/// It is pressed.
pub(super) const PRESS: char = '~';

/// It opens the form of its choice.
pub(super) const FORM: char = '!';

/// Anyone may press it.
pub(super) const ANYONE: u64 = 0;

/// `OWNER~TOKEN`, with the owner to the base of 36: at most 13 bytes and the mark before the token.
pub(super) fn write(owner: u64, mark: char, token: &str) -> String {
    format!("{}{mark}{token}", base36(owner))
}

/// Reads what [`write()`] wrote: the owner, the mark and the token.
pub(super) fn read(data: &str) -> Option<(u64, char, &str)> {
    let at = data.find([PRESS, FORM])?;
    let (owner, rest) = data.split_at(at);
    let mark = rest.chars().next()?;
    Some((u64::from_str_radix(owner, 36).ok()?, mark, &rest[mark.len_utf8()..]))
}

fn base36(mut number: u64) -> String {
    let mut digits = Vec::new();
    loop {
        digits.push(char::from_digit(u32::try_from(number % 36).unwrap_or_default(), 36).unwrap_or('0'));
        number /= 36;
        if number == 0 {
            return digits.iter().rev().collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::Token;

    #[test]
    fn whose_button_it_is_fits_beside_the_longest_token() {
        let longest = "x".repeat(Token::MAX_BYTES);
        // Telegram's numbers have 52 bits, and its buttons 64 bytes; Discord's have 64 bits, and its buttons 100.
        for (owner, most) in [(0, 64), (35, 64), (36, 64), ((1 << 52) - 1, 64), (u64::MAX, 100)] {
            for mark in [PRESS, FORM] {
                let data = write(owner, mark, &longest);
                assert!(data.len() <= most, "{}", data.len());
                assert_eq!(read(&data), Some((owner, mark, longest.as_str())));
            }
        }
        for strange in ["", "x", "0.begin", "*~0.begin"] {
            assert_eq!(read(strange), None, "{strange}");
        }
    }
}
