//! The admins' counter: one implementation for every door.
//!
//! A line is read, and either done at once or asked about first; a question is kept in the log with a code that its buttons
//! carry, so that it survives a restart, counts for whoever was asked, and counts once.

mod broadcast;
mod house;
mod people;
mod refusal;

pub use broadcast::{broadcast_report, broadcast_waiting, news_reply};
use chrono::TimeDelta;

use super::visit::Visit;
use crate::{
    chat::{
        ADMIN_WORDS, Action, AdminCommand, AdminMistake, AdminSpec, ArgumentKind, Facts, Locale, MenuId, PersonId,
        Phrase, Placing, Reply, Report, Token, clean_lines, shorten,
    },
    dialogue::choice,
    i18n,
    store::{AdminState, BroadcastId, NewAdminEntry, StoreError},
};

/// How long a question can be answered.
const ASKED_FOR: TimeDelta = TimeDelta::hours(1);

/// The longest line that is kept in the log, in characters.
const MOST_LINE: usize = 4000;

/// What came of a command.
pub(super) struct Answer {
    /// What is said.
    reply: Reply,
    /// Whom it was about.
    whom: Option<PersonId>,
    /// The locale key of what came of it, for the log.
    outcome: &'static str,
    /// Whether it was said already.
    said: bool,
}

impl Answer {
    fn found_nobody(&self) -> bool {
        self.whom.is_none() && self.outcome == "admin-outcome-nothing"
    }

    /// What was asked for.
    fn of(reply: Reply) -> Self {
        Self { reply, whom: None, outcome: "admin-outcome-done", said: false }
    }
}

/// What is asked before a command is done; or the sentence why it cannot be.
type Question = Result<(Vec<Phrase>, Option<PersonId>), Phrase>;

