//! What breaks, where, and when.

use std::time::Duration;

/// On what everything is kept, and how many processes share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    Sqlite,
    Postgres,
    /// One PostgreSQL, two processes.
    Two,
}

impl Base {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Two => "postgres, two processes",
        }
    }
}

/// How far an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// It was just confirmed.
    Placing,
    /// It is written down, and its waiting message is on its way.
    Queued,
    /// It is being cooked.
    Cooking,
    /// Its dish is kept; telling it is on its way.
    Served,
    /// The person sees it, and the program does not know that yet.
    Telling,
    /// All is done.
    Told,
}

impl Stage {
    pub(super) const ALL: [Self; 6] =
        [Self::Placing, Self::Queued, Self::Cooking, Self::Served, Self::Telling, Self::Told];

    /// Whether a program in a terminal can be met there: what it says arrives at once.
    pub(super) fn is_met_in_a_terminal(self) -> bool {
        matches!(self, Self::Placing | Self::Cooking | Self::Told)
    }
}

/// What breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// A process is killed, and another one started.
    Kill,
    /// It is asked to stop, and another one started.
    Stop,
    /// It sleeps for longer than its leases, and wakes up.
    Freeze,
    /// It gets no more memory.
    Memory,
    /// No file may grow, as on a full disk; PostgreSQL says that its disk is full.
    Full,
    /// The server of the database crashes, and comes back.
    Restart,
    /// Connections to the database break, and nobody gets a new one for a while.
    DatabaseCut,
    /// The database does not answer for a while; SQLite's lock is held by somebody else.
    DatabaseHeld,
    /// Each answer of the database takes its time.
    DatabaseSlow,
    PlatformCut,
    PlatformHeld,
    PlatformSlow,
    ModelCut,
    ModelHeld,
    ModelSlow,
    /// The clock jumps a day ahead, over a midnight.
    ClockAhead,
    /// It jumps a day back.
    ClockBack,
}

impl Fault {
    pub(super) const ALL: [Self; 17] = [
        Self::Kill,
        Self::Stop,
        Self::Freeze,
        Self::Memory,
        Self::Full,
        Self::Restart,
        Self::DatabaseCut,
        Self::DatabaseHeld,
        Self::DatabaseSlow,
        Self::PlatformCut,
        Self::PlatformHeld,
        Self::PlatformSlow,
        Self::ModelCut,
        Self::ModelHeld,
        Self::ModelSlow,
        Self::ClockAhead,
        Self::ClockBack,
    ];

    /// Whether there is such a thing with this door and database.
    pub(super) fn can_be(self, terminal: bool, base: Base) -> bool {
        match self {
            Self::Restart | Self::DatabaseCut | Self::DatabaseSlow => base != Base::Sqlite,
            Self::PlatformCut | Self::PlatformHeld | Self::PlatformSlow => !terminal,
            _ => true,
        }
    }

    pub(super) fn is_of_the_platform(self) -> bool {
        matches!(self, Self::PlatformCut | Self::PlatformHeld | Self::PlatformSlow)
    }

    pub(super) fn is_of_the_clock(self) -> bool {
        matches!(self, Self::ClockAhead | Self::ClockBack)
    }

    /// How long it lasts.
    pub(super) fn lasts(self) -> Duration {
        match self {
            Self::Kill | Self::Stop | Self::Restart | Self::ClockAhead | Self::ClockBack => Duration::ZERO,
            Self::Freeze => Duration::from_secs(4),
            Self::DatabaseHeld | Self::PlatformHeld | Self::ModelHeld => Duration::from_secs(3),
            _ => Duration::from_millis(1500),
        }
    }
}
