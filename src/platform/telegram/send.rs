//! One call to Telegram: within the limits, tried again where that is safe, and its failure understood.

use std::time::Duration;

use teloxide::{ApiError, RequestError, prelude::Request, requests::Output, types::ChatId};
use tokio::time::sleep;

use super::limiter::{Limiter, NoRoom, Urgency};

/// Why a call came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It may work later.
    Later,
    /// Twice it could not be known whether it worked.
    Unknown,
    /// The chat is out of reach for good.
    Gone,
    /// The group goes on as this supergroup.
    Moved(ChatId),
    /// There is nothing to change: the message says so already.
    Same,
    /// The message cannot be changed: it is gone, too old, or of another kind.
    Missing,
    /// What Telegram called the picture means nothing to it any more, or it cannot show the picture.
    Picture,
    /// The topic was deleted.
    Topic,
    /// The callback or inline query was answered, or is too old.
    Late,
    /// Telegram refused it, for this reason.
    Refused(String),
}

impl Trouble {
    /// What a log line says of it; nothing that was said in the chat.
    pub(super) fn reason(&self) -> &str {
        match self {
            Self::Refused(reason) => reason,
            Self::Later => "it may work later",
            Self::Unknown => "it is not known whether it worked",
            Self::Gone => "the chat is out of reach",
            Self::Moved(_) => "the group moved",
            Self::Same | Self::Missing => "there was nothing to change",
            Self::Picture => "the picture was refused",
            Self::Topic => "the topic is gone",
            Self::Late => "it was too late",
        }
    }
}

/// Pauses before a server that could not be reached is tried again.
const PAUSES: [Duration; 3] = [Duration::from_millis(300), Duration::from_secs(1), Duration::from_secs(3)];

/// Sends `request` when there is room for it, again while Telegram asks to wait, and once more where it is not known whether
/// it worked.
pub(super) async fn send<R: Request<Err = RequestError>>(
    limiter: &Limiter,
    chat: ChatId,
    urgency: Urgency,
    request: R,
) -> Result<Output<R>, Trouble> {
    let (mut unknown, mut unreached) = (false, PAUSES.iter());
    loop {
        limiter.room(chat, urgency).await.map_err(|NoRoom| Trouble::Later)?;
        match request.send_ref().await {
            Ok(done) => {
                count("ok");
                return Ok(done);
            }
            Err(RequestError::RetryAfter(seconds)) => {
                count("limited");
                let pause = seconds.duration();
                tracing::warn!(seconds = pause.as_secs(), "Telegram asks to wait");
                limiter.wait(chat, pause);
                if urgency == Urgency::Progress {
                    return Err(Trouble::Later);
                }
            }
            Err(error) => match counted(outcome(&error)) {
                Outcome::Failed(trouble) => return Err(trouble),
                Outcome::Unreached => match unreached.next() {
                    Some(pause) if urgency == Urgency::Answer => sleep(*pause).await,
                    _ => return Err(Trouble::Later),
                },
                Outcome::Unknown if unknown || urgency != Urgency::Answer => return Err(Trouble::Unknown),
                Outcome::Unknown => unknown = true,
            },
        }
    }
}

fn count(outcome: &'static str) {
    metrics::counter!("bapsang_calls_total", "platform" => "telegram", "outcome" => outcome).increment(1);
}

fn counted(outcome: Outcome) -> Outcome {
    count(match outcome {
        Outcome::Failed(_) => "refused",
        Outcome::Unreached => "unreached",
        Outcome::Unknown => "unknown",
    });
    outcome
}

/// What an error says of the call.
enum Outcome {
    /// It did nothing.
    Failed(Trouble),
    /// It never arrived.
    Unreached,
    /// It may have worked.
    Unknown,
}