impl Visit<'_> {
    /// Whether whoever did this may command here.
    pub(super) fn is_admin(&self) -> bool {
        self.bot.is_admin(self.incoming)
    }

    /// Who commands, as the log knows them.
    fn admin(&self) -> String {
        format!("{}:{}", self.incoming.place.platform.id(), self.incoming.user.id)
    }

    fn place(&self) -> String {
        let place = &self.incoming.place;
        format!("{}:{}", place.platform.id(), place.conversation)
    }

    /// What follows `/admin`. Whoever is no admin hears what they hear of any unknown command.
    pub(super) async fn at_the_counter(&self, line: &str) -> Result<(), StoreError> {
        if !self.is_admin() {
            self.line(Phrase::new("unknown-command").text("name", "admin")).await;
            return Ok(());
        }
        let line = shorten(&clean_lines(line), MOST_LINE);
        let (word, command) = match AdminCommand::parse(&line) {
            Ok(read) => read,
            Err(mistake) => return self.say_mistake(&mistake).await,
        };
        if command.asks() {
            return self.ask(word, &line, &command).await;
        }
        let answer = self.execute(&command).await?;
        // Where nobody was found, what was typed may be somebody's name that no forgetting would find.
        let line = if answer.found_nobody() { word } else { &line };
        if !matches!(command, AdminCommand::Help | AdminCommand::Audit(_))
            && let Err(error) = self.note(word, line, answer.whom, None, answer.outcome).await
        {
            tracing::error!(%error, word, "what an admin did was not written down");
        }
        if !answer.said {
            self.say(answer.reply.only_them()).await;
        }
        Ok(())
    }

    async fn note(
        &self,
        word: &str,
        line: &str,
        whom: Option<PersonId>,
        code: Option<&str>,
        outcome: &str,
    ) -> Result<(), StoreError> {
        let (admin, place) = (self.admin(), self.place());
        let entry = NewAdminEntry { admin: &admin, place: &place, word, line, whom, code, outcome };
        self.bot.store.log_admin(&entry, self.bot.clock.now()).await
    }

    /// Asks whether to do it, and shows what it would do.
    async fn ask(&self, word: &str, line: &str, command: &AdminCommand) -> Result<(), StoreError> {
        let (mut lines, whom) = match self.question(command).await? {
            Ok(question) => question,
            Err(refusal) => {
                self.say(Reply::line(self.locale, refusal).only_them()).await;
                return Ok(());
            }
        };
        let menu = Self::fresh_menu();
        self.note(word, line, whom, Some(&menu.to_string()), "").await?;
        lines.push(Phrase::new("admin-ask"));
        let choices = [Action::AdminYes, Action::AdminNo].map(|action| choice(menu, action)).to_vec();
        self.say(Reply::new(self.locale, Facts::Lines(lines)).with_choices(choices).only_them()).await;
        Ok(())
    }

    /// A button of such a question, or of the log. The line is read again, so that nothing but what was shown is done.
    pub(super) async fn press_at_the_counter(&self, token: Token) -> Result<(), StoreError> {
        if !self.is_admin() {
            return self.old_menu().await;
        }
        let (code, admin, now) = (token.menu.to_string(), self.admin(), self.bot.clock.now());
        let yes = match token.action {
            Action::AdminGoOn(goes_on) => {
                let of = BroadcastId(i64::try_from(token.menu.0).unwrap_or_default());
                let answer = self.go_on(Some(of), goes_on).await?;
                let line = if goes_on { "broadcast resume" } else { "broadcast stop" };
                self.note("broadcast", line, None, None, answer.outcome).await?;
                self.say_in_place(answer.reply).await;
                return Ok(());
            }
            Action::AdminLog(page) => {
                let answer = self.audit(page.max(1)).await?;
                self.say(answer.reply.placed(Placing::PressedMenu).only_them()).await;
                return Ok(());
            }
            action => action == Action::AdminYes,
        };
        let Some((line, whom)) = self.bot.store.answer_admin(&code, &admin, yes, (now - ASKED_FOR, now)).await? else {
            let key = match self.bot.store.admin_state(&code, &admin).await? {
                Some((AdminState::Done, outcome)) => match outcome.as_str() {
                    "admin-outcome-failed" => "admin-failed-before",
                    "" => "admin-unsure-before",
                    _ => "admin-done-before",
                },
                Some((AdminState::Dropped, _)) => "admin-dropped-before",
                Some((AdminState::Asked, _)) => "admin-too-late",
                None => "menu-old",
            };
            self.notice(Phrase::new(key)).await;
            return Ok(());
        };
        if !yes {
            self.say_in_place(Reply::line(self.locale, Phrase::new("admin-dropped"))).await;
            return Ok(());
        }
        let answer = match AdminCommand::parse(&line) {
            // Whom it is about was forgotten meanwhile.
            _ if line.is_empty() => Ok(self.nothing(Phrase::new("admin-forgotten"), None)),
            // Somebody else may have the name by now.
            Ok((_, command)) => self.execute(&whom.map_or(command.clone(), |whom| command.about(whom))).await,
            // It was read when it was asked about.
            Err(_) => return self.old_menu().await,
        };
        let outcome = match &answer {
            Ok(answer) => answer.outcome,
            // Nobody knows whether it was done.
            Err(StoreError::Down(_)) => "",
            Err(_) => "admin-outcome-failed",
        };
        // It was done or not, whether that is noted or not.
        if let Err(error) = self.bot.store.conclude_admin(&code, outcome).await {
            tracing::error!(%error, "what came of an admin's command was not noted");
        }
        let answer = answer?;
        if !answer.said {
            self.say_in_place(answer.reply).await;
        }
        Ok(())
    }

    async fn say_in_place(&self, reply: Reply) {
        self.say(reply.placed(Placing::PressedMenu).only_them()).await;
    }

    /// What is shown before it is done.
    async fn question(&self, command: &AdminCommand) -> Result<Question, StoreError> {
        match command {
            AdminCommand::Grant { .. }
            | AdminCommand::Limit { .. }
            | AdminCommand::Refund(_)
            | AdminCommand::Ban { .. }
            | AdminCommand::Unban(_) => self.question_of_people(command).await,
            AdminCommand::Broadcast { .. } => self.question_of_broadcast(command).await,
            _ => self.question_of_house(command).await,
        }
    }

    /// Does it.
    async fn execute(&self, command: &AdminCommand) -> Result<Answer, StoreError> {
        match command {
            AdminCommand::Help => Ok(self.report(help(self.locale))),
            AdminCommand::Person(who) => self.show_person(who).await,
            AdminCommand::Grant { .. }
            | AdminCommand::Limit { .. }
            | AdminCommand::Refund(_)
            | AdminCommand::Ban { .. }
            | AdminCommand::Unban(_) => self.change_people(command).await,
            AdminCommand::Audit(page) => self.audit(*page).await,
            AdminCommand::Broadcast { locale, text } => self.broadcast(*locale, text).await,
            AdminCommand::Broadcasts => self.broadcasts().await,
            AdminCommand::GoOn(goes_on) => self.go_on(None, *goes_on).await,
            _ => self.change_house(command).await,
        }
    }

    fn report(&self, report: Report) -> Answer {
        Answer::of(Reply::new(self.locale, Facts::Report(Box::new(report))))
    }

    /// It was done.
    fn done(&self, said: Phrase, whom: Option<PersonId>) -> Answer {
        Answer { whom, ..Answer::of(Reply::line(self.locale, said)) }
    }

    /// There was nothing to do.
    fn nothing(&self, said: Phrase, whom: Option<PersonId>) -> Answer {
        Answer { whom, outcome: "admin-outcome-nothing", ..Answer::of(Reply::line(self.locale, said)) }
    }

    async fn say_mistake(&self, mistake: &AdminMistake) -> Result<(), StoreError> {
        let usage = |word: &str| ADMIN_WORDS.iter().find(|spec| spec.word == word).map(|spec| usage(self.locale, spec));
        let lines = match mistake {
            AdminMistake::NoSuchWord(word) => vec![Phrase::new("admin-no-such-word").text("word", word)],
            AdminMistake::Wrong { word, argument, most } => vec![
                match most {
                    Some(most) => Phrase::new("admin-wrong-most").count("most", *most),
                    None => Phrase::new("admin-wrong"),
                }
                .phrase("argument", Phrase::new(argument)),
                Phrase::new("admin-usage").text("usage", usage(word).unwrap_or_default()),
            ],
            AdminMistake::TooMuch { word, rest } => vec![
                Phrase::new("admin-too-much").text("rest", rest),
                Phrase::new("admin-usage").text("usage", usage(word).unwrap_or_default()),
            ],
        };
        self.say(Reply::new(self.locale, Facts::Lines(lines)).only_them()).await;
        Ok(())
    }
}

