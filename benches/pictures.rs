//! How long a picture takes: `cargo bench --bench pictures`.

use std::{sync::LazyLock, time::Duration};

use bapsang::{
    chat::Locale,
    dish::{Dish, brought_by},
    photo::{Photos, Tile},
    recommender::Cookbook,
};
use chrono::{DateTime, Utc};
use divan::Bencher;
use tokio::runtime::Runtime;

static COOKBOOK: LazyLock<Cookbook> = LazyLock::new(|| Cookbook::load(Duration::ZERO).expect("the cookbook"));
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

fn main() {
    divan::main();
}

fn noon() -> DateTime<Utc> {
    "2026-11-25T03:00:00Z".parse().expect("a time")
}

fn dishes() -> Vec<Dish> {
    COOKBOOK.entries().iter().map(|entry| entry.dish(Locale::Ko, Vec::new())).collect()
}

/// A card from a dish to a file on the disk, one after another through the cookbook.
#[divan::bench(sample_count = 300)]
fn card(bencher: Bencher) {
    let folder = tempfile::tempdir().expect("a folder");
    let photos = Photos::in_folder(folder.path().to_path_buf());
    RUNTIME.block_on(photos.has_korean());
    let mut all = dishes().into_iter().cycle();
    // Each has another name, so that none was drawn before.
    let mut number = 0..;
    let next = || {
        let mut dish = all.next().expect("a dish");
        dish.names.en.push_str(&number.next().unwrap_or(0).to_string());
        dish
    };
    bencher
        .with_inputs(next)
        .bench_local_values(|dish| RUNTIME.block_on(photos.of_dish(&dish, None, noon())).expect("a card"));
}

/// A card that is kept already: only found again.
#[divan::bench]
fn card_found_again(bencher: Bencher) {
    let folder = tempfile::tempdir().expect("a folder");
    let photos = Photos::in_folder(folder.path().to_path_buf());
    let dish = dishes().swap_remove(0);
    let kept = RUNTIME.block_on(photos.of_dish(&dish, None, noon())).expect("a card").hash;
    bencher.bench_local(|| RUNTIME.block_on(photos.of_dish(&dish, Some(&kept), noon())).expect("the card"));
}

/// A sheet of three dishes.
#[divan::bench(sample_count = 300)]
fn sheet(bencher: Bencher) {
    let folder = tempfile::tempdir().expect("a folder");
    let photos = Photos::in_folder(folder.path().to_path_buf());
    RUNTIME.block_on(photos.has_korean());
    let dishes = dishes();
    let mut start = (0..dishes.len() - 3).cycle();
    bencher
        .with_inputs(|| {
            let from = start.next().expect("a place");
            let tile = |(number, dish): (u32, &Dish)| Tile { number, dish: dish.clone(), favourite: number == 1 };
            (1..).zip(&dishes[from..from + 3]).map(tile).collect::<Vec<Tile>>()
        })
        .bench_local_values(|tiles| RUNTIME.block_on(photos.sheet(Locale::Ko, tiles, noon())).expect("a sheet"));
}

/// Looking through the fonts of the system, once a start.
#[divan::bench(sample_count = 20)]
fn fonts() -> bool {
    bapsang::photo::Fonts::of_system().has_korean()
}

/// What the ingredients of one dish bring with them.
#[divan::bench]
fn allergens_of_a_dish(bencher: Bencher) {
    let mut all = dishes().into_iter().cycle();
    bencher
        .with_inputs(|| all.next().expect("a dish"))
        .bench_local_refs(|dish| dish.ingredients.iter().map(|line| brought_by(&line.name).len()).sum::<usize>());
}
