//! Where lines come from.

use std::{
    io::{BufRead, Read},
    sync::Arc,
};

use rustyline::{DefaultEditor, error::ReadlineError};
use tokio::{
    sync::{Notify, mpsc},
    task::JoinHandle,
};

/// More of one line is dropped, so that an endless line takes no endless memory.
const MAX_LINE: usize = 64 * 1024;

/// One reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    /// A line without its end. Bytes that are no UTF-8 are replaced.
    Text(String),
    /// Ctrl-C.
    Interrupted,
    /// Nothing comes any more.
    End,
}

/// Ctrl-C, kept from the moment it is pressed until someone looks.
pub(super) struct Interrupts {
    pressed: Arc<Notify>,
    listener: JoinHandle<()>,
}

impl Interrupts {
    /// Listens from now on; where that is not possible, Ctrl-C ends the program as it always does.
    pub(super) fn listen() -> Self {
        let pressed = Arc::new(Notify::new());
        let heard = Arc::clone(&pressed);
        #[cfg(unix)]
        let signals = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt());
        #[cfg(windows)]
        let signals = tokio::signal::windows::ctrl_c();
        let listener = tokio::spawn(async move {
            match signals {
                Ok(mut signals) => {
                    while signals.recv().await.is_some() {
                        heard.notify_one();
                    }
                }
                Err(error) => tracing::warn!(%error, "Ctrl-C is not listened to"),
            }
        });
        Self { pressed, listener }
    }

    /// Forgets one that nobody looked for, lest it stops an order that came after it.
    fn forget(&self) {
        let mut pressed = std::pin::pin!(self.pressed.notified());
        pressed.as_mut().enable();
    }

    /// Waits for the next one.
    pub(super) async fn next(&self) {
        self.pressed.notified().await;
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

/// A source of lines.
pub enum Input {
    /// A person who types.
    Terminal(Option<Box<DefaultEditor>>),
    /// A pipe or a file, read in a thread of its own.
    Pipe(mpsc::Receiver<String>),
}

impl Input {
    /// A line editor on the terminal.
    pub fn terminal() -> Result<Self, ReadlineError> {
        Ok(Self::Terminal(Some(Box::new(DefaultEditor::new()?))))
    }

    /// Lines out of `reader`; no more than one is read ahead.
    pub fn pipe(reader: impl BufRead + Send + 'static) -> Self {
        let (sender, receiver) = mpsc::channel(1);
        std::thread::spawn(move || {
            let mut reader = reader;
            while let Ok(Some(line)) = read_line(&mut reader) {
                if sender.blocking_send(line).is_err() {
                    break;
                }
            }
        });
        Self::Pipe(receiver)
    }

    /// The next line.
    pub(super) async fn next(&mut self, prompt: String, interrupts: &Interrupts) -> Line {
        match self {
            Self::Pipe(lines) => tokio::select! {
                line = lines.recv() => line.map_or(Line::End, Line::Text),
                () = interrupts.next() => Line::Interrupted,
            },
            Self::Terminal(slot) => {
                let Some(mut editor) = slot.take() else { return Line::End };
                let reading = tokio::task::spawn_blocking(move || {
                    let line = editor.readline(&prompt);
                    if let Ok(line) = &line {
                        // Only the arrow keys would miss it.
                        let _ = editor.add_history_entry(line);
                    }
                    (editor, line)
                });
                match reading.await {
                    Ok((editor, line)) => {
                        *slot = Some(editor);
                        interrupts.forget();
                        match line {
                            Ok(line) => Line::Text(line),
                            Err(ReadlineError::Interrupted) => Line::Interrupted,
                            Err(_) => Line::End,
                        }
                    }
                    Err(_) => Line::End,
                }
            }
        }
    }
}

/// One line of at most [`MAX_LINE`] bytes; `None` at the end.
fn read_line(reader: &mut impl BufRead) -> std::io::Result<Option<String>> {
    let mut line = Vec::new();
    let room = u64::try_from(MAX_LINE).unwrap_or(u64::MAX);
    if reader.by_ref().take(room).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.last() != Some(&b'\n') {
        skip_line(reader)?;
    }
    Ok(Some(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned()))
}

fn skip_line(reader: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let buffer = reader.fill_buf()?;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let length = end.map_or(buffer.len(), |at| at + 1);
        reader.consume(length);
        if end.is_some() || length == 0 {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8]) -> Vec<String> {
        let mut reader = std::io::BufReader::with_capacity(16, bytes);
        std::iter::from_fn(|| read_line(&mut reader).expect("a slice reads")).collect()
    }

    #[test]
    fn a_megabyte_in_one_line_is_one_short_line_and_the_next_is_whole() {
        let mut bytes = vec![b'x'; 1_000_000];
        bytes.extend_from_slice("\n밥\r\n끝".as_bytes());
        let lines = lines(&bytes);
        assert_eq!(lines[0].len(), MAX_LINE);
        assert_eq!(&lines[1..], ["밥", "끝"]);
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        assert_eq!(lines(b"\xff\xfe1\n\n"), ["\u{fffd}\u{fffd}1", ""]);
    }
}
