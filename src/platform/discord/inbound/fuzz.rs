//! Interactions, whatever is in them (see [`crate::fuzzing`]).

use serenity::all::Interaction;

use super::{Data, Door, Event, Handling, Locale, Plan, Spot, Token, commands, components, forms};
use crate::chat::Address;

/// An interaction in JSON; else what a button carries, or where an answer goes.
pub(crate) fn interaction(bytes: &[u8]) {
    match serde_json::from_slice::<Interaction>(bytes) {
        Ok(interaction) => planned(&Door::plan(Locale::Ko, &interaction)),
        Err(_) => kept(&String::from_utf8_lossy(bytes)),
    }
}

fn planned(plan: &Plan) {
    match plan {
        Plan::Answered(response) => {
            let answer = serde_json::to_value(response).map(commands::pruned);
            assert!(answer.is_ok(), "an answer cannot be written");
        }
        Plan::Suggest(command) => {
            let _ = command.data.autocomplete();
        }
        Plan::Handle(handling) => handled(handling),
    }
}

fn handled(Handling { spot, user, event, .. }: &Handling) {
    assert_eq!(Spot::read(&spot.address()).as_ref(), Some(spot), "an answer loses its way");
    assert_eq!(user.id, spot.owner.to_string(), "it is somebody else's answer");
    assert!(spot.conversation().starts_with(&spot.channel.to_string()));
    if let Event::Press(token) | Event::Form { token, .. } = event {
        let _ = Token::decode(token);
    }
}

fn kept(text: &str) {
    if let Some(spot) = Spot::read(&Address(text.to_owned())) {
        assert_eq!(Spot::read(&spot.address()), Some(spot));
    }
    let Some(Data { token, .. }) = components::read(text) else { return };
    for locale in Locale::ALL {
        let form = forms::form(locale, text, &token).map(serde_json::to_value);
        assert!(form.is_none_or(|form| form.is_ok()), "a form cannot be written");
    }
}
