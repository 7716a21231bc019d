# What is said on Discord alone. A sentence whose name ends in -discord stands in for the same one of other places.
greeting-first-discord = Nice to meet you. Just choose from the menus and buttons. If there is anything you do not eat, note it in /profile and I will leave it out. /help tells you more.
lead-not-understood-discord = I did not understand that. Please choose from the menu or the buttons.
lead-out-of-range-discord = That is not on the list. Please choose from the menu or the buttons.
lead-only-text-discord = I do not read what is typed in the chat. Enter /recommend to get a dish, or /help to see what you can do.
help-footer-discord = You can leave every field of a command empty. The rest is menus and buttons; I do not read what is typed in the chat.
topic-order-about-discord = Choose from the menus and buttons. If you fill in anything with /recommend, you go straight to the summary. In a server only you can see my answers, unless you turn on “share”. An order takes one ticket, and you get it back if there is no dish.
topic-dishes-about-discord = With a keyword, /history and /favourites find the dishes that have it in their name, their ingredients or your wish. Korean can be searched by its initial consonants, and several words find the dishes that have all of them. Turn the pages with the buttons.
command-recommend-discord = Get a dish (you can fill in your choices right away)
choice-share-discord = Share in this channel

ask-wish-discord = Anything else you would like? Press “Write it” and use up to { $most } characters, for example: spicy soup, fun for kids
ask-keyword-discord = What are you looking for? Give /history or /favourites part of a name, an ingredient or a wish as the keyword, up to { $most } characters.
ask-nickname-discord = What shall I call you? Press “Write it” and use up to { $most } characters.
ask-introduction-discord = Press “Write it” and tell me about yourself in up to { $most } characters.
ask-allergens-discord = Pick what you are allergic to or do not eat from the menu. Pick it again to take it off.
ask-words-discord = For what is not on the “I do not eat” list, press “Write it” and put commas in between, up to { $most } characters each. For example: coriander, aubergine
dish-which-discord = Which dish would you like to see? Start typing its number or name in the number field of /dish.

tickets-back-discord =
    { $limit ->
        [one] Your next ticket: { $back }
       *[other] Back to { $limit } tickets: { $back }
    }
refused-none-left-discord = You have used up today’s tickets. I will keep what you chose. New tickets: { $back }

only-in-private-discord = Other people can see this channel, so I will not show it here. Enter the command yourself and only you will see the answer.
share-made-discord = { $dish } is in this channel now. Everyone here can see it and keep a copy.
share-ended-discord = Stopped sharing. Nobody can keep a copy any more, but the message stays in the channel, and so does every copy that was kept.
share-gone-discord = This dish is no longer shared.
dish-of-someone-discord = This dish was shared in this channel. Keeping a copy takes no ticket.
not-taken-discord = Sorry, Discord did not take my answer. Please try again in a moment.
dish-not-taken-discord = Your dish is ready, but Discord did not take the message. It is number { $number } in your history: open it with /dish.

privacy-shared-discord = Who gets it: what we say here, with pictures and files, passes through Discord. I get commands, buttons and forms, and do not read what is typed in the chat. What you share can be seen by everyone who can see the channel. Everything else stays with the operator of this bot, and the dishes come from the Bapsang cookbook.
privacy-shared-with-model-discord = Who gets it: what we say here, with pictures and files, passes through Discord. I get commands, buttons and forms, and do not read what is typed in the chat. To find a dish, your choices, your wish, what you do not eat and the names of your recent dishes and favourites go to the AI that the operator of this bot has chosen; who you are does not. What you share can be seen by everyone who can see the channel. Everything else stays with the operator.
forget-ask-discord = Shall I delete everything that is kept about you: profile, history and pictures? This cannot be undone. An order that is being made will be stopped. Messages that are already on Discord stay there.

# Names of commands: small letters, digits and underscores, without spaces.
discord-name-start = start
discord-name-recommend = recommend
discord-name-again = again
discord-name-cancel = cancel
discord-name-history = history
discord-name-favourites = favourites
discord-name-dish = dish
discord-name-tickets = tickets
discord-name-profile = profile
discord-name-language = language
discord-name-link = link
discord-name-unlink = unlink
discord-name-news = news
discord-name-privacy = privacy
discord-name-export = export
discord-name-forget = forget
discord-name-help = help

# The fields of commands.
discord-option-difficulty = difficulty
discord-option-difficulty-about = How much of a challenge should it be?
discord-option-theme = theme
discord-option-theme-about = What kind of dish are you after?
discord-option-cuisine = cuisine
discord-option-cuisine-about = Which cuisine are you in the mood for?
discord-option-main = main
discord-option-main-about = What should be the main ingredient?
discord-option-method = method
discord-option-method-about = How would you like it cooked?
discord-option-wish = wish
discord-option-wish-about = Anything else you would like? For example: spicy soup, fun for kids
discord-option-share = share
discord-option-share-about = Let everyone in this channel see it? Left empty, only you do.
discord-option-keyword = keyword
discord-option-keyword-about = Part of a name, an ingredient or a wish
discord-option-number = number
discord-option-number-about = The number of the dish; type its name to find it
discord-option-language = language
discord-option-language-about = Which language shall we speak?
discord-option-topic = topic
discord-option-topic-about = What would you like to know about? Leave it empty to see everything.
discord-option-code = code
discord-option-code-about = The code from the other platform; leave it empty to get a new one

# Forms, buttons and menus.
form-wish = Your wish
form-input-wish = What would you like? (up to { $most })
form-nickname = Name
form-input-nickname = What shall I call you? (up to { $most })
form-introduction = Introduction
form-input-introduction = Tell me about yourself (up to { $most })
form-words = I also do not eat
form-input-words = With commas, like: coriander, aubergine
form-search = Find a dish
form-input-keyword = Name, ingredient or wish (up to { $most })
choice-write = Write it
pick-value = Choose one
pick-line = Pick a line to change
pick-allergen = Pick what you do not eat
pick-other = Pick one to remove
dish-page-next = Next page
dish-page-previous = Previous page

# What came late or not at all, and what everyone sees.
missed-dish = One of your dishes did not reach you: { $dish }, number { $number }. It is waiting in your history.
share-not-possible = I cannot post in this channel, so the dish was not shared. Please try it in another one.
unknown-command-here = This command is no longer there. See /help for what you can do.
