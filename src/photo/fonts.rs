//! The fonts that words are drawn with.

use std::sync::Arc;

use resvg::usvg::fontdb::{Database, Family, Query, Weight};

/// Families with Hangul that look well on a card, the best first: of Debian's fonts-nanum and fonts-noto-cjk, and
/// those that come with macOS and Windows.
const FAMILIES: [&str; 10] = [
    "NanumSquare",
    "NanumSquareRound",
    "NanumBarunGothic",
    "NanumGothic",
    "Pretendard",
    "Noto Sans CJK KR",
    "Noto Sans KR",
    "Apple SD Gothic Neo",
    "Malgun Gothic",
    "Noto Sans CJK JP",
];

/// Fonts found on the system, or none.
#[derive(Debug, Clone)]
pub struct Fonts {
    pub(super) all: Arc<Database>,
    pub(super) family: Option<&'static str>,
}

impl Fonts {
    /// The fonts that are installed.
    pub fn of_system() -> Self {
        let mut all = Database::new();
        all.load_system_fonts();
        let has = |family: &&str| {
            let query = Query { families: &[Family::Name(family)], weight: Weight::BOLD, ..Query::default() };
            all.query(&query).is_some()
        };
        Self { family: FAMILIES.into_iter().find(has), all: Arc::new(all) }
    }

    /// No fonts: nothing is written.
    pub fn none() -> Self {
        Self { all: Arc::new(Database::new()), family: None }
    }

    /// Whether Korean can be written.
    pub fn has_korean(&self) -> bool {
        self.family.is_some()
    }
}
