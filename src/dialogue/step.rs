//! One step of the dialogue.

use super::{
    Conversation, Effect, Input, Said, State, Surroundings, Turn,
    menu::{self, choices},
    understand::{Understood, understand},
};
use crate::{
    chat::{Action, Choice, Facts, MenuId, Phrase, Token, fold, is_one_of, number},
    dish::Avoided,
    order::{Line, Wanted, Wish, WishError},
};

/// Takes one step. Whatever the input, nothing chosen is lost unless it was cancelled or has expired.
pub fn step(conversation: &Conversation, input: Input, surroundings: &Surroundings<'_>) -> Turn {
    let mut turn = Step { conversation: conversation.clone(), surroundings: *surroundings, lead: Vec::new() };
    let expired = turn.expire();
    turn.conversation.touched = surroundings.now;
    // Whoever goes on choosing is done with what was beside it.
    turn.conversation.aside = None;
    match input {
        Input::Press(_) | Input::Form(..) if expired => turn.idle(),
        Input::Start { first } => turn.start(first),
        Input::Begin(wanted) => turn.begin(wanted),
        Input::Again(_) if turn.has_chosen() => {
            turn.lead.push(Phrase::new("lead-again-open"));
            let state = turn.conversation.state.clone();
            turn.show(state, false)
        }
        Input::Again(wanted) => {
            turn.lead.push(Phrase::new("lead-again"));
            turn.show(State::Summary { wanted }, false)
        }
        Input::Press(token) => turn.press(token),
        Input::Form(menu, text) => turn.form(menu, &text),
        Input::Text(text) => turn.text(&text),
        Input::Cancel => turn.cancel(false),
    }
}

/// The open question once more, as it was asked; `None` where none is open.
pub fn ask_again(conversation: &Conversation, avoided: &Avoided) -> Option<Said> {
    let facts = facts(&conversation.state, Vec::new(), avoided)?;
    Some(Said { facts, choices: choices(&conversation.state, conversation.menu, avoided), replaces: true })
}

/// The open question as it is asked; `None` where none is open.
fn facts(state: &State, mut lead: Vec<Phrase>, avoided: &Avoided) -> Option<Facts> {
    Some(match state.clone() {
        State::Idle => return None,
        State::Asking { wanted, line, .. } => Facts::Question { lead, line, wanted },
        State::Summary { wanted } => {
            let against: Vec<Phrase> = avoided.against(&wanted).iter().map(Phrase::found).collect();
            if !against.is_empty() {
                lead.push(Phrase::new("lead-against-profile").list("avoided", against));
            }
            Facts::Summary { lead, wanted }
        }
    })
}

struct Step<'a> {
    conversation: Conversation,
    surroundings: Surroundings<'a>,
    lead: Vec<Phrase>,
}

