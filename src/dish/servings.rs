//! A dish for more than one.

use num_rational::Ratio;

use super::{Amount, Dish, Ingredient, Unit};

/// For how many people a dish is shown. It is kept for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Servings {
    /// As it was made.
    One,
    /// Twice of everything.
    Two,
    /// Four times of everything.
    Four,
}

/// What is bought whole, as its name ends or, in English, as it is called.
const WHOLE_KO: [&str; 5] = ["달걀", "계란", "노른자", "흰자", "메추리알"];
const WHOLE_EN: [&str; 4] = ["egg", "eggs", "yolk", "yolks"];

impl Servings {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::One, Self::Two, Self::Four];

    /// How many people.
    pub fn number(self) -> u32 {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Four => 4,
        }
    }

    /// Reads a number written by [`Servings::number`].
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|servings| servings.number() == number)
    }
}

impl Amount {
    /// The amount times `factor`, exactly; "to taste" stays. `None` where the number grows out of all bounds.
    pub fn times(self, factor: Ratio<u32>) -> Option<Self> {
        match self {
            Self::ToTaste => Some(Self::ToTaste),
            Self::Measured(number, unit) => {
                let over = u64::from(*number.numer()) * u64::from(*factor.numer());
                let under = u64::from(*number.denom()) * u64::from(*factor.denom());
                let scaled = Ratio::new_raw(over, under).reduced();
                let (over, under) = (u32::try_from(*scaled.numer()).ok()?, u32::try_from(*scaled.denom()).ok()?);
                (over > 0).then(|| Self::Measured(Ratio::new_raw(over, under), unit))
            }
        }
    }
}

impl Ingredient {
    /// For so many, and whether it was rounded up to what can be bought: an egg, a can, a packet, a whole animal.
    fn for_servings(&self, servings: Servings) -> (Self, bool) {
        let exact = self.amount.times(Ratio::from_integer(servings.number())).unwrap_or(self.amount);
        let amount = match exact {
            Amount::Measured(number, unit) if self.is_bought_whole(unit) => Amount::Measured(number.ceil(), unit),
            exact => exact,
        };
        (Self { name: self.name.clone(), amount }, amount != exact)
    }

    fn is_bought_whole(&self, unit: Unit) -> bool {
        let name = self.name.to_lowercase();
        match unit {
            Unit::Can | Unit::Pack | Unit::Animal => true,
            Unit::Piece => {
                WHOLE_KO.iter().any(|word| name.ends_with(word))
                    || name.split(|c: char| !c.is_alphanumeric()).any(|word| WHOLE_EN.contains(&word))
            }
            _ => false,
        }
    }
}

impl Dish {
    /// The same dish for so many, and whether anything was rounded up to what can be bought. For one nothing is.
    pub fn for_servings(&self, servings: Servings) -> (Self, bool) {
        if servings == Servings::One {
            return (self.clone(), false);
        }
        let scaled: Vec<(Ingredient, bool)> = self.ingredients.iter().map(|line| line.for_servings(servings)).collect();
        let rounded = scaled.iter().any(|(_, rounded)| *rounded);
        let ingredients = scaled.into_iter().map(|(line, _)| line).collect();
        (Self { ingredients, ..self.clone() }, rounded)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scaled(name: &str, amount: &str, servings: Servings) -> (String, bool) {
        let line = Ingredient { name: name.to_owned(), amount: Amount::parse(amount).expect("an amount") };
        let (line, rounded) = line.for_servings(servings);
        (line.amount.into(), rounded)
    }

    #[test]
    fn amounts_are_multiplied_exactly_and_to_taste_stays() {
        for (amount, two, four) in [
            ("150 g", "300 g", "600 g"),
            ("1/3 cup", "2/3 cup", "1 1/3 cup"),
            ("1 1/2 tbsp", "3 tbsp", "6 tbsp"),
            ("1/4 piece", "1/2 piece", "1 piece"),
            ("to taste", "to taste", "to taste"),
        ] {
            assert_eq!(scaled("양파", amount, Servings::Two), (two.to_owned(), false));
            assert_eq!(scaled("양파", amount, Servings::Four), (four.to_owned(), false));
        }
    }

    #[test]
    fn eggs_cans_packets_and_animals_are_rounded_up_to_what_can_be_bought() {
        for (name, amount, two) in [
            ("달걀", "1/4 piece", "1 piece"),
            ("egg yolk", "1/4 piece", "1 piece"),
            ("참치", "1/3 can", "1 can"),
            ("라면", "1/4 pack", "1 pack"),
            ("squid", "1/4 animal", "1 animal"),
        ] {
            assert_eq!(scaled(name, amount, Servings::Two), (two.to_owned(), true), "{name}");
        }
        assert_eq!(scaled("달걀", "1/2 piece", Servings::Two), ("1 piece".to_owned(), false));
        assert_eq!(scaled("eggplant", "1/4 piece", Servings::Two), ("1/2 piece".to_owned(), false));
    }

    proptest! {
        #[test]
        fn times_a_number_and_divided_by_it_is_the_same(over in 1u32..5_000, under in 1u32..500, by in 1u32..50) {
            let amount = Amount::Measured(Ratio::new(over, under), Unit::Gram);
            let back = amount.times(Ratio::from_integer(by)).and_then(|more| more.times(Ratio::new(1, by)));
            prop_assert_eq!(back, Some(amount));
        }
    }
}
