//! The door of the program: read the command line and the surroundings, run, and say how it ended.

use std::{path::Path, process::ExitCode};

use bapsang::{
    cli::{Cli, run},
    settings::Surroundings,
};
use clap::Parser;
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let folder = Path::new(".");
    run(&cli, folder, &Surroundings::of_this_process(folder))
}
