//! The five choices of the dialogue, in the order and with the values of the seed.

use serde::{Deserialize, Serialize};

use crate::chat::Phrase;

/// One line of an order: five choices and the free wish, in the order in which they are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// 요리 난이도
    Difficulty,
    /// 테마
    Theme,
    /// 음식 분류
    Cuisine,
    /// 메인 재료
    MainIngredient,
    /// 요리 방법
    Method,
    /// 맞춤 추천
    Wish,
}

/// One value that a line can be set to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value {
    /// The word in tokens, in the store and in the cookbook; ASCII, at most 12 bytes.
    pub id: &'static str,
    /// The locale key of its label.
    pub label: &'static str,
    /// The locale key of the line about it.
    pub about: &'static str,
}

impl Line {
    /// All lines as they are asked.
    pub const ALL: [Self; 6] =
        [Self::Difficulty, Self::Theme, Self::Cuisine, Self::MainIngredient, Self::Method, Self::Wish];

    /// The word in tokens; ASCII.
    pub fn id(self) -> &'static str {
        match self {
            Self::Difficulty => "difficulty",
            Self::Theme => "theme",
            Self::Cuisine => "cuisine",
            Self::MainIngredient => "main",
            Self::Method => "method",
            Self::Wish => "wish",
        }
    }

    /// Reads a word written by [`Line::id`].
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|line| line.id() == id)
    }

    /// The locale key of its name.
    pub fn label(self) -> &'static str {
        match self {
            Self::Difficulty => "line-difficulty",
            Self::Theme => "line-theme",
            Self::Cuisine => "line-cuisine",
            Self::MainIngredient => "line-main",
            Self::Method => "line-method",
            Self::Wish => "line-wish",
        }
    }

    fn question(self) -> &'static str {
        match self {
            Self::Difficulty => "ask-difficulty",
            Self::Theme => "ask-theme",
            Self::Cuisine => "ask-cuisine",
            Self::MainIngredient => "ask-main",
            Self::Method => "ask-method",
            Self::Wish => "ask-wish",
        }
    }

    /// The question that is asked for it, filled in.
    pub fn ask(self) -> Phrase {
        let question = Phrase::new(self.question());
        match self {
            Self::Wish => question.number("most", i64::try_from(super::Wish::MAX_CHARACTERS).unwrap_or(i64::MAX)),
            _ => question,
        }
    }

    /// Its values; none for the wish.
    pub fn values(self) -> &'static [Value] {
        match self {
            Self::Difficulty => Difficulty::VALUES,
            Self::Theme => Theme::VALUES,
            Self::Cuisine => Cuisine::VALUES,
            Self::MainIngredient => MainIngredient::VALUES,
            Self::Method => Method::VALUES,
            Self::Wish => &[],
        }
    }

    /// Its place among [`Line::ALL`], from 1.
    pub fn number(self) -> u8 {
        match self {
            Self::Difficulty => 1,
            Self::Theme => 2,
            Self::Cuisine => 3,
            Self::MainIngredient => 4,
            Self::Method => 5,
            Self::Wish => 6,
        }
    }

    /// The line asked after this one.
    pub fn next(self) -> Option<Self> {
        Self::ALL.get(usize::from(self.number())).copied()
    }

    /// The line asked before this one.
    pub fn previous(self) -> Option<Self> {
        Self::ALL.get(usize::from(self.number()).checked_sub(2)?).copied()
    }
}

