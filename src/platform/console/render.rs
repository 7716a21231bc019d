//! Facts as text for a terminal: aligned by display width, wrapped at words, coloured where wanted.

mod dish;
mod help;
mod profile;
mod report;

use console::{Style as Paint, measure_text_width};
use textwrap::{Options, WordSeparator, WordSplitter, fill};

use crate::{
    chat::{Choice, Facts, HistoryPage, Locale, Phrase, Reply, Tone},
    i18n,
    order::{Line, Wanted},
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

    pub(super) fn heading(self, text: &str) -> String {
        self.paint(text, Paint::new().bold().yellow())
    }

    pub(super) fn strong(self, text: &str) -> String {
        self.paint(text, Paint::new().bold())
    }

    pub(super) fn soft(self, text: &str) -> String {
        self.paint(text, Paint::new().dim())
    }

    /// Wraps at words; lines after the first begin under the first.
    pub(super) fn wrap(self, first: &str, text: &str) -> String {
        let Some(width) = self.width else { return format!("{first}{text}") };
        let indent = " ".repeat(measure_text_width(first));
        let options = Options::new(width).initial_indent(first).subsequent_indent(&indent);
        // Korean is wrapped between words, not between syllables.
        let options = options.word_separator(WordSeparator::AsciiSpace);
        fill(text, options.word_splitter(WordSplitter::NoHyphenation))
    }
}

/// A message without its trailing line end; `path` is where its picture lies, if it is not shown.
pub(super) fn message(reply: &Reply, path: Option<&str>, style: Style) -> String {
    let say = |phrase: &Phrase| i18n::say(reply.locale, phrase);
    let lead = |lead: &[Phrase]| after(lines(reply.locale, lead, style));
    let mut paragraphs: Vec<String> = match &reply.facts {
        Facts::Lines(phrases) => vec![lines(reply.locale, phrases, style)],
        Facts::Question { lead: before, line, wanted } => {
            vec![lead(before), question(reply.locale, *line, wanted, style)]
        }
        Facts::Summary { lead: before, .. } => {
            let heading = style.heading(&say(&Phrase::new("summary-heading")));
            let hint = style.wrap("", &say(&Phrase::new("summary-hint")));
            vec![lead(before), format!("{heading}\n{hint}")]
        }
        Facts::Waiting(waiting) => waiting.lines(reply.locale).iter().map(say).collect(),
        Facts::Dish(served) => {
            let mut said = dish::message(reply.locale, served, style);
            // A photo that is not shown needs no name under it.
            said.extend(reply.picture.as_ref().and_then(|_| dish::credit(reply.locale, served, style)));
            said
        }
        Facts::History(page) => vec![history(reply.locale, page, style)],
        Facts::Profile(page) => vec![lines(reply.locale, &page.lead, style), profile::page(reply.locale, page, style)],
        Facts::ProfileQuestion { lead: before, field, profile } => {
            vec![lead(before), profile::question(reply.locale, *field, profile, style)]
        }
        Facts::Shared { name, code } => {
            vec![style.wrap("", &say(&Phrase::shared(name, format!("/start {}", code.payload()))))]
        }
        // Nobody else reads in a terminal.
        Facts::InPrivate(_) => Vec::new(),
        Facts::Attachment(phrase, _) => vec![style.wrap("", &say(phrase))],
        Facts::Help(topic) => help::message(reply.locale, *topic, style),
        Facts::Report(report) => report::message(reply.locale, report, style),
    };
    if let Some(path) = path {
        paragraphs.push(style.soft(&say(&Phrase::new("picture-at").text("path", path))));
    }
    paragraphs.push(choices(reply.locale, &reply.choices, style));
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    // A menu belongs to its question; everything else stands apart.
    let gap = if asks(&reply.facts) { "\n" } else { "\n\n" };
    paragraphs.join(gap)
}

/// Whether an answer is waited for that may be a number of its own menu.
pub(super) fn asks(facts: &Facts) -> bool {
    matches!(facts, Facts::Question { .. } | Facts::Summary { .. } | Facts::ProfileQuestion { .. })
}

/// What stands before a question, with an empty line after it.
fn after(lead: String) -> String {
    if lead.is_empty() { lead } else { lead + "\n" }
}

fn lines(locale: Locale, phrases: &[Phrase], style: Style) -> String {
    phrases.iter().map(|phrase| style.wrap("", &i18n::say(locale, phrase))).collect::<Vec<_>>().join("\n")
}

fn question(locale: Locale, line: Line, wanted: &Wanted, style: Style) -> String {
    let heading = style.heading(&i18n::say(locale, &Phrase::question_heading(line)));
    let question = style.wrap("", &i18n::say(locale, &line.ask()));
    let chosen = Phrase::chosen(line, wanted);
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

fn history(locale: Locale, page: &HistoryPage, style: Style) -> String {
    let (heading, place) = (page.heading(), page.place());
    format!("{}\n{}", style.heading(&i18n::say(locale, &heading)), style.soft(&i18n::say(locale, &place)))
}
