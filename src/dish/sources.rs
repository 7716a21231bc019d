//! Which ingredients bring which allergens, openly or hidden, in both languages: what the product that is usual in
//! shops has in it. A word found says that it is there; a word not found never says that a dish is safe.

use std::{collections::BTreeSet, ops::Range, sync::LazyLock};

use aho_corasick::AhoCorasick;
use memchr::memmem;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::Allergen::{
    self, Beef, Buckwheat, Celery, Chicken, Crustaceans, Egg, Fish, Milk, Molluscs, Mustard, Nuts, Peach, Peanut, Pork,
    Sesame, Soy, Sulphites, Tomato, Wheat,
};
use crate::chat::{clean, fold};

/// Korean words, found anywhere in a name without its spaces; words that must stand alone, which are the English ones
/// and the Korean ones that are too short to be looked for inside others; and what these bring.
type Row = (&'static [&'static str], &'static [&'static str], &'static [Allergen]);

const SOURCES: &[Row] = &[
    // Eggs
    (
        &["달걀", "계란", "메추리알", "오리알", "유정란", "노른자"],
        &["egg", "yolk", "meringue", "omelette", "omelet"],
        &[Egg],
    ),
    (&["흰자", "난황", "난백", "전란액", "지단", "머랭"], &["frittata", "eggnog", "mayonnaise", "mayo"], &[Egg]),
    (&["수란", "스크램블", "오믈렛", "마요", "아이올리"], &["aioli", "tartare sauce", "tartar sauce"], &[Egg]),
    (&["타르타르소스", "코울슬로"], &["coleslaw", "marshmallow"], &[Egg]),
    (&["커스터드", "홀란데이즈", "랜치드레싱", "랜치소스"], &["custard", "hollandaise", "bearnaise"], &[Egg, Milk]),
    (&[], &["ranch dressing", "lemon curd"], &[Egg, Milk]),
    (&["시저드레싱", "시저소스"], &["caesar dressing"], &[Egg, Milk, Fish, Mustard]),
    (&["사우전드", "사우젼드"], &["thousand island"], &[Egg, Tomato]),
    (&["허니머스터드", "허니머스타드"], &["remoulade", "honey mustard sauce"], &[Egg, Mustard]),
    // Milk
    (&["우유", "밀크", "연유", "분유", "유청"], &["milk", "buttermilk", "whey", "casein", "latte", "butter"], &[Milk]),
    (&["카제인", "라테", "라떼", "버터"], &["margarine", "ghee", "cream", "creme", "yogurt", "yoghurt"], &[Milk]),
    (
        &["마가린", "젤라토", "크림", "요거트", "요구르트"],
        &["kefir", "skyr", "quark", "gelato", "lactose", "cheese"],
        &[Milk],
    ),
    (&["치즈", "모차렐라", "모짜렐라", "리코타"], &["mozzarella", "ricotta", "mascarpone", "parmesan"], &[Milk]),
    (&["마스카르포네", "파르메산", "파마산"], &["parmigiano", "pecorino", "cheddar", "feta", "burrata"], &[Milk]),
    (&["그라나파다노", "페코리노", "부라타"], &["brie", "camembert", "gouda", "gruyere", "gorgonzola"], &[Milk]),
    (&["그뤼에르", "고르곤졸라", "에멘탈"], &["emmental", "roquefort", "halloumi", "paneer", "provolone"], &[Milk]),
    (&["카망베르", "할루미", "파니르"], &["stilton", "ganache", "alfredo", "half and half", "queso", "고다"], &[Milk]),
    (&["가나슈", "알프레도"], &["체더", "체다", "페타"], &[Milk]),
    (&["초콜릿", "초콜렛", "초코"], &["chocolate"], &[Milk, Soy]),
    (&["누텔라"], &["nutella", "gianduja"], &[Milk, Soy, Nuts]),
    (&["베샤멜", "화이트소스", "크림수프", "크림스프"], &["bechamel", "white sauce"], &[Milk, Wheat]),
    (&["로제소스"], &["rose sauce", "vodka sauce"], &[Milk, Tomato]),
    // Wheat
    (&["밀가루", "통밀", "밀떡", "밀면", "밀전병", "밀쌀"], &["wheat", "flour", "밀", "semolina", "durum"], &[Wheat]),
    (&["중력분", "강력분", "박력분"], &["couscous", "bulgur", "gluten", "seitan", "spelt", "farro", "panko"], &[Wheat]),
    (&["세몰리나", "듀럼", "쿠스쿠스", "글루텐", "세이탄"], &["tempura", "batter", "roux", "gravy"], &[Wheat]),
    (&["밀고기", "튀김가루", "부침가루"], &["stuffing", "bread", "breadcrumb", "flatbread", "cornbread"], &[Wheat]),
    (&["튀김옷", "템푸라", "빵", "바게트", "치아바타"], &["toast", "baguette", "ciabatta", "focaccia"], &[Wheat]),
    (&["포카치아", "베이글", "토스트", "버거번"], &["bagel", "bun", "tortilla", "pita", "naan", "crouton"], &[Wheat]),
    (&["또띠아", "또르띠아", "또띠야", "토르티야", "토르티아"], &["pretzel", "biscuit", "cracker", "pastry"], &[Wheat]),
    (&["크루통", "프레첼", "비스킷"], &["pie crust", "dough", "filo", "phyllo", "sandwich", "난", "noodle"], &[Wheat]),
    (&["크래커", "페이스트리", "도우", "파이지"], &["udon", "ramen", "somen", "somyeon", "yakisoba"], &[Wheat]),
    (&["파이시트", "타르트", "국수", "소면", "중면", "우동"], &["lo mein", "chow mein", "jjolmyeon", "soba"], &[Wheat]),
    (&["라멘", "쫄면", "중화면", "누들"], &["naengmyeon", "makguksu", "milmyeon", "kalguksu", "sujebi"], &[Wheat]),
    (&["야키소바", "야끼소바", "냉면", "수제비"], &["면", "pasta", "spaghetti", "fettuccine", "linguine"], &[Wheat]),
    (&["파스타", "스파게티", "페투치네", "링귀네"], &["penne", "macaroni", "lasagne", "lasagna", "fusilli"], &[Wheat]),
    (&["펜네", "마카로니", "라자냐", "푸실리", "뇨키"], &["gnocchi", "ravioli", "tortellini", "orzo"], &[Wheat]),
    (&["오르조", "춘권피", "완탕", "완톤"], &["rigatoni", "tagliatelle", "wonton", "spring roll wrapper"], &[Wheat]),
    (&["딤섬", "소흥주", "사오싱주", "샤오싱주"], &["bao", "mantou", "shaoxing", "shaohsing"], &[Wheat]),
    (&["만두", "교자"], &["mandu", "gyoza", "potsticker", "pot sticker"], &[Wheat, Soy]),
    (&["브리오슈", "와플", "머핀", "케이크"], &["brioche", "pancake", "waffle", "muffin", "cake"], &[Egg, Milk, Wheat]),
    (&["카스텔라", "카스테라", "쿠키", "스콘"], &["cupcake", "cheesecake", "cookie", "doughnut"], &[Egg, Milk, Wheat]),
    (&["도넛", "도너츠", "크루아상"], &["donut", "croissant", "scone"], &[Egg, Milk, Wheat]),
    (&[], &["egg roll wrapper", "ladyfinger", "savoiardi", "challah"], &[Egg, Wheat]),
    // Buckwheat
    (&["메밀", "모밀", "소바", "냉면", "막국수"], &["buckwheat", "soba", "naengmyeon", "makguksu"], &[Buckwheat]),
    // Soy
    (&["간장", "된장", "고추장", "쌈장", "춘장"], &["soy sauce", "soya sauce", "shoyu", "doenjang"], &[Wheat, Soy]),
    (&["막장", "두반장", "초장", "짜장", "자장소스", "해선장"], &["gochujang", "ssamjang", "chunjang"], &[Wheat, Soy]),
    (&["호이신", "노두유", "노추", "데리야키"], &["doubanjiang", "toban djan", "chilli bean paste"], &[Wheat, Soy]),
    (&["데리야끼", "폰즈", "스키야키"], &["chili bean paste", "soybean paste", "soy bean paste"], &[Wheat, Soy]),
    (&["장아찌", "떡볶이소스", "떡볶이양념", "마라소스"], &["black bean sauce", "hoisin", "teriyaki"], &[Wheat, Soy]),
    (&["마라탕소스", "훠궈소스", "초밥용유부"], &["ponzu", "ramyeon", "ramyun", "instant noodle"], &[Wheat, Soy]),
    (&["조미유부", "라면"], &["jangajji", "dumpling"], &[Wheat, Soy]),
    (&["라면스프", "라면수프", "냉면육수"], &["ramen seasoning", "ramyeon seasoning"], &[Wheat, Soy, Beef]),
    (&["불고기양념", "불고기소스", "갈비양념"], &["bulgogi sauce", "bulgogi marinade"], &[Wheat, Soy, Sesame]),
    (&["갈비소스"], &[], &[Wheat, Soy, Sesame]),
    (&["콩", "대두", "백태", "서리태"], &["soy", "soya", "soybean", "tofu", "bean curd", "tempeh", "natto"], &[Soy]),
    (
        &["두부", "유부", "두유", "청국장", "낫토", "낫또"],
        &["edamame", "miso", "tamari", "okara", "yuba", "aburaage"],
        &[Soy],
    ),
    (&["템페", "에다마메", "비지", "미소"], &["yubu", "kinako", "cheonggukjang", "kongnamul", "liquid aminos"], &[Soy]),
    (&["소이밀크", "소이소스"], &["lecithin", "fermented black bean", "douchi", "textured vegetable protein"], &[Soy]),
    (&["레시틴", "더우츠", "미숫가루"], &["tvp", "두시", "연두", "나토", "유바"], &[Soy]),
    (&["하이라이스", "하야시라이스"], &["hayashi roux", "hayashi rice"], &[Milk, Wheat, Soy, Beef, Tomato]),
    (&["데미글라스", "데미그라스"], &["demi glace", "demiglace"], &[Wheat, Beef, Celery]),
    (&["돈까스소스", "돈가스소스", "돈카츠소스"], &["tonkatsu sauce", "okonomiyaki sauce"], &[Wheat, Soy, Tomato]),
    (&["카레가루", "카레분말"], &["korean curry powder", "curry roux"], &[Milk, Wheat, Soy, Beef, Celery, Mustard]),
    (&["고형카레", "카레루", "카레블록"], &["curry block", "카레"], &[Milk, Wheat, Soy, Beef, Celery, Mustard]),
    // Peanuts, nuts, sesame
    (&["땅콩", "피넛", "낙화생", "사테소스"], &["peanut", "groundnut", "satay"], &[Peanut]),
    (&["호두", "아몬드", "캐슈", "피스타치오"], &["nut", "almond", "walnut", "cashew", "pistachio"], &[Nuts]),
    (&["헤이즐넛", "마카다미아", "피칸", "브라질너트", "잣"], &["hazelnut", "filbert", "macadamia", "pecan"], &[Nuts]),
    (&["견과", "믹스넛", "월넛", "프랄린"], &["pinenut", "praline", "marzipan", "frangipane", "granola"], &[Nuts]),
    (&["마지팬", "그래놀라", "바클라바", "아마레티"], &["baklava", "amaretti", "amaretto", "muesli"], &[Nuts]),
    (&["페스토"], &["pesto"], &[Milk, Nuts]),
    (&["참깨", "참깻", "통깨", "검은깨", "검정깨", "흰깨", "볶은깨"], &["sesame", "tahini", "깨", "hummus"], &[Sesame]),
    (&["볶음깨", "깨소금", "깨가루", "깻가루", "흑임자"], &["houmous", "halva", "gomasio", "gomashio"], &[Sesame]),
    (&["참기름", "타히니", "후무스", "허머스", "할바"], &["za'atar", "za’atar", "zaatar", "dukkah"], &[Sesame]),
    (&["지마장", "즈마장", "조미김", "고마드레싱", "시치미"], &["seasoned gim", "shichimi", "togarashi"], &[Sesame]),
    // Fish
    (&["생선", "고등어", "참치", "다랑어", "연어", "송어", "광어"], &["fish", "mackerel", "tuna", "salmon"], &[Fish]),
    (&["넙치", "우럭", "도미", "참돔", "옥돔", "감성돔"], &["trout", "flounder", "halibut", "sole", "plaice"], &[Fish]),
    (&["대구", "명태", "동태", "생태", "황태", "북어", "코다리"], &["turbot", "cod", "pollock", "pollack"], &[Fish]),
    (&["노가리", "갈치", "조기", "굴비", "꽁치", "삼치", "멸치"], &["haddock", "hake", "sea bass", "seabass"], &[Fish]),
    (&["까나리", "디포리", "밴댕이", "정어리", "청어", "가자미"], &["bream", "snapper", "anchovy", "sardine"], &[Fish]),
    (&["가재미", "도다리", "농어", "민어", "숭어", "방어"], &["herring", "eel", "catfish", "tilapia"], &[Fish]),
    (&["전갱이", "임연수", "아귀", "복어", "장어", "메기"], &["monkfish", "swordfish", "cutlassfish"], &[Fish]),
    (&["미꾸라지", "홍어", "가오리", "병어", "전어", "쥐포", "붕어"], &["hairtail", "croaker", "saury"], &[Fish]),
    (&["잉어", "틸라피아", "명란", "날치알", "캐비어"], &["yellowtail", "amberjack", "grouper", "carp"], &[Fish]),
    (&["안초비", "앤초비", "엔초비", "액젓", "젓국", "피시소스"], &["caviar", "roe", "tobiko", "mentaiko"], &[Fish]),
    (&["피쉬소스", "느억맘", "남쁠라", "가쓰오", "가츠오"], &["bonito", "katsuobushi", "dashi", "hondashi"], &[Fish]),
    (&["혼다시", "다시팩", "다시백", "육수팩", "육수한알", "코인육수"], &["nuoc mam", "nam pla", "whitefish"], &[Fish]),
    (&["어육", "추어탕"], &["rockfish"], &[Fish]),
    (&["쯔유", "우스터", "어묵"], &["tsuyu", "mentsuyu", "worcestershire", "worcester sauce"], &[Wheat, Soy, Fish]),
    (&["오뎅", "가마보코"], &["fish cake", "fishcake", "eomuk", "odeng", "kamaboko", "chikuwa"], &[Wheat, Soy, Fish]),
    (&["후리카케", "후리가케"], &["furikake"], &[Wheat, Soy, Sesame, Fish]),
    // Crustaceans and molluscs
    (&["새우", "꽃게", "게살", "대게", "홍게"], &["shrimp", "prawn", "crab", "lobster", "crayfish"], &[Crustaceans]),
    (&["털게", "참게", "게장", "크랩"], &["crawfish", "langoustine", "scampi", "krill", "saeujeot"], &[Crustaceans]),
    (&["랍스터", "로브스터", "가재", "크릴", "대하"], &["belacan", "terasi", "게", "tom yum paste"], &[Crustaceans]),
    (&["쉬림프", "슈림프", "똠얌"], &["laksa paste", "red curry paste", "green curry paste"], &[Crustaceans]),
    (&["레드커리", "그린커리", "옐로커리"], &["yellow curry paste", "thai curry paste"], &[Crustaceans]),
    (&["맛살", "크래미"], &["surimi", "crab stick", "imitation crab"], &[Egg, Wheat, Soy, Fish, Crustaceans]),
    (&["김치", "김칫", "깍두기", "섞박지", "동치미"], &["kimchi", "kimchee", "kkakdugi"], &[Fish, Crustaceans]),
    (&["겉절이", "젓갈", "오이소박이"], &["jeotgal"], &[Fish, Crustaceans]),
    (&["해물"], &["shellfish"], &[Crustaceans, Molluscs]),
    (&["해산물", "시푸드", "씨푸드"], &["seafood"], &[Fish, Crustaceans, Molluscs]),
    (&["엑스오소스", "xo소스"], &["xo sauce"], &[Soy, Crustaceans, Molluscs]),
    (&["오징어", "낙지", "문어", "주꾸미", "쭈꾸미", "한치", "꼴뚜기"], &["squid", "calamari", "octopus"], &[Molluscs]),
    (&["진미채", "조개", "바지락", "홍합", "가리비"], &["cuttlefish", "clam", "mussel", "굴", "oyster"], &[Molluscs]),
    (&["관자", "꼬막", "전복", "소라", "골뱅이", "우렁", "다슬기"], &["scallop", "abalone", "whelk"], &[Molluscs]),
    (&["재첩", "동죽", "생굴", "석화", "굴전", "굴국"], &["conch", "cockle", "snail", "escargot"], &[Molluscs]),
    (&["굴튀김", "굴젓", "달팽이", "먹물", "타코야키"], &["geoduck", "periwinkle"], &[Molluscs]),
    (&["굴소스"], &["oyster sauce"], &[Wheat, Soy, Molluscs]),
    // Meat
    (
        &["돼지", "돈육", "한돈", "삼겹", "오겹살", "목살", "앞다리살", "뒷다리살"],
        &["pork", "bacon", "ham", "sausage", "spam"],
        &[Pork],
    ),
    (&["항정살", "가브리살", "갈매기살", "등갈비", "족발", "보쌈"], &["prosciutto", "pancetta", "guanciale"], &[Pork]),
    (
        &["순대", "제육", "햄", "베이컨", "소시지", "소세지"],
        &["salami", "chorizo", "pepperoni", "lard", "mortadella"],
        &[Pork],
    ),
    (&["스팸", "런천미트", "리챔", "프로슈토", "판체타", "살라미"], &["luncheon meat", "hot dog", "라드"], &[Pork]),
    (&["초리조", "초리소", "페퍼로니", "하몽", "차슈"], &["frankfurter", "bratwurst", "char siu", "tonkotsu"], &[Pork]),
    (&["동파육", "탕수육", "편육", "돈코츠", "이베리코"], &["samgyeopsal", "jokbal", "pig"], &[Pork]),
    (&["동그랑땡"], &["donggeurangttaeng"], &[Wheat, Soy, Pork]),
    (&["돈까스", "돈가스", "돈카츠"], &["tonkatsu", "donkatsu"], &[Egg, Wheat, Pork]),
    (&["소고기", "쇠고기", "우육면", "양지", "차돌"], &["beef", "veal", "brisket", "sirloin", "ribeye"], &[Beef]),
    (&["우둔", "홍두깨살", "채끝", "소갈비", "la갈비"], &["rib eye", "oxtail", "ox bone", "short rib"], &[Beef]),
    (&["우삼겹", "소등심", "소안심", "소불고기", "소곱창"], &["flank steak", "skirt steak", "pastrami"], &[Beef]),
    (
        &["소꼬리", "우족", "사골", "도가니", "육포", "육회", "비프", "사태"],
        &["bresaola", "jerky", "tallow", "wagyu"],
        &[Beef],
    ),
    (&["다시다", "설렁탕", "곰탕", "갈비탕", "햄버거패티"], &["hanwoo", "bulgogi", "dasida", "스지", "우설"], &[Beef]),
    (&["한우등심", "한우안심", "한우불고기", "한우국거리"], &["hamburger patty", "burger patty", "한우"], &[Beef]),
    (&["닭", "영계", "치킨", "계육"], &["chicken", "poussin", "capon", "hen", "karaage", "yakitori"], &[Chicken]),
    (&["삼계탕", "오골계"], &["schmaltz", "samgyetang"], &[Chicken]),
    (&["핫도그", "콘도그"], &["corn dog"], &[Wheat, Pork]),
    // The gelatine in shops is of pigs, where nothing else is said.
    (&["젤라틴", "마시멜로"], &["gelatin", "gelatine", "marshmallow"], &[Pork]),
    // Peaches, tomatoes, sulphites, celery, mustard
    (&["복숭아", "황도", "백도", "피치", "넥타린"], &["peach", "nectarine"], &[Peach]),
    (&["토마토", "케첩", "케찹", "마리나라"], &["tomato", "ketchup", "catsup", "salsa", "marinara"], &[Tomato]),
    (&["아라비아타", "볼로네제", "미트소스", "살사소스"], &["bolognese", "살사", "arrabbiata", "passata"], &[Tomato]),
    (&["파사타", "피자소스", "베이크드빈"], &["pizza sauce", "baked bean", "pomodoro", "barbecue sauce"], &[Tomato]),
    (&["바비큐소스", "바베큐소스", "칵테일소스"], &["bbq sauce", "cocktail sauce", "spaghetti sauce"], &[Tomato]),
    (&["와인", "포도주", "셰리", "마르살라"], &["wine", "sherry", "marsala", "madeira", "vermouth"], &[Sulphites]),
    (&["샴페인", "발사믹", "단무지"], &["champagne", "prosecco", "balsamic", "raisin", "sultana"], &[Sulphites]),
    (&["건포도", "말린과일", "건과일"], &["yellow pickled radish", "danmuji", "takuan", "dried fruit"], &[Sulphites]),
    (&["말린살구", "건살구", "말린망고", "건망고"], &["dried apricot", "dried mango", "dried pineapple"], &[Sulphites]),
    (&["박고지", "마라스키노"], &["dried fig", "mixed peel", "maraschino", "kanpyo"], &[Sulphites]),
    (&["셀러리", "샐러리", "채소육수", "야채육수"], &["celery", "celeriac", "mirepoix", "vegetable stock"], &[Celery]),
    (&["채소스톡", "야채스톡", "스톡큐브", "미르포아"], &["vegetable broth", "bouillon", "stock cube"], &[Celery]),
    (&["올드베이"], &["old bay"], &[Celery, Mustard]),
    (&["겨자", "머스터드", "머스타드"], &["mustard", "piccalilli", "karashi", "curry powder"], &[Mustard]),
    (&["디종"], &["dijon"], &[Sulphites, Mustard]),
    // The paste that is sold as wasabi is often stretched with mustard.
    (&["고추냉이", "와사비"], &["wasabi"], &[Mustard]),
];

