//! Facts as text for a terminal: aligned by display width, wrapped at words, coloured where wanted.

use console::{Style as Paint, measure_text_width};
use textwrap::{Options, WordSeparator, WordSplitter, fill};

use crate::{
    chat::{COMMANDS, Choice, Facts, HistoryPage, Locale, Phrase, Reply, ServedDish, Tone},
    dish::{Dish, Names, Source},
    i18n,
    order::{Line, Stage, Wanted},
};

/// How text is set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    /// Whether colours are used.
    pub(super) colours: bool,
    /// Columns to wrap at; `None` for lines as long as they are.
    pub(super) width: Option<usize>,
}

impl Style {
    fn paint(self, text: &str, paint: Paint) -> String {
        if self.colours { paint.force_styling(true).apply_to(text).to_string() } else { text.to_owned() }
    }

    fn heading(self, text: &str) -> String {
        self.paint(text, Paint::new().bold().yellow())
    }

    fn strong(self, text: &str) -> String {
        self.paint(text, Paint::new().bold())
    }

    pub(super) fn soft(self, text: &str) -> String {
        self.paint(text, Paint::new().dim())
    }

    /// Wraps at words; lines after the first begin under the first.
    fn wrap(self, first: &str, text: &str) -> String {
        let Some(width) = self.width else { return format!("{first}{text}") };
        let indent = " ".repeat(measure_text_width(first));
        let options = Options::new(width).initial_indent(first).subsequent_indent(&indent);
        // Korean is wrapped between words, not between syllables.
        let options = options.word_separator(WordSeparator::AsciiSpace);
        fill(text, options.word_splitter(WordSplitter::NoHyphenation))
    }
}

/// A message without its trailing line end.
pub(super) fn message(reply: &Reply, style: Style) -> String {
    let say = |phrase: &Phrase| i18n::say(reply.locale, phrase);
    let mut paragraphs: Vec<String> = match &reply.facts {
        Facts::Lines(phrases) => vec![lines(reply.locale, phrases, style)],
        Facts::Question { lead, line, wanted } => {
            vec![after(lines(reply.locale, lead, style)), question(reply.locale, *line, wanted, style)]
        }
        Facts::Summary { lead, .. } => {
            let heading = style.heading(&say(&Phrase::new("summary-heading")));
            let hint = style.wrap("", &say(&Phrase::new("summary-hint")));
            vec![after(lines(reply.locale, lead, style)), format!("{heading}\n{hint}")]
        }
        Facts::Waiting { stage, names } => vec![say(&waiting(reply.locale, *stage, names.as_ref()))],
        Facts::Dish(served) => dish(reply.locale, served, style),
        Facts::History(page) => vec![history(reply.locale, page, style)],
        Facts::Help => vec![help(reply.locale, style)],
    };
    paragraphs.push(choices(reply.locale, &reply.choices, style));
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    // A menu belongs to its question; everything else stands apart.
    let gap = if matches!(reply.facts, Facts::Question { .. } | Facts::Summary { .. }) { "\n" } else { "\n\n" };
    paragraphs.join(gap)
}

/// What stands before a question, with an empty line after it.
fn after(lead: String) -> String {
    if lead.is_empty() { lead } else { lead + "\n" }
}

/// The sentence of a waiting message.
pub(super) fn waiting(locale: Locale, stage: Stage, names: Option<&Names>) -> Phrase {
    match (stage, names) {
        (Stage::Queued, _) => Phrase::new("waiting-queued"),
        (Stage::Writing, Some(names)) => Phrase::new("waiting-writing").text("dish", names.get(locale)),
        _ => Phrase::new("waiting-choosing"),
    }
}

fn lines(locale: Locale, phrases: &[Phrase], style: Style) -> String {
    phrases.iter().map(|phrase| style.wrap("", &i18n::say(locale, phrase))).collect::<Vec<_>>().join("\n")
}

fn question(locale: Locale, line: Line, wanted: &Wanted, style: Style) -> String {
    let heading = Phrase::new("question-heading")
        .number("number", line.number())
        .number("of", Line::ALL.len().try_into().unwrap_or(i64::MAX))
        .phrase("line", Phrase::new(line.label()));
    let heading = style.heading(&i18n::say(locale, &heading));
    let question = style.wrap("", &i18n::say(locale, &line.ask()));
    let chosen = match (wanted.filters.get(line), &wanted.wish) {
        (Some(value), _) => Some(Phrase::new(value.label)),
        (None, Some(wish)) if line == Line::Wish => Some(Phrase::new("wish-quoted").text("wish", wish.as_str())),
        _ => None,
    };
    let chosen = chosen.map(|chosen| Phrase::new("question-chosen").phrase("chosen", chosen));
    let chosen = chosen.map(|chosen| format!("\n{}", style.soft(&i18n::say(locale, &chosen)))).unwrap_or_default();
    format!("{heading}\n{question}{chosen}")
}

/// Choices with something to say about them stand in a table, the others share a line.
fn choices(locale: Locale, choices: &[Choice], style: Style) -> String {
    let label = |choice: &Choice| i18n::say(locale, &choice.label);
    let column = choices
        .iter()
        .filter(|choice| choice.about.is_some())
        .map(|choice| measure_text_width(&label(choice)))
        .max()
        .unwrap_or_default();
    let mut rows = Vec::new();
    let mut shared = Vec::new();
    for (number, choice) in (1..).zip(choices) {
        let painted = match choice.tone {
            Tone::Primary => style.strong(&label(choice)),
            Tone::Answer | Tone::Way => label(choice),
        };
        match &choice.about {
            Some(about) => {
                rows.extend(share(&mut shared, style));
                let gap = " ".repeat(column - measure_text_width(&label(choice)));
                let about = style.soft(&i18n::say(locale, about));
                rows.push(style.wrap(&format!("{number:>3}. {painted}{gap}  "), &about));
            }
            None => shared.push(format!("{number}. {painted}")),
        }
    }
    rows.extend(share(&mut shared, style));
    rows.join("\n")
}

