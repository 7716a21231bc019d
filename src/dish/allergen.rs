//! What a dish can make someone ill with.

use serde::{Deserialize, Serialize};

macro_rules! allergens {
    ($($variant:ident = $id:literal, $label:literal;)+) => {
        /// What a dish can make someone ill with, or what someone may not eat. After the Korean labelling list
        /// (식품 등의 표시·광고에 관한 법률), with sesame, fish, celery and mustard from the EU's.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[expect(missing_docs, reason = "the words say what they are")]
        pub enum Allergen {
            $(#[serde(rename = $id)] $variant,)+
        }

        impl Allergen {
            /// Every one, in the order in which they are offered.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word in tokens, in the store and in the cookbook; ASCII.
            pub fn id(self) -> &'static str {
                match self { $(Self::$variant => $id),+ }
            }

            /// Reads a word written by [`Allergen::id`].
            pub fn from_id(id: &str) -> Option<Self> {
                match id { $($id => Some(Self::$variant),)+ _ => None }
            }

            /// The locale key of its name.
            pub fn label(self) -> &'static str {
                match self { $(Self::$variant => $label),+ }
            }
        }
    };
}

allergens! {
    Egg = "egg", "allergen-egg";
    Milk = "milk", "allergen-milk";
    Wheat = "wheat", "allergen-wheat";
    Buckwheat = "buckwheat", "allergen-buckwheat";
    Soy = "soy", "allergen-soy";
    Peanut = "peanut", "allergen-peanut";
    Nuts = "nuts", "allergen-nuts";
    Sesame = "sesame", "allergen-sesame";
    Fish = "fish", "allergen-fish";
    Crustaceans = "crustaceans", "allergen-crustaceans";
    Molluscs = "molluscs", "allergen-molluscs";
    Pork = "pork", "allergen-pork";
    Beef = "beef", "allergen-beef";
    Chicken = "chicken", "allergen-chicken";
    Peach = "peach", "allergen-peach";
    Tomato = "tomato", "allergen-tomato";
    Sulphites = "sulphites", "allergen-sulphites";
    Celery = "celery", "allergen-celery";
    Mustard = "mustard", "allergen-mustard";
}
