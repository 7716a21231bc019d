//! Telegram's HTML, read as strictly as Telegram does (<https://core.telegram.org/bots/api#html-style>).

/// What is left of a text when its markup was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parsed {
    /// What people see.
    pub(super) text: String,
    /// Its length as Telegram counts it.
    pub(super) units: usize,
}

const TAGS: [&str; 8] = ["b", "i", "u", "s", "code", "pre", "a", "blockquote"];

/// Reads the markup; what is wrong with it is said as Telegram would.
pub(super) fn parse(html: &str) -> Result<Parsed, String> {
    let (mut text, mut open, mut rest) = (String::new(), Vec::new(), html);
    while let Some(at) = rest.find(['<', '>', '&']) {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix('<') {
            let (tag, after) = after.split_once('>').ok_or("can't parse entities: Unclosed start tag")?;
            let name = tag.split_whitespace().next().unwrap_or_default();
            if let Some(closed) = name.strip_prefix('/') {
                if open.pop() != Some(closed) {
                    return Err(format!("can't parse entities: Unexpected end tag \"{closed}\""));
                }
            } else if TAGS.contains(&name) {
                open.push(name);
            } else {
                return Err(format!("can't parse entities: Unsupported start tag \"{name}\""));
            }
            rest = after;
        } else if rest.starts_with('>') {
            text.push('>');
            rest = &rest[1..];
        } else {
            let known = [("&lt;", '<'), ("&gt;", '>'), ("&amp;", '&'), ("&quot;", '"')];
            let Some((entity, letter)) = known.into_iter().find(|(entity, _)| rest.starts_with(entity)) else {
                return Err("can't parse entities: an ampersand that is not escaped".to_owned());
            };
            text.push(letter);
            rest = &rest[entity.len()..];
        }
    }
    text.push_str(rest);
    match open.pop() {
        Some(tag) => Err(format!("can't parse entities: Can't find end tag corresponding to start tag \"{tag}\"")),
        None => Ok(Parsed { units: text.encode_utf16().count(), text }),
    }
}

#[test]
fn markup_that_telegram_refuses_is_refused() {
    for bad in ["<b>", "</b>", "<b><i></b></i>", "<script>x</script>", "a < b", "a & b", "&nbsp;", "<b"] {
        assert!(parse(bad).is_err(), "{bad}");
    }
    let parsed = parse("<b>1 &lt; 2</b> 🍚").expect("good markup");
    assert_eq!(parsed, Parsed { text: "1 < 2 🍚".to_owned(), units: 8 });
}
