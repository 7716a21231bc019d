//! What is written to: a terminal with colours and a spinner, or a plain stream.

use std::{io::Write, time::Duration};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{
    Pictures,
    render::{self, Style},
};
use crate::chat::{Facts, Reply, clean, shorten};

/// Where text goes.
pub struct Screen {
    out: Box<dyn Write + Send>,
    style: Style,
    pictures: Pictures,
    spins: bool,
    echoes: bool,
    spinner: Option<ProgressBar>,
}

impl Screen {
    /// A terminal; `colours` is off where NO_COLOR says so, `width` is its columns, and `echoes` is for
    /// lines that are not typed here but come from a pipe.
    pub fn terminal(out: impl Write + Send + 'static, colours: bool, width: usize, echoes: bool) -> Self {
        Self {
            out: Box::new(out),
            style: Style { colours, width: Some(width.clamp(20, 100)) },
            pictures: Pictures::Path,
            spins: true,
            echoes,
            spinner: None,
        }
    }

    /// A plain stream: no colours, no spinner, lines as long as they are.
    ///
    /// With `echoes` it also writes each line that was read, so that the stream reads as a conversation.
    pub fn plain(out: impl Write + Send + 'static, echoes: bool) -> Self {
        let style = Style { colours: false, width: None };
        Self { out: Box::new(out), style, pictures: Pictures::Path, spins: false, echoes, spinner: None }
    }

    /// The same with another way to show pictures.
    pub fn showing(mut self, pictures: Pictures) -> Self {
        self.pictures = pictures;
        self
    }

    /// A message as it is printed, with its picture above it or the path of it below. A sheet of several dishes has too
    /// many words for half blocks.
    pub(super) fn compose(&self, reply: &Reply) -> String {
        let columns = self.style.width.unwrap_or(usize::MAX);
        let by_path = self.pictures == Pictures::Path
            || (self.pictures == Pictures::Blocks && matches!(reply.facts, Facts::History(_)));
        match &reply.picture {
            Some(picture) if by_path => render::message(reply, Some(&picture.file.display().to_string()), self.style),
            Some(picture) => {
                let shown = self.pictures.show(picture, columns).map(|shown| shown + "\n\n");
                shown.unwrap_or_default() + &render::message(reply, None, self.style)
            }
            None => render::message(reply, None, self.style),
        }
    }

    /// What stands before the place to type.
    pub(super) fn prompt(&self) -> String {
        if self.spins && !self.echoes { "› ".to_owned() } else { String::new() }
    }

    /// Writes what was read, cleaned, where that is wanted; a terminal shows it already and gets some air.
    pub(super) fn echo(&mut self, line: &str) {
        if self.echoes {
            self.print(&format!("> {}", shorten(&clean(line), 200)));
        } else if self.spins {
            let _ = writeln!(self.out);
        }
    }

    /// Writes a message and an empty line. A stream that is closed is nothing to be done about.
    pub(super) fn print(&mut self, text: &str) {
        if let Some(spinner) = self.spinner.take() {
            spinner.finish_and_clear();
        }
        let _ = writeln!(self.out, "{text}\n").and_then(|()| self.out.flush());
    }

    /// Shows that the kitchen is at work, with a hint how to stop it; a plain stream says so once.
    pub(super) fn wait(&mut self, text: &str, hint: &str, first: bool) {
        if !self.spins {
            if first {
                self.print(text);
            }
            return;
        }
        let spinner = self.spinner.get_or_insert_with(|| {
            let spinner = ProgressBar::with_draw_target(None, ProgressDrawTarget::stdout());
            let template = if self.style.colours { "{spinner:.yellow} {msg}" } else { "{spinner} {msg}" };
            if let Ok(style) = ProgressStyle::with_template(template) {
                spinner.set_style(style.tick_strings(&["◐", "◓", "◑", "◒", "●"]));
            }
            spinner.enable_steady_tick(Duration::from_millis(120));
            spinner
        });
        spinner.set_message(format!("{text} {}", self.style.soft(hint)));
    }
}
