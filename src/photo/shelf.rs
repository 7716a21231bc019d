//! Where pictures are kept: files under the media folder, each named by its content.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use crate::chat::{Picture, PictureHash};

/// The folder of pictures: `FOLDER/<first two digits>/<hash>.jpg`, and `FOLDER/sheets/<hash>.jpg`.
#[derive(Debug, Clone)]
pub struct Shelf {
    folder: PathBuf,
}

/// A picture that could not be kept, found or removed.
#[derive(Debug, thiserror::Error)]
#[error("the media folder {folder} cannot be used: {source}")]
pub struct ShelfError {
    folder: PathBuf,
    source: io::Error,
}

impl Shelf {
    /// A shelf in a folder that need not be there yet.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Keeps a JPEG under the hash of its content; one that is there already is only marked as used at `now`. A file
    /// is whole or not there at all.
    pub fn keep(&self, jpeg: &[u8], now: DateTime<Utc>) -> Result<Picture, ShelfError> {
        let hash = self.hash(jpeg)?;
        let file = self.file(&hash);
        self.put(hash, file, jpeg, now)
    }

    /// Keeps a sheet under the hash of what it shows.
    pub fn keep_sheet(&self, shows: &str, jpeg: &[u8], now: DateTime<Utc>) -> Result<Picture, ShelfError> {
        let hash = self.hash(shows.as_bytes())?;
        let file = self.sheet_file(&hash);
        self.put(hash, file, jpeg, now)
    }

    /// A sheet that is there; it counts as used at `now`.
    pub fn find_sheet(&self, shows: &str, now: DateTime<Utc>) -> Option<Picture> {
        let hash = self.hash(shows.as_bytes()).ok()?;
        let file = self.sheet_file(&hash);
        file.is_file().then(|| {
            touch(&file, now);
            Picture { hash, file }
        })
    }

    /// Removes sheets: those that were last used before a time, or all.
    pub fn remove_sheets(&self, used_before: Option<DateTime<Utc>>) {
        let old = |entry: &fs::DirEntry| used_before.is_none_or(|before| is_older(entry, before));
        for entry in entries(&self.folder.join(SHEETS)).filter(old) {
            let _ = fs::remove_file(entry.path());
        }
    }

    /// Removes what a process that was killed before `before` left half written.
    pub fn remove_unfinished(&self, before: DateTime<Utc>) {
        let all = entries(&self.folder).flat_map(|shelf| entries(&shelf.path()));
        let is_part = |entry: &fs::DirEntry| entry.path().extension().is_some_and(|ending| ending == UNFINISHED);
        for entry in all.filter(|entry| is_part(entry) && is_older(entry, before)) {
            let _ = fs::remove_file(entry.path());
        }
    }

    /// A picture that is there.
    pub fn find(&self, hash: &PictureHash) -> Option<Picture> {
        let file = self.file(hash);
        file.is_file().then(|| Picture { hash: hash.clone(), file })
    }

    /// A picture that is there; it counts as used at `now`.
    pub fn find_again(&self, hash: &PictureHash, now: DateTime<Utc>) -> Option<Picture> {
        self.find(hash).inspect(|picture| touch(&picture.file, now))
    }

