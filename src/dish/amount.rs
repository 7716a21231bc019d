//! Amounts as exact numbers, so that scaling never rounds behind one's back.

use num_rational::Ratio;
use serde::{Deserialize, Serialize};

use crate::chat::Phrase;

/// What an amount is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the words say what they are; their Korean stands in locales/ko/units.ftl")]
pub enum Unit {
    Gram,
    Millilitre,
    Tablespoon,
    Teaspoon,
    Cup,
    Piece,
    Clove,
    Block,
    Stalk,
    Sheet,
    Handful,
    Slice,
    Bunch,
    Bowl,
    Leaf,
    Can,
    Pack,
    Animal,
    Pinch,
}

/// Numbers are below this.
pub(super) const MOST: u32 = 100_000;

/// Every unit, the word it is written with, and the locale key of an amount in it. A tablespoon is
/// 15 ml, a teaspoon 5 ml, a cup 200 ml (Korean measures).
const UNITS: [(Unit, &str, &str); 19] = [
    (Unit::Gram, "g", "unit-gram"),
    (Unit::Millilitre, "ml", "unit-millilitre"),
    (Unit::Tablespoon, "tbsp", "unit-tablespoon"),
    (Unit::Teaspoon, "tsp", "unit-teaspoon"),
    (Unit::Cup, "cup", "unit-cup"),
    (Unit::Piece, "piece", "unit-piece"),
    (Unit::Clove, "clove", "unit-clove"),
    (Unit::Block, "block", "unit-block"),
    (Unit::Stalk, "stalk", "unit-stalk"),
    (Unit::Sheet, "sheet", "unit-sheet"),
    (Unit::Handful, "handful", "unit-handful"),
    (Unit::Slice, "slice", "unit-slice"),
    (Unit::Bunch, "bunch", "unit-bunch"),
    (Unit::Bowl, "bowl", "unit-bowl"),
    (Unit::Leaf, "leaf", "unit-leaf"),
    (Unit::Can, "can", "unit-can"),
    (Unit::Pack, "pack", "unit-pack"),
    (Unit::Animal, "animal", "unit-animal"),
    (Unit::Pinch, "pinch", "unit-pinch"),
];

impl Unit {
    /// The locale key that words an amount in this unit.
    pub fn key(self) -> &'static str {
        UNITS.iter().find(|(unit, ..)| *unit == self).map_or("unit-piece", |(_, _, key)| key)
    }

    fn id(self) -> &'static str {
        UNITS.iter().find(|(unit, ..)| *unit == self).map_or("piece", |(_, id, _)| id)
    }
}

/// How much of an ingredient, for one serving.
///
/// Written `150 g`, `1/2 block`, `1 1/2 tbsp` or `to taste`; that text is also its stored form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Amount {
    /// A number above zero and its unit.
    Measured(Ratio<u32>, Unit),
    /// 약간; for seasonings alone.
    ToTaste,
}

/// Why a text is no amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no amount: a number, a space and a unit, or \"to taste\"")]
pub struct AmountError(String);

impl Amount {
    /// Reads the written form.
    pub fn parse(text: &str) -> Result<Self, AmountError> {
        if text == "to taste" {
            return Ok(Self::ToTaste);
        }
        let read = || {
            let (number, unit) = text.rsplit_once(' ')?;
            let (unit, ..) = UNITS.iter().find(|(_, id, _)| *id == unit)?;
            let number = match number.split_once(' ') {
                Some((number, part)) => whole(number)? + fraction(part).filter(|part| *part < Ratio::ONE)?,
                None => fraction(number).or_else(|| whole(number))?,
            };
            (number > Ratio::ZERO && number < Ratio::from_integer(MOST)).then_some(Self::Measured(number, *unit))
        };
        read().ok_or_else(|| AmountError(text.to_owned()))
    }

    /// The amount as a sentence. Its plural follows the number, where anything up to one is one.
    pub fn phrase(self) -> Phrase {
        match self {
            Self::ToTaste => Phrase::new("to-taste"),
            Self::Measured(number, unit) => {
                Phrase::new(unit.key()).text("amount", Self::number(number)).number("count", number.ceil().to_integer())
            }
        }
    }

    /// The number as people write it: `3`, `1/2`, `1 1/2`.
    pub fn number(number: Ratio<u32>) -> String {
        let (whole, part) = (number.to_integer(), number.fract());
        match (whole, *part.numer()) {
            (_, 0) => whole.to_string(),
            (0, _) => part.to_string(),
            _ => format!("{whole} {part}"),
        }
    }
}

/// A whole number that leaves room for any [`fraction`] to be added.
fn whole(text: &str) -> Option<Ratio<u32>> {
    text.parse::<u32>().ok().filter(|number| *number < MOST).map(Ratio::from_integer)
}

fn fraction(text: &str) -> Option<Ratio<u32>> {
    let (over, under) = text.split_once('/')?;
    let (over, under) = (over.parse::<u32>().ok()?, under.parse::<u32>().ok()?);
    (under > 0 && over < 10_000 && under < 10_000).then(|| Ratio::new(over, under))
}

impl TryFrom<String> for Amount {
    type Error = AmountError;
    fn try_from(text: String) -> Result<Self, AmountError> {
        Self::parse(&text)
    }
}

impl From<Amount> for String {
    fn from(amount: Amount) -> Self {
        match amount {
            Amount::Measured(number, unit) => format!("{} {}", Amount::number(number), unit.id()),
            Amount::ToTaste => "to taste".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_are_read_as_they_are_written() {
        for text in ["150 g", "1/2 block", "1 1/2 tbsp", "to taste"] {
            assert_eq!(String::from(Amount::parse(text).expect(text)), text);
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in ["", "g", "150", "150g", "0 g", "1/0 g", "-1 g", "1.5 g", "4294967295 1/2 g", "some", "1 oz"] {
            assert!(Amount::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_a_fraction_below_one_stands_behind_a_whole_number() {
        for text in ["1 000 g", "1 2 g", "1 3/2 g", "1/2 1/2 g", "4/2 1/2 g", "999999 1/9999 g", "100000 1/2 g"] {
            assert!(Amount::parse(text).is_err(), "{text}");
        }
        let most = Ratio::new(MOST * 9_999 - 1, 9_999);
        assert_eq!(Amount::parse("99999 9998/9999 g"), Ok(Amount::Measured(most, Unit::Gram)));
    }

    proptest! {
        #[test]
        fn any_amount_survives_its_written_form(over in 1u32..5_000, under in 1u32..500, unit in 0..UNITS.len()) {
            let amount = Amount::Measured(Ratio::new(over, under), UNITS[unit].0);
            prop_assert_eq!(Amount::parse(&String::from(amount)), Ok(amount));
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in ".{0,40}") {
            let _ = Amount::parse(&text);
        }
    }
}
