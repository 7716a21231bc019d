//! The dishes so far: pages, a keyword, and one dish.

use super::{outbox::dish_reply, visit::Visit};
use crate::{
    chat::{Action, Choice, Facts, HistoryEntry, HistoryPage, MenuId, Phrase, Placing, Reply, clean, fold, shorten},
    dialogue::{Conversation, HistoryView, choice},
    i18n,
    store::{Saved, SavedDish, StoreError},
};

/// The seed's page size.
const DISHES_A_PAGE: u32 = 3;

/// More of a keyword than a dish's name has is not looked for.
const KEYWORD_CHARACTERS: usize = 50;

impl Visit<'_> {
    /// Shows a page and remembers it, so that its buttons can turn over.
    pub(super) async fn show_history(&self, keyword: String, page: u32, replaces: bool) -> Result<(), StoreError> {
        let keyword = shorten(&clean(&keyword), KEYWORD_CHARACTERS);
        let found = self.bot.store.history(self.person, &keyword, page, DISHES_A_PAGE).await?;
        if found.total == 0 {
            self.line(match keyword.as_str() {
                "" => Phrase::new("history-empty"),
                keyword => Phrase::new("history-no-result").text("keyword", keyword),
            })
            .await;
            return Ok(());
        }
        let pages = found.total.div_ceil(DISHES_A_PAGE);
        if page == 0 || page > pages {
            self.line(Phrase::new(if page == 0 { "history-first-page" } else { "history-last-page" })).await;
            return Ok(());
        }
        let menu = Self::fresh_menu();
        self.remember(HistoryView { menu, keyword: keyword.clone(), page }).await?;
        let entries: Vec<HistoryEntry> = found.dishes.into_iter().map(|saved| self.entry(saved)).collect();
        let choices = choices(menu, &entries, page, pages);
        let facts = Facts::History(HistoryPage {
            entries,
            page,
            pages,
            total: found.total,
            keyword: Some(keyword).filter(|keyword| !keyword.is_empty()),
        });
        let placing = if replaces { Placing::PressedMenu } else { Placing::New };
        self.say(Reply::new(self.locale, facts).with_choices(choices).placed(placing).only_them()).await;
        Ok(())
    }

    fn entry(&self, saved: SavedDish) -> HistoryEntry {
        HistoryEntry {
            number: saved.number,
            name: saved.dish.names.get(self.locale).to_owned(),
            ingredients: saved.dish.ingredients.into_iter().take(4).map(|line| line.name).collect(),
            served_at: self.bot.rules.quota.local(saved.served_at),
        }
    }

    /// Remembers which page is open. Another event that comes first wins, and this page's buttons are old.
    async fn remember(&self, view: HistoryView) -> Result<(), StoreError> {
        for _ in 0..3 {
            let loaded = self.load().await?;
            if loaded.corrupt {
                // It starts over, with an apology, when the dialogue is next gone on with.
                break;
            }
            let conversation = Conversation { history: Some(view.clone()), ..loaded.conversation };
            let to_save = Self::to_save(&conversation, loaded.revision)?;
            let now = self.bot.clock.now();
            if self.bot.store.save_dialogue(self.person, &self.incoming.place, &to_save, now).await? == Saved::Yes {
                break;
            }
        }
        Ok(())
    }

    pub(super) async fn press_page(&self, menu: MenuId, page: u32) -> Result<(), StoreError> {
        match self.load().await?.conversation.history {
            Some(view) if view.menu == menu => self.show_history(view.keyword, page, true).await,
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
        self.show_history(view.keyword.clone(), page, false).await?;
        Ok(true)
    }

    /// Opens one of the person's own dishes.
    pub(super) async fn show_dish(&self, number: u32) -> Result<(), StoreError> {
        match self.bot.store.dish(self.person, number).await? {
            Some(saved) => self.say(dish_reply(self.locale, saved, self.bot.rules.quota, None).only_them()).await,
            None => self.line(Phrase::new("dish-not-found")).await,
        }
        Ok(())
    }
}

fn choices(menu: MenuId, entries: &[HistoryEntry], page: u32, pages: u32) -> Vec<Choice> {
    let labelled = |key, page| Choice { label: Phrase::new(key), ..choice(menu, Action::Page(page)) };
    let open = entries.iter().map(|entry| Choice {
        label: Phrase::new("choice-open").number("number", entry.number).text("name", entry.name.as_str()),
        about: Some(
            Phrase::new("history-entry-about")
                .local("at", entry.served_at)
                .text("ingredients", entry.ingredients.join(", ")),
        ),
        ..choice(menu, Action::Open(entry.number))
    });
    let previous = (page > 1).then(|| labelled("choice-previous", page - 1));
    let next = (page < pages).then(|| labelled("choice-next", page + 1));
    open.chain(previous).chain(next).collect()
}
