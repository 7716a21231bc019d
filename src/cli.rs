//! The command line: `bapsang chat`, `run`, `admin`, `check`, `eval`, `photos`, `backup`, `restore`, `move`, `migrate`,
//! `completions`.

mod check;
mod counter;
mod data;
mod health;
mod house;
mod notices;
mod office;
mod photos;
mod process;
mod progress;
mod run;
mod service;
mod trial;
mod turn;

use std::{
    io::{IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use clap::{CommandFactory, Parser, Subcommand};
use tokio_util::sync::CancellationToken;

use self::house::House;
use crate::{
    chat::{Locale, LocaleHint},
    photo::Photos,
    platform::console::{Console, Ended, Guest, Input, Pictures, Screen},
    settings::{Settings, Surroundings},
    store::{Store, StoreError},
    telemetry,
};

const EXAMPLES: &str = "\
Examples:
  bapsang chat                          choose a dish in the terminal
  bapsang chat --locale ko              the same in Korean, whatever LANG says
  printf '/cancel\\n/recommend soup\\n1\\n' | bapsang chat
                                        one input a line, from a script
  BAPSANG_TICKETS__DAILY_LIMIT=3 bapsang chat
  TELEGRAM_BOT_TOKEN=… bapsang run      open the bot on Telegram, until SIGTERM or Ctrl-C
  DISCORD_TOKEN=… bapsang run           the same on Discord; with both tokens on both
  OPENAI_API_KEY=… bapsang check --online
                                        ask the model for one dish, and see what comes
  bapsang eval openai                   judge a model by sixty requests
  bapsang photos check 'Kimchi stew'     see what each source of photos has for a dish
  bapsang backup bapsang-monday.db      copy the SQLite database while the bot runs
  bapsang restore bapsang-monday.db     put it back; the present one is moved aside
  bapsang move --from sqlite:bapsang.db --to env:DATABASE_URL
                                        move everything to another database
  bapsang admin stats                   what the days brought; admins ask the same in a chat
  DATABASE_URL=postgres://user:password@localhost/bapsang bapsang migrate

Exit codes:
  0    done
  1    something unexpected failed
  2    the command line is wrong
  3    the settings are wrong; every mistake was named
  4    the database cannot be used
  5    no platform has a token; what to set was said
  6    a check did not pass; what was wrong was said
  130  stopped by Ctrl-C";

/// What to eat? A chat bot that answers with one dish, measured for one.
#[derive(Debug, Parser)]
#[command(name = "bapsang", version, after_help = EXAMPLES)]
pub struct Cli {
    /// Settings file; without it, bot.toml in the current folder if there is one
    #[arg(long, global = true, value_name = "FILE")]
    settings: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Talk to the bot in this terminal, or from a pipe
    Chat {
        /// Language to begin with: ko or en
        #[arg(long, value_parser = locale)]
        locale: Option<Locale>,
        /// Write each line that is read from a pipe, so that the output reads as a conversation
        #[arg(long)]
        echo: bool,
        /// How to show pictures; the terminal decides where this is not given
        #[arg(long, value_enum)]
        pictures: Option<PicturesArgument>,
    },
    /// Open the bot on every platform whose token is set
    Run,
    /// Name every mistake in the settings, and look at the database, disks, clock and fonts
    Check {
        /// Ask the platforms whose tokens are set, and every model of recommender.chain for one dish, as well
        #[arg(long)]
        online: bool,
    },
    /// Judge a recommender by sixty requests
    Eval {
        /// "cookbook", or a model of recommender.chain
        #[arg(default_value = "cookbook")]
        recommender: String,
        /// Begin with this request, where an earlier evaluation was stopped
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=60))]
        from: u32,
    },
    /// Look at what the sources of photos answer
    Photos {
        #[command(subcommand)]
        command: photos::Command,
    },
    /// Command at the admins' counter: stats, person, grant, ban, sources and more; without a word, what there is
    Admin {
        /// Language to answer in: ko or en
        #[arg(long, value_parser = locale)]
        locale: Option<Locale>,
        /// Do it without asking first
        #[arg(long)]
        yes: bool,
        /// What to do, as after /admin in a chat
        #[arg(trailing_var_arg = true)]
        words: Vec<String>,
    },
    /// Copy the SQLite database into a new file, while the bot may run
    Backup {
        /// The new file
        file: PathBuf,
    },
    /// Put a backup into the place of the SQLite database, which is moved aside; stop the bot first
    Restore {
        /// A file that `bapsang backup` made
        file: PathBuf,
    },
    /// Copy everything from one database into an empty one, SQLite or PostgreSQL; stop the bot first
    Move {
        /// Where everything is: an address without a password, or env:NAME for the variable that holds one
        #[arg(long, value_name = "URL")]
        from: String,
        /// Where it goes: the same
        #[arg(long, value_name = "URL")]
        to: String,
    },
    /// Bring the database to this version, and do nothing else
    Migrate,
    /// Write the completions of a shell, to be read by it when it starts
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

