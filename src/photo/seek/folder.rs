//! A folder of pictures, each named after its dish.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::sync::Semaphore;

use super::ask::part;
use crate::{
    chat::Credit,
    dish::Names,
    photo::{
        develop::{self, Developed, develop},
        in_turn,
        notebook::DishKey,
        source::Source,
    },
};

/// Files of a folder that are looked at.
const MOST_FILES: usize = 20_000;

/// A picture of a folder that is named after the dish, and what stands in a text file beside it, which is its credit. A folder
/// that is not there has none.
pub(super) async fn in_folder(
    source: &Source,
    names: &Names,
    developing: &Arc<Semaphore>,
) -> io::Result<Option<(Developed, Option<Credit>)>> {
    let (folder, dish) = (PathBuf::from(source.folder().unwrap_or_default()), names.clone());
    let looking = tokio::task::spawn_blocking(move || named_after(&folder, &dish));
    let Some(file) = looking.await.map_err(io::Error::other)?? else { return Ok(None) };
    let developing = in_turn(developing, move || {
        let said = std::fs::read_to_string(file.with_extension("txt")).unwrap_or_default();
        let developed = develop(&std::fs::read(&file)?)
            .map_err(|reason| io::Error::other(format!("{}: {reason}", file.display())))?;
        let credit = part(&said).map(|source| Credit { source, author: None, licence: None, page: None });
        Ok(Some((developed, credit)))
    });
    developing.await.await.map_err(io::Error::other)?
}

/// The first file of a folder, by name, that is a picture and named after the dish in either language.
fn named_after(folder: &Path, dish: &Names) -> io::Result<Option<PathBuf>> {
    let keys: Vec<DishKey> = [&dish.ko, &dish.en].into_iter().filter_map(|name| DishKey::of(name)).collect();
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let is_meant = |path: &PathBuf| {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_lowercase();
        let key = path.file_stem().and_then(|stem| DishKey::of(stem.to_str()?));
        ["jpg", "jpeg", "png", "webp"].contains(&ending.as_str()) && key.is_some_and(|key| keys.contains(&key))
    };
    let meant = entries.filter_map(Result::ok).take(MOST_FILES).map(|entry| entry.path()).filter(is_meant);
    // A pipe or a device would never end.
    let meant = meant
        .filter(|path| path.metadata().is_ok_and(|data| data.is_file() && data.len() <= develop::MOST_BYTES as u64));
    Ok(meant.min())
}