fn outcome(error: &RequestError) -> Outcome {
    match error {
        RequestError::Api(error) => Outcome::Failed(trouble(error)),
        RequestError::MigrateToChatId(chat) => Outcome::Failed(Trouble::Moved(*chat)),
        RequestError::Network(error) if error.is_connect() => Outcome::Unreached,
        RequestError::Network(_) | RequestError::InvalidJson { .. } => Outcome::Unknown,
        RequestError::Io(_) => Outcome::Failed(Trouble::Picture),
        RequestError::RetryAfter(_) => Outcome::Failed(Trouble::Later),
    }
}

/// The trouble behind a call without limits, such as the answer to a callback.
pub(super) fn trouble_of(error: &RequestError) -> Trouble {
    match outcome(error) {
        Outcome::Failed(trouble) => trouble,
        Outcome::Unreached => Trouble::Later,
        Outcome::Unknown => Trouble::Unknown,
    }
}

fn trouble(error: &ApiError) -> Trouble {
    match error {
        ApiError::BotBlocked
        | ApiError::BotKicked
        | ApiError::BotKickedFromSupergroup
        | ApiError::BotKickedFromChannel
        | ApiError::ChatNotFound
        | ApiError::UserDeactivated
        | ApiError::CantInitiateConversation
        | ApiError::CantTalkWithBots
        | ApiError::GroupDeactivated
        | ApiError::NotEnoughRightsToPostMessages => Trouble::Gone,
        ApiError::MessageNotModified => Trouble::Same,
        ApiError::MessageIdInvalid | ApiError::MessageToEditNotFound | ApiError::MessageCantBeEdited => {
            Trouble::Missing
        }
        ApiError::WrongFileId
        | ApiError::WrongFileIdOrUrl
        | ApiError::FileIdInvalid
        | ApiError::ImageProcessFailed
        | ApiError::PhotoAsInputFileRequired
        | ApiError::RequestEntityTooLarge => Trouble::Picture,
        ApiError::InvalidQueryId => Trouble::Late,
        ApiError::InvalidToken => Trouble::Later,
        ApiError::Unknown(reason) => unknown(reason),
        known => Trouble::Refused(known.to_string()),
    }
}

/// Reasons that teloxide has no name for, by how they begin. None of them repeats what a message says.
fn unknown(reason: &str) -> Trouble {
    let has = |text: &str| reason.contains(text);
    if has("send photos") || has("SEND_PHOTOS") {
        // The group allows no photos; words it does.
        Trouble::Picture
    } else if reason.starts_with("Forbidden")
        || has("chat not found")
        || has("need administrator rights")
        || has("CHAT_WRITE_FORBIDDEN")
    {
        Trouble::Gone
    } else if has("message is not modified") {
        Trouble::Same
    } else if has("no text in the message to edit")
        || has("no caption in the message to edit")
        || has("message to edit")
    {
        Trouble::Missing
    } else if has("wrong file identifier")
        || has("wrong remote file")
        || has("PHOTO_INVALID")
        || has("IMAGE_PROCESS_FAILED")
    {
        Trouble::Picture
    } else if has("query is too old") || has("QUERY_ID_INVALID") {
        Trouble::Late
    } else if has("message thread not found") || has("TOPIC_") {
        Trouble::Topic
    } else if reason.starts_with("Internal")
        || reason.starts_with("Bad Gateway")
        || has("Timeout")
        || has("Unavailable")
        || reason.starts_with("Too Many")
    {
        Trouble::Later
    } else {
        Trouble::Refused(reason.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_without_a_name_are_understood() {
        for (reason, expected) in [
            ("Forbidden: bot was kicked from the group chat", Trouble::Gone),
            ("Bad Request: there is no text in the message to edit", Trouble::Missing),
            ("Bad Request: wrong file identifier/HTTP URL specified", Trouble::Picture),
            ("Bad Request: message thread not found", Trouble::Topic),
            ("Bad Request: not enough rights to send photos to the chat", Trouble::Picture),
            ("Gateway Timeout", Trouble::Later),
            ("Bad Request: STRANGE", Trouble::Refused("Bad Request: STRANGE".into())),
        ] {
            assert_eq!(unknown(reason), expected);
        }
    }
}
