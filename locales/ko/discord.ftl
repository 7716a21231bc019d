# 디스코드에서만 하는 말. 이름이 -discord로 끝나는 문장은 다른 곳에서 하는 같은 말을 대신한다.
greeting-first-discord = 처음 오셨네요. 메뉴와 버튼에서 고르기만 하면 돼요. 못 먹는 것이 있으면 /profile 에 적어 두세요. 빼고 추천해 드릴게요. 더 궁금하면 /help 를 입력하세요.
lead-not-understood-discord = 무슨 말씀인지 알아듣지 못했어요. 메뉴나 버튼에서 골라 주세요.
lead-out-of-range-discord = 목록에 없어요. 메뉴나 버튼에서 골라 주세요.
lead-only-text-discord = 채팅에 적은 글은 읽지 않아요. 추천받으려면 /recommend, 할 수 있는 일을 보려면 /help 를 입력하세요.
help-footer-discord = 명령에 딸린 칸은 비워 두어도 돼요. 나머지는 메뉴와 버튼에서 고르면 되고, 채팅에 적은 글은 읽지 않아요.
topic-order-about-discord = 메뉴와 버튼에서 골라 답하면 돼요. /recommend 에 미리 넣은 것이 있으면 묻지 않고 바로 주문 확인으로 넘어가요. 서버에서 드리는 답은 혼자만 볼 수 있고, ‘공유’를 켜면 모두가 함께 봐요. 주문하면 식권 한 장을 쓰고, 요리가 나오지 않으면 돌려드려요.
topic-dishes-about-discord = /history 나 /favourites 에 검색어를 넣으면 이름, 재료, 바라는 점에 그 말이 들어 있는 요리를 찾아요. ‘ㄱㅊㅉㄱ’처럼 초성만 적어도 되고, 여러 말을 띄어 적으면 모두 들어 있는 요리를 찾아요. 쪽은 버튼으로 넘겨요.
command-recommend-discord = 요리 추천받기 (고를 것을 미리 넣어도 돼요)
choice-share-discord = 이 채널에 공유하기

ask-wish-discord = 더 바라는 점이 있으면 ‘직접 쓰기’를 눌러 { $most }자 안으로 적어 주세요. 예: 매운 국물, 아이와 함께
ask-keyword-discord = 무엇을 찾을까요? /history 나 /favourites 의 검색어 칸에 이름이나 재료, 바라는 점에 있는 말을 { $most }자 안으로 적어 주세요. 초성만 적어도 돼요.
ask-nickname-discord = 어떻게 불러 드릴까요? ‘직접 쓰기’를 눌러 { $most }자 안으로 적어 주세요.
ask-introduction-discord = ‘직접 쓰기’를 눌러 자기소개를 { $most }자 안으로 적어 주세요.
ask-allergens-discord = 알레르기가 있거나 못 먹는 재료를 메뉴에서 골라 주세요. 한 번 더 고르면 빠져요.
ask-words-discord = ‘못 먹는 재료’ 목록에 없는 것은 ‘직접 쓰기’를 눌러 쉼표로 나누어 적어 주세요. 하나에 { $most }자까지예요. 예: 고수, 가지
dish-which-discord = 어떤 요리를 볼까요? /dish 의 번호 칸에 번호나 이름을 적으면 찾아 드려요.

tickets-back-discord = 식권이 { $limit }장으로 다시 채워져요: { $back }
refused-none-left-discord = 오늘 식권을 다 썼어요. 고른 것은 그대로 둘게요. 식권이 다시 채워지는 때: { $back }

only-in-private-discord = 다른 분들도 보는 곳이라 여기서는 보여 드리지 않아요. 명령을 직접 입력하시면 혼자만 볼 수 있게 보여 드릴게요.
share-made-discord = { JOSA($dish, "을") } 이 채널에 올렸어요. 누구나 보고 ‘내 기록에 담기’로 담아 갈 수 있어요.
share-ended-discord = 공유를 그만두었어요. 이제 아무도 담아 갈 수 없지만, 채널에 올린 메시지와 이미 담아 간 분의 기록은 그대로 남아요.
share-gone-discord = 공유가 끝난 요리예요.
dish-of-someone-discord = 이 채널에 공유된 요리예요. 내 기록에 담아도 식권은 쓰지 않아요.
not-taken-discord = 답을 드리려 했지만 디스코드에서 받아 주지 않았어요. 죄송해요, 잠시 뒤에 다시 해 보세요.
dish-not-taken-discord = 요리는 나왔는데 디스코드에서 이 메시지를 받아 주지 않았어요. 기록에 { $number }번으로 남아 있으니 /dish 로 다시 열어 보세요.