/// [`Pictures`] on the command line.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum PicturesArgument {
    /// As they are: kitty, Ghostty, `WezTerm`, Konsole
    Kitty,
    /// Two pixels to a letter
    Blocks,
    /// The path of the file
    Path,
    /// Not at all
    Off,
}

impl From<PicturesArgument> for Pictures {
    fn from(argument: PicturesArgument) -> Self {
        match argument {
            PicturesArgument::Kitty => Self::Kitty,
            PicturesArgument::Blocks => Self::Blocks,
            PicturesArgument::Path => Self::Path,
            PicturesArgument::Off => Self::Off,
        }
    }
}

fn locale(tag: &str) -> Result<Locale, String> {
    Locale::from_tag(tag).ok_or_else(|| "ko and en are spoken here".to_owned())
}

/// How long the start waits to hear whether there is a font. Where there are many fonts there is one.
const FONTS_PATIENCE: Duration = Duration::from_millis(100);

const NO_FONT: &str = "no font with Korean letters was found, so recipe cards have no words; \
                       on Debian and Ubuntu: apt-get install fonts-nanum";

/// The exit codes, as `--help` tells them.
mod exit {
    pub(super) const FAILED: u8 = 1;
    pub(super) const COMMAND_LINE: u8 = 2;
    pub(super) const SETTINGS: u8 = 3;
    pub(super) const DATABASE: u8 = 4;
    pub(super) const NO_PLATFORM: u8 = 5;
    pub(super) const NOT_PASSED: u8 = 6;
    pub(super) const INTERRUPTED: u8 = 130;
}

/// Why the program ends early: a code and one sentence.
struct Failure(u8, String);

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self(exit::DATABASE, error.to_string())
    }
}

/// Runs the program in `folder`.
pub fn run(cli: &Cli, folder: &Path, surroundings: &Surroundings) -> ExitCode {
    if let Command::Completions { shell } = cli.command {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Cli::command(), "bapsang", &mut script);
        // Whoever closed the stream does not want to read it.
        let _ = std::io::stdout().write_all(&script);
        return ExitCode::SUCCESS;
    }
    let settings = match Settings::load(folder, cli.settings.as_deref(), surroundings) {
        Ok(settings) => settings,
        Err(mistakes) => {
            complain("the settings are wrong:");
            mistakes.0.iter().for_each(|mistake| complain(&format!("  {mistake}")));
            return ExitCode::from(exit::SETTINGS);
        }
    };
    telemetry::watch_panics();
    // In a chat the lines stand between the messages, and are for people.
    let format = if matches!(cli.command, Command::Run) { settings.log_format } else { telemetry::Format::Text };
    telemetry::start_as(&settings.log_filter, format);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("the program could not start: {error}"));
            return ExitCode::from(exit::FAILED);
        }
    };
    let again = {
        let (folder, file, surroundings) = (folder.to_owned(), cli.settings.clone(), surroundings.clone());
        Box::new(move || Settings::load(&folder, file.as_deref(), &surroundings))
    };
    let done = runtime.block_on(async {
        survive_full_files();
        match &cli.command {
            Command::Chat { locale, echo, pictures } => {
                let pictures = pictures.map(Pictures::from);
                chat(&settings, *locale, (*echo, pictures), surroundings, again).await
            }
            Command::Run => run::run(&settings, again).await,
            Command::Admin { locale, yes, words } => {
                counter::run(&settings, words, (*locale, *yes), surroundings, again).await
            }
            Command::Check { online } => {
                let checked = check::run(&settings, *online).await;
                let may_ask = !matches!(&checked, Err(Failure(code, _)) if *code != exit::NOT_PASSED);
                if *online && may_ask { checked.and(trial::check(&settings).await) } else { checked }
            }
            Command::Eval { recommender, from } => trial::eval(&settings, recommender, *from).await,
            Command::Photos { command } => photos::run(&settings, command).await,
            Command::Backup { file } => data::backup(&settings, file).await,
            Command::Restore { file } => data::restore(&settings, file).await,
            Command::Move { from, to } => data::relocate(&settings, surroundings, from, to).await,
            Command::Migrate => migrate(&settings).await,
            Command::Completions { .. } => Ok(ExitCode::SUCCESS),
        }
    });
    // A thread may still wait for a line that nobody types.
    runtime.shutdown_background();
    done.unwrap_or_else(|Failure(code, sentence)| {
        complain(&sentence);
        ExitCode::from(code)
    })
}

/// A file that may not grow is an error like that of a full disk, and ends nobody. Where nobody listens for it the signal of
/// that limit does (`setrlimit(2)`, `RLIMIT_FSIZE`).
#[cfg(unix)]
fn survive_full_files() {
    let too_long = tokio::signal::unix::SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
    if let Err(error) = tokio::signal::unix::signal(too_long) {
        tracing::debug!(%error, "a limit on files may end the program");
    }
}

#[cfg(not(unix))]
fn survive_full_files() {}