/// Longer words, and what the words of [`SOURCES`] inside them do not bring there. Oil of soy is among them: what is
/// in shops is refined, with no protein left in it.
const NOT: &[Row] = &[
    (&["흰자두"], &["egg plant", "flax egg", "chia egg", "egg replacer"], &[Egg]),
    (&["땅콩버터", "피넛버터", "아몬드버터", "캐슈버터"], &["peanut butter", "nut butter", "almond butter"], &[Milk]),
    (&["너트버터", "카카오버터", "코코아버터"], &["cashew butter", "cocoa butter", "cacao butter"], &[Milk]),
    (&["시어버터", "사과버터", "버터넛"], &["seed butter", "apple butter", "shea butter", "butter bean"], &[Milk]),
    (&["버터너트", "버터헤드", "버터상추", "버터빈"], &["butter lettuce", "coconut butter", "coconut milk"], &[Milk]),
    (&["버터플라이", "코코넛버터", "코코넛밀크", "아몬드밀크"], &["oat milk", "almond milk", "rice milk"], &[Milk]),
    (&["오트밀크", "귀리밀크", "라이스밀크"], &["soy milk", "soya milk", "soybean milk", "cashew milk"], &[Milk]),
    (&["소이밀크", "캐슈밀크", "아몬드우유"], &["hemp milk", "hazelnut milk", "pea milk", "nut milk"], &[Milk]),
    (&["귀리우유", "코코넛우유", "쌀우유", "콩우유"], &["macadamia milk", "plant milk", "coconut cream"], &[Milk]),
    (&["캐슈우유", "새우유", "코코넛크림", "크림타르타르"], &["cream of coconut", "cream of tartar"], &[Milk]),
    (&["크림오브타르타르", "두유크림"], &["soy cream", "oat cream", "cashew cream", "coconut yogurt"], &[Milk]),
    (&["오트크림", "귀리크림", "코코넛휘핑크림", "코코넛요거트"], &["coconut yoghurt", "soy yogurt"], &[Milk]),
    (&["두유요거트", "두유요구르트", "자연유"], &["coconut condensed milk", "cream of wheat", "cream soda"], &[Milk]),
    (&["천연유"], &["soy yoghurt", "creme de"], &[Milk]),
    (&["메밀가루", "호밀가루", "쌀국수"], &["rice flour", "corn flour", "potato flour", "tapioca flour"], &[Wheat]),
    (&["쌀소면", "쌀파스타"], &["almond flour", "coconut flour", "buckwheat flour", "chickpea flour"], &[Wheat]),
    (&["쌀또띠아", "쌀누들", "라이스누들"], &["gram flour", "soy flour", "soybean flour", "oat flour"], &[Wheat]),
    (&["곤약국수", "두부국수"], &["rye flour", "bean flour", "sorghum flour", "chestnut flour"], &[Wheat]),
    (&["옥수수국수", "해초국수"], &["cassava flour", "100% buckwheat noodle", "쌀 면", "곤약 면"], &[Wheat]),
    (&["국수호박", "옥수수또띠아"], &["rice noodle", "rice stick noodle", "glass noodle", "두부 면"], &[Wheat]),
    (&["옥수수토르티야", "콘토르티야"], &["cellophane noodle", "konjac noodle", "shirataki noodle"], &[Wheat]),
    (&["병아리콩파스타", "렌틸파스타"], &["kelp noodle", "bean thread noodle", "mung bean noodle"], &[Wheat]),
    (&["파스타소스", "스파게티소스", "쌀튀김가루"], &["zucchini noodle", "courgette noodle", "tofu noodle"], &[Wheat]),
    (&["순메밀면"], &["starch noodle", "sweet potato noodle", "corn noodle", "rice ramen", "rice pasta"], &[Wheat]),
    (&["순메밀국수", "100%메밀면"], &["corn pasta", "lentil pasta", "chickpea pasta", "pasta sauce"], &[Wheat]),
    (&["100%메밀국수", "쌀부침가루", "메밀쌀"], &["spaghetti sauce", "spaghetti squash", "corn tortilla"], &[Wheat]),
    (&["곤약누들"], &["tortilla chip", "rice cracker", "prawn cracker"], &[Wheat]),
    (&["떡케이크", "쌀케이크", "라이스케이크"], &["rice cake", "radish cake", "turnip cake"], &[Egg, Milk, Wheat]),
    (&[], &["fish cake", "crab cake", "potato cake", "cake flour", "custard apple"], &[Egg, Milk]),
    (&["야키소바", "야끼소바", "볶음소바", "냉면육수", "채소바"], &[], &[Buckwheat]),
    (&["땅콩", "완두콩", "강낭콩", "병아리콩", "렌틸콩", "렌즈콩", "커피콩"], &["soybean oil", "soy bean oil"], &[Soy]),
    (&["카카오콩", "작두콩", "호랑이콩", "울타리콩", "동부콩", "줄기콩", "껍질콩", "얼룩콩"], &["soya oil"], &[Soy]),
    (&["누에콩", "잠두콩", "리마콩", "핀토콩", "이집트콩", "제비콩"], &["soy oil", "dumpling wrapper"], &[Soy]),
    (&["스냅콩", "홍콩", "콩피", "콩카세", "콩소메", "콩포트", "콩테", "콩기름", "대두유"], &["dumpling skin"], &[Soy]),
    (&["캐비지", "호두유", "호두부", "만두피", "유부침"], &[], &[Soy]),
    (&["땅콩호박", "땅콩단호박"], &[], &[Peanut]),
    (&["피칸테"], &["tiger nut", "ginkgo nut", "corn nut", "soy nut"], &[Nuts]),
    // Perilla goes by this name in English.
    (&["들깨가루", "들깻가루", "들깨소금"], &["sesame leaf", "sesame leaves"], &[Sesame]),
    (&["대구막창", "대구식", "도미글라스", "노가리비"], &["kombu dashi", "kelp dashi", "mushroom dashi"], &[Fish]),
    (&["붕어빵", "잉어빵", "삼치킨", "삼치즈", "대구이용"], &["shiitake dashi", "fish mint"], &[Fish]),
    (&["게살짝", "게살코기", "게장조림", "게장아찌", "가재미", "가재료"], &["crab apple"], &[Crustaceans]),
    (&["채소라", "소라빵", "한치즈", "한치킨", "한치커리", "한치아"], &["oyster mushroom", "king oyster"], &[Molluscs]),
    (&["우렁쉥이", "생굴비", "미소라", "동죽순"], &["oyster plant", "oyster leaf", "oyster cracker"], &[Molluscs]),
    (&["돼지감자", "햄버거", "햄버그", "햄프", "치킨햄", "닭가슴살햄"], &["turkey ham", "turkey bacon"], &[Pork]),
    (&["닭고기햄", "칠면조햄", "터키햄", "소고기햄", "오리햄", "칠면조베이컨"], &["turkey sausage"], &[Pork]),
    (&["터키베이컨", "소고기베이컨", "닭베이컨", "닭가슴살소시지"], &["chicken sausage", "beef sausage"], &[Pork]),
    (&["닭고기소시지", "닭소시지", "치킨소시지", "소고기소시지", "칠면조소시지"], &["beef bacon", "beef ham"], &[Pork]),
    (&["어육소시지", "두부소시지", "오리베이컨", "핫도그번", "소목살"], &["chicken ham", "hot dog bun"], &[Pork]),
    (&["닭목살", "우삼겹", "보쌈김치", "보쌈무", "소젤라틴", "생선젤라틴"], &["fish gelatin", "beef gelatin"], &[Pork]),
    (&["보쌈용배추", "탕수육소스"], &[], &[Pork]),
    (&["돈까스소스", "돈가스소스", "돈카츠소스"], &["tonkatsu sauce"], &[Egg, Pork]),
    (&["채소고기", "돼지사골", "돼지사태", "멸치다시다"], &["beef tomato", "pork sirloin", "pork short rib"], &[Beef]),
    (&["조개다시다", "해물다시다"], &["pork brisket", "pork bulgogi", "bulgogi sauce", "bulgogi marinade"], &[Beef]),
    (&["칠면조사태", "돼지육포", "닭곰탕"], &["pork jerky", "turkey jerky"], &[Beef]),
    (&["치킨무", "치킨튀김가루"], &["chicken of the woods", "hen of the woods"], &[Chicken]),
    (&["백도라지"], &[], &[Peach]),
    (&[], &["salsa verde", "mango salsa", "fruit salsa"], &[Tomato]),
    // Wine of rice is brewed without sulphites.
    (&["와인삼", "와인절미", "와인스턴트"], &["rice wine", "shaoxing wine", "wine cap"], &[Sulphites]),
    (&[], &["rice cooking wine"], &[Sulphites]),
    (&[], &["water celery"], &[Celery]),
    (&["겨자무"], &[], &[Mustard]),
    (&[], &["butter nut squash"], &[Milk, Nuts]),
];