fn share(shared: &mut Vec<String>, style: Style) -> Option<String> {
    if shared.is_empty() {
        return None;
    }
    let mut rows: Vec<String> = Vec::new();
    for item in shared.drain(..) {
        match rows.last_mut() {
            Some(row)
                if style.width.is_none_or(|width| measure_text_width(row) + measure_text_width(&item) + 3 <= width) =>
            {
                *row = format!("{row}   {item}");
            }
            _ => rows.push(format!("  {item}")),
        }
    }
    Some(rows.join("\n"))
}

fn dish(locale: Locale, served: &ServedDish, style: Style) -> Vec<String> {
    let say = |phrase: Phrase| i18n::say(locale, &phrase);
    let dish = &served.dish;
    let facts = [
        say(Phrase::new("dish-facts").number("minutes", dish.minutes)),
        say(Phrase::new("dish-number").number("number", served.number)),
    ];
    let facts = style.soft(&facts.join(" · "));
    let mut paragraphs =
        vec![format!("{}\n{}\n{facts}", style.heading(dish.name()), style.wrap("", &dish.introduction))];
    if !dish.loosened.is_empty() {
        let lines = dish.loosened.iter().map(|line| Phrase::new(line.label())).collect();
        paragraphs.push(style.wrap("", &say(Phrase::new("dish-loosened").list("lines", lines))));
    }
    paragraphs.push(format!("{}\n{}", style.strong(&say(Phrase::new("dish-ingredients"))), ingredients(dish)));
    paragraphs.push(format!("{}\n{}", style.strong(&say(Phrase::new("dish-steps"))), steps(dish, style)));
    let mut last = Vec::new();
    if !dish.allergens.is_empty() {
        let allergens = dish.allergens.iter().map(|allergen| Phrase::new(allergen.label())).collect();
        last.push(say(Phrase::new("dish-allergens").list("allergens", allergens)));
    }
    let source = match dish.source {
        Source::Cookbook => Phrase::new("source-cookbook"),
    };
    last.push(say(Phrase::new("dish-source").phrase("source", source)));
    match served.tickets {
        Some((tickets, back_at)) => {
            last.push(match tickets.left {
                0 => say(Phrase::new("tickets-none-left").number("limit", tickets.limit)),
                left => say(Phrase::new("tickets-left").number("left", left).number("limit", tickets.limit)),
            });
            last.push(say(Phrase::new("tickets-back").local("back", back_at).number("limit", tickets.limit)));
        }
        None => last.push(say(Phrase::new("dish-served").local("at", served.served_at))),
    }
    paragraphs.push(last.iter().map(|line| style.wrap("", line)).collect::<Vec<_>>().join("\n"));
    paragraphs
}

fn ingredients(dish: &Dish) -> String {
    let column = dish.ingredients.iter().map(|line| measure_text_width(&line.name)).max().unwrap_or_default();
    let row = |name: &str, amount: String| {
        let dots = "·".repeat(column + 3 - measure_text_width(name));
        format!("  {name} {dots} {amount}")
    };
    let rows = dish.ingredients.iter().map(|line| row(&line.name, i18n::say(dish.locale, &line.amount.phrase())));
    rows.collect::<Vec<_>>().join("\n")
}

fn steps(dish: &Dish, style: Style) -> String {
    let rows = (1..).zip(&dish.steps).map(|(number, step)| style.wrap(&format!("{number:>3}. "), step));
    rows.collect::<Vec<_>>().join("\n")
}

fn history(locale: Locale, page: &HistoryPage, style: Style) -> String {
    let heading = match &page.keyword {
        Some(keyword) => Phrase::new("history-heading-search").number("total", page.total).text("keyword", keyword),
        None => Phrase::new("history-heading").number("total", page.total),
    };
    let place = Phrase::new("history-page").number("page", page.page).number("pages", page.pages);
    format!("{}\n{}", style.heading(&i18n::say(locale, &heading)), style.soft(&i18n::say(locale, &place)))
}

fn help(locale: Locale, style: Style) -> String {
    let word = |key| i18n::word(locale, key);
    let usage = |name: &str, argument: Option<&'static str>| match argument {
        Some(argument) => format!("/{name} [{}]", word(argument)),
        None => format!("/{name}"),
    };
    let usages: Vec<String> = COMMANDS.iter().map(|spec| usage(spec.name, spec.argument)).collect();
    let column = usages.iter().map(|usage| measure_text_width(usage)).max().unwrap_or_default();
    let rows = COMMANDS.iter().zip(&usages).map(|(spec, usage)| {
        let gap = " ".repeat(column - measure_text_width(usage));
        style.wrap(&format!("  {}{gap}  ", style.strong(usage)), &word(spec.about))
    });
    let rows = rows.collect::<Vec<_>>().join("\n");
    let [footer, leave] = ["help-footer", "help-leave"].map(|key| style.wrap("", &word(key)));
    format!("{}\n{rows}\n{footer}\n{leave}", style.heading(&word("help-heading")))
}
