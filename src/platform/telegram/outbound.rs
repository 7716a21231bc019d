//! Replies as messages: sent, or put in the place of one that is there.

use std::sync::Arc;

use teloxide::{
    RequestError,
    payloads::{
        EditMessageCaptionSetters, EditMessageMediaSetters, EditMessageReplyMarkupSetters, EditMessageTextSetters,
        SendDocumentSetters, SendMessageSetters, SendPhotoSetters,
    },
    prelude::{Request, Requester},
    requests::Output,
    types::{
        ChatId, FileId, InlineKeyboardButton, InlineKeyboardMarkup, InputFile, InputMedia, InputMediaPhoto,
        LinkPreviewOptions, Message, MessageId, ParseMode, ReplyMarkup, ReplyParameters,
    },
};

use super::{
    Door,
    keyboard::keyboard,
    limiter::{InLine, NoRoom, Urgency},
    render::{Rendered, Setting, rendered, rendered_over_card},
    send::{Trouble, send},
    spot::Spot,
    text::Text,
};
use crate::{
    chat::{Attachment, Facts, Phrase, Picture, Reply},
    order::OrderId,
};

/// A message that is there already, and what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum There {
    /// A text.
    Text(i32),
    /// The ingredients and steps of a dish, whose name and introduction stand under the picture above.
    Words(i32),
    /// A picture with its caption.
    Picture(i32),
}

impl There {
    pub(super) fn id(self) -> MessageId {
        match self {
            Self::Text(id) | Self::Words(id) | Self::Picture(id) => MessageId(id),
        }
    }
}

/// One reply on its way.
struct Delivery<'a> {
    door: &'a Arc<Door>,
    spot: Spot,
    urgency: Urgency,
    /// Later parts are noted for it.
    order: Option<OrderId>,
    /// Nothing is sent where nothing can be changed.
    only_there: bool,
}

impl Door {
    /// Puts the reply where `there` is, else sends it. Gives where its first message is.
    pub(super) async fn deliver(
        self: &Arc<Self>,
        line: InLine,
        spot: Spot,
        reply: &Reply,
        there: Option<There>,
        order: Option<OrderId>,
    ) -> Result<Spot, Trouble> {
        let urgency = line.urgency;
        line.in_turn(async {
            let (mut spot, mut there, mut plain) = (spot, there, None);
            for _ in 0..4 {
                let delivery = Delivery { door: self, spot, urgency, order, only_there: false };
                match delivery.deliver(plain.as_ref().unwrap_or(reply), there).await {
                    // The group went on as another chat, where none of its messages is.
                    Err(Trouble::Moved(chat)) => {
                        spot = Spot { chat, thread: None, reply_to: None, message: None, ..spot };
                        there = None;
                    }
                    Err(Trouble::Topic) => spot = Spot { thread: None, ..spot },
                    // Whoever waits for it hears at least so much.
                    Err(Trouble::Refused(reason)) if urgency == Urgency::Answer && plain.is_none() => {
                        tracing::error!(reason, "Telegram does not take an answer");
                        plain = Some(Reply::line(reply.locale, not_taken(&reply.facts)));
                        (spot, there) = (Spot { said: 0, ..spot }, None);
                    }
                    Err(Trouble::Gone) => {
                        self.shut_out(spot.chat);
                        return Err(Trouble::Gone);
                    }
                    done => return done,
                }
            }
            Err(Trouble::Later)
        })
        .await
    }

    /// Nothing reaches a chat any more: what is open there ends. Telegram does not always say so on its own.
    fn shut_out(self: &Arc<Self>, chat: ChatId) {
        let door = Arc::clone(self);
        self.tasks.spawn(async move { door.leave(chat).await });
    }

    /// Exchanges the picture of a dish that stands there, with its caption; nothing is sent in its place.
    pub(super) async fn exchange(
        self: &Arc<Self>,
        line: InLine,
        spot: Spot,
        reply: &Reply,
        message: i32,
    ) -> Result<(), Trouble> {
        let urgency = line.urgency;
        line.in_turn(async {
            let delivery = Delivery { door: self, spot, urgency, order: None, only_there: true };
            let setting = Setting { username: self.username(), in_group: spot.is_group(), under_picture: false };
            let reply = &delivery.spot.shown(reply);
            let Some(made) = rendered_over_card(reply, setting) else { return Ok(()) };
            let (Some(picture), Some(caption)) = (&made.picture, made.parts.first()) else { return Ok(()) };
            // The buttons stand under the last part.
            let keyboard =
                if made.parts.len() == 1 { delivery.keyboard(reply, &made) } else { InlineKeyboardMarkup::default() };
            delivery.picture(caption, picture, &keyboard, Some(There::Picture(message))).await.map(drop)
        })
        .await
    }

