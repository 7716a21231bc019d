//! Inline mode: one's own dishes, offered in any chat while one types (`answerInlineQuery`).

use std::sync::Arc;

use teloxide::{
    payloads::AnswerInlineQuerySetters,
    prelude::Requester,
    types::{
        FileId, InlineQuery, InlineQueryResult, InlineQueryResultArticle, InlineQueryResultCachedPhoto,
        InlineQueryResultsButton, InlineQueryResultsButtonKind, InputMessageContent, InputMessageContentText,
        ParseMode,
    },
};

use super::{
    Door, inbound,
    render::{Setting, dish_in_short, rendered},
    send::{Trouble, trouble_of},
    text::{MOST_CAPTION, MOST_TEXT, Text},
};
use crate::{
    bot::Asked,
    chat::{Facts, Platform, Reply},
    i18n,
};

/// Dishes at a time; at most 50 may be offered.
const AT_A_TIME: u32 = 20;

/// For how long Telegram may offer the same again, in seconds; a new dish is to be there soon.
const CACHED: u32 = 5;

impl Door {
    /// Offers what fits to what was typed. It is for this person alone.
    pub(super) async fn offer(self: &Arc<Self>, query: InlineQuery) {
        let page = query.offset.parse::<u32>().unwrap_or(1).max(1);
        let user = inbound::user(&query.from);
        let asked = Asked { typed: &query.query, favourites: false, page, per_page: AT_A_TIME };
        let offered = match self.core.offer(Platform::Telegram, &user, asked).await {
            Ok(offered) => offered,
            Err(error) => {
                tracing::error!(%error, "dishes were not looked for");
                return;
            }
        };
        let mut results = Vec::new();
        for (reply, picture) in &offered.dishes {
            let photo = match picture {
                Some(picture) => self.uploaded(picture).await,
                None => None,
            };
            results.extend(self.result(reply, photo));
        }
        let label = if results.is_empty() && page == 1 { "inline-none" } else { "inline-more" };
        let button = InlineQueryResultsButton {
            text: i18n::word(offered.locale, label),
            kind: InlineQueryResultsButtonKind::StartParameter("inline".to_owned()),
        };
        let next = if offered.more { (page + 1).to_string() } else { String::new() };
        let answer = self.bot.answer_inline_query(query.id, results);
        let answer = answer.is_personal(true).cache_time(CACHED).next_offset(next).button(button);
        match answer.await.map_err(|error| trouble_of(&error)) {
            Ok(_) | Err(Trouble::Late) => {}
            Err(trouble) => tracing::warn!(reason = trouble.reason(), "dishes were not offered"),
        }
    }

    /// A dish to send: its photo where Telegram has it, else its text.
    fn result(&self, reply: &Reply, photo: Option<String>) -> Option<InlineQueryResult> {
        let Facts::Dish(served) = &reply.facts else { return None };
        let id = format!("dish-{}", served.number.unwrap_or_default());
        let setting = Setting { username: self.username(), in_group: true, under_picture: false };
        let parts = rendered(&reply.clone().with_picture(None).as_others_read(), setting).parts;
        let whole = Text::joined(parts, "\n\n");
        let name = served.dish.name().to_owned();
        let about = served.dish.introduction.clone();
        let short = || dish_in_short(reply.locale, served);
        Some(if let Some(file) = photo {
            let caption = if whole.units() <= MOST_CAPTION { whole } else { short() };
            let photo = InlineQueryResultCachedPhoto::new(id, FileId(file)).title(name).description(about);
            photo.caption(caption.html()).parse_mode(ParseMode::Html).into()
        } else {
            let text = if whole.units() <= MOST_TEXT { whole } else { short() };
            let content = InputMessageContentText::new(text.html()).parse_mode(ParseMode::Html);
            InlineQueryResultArticle::new(id, name, InputMessageContent::Text(content)).description(about).into()
        })
    }
}
