//! Who is not served: whoever is banned, and everyone while the house is closed.

use crate::{
    bot::Bot,
    chat::{Action, Command, Event, Incoming, Phrase, Token},
    store::Guest,
};

/// What may be done whatever is refused: seeing to what is kept of oneself, and hearing no more news. While the house is closed, an order may be
/// stopped as well.
fn is_open(event: &Event, closed: bool) -> bool {
    fn is_free(command: &Command, closed: bool) -> bool {
        match command {
            Command::Privacy | Command::Export | Command::Forget | Command::News => true,
            Command::Cancel => closed,
            // A link led here from where others read.
            Command::Start { payload } => Command::from_link(payload).is_some_and(|one| is_free(&one, closed)),
            _ => false,
        }
    }
    let command = |one: &Command| is_free(one, closed);
    match event {
        Event::Command(one) => command(one),
        Event::Text(text) => Command::parse(text).or_else(|| Command::from_word(text)).is_some_and(|one| command(&one)),
        Event::Press(token) => Token::decode(token).is_some_and(|token| match token.action {
            Action::Export | Action::AskToForget | Action::Forget | Action::Keep | Action::News(_) => true,
            Action::Stop(_) => closed,
            _ => false,
        }),
        Event::Form { .. } | Event::Other => false,
    }
}

impl Bot {
    /// Why an event is not handled, if it is not.
    pub(in crate::bot) fn refusal(&self, guest: &Guest, incoming: &Incoming) -> Option<Phrase> {
        if self.is_admin(incoming) {
            return None;
        }
        if let Some(ban) = guest.ban.as_ref().filter(|_| !is_open(&incoming.event, false)) {
            // Why is nobody else's business.
            if incoming.others_read {
                return Some(Phrase::new("banned-here"));
            }
            return Some(match ban.until {
                Some(until) => Phrase::new("banned-until")
                    .text("reason", &ban.reason)
                    .moment("back", self.rules.quota.moment(until, self.clock.now())),
                None => Phrase::new("banned").text("reason", &ban.reason),
            });
        }
        let closed = guest.closed.as_ref().filter(|_| !is_open(&incoming.event, true))?;
        Some(if closed.is_empty() { Phrase::new("house-closed") } else { super::as_it_is(closed) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{chat::MenuId, order::OrderId};

    #[test]
    fn whoever_is_refused_can_still_see_to_what_is_kept_of_them() {
        let press = |action| Event::Press(Token { menu: MenuId(1), action }.encode());
        for event in [
            Event::Command(Command::Export),
            Event::Text("/forget".to_owned()),
            Event::Text("/start export".to_owned()),
            Event::Text("개인정보".to_owned()),
            press(Action::Forget),
        ] {
            assert!(is_open(&event, true) && is_open(&event, false), "{event:?}");
        }
        for event in [Event::Command(Command::Cancel), press(Action::Stop(OrderId(1)))] {
            assert!(is_open(&event, true) && !is_open(&event, false), "{event:?}");
        }
        for event in
            [Event::Text("비빔밥".to_owned()), press(Action::Confirm), Event::Other, Event::Press("x".to_owned())]
        {
            assert!(!is_open(&event, true) && !is_open(&event, false), "{event:?}");
        }
    }
}
