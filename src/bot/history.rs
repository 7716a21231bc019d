//! The dishes so far: pages, favourites, a keyword, and one dish.

use super::{
    outbox::{Served, picture_of},
    visit::Visit,
};
use crate::{
    chat::{
        Action, Choice, Facts, HistoryEntry, HistoryPage, Keyword, MenuId, Phrase, Placing, Reply, clean, is_one_of,
    },
    dialogue::{Aside, Conversation, HistoryView, choice},
    dish::Servings,
    i18n,
    photo::Tile,
    store::{SavedDish, Search, StoreError},
};

/// The seed's page size.
const DISHES_A_PAGE: u32 = 3;

/// Dishes that did not arrive and are spoken of one by one.
const MOST_MISSED: usize = 3;

impl Visit<'_> {
    /// Shows a page of what `view` looks for, and remembers it, so that its buttons can turn over.
    pub(super) async fn show_history(&self, view: HistoryView, page: u32, placing: Placing) -> Result<(), StoreError> {
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
            self.notice(Phrase::new(if page == 0 { "history-first-page" } else { "history-last-page" })).await;
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
        let choices = choices(menu, &entries, page, pages, search.favourites);
        let favourites = search.favourites;
        let facts = Facts::History(HistoryPage { entries, page, pages, total: found.total, keyword, favourites });
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
            Some(view) if view.menu == menu => self.show_history(view, page, Placing::PressedMenu).await,
            _ => self.old_menu().await,
        }
    }

    /// 다음 and 이전 while a history is open; `false` for any other text.
    pub(super) async fn turn_page(&self, text: &str, conversation: &Conversation) -> Result<bool, StoreError> {
        let means = |key| is_one_of(text, &i18n::spellings(&Phrase::new(key)));
        let Some(view) = &conversation.history else { return Ok(false) };
        let page = match (means("choice-next"), means("choice-previous")) {
            (true, _) => view.page.saturating_add(1),
            (_, true) => view.page.saturating_sub(1),
            _ => return Ok(false),
        };
        self.show_history(view.clone(), page, Placing::New).await?;
        Ok(true)
    }

    /// Asks what to look for.
    pub(super) async fn ask_for_keyword(&self, favourites: bool) -> Result<(), StoreError> {
        self.set_aside(Some(Aside::Searching { favourites })).await?;
        let ask = Phrase::new("ask-keyword").count("most", Keyword::MAX_CHARACTERS);
        let back = vec![choice(MenuId(0), Action::History)];
        self.say(Reply::line(self.locale, ask).with_choices(back).only_them()).await;
        Ok(())
    }

    /// Looks for what was typed.
    pub(super) async fn search_for(&self, text: &str, favourites: bool) -> Result<(), StoreError> {
        self.set_aside(None).await?;
        let view = HistoryView { keyword: clean(text), favourites, ..HistoryView::all() };
        self.show_history(view, 1, Placing::New).await?;
        self.remind().await;
        Ok(())
    }

    /// Opens one of the person's own dishes.
    pub(super) async fn show_dish(&self, number: u32, servings: Servings, placing: Placing) -> Result<(), StoreError> {
        let now = self.bot.clock.now();
        let Some(mut saved) = self.bot.store.dish(self.person.id, number).await? else {
            self.notice(Phrase::new("dish-not-found")).await;
            return Ok(());
        };
        let picture = picture_of(&self.bot.store, &self.bot.photos, &mut saved, now).await;
        let served = Served { saved, picture, servings, avoided: &self.person.avoided, tickets: None, shared_by: None };
        self.say(served.reply(self.locale, self.bot.rules.quota, now).placed(placing).only_them()).await;
        Ok(())
    }

    /// Says which dishes could not be delivered and wait here, once.
    pub(super) async fn speak_of_missed(&self) -> Result<(), StoreError> {
        if self.incoming.others_read {
            return Ok(());
        }
        let missed = self.bot.store.missed(self.person.id).await?;
        let Some(last) = missed.last() else { return Ok(()) };
        for order in missed.iter().rev().take(MOST_MISSED).rev() {
            let saved = match self.bot.store.dish_of(*order).await {
                Ok(Some(saved)) => saved,
                Ok(None) => continue,
                Err(error) => {
                    tracing::error!(%error, order = order.0, "a dish that did not arrive cannot be spoken of");
                    continue;
                }
            };
            let line = Phrase::new("missed-dish").number("number", saved.number);
            let line = line.text("dish", saved.dish.names.get(self.locale));
            let open = vec![choice(MenuId(0), Action::Open(saved.number))];
            let reply = Reply::line(self.locale, line).with_choices(open).only_them();
            if let Err(error) = self.outbox.say(&self.incoming.address, reply).await {
                // It is spoken of the next time.
                tracing::warn!(%error, "an answer was not delivered");
                return Ok(());
            }
        }
        self.bot.store.spoken_of(self.person.id, *last, self.bot.clock.now()).await
    }

    /// Makes a dish a favourite, or no longer.
    pub(super) async fn favourite(&self, number: u32, on: bool) -> Result<(), StoreError> {
        if !self.bot.store.set_favourite(self.person.id, number, on).await? {
            self.notice(Phrase::new("dish-not-found")).await;
            return Ok(());
        }
        let name = self.bot.store.dish(self.person.id, number).await?.map(|saved| saved.dish.names);
        let name = name.map(|names| names.get(self.locale).to_owned()).unwrap_or_default();
        let phrase = Phrase::new(if on { "favourite-set" } else { "favourite-unset" }).text("dish", name);
        let back = choice(MenuId(0), Action::Favourite(number, !on));
        let reply = Reply::line(self.locale, phrase).with_choices(vec![back, choice(MenuId(0), Action::History)]);
        self.say(reply.placed(Placing::PressedChoice).only_them()).await;
        Ok(())
    }
}

fn choices(menu: MenuId, entries: &[HistoryEntry], page: u32, pages: u32, favourites: bool) -> Vec<Choice> {
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
    let search = choice(MenuId(0), Action::Search(favourites));
    open.chain(previous).chain(next).chain([search]).collect()
}
