# 고르는 여섯 줄과 그 값. 이름은 이전 서비스에서 쓰던 말 그대로다.
line-difficulty = 요리 난이도
line-theme = 테마
line-cuisine = 음식 분류
line-main = 메인 재료
line-method = 요리 방법
line-wish = 맞춤 추천

ask-difficulty = 어느 정도 난이도로 만들어 볼까요?
ask-theme = 어떤 테마로 골라 볼까요?
ask-cuisine = 어느 나라 음식이 당기세요?
ask-main = 메인 재료는 무엇으로 할까요?
ask-method = 어떤 방법으로 요리할까요?
ask-wish = 더 바라는 점이 있으면 { $most }자 안으로 적어 주세요. 예: 매운 국물, 아이와 함께

difficulty-advanced = 고급
difficulty-advanced-about = 손이 많이 가도 제대로 만들어 보고 싶을 때
difficulty-intermediate = 중급
difficulty-intermediate-about = 칼질과 불 조절에 익숙하다면
difficulty-beginner = 초급
difficulty-beginner-about = 처음이어도 따라 하기 쉬운 요리

theme-main = 메인요리
theme-main-about = 한 끼의 중심이 되는 든든한 요리
theme-side = 밑반찬
theme-side-about = 밥상에 곁들이는 반찬
theme-snack = 간식
theme-snack-about = 출출할 때 가볍게
theme-quick = 간단요리
theme-quick-about = 20분 안에 뚝딱
theme-guests = 초대요리
theme-guests-about = 손님상에 올려도 좋은 요리
theme-regional = 향토음식
theme-regional-about = 고장의 맛이 담긴 음식
theme-winter = 겨울음식
theme-winter-about = 추운 날 속을 데워 주는 음식
theme-summer = 여름음식
theme-summer-about = 더운 날 입맛을 살려 주는 음식

cuisine-korean = 한식
cuisine-korean-about = 밥과 국, 찌개와 반찬
cuisine-japanese = 일식
cuisine-japanese-about = 재료의 맛을 살린 일본 요리
cuisine-chinese = 중식
cuisine-chinese-about = 센 불에 볶고 튀기는 중국 요리
cuisine-western = 양식
cuisine-western-about = 파스타, 스테이크, 샐러드

main-beef = 소고기
main-beef-about = 진하고 깊은 맛
main-pork = 돼지고기
main-pork-about = 고소하고 든든한 맛
main-chicken = 닭고기
main-chicken-about = 담백하고 부드러운 맛
main-seafood = 해물
main-seafood-about = 생선, 오징어, 새우와 조개
main-vegetables = 채소류
main-vegetables-about = 산뜻하고 가벼운 한 끼
main-mushrooms = 버섯류
main-mushrooms-about = 쫄깃하고 향긋한 맛
main-fruit = 과일류
main-fruit-about = 달콤하고 상큼한 맛

method-stir-frying = 볶음
method-stir-frying-about = 달군 팬에 빠르게 볶기
method-boiling = 끓이기
method-boiling-about = 국과 찌개, 조림까지 보글보글
method-deep-frying = 튀김
method-deep-frying-about = 기름에 바삭하게 튀기기
method-mixing = 비비기
method-mixing-about = 한데 넣고 쓱쓱 비비기
method-grilling = 굽기
method-grilling-about = 팬이나 오븐, 불에 노릇하게
method-raw = 회
method-raw-about = 익히지 않고 신선하게
method-tossing = 무침
method-tossing-about = 양념에 조물조물 무치기
