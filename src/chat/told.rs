//! How facts are told: the sentences that every door says alike. What they look like is the door's affair.

use super::{HistoryPage, Locale, Phrase, ProfilePage, ServedDish, Waiting};
use crate::{
    dish::{Absence, Servings, Source},
    order::{Line, Stage, Wanted},
    profile::{Field, Profile},
};

impl ServedDish {
    /// Minutes, servings, its number, and whether it is a favourite; short enough for one line.
    pub fn in_short(&self) -> Vec<Phrase> {
        let facts =
            Phrase::new("dish-facts").number("minutes", self.dish.minutes).number("servings", self.servings.number());
        let number = self.number.map(|number| Phrase::new("dish-number").number("number", number));
        let favourite = self.favourite.then(|| Phrase::new("dish-favourite"));
        [Some(facts), number, favourite].into_iter().flatten().collect()
    }

    /// Which of the choices it does not meet.
    pub fn loosened(&self) -> Option<Phrase> {
        let lines: Vec<Phrase> = self.dish.loosened.iter().map(|line| Phrase::new(line.label())).collect();
        (!lines.is_empty()).then(|| Phrase::new("dish-loosened").list("lines", lines))
    }

    /// Where its photo comes from: author, source and licence.
    pub fn credit_line(&self) -> Option<Phrase> {
        let credit = self.credit.as_ref()?;
        let by = credit.author.iter().chain([&credit.source]).map(String::as_str).collect::<Vec<_>>().join(" / ");
        let licence = credit.licence.as_ref().map(|licence| format!(" ({licence})")).unwrap_or_default();
        Some(Phrase::new("photo-credit").text("credit", by + &licence))
    }

    /// What stands above the ingredients.
    pub fn ingredients_heading(&self) -> Phrase {
        Phrase::new("dish-ingredients").number("servings", self.servings.number())
    }

    /// What to know of amounts that are not for one.
    pub fn scaling_notes(&self) -> Vec<Phrase> {
        let scaled = (self.servings != Servings::One).then(|| Phrase::new("dish-scaled"));
        scaled.into_iter().chain(self.rounded.then(|| Phrase::new("dish-rounded"))).collect()
    }

    /// What stands below it: allergens, what the person does not eat, the source, and tickets or when it was served.
    pub fn ending(&self) -> Vec<Phrase> {
        let mut said = Vec::new();
        if !self.dish.allergens.is_empty() {
            let allergens = self.dish.allergens.iter().map(|allergen| Phrase::new(allergen.label())).collect();
            said.push(Phrase::new("dish-allergens").list("allergens", allergens));
        }
        said.extend(self.found.as_ref().map(|found| match found.as_slice() {
            [] => Phrase::new("dish-avoided-not-found"),
            found => Phrase::new("dish-avoided-found").list("found", found.iter().map(Phrase::found).collect()),
        }));
        said.extend(self.dish.cautions().into_iter().map(|caution| Phrase::new(caution.key())));
        let source = match self.dish.source {
            Source::Cookbook => Phrase::new("source-cookbook"),
            Source::Model => Phrase::new("source-model"),
        };
        said.push(Phrase::new("dish-source").phrase("source", source));
        match (&self.tickets, self.number) {
            (Some((tickets, back_at)), _) => {
                said.extend(self.dish.stands_in.map(|absence| match absence {
                    Absence::Down => Phrase::new("stands-in-down"),
                    Absence::Budget => Phrase::new("stands-in-budget"),
                }));
                said.push(Phrase::tickets(tickets));
                said.push(Phrase::new("tickets-back").moment("back", *back_at).number("limit", tickets.limit));
            }
            (None, Some(_)) => said.push(Phrase::new("dish-served").moment("at", self.served_at)),
            (None, None) => said.push(Phrase::new("dish-of-someone")),
        }
        said
    }
}

