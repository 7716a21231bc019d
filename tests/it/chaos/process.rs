//! A process of the bot: `bapsang run`, or a terminal.

use std::process::Command;

use nix::sys::signal::Signal;

use crate::{crash::Program, running::Running};

pub(super) enum Process {
    Run(Running),
    Chat(Program),
}

impl Process {
    /// The terminal that somebody sits at, where it is one.
    pub(super) fn program(&mut self) -> Option<&mut Program> {
        match self {
            Self::Run(_) => None,
            Self::Chat(program) => Some(program),
        }
    }

    fn id(&self) -> u32 {
        match self {
            Self::Run(running) => running.id(),
            Self::Chat(program) => program.id(),
        }
    }

    pub(super) fn is_alive(&mut self) -> bool {
        match self {
            Self::Run(running) => running.is_alive(),
            Self::Chat(program) => program.is_alive(),
        }
    }

    pub(super) fn signal(&self, signal: Signal) {
        match self {
            Self::Run(running) => running.signal(signal),
            Self::Chat(program) => program.signal(signal),
        }
    }

    /// Kills it; gives what it said in a terminal.
    pub(super) fn dies(self) -> Vec<String> {
        match self {
            Self::Run(running) => {
                running.dies();
                Vec::new()
            }
            Self::Chat(program) => program.kill(),
        }
    }

    /// What it said, where something is wrong.
    pub(super) fn said(&mut self) -> String {
        match self {
            Self::Run(running) => running.said(),
            Self::Chat(program) => program.heard().join("\n"),
        }
    }

    /// Its address space, in bytes.
    pub(super) fn size(&self) -> u64 {
        let size = std::fs::read_to_string(format!("/proc/{}/statm", self.id())).expect("a process");
        let pages: u64 = size.split(' ').next().and_then(|pages| pages.parse().ok()).expect("a size");
        pages * 4096
    }

    /// Limits what it may have, as setrlimit(2) names it.
    pub(super) fn limit(&self, what: &str, most: &str) {
        let (process, limit) = (self.id().to_string(), format!("--{what}={most}:"));
        let limited = Command::new("prlimit").args(["--pid", &process, &limit]).status();
        assert!(limited.expect("prlimit, of util-linux").success());
    }
}
