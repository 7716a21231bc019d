//! Replies on their way: made into messages, and put where they belong.

use std::{sync::Arc, time::Duration};

use serde::Serialize;
use serenity::all::{
    AttachmentId, ChannelId, CreateActionRow, CreateAllowedMentions, CreateAttachment, Message, MessageFlags, MessageId,
};
use tokio::{task::spawn_blocking, time::sleep};

use super::{
    Door,
    components::{Setting, rows},
    render::{Rendered, rendered},
    send::{Again, Trouble, send},
    spot::{Reach, Spot, There},
    text::{Embed, MOST_TITLE, Page, begin, plain},
};
use crate::chat::{Facts, Phrase, Picture, Reply};

/// The colour of a box: the brown of a wooden table.
const COLOUR: u32 = 0x00c4_7a3d;

/// Pauses for Discord to read the answer of the endpoint, after which its place is open.
const EARLY: [Duration; 4] =
    [Duration::from_millis(50), Duration::from_millis(150), Duration::from_millis(400), Duration::from_millis(1000)];

/// A message as Discord takes it, whether it is new or changes one.
#[derive(Debug, Serialize)]
struct Body {
    content: String,
    embeds: Vec<Boxed>,
    components: Vec<CreateActionRow>,
    allowed_mentions: CreateAllowedMentions,
    /// What the message has from now on; without it everything stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    attachments: Option<Vec<Listed>>,
    #[serde(skip_serializing_if = "MessageFlags::is_empty")]
    flags: MessageFlags,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enforce_nonce: Option<bool>,
}

/// A box (`RichEmbed`).
#[derive(Debug, Serialize)]
struct Boxed {
    #[serde(skip_serializing_if = "String::is_empty")]
    title: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    description: String,
    color: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<Image>,
}

#[derive(Debug, Serialize)]
struct Image {
    url: String,
}

/// A file of a message: one that is sent along by its number, or one that is there by its ID.
#[derive(Debug, Clone, Serialize)]
struct Listed {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    filename: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

/// A file that a message has already.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) id: AttachmentId,
    pub(super) name: String,
}

impl Known {
    pub(super) fn of(message: &Message) -> Vec<Self> {
        message.attachments.iter().map(|one| Self { id: one.id, name: one.filename.clone() }).collect()
    }
}

/// A message that was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Said {
    /// Its number.
    pub(super) id: u64,
    /// Whether the person alone sees it.
    pub(super) alone: bool,
}

/// By which way a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// It changes what the spot names.
    Change,
    /// A later answer to the interaction, which the person alone sees or everyone.
    FollowUp { alone: bool },
    /// A message of the bot's own in a channel; the same number is not said twice.
    Channel { channel: u64, nonce: Option<u64> },
}

/// A reply made into messages.
pub(super) struct Made {
    reply: Reply,
    rendered: Rendered,
    setting: Setting,
}

impl Made {
    pub(super) fn of(reply: &Reply, spot: &Spot, public: bool) -> Self {
        let anyone = matches!(&reply.facts, Facts::Dish(served) if served.number.is_none());
        let setting = Setting { anyone, ..Setting::at(spot, public) };
        let reply = if public { reply.clone().as_others_read() } else { reply.clone() };
        Self { rendered: rendered(&reply), reply, setting }
    }

    /// Messages that follow the first; a dish of one's own is paged instead.
    fn following(&self) -> std::ops::Range<usize> {
        let is_paged = matches!(&self.reply.facts, Facts::Dish(served) if served.number.is_some());
        if is_paged { 1..1 } else { 1..self.rendered.pages.len().max(1) }
    }

    /// The page that was asked for, as far as there is one.
    fn page(&self, wanted: usize) -> usize {
        wanted.min(self.rendered.pages.len().saturating_sub(1))
    }

    fn rows(&self, page: usize) -> Vec<CreateActionRow> {
        // The buttons stand under the last of several messages.
        if self.following().is_empty() || page + 1 == self.following().end {
            rows(&self.reply, page, self.rendered.pages.len(), self.setting)
        } else {
            Vec::new()
        }
    }