impl Step<'_> {
    /// Ends a dialogue that rested too long; whether it did.
    fn expire(&mut self) -> bool {
        let rested = self.surroundings.now.saturating_sub(self.conversation.touched);
        let expired = self.conversation.is_open() && rested > self.surroundings.idle_limit;
        if expired {
            self.conversation.state = State::Idle;
            self.lead.push(Phrase::new("lead-expired"));
        }
        expired
    }

    /// Whether there is anything to lose.
    fn has_chosen(&self) -> bool {
        match &self.conversation.state {
            State::Idle => false,
            State::Asking { wanted, .. } | State::Summary { wanted } => *wanted != Wanted::default(),
        }
    }

    fn start(mut self, first: bool) -> Turn {
        if !self.conversation.is_open() {
            self.lead.insert(0, Phrase::new("greeting"));
        }
        if first {
            self.lead.push(Phrase::new("greeting-first"));
        }
        self.begin(None)
    }

    /// What is wanted already goes on top of what was chosen.
    fn begin(mut self, wanted: Option<Wanted>) -> Turn {
        let state = std::mem::replace(&mut self.conversation.state, State::Idle);
        match (state, wanted) {
            (State::Idle, None) => self.show(first_question(Wanted::default()), false),
            (state, None) => {
                self.lead.push(Phrase::new("lead-resume"));
                self.show(state, false)
            }
            (State::Idle, Some(wanted)) => self.show(State::Summary { wanted }, false),
            (State::Asking { wanted: mut chosen, .. } | State::Summary { wanted: mut chosen }, Some(wanted)) => {
                for line in Line::ALL {
                    if let Some(value) = wanted.filters.get(line) {
                        chosen.filters.set(line, Some(value.id));
                    }
                }
                chosen.wish = wanted.wish.or(chosen.wish);
                self.show(State::Summary { wanted: chosen }, false)
            }
        }
    }

    fn press(self, token: Token) -> Turn {
        if token.action == Action::Begin && !self.conversation.is_open() {
            return self.begin(None);
        }
        let offered = menu::actions(&self.conversation.state, self.surroundings.avoided).contains(&token.action);
        if token.menu != self.conversation.menu || !offered {
            return Turn { conversation: self.conversation, say: Vec::new(), effect: Effect::OldMenu };
        }
        self.take(token.action, true)
    }

    /// A wish that was written where one is asked for, or where the summary lets one change it.
    fn form(mut self, menu: MenuId, text: &str) -> Turn {
        let state = self.conversation.state.clone();
        let wanted = match state.clone() {
            State::Asking { line: Line::Wish, wanted, .. } | State::Summary { wanted }
                if menu == self.conversation.menu =>
            {
                wanted
            }
            _ => return Turn { conversation: self.conversation, say: Vec::new(), effect: Effect::OldMenu },
        };
        match Wish::parse(text) {
            Ok(wish) if !self.wants_none(text) => {
                self.show(State::Summary { wanted: Wanted { wish: Some(wish), ..wanted } }, true)
            }
            Ok(_) | Err(WishError::Empty) => {
                self.show(State::Summary { wanted: Wanted { wish: None, ..wanted } }, true)
            }
            Err(WishError::TooLong { characters, .. }) => {
                self.lead.push(Phrase::wish_too_long(characters));
                self.show(state, true)
            }
        }
    }

    /// Carries out a choice that the state offers.
    fn take(mut self, action: Action, replaces: bool) -> Turn {
        match (self.conversation.state.clone(), action) {
            (_, Action::Cancel) => self.cancel(replaces),
            (_, Action::Profile) => Turn { conversation: self.conversation, say: Vec::new(), effect: Effect::Profile },
            (State::Asking { mut wanted, line, changing }, Action::Pick(_, value)) => {
                wanted.filters.set(line, value.map(|value| value.id));
                if line == Line::Wish {
                    wanted.wish = None;
                }
                self.show(after(wanted, line, changing), replaces)
            }
            (State::Asking { wanted, line, changing }, Action::Skip) => {
                self.show(after(wanted, line, changing), replaces)
            }
            (State::Asking { wanted, changing: true, .. }, Action::Back) => {
                self.show(State::Summary { wanted }, replaces)
            }
            (State::Asking { wanted, line, .. }, Action::Back) => {
                if line.previous().is_none() {
                    self.lead.push(Phrase::new("lead-first-step"));
                }
                self.show(State::Asking { wanted, line: line.previous().unwrap_or(line), changing: false }, replaces)
            }
            (State::Asking { wanted, .. }, Action::Surprise) => {
                self.lead.push(Phrase::new("lead-surprise"));
                self.show(State::Summary { wanted }, replaces)
            }
            (State::Summary { wanted }, Action::Back) => {
                self.show(State::Asking { wanted, line: Line::Wish, changing: false }, replaces)
            }
            (State::Summary { wanted }, Action::Edit(line)) => {
                self.show(State::Asking { wanted, line, changing: true }, replaces)
            }
            (State::Summary { wanted }, Action::Confirm) => {
                let confirmation = self.conversation.menu;
                self.conversation.state = State::Idle;
                Turn {
                    conversation: self.conversation,
                    say: Vec::new(),
                    effect: Effect::Order { wanted, confirmation },
                }
            }
            (state, _) => self.show(state, replaces),
        }
    }

    fn text(mut self, text: &str) -> Turn {
        let state = self.conversation.state.clone();
        let offered = choices(&state, self.conversation.menu, self.surroundings.avoided);
        let asks_wish = matches!(state, State::Asking { line: Line::Wish, .. });
        let actions = menu::actions(&state, self.surroundings.avoided);
        match understand(text, &offered, self.surroundings.spellings) {
            _ if !self.conversation.is_open() => self.idle(),
            // A wish may begin like a label; only a whole label or a number on the menu is one there.
            Understood::One(index) if !asks_wish || self.is_whole(text, &offered[index]) => {
                self.take(actions[index], false)
            }
            Understood::OutOfRange => {
                self.lead.push(Phrase::out_of_range(offered.len()));
                self.show(state, false)
            }
            _ if asks_wish && self.wants_none(text) => self.clear_wish(state),
            _ if asks_wish => self.wish(text, state),
            Understood::Several(indices) => {
                let labels = indices.iter().map(|index| offered[*index].label.clone()).collect();
                self.lead.push(Phrase::new("lead-several").list("labels", labels));
                self.show(state, false)
            }
            _ => {
                self.lead.push(Phrase::new("lead-not-understood"));
                self.show(state, false)
            }
        }
    }

    fn is_whole(&self, text: &str, choice: &Choice) -> bool {
        number(&fold(text)).is_some() || is_one_of(text, &(self.surroundings.spellings)(choice))
    }

    /// 없음 and 상관없음 are no wishes, whether they stand on the menu or not.
    fn wants_none(&self, text: &str) -> bool {
        let none = [Action::Pick(Line::Wish, None), Action::Pick(Line::Theme, None)];
        none.into_iter().any(|action| self.is_whole(text, &menu::choice(self.conversation.menu, action)))
    }

    fn clear_wish(self, state: State) -> Turn {
        match state {
            State::Asking { mut wanted, line, changing } => {
                wanted.wish = None;
                self.show(after(wanted, line, changing), false)
            }
            state => self.show(state, false),
        }
    }

    fn wish(mut self, text: &str, state: State) -> Turn {
        match (Wish::parse(text), state) {
            (Ok(wish), State::Asking { mut wanted, line, changing }) => {
                wanted.wish = Some(wish);
                self.show(after(wanted, line, changing), false)
            }
            (Err(WishError::TooLong { characters, .. }), state) => {
                self.lead.push(Phrase::wish_too_long(characters));
                self.show(state, false)
            }
            (_, state) => {
                self.lead.push(Phrase::new("lead-wish-empty"));
                self.show(state, false)
            }
        }
    }

    fn idle(mut self) -> Turn {
        self.lead.push(Phrase::new("idle-hint"));
        let choices = vec![menu::choice(self.surroundings.fresh_menu, Action::Begin)];
        self.say(Facts::Lines, choices, false)
    }

    fn cancel(mut self, replaces: bool) -> Turn {
        let open = self.conversation.is_open();
        self.conversation.state = State::Idle;
        self.lead.push(Phrase::new(if open { "cancelled-dialogue" } else { "nothing-to-cancel" }));
        let choices = vec![menu::choice(self.surroundings.fresh_menu, Action::Begin)];
        self.say(Facts::Lines, choices, replaces)
    }

    /// Goes to `state` and shows its menu, which is the one that counts from now on.
    fn show(mut self, state: State, replaces: bool) -> Turn {
        let menu = self.surroundings.fresh_menu;
        self.conversation.menu = menu;
        let choices = choices(&state, menu, self.surroundings.avoided);
        self.conversation.state = state;
        match facts(&self.conversation.state, self.lead.clone(), self.surroundings.avoided) {
            Some(facts) => self.say(|_| facts, choices, replaces),
            None => self.idle(),
        }
    }

    fn say(self, facts: impl FnOnce(Vec<Phrase>) -> Facts, choices: Vec<Choice>, replaces: bool) -> Turn {
        let said = Said { facts: facts(self.lead), choices, replaces };
        Turn { conversation: self.conversation, say: vec![said], effect: Effect::None }
    }
}

fn first_question(wanted: Wanted) -> State {
    State::Asking { wanted, line: Line::Difficulty, changing: false }
}

fn after(wanted: Wanted, line: Line, changing: bool) -> State {
    match line.next() {
        Some(line) if !changing => State::Asking { wanted, line, changing: false },
        _ => State::Summary { wanted },
    }
}