/// Words that promise that what follows them is without something.
const FREE: &[Row] = &[
    (&["글루텐프리", "무글루텐"], &["gluten free", "wheat free"], &[Wheat]),
    (&["비건"], &["vegan", "plant based"], &[Egg, Milk, Fish, Crustaceans, Molluscs, Pork, Beef, Chicken]),
    // What calls itself vegetable or vegetarian may still have milk and eggs in it.
    (&["식물성"], &["vegetarian", "veggie", "meat free"], &[Fish, Crustaceans, Molluscs, Pork, Beef, Chicken]),
    (&[], &["egg free", "eggless"], &[Egg]),
    (&[], &["dairy free", "milk free"], &[Milk]),
    (&[], &["soy free", "soya free"], &[Soy]),
    (&[], &["peanut free"], &[Peanut]),
    (&[], &["nut free"], &[Nuts]),
    (&[], &["fish free"], &[Fish]),
    (&[], &["shellfish free"], &[Crustaceans, Molluscs]),
    (&[], &["sulphite free", "sulfite free"], &[Sulphites]),
];

/// Where a promise of [`FREE`] ends: another thing is named.
const ENDS: [&str; 10] = [",", ";", "/", "(", "+", "&", " or ", " and ", "또는", "혹은"];

/// Every word of one language, looked for in one pass.
struct Index {
    /// Where there is none, each word is looked for by itself.
    automaton: Option<AhoCorasick>,
    /// What each word begins with.
    pattern: fn(&'static str) -> &'static str,
    /// Of each word: its table, the word, and what its row says.
    words: Vec<(Table, &'static str, &'static [Allergen])>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Table {
    Sources,
    Not,
    Free,
}

static KOREAN: LazyLock<Index> = LazyLock::new(|| Index::of(|row| row.0, |word| word));
static ENGLISH: LazyLock<Index> = LazyLock::new(|| Index::of(|row| row.1, |word| stem(word).0));

impl Index {
    fn of(words: fn(&Row) -> &'static [&'static str], pattern: fn(&'static str) -> &'static str) -> Self {
        let tables = [(Table::Sources, SOURCES), (Table::Not, NOT), (Table::Free, FREE)];
        let rows = tables.into_iter().flat_map(|(table, rows)| rows.iter().map(move |row| (table, row)));
        let words: Vec<_> =
            rows.flat_map(|(table, row)| words(row).iter().map(move |word| (table, *word, row.2))).collect();
        let automaton = AhoCorasick::new(words.iter().map(|(_, word, _)| pattern(word)));
        Self { automaton: automaton.ok(), pattern, words }
    }

    /// The words that may be in a text, and where.
    fn found_in(&self, text: &str) -> Vec<(usize, usize)> {
        match &self.automaton {
            Some(automaton) => {
                let found = automaton.find_overlapping_iter(text);
                found.map(|found| (found.pattern().as_usize(), found.start())).collect()
            }
            None => self.found_one_by_one(text),
        }
    }

    fn found_one_by_one(&self, text: &str) -> Vec<(usize, usize)> {
        let of = |(at, (_, word, _)): (usize, &(Table, &'static str, _))| {
            memmem::find_iter(text.as_bytes(), (self.pattern)(word)).map(move |from| (at, from)).collect::<Vec<_>>()
        };
        self.words.iter().enumerate().flat_map(of).collect()
    }
}

/// What an ingredient of this name brings with it, as far as is known; in the order of [`Allergen::ALL`].
pub fn brought_by(ingredient: &str) -> BTreeSet<Allergen> {
    let mut brought = BTreeSet::new();
    // A promise such as 비건 begins with a word, and is not what two words happen to make (갈비 건새우).
    let lengths = ingredient.split(' ').map(|word| fold(word).len());
    let starts: Vec<usize> = lengths.scan(0, |at, length| Some(std::mem::replace(at, *at + length))).collect();
    let anywhere = |_: &str, from: usize, word: &str| Some(from..from + word.len());
    collect(&mut brought, &fold(ingredient), &KOREAN, anywhere, |from| starts.contains(&from));
    collect(&mut brought, &plain(ingredient), &ENGLISH, alone_at, |_| true);
    brought
}

/// A text in which words are looked for that stand alone.
pub(super) struct Plain(String);

impl Plain {
    pub(super) fn of(text: &str) -> Self {
        Self(plain(text))
    }

    /// Whether an English word, or several, stands in it, each in the singular or the plural.
    pub(super) fn has(&self, word: &str) -> bool {
        let word = plain(word);
        let ies = word.strip_suffix("ies").map(|stem| format!("{stem}y"));
        let singulars = [word.strip_suffix("es"), word.strip_suffix('s'), ies.as_deref()];
        std::iter::once(word.as_str()).chain(singulars.into_iter().flatten()).any(|word| is_alone(&self.0, word))
    }
}

/// Whether an English word, or several, stands in a text, each in the singular or the plural.
pub(super) fn has_word(text: &str, word: &str) -> bool {
    Plain::of(text).has(word)
}

fn collect(
    brought: &mut BTreeSet<Allergen>,
    text: &str,
    index: &Index,
    whole: fn(&str, usize, &str) -> Option<Range<usize>>,
    begins_word: impl Fn(usize) -> bool,
) {
    let mut there: Vec<(Range<usize>, &[Allergen])> = Vec::new();
    let mut without: Vec<(Range<usize>, &[Allergen])> = Vec::new();
    for (word, from) in index.found_in(text) {
        let Some((table, word, allergens)) = index.words.get(word) else { continue };
        let Some(at) = whole(text, from, word) else { continue };
        match table {
            Table::Sources => there.push((at, allergens)),
            Table::Not => without.push((at, allergens)),
            Table::Free if begins_word(at.start) => {
                without.push((at.start..end_of_promise(text, at.end), allergens));
            }
            Table::Free => {}
        }
    }
    let is_without = |at: &Range<usize>, allergen: Allergen| {
        let covers = |range: &Range<usize>| range.start <= at.start && at.end <= range.end;
        without.iter().any(|(range, allergens)| covers(range) && allergens.contains(&allergen))
    };
    for (at, allergens) in there {
        brought.extend(allergens.iter().copied().filter(|allergen| !is_without(&at, *allergen)));
    }
}

fn end_of_promise(text: &str, from: usize) -> usize {
    let rest = &text[from..];
    ENDS.iter().filter_map(|end| rest.find(end)).min().map_or(text.len(), |length| from + length)
}

/// The text for looking for words that stand alone: lower case, without accents, its hyphens as spaces.
fn plain(text: &str) -> String {
    let hyphens = |c: char| if matches!(c, '-' | '\u{2010}'..='\u{2015}' | '_') { ' ' } else { c };
    let spaced: String = if text.is_ascii() {
        text.chars().map(hyphens).collect()
    } else {
        text.nfkd().filter(|c| !is_combining_mark(*c)).map(hyphens).collect()
    };
    clean(&spaced).to_lowercase()
}

/// What a word begins with in the singular and in the plural, and how both end.
fn stem(word: &str) -> (&str, [&'static str; 3]) {
    match word.strip_suffix('y') {
        Some(stem) => (stem, ["y", "ys", "ies"]),
        None => (word, ["", "s", "es"]),
    }
}

/// Where the word is whose stem begins there, if it stands between other signs than letters and digits; also in the plural.
fn alone_at(text: &str, from: usize, word: &str) -> Option<Range<usize>> {
    let (stem, endings) = stem(word);
    let (before, after) = (&text[..from], &text[from + stem.len()..]);
    let is_end = |rest: &str| !rest.starts_with(char::is_alphanumeric);
    let ending = endings.iter().find(|ending| after.strip_prefix(**ending).is_some_and(is_end))?;
    (!before.ends_with(char::is_alphanumeric)).then(|| from..from + stem.len() + ending.len())
}

fn is_alone(text: &str, word: &str) -> bool {
    memmem::find_iter(text.as_bytes(), stem(word).0).any(|from| alone_at(text, from, word).is_some())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn assert_brings(ingredients: &[&str], allergens: &[Allergen]) {
        for ingredient in ingredients {
            assert_eq!(brought_by(ingredient), allergens.iter().copied().collect(), "{ingredient}");
        }
    }

    #[test]
    fn soy_sauce_brings_wheat_and_soy_in_both_languages() {
        assert_brings(&["간장", "국간장", "진 간장", "soy sauce", "Regular Soy Sauce"], &[Wheat, Soy]);
    }

    #[test]
    fn a_promise_is_a_word_and_not_what_two_words_happen_to_make() {
        assert_brings(&["비건 버터"], &[]);
        assert_brings(&["갈비 건새우"], &[Crustaceans]);
    }

    #[test]
    fn peanut_butter_is_no_milk() {
        assert_brings(&["땅콩버터", "땅콩 버터", "peanut butter", "Smooth peanut-butter"], &[Peanut]);
        assert_brings(&["땅콩버터와 버터", "peanut butter and butter"], &[Milk, Peanut]);
    }

    #[test]
    fn what_is_pressed_from_plants_is_no_milk() {
        assert_brings(&["코코넛 밀크", "귀리우유", "coconut milk", "oat milk", "cream of tartar", "코코넛크림"], &[]);
        assert_brings(&["아몬드밀크", "almond milk"], &[Nuts]);
        assert_brings(&["두유", "soya milk"], &[Soy]);
    }

    #[test]
    fn an_aubergine_is_no_egg() {
        assert_brings(&["eggplant", "egg plant", "aubergine", "가지"], &[]);
        assert_brings(&["egg", "Eggs", "egg yolks", "삶은 달걀"], &[Egg]);
    }

    #[test]
    fn oyster_mushrooms_are_no_molluscs() {
        assert_brings(&["oyster mushrooms", "king oyster mushroom", "느타리버섯"], &[]);
        assert_brings(&["oyster sauce", "굴소스", "굴 소스"], &[Wheat, Soy, Molluscs]);
        assert_brings(&["oysters", "껍데기 깐 굴", "생굴"], &[Molluscs]);
    }

    #[test]
    fn buckwheat_is_no_wheat() {
        assert_brings(&["메밀", "메밀가루", "buckwheat", "buckwheat flour"], &[Buckwheat]);
        assert_brings(&["메밀국수", "soba noodles"], &[Wheat, Buckwheat]);
    }

    #[test]
    fn noodles_without_wheat_are_no_wheat() {
        assert_brings(&["쌀국수", "당면", "실곤약", "rice noodles", "sweet potato glass noodles", "rice cakes"], &[]);
        assert_brings(&["소면", "국수", "noodles", "fresh pasta"], &[Wheat]);
    }

    #[test]
    fn perilla_is_no_sesame() {
        assert_brings(&["들깻가루", "들깨 가루", "들기름", "깻잎", "perilla seeds", "sesame leaves"], &[]);
        assert_brings(&["통깨", "깨", "참기름", "tahini", "sesame seeds"], &[Sesame]);
    }

    #[test]
    fn a_part_of_another_word_brings_nothing() {
        let english = ["nutmeg", "coconut", "butternut squash", "water chestnuts", "hamburger", "butter beans"];
        assert_brings(&english, &[]);
        let korean = ["얇게 살짝 데친 배추", "돼지감자", "백도라지", "치킨무", "냉동 죽순", "추가 재료", "사과와 인삼"];
        assert_brings(&korean, &[]);
        assert_brings(&["신선한 우유", "신선한 치즈"], &[Milk]);
        assert_brings(&["채소 라면", "미소 라면"], &[Wheat, Soy]);
    }

    #[test]
    fn a_promise_holds_for_what_follows_it_and_no_further() {
        assert_brings(&["gluten-free soy sauce", "글루텐프리 간장"], &[Soy]);
        assert_brings(&["egg-free mayonnaise", "vegan butter", "비건 김치"], &[]);
        assert_brings(&["vegan butter or butter", "비건 버터 또는 버터"], &[Milk]);
        assert_brings(&["nut-free pesto"], &[Milk]);
    }

    #[test]
    fn sausages_are_pork_unless_they_say_otherwise() {
        assert_brings(&["소시지", "비엔나소시지", "sausages"], &[Pork]);
        assert_brings(&["닭가슴살 소시지", "chicken sausages"], &[Chicken]);
    }

    #[test]
    fn hidden_sources_are_found_in_both_languages() {
        let table: [(&[&str], &[Allergen]); 16] = [
            (&["김치", "김칫국물", "깍두기", "Kimchi brine"], &[Fish, Crustaceans]),
            (&["새우젓", "salted shrimp", "red curry paste"], &[Crustaceans]),
            (&["멸치액젓", "까나리액젓", "참치액", "혼다시", "fish sauce", "anchovies", "dashi"], &[Fish]),
            (&["쯔유", "우스터소스", "사각 어묵", "Worcestershire sauce", "fish cakes"], &[Wheat, Soy, Fish]),
            (&["게맛살", "imitation crab"], &[Egg, Wheat, Soy, Fish, Crustaceans]),
            (&["마요네즈", "mayonnaise"], &[Egg]),
            (&["빵가루", "튀김가루", "부침가루", "breadcrumbs", "panko"], &[Wheat]),
            (&["찐만두", "데리야키 소스", "라면 사리", "teriyaki sauce"], &[Wheat, Soy]),
            (&["사골육수", "소고기 다시다", "beef bone stock"], &[Beef]),
            (&["치킨스톡", "닭육수", "chicken stock"], &[Chicken]),
            (&["화이트 와인", "와인식초", "단무지", "건포도", "raisins", "red wine vinegar"], &[Sulphites]),
            (&["청주", "맛술", "rice wine", "mirin", "멍게"], &[]),
            (&["바질페스토", "pesto"], &[Milk, Nuts]),
            (&["토마토케첩", "살사", "ripe tomatoes"], &[Tomato]),
            (&["연겨자", "wasabi"], &[Mustard]),
            (&["채소육수", "vegetable stock"], &[Celery]),
        ];
        for (ingredients, allergens) in table {
            assert_brings(ingredients, allergens);
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_search_panic(text in ".{0,40}(비건|vegan|굴|eggs?).{0,40}") {
            let _ = brought_by(&text);
        }
    }
}
