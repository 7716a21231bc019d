# 명령과 도움말, 언어, 날짜, 문제가 생겼을 때의 말.
help-heading = 할 수 있는 일
help-footer = 고르는 동안에는 번호나 이름을 입력하세요. ‘취소’, ‘뒤로’ 같은 말도 알아들어요.
leave-words = 종료, 끝내기
help-leave = 나가려면 Ctrl-D를 누르거나 ‘종료’라고 입력하세요.
command-start = 인사하고 고르기 시작하거나 이어 가기
command-recommend = 요리 추천받기 (바라는 점을 바로 적어도 돼요)
command-again = 지난번에 고른 그대로 한 번 더
command-history = 받은 요리 보기, 이름으로 찾기
command-dish = 받은 요리 하나 열기
command-tickets = 남은 식권 보기
command-language = 언어 바꾸기
command-help = 이 도움말
command-cancel = 고르기나 주문 멈추기
argument-wish = 바라는 점
argument-keyword = 검색어
argument-number = 번호
argument-language = ko 또는 en

language-ko = 한국어
language-en = English
language-which = 어떤 언어로 이야기할까요?
language-set = 이제 한국어로 이야기할게요.
language-unknown = 한국어(ko)와 영어(en)로 이야기할 수 있어요.

month-1 = 1월
month-2 = 2월
month-3 = 3월
month-4 = 4월
month-5 = 5월
month-6 = 6월
month-7 = 7월
month-8 = 8월
month-9 = 9월
month-10 = 10월
month-11 = 11월
month-12 = 12월
moment = { $month } { $day }일 { $clock }
clock-hour = { $hour }시
clock-minute = { $time }

error-read-only = 지금은 장부에 쓸 수 없어서 처리하지 못했어요. 식권도, 고른 것도 그대로예요. 잠시 뒤에 다시 해 주세요.
error-full = 저장할 자리가 없어서 처리하지 못했어요. 식권도, 고른 것도 그대로예요. 운영자에게 알려 주세요.
error-busy = 지금 장부가 바빠서 처리하지 못했어요. 식권도, 고른 것도 그대로예요. 잠시 뒤에 다시 해 주세요.
error-unexpected = 죄송해요, 문제가 생겨서 되었는지 확실하지 않아요. /tickets 와 /history 에서 확인할 수 있어요. 다시 해도 같은 주문에 식권이 두 번 쓰이지는 않아요.
