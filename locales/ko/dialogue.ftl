# 대화: 인사, 물음, 고를 것, 막혔을 때의 말.
greeting = 안녕하세요, 밥상이에요. 몇 가지만 정해 주시면 오늘 먹을 1인분 요리를 추천해 드릴게요.

choice-any = 상관없음
choice-any-about = 무엇이든 좋아요
choice-no-wish = 없음
choice-back = 뒤로
choice-skip = 건너뛰기
choice-surprise = 알아서 골라 줘
choice-cancel = 취소
choice-confirm = 추천 받기
choice-begin = 고르기 시작
choice-again = 다시하기
choice-history = 내 기록
choice-stop = 주문 멈추기
choice-page = { $page }쪽
choice-open = { $name } (#{ $number })
choice-dish = { $number }번 요리
choice-previous = 이전
choice-next = 다음

question-heading = { $number }/{ $of } { $line }
question-chosen = 지금 고른 것: { $chosen }
summary-heading = 이대로 주문할까요?
summary-hint = 바꾸고 싶은 항목이 있으면 골라 주세요. 추천을 받으면 식권 한 장을 써요.
wish-quoted = “{ $wish }”

lead-again = 지난번에 고른 그대로예요.
lead-again-open = 고르던 주문이 있어요. 마저 고르거나, 그만두려면 /cancel 을 입력하세요.
question-waits = 고르던 질문은 그대로예요. /recommend 로 이어 갈 수 있어요.
lead-expired = 한동안 답이 없어 고르던 주문은 접어 두었어요.
lead-resume = 고르던 데서 이어 갈게요. 처음부터 하려면 /cancel 을 입력하세요.
lead-first-step = 여기가 첫 질문이에요.
lead-surprise = 나머지는 저희에게 맡겨 주세요.
lead-not-understood = 무슨 말씀인지 알아듣지 못했어요. 번호나 이름으로 골라 주세요. 이름은 앞 글자만 적어도 돼요.
lead-several = 비슷한 것이 여러 개예요. 어느 것일까요? { $labels }
lead-out-of-range = 1번부터 { $last }번까지 있어요.
lead-wish-too-long = 바라는 점은 { $most }자까지 적을 수 있어요. 방금 적으신 글은 { $characters }자예요.
lead-wish-empty = 아무것도 적혀 있지 않아요. 바라는 점이 없으면 건너뛰어도 돼요.
lead-corrupt = 죄송해요, 고르던 내용을 불러오지 못했어요. 처음부터 다시 할게요.

cancelled-dialogue = 고르기를 그만두었어요. 식권은 쓰지 않았어요.
nothing-to-cancel = 취소할 것이 없어요.
idle-hint = 요리를 추천받으려면 /recommend, 할 수 있는 일을 보려면 /help 를 입력하세요.
menu-old = 지난 메뉴예요. 가장 아래에 있는 메뉴에서 고르거나 /start 로 다시 열어 주세요.
unknown-command = /{ $name } 명령은 없어요. /help 에서 할 수 있는 일을 볼 수 있어요.