    /// Removes a picture; one that is not there is as good.
    pub fn remove(&self, hash: &PictureHash) -> Result<(), ShelfError> {
        match fs::remove_file(self.file(hash)) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(self.error(source)),
            _ => Ok(()),
        }
    }

    /// The pictures of dishes that were last used before `before`. A folder that cannot be read has none.
    pub fn used_before(&self, before: DateTime<Utc>) -> Vec<PictureHash> {
        let name = |entry: fs::DirEntry| {
            let path = entry.path();
            PictureHash::parse(path.file_stem()?.to_str()?).filter(|hash| self.file(hash) == path)
        };
        let all = entries(&self.folder).flat_map(|shelf| entries(&shelf.path()));
        all.filter(|entry| is_older(entry, before)).filter_map(name).collect()
    }

    /// All pictures of dishes, where everything together takes more than so many bytes; else none.
    pub fn crowd(&self, most: u64) -> Vec<PictureHash> {
        let files = self.files();
        let is_over = files.iter().map(|file| file.size).sum::<u64>() > most;
        if is_over { files.into_iter().filter_map(|file| file.hash).collect() } else { Vec::new() }
    }

    /// Removes what was used longest ago until everything together takes at most so many bytes; what is pinned goes last.
    /// Gives how many went.
    pub fn shrink(&self, most: u64, pinned: &HashSet<PictureHash>) -> usize {
        let mut files = self.files();
        let is_pinned = |file: &Kept| file.hash.as_ref().is_some_and(|hash| pinned.contains(hash));
        files.sort_by_cached_key(|file| (is_pinned(file), file.used));
        let (mut left, mut removed) = (files.iter().map(|file| file.size).sum::<u64>(), 0);
        for file in files {
            if left <= most {
                break;
            }
            if fs::remove_file(file.path).is_ok() {
                (left, removed) = (left - file.size, removed + 1);
            }
        }
        removed
    }

    /// Every picture and every sheet; what is being written is neither.
    fn files(&self) -> Vec<Kept> {
        let all = entries(&self.folder).flat_map(|shelf| entries(&shelf.path()));
        let kept = |entry: fs::DirEntry| {
            let (path, metadata) = (entry.path(), entry.metadata().ok()?);
            let is_whole = metadata.is_file() && path.extension().is_some_and(|ending| ending == "jpg");
            let used = metadata.modified().ok().filter(|_| is_whole)?.into();
            let hash = path.file_stem().and_then(|stem| PictureHash::parse(stem.to_str()?));
            Some(Kept { used, size: metadata.len(), hash, path })
        };
        all.filter_map(kept).collect()
    }

    fn put(&self, hash: PictureHash, file: PathBuf, jpeg: &[u8], now: DateTime<Utc>) -> Result<Picture, ShelfError> {
        if !file.is_file() {
            self.write(&file, jpeg).map_err(|source| self.error(source))?;
        }
        touch(&file, now);
        Ok(Picture { hash, file })
    }

    fn write(&self, file: &Path, jpeg: &[u8]) -> io::Result<()> {
        let folder = file.parent().unwrap_or(&self.folder);
        fs::create_dir_all(folder)?;
        let suffix = format!(".{UNFINISHED}");
        let mut unfinished = tempfile::Builder::new().prefix(".").suffix(&suffix).tempfile_in(folder)?;
        unfinished.write_all(jpeg)?;
        unfinished.as_file().sync_all()?;
        // Two that write the same picture at once write the same bytes.
        unfinished.persist(file)?;
        Ok(())
    }

    fn hash(&self, bytes: &[u8]) -> Result<PictureHash, ShelfError> {
        let digits = hex::encode(Sha256::digest(bytes));
        PictureHash::parse(&digits).ok_or_else(|| self.error(io::Error::other("no hash")))
    }

    fn file(&self, hash: &PictureHash) -> PathBuf {
        let digits = hash.as_str();
        self.folder.join(digits.get(..2).unwrap_or_default()).join(format!("{digits}.jpg"))
    }

    fn sheet_file(&self, hash: &PictureHash) -> PathBuf {
        self.folder.join(SHEETS).join(format!("{hash}.jpg"))
    }

    fn error(&self, source: io::Error) -> ShelfError {
        ShelfError { folder: self.folder.clone(), source }
    }
}

/// A file that is whole.
struct Kept {
    path: PathBuf,
    hash: Option<PictureHash>,
    used: DateTime<Utc>,
    size: u64,
}

/// The sheets have a folder of their own; no dish needs one.
const SHEETS: &str = "sheets";

/// The ending of a file that is being written.
const UNFINISHED: &str = "part";

fn entries(folder: &Path) -> impl Iterator<Item = fs::DirEntry> + use<> {
    fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok)
}

