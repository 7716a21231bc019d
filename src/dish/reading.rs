//! Amounts as people and models write them: 150g, 1/2개, 2큰술, 1½ cups, 두 쪽, 반 모, 100~120ml, 약간.

use num_rational::Ratio;
use unicode_normalization::UnicodeNormalization;

use super::{
    Amount, Unit,
    amount::{AmountError, MOST},
};
use crate::chat::clean;

/// More is no amount.
const MOST_CHARACTERS: usize = 60;

/// What stands before an amount without changing it.
const ABOUT: [&str; 14] = [
    "약 ",
    "대략 ",
    "각 ",
    "잘게 ",
    "about ",
    "approximately ",
    "approx. ",
    "approx ",
    "around ",
    "roughly ",
    "heaped ",
    "heaping ",
    "level ",
    "scant ",
];

/// What stands behind one.
const MORE_OR_LESS: [&str; 9] = ["정도", "가량", "분량", "쯤", "씩", "approx", "approx.", "total", "each"];

/// Said instead of a number, of seasonings.
const TO_TASTE: [&str; 22] = [
    "약간",
    "적당량",
    "조금",
    "소량",
    "취향껏",
    "기호껏",
    "입맛대로",
    "약간씩",
    "조금씩",
    "적당히",
    "기호에따라",
    "취향에따라",
    "to taste",
    "as needed",
    "a little",
    "a bit",
    "some",
    "a dash",
    "dash",
    "a drizzle",
    "for garnish",
    "as desired",
];

const FRACTIONS: [(char, &str); 9] = [
    ('½', "1/2"),
    ('⅓', "1/3"),
    ('⅔', "2/3"),
    ('¼', "1/4"),
    ('¾', "3/4"),
    ('⅛', "1/8"),
    ('⅜', "3/8"),
    ('⅝', "5/8"),
    ('⅞', "7/8"),
];

/// Numbers as words, the longer ones first where one begins another.
const NUMBERS: [(&str, (u32, u32)); 38] = [
    ("다섯", (5, 1)),
    ("여섯", (6, 1)),
    ("일곱", (7, 1)),
    ("여덟", (8, 1)),
    ("아홉", (9, 1)),
    ("하나", (1, 1)),
    ("둘", (2, 1)),
    ("셋", (3, 1)),
    ("넷", (4, 1)),
    ("한", (1, 1)),
    ("두", (2, 1)),
    ("세", (3, 1)),
    ("석", (3, 1)),
    ("네", (4, 1)),
    ("넉", (4, 1)),
    ("열", (10, 1)),
    ("반", (1, 2)),
    ("half a ", (1, 2)),
    ("half an ", (1, 2)),
    ("half ", (1, 2)),
    ("a half ", (1, 2)),
    ("a quarter of a ", (1, 4)),
    ("a quarter ", (1, 4)),
    ("quarter ", (1, 4)),
    ("one and a half ", (3, 2)),
    ("a couple of ", (2, 1)),
    ("an ", (1, 1)),
    ("a ", (1, 1)),
    ("one ", (1, 1)),
    ("two ", (2, 1)),
    ("three ", (3, 1)),
    ("four ", (4, 1)),
    ("five ", (5, 1)),
    ("six ", (6, 1)),
    ("seven ", (7, 1)),
    ("eight ", (8, 1)),
    ("nine ", (9, 1)),
    ("ten ", (10, 1)),
];

