//! What may be taken to taste, and need not be named in a step.

use super::{reading::without_brackets, sources::Plain};
use crate::chat::fold;

/// How Korean names of seasonings end, without spaces.
const KOREAN: [&str; 62] = [
    "소금",
    "천일염",
    "맛소금",
    "꽃소금",
    "설탕",
    "흑설탕",
    "스테비아",
    "후추",
    "후춧가루",
    "후추가루",
    "통후추",
    "고춧가루",
    "고추가루",
    "카레가루",
    "강황",
    "큐민",
    "커민",
    "파프리카가루",
    "시나몬",
    "계핏가루",
    "계피",
    "산초",
    "산초가루",
    "화자오",
    "화자오가루",
    "오향분",
    "팔각",
    "월계수잎",
    "오레가노",
    "바질",
    "타임",
    "로즈메리",
    "파슬리",
    "파슬리가루",
    "허브",
    "허브솔트",
    "간장",
    "진간장",
    "국간장",
    "양조간장",
    "식초",
    "참기름",
    "들기름",
    "식용유",
    "올리브유",
    "올리브오일",
    "오일",
    "기름",
    "통깨",
    "깨",
    "참깨",
    "깨소금",
    "검은깨",
    "들깻가루",
    "들깨가루",
    "겨자",
    "연겨자",
    "와사비",
    "고추냉이",
    "다시다",
    "맛술",
    "미림",
];

const KOREAN_MORE: [&str; 24] = [
    "청주",
    "맛선생",
    "조미료",
    "액젓",
    "새우젓",
    "물엿",
    "올리고당",
    "꿀",
    "조청",
    "매실청",
    "소스",
    "케첩",
    "마요네즈",
    "머스터드",
    "된장",
    "고추장",
    "쌈장",
    "굴소스",
    "쯔유",
    "전분",
    "녹말",
    "버터",
    "식초물",
    "레몬즙",
];

const ENGLISH: [&str; 58] = [
    "salt",
    "sugar",
    "pepper",
    "peppercorn",
    "peppercorns",
    "gochugaru",
    "chili flakes",
    "chilli flakes",
    "chili powder",
    "chilli powder",
    "red pepper flakes",
    "curry powder",
    "turmeric",
    "cumin",
    "paprika",
    "cinnamon",
    "sansho",
    "five-spice",
    "five spice",
    "star anise",
    "bay leaf",
    "bay leaves",
    "oregano",
    "basil",
    "thyme",
    "rosemary",
    "parsley",
    "coriander",
    "dill",
    "chives",
    "herbs",
    "soy sauce",
    "vinegar",
    "oil",
    "sesame seeds",
    "sesame",
    "mustard",
    "wasabi",
    "horseradish",
    "mirin",
    "cooking wine",
    "rice wine",
    "sake",
    "fish sauce",
    "syrup",
    "honey",
    "sauce",
    "ketchup",
    "mayonnaise",
    "doenjang",
    "gochujang",
    "ssamjang",
    "starch",
    "butter",
    "nutmeg",
    "lemon juice",
    "msg",
    "seasoning",
];

/// Whether it seasons: by how its Korean name ends, or by an English word. A pepper that is a vegetable is none.
pub(super) fn is_seasoning(name: &str) -> bool {
    let bare = without_brackets(name);
    let folded = fold(bare.split(',').next().unwrap_or_default());
    let vegetable = ["bell pepper", "chili pepper", "green pepper", "red pepper", "sweet pepper"];
    let plain = Plain::of(name);
    if vegetable.iter().any(|word| plain.has(word)) && !plain.has("flakes") {
        return false;
    }
    KOREAN.iter().chain(&KOREAN_MORE).any(|word| folded.ends_with(word)) || ENGLISH.iter().any(|word| plain.has(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seasonings_are_told_from_food() {
        for name in [
            "소금",
            "굵은 소금",
            "통후추",
            "통깨",
            "연겨자",
            "black pepper",
            "toasted sesame seeds",
            "Korean mustard paste",
            "ground Sichuan pepper",
        ] {
            assert!(is_seasoning(name), "{name}");
        }
        for name in ["두부", "쇠고기", "red bell pepper", "양파", "rice", "참깨빵", "간장게장"] {
            assert!(!is_seasoning(name), "{name}");
        }
    }
}