/// What can be commanded.
fn help(locale: Locale) -> Report {
    let rows = ADMIN_WORDS.iter().map(|spec| (as_it_is(usage(locale, spec)), Phrase::new(spec.about)));
    Report::new(Phrase::new("admin-heading-help")).rows(rows.collect()).note(Phrase::new("admin-help-people"))
}

/// How a command is written: `/admin grant WHO TICKETS [once|daily] [UNTIL]`.
fn usage(locale: Locale, spec: &AdminSpec) -> String {
    let arguments = spec.arguments.iter().map(|argument| {
        let name = match argument.kind {
            ArgumentKind::OneOf(words) => words.join("|"),
            _ => i18n::say(locale, &Phrase::new(argument.label)),
        };
        if argument.required { format!(" {name}") } else { format!(" [{name}]") }
    });
    format!("/admin {}{}", spec.word, arguments.collect::<String>())
}

/// A value that is the same in every language.
pub(super) fn as_it_is(text: impl Into<String>) -> Phrase {
    Phrase::new("word-as-it-is").text("word", text)
}

/// The choices that turn the pages of the log.
fn pages(page: u32, pages: u32) -> Vec<crate::chat::Choice> {
    let around = [page.checked_sub(1).filter(|page| *page > 0), Some(page + 1).filter(|page| *page <= pages)];
    around.into_iter().flatten().map(|page| choice(MenuId(0), Action::AdminLog(page))).collect()
}
