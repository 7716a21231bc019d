//! What admins see of the house, and switch.

use std::collections::HashSet;

use chrono::{Days, TimeDelta};

use super::{Answer, Question, as_it_is, pages};
use crate::{
    bot::{
        office::{Asked, SourceStanding, SourceState},
        visit::Visit,
    },
    chat::{AdminCommand, Attachment, Facts, Phrase, Picture, Reply, Report},
    i18n,
    photo::{Bars, Chart, DishKey, Idle},
    store::{AdminEntry, AdminState, OrdersOfDay, Span, Stats, StoreError},
    ticket::Day,
};

/// Days that the chart shows.
const DAYS: u64 = 14;

/// Lines of the log on a page.
const PER_PAGE: u32 = 8;

impl Visit<'_> {
    /// What is asked before the house changes.
    pub(super) async fn question_of_house(&self, command: &AdminCommand) -> Result<Question, StoreError> {
        Ok(match command {
            AdminCommand::Maintenance { sentence, .. } => {
                let said = if sentence.is_empty() { Phrase::new("house-closed") } else { as_it_is(sentence) };
                Ok((vec![Phrase::new("admin-ask-close"), Phrase::new("admin-quoted").phrase("text", said)], None))
            }
            AdminCommand::Switch { name, .. } => match self.known_source(name).await? {
                Some(name) => Ok((vec![Phrase::new("admin-ask-switch-off").text("name", name)], None)),
                None => Err(Phrase::new("admin-no-such-source").text("name", name)),
            },
            AdminCommand::Photo { dish, replace } => match self.photo_of(dish).await? {
                Some(_) => {
                    let key = if *replace { "admin-ask-replace-photo" } else { "admin-ask-remove-photo" };
                    Ok((vec![Phrase::new(key).text("dish", dish)], None))
                }
                None => Err(Phrase::new("admin-no-photo").text("dish", dish)),
            },
            AdminCommand::Reload => Ok((vec![Phrase::new("admin-ask-reload")], None)),
            _ => Err(Phrase::new("menu-old")),
        })
    }

    /// Does it.
    pub(super) async fn change_house(&self, command: &AdminCommand) -> Result<Answer, StoreError> {
        let (store, now) = (&self.bot.store, self.bot.clock.now());
        match command {
            AdminCommand::Stats => self.stats().await,
            AdminCommand::Maintenance { on, sentence } => {
                store.close_with(on.then_some(sentence.as_str()), now).await?;
                Ok(self.done(Phrase::new(if *on { "admin-closed" } else { "admin-opened" }), None))
            }
            AdminCommand::Sources => self.sources().await,
            AdminCommand::Switch { name, on } => {
                let Some(name) = self.known_source(name).await? else {
                    return Ok(self.nothing(Phrase::new("admin-no-such-source").text("name", name), None));
                };
                store.switch(&name, *on, now).await?;
                self.bot.heed_switches().await?;
                let key = if *on { "admin-switched-on" } else { "admin-switched-off" };
                Ok(self.done(Phrase::new(key).text("name", name), None))
            }
            AdminCommand::Photo { dish, replace } => self.take_down_photo(dish, *replace).await,
            AdminCommand::Reload => Ok(self.reload().await),
            AdminCommand::Config => Ok(self.config()),
            AdminCommand::Health => Ok(self.health().await),
            _ => Ok(self.nothing(Phrase::new("menu-old"), None)),
        }
    }

    async fn stats(&self) -> Result<Answer, StoreError> {
        let (quota, now) = (self.bot.rules.quota, self.bot.clock.now());
        let today = quota.day(now);
        let first = today.earlier(Days::new(DAYS - 1));
        let span = Span {
            today: (today, quota.returns_at(today.earlier(Days::new(1)))),
            week: now - TimeDelta::days(7),
            first,
        };
        let stats = self.bot.store.stats(span).await?;
        let picture = self.chart(&stats, first).await;
        let number = |number: u64| as_it_is(number.to_string());
        let row = |key: &'static str, value: u64| (Phrase::new(key), number(value));
        let people = vec![
            row("admin-row-people", stats.people),
            row("admin-row-new", stats.new_today),
            row("admin-row-active-today", stats.active_today),
            row("admin-row-active-week", stats.active_week),
        ];
        let of_today = stats.orders.iter().find(|orders| orders.day == today).copied();
        let orders = |orders: OrdersOfDay| {
            Phrase::new("admin-orders")
                .text("served", orders.served.to_string())
                .text("failed", orders.failed.to_string())
                .text("cancelled", orders.cancelled.to_string())
                .text("open", orders.open.to_string())
        };
        let none = |day: Day| OrdersOfDay { day, served: 0, failed: 0, cancelled: 0, open: 0 };
        let all = stats.orders.iter().fold(none(today), |sum, one| OrdersOfDay {
            day: today,
            served: sum.served + one.served,
            failed: sum.failed + one.failed,
            cancelled: sum.cancelled + one.cancelled,
            open: sum.open + one.open,
        });
        let seconds = |millis: u64| format!("{}.{}", millis / 1000, millis % 1000 / 100);
        let mut of_orders = vec![
            (Phrase::new("admin-row-orders-today"), orders(of_today.unwrap_or(none(today)))),
            (Phrase::new("admin-row-orders-days").number("days", i64::try_from(DAYS).unwrap_or_default()), orders(all)),
            row("admin-row-waiting", stats.waiting),
        ];
        if let (Some(median), Some(slow)) = (stats.median_millis, stats.slow_millis) {
            let took = Phrase::new("admin-took").text("median", seconds(median)).text("slow", seconds(slow));
            of_orders.push((Phrase::new("admin-row-took"), took));
        }
        let tickets = Phrase::new("admin-tickets")
            .text("taken", stats.taken.to_string())
            .text("spent", stats.spent.to_string())
            .text("returned", stats.returned.to_string());
        let models = Phrase::new("admin-models")
            .text("requests", stats.requests.to_string())
            .text("seconds", (stats.model_millis / 1000).to_string())
            .text("in", stats.tokens_in.to_string())
            .text("out", stats.tokens_out.to_string());
        let failures = stats.failures.iter().map(|(why, count)| (as_it_is(why), number(*count))).collect();
        let photos = stats.photos.iter().map(|(source, count)| {
            let name = if source.is_empty() { Phrase::new("admin-card") } else { as_it_is(source) };
            (name, number(*count))
        });
        let photos = photos.collect();
        let report = Report::new(Phrase::new("admin-heading-stats").moment("at", self.moment(now)))
            .titled(Phrase::new("admin-title-people"), people)
            .titled(Phrase::new("admin-title-orders-of-days"), of_orders)
            .titled(
                Phrase::new("admin-title-today"),
                vec![(Phrase::new("admin-row-tickets"), tickets), (Phrase::new("admin-row-models"), models)],
            )
            .titled(Phrase::new("admin-title-failures"), failures)
            .titled(Phrase::new("admin-title-photos").number("days", i64::try_from(DAYS).unwrap_or_default()), photos);
        let mut answer = self.report(report);
        answer.reply = answer.reply.with_picture(picture);
        Ok(answer)
    }

    /// Orders by day, drawn.
    async fn chart(&self, stats: &Stats, first: Day) -> Option<Picture> {
        let days: Vec<Day> = (0..DAYS).map(|day| first.later(Days::new(day))).collect();
        let of = |day: &Day| stats.orders.iter().find(|orders| orders.day == *day).copied();
        let bars = |key: &'static str, colour, count: fn(OrdersOfDay) -> u64| Bars {
            name: i18n::word(self.locale, key),
            colour,
            values: days.iter().map(|day| u32::try_from(of(day).map_or(0, count)).unwrap_or(u32::MAX)).collect(),
        };
        let chart = Chart {
            title: i18n::word(self.locale, "admin-chart"),
            labels: days.iter().map(|day| day.to_string().get(5..).unwrap_or_default().to_owned()).collect(),
            bars: vec![
                bars("admin-chart-served", (92, 138, 77), |day| day.served),
                bars("admin-chart-failed", (184, 71, 56), |day| day.failed),
                bars("admin-chart-cancelled", (176, 158, 128), |day| day.cancelled),
            ],
        };
        self.bot.photos.chart(chart, self.bot.clock.now()).await
    }

    /// The name of something that can be switched, as it is known by.
    async fn known_source(&self, typed: &str) -> Result<Option<String>, StoreError> {
        let all = self.standings().await?;
        let is = |name: &str| name == typed || name.rsplit(':').next() == Some(typed);
        let found = all.into_iter().map(|source| source.name).find(|name| is(name));
        // Somebody has to serve where nobody else does.
        Ok(found.filter(|name| name.contains(':')))
    }

    async fn standings(&self) -> Result<Vec<SourceStanding>, StoreError> {
        let off: HashSet<String> = self.bot.store.switched_off().await?.into_iter().collect();
        let now = self.bot.clock.now();
        let mut all = self.bot.office().map(|office| office.recommenders()).unwrap_or_default();
        let noted = self.bot.store.photo_standings().await?;
        for source in self.bot.photos.sources() {
            let of = |name: &str| noted.iter().find(|standing| standing.name == name);
            let resting = [of(&source.name), of(&source.account)].into_iter().flatten();
            let resting =
                resting.filter(|standing| standing.rests_until > now).max_by_key(|standing| standing.rests_until);
            let state = match (source.idle, resting) {
                (Some(Idle::Off), _) => SourceState::Off,
                (Some(Idle::Keyless(variables)), _) => SourceState::Keyless(variables.join(", ")),
                (Some(Idle::Broken(error)), _) => SourceState::Broken(error),
                (None, Some(standing)) => {
                    SourceState::Rests { until: Some(standing.rests_until), trouble: standing.trouble.clone() }
                }
                (None, None) => SourceState::Well,
            };
            let asked = of(&source.account)
                .filter(|_| state != SourceState::Off)
                .map(|standing| Asked { in_day: standing.in_day_at(now), per_day: u64::from(source.per_day) });
            all.push(SourceStanding { name: format!("photo:{}", source.name), state, asked });
        }
        for source in &mut all {
            if off.contains(&source.name) {
                source.state = SourceState::SwitchedOff;
            }
        }
        Ok(all)
    }

    async fn sources(&self) -> Result<Answer, StoreError> {
        let all = self.standings().await?;
        let rows = |photos: bool| {
            let these = all.iter().filter(|source| source.name.starts_with("photo:") == photos);
            these.map(|source| (as_it_is(&source.name), self.standing(source))).collect::<Vec<_>>()
        };
        let report = Report::new(Phrase::new("admin-heading-sources"))
            .titled(Phrase::new("admin-title-recommenders"), rows(false))
            .titled(Phrase::new("admin-title-photo-sources"), rows(true))
            .note(Phrase::new("admin-note-sources"));
        Ok(self.report(report))
    }

    fn standing(&self, source: &SourceStanding) -> Phrase {
        let said = match &source.state {
            SourceState::Well => Phrase::new("admin-source-well"),
            SourceState::SwitchedOff => Phrase::new("admin-source-switched-off"),
            SourceState::Off => Phrase::new("admin-source-off"),
            SourceState::Keyless(variables) => Phrase::new("admin-source-keyless").text("variables", variables),
            SourceState::Broken(error) => Phrase::new("admin-source-broken").text("error", error),
            SourceState::Rests { until: Some(until), trouble } => {
                Phrase::new("admin-source-rests-until").moment("until", self.moment(*until)).text("trouble", trouble)
            }
            SourceState::Rests { until: None, trouble } => Phrase::new("admin-source-rests").text("trouble", trouble),
        };
        match source.asked {
            Some(Asked { in_day, per_day: 0 }) => {
                Phrase::new("admin-source-asked").phrase("state", said).text("asked", in_day.to_string())
            }
            Some(Asked { in_day, per_day }) => Phrase::new("admin-source-asked-of")
                .phrase("state", said)
                .text("asked", in_day.to_string())
                .text("most", per_day.to_string()),
            None => said,
        }
    }

    /// The photo that a dish of this name has, or is remembered for it.
    async fn photo_of(&self, dish: &str) -> Result<Option<crate::chat::PictureHash>, StoreError> {
        let key = DishKey::of(dish);
        let now = self.bot.clock.now();
        self.bot.store.photo_of_dish(key.as_ref().map(DishKey::as_str), dish, now).await
    }

    async fn take_down_photo(&self, dish: &str, replace: bool) -> Result<Answer, StoreError> {
        let now = self.bot.clock.now();
        let Some(picture) = self.photo_of(dish).await? else {
            return Ok(self.nothing(Phrase::new("admin-no-photo").text("dish", dish), None));
        };
        let key = DishKey::of(dish);
        let only = key.as_ref().filter(|_| !replace).map(DishKey::as_str);
        self.bot.store.reject_photo(&picture, only, now).await?;
        self.bot.photos.remove(vec![picture]).await;
        // A sheet may show it.
        self.bot.photos.remove_sheets().await;
        let key = if replace { "admin-photo-replaced" } else { "admin-photo-removed" };
        Ok(self.done(Phrase::new(key).text("dish", dish), None))
    }

    async fn reload(&self) -> Answer {
        let Some(office) = self.bot.office() else { return self.nothing(Phrase::new("admin-no-office"), None) };
        match office.reload().await {
            Ok(reloaded) => {
                let list = |keys: &[String]| if keys.is_empty() { "–".to_owned() } else { keys.join(", ") };
                let rows = vec![
                    (Phrase::new("admin-row-counting"), as_it_is(list(&reloaded.counting))),
                    (Phrase::new("admin-row-after-restart"), as_it_is(list(&reloaded.after_restart))),
                ];
                self.report(Report::new(Phrase::new("admin-heading-reload")).rows(rows))
            }
            Err(mistakes) => {
                let lines =
                    std::iter::once(Phrase::new("admin-not-reloaded")).chain(mistakes.into_iter().map(as_it_is));
                let reply = Reply::new(self.locale, Facts::Lines(lines.collect()));
                Answer { outcome: "admin-outcome-failed", ..Answer::of(reply) }
            }
        }
    }

    fn config(&self) -> Answer {
        let Some(office) = self.bot.office() else { return self.nothing(Phrase::new("admin-no-office"), None) };
        let attachment = Attachment { name: "bapsang-settings.toml".to_owned(), text: office.config() };
        Answer::of(Reply::new(self.locale, Facts::Attachment(Phrase::new("admin-config"), attachment)))
    }

    async fn health(&self) -> Answer {
        let Some(office) = self.bot.office() else { return self.nothing(Phrase::new("admin-no-office"), None) };
        let checks = office.health().await;
        let heading = if checks.iter().all(|check| check.is_well) { "admin-heading-well" } else { "admin-heading-ill" };
        let rows = checks.into_iter().map(|check| {
            let mark = if check.is_well { "✓" } else { "✗" };
            (check.what, Phrase::new("admin-check").text("mark", mark).phrase("said", check.said))
        });
        self.report(Report::new(Phrase::new(heading)).rows(rows.collect()))
    }

    /// A page of what admins did.
    pub(super) async fn audit(&self, page: u32) -> Result<Answer, StoreError> {
        let (mut entries, total) = self.bot.store.admin_log(page, PER_PAGE).await?;
        let last = u32::try_from(total.div_ceil(u64::from(PER_PAGE))).unwrap_or(u32::MAX).max(1);
        let mut shown = page;
        if entries.is_empty() && page > last {
            (entries, shown) = (self.bot.store.admin_log(last, PER_PAGE).await?.0, last);
        }
        let rows = entries.iter().map(|entry| (self.entry_heading(entry), entry_said(entry))).collect();
        let heading = Phrase::new("admin-heading-audit").number("page", shown).number("pages", last);
        let mut answer = self.report(Report::new(heading).rows(rows));
        answer.reply = answer.reply.with_choices(pages(shown, last));
        Ok(answer)
    }

    fn entry_heading(&self, entry: &AdminEntry) -> Phrase {
        Phrase::new("admin-entry").text("id", entry.id.to_string()).moment("at", self.moment(entry.at))
    }
}

fn entry_said(entry: &AdminEntry) -> Phrase {
    let line = if entry.line.is_empty() { &entry.word } else { &entry.line };
    let outcome = match entry.state {
        AdminState::Asked => "admin-outcome-asked",
        AdminState::Dropped => "admin-outcome-dropped",
        AdminState::Done => match entry.outcome.as_str() {
            "admin-outcome-done" => "admin-outcome-done",
            "admin-outcome-nothing" => "admin-outcome-nothing",
            "admin-outcome-failed" => "admin-outcome-failed",
            _ => "admin-outcome-unknown",
        },
    };
    let said = match entry.person {
        Some(person) => Phrase::new("admin-entry-about").text("person", person.0.to_string()),
        None => Phrase::new("admin-entry-said"),
    };
    said.text("admin", &entry.admin)
        .text("place", &entry.place)
        .text("line", crate::chat::shorten(&line.replace('\n', " "), 120))
        .phrase("outcome", Phrase::new(outcome))
}