privacy-shared-discord = 밖으로 보내는 것: 여기서 주고받은 말과 그림, 파일은 디스코드를 거쳐 오가요. 명령과 버튼, 입력 창만 받고 채팅에 적은 글은 읽지 않아요. 공유하신 것은 그 채널을 보는 사람이면 누구나 볼 수 있어요. 그 밖에는 운영자가 관리하는 곳에만 있고, 요리는 밥상 요리책에서 골라요.
privacy-shared-with-model-discord = 밖으로 보내는 것: 여기서 주고받은 말과 그림, 파일은 디스코드를 거쳐 오가요. 명령과 버튼, 입력 창만 받고 채팅에 적은 글은 읽지 않아요. 요리를 고를 때 고르신 것과 바라는 점, 못 먹는 것, 최근에 받은 요리와 즐겨찾기의 이름을 운영자가 정한 AI에 보내고, 누구신지는 보내지 않아요. 공유하신 것은 그 채널을 보는 사람이면 누구나 볼 수 있어요. 그 밖에는 운영자가 관리하는 곳에만 있어요.
forget-ask-discord = 프로필과 기록, 그림까지 보관된 정보를 모두 지울까요? 되돌릴 수 없어요. 준비하고 있는 요리가 있으면 주문도 멈춰요. 디스코드에 이미 올라간 메시지는 지워지지 않아요.

# 명령의 이름. 소문자와 한글, 숫자, 밑줄만 쓰고 띄어 쓰지 않는다.
discord-name-start = 시작
discord-name-recommend = 추천
discord-name-again = 다시하기
discord-name-cancel = 취소
discord-name-history = 기록
discord-name-favourites = 즐겨찾기
discord-name-dish = 요리
discord-name-tickets = 식권
discord-name-profile = 프로필
discord-name-language = 언어
discord-name-link = 연결
discord-name-unlink = 연결끊기
discord-name-news = 소식
discord-name-privacy = 개인정보
discord-name-export = 내보내기
discord-name-forget = 모두지우기
discord-name-help = 도움말

# 명령에 딸린 칸.
discord-option-difficulty = 난이도
discord-option-difficulty-about = 얼마나 손이 가는 요리로 할까요?
discord-option-theme = 테마
discord-option-theme-about = 어떤 테마로 골라 볼까요?
discord-option-cuisine = 음식분류
discord-option-cuisine-about = 어느 나라 음식이 당기세요?
discord-option-main = 메인재료
discord-option-main-about = 메인 재료는 무엇으로 할까요?
discord-option-method = 요리방법
discord-option-method-about = 어떤 방법으로 요리할까요?
discord-option-wish = 바라는점
discord-option-wish-about = 더 바라는 점이 있으세요? 예: 매운 국물, 아이와 함께
discord-option-share = 공유
discord-option-share-about = 이 채널에서 모두와 함께 볼까요? 비워 두면 혼자만 봐요.
discord-option-keyword = 검색어
discord-option-keyword-about = 이름, 재료, 바라는 점에 들어 있는 말 (초성만 적어도 돼요)
discord-option-number = 번호
discord-option-number-about = 요리 번호 (이름을 적으면 찾아 드려요)
discord-option-language = 언어
discord-option-language-about = 어떤 언어로 이야기할까요?
discord-option-topic = 주제
discord-option-topic-about = 무엇이 궁금하세요? 비워 두면 모두 보여 드려요.
discord-option-code = 코드
discord-option-code-about = 다른 플랫폼에서 받은 코드 (비워 두면 새 코드를 드려요)

# 입력 창과 버튼, 메뉴.
form-wish = 바라는 점
form-input-wish = 무엇을 바라세요? ({ $most }자까지)
form-nickname = 별명
form-input-nickname = 어떻게 불러 드릴까요? ({ $most }자까지)
form-introduction = 자기소개
form-input-introduction = 어떤 분인지 알려 주세요 ({ $most }자까지)
form-words = 그 밖에 못 먹는 것
form-input-words = 쉼표로 나누어 적어 주세요. 예: 고수, 가지
form-search = 요리 찾기
form-input-keyword = 이름, 재료, 바라는 점에 있는 말 ({ $most }자까지)
choice-write = 직접 쓰기
pick-value = 여기서 골라 주세요
pick-line = 바꿀 항목을 골라 주세요
pick-allergen = 못 먹는 재료를 골라 주세요
pick-other = 뺄 것을 골라 주세요
dish-page-next = 다음 쪽
dish-page-previous = 이전 쪽

# 늦게 닿거나 닿지 못했을 때, 함께 볼 때.
missed-dish = 전해 드리지 못한 요리가 있어요: { $dish } ({ $number }번). 기록에 잘 담아 두었어요.
share-not-possible = 이 채널에는 올릴 수가 없어서 공유하지 못했어요. 다른 채널에서 다시 해 보세요.
unknown-command-here = 지금은 없는 명령이에요. /help 에서 할 수 있는 일을 볼 수 있어요.
