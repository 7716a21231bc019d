//! The floor: what teloxide takes to make the same calls as Bapsang, with nothing behind them: no database, no tickets, no
//! words that are chosen, no limits, no picture that is looked at.

use std::{fmt::Write as _, time::Duration};

use teloxide::{
    net::default_reqwest_settings,
    payloads::{EditMessageMediaSetters, EditMessageTextSetters, SendMessageSetters},
    prelude::*,
    types::{
        InlineKeyboardButton, InlineKeyboardMarkup, InputFile, InputMedia, InputMediaPhoto, LinkPreviewOptions,
        MaybeInaccessibleMessage, ParseMode,
    },
};

/// Where everything is.
#[derive(Clone)]
struct Ways {
    client: reqwest::Client,
    model: String,
    photos: String,
}

const LINES: [(&str, &str); 9] = [
    ("메인요리", "한 끼의 중심이 되는 든든한 요리"),
    ("밑반찬", "밥상에 곁들이는 반찬"),
    ("간식", "출출할 때 가볍게"),
    ("간단요리", "20분 안에 뚝딱"),
    ("초대요리", "손님상에 올려도 좋은 요리"),
    ("향토음식", "고장의 맛이 담긴 음식"),
    ("겨울음식", "추운 날 속을 데워 주는 음식"),
    ("여름음식", "더운 날 입맛을 살려 주는 음식"),
    ("상관없음", "무엇이든 좋아요"),
];

fn button(label: &str, does: &str) -> InlineKeyboardButton {
    InlineKeyboardButton::callback(label, format!("1000001~9f86d081884c7d65.{does}"))
}

/// A question as long as Bapsang's second one.
fn question(number: u32) -> (String, InlineKeyboardMarkup) {
    let mut text = format!("<b>{number}/6 테마</b>\n어떤 테마로 골라 볼까요?\n");
    for (label, line) in LINES {
        let _ = write!(text, "\n· <b>{label}</b>  {line}");
    }
    let mut rows: Vec<Vec<InlineKeyboardButton>> = LINES
        .chunks(3)
        .map(|row| row.iter().map(|(label, _)| button(label, &format!("q.{}", number + 1))).collect())
        .collect();
    if number == 1 {
        rows.insert(0, vec![button("초급", "q.2")]);
    }
    rows.push(vec![button("뒤로", "q.1"), button("건너뛰기", "q.2")]);
    rows.push(vec![button("알아서 골라 줘", "summary"), button("취소", "q.1")]);
    (text, InlineKeyboardMarkup::new(rows))
}

fn summary() -> (String, InlineKeyboardMarkup) {
    let text = "이대로 주문할까요?\n요리 난이도: 상관없음\n테마: 상관없음\n음식 분류: 상관없음\n메인 재료: 상관없음\n요리 방법: \
                상관없음\n맞춤 추천: 없음\n\n바꾸고 싶은 항목이 있으면 골라 주세요. 추천을 받으면 식권 한 장을 써요.";
    let rows = [
        vec![button("추천 받기", "confirm")],
        vec![button("요리 난이도", "q.1"), button("테마", "q.1")],
        vec![button("음식 분류", "q.1"), button("메인 재료", "q.1"), button("요리 방법", "q.1")],
        vec![button("맞춤 추천", "q.1"), button("뒤로", "q.1"), button("취소", "q.1")],
    ];
    (text.to_owned(), InlineKeyboardMarkup::new(rows))
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

async fn said(bot: Bot, message: Message) -> ResponseResult<()> {
    let (text, keyboard) = question(1);
    bot.send_message(message.chat.id, text).parse_mode(ParseMode::Html).reply_markup(keyboard).await?;
    Ok(())
}

async fn pressed(bot: Bot, query: CallbackQuery, ways: Ways) -> ResponseResult<()> {
    let Some(MaybeInaccessibleMessage::Regular(message)) = query.message else { return Ok(()) };
    let data = query.data.unwrap_or_default();
    let does = data.rsplit_once("65.").map(|(_, does)| does).unwrap_or_default();
    let (chat, id) = (message.chat.id, message.id);
    let answer = bot.answer_callback_query(query.id);
    let (text, keyboard) = match does {
        "summary" => summary(),
        "again" => {
            let (text, keyboard) = summary();
            let send = bot.send_message(chat, text).parse_mode(ParseMode::Html).reply_markup(keyboard);
            tokio::try_join!(answer.into_future(), send.into_future())?;
            return Ok(());
        }
        "confirm" => {
            let rows = [vec![button("주문 멈추기", "stop")]];
            ("주문을 받았어요. 곧 요리를 시작해요.".to_owned(), InlineKeyboardMarkup::new(rows))
        }
        _ => question(does.rsplit('.').next().and_then(|number| number.parse().ok()).unwrap_or(1)),
    };
    let edit = bot.edit_message_text(chat, id, text).parse_mode(ParseMode::Html);
    let edit = edit.link_preview_options(no_preview()).reply_markup(keyboard);
    tokio::try_join!(answer.into_future(), edit.into_future())?;
    if does == "confirm" {
        tokio::spawn(cook(bot, chat, id, ways));
    }
    Ok(())
}

/// The dish: the model's whole answer, the list of pictures, the first of them, and one upload.
async fn cook(bot: Bot, chat: ChatId, id: teloxide::types::MessageId, ways: Ways) {
    let asked = ways.client.post(format!("{}/chat/completions", ways.model));
    let body = r#"{"model":"bench","messages":[{"role":"user","content":"dish"}],"stream":true}"#;
    let cooked = async {
        let said = asked.header("content-type", "application/json").body(body).send().await.ok()?.bytes().await.ok()?;
        let list = ways.client.get(format!("{}dish", ways.photos)).send().await.ok()?.bytes().await.ok()?;
        let list: serde_json::Value = serde_json::from_slice(&list).ok()?;
        let picture = list["items"][0]["image"].as_str()?.to_owned();
        let picture = ways.client.get(picture).send().await.ok()?.bytes().await.ok()?;
        Some((said.len(), picture))
    };
    let Some((length, picture)) = cooked.await else { return };
    let steps = "냄비에 물을 붓고 국간장과 다진 마늘을 넣어 끓여요.\n".repeat(6);
    let caption = format!("<b>두부 전골</b>\n{length}\n\n<b>만드는 법</b>\n{steps}");
    let media = InputMediaPhoto::new(InputFile::memory(picture).file_name("dish.jpg"));
    let media = InputMedia::Photo(media.caption(caption).parse_mode(ParseMode::Html));
    let rows = [vec![button("다시하기", "again")], vec![button("내 기록", "q.1")]];
    let _ = bot.edit_message_media(chat, id, media).reply_markup(InlineKeyboardMarkup::new(rows)).await;
}

pub(crate) async fn run(of: impl Fn(&str) -> String) {
    // The patience of a long poll.
    let client = default_reqwest_settings().timeout(Duration::from_secs(30)).build().expect("a client");
    let bot =
        Bot::with_client(of("TELEGRAM_BOT_TOKEN"), client).set_api_url(of("TELEGRAM_API_URL").parse().expect("a URL"));
    let ways = Ways { client: reqwest::Client::new(), model: of("MODEL_URL"), photos: of("PHOTO_URL") };
    let handler = dptree::entry()
        .branch(Update::filter_message().endpoint(said))
        .branch(Update::filter_callback_query().endpoint(pressed));
    Dispatcher::builder(bot, handler).dependencies(dptree::deps![ways]).build().dispatch().await;
}
