//! A text in parts that a message holds.

/// A text in parts of at most `most` UTF-16 units, cut between words where there are any.
pub(super) fn cut(text: &str, most: usize) -> Vec<&str> {
    let (mut parts, mut rest) = (Vec::new(), text);
    loop {
        let (mut units, mut end, mut space) = (0, rest.len(), None);
        for (at, c) in rest.char_indices() {
            if units + c.len_utf16() > most {
                end = space.unwrap_or(at);
                break;
            }
            units += c.len_utf16();
            if c.is_whitespace() && at > 0 {
                space = Some(at);
            }
        }
        if end == rest.len() || end == 0 {
            parts.extend((!rest.is_empty()).then_some(rest));
            return parts;
        }
        parts.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_cut_keeps_every_letter_and_every_limit(text in "[a-z가-힣 🍚]{0,200}", most in 2usize..40) {
            let parts = cut(&text, most);
            prop_assert!(parts.iter().all(|part| part.encode_utf16().count() <= most));
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(letters(&parts.concat()), letters(&text));
        }
    }
}
