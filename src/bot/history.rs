//! The dishes so far: pages, favourites, a keyword, and one dish.

use super::{
    outbox::{Served, picture_of},
    visit::Visit,
};
use crate::{
    chat::{Action, Choice, Facts, HistoryEntry, HistoryPage, Keyword, MenuId, Phrase, Placing, Reply, fold},
    dialogue::{Conversation, HistoryView, choice},
    dish::Servings,
    i18n,
    photo::Tile,
    store::{SavedDish, Search, StoreError},
};

/// The seed's page size.
const DISHES_A_PAGE: u32 = 3;

impl Visit<'_> {
    /// Shows a page of what `view` looks for, and remembers it, so that its buttons can turn over.
    pub(super) async fn show_history(&self, view: HistoryView, page: u32, replaces: bool) -> Result<(), StoreError> {
        let Ok(keyword) = Keyword::parse(&view.keyword) else {
            self.line(Phrase::new("history-keyword-too-long").count("most", Keyword::MAX_CHARACTERS)).await;
            return Ok(());
        };
        let search = Search { keyword, favourites: view.favourites };
        let found = self.bot.store.history(self.person.id, &search, page, DISHES_A_PAGE).await?;
        if found.total == 0 {
            self.nothing_found(&search).await;
            return Ok(());
        }
        let pages = found.total.div_ceil(DISHES_A_PAGE);
        if page == 0 || page > pages {
            self.line(Phrase::new(if page == 0 { "history-first-page" } else { "history-last-page" })).await;
            return Ok(());
        }
        let keyword = search.keyword.as_ref().map(|keyword| keyword.as_str().to_owned());
        let menu = Self::fresh_menu();
        let view = HistoryView { menu, keyword: keyword.clone().unwrap_or_default(), page, ..view };
        self.remember(|conversation| conversation.history = Some(view.clone())).await?;
        let tile =
            |saved: &SavedDish| Tile { number: saved.number, dish: saved.dish.clone(), favourite: saved.favourite };
        let tiles = found.dishes.iter().map(tile).collect();
        let sheet = self.bot.photos.sheet(self.locale, tiles, self.bot.clock.now()).await;
        let entries: Vec<HistoryEntry> = found.dishes.into_iter().map(|saved| self.entry(saved)).collect();
        let choices = choices(menu, &entries, page, pages);
        let favourites = search.favourites;
        let facts = Facts::History(HistoryPage { entries, page, pages, total: found.total, keyword, favourites });
        let placing = if replaces { Placing::PressedMenu } else { Placing::New };
        let reply = Reply::new(self.locale, facts).with_choices(choices).with_picture(sheet);
        self.say(reply.placed(placing).only_them()).await;
        Ok(())
    }

    /// Says that there is nothing, with a way on.
    async fn nothing_found(&self, search: &Search) {
        let (phrase, way) = match (&search.keyword, search.favourites) {
            (None, false) => (Phrase::new("history-empty"), Action::Begin),
            (None, true) => (Phrase::new("favourites-empty"), Action::History),
            (Some(keyword), favourites) => {
                let key = if favourites { "favourites-no-result" } else { "history-no-result" };
                (Phrase::new(key).text("keyword", keyword.as_str()), Action::History)
            }
        };
        let choices = vec![choice(MenuId(0), way)];
        self.say(Reply::line(self.locale, phrase).with_choices(choices).only_them()).await;
    }

    fn entry(&self, saved: SavedDish) -> HistoryEntry {
        HistoryEntry {
            number: saved.number,
            name: saved.dish.names.get(self.locale).to_owned(),
            ingredients: saved.dish.ingredients.into_iter().take(4).map(|line| line.name).collect(),
            served_at: self.moment(saved.served_at),
            favourite: saved.favourite,
        }
    }

    pub(super) async fn press_page(&self, menu: MenuId, page: u32) -> Result<(), StoreError> {
        match self.load().await?.conversation.history {
            Some(view) if view.menu == menu => self.show_history(view, page, true).await,
            _ => self.old_menu().await,
        }
    }

    /// 다음 and 이전 while a history is open; `false` for any other text.
    pub(super) async fn turn_page(&self, text: &str, conversation: &Conversation) -> Result<bool, StoreError> {
        let means = |key| i18n::spellings(&Phrase::new(key)).iter().any(|word| fold(word) == fold(text));
        let Some(view) = &conversation.history else { return Ok(false) };
        let page = match (means("choice-next"), means("choice-previous")) {
            (true, _) => view.page.saturating_add(1),
            (_, true) => view.page.saturating_sub(1),
            _ => return Ok(false),
        };
        self.show_history(view.clone(), page, false).await?;
        Ok(true)
    }

    /// Opens one of the person's own dishes.
    pub(super) async fn show_dish(&self, number: u32, servings: Servings, replaces: bool) -> Result<(), StoreError> {
        let now = self.bot.clock.now();
        let Some(saved) = self.bot.store.dish(self.person.id, number).await? else {
            self.line(Phrase::new("dish-not-found")).await;
            return Ok(());
        };
        let picture = picture_of(&self.bot.store, &self.bot.photos, &saved, now).await;
        let served = Served { saved, picture, servings, avoided: &self.person.avoided, tickets: None };
        let placing = if replaces { Placing::PressedMenu } else { Placing::New };
        self.say(served.reply(self.locale, self.bot.rules.quota, now).placed(placing).only_them()).await;
        Ok(())
    }

    /// Makes a dish a favourite, or no longer.
    pub(super) async fn favourite(&self, number: u32, on: bool) -> Result<(), StoreError> {
        if !self.bot.store.set_favourite(self.person.id, number, on).await? {
            self.line(Phrase::new("dish-not-found")).await;
            return Ok(());
        }
        let name = self.bot.store.dish(self.person.id, number).await?.map(|saved| saved.dish.names);
        let name = name.map(|names| names.get(self.locale).to_owned()).unwrap_or_default();
        let phrase = Phrase::new(if on { "favourite-set" } else { "favourite-unset" }).text("dish", name);
        let back = choice(MenuId(0), Action::Favourite(number, !on));
        let reply = Reply::line(self.locale, phrase).with_choices(vec![back, choice(MenuId(0), Action::History)]);
        self.say(reply.only_them()).await;
        Ok(())
    }
}

fn choices(menu: MenuId, entries: &[HistoryEntry], page: u32, pages: u32) -> Vec<Choice> {
    let labelled = |key, page| Choice { label: Phrase::new(key), ..choice(menu, Action::Page(page)) };
    let open = entries.iter().map(|entry| {
        let key = if entry.favourite { "choice-open-favourite" } else { "choice-open" };
        Choice {
            label: Phrase::new(key).number("number", entry.number).text("name", entry.name.as_str()),
            about: Some(
                Phrase::new("history-entry-about")
                    .day("at", entry.served_at)
                    .text("ingredients", entry.ingredients.join(", ")),
            ),
            ..choice(menu, Action::Open(entry.number))
        }
    });
    let previous = (page > 1).then(|| labelled("choice-previous", page - 1));
    let next = (page < pages).then(|| labelled("choice-next", page + 1));
    open.chain(previous).chain(next).collect()
}