async fn chat(
    settings: &Settings,
    locale: Option<Locale>,
    (echo, pictures): (bool, Option<Pictures>),
    surroundings: &Surroundings,
    again: office::Again,
) -> Result<ExitCode, Failure> {
    let photos = Arc::new(photos(settings));
    let fonts = fonts_looked_for(&photos);
    let house = House::open(settings, photos, again, true).await?;
    let (bot, store) = (Arc::clone(&house.bot), house.store.clone());
    let (input, screen) = terminal(echo, pictures, surroundings)?;
    fonts.await;
    let console = Console::new(screen, PathBuf::from("."));
    let stop = CancellationToken::new();
    let cooking = house.cook(vec![(console.door(), Arc::clone(&console) as _)], stop.clone());
    let hint = locale.map_or(LocaleHint::Weak(surroundings.locale()), LocaleHint::Strong);
    let name = whoami::username().unwrap_or_else(|_| "guest".to_owned());
    let patience = settings.order_deadline + Duration::from_secs(15);
    let ended = console.run(&bot, Guest { name, locale: hint }, input, patience).await;
    stop.cancel();
    let closing = async {
        if let Err(panic) = cooking.await {
            tracing::error!(panicked = panic.is_panic(), "the kitchen ended badly");
        }
        store.close().await;
    };
    // Whoever does not want to wait for that may go; what is open is taken up again next time.
    let ended = tokio::select! {
        () = closing => ended,
        Ok(()) = tokio::signal::ctrl_c() => Ended::Interrupted,
    };
    Ok(match ended {
        Ended::EndOfInput => ExitCode::SUCCESS,
        Ended::Interrupted => ExitCode::from(exit::INTERRUPTED),
    })
}

/// Pictures as the settings say; photos are looked for once there is a store.
fn photos(settings: &Settings) -> Photos {
    Photos::in_folder(settings.media.clone()).limited_to(settings.media_max_megabytes)
}

/// Looks for fonts beside everything else; whoever waits for it says where there are none, if that is known by then.
fn fonts_looked_for(photos: &Arc<Photos>) -> impl Future<Output = ()> + use<> {
    let photos = Arc::clone(photos);
    let looking = tokio::spawn(async move { photos.has_korean().await });
    async move {
        if let Ok(Ok(false)) = tokio::time::timeout(FONTS_PATIENCE, looking).await {
            complain(NO_FONT);
        }
    }
}

fn terminal(echo: bool, pictures: Option<Pictures>, surroundings: &Surroundings) -> Result<(Input, Screen), Failure> {
    let (stdin, stdout) = (std::io::stdin(), std::io::stdout());
    let typed = stdin.is_terminal();
    let screen = if stdout.is_terminal() {
        let (colours, columns) = (surroundings.get("NO_COLOR").is_none(), console::Term::stdout().size().1);
        let able = Pictures::of_terminal(colours, |name| surroundings.get(name));
        Screen::terminal(stdout, colours, columns.into(), echo || !typed).showing(pictures.unwrap_or(able))
    } else {
        Screen::plain(stdout, echo).showing(pictures.unwrap_or(Pictures::Path))
    };
    let input = if typed && std::io::stdout().is_terminal() {
        Input::terminal().map_err(|error| Failure(exit::FAILED, format!("the terminal cannot be used: {error}")))?
    } else {
        Input::pipe(std::io::BufReader::new(stdin))
    };
    Ok((input, screen))
}

/// Standard output as it is, without an input line.
fn terminal_screen(surroundings: &Surroundings) -> Screen {
    let stdout = std::io::stdout();
    if stdout.is_terminal() {
        let (colours, columns) = (surroundings.get("NO_COLOR").is_none(), console::Term::stdout().size().1);
        let able = Pictures::of_terminal(colours, |name| surroundings.get(name));
        Screen::terminal(stdout, colours, columns.into(), false).showing(able)
    } else {
        Screen::plain(stdout, false).showing(Pictures::Path)
    }
}

async fn migrate(settings: &Settings) -> Result<ExitCode, Failure> {
    let store = open(settings).await?;
    let _ = writeln!(std::io::stdout(), "{} is up to date.", settings.database.shown());
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn open(settings: &Settings) -> Result<Store, Failure> {
    let named = |error: StoreError| {
        let Failure(code, sentence) = Failure::from(error);
        Failure(code, format!("{}: {sentence}", settings.database.shown()))
    };
    let store = Store::open(&settings.database, &settings.database_options).await.map_err(named)?;
    match store.unfinished_copy().await.map_err(named)? {
        None => Ok(store),
        Some(from) => {
            let shown = settings.database.shown();
            let sentence = format!("{shown} holds an unfinished copy of {from}: run the same bapsang move again first");
            Err(Failure(exit::DATABASE, sentence))
        }
    }
}

/// Whoever closed the stream does not want to read it.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn complain(sentence: &str) {
    let _ = writeln!(std::io::stderr(), "bapsang: {sentence}");
}