/// Words for units, in small letters and without spaces inside, and how many of the unit one is.
const WORDS: &[(&[&str], Unit, (u32, u32))] = &[
    (&["g", "g.", "gr", "gram", "grams", "그램", "그람"], Unit::Gram, (1, 1)),
    (&["kg", "kilogram", "kilograms", "kilo", "kilos", "킬로", "킬로그램"], Unit::Gram, (1000, 1)),
    // To the gram: nobody weighs more exactly than that.
    (&["oz", "oz.", "ounce", "ounces", "온스"], Unit::Gram, (28, 1)),
    (&["lb", "lbs", "pound", "pounds", "파운드"], Unit::Gram, (454, 1)),
    (&["근"], Unit::Gram, (600, 1)),
    (
        &["ml", "ml.", "milliliter", "milliliters", "millilitre", "millilitres", "밀리리터", "cc", "시시"],
        Unit::Millilitre,
        (1, 1),
    ),
    (&["dl"], Unit::Millilitre, (100, 1)),
    (&["l", "liter", "liters", "litre", "litres", "리터"], Unit::Millilitre, (1000, 1)),
    (&["floz", "fl.oz", "fl.oz.", "fluidounce", "fluidounces"], Unit::Millilitre, (30, 1)),
    (&["tbsp", "tbsp.", "tbsps", "tbs", "tablespoon", "tablespoons"], Unit::Tablespoon, (1, 1)),
    (&["큰술", "스푼", "숟가락", "숟갈", "밥숟가락", "밥숟갈", "큰스푼", "테이블스푼", "술"], Unit::Tablespoon, (1, 1)),
    (&["tsp", "tsp.", "tsps", "teaspoon", "teaspoons"], Unit::Teaspoon, (1, 1)),
    (&["작은술", "티스푼", "작은스푼", "찻숟가락", "찻술"], Unit::Teaspoon, (1, 1)),
    (&["cup", "cups", "컵", "종이컵", "계량컵"], Unit::Cup, (1, 1)),
    (&["개", "알", "톨", "통", "덩이", "덩어리", "송이", "포기", "개입", "줄", "쌍"], Unit::Piece, (1, 1)),
    (&["ea", "pc", "pcs", "piece", "pieces", "whole", "large", "medium", "small", "medium-sized"], Unit::Piece, (1, 1)),
    (&["head", "heads", "knob", "knobs", "ear", "ears", "fillet", "fillets", "breast", "breasts"], Unit::Piece, (1, 1)),
    (&["egg", "eggs", "floret", "florets"], Unit::Piece, (1, 1)),
    (&["쪽", "clove", "cloves"], Unit::Clove, (1, 1)),
    (&["모", "block", "blocks"], Unit::Block, (1, 1)),
    (
        &["대", "줄기", "뿌리", "가닥", "자루", "stalk", "stalks", "stem", "stems", "sprig", "sprigs", "rib", "ribs"],
        Unit::Stalk,
        (1, 1),
    ),
    (&["장", "매", "sheet", "sheets"], Unit::Sheet, (1, 1)),
    (&["줌", "움큼", "handful", "handfuls"], Unit::Handful, (1, 1)),
    (&["조각", "토막", "편", "slice", "slices", "strip", "strips", "chunk", "chunks"], Unit::Slice, (1, 1)),
    (&["단", "묶음", "bunch", "bunches"], Unit::Bunch, (1, 1)),
    (&["공기", "그릇", "bowl", "bowls"], Unit::Bowl, (1, 1)),
    (&["잎", "leaf", "leaves"], Unit::Leaf, (1, 1)),
    (&["캔", "can", "cans", "tin", "tins"], Unit::Can, (1, 1)),
    (
        &[
            "봉", "봉지", "팩", "포", "봉투", "pack", "packs", "packet", "packets", "package", "packages", "sachet",
            "sachets",
        ],
        Unit::Pack,
        (1, 1),
    ),
    (&["마리", "animal", "animals"], Unit::Animal, (1, 1)),
    (&["꼬집", "pinch", "pinches"], Unit::Pinch, (1, 1)),
];

impl Amount {
    /// Reads an amount as people write it, in Korean or English. Of a range the middle counts. What has a number and no
    /// unit is no amount.
    pub fn read(text: &str) -> Result<Self, AmountError> {
        Self::parse(text.trim()).or_else(|error| {
            if text.chars().count() > MOST_CHARACTERS {
                return Err(error);
            }
            read(text).ok_or(error)
        })
    }
}