impl HistoryPage {
    /// What is shown, and how many.
    pub fn heading(&self) -> Phrase {
        let key = match (&self.keyword, self.favourites) {
            (None, false) => "history-heading",
            (None, true) => "favourites-heading",
            (Some(_), false) => "history-heading-search",
            (Some(_), true) => "favourites-heading-search",
        };
        let heading = Phrase::new(key).number("total", self.total);
        self.keyword.iter().fold(heading, |heading, keyword| heading.text("keyword", keyword))
    }

    /// Which page of how many.
    pub fn place(&self) -> Phrase {
        Phrase::new("history-page").number("page", self.page).number("pages", self.pages)
    }
}

impl ProfilePage {
    /// What each field is called and holds, and when one was last changed.
    pub fn rows(&self) -> Vec<(Phrase, Phrase)> {
        let field = |field: &Field| (Phrase::new(field.label()), Phrase::holding(&self.profile, *field));
        let changed = |at| (Phrase::new("profile-changed"), Phrase::new("moment-as-it-is").moment("at", at));
        Field::ALL.iter().map(field).chain(self.changed_at.map(changed)).collect()
    }
}

impl Waiting {
    /// How far it is, and what is known of the dish.
    pub fn lines(&self, locale: Locale) -> Vec<Phrase> {
        if let Some(other) = &self.other {
            return vec![other.clone()];
        }
        let first = match (self.stage, &self.names) {
            (Stage::Queued, _) => Phrase::new("waiting-queued"),
            (Stage::Writing, Some(names)) => Phrase::new("waiting-writing").text("dish", names.get(locale)),
            _ => Phrase::new("waiting-choosing"),
        };
        let introduction = self.introduction.as_ref().filter(|_| self.stage == Stage::Writing);
        let introduction = introduction.map(|text| Phrase::new("waiting-introduction").text("text", text));
        let ahead = (self.stage == Stage::Queued && self.ahead > 0)
            .then(|| Phrase::new("waiting-in-line").number("ahead", self.ahead));
        [Some(first), ahead, introduction].into_iter().flatten().collect()
    }
}

impl Phrase {
    /// That a dish is shared, and what it is opened by.
    pub fn shared(name: &str, link: impl Into<String>) -> Self {
        Self::new("share-made").text("dish", name).text("link", link)
    }

    /// What a field of the profile holds, below the question for it.
    pub fn holding_now(profile: &Profile, field: Field) -> Self {
        Self::new("profile-now").phrase("value", Self::holding(profile, field))
    }

    /// What stands above a question.
    pub fn question_heading(line: Line) -> Self {
        Self::new("question-heading")
            .number("number", line.number())
            .number("of", Line::ALL.len().try_into().unwrap_or(i64::MAX))
            .phrase("line", Self::new(line.label()))
    }

    /// What a line is set to so far, if it is.
    pub fn chosen(line: Line, wanted: &Wanted) -> Option<Self> {
        let chosen = match (wanted.filters.get(line), &wanted.wish) {
            (Some(value), _) => Some(Self::new(value.label)),
            (None, Some(wish)) if line == Line::Wish => Some(Self::new("wish-quoted").text("wish", wish.as_str())),
            _ => None,
        };
        chosen.map(|chosen| Self::new("question-chosen").phrase("chosen", chosen))
    }

    /// The question for a field of the profile.
    pub fn asking(field: Field) -> Self {
        let question = Self::new(field.question());
        match field.most() {
            Some(most) => question.count("most", most),
            None => question,
        }
    }

    /// What a field of the profile holds.
    pub fn holding(profile: &Profile, field: Field) -> Self {
        let text = |text: &str| Self::new("word-as-it-is").text("word", text);
        let list = |items: Vec<Self>| (!items.is_empty()).then(|| Self::new("list-as-it-is").list("items", items));
        let value = match field {
            Field::Nickname => profile.nickname.as_ref().map(|name| text(name.as_str())),
            Field::Introduction => profile.introduction.as_ref().map(|introduction| text(introduction.as_str())),
            Field::Allergens => list(profile.avoided.allergens.iter().map(|one| Self::new(one.label())).collect()),
            Field::Words => list(profile.avoided.words.iter().map(|word| text(word.as_str())).collect()),
        };
        value.unwrap_or_else(|| Self::new("profile-nothing"))
    }
}