fn is_older(entry: &fs::DirEntry, than: DateTime<Utc>) -> bool {
    let used = entry.metadata().and_then(|metadata| metadata.modified());
    used.is_ok_and(|used| DateTime::<Utc>::from(used) < than)
}

/// Notes that a file was used. Best effort: one that is kept longer does no harm, nor does one that is drawn again.
fn touch(file: &Path, now: DateTime<Utc>) {
    let _ = File::options().append(true).open(file).and_then(|open| open.set_modified(now.into()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn the_same_content_is_kept_once_and_found_by_its_hash() {
        let folder = tempfile::tempdir().expect("a folder");
        let shelf = Shelf::new(folder.path().join("media"));
        let now = at("2026-11-23T12:00:00Z");
        let kept = shelf.keep(b"picture", now).expect("kept");
        assert_eq!(shelf.keep(b"picture", now).expect("kept again"), kept);
        assert_eq!(shelf.find(&kept.hash), Some(kept.clone()));
        assert_eq!(fs::read(&kept.file).expect("a file"), b"picture");
        let beside = fs::read_dir(kept.file.parent().expect("a folder")).expect("a folder").count();
        assert_eq!(beside, 1, "nothing unfinished is left");
        shelf.remove(&kept.hash).expect("removed");
        shelf.remove(&kept.hash).expect("removed before");
        assert_eq!(shelf.find(&kept.hash), None);
    }

    #[test]
    fn many_that_keep_the_same_picture_at_once_leave_one_whole_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let (shelf, bytes) = (Shelf::new(folder.path().to_path_buf()), vec![7; 300_000]);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| shelf.keep(&bytes, at("2026-11-23T12:00:00Z")).expect("kept"));
            }
        });
        let kept = shelf.keep(&bytes, at("2026-11-23T12:00:00Z")).expect("kept");
        assert_eq!(fs::read(&kept.file).expect("a file"), bytes);
        assert_eq!(fs::read_dir(kept.file.parent().expect("a folder")).expect("a folder").count(), 1);
    }

    #[test]
    fn a_picture_that_is_kept_again_counts_as_used_then() {
        let folder = tempfile::tempdir().expect("a folder");
        let shelf = Shelf::new(folder.path().to_path_buf());
        let (noon, evening) = (at("2026-11-23T03:00:00Z"), at("2026-11-23T12:00:00Z"));
        let one = shelf.keep(b"one", noon).expect("kept").hash;
        let two = shelf.keep(b"two", noon).expect("kept").hash;
        shelf.keep(b"two", evening).expect("kept");
        fs::write(folder.path().join("notes.txt"), "not ours").expect("a file");
        assert_eq!(shelf.used_before(evening), [one]);
        assert!(shelf.find(&two).is_some());
    }

    #[test]
    fn a_full_shelf_loses_what_was_used_longest_ago() {
        let folder = tempfile::tempdir().expect("a folder");
        let shelf = Shelf::new(folder.path().to_path_buf());
        let kept: Vec<_> = (1..=4)
            .map(|hour| shelf.keep(&[hour; 100], at(&format!("2026-11-23T0{hour}:00:00Z"))).expect("kept").hash)
            .collect();
        let pinned = HashSet::from([kept[1].clone()]);
        assert_eq!((shelf.crowd(400).len(), shelf.crowd(250).len()), (0, 4));
        assert_eq!((shelf.shrink(400, &pinned), shelf.shrink(250, &pinned)), (0, 2));
        let there: Vec<bool> = kept.iter().map(|hash| shelf.find(hash).is_some()).collect();
        assert_eq!(there, [false, true, false, true]);
        assert_eq!(shelf.shrink(50, &pinned), 2, "what is pinned goes where nothing else is left");
    }

    #[test]
    fn a_folder_that_is_no_folder_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("media");
        fs::write(&file, "a file").expect("a file");
        let error = Shelf::new(file).keep(b"picture", at("2026-11-23T03:00:00Z")).expect_err("no folder");
        assert!(error.to_string().contains("media"), "{error}");
    }
}
