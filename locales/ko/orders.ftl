# 주문과 식권, 요리와 기록.
waiting-queued = 주문을 받았어요. 곧 요리를 시작해요.
waiting-choosing = 어울리는 요리를 고르고 있어요.
waiting-writing = { JOSA($dish, "으로") } 정했어요. 만드는 법을 정리하고 있어요.
waiting-stop-hint = (Ctrl-C로 멈출 수 있어요)
order-taken-already = 이 주문은 이미 받았어요.
order-in-the-making = 먼저 주문하신 요리를 준비하고 있어요. 나온 뒤에 다시 주문해 주세요. 멈추려면 /cancel 을 입력하세요.
order-stopped = 주문을 멈췄어요. 식권은 돌려드렸어요.
order-too-late = 요리가 이미 나와서 멈출 수 없어요. /history 에서 볼 수 있어요.
order-waits-elsewhere = 주문하신 요리를 다른 창에서 만들고 있어요.
order-resumed = 지난번에 하신 주문을 이어서 준비할게요.
order-unfinished = 주방에서 소식이 없어요. 주문은 남아 있으니 다시 들어오시면 알려 드릴게요.
failed-deadline = 죄송해요. 시간 안에 요리를 내지 못했어요. 식권은 돌려드렸어요.
failed-gave-up = 죄송해요. 여러 번 해 보았지만 요리를 마치지 못했어요. 식권은 돌려드렸어요.
failed-no-dish = 죄송해요. 내어 드릴 요리를 찾지 못했어요. 식권은 돌려드렸어요.

tickets-left = 오늘 식권이 { $left }장 남았어요. (하루 { $limit }장)
tickets-full = 오늘 식권 { $limit }장이 모두 남아 있어요.
tickets-none-left = 오늘 식권 { $limit }장을 모두 썼어요.
tickets-back = { $back }에 { $limit }장으로 채워져요.
tickets-used = 지금까지 쓴 식권은 { $used }장이에요.
tickets-never-used = 아직 쓴 식권이 없어요.
refused-none-left = 오늘 식권을 다 썼어요. { $back }에 새 식권이 와요. 고른 것은 그대로 둘게요.
refused-closed = 지금은 주문을 받지 않아요. 고른 것은 그대로 둘게요.
tickets-closed = 지금은 주문을 받지 않아요.

dish-number = { $number }번 요리
dish-facts = { $minutes }분 · 1인분
dish-ingredients = 재료 (1인분)
dish-steps = 만드는 법
dish-allergens = 알레르기 유발 재료: { $allergens }
dish-source = 출처: { $source }
dish-loosened = 고르신 것에 모두 맞는 요리가 없어서 { JOSA($lines, "은") } 맞추지 못했어요.
dish-served = { $at }에 받은 요리예요.
source-cookbook = 밥상 요리책
to-taste = 약간

history-heading = 지금까지 받은 요리 { $total }가지
history-heading-search = “{ $keyword }” 검색 결과 { $total }가지
history-page = { $page }/{ $pages }쪽
history-entry-about = { $at } · { $ingredients }
history-empty = 아직 받은 요리가 없어요. /recommend 로 첫 요리를 받아 보세요.
history-no-result = 기록에서 “{ $keyword }” 요리를 찾지 못했어요. /history 로 전체를 볼 수 있어요.
history-last-page = 그게 마지막 쪽이에요.
history-first-page = 여기가 첫 쪽이에요.
dish-not-found = 그런 번호의 요리는 없어요. /history 에서 번호를 볼 수 있어요.
dish-which = 몇 번 요리를 볼까요? 예: /dish 3
again-nothing = 아직 주문한 적이 없어요. 처음부터 골라 볼게요.