    fn body(&self, page: usize, picture: Option<&str>) -> Body {
        let boxes: &Page = &Page::new();
        let boxes = self.rendered.pages.get(page).unwrap_or(boxes);
        let mut embeds: Vec<Boxed> = boxes.iter().map(boxed).collect();
        if let Some(name) = picture {
            if embeds.is_empty() {
                embeds.push(boxed(&Embed::default()));
            }
            embeds[0].image = Some(Image { url: format!("attachment://{name}") });
        }
        Body {
            content: if page == 0 { self.rendered.content.clone() } else { String::new() },
            embeds,
            components: self.rows(page),
            allowed_mentions: CreateAllowedMentions::new(),
            attachments: None,
            flags: MessageFlags::empty(),
            nonce: None,
            enforce_nonce: None,
        }
    }
}

fn boxed(Embed { title, description }: &Embed) -> Boxed {
    Boxed { title: plain(title), description: description.clone(), color: COLOUR, image: None }
}

/// What the picture is called there.
fn name_of(picture: &Picture) -> String {
    format!("{}.jpg", picture.hash)
}

impl Door {
    /// Puts a reply there. Where the picture is refused it goes without, where all of it is refused that is said. Gives the
    /// number of the first message.
    pub(super) async fn deliver(
        self: &Arc<Self>,
        spot: &Spot,
        way: Way,
        reply: &Reply,
        known: &[Known],
        page: usize,
    ) -> Result<Said, Trouble> {
        let public = match way {
            Way::FollowUp { alone } => !alone && spot.is_public(),
            _ => spot.is_public(),
        };
        let made = Made::of(reply, spot, public);
        let page = made.page(page);
        let mut delivered = self.put(spot, way, &made, page, known).await;
        if matches!(delivered, Err(Trouble::File | Trouble::Refused(_))) && made.rendered.picture.is_some() {
            tracing::warn!("a picture was refused");
            let made = Made::of(&reply.clone().with_picture(None), spot, public);
            delivered = self.put(spot, way, &made, page, known).await;
        }
        if let Err(trouble @ (Trouble::File | Trouble::Refused(_))) = &delivered {
            tracing::error!(reason = trouble.reason(), "Discord does not take an answer");
            let plain = Reply::line(reply.locale, not_taken(&reply.facts));
            return self.put(spot, way, &Made::of(&plain, spot, public), 0, &[]).await;
        }
        let first = delivered?;
        for page in made.following() {
            let alone = spot.reach == Reach::Private;
            let way = match way {
                Way::Channel { channel, .. } => Way::Channel { channel, nonce: None },
                _ => Way::FollowUp { alone },
            };
            if let Err(trouble) = self.put(spot, way, &made, page, &[]).await {
                // Saying all of it again would say the first twice.
                tracing::warn!(reason = trouble.reason(), page, "a message of several was not delivered");
                break;
            }
        }
        Ok(first)
    }

    /// Changes a message into a reply, and does nothing else where that cannot be.
    pub(super) async fn change_alone(&self, spot: &Spot, reply: &Reply) -> Result<Said, Trouble> {
        self.put(spot, Way::Change, &Made::of(reply, spot, spot.is_public()), 0, &[]).await
    }

    /// One message of a reply.
    async fn put(&self, spot: &Spot, way: Way, made: &Made, page: usize, known: &[Known]) -> Result<Said, Trouble> {
        let picture = made.rendered.picture.as_ref().filter(|_| page == 0);
        let file = made.rendered.file.as_ref().filter(|_| page == 0);
        let name = picture.map(name_of);
        let mut body = made.body(page, name.as_deref());
        let there = known.iter().find(|known| Some(&known.name) == name.as_ref());
        let sent = match (picture.zip(name), there, file) {
            (_, Some(known), _) => {
                body.attachments = Some(vec![Listed { id: known.id.to_string(), filename: None, description: None }]);
                None
            }
            (Some((picture, name)), None, _) => {
                let path = picture.file.clone();
                let Ok(Ok(bytes)) = spawn_blocking(move || std::fs::read(path)).await else {
                    return Err(Trouble::File);
                };
                let description = match &made.reply.facts {
                    Facts::Dish(served) => Some(begin(served.dish.name(), MOST_TITLE)),
                    _ => None,
                };
                let filename = Some(name.clone());
                body.attachments = Some(vec![Listed { id: "0".to_owned(), filename, description }]);
                Some(CreateAttachment::bytes(bytes, name))
            }
            (None, None, Some(file)) => {
                let filename = Some(file.name.clone());
                body.attachments = Some(vec![Listed { id: "0".to_owned(), filename, description: None }]);
                Some(CreateAttachment::bytes(file.text.clone().into_bytes(), file.name.clone()))
            }
            // A message that had a picture has none any more.
            (None, None, None) => {
                body.attachments = (way == Way::Change).then(Vec::new);
                None
            }
        };
        match way {
            Way::FollowUp { alone: true } => body.flags = MessageFlags::EPHEMERAL,
            Way::Channel { nonce: Some(nonce), .. } => {
                (body.nonce, body.enforce_nonce) = (Some(format!("order-{nonce}")), Some(true));
            }
            _ => {}
        }
        let message = self.soon(spot.interaction, || self.send_by(spot, way, &body, sent.as_ref())).await?;
        let alone = message.flags.is_some_and(|flags| flags.contains(MessageFlags::EPHEMERAL));
        Ok(Said { id: message.id.get(), alone })
    }

