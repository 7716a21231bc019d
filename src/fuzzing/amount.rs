//! Amounts: they are kept as they are read, and grow exactly.

use num_rational::Ratio;

use crate::{
    chat::Locale,
    dish::{Amount, Dish, Ingredient, Names, Servings, Source},
    i18n,
    order::Filters,
};

/// More lines than any dish has.
const MOST_LINES: usize = 32;

pub(super) fn check(bytes: &[u8]) {
    for line in String::from_utf8_lossy(bytes).lines().take(MOST_LINES) {
        let (name, text) = line.split_once('\t').unwrap_or(("", line));
        if let Ok(amount) = Amount::read(text) {
            held(name, amount);
        }
    }
}

fn held(name: &str, amount: Amount) {
    let written = String::from(amount);
    assert_eq!(Amount::parse(&written), Ok(amount));
    assert_eq!(Amount::read(&written), Ok(amount));
    let dish = dish(name, amount);
    let _ = (dish.review(), dish.cautions());
    for servings in Servings::ALL {
        for line in dish.for_servings(servings).0.ingredients {
            assert!(is_for(servings, amount, line.amount), "{amount:?} is {:?} for {servings:?}", line.amount);
            for locale in Locale::ALL {
                assert!(!i18n::say(locale, &line.amount.phrase()).is_empty());
            }
        }
    }
}

fn dish(name: &str, amount: Amount) -> Dish {
    Dish {
        names: Names { ko: name.to_owned(), en: name.to_owned() },
        locale: Locale::En,
        introduction: String::new(),
        ingredients: vec![Ingredient { name: name.to_owned(), amount }],
        steps: Vec::new(),
        minutes: 1,
        kind: Filters::default(),
        allergens: Vec::new(),
        source: Source::Model,
        loosened: Vec::new(),
        stands_in: None,
    }
}

/// Whether it is the exact multiple, or the next whole number above that.
fn is_for(servings: Servings, one: Amount, many: Amount) -> bool {
    let wide = |number: Ratio<u32>| Ratio::new(u64::from(*number.numer()), u64::from(*number.denom()));
    match (one, many) {
        (Amount::ToTaste, Amount::ToTaste) => true,
        (Amount::Measured(one, unit), Amount::Measured(many, same)) => {
            let exact = wide(one) * u64::from(servings.number());
            unit == same && (wide(many) == exact || (many.is_integer() && wide(many) == exact.ceil()))
        }
        _ => false,
    }
}