fn read(text: &str) -> Option<Amount> {
    // Korean writes a spoon as T and a small one as t.
    let text = without_brackets(&spread(text));
    let text = clean(&text.nfkc().collect::<String>());
    let spoon = text.strip_suffix('T').map(|number| (number, Unit::Tablespoon));
    let spoon = spoon.or_else(|| text.strip_suffix('t').map(|number| (number, Unit::Teaspoon)));
    if let Some((number, unit)) = spoon
        && let Some((number, "")) = numbers(number.trim_end())
    {
        return measured(number, unit, (1, 1));
    }
    let mut text = text.to_lowercase();
    if is_to_taste(&text) {
        return Some(Amount::ToTaste);
    }
    while let Some(rest) = ABOUT.iter().find_map(|word| text.strip_prefix(word)) {
        text = rest.trim_start().to_owned();
    }
    let (number, rest) = numbers(&text)?;
    let (unit, factor, rest) = unit(rest.trim_start())?;
    match rest.trim() {
        "" => measured(number, unit, factor),
        // 한 개 반
        "반" | "and a half" => measured(plus(number, Ratio::new(1, 2))?, unit, factor),
        more if MORE_OR_LESS.contains(&more) => measured(number, unit, factor),
        _ => None,
    }
}

fn is_to_taste(text: &str) -> bool {
    let text = text.trim_end_matches(['.', ',']);
    TO_TASTE.contains(&text) || TO_TASTE.contains(&text.replace(' ', "").as_str())
}

fn measured(number: Ratio<u32>, unit: Unit, (over, under): (u32, u32)) -> Option<Amount> {
    let number = Amount::Measured(number, unit).times(Ratio::new(over, under))?;
    match number {
        Amount::Measured(number, _) if number > Ratio::ZERO && number < Ratio::from_integer(MOST) => {
            let amount = Amount::Measured(number, unit);
            // What is kept must be read again.
            (Amount::parse(&String::from(amount)) == Ok(amount)).then_some(amount)
        }
        _ => None,
    }
}

/// `1½` as `1 1/2`, before anything makes `11/2` of it, and every dash of a range as the same one.
fn spread(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match (FRACTIONS.iter().find(|(known, _)| *known == c), c) {
            (Some((_, written)), _) => {
                out.push(' ');
                out.push_str(written);
                out.push(' ');
            }
            (None, '⁄' | '∕') => out.push('/'),
            (None, '～' | '〜' | '–' | '—' | '∼') => out.push('~'),
            _ => out.push(c),
        }
    }
    out
}

pub(super) fn without_brackets(text: &str) -> String {
    outside_of("([（", ")]）", text)
}

