# Orders and tickets, dishes and history.
waiting-queued = Order taken. Cooking starts in a moment.
waiting-choosing = Choosing a dish that fits.
waiting-writing = It will be { $dish }. Writing down the recipe.
waiting-introduction = { $text }
waiting-in-line = You are number { $ahead } in line.
waiting-stop-hint = (Ctrl-C stops it)
order-taken-already = This order was taken already.
order-in-the-making = Your last order is still being made. Order again once it is served, or enter /cancel to stop it.
order-stopped = Stopped the order. Your ticket is back.
order-forgotten = Stopped the order.
order-too-late = The dish is already done, so it cannot be stopped. You can find it in /history.
order-waits-elsewhere = Your dish is being made in another window.
order-went-elsewhere = Another window took this order over in the meantime. You can find the dish in /history too.
order-resumed = I am picking up your order from last time.
order-unfinished = The kitchen has gone quiet. Your order is kept; come back and I will tell you how it went.
failed-deadline = Sorry, the dish was not ready in time. Your ticket is back.
failed-gave-up = Sorry, I tried several times and could not finish the dish. Your ticket is back.
failed-no-dish = Sorry, I found no dish to serve. Your ticket is back.
failed-down = Sorry, the AI cannot come up with a dish at the moment. Your ticket is back. Please try again in a while.
failed-declined = I cannot make a dish of that wish. Tell me what you would like to eat and I will find something. Your ticket is back.
failed-avoided = Sorry, without the things you do not eat there is no dish left to serve. Your ticket is back. Please have another look at your profile.

tickets-left =
    { $left ->
        [one] You have { $left } ticket left today (of { $limit }).
       *[other] You have { $left } tickets left today (of { $limit }).
    }
tickets-extra =
    { $extra ->
        [one] { $left } of { $limit } tickets left today, and one more that was given to you.
       *[other] { $left } of { $limit } tickets left today, and { $extra } more that were given to you.
    }
tickets-full =
    { $limit ->
        [one] You still have today’s ticket.
       *[other] You still have all { $limit } of today’s tickets.
    }
tickets-none-left =
    { $limit ->
        [one] You have used today’s ticket.
       *[other] You have used all { $limit } of today’s tickets.
    }
tickets-back =
    { $limit ->
        [one] You will have a new one { $back }.
       *[other] You will have { $limit } again { $back }.
    }
tickets-used =
    { $used ->
        [one] You have used { $used } ticket so far.
       *[other] You have used { $used } tickets so far.
    }
tickets-never-used = You have not used a ticket yet.
refused-none-left = You have used up today’s tickets. New ones come { $back }. I will keep what you chose.
refused-closed = No orders are taken at the moment. I will keep what you chose.
tickets-closed = No orders are taken at the moment.

dish-unreadable = Your dish was made, but I cannot show it. Please tell the operator.
dish-number = Dish { $number }
dish-facts =
    { $minutes } min · { $servings ->
        [one] serves one
       *[other] serves { $servings }
    }
dish-ingredients =
    { $servings ->
        [one] Ingredients (one serving)
       *[other] Ingredients ({ $servings } servings)
    }
dish-steps = Method
dish-allergens = Allergens: { $allergens }
photo-credit = Photo: { $credit }
dish-source = From: { $source }
dish-loosened = No dish matches everything you chose, so this one leaves out: { $lines }.
dish-scaled = Amounts and times in the method are for one serving.
dish-rounded = Eggs and other things that are sold whole are rounded up.
dish-favourite = ★ favourite
dish-avoided-found = Contains something you do not eat: { $found }
dish-avoided-not-found = I found nothing that you do not eat among the ingredients. Please still check the labels.
picture-at = Picture: { $path }
favourite-set = Added { $dish } to your favourites. You can see them with /favourites.
favourite-unset = Removed { $dish } from your favourites.
card-brand = Bapsang
card-minutes = { $minutes } min
card-number = No. { $number }
dish-served = Served { $at }.
dish-of-someone = Someone shared this dish. Keeping a copy takes no ticket.
source-cookbook = the Bapsang cookbook
source-model = an AI model
stands-in-down = The AI could not come up with a dish just now, so this one is from the Bapsang cookbook. Your ticket is back.
stands-in-budget = The AI has done all it may for today, so this one is from the Bapsang cookbook. Your ticket is back.
caution-poultry = Cook chicken and other poultry all the way through.
caution-pork = Cook pork and minced meat all the way through.
caution-raw-fish = Use only seafood sold for eating raw. If you are pregnant or your immune system is weak, eat it cooked.
caution-raw-meat = Use only beef sold for eating raw. Pregnant women and children should eat it cooked.
caution-raw-egg = Use only fresh eggs. Pregnant women and children should eat them cooked.
caution-honey = Do not give honey to a baby under one year.
caution-kidney-beans = Soak dried kidney beans, then boil them hard for more than ten minutes before you use them.
to-taste = to taste

history-heading =
    { $total ->
        [one] { $total } dish so far
       *[other] { $total } dishes so far
    }
history-heading-search =
    { $total ->
        [one] { $total } dish with “{ $keyword }”
       *[other] { $total } dishes with “{ $keyword }”
    }
history-page = Page { $page } of { $pages }
favourites-heading =
    { $total ->
        [one] { $total } favourite
       *[other] { $total } favourites
    }
favourites-heading-search =
    { $total ->
        [one] { $total } favourite with “{ $keyword }”
       *[other] { $total } favourites with “{ $keyword }”
    }
favourites-empty = You have no favourites yet. Open a dish and choose “Add to favourites”.
favourites-no-result = None of your favourites has “{ $keyword }”. See them all with /favourites.
history-keyword-too-long = A search can have up to { $most } characters.
history-entry-about = { $at } · { $ingredients }
history-empty = You have no dishes yet. Get the first one with /recommend.
history-no-result = No dish in your history has “{ $keyword }” in its name, ingredients or wish. See them all with /history.
history-last-page = This is the last page.
ask-keyword = What are you looking for? Type part of a name, an ingredient or a wish, up to { $most } characters.
search-put-down = Search cancelled.
share-made = { $dish } is shared now. Anyone who has this link can see it: { $link }
share-ended = Stopped sharing. The link no longer works, but anyone who kept a copy still has it.
share-none = This dish is not shared.
share-gone = This dish is no longer shared, or the link is wrong.
copy-kept = Saved to your history as dish { $number }. No ticket was used.
copy-before = You have this dish already, as number { $number }.
history-first-page = This is the first page.
dish-not-found = There is no dish with that number. You can find the numbers in /history.
dish-which = Which dish would you like to see? For example: /dish 3
again-nothing = You have not ordered yet, so let’s choose from the start.
