# 프로필과 개인정보.
profile-heading = 프로필
profile-nickname = 별명
profile-introduction = 자기소개
profile-allergens = 못 먹는 재료
profile-words = 그 밖에 못 먹는 것
profile-changed = 마지막 수정
profile-nothing = 없음
profile-now = 지금: { $value }
profile-saved = 저장했어요.
profile-put-down = 프로필 고치기를 마쳤어요.
ask-nickname = 어떻게 불러 드릴까요? { $most }자 안으로 적어 주세요.
ask-introduction = 자기소개를 { $most }자 안으로 적어 주세요.
ask-allergens = 알레르기가 있거나 못 먹는 재료를 골라 주세요. 한 번 더 고르면 빠져요. 여러 가지를 쉼표로 나누어 적어도 돼요.
ask-words = ‘못 먹는 재료’ 목록에 없는 것을 쉼표로 나누어 적어 주세요. 하나에 { $most }자까지예요. 예: 고수, 가지
word-as-it-is = { $word }
list-as-it-is = { $items }

privacy-kept = 보관하는 것: 누구신지 알아보는 데 쓰는 번호나 이름, 언어, 주문할 때 고른 것과 바라는 점, 받은 요리와 그림, 즐겨찾기, 날마다 쓴 식권 수, 프로필, 지금 고르고 있는 내용이에요.
privacy-why = 쓰는 곳: 요리를 추천하고, 기록을 보여 드리고, 식권을 세는 데에만 써요. 대화 내용은 로그에 남기지 않아요.
privacy-shared = 밖으로 보내는 것: 누구신지 알 수 있는 것은 아무것도 보내지 않아요. 모두 운영자가 관리하는 곳에만 있고, 요리는 밥상 요리책에서 골라요.
privacy-shared-with-model = 밖으로 보내는 것: 요리를 고를 때 고르신 것과 바라는 점, 못 먹는 것, 최근에 받은 요리와 즐겨찾기의 이름을 운영자가 정한 AI에 보내요. 누구신지는 보내지 않아요. 그 밖에는 모두 운영자가 관리하는 곳에만 있어요.
privacy-photos = 요리 사진: 사진을 찾을 때는 요리 이름만 사진 서비스에 보내요. 누가 주문했는지는 보내지 않아요.
privacy-how = 모두 파일로 받으려면 /export, 모두 지우려면 /forget 을 입력하세요.
export-made = 보관된 정보를 모두 담은 파일이에요.
file-written = 파일을 저장했어요: { $path }
file-not-written = 파일을 저장할 수 없어서 위에 그대로 보여 드렸어요.
forget-ask = 프로필과 기록, 그림까지 보관된 정보를 모두 지울까요? 되돌릴 수 없어요. 준비하고 있는 요리가 있으면 주문도 멈춰요.
forget-stays = 오늘 쓴 식권 수만 누구의 것인지 알 수 없게 바꾸어 내일 0시까지 두었다가 지워요.
forget-kept = 아무것도 지우지 않았어요.
forget-done = 보관된 정보를 모두 지웠어요. 그동안 함께해 주셔서 고마워요. /start 로 언제든 새로 시작할 수 있어요.

# 여러 플랫폼의 같은 사람.
link-offered = 코드: { $code }. 다른 플랫폼의 밥상에서 /link { $code } 라고 입력하세요. { $minutes }분 동안 한 번만 쓸 수 있어요. 다른 사람에게는 알려 주지 마세요.
link-ask = 코드를 받은 쪽과 하나로 합칠까요? 기록과 즐겨찾기, 프로필, 식권을 함께 쓰게 돼요. 못 먹는 것은 모두 합치고, 오늘 쓴 식권은 더해서 세어요.
link-ask-names = 코드를 받은 쪽과 하나로 합칠까요? 기록과 즐겨찾기, 프로필, 식권을 함께 쓰게 돼요. 못 먹는 것은 모두 합치고, 오늘 쓴 식권은 더해서 세어요. 별명이나 자기소개가 서로 다르니 남길 쪽을 골라 주세요.
link-left = 합치지 않았어요.
link-too-many = 맞지 않는 코드를 여러 번 적어서 잠시 멈췄어요. 10분쯤 뒤에 다시 해 주세요.
link-gone = 쓸 수 없는 코드예요. 잘못 적었거나 10분이 지났거나 이미 쓴 코드일 수 있어요. /link 로 새 코드를 받으세요.
link-same = 여기서 받은 코드예요. 합치려는 다른 플랫폼에서 입력하세요.
link-same-platform = 두 쪽 모두 같은 플랫폼의 계정이 있어서 합칠 수 없어요.
link-busy = 만들고 있는 요리가 있어요. 요리를 받은 다음에 다시 눌러 주세요.
link-done = 하나로 합쳤어요. 이제 어느 쪽에서나 같은 기록과 식권을 써요. 나누려면 /unlink 를 입력하세요.
unlink-alone = 합친 곳이 없어요. 합치려면 /link 를 입력하세요.
unlink-ask = 이 플랫폼을 다시 나눌까요? 요리는 주문한 쪽에 남고, 오늘 쓴 식권 수는 두 쪽에 똑같이 남아요.
unlink-left = 그대로 두었어요.
unlink-busy = 만들고 있는 요리가 있어요. 요리를 받은 다음에 다시 해 주세요.
unlink-done = 나누었어요. 여기서 주문한 요리만 여기에 남아 있어요.

news-on = 운영자가 소식을 보내면 받아요.
news-off = 이제 소식을 받지 않아요. 주문한 요리는 그대로 전해 드려요.
choice-news = 소식 받기
choice-no-news = 소식 그만 받기