/// What stands outside of brackets, which are opened and closed by these.
pub fn outside_of(opening: &str, closing: &str, text: &str) -> String {
    let (mut depth, mut out) = (0_u32, String::with_capacity(text.len()));
    for c in text.chars() {
        match c {
            c if opening.contains(c) => depth += 1,
            c if closing.contains(c) => depth = depth.saturating_sub(1),
            c if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}

/// A number or a range of them at the beginning, and what follows.
fn numbers(text: &str) -> Option<(Ratio<u32>, &str)> {
    let (low, rest) = number(text)?;
    let trimmed = rest.trim_start();
    let second = ["~", "-", "to ", "에서 "].iter().find_map(|dash| trimmed.strip_prefix(dash)).or_else(|| {
        // 100g~120g
        let (_, _, rest) = unit(trimmed)?;
        rest.trim_start().strip_prefix('~')
    });
    match second.and_then(|text| number(text.trim_start())) {
        Some((high, rest)) if high >= low => Some((plus(low, high)? / Ratio::from_integer(2), rest)),
        Some(_) => None,
        None => Some((low, rest)),
    }
}

fn number(text: &str) -> Option<(Ratio<u32>, &str)> {
    let text = text.trim_start();
    let Some((first, rest)) = digits(text) else {
        // The longest word counts: "a half" begins with "a".
        let word = NUMBERS.iter().filter(|(word, _)| text.starts_with(word)).max_by_key(|(word, _)| word.len())?;
        let (word, (over, under)) = word;
        return Some((Ratio::new(*over, *under), &text[word.len()..]));
    };
    // 1 1/2, 1과 1/2, 1-1/2
    let trimmed = rest.trim_start();
    let joined = ["과", "+", "and ", "-"].iter().find_map(|word| trimmed.strip_prefix(word)).unwrap_or(trimmed);
    match digits(joined.trim_start()) {
        // 1 000 is no number: whoever groups digits so means a thousand, and not one and nothing.
        Some((part, rest)) if first.is_integer() && part > Ratio::ZERO && part < Ratio::ONE => {
            Some((plus(first, part)?, rest))
        }
        _ => Some((first, rest)),
    }
}

/// The sum, where it is a number at all.
fn plus(one: Ratio<u32>, other: Ratio<u32>) -> Option<Ratio<u32>> {
    let wide = |number: Ratio<u32>| Ratio::new_raw(u64::from(*number.numer()), u64::from(*number.denom()));
    let sum = wide(one) + wide(other);
    Some(Ratio::new(u32::try_from(*sum.numer()).ok()?, u32::try_from(*sum.denom()).ok()?))
}

fn whole(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (1..=6).contains(&end).then(|| text.split_at(end))
}

/// `150`, `1.5`, `1,000` or `1/2` at the beginning, and what follows.
fn digits(text: &str) -> Option<(Ratio<u32>, &str)> {
    let (first, rest) = whole(text)?;
    let number: u32 = first.parse().ok()?;
    if let Some(rest) = rest.strip_prefix('/').map(str::trim_start)
        && let Some((under, rest)) = whole(rest)
    {
        let under: u32 = under.parse().ok()?;
        return (under > 0 && under < 1_000 && number < 10_000).then(|| (Ratio::new(number, under), rest));
    }
    if let Some((part, after)) = rest.strip_prefix('.').and_then(whole) {
        let part = &part[..part.len().min(3)];
        let scale = 10_u32.pow(u32::try_from(part.len()).ok()?);
        let part: u32 = part.parse().ok()?;
        return Some((plus(Ratio::from_integer(number), Ratio::new(part, scale))?, after));
    }
    if let Some((part, after)) = rest.strip_prefix(',').and_then(whole)
        && part.len() == 3
        && first.len() <= 3
    {
        return Some((Ratio::from_integer(number * 1000 + part.parse::<u32>().ok()?), after));
    }
    Some((Ratio::from_integer(number), rest))
}

/// A unit at the beginning, the longest that is there, and what follows. English words end where they end.
fn unit(text: &str) -> Option<(Unit, (u32, u32), &str)> {
    // 큰 술, fl oz
    let squeezed = ["큰 ", "작은 ", "밥 ", "종이 ", "fl ", "fluid "];
    let text = text.strip_prefix("of ").unwrap_or(text);
    let (skipped, text) = match squeezed.iter().find(|word| text.starts_with(**word)) {
        Some(word) => (word.trim_end(), &text[word.len()..]),
        None => ("", text),
    };
    let fits = |word: &&str| {
        let word = word.strip_prefix(skipped)?;
        let rest = text.strip_prefix(word).filter(|_| !word.is_empty())?;
        let ends =
            !word.ends_with(|c: char| c.is_ascii_alphabetic()) || !rest.starts_with(|c: char| c.is_alphanumeric());
        ends.then_some((word.len(), rest))
    };
    let found = WORDS.iter().flat_map(|(words, unit, factor)| {
        words.iter().filter_map(move |word| fits(word).map(|(length, rest)| (length, *unit, *factor, rest)))
    });
    found.max_by_key(|(length, ..)| *length).map(|(_, unit, factor, rest)| (unit, factor, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for (text, expected) in [
            ("150g", "150 g"),
            ("150 그램", "150 g"),
            ("1/2개", "1/2 piece"),
            ("2큰술", "2 tbsp"),
            ("2 큰 술", "2 tbsp"),
            ("1½ cups", "1 1/2 cup"),
            ("1 ½ cups", "1 1/2 cup"),
            ("두 쪽", "2 clove"),
            ("반 모", "1/2 block"),
            ("100~120ml", "110 ml"),
            ("100ml~120ml", "110 ml"),
            ("2-3 cloves", "2 1/2 clove"),
            ("2 to 3 cloves", "2 1/2 clove"),
            ("약간", "to taste"),
            ("적당량", "to taste"),
            ("기호에 따라", "to taste"),
            ("한 꼬집", "1 pinch"),
            ("a pinch", "1 pinch"),
            ("1.5kg", "1500 g"),
            ("0.5컵", "1/2 cup"),
            ("1,000ml", "1000 ml"),
            ("1L", "1000 ml"),
            ("1T", "1 tbsp"),
            ("1/2t", "1/2 tsp"),
            ("1과 1/2컵", "1 1/2 cup"),
            ("1-1/2 tsp", "1 1/2 tsp"),
            ("한 개 반", "1 1/2 piece"),
            ("약 200g 정도", "200 g"),
            ("1개(200g)", "1 piece"),
            ("다섯 장", "5 sheet"),
            ("half an egg", "1/2 piece"),
            ("half a block", "1/2 block"),
            ("a handful", "1 handful"),
            ("2 large", "2 piece"),
            ("8 oz", "224 g"),
            ("1/2 lb", "227 g"),
            ("밥 1공기", "no"),
            ("2 fl oz", "60 ml"),
            ("３００ｇ", "300 g"),
            ("１／２개", "1/2 piece"),
            ("종이컵 1컵", "no"),
            ("1줌", "1 handful"),
            ("two tablespoons", "2 tbsp"),
            ("1 Tbsp.", "1 tbsp"),
        ] {
            let read = Amount::read(text).map_or_else(|_| "no".to_owned(), String::from);
            assert_eq!(read, expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in [
            "",
            "g",
            "150",
            "많이",
            "넉넉히",
            "0g",
            "1/0개",
            "-1 g",
            "5~3g",
            "1인분",
            "2 cm",
            "한 줄로",
            "100000g",
            "99kg 99g",
            "1 cup of love",
            "∞ g",
            "1e9 g",
            "NaN",
            "일이삼 g",
            "1 stick",
            "999999999999g",
            "1 gallon of milk",
            "1/7~0.333 tsp",
            "5000 1/999~5001 1/998g",
        ] {
            assert!(Amount::read(text).is_err(), "{text}: {:?}", Amount::read(text));
        }
    }

    #[test]
    fn a_thousand_in_groups_is_not_one() {
        for text in ["1 000 g", "1 000g", "2 0 g", "1 2 g"] {
            assert!(Amount::read(text).is_err(), "{text}: {:?}", Amount::read(text));
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(over in 1u32..5_000, under in 1u32..500) {
            for unit in [Unit::Gram, Unit::Tablespoon, Unit::Pinch] {
                let amount = Amount::Measured(Ratio::new(over, under), unit);
                prop_assert_eq!(Amount::read(&String::from(amount)), Ok(amount));
            }
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "(\\PC|[0-9/½~.,]|반|한|개|g|컵| ){0,30}") {
            if let Ok(Amount::Measured(number, _)) = Amount::read(&text) {
                prop_assert!(number > Ratio::ZERO && number < Ratio::from_integer(MOST));
            }
        }

        #[test]
        fn times_and_parted_again_is_the_same(over in 1u32..5_000, under in 1u32..500, factor in 1u32..20) {
            let amount = Amount::Measured(Ratio::new(over, under), Unit::Gram);
            let scaled = amount.times(Ratio::from_integer(factor)).and_then(|more| more.times(Ratio::new(1, factor)));
            prop_assert_eq!(scaled, Some(amount));
        }
    }
}