macro_rules! choices {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $id:literal, $label:literal, $about:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $id)] $variant,)+
        }

        impl $name {
            /// Every value, in the order in which it is offered.
            pub const ALL: &[Self] = &[$(Self::$variant),+];
            /// The values as a menu shows them.
            pub const VALUES: &[Value] = &[$(Value { id: $id, label: $label, about: $about }),+];

            /// The value as a menu shows it.
            pub fn value(self) -> &'static Value {
                match self { $(Self::$variant => &Value { id: $id, label: $label, about: $about }),+ }
            }

            /// Reads a word written by [`Value::id`].
            pub fn from_id(id: &str) -> Option<Self> {
                match id { $($id => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

choices! {
    /// 요리 난이도: how much skill the dish asks for.
    Difficulty {
        /// 고급
        Advanced = "advanced", "difficulty-advanced", "difficulty-advanced-about";
        /// 중급
        Intermediate = "intermediate", "difficulty-intermediate", "difficulty-intermediate-about";
        /// 초급
        Beginner = "beginner", "difficulty-beginner", "difficulty-beginner-about";
    }
}

choices! {
    /// 테마: the occasion.
    Theme {
        /// 메인요리
        Main = "main", "theme-main", "theme-main-about";
        /// 밑반찬
        Side = "side", "theme-side", "theme-side-about";
        /// 간식
        Snack = "snack", "theme-snack", "theme-snack-about";
        /// 간단요리
        Quick = "quick", "theme-quick", "theme-quick-about";
        /// 초대요리
        Guests = "guests", "theme-guests", "theme-guests-about";
        /// 향토음식
        Regional = "regional", "theme-regional", "theme-regional-about";
        /// 겨울음식
        Winter = "winter", "theme-winter", "theme-winter-about";
        /// 여름음식
        Summer = "summer", "theme-summer", "theme-summer-about";
    }
}

choices! {
    /// 음식 분류: the cuisine.
    Cuisine {
        /// 한식
        Korean = "korean", "cuisine-korean", "cuisine-korean-about";
        /// 일식
        Japanese = "japanese", "cuisine-japanese", "cuisine-japanese-about";
        /// 중식
        Chinese = "chinese", "cuisine-chinese", "cuisine-chinese-about";
        /// 양식
        Western = "western", "cuisine-western", "cuisine-western-about";
    }
}

choices! {
    /// 메인 재료: the main ingredient.
    MainIngredient {
        /// 소고기
        Beef = "beef", "main-beef", "main-beef-about";
        /// 돼지고기
        Pork = "pork", "main-pork", "main-pork-about";
        /// 닭고기
        Chicken = "chicken", "main-chicken", "main-chicken-about";
        /// 해물
        Seafood = "seafood", "main-seafood", "main-seafood-about";
        /// 채소류
        Vegetables = "vegetables", "main-vegetables", "main-vegetables-about";
        /// 버섯류
        Mushrooms = "mushrooms", "main-mushrooms", "main-mushrooms-about";
        /// 과일류
        Fruit = "fruit", "main-fruit", "main-fruit-about";
    }
}

choices! {
    /// 요리 방법: the cooking method.
    Method {
        /// 볶음
        StirFrying = "stir_frying", "method-stir-frying", "method-stir-frying-about";
        /// 끓이기
        Boiling = "boiling", "method-boiling", "method-boiling-about";
        /// 튀김
        DeepFrying = "deep_frying", "method-deep-frying", "method-deep-frying-about";
        /// 비비기
        Mixing = "mixing", "method-mixing", "method-mixing-about";
        /// 굽기
        Grilling = "grilling", "method-grilling", "method-grilling-about";
        /// 회
        Raw = "raw", "method-raw", "method-raw-about";
        /// 무침
        Tossing = "tossing", "method-tossing", "method-tossing-about";
    }
}

/// The five choices; `None` is 상관없음 or not asked yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filters {
    /// 요리 난이도
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difficulty: Option<Difficulty>,
    /// 테마
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theme: Option<Theme>,
    /// 음식 분류
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cuisine: Option<Cuisine>,
    /// 메인 재료
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub main_ingredient: Option<MainIngredient>,
    /// 요리 방법
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
}

impl Filters {
    /// The value that `line` is set to.
    pub fn get(&self, line: Line) -> Option<&'static Value> {
        match line {
            Line::Difficulty => self.difficulty.map(Difficulty::value),
            Line::Theme => self.theme.map(Theme::value),
            Line::Cuisine => self.cuisine.map(Cuisine::value),
            Line::MainIngredient => self.main_ingredient.map(MainIngredient::value),
            Line::Method => self.method.map(Method::value),
            Line::Wish => None,
        }
    }

    /// Sets `line` to the value with this id, or opens it with `None`; an unknown id opens it too.
    pub fn set(&mut self, line: Line, id: Option<&str>) {
        match line {
            Line::Difficulty => self.difficulty = id.and_then(Difficulty::from_id),
            Line::Theme => self.theme = id.and_then(Theme::from_id),
            Line::Cuisine => self.cuisine = id.and_then(Cuisine::from_id),
            Line::MainIngredient => self.main_ingredient = id.and_then(MainIngredient::from_id),
            Line::Method => self.method = id.and_then(Method::from_id),
            Line::Wish => {}
        }
    }
}