    /// Exchanges the keyboard under a message.
    pub(super) async fn exchange_keyboard(
        self: &Arc<Self>,
        spot: Spot,
        message: MessageId,
        keyboard: InlineKeyboardMarkup,
    ) -> Result<(), Trouble> {
        let edit = self.bot.edit_message_reply_markup(spot.chat, message).reply_markup(keyboard);
        let sending = send(&self.limiter, spot.chat, Urgency::Answer, edit);
        let line =
            self.limiter.line_up(spot.chat, spot.owner, Urgency::Answer).await.map_err(|NoRoom| Trouble::Later)?;
        match line.in_turn(sending).await {
            Ok(_) | Err(Trouble::Same | Trouble::Missing) => Ok(()),
            Err(trouble) => Err(trouble),
        }
    }
}

impl Delivery<'_> {
    async fn deliver(mut self, reply: &Reply, there: Option<There>) -> Result<Spot, Trouble> {
        let reply = &self.spot.shown(reply);
        let under_picture = matches!(there, Some(There::Words(_)));
        // A sheet that could not be drawn leaves no other page's sheet above it.
        let there = there.filter(|_| reply.picture.is_some() || !matches!(reply.facts, Facts::History(_)));
        let setting = Setting { username: self.door.username(), in_group: self.spot.is_group(), under_picture };
        let made = rendered(reply, setting);
        let keyboard = self.keyboard(reply, &made);
        let (door, is_dish) = (Arc::clone(self.door), matches!(reply.facts, Facts::Dish(_)));
        // A dish without a picture stays one.
        let words_alone = |spot: &Spot| {
            if let Some(message) = spot.message.filter(|_| is_dish) {
                door.changed.insert((spot.chat, message), ());
            }
        };
        match self.parts(&made, &keyboard, there).await {
            Ok(spot) if made.picture.is_none() => {
                words_alone(&spot);
                Ok(spot)
            }
            // Telegram does not take the picture; the words are what counts.
            Err(Trouble::Picture) if made.picture.is_some() => {
                tracing::warn!("a picture was refused");
                let bare = rendered(&reply.clone().with_picture(None), setting);
                self.spot.said = 0;
                self.parts(&bare, &keyboard, there).await.inspect(words_alone)
            }
            done => done,
        }
    }

    fn keyboard(&self, reply: &Reply, made: &Rendered) -> InlineKeyboardMarkup {
        let mut keyboard = keyboard(reply.locale, self.spot.owner, &reply.choices);
        for (label, link) in &made.links {
            if let Ok(address) = link.parse() {
                keyboard.inline_keyboard.insert(0, vec![InlineKeyboardButton::url(label.clone(), address)]);
            }
        }
        keyboard
    }

    /// Says the parts that were not said yet, one after another.
    async fn parts(
        &mut self,
        made: &Rendered,
        keyboard: &InlineKeyboardMarkup,
        there: Option<There>,
    ) -> Result<Spot, Trouble> {
        let empty = InlineKeyboardMarkup::default();
        let last = made.parts.len().saturating_sub(1);
        for (number, text) in made.parts.iter().enumerate().skip(self.spot.said) {
            let keyboard = if number == last { keyboard } else { &empty };
            let said = match (number, &made.picture, &made.file) {
                (0, Some(picture), _) => self.picture(text, picture, keyboard, there).await,
                (0, None, Some(file)) => self.file(text, file, keyboard).await,
                (0, None, None) => self.text(text, keyboard, there).await,
                _ => self.new_text(text, keyboard).await,
            };
            match said {
                Ok(message) if number == 0 => self.spot.message = message.or(self.spot.message),
                // Said twice without an answer is said.
                Ok(_) | Err(Trouble::Unknown) => {}
                Err(trouble) => return Err(trouble),
            }
            self.spot.said = number + 1;
            if let Some(order) = self.order
                && number < last
            {
                self.door.note(order, self.spot).await;
            }
        }
        Ok(Spot { said: 0, ..self.spot })
    }

    async fn call<R: Request<Err = RequestError>>(&self, request: R) -> Result<Output<R>, Trouble> {
        send(&self.door.limiter, self.spot.chat, self.urgency, request).await
    }

    /// A change of a message: it may be repeated as often as it takes, since it is the same each time.
    async fn change<R: Request<Err = RequestError>>(&self, request: R) -> Result<Output<R>, Trouble> {
        self.call(request).await.map_err(|trouble| match trouble {
            Trouble::Unknown => Trouble::Later,
            known => known,
        })
    }

    /// A text in the place of a message, or as a new one. Gives the number of the message that it became.
    async fn text(
        &self,
        text: &Text,
        keyboard: &InlineKeyboardMarkup,
        there: Option<There>,
    ) -> Result<Option<i32>, Trouble> {
        let (bot, chat) = (&self.door.bot, self.spot.chat);
        let edited = match there {
            Some(There::Text(id) | There::Words(id)) => {
                let id = MessageId(id);
                let edit = bot.edit_message_text(chat, id, text.html()).parse_mode(ParseMode::Html);
                let edit = edit.link_preview_options(no_preview()).reply_markup(keyboard.clone());
                self.change(edit).await.map(drop)
            }
            // A picture stays one; only what stands under it changes, where that has room for it.
            Some(There::Picture(id)) if text.units() <= super::text::MOST_CAPTION => {
                let edit = bot.edit_message_caption(chat, MessageId(id)).caption(text.html());
                let edit = edit.parse_mode(ParseMode::Html).reply_markup(keyboard.clone());
                self.change(edit).await.map(drop)
            }
            _ => Err(Trouble::Missing),
        };
        match edited {
            Ok(()) | Err(Trouble::Same) => Ok(there.map(|there| there.id().0)),
            Err(Trouble::Missing) if self.urgency != Urgency::Progress => self.new_text(text, keyboard).await,
            Err(trouble) => Err(trouble),
        }
    }

    async fn new_text(&self, text: &Text, keyboard: &InlineKeyboardMarkup) -> Result<Option<i32>, Trouble> {
        let mut new = self.door.bot.send_message(self.spot.chat, text.html()).parse_mode(ParseMode::Html);
        new = new.link_preview_options(no_preview());
        new.reply_markup = markup(keyboard);
        new.message_thread_id = self.spot.thread();
        new.reply_parameters = self.answered();
        self.call(new).await.map(|message| Some(message.id.0))
    }

    /// In a group it is seen who is answered.
    fn answered(&self) -> Option<ReplyParameters> {
        let message = self.spot.reply_to.filter(|_| self.spot.is_group())?;
        Some(ReplyParameters::new(MessageId(message)).allow_sending_without_reply())
    }

    async fn picture(
        &self,
        caption: &Text,
        picture: &Picture,
        keyboard: &InlineKeyboardMarkup,
        there: Option<There>,
    ) -> Result<Option<i32>, Trouble> {
        if let Some(file) = self.door.uploaded(&picture.hash).await {
            let known = InputFile::file_id(FileId(file));
            match self.picture_as(caption, known, keyboard, there).await {
                Err(Trouble::Picture) => tracing::info!("a picture is uploaded anew"),
                done => return done.map(|message| message.map(|message| message.id.0)),
            }
        }
        let file = picture.file.clone();
        let bytes = match tokio::task::spawn_blocking(move || std::fs::read(file)).await {
            Ok(Ok(bytes)) => bytes::Bytes::from(bytes),
            _ => return Err(Trouble::Picture),
        };
        let name = format!("{}.jpg", picture.hash);
        let message = self.picture_as(caption, InputFile::memory(bytes).file_name(name), keyboard, there).await?;
        let file = message.as_ref().and_then(Message::photo).and_then(|sizes| sizes.last());
        if let Some(size) = file {
            self.door.remember_upload(&picture.hash, &size.file.id.0).await;
        }
        Ok(message.map(|message| message.id.0))
    }

    /// A message may become a picture; where it cannot be changed, the picture is sent. `None` where it was that picture
    /// already.
    async fn picture_as(
        &self,
        caption: &Text,
        file: InputFile,
        keyboard: &InlineKeyboardMarkup,
        there: Option<There>,
    ) -> Result<Option<Message>, Trouble> {
        let (bot, chat) = (&self.door.bot, self.spot.chat);
        if let Some(there) = there {
            let media = InputMediaPhoto::new(file.clone()).caption(caption.html()).parse_mode(ParseMode::Html);
            let edit = bot.edit_message_media(chat, there.id(), InputMedia::Photo(media));
            match self.change(edit.reply_markup(keyboard.clone())).await {
                Ok(message) => return Ok(Some(message)),
                Err(Trouble::Same) => return Ok(None),
                Err(Trouble::Missing) if !self.only_there => {}
                Err(trouble) => return Err(trouble),
            }
        }
        let mut new = bot.send_photo(chat, file).caption(caption.html()).parse_mode(ParseMode::Html);
        new.reply_markup = markup(keyboard);
        new.message_thread_id = self.spot.thread();
        new.reply_parameters = self.answered();
        self.call(new).await.map(Some)
    }

    async fn file(
        &self,
        caption: &Text,
        file: &Attachment,
        keyboard: &InlineKeyboardMarkup,
    ) -> Result<Option<i32>, Trouble> {
        let bytes = bytes::Bytes::from(file.text.clone().into_bytes());
        let document = InputFile::memory(bytes).file_name(file.name.clone());
        let mut new = self.door.bot.send_document(self.spot.chat, document);
        new = new.caption(caption.html()).parse_mode(ParseMode::Html);
        new.reply_markup = markup(keyboard);
        self.call(new).await.map(|message| Some(message.id.0))
    }
}

/// What is said in place of something that Telegram does not take.
fn not_taken(facts: &Facts) -> Phrase {
    match facts {
        Facts::Dish(served) if served.number.is_some() => {
            Phrase::new("dish-not-taken").number("number", served.number.unwrap_or_default())
        }
        _ => Phrase::new("not-taken"),
    }
}

fn markup(keyboard: &InlineKeyboardMarkup) -> Option<ReplyMarkup> {
    (!keyboard.inline_keyboard.is_empty()).then(|| ReplyMarkup::InlineKeyboard(keyboard.clone()))
}

fn no_preview() -> LinkPreviewOptions {
    LinkPreviewOptions {
        is_disabled: true,
        url: None,
        prefer_small_media: false,
        prefer_large_media: false,
        show_above_text: false,
    }
}