    /// Makes a call that an interaction's token opens; again where Discord has not read yet what the endpoint answered.
    async fn soon<T, F: Future<Output = Result<T, Trouble>> + Send>(
        &self,
        interaction: u64,
        call: impl Fn() -> F,
    ) -> Result<T, Trouble> {
        let mut pauses = EARLY.iter();
        loop {
            match (call().await, pauses.next()) {
                (Err(Trouble::Expired | Trouble::Missing), Some(pause)) if self.is_early(interaction) => {
                    sleep(*pause).await;
                }
                (said, _) => return said,
            }
        }
    }

    async fn send_by(
        &self,
        spot: &Spot,
        way: Way,
        body: &Body,
        file: Option<&CreateAttachment>,
    ) -> Result<Message, Trouble> {
        let (http, replies, guard) = (&self.http, &self.replies, &self.guard);
        let files = || file.into_iter().cloned().collect::<Vec<_>>();
        match way {
            Way::Change => {
                let token = self.token_of(spot.interaction).await?;
                match spot.there {
                    There::Later(message) => {
                        let message = MessageId::new(message.max(1));
                        let edit = || replies.edit_followup_message(&token, message, body, files());
                        send(guard, Again::Same, edit).await
                    }
                    There::Original | There::Nothing => {
                        let edit = || replies.edit_original_interaction_response(&token, body, files());
                        send(guard, Again::Same, edit).await
                    }
                }
            }
            Way::FollowUp { .. } => {
                let token = self.token_of(spot.interaction).await?;
                let follow_up = || replies.create_followup_message(&token, body, files());
                send(guard, Again::Twice, follow_up).await
            }
            Way::Channel { channel, nonce } => {
                let channel = ChannelId::new(channel.max(1));
                let again = if nonce.is_some() { Again::Same } else { Again::Twice };
                send(guard, again, || http.send_message(channel, files(), body)).await
            }
        }
    }

    /// Exchanges what can be pressed under a message, and nothing else.
    pub(super) async fn exchange_components(&self, spot: &Spot, rows: &serde_json::Value) -> Result<(), Trouble> {
        #[derive(Serialize)]
        struct Components<'a> {
            components: &'a serde_json::Value,
            allowed_mentions: CreateAllowedMentions,
        }
        let token = self.token_of(spot.interaction).await?;
        let body = Components { components: rows, allowed_mentions: CreateAllowedMentions::new() };
        let edit = || self.replies.edit_original_interaction_response(&token, &body, Vec::new());
        self.soon(spot.interaction, || send(&self.guard, Again::Same, edit)).await.map(drop)
    }

    /// Takes back that an answer is being thought about.
    pub(super) async fn delete_original(&self, interaction: u64) -> Result<(), Trouble> {
        let token = self.token_of(interaction).await?;
        let delete = || self.replies.delete_original_interaction_response(&token);
        self.soon(interaction, || send(&self.guard, Again::Same, delete)).await
    }
}

/// What is said in place of something that Discord does not take.
fn not_taken(facts: &Facts) -> Phrase {
    match facts {
        Facts::Dish(served) if served.number.is_some() => {
            Phrase::new("dish-not-taken").number("number", served.number.unwrap_or_default())
        }
        _ => Phrase::new("not-taken"),
    }
}
