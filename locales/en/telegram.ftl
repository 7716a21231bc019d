# What is said on Telegram alone. A sentence whose name ends in -telegram stands in for the same one of the terminal.
greeting-first-telegram = Nice to meet you. Press a button to choose, or type what it says. If there is anything you do not eat, note it in /profile and I will leave it out. For more, type /help.
lead-not-understood-telegram = I did not understand that. Press a button, or type its name; the first letters are enough.
help-footer-telegram = While choosing, press a button or type its name. Words such as “cancel” and “back” work too.
topic-order-about-telegram = Press a button or type its name to answer. The first letters are enough, and “back”, “skip” and “surprise me” work too. An order takes one ticket, and you get it back if there is no dish.
privacy-shared-telegram = Who gets it: what we say here, with pictures and files, passes through Telegram, and a dish you share can be seen by anyone who has its link. Everything else stays with the operator of this bot, and the dishes come from the Bapsang cookbook.
privacy-shared-with-model-telegram = Who gets it: what we say here, with pictures and files, passes through Telegram. To find a dish, your choices, your wish, what you do not eat and the names of your recent dishes and favourites go to the AI that the operator of this bot has chosen; who you are does not. A dish you share can be seen by anyone who has its link. Everything else stays with the operator.

summary-line = { $line }: { $value }
only-in-private = Other people can see this chat, so I will show you this in our private chat.
open-private = Open our private chat
share-send = Send the link
menu-foreign = These buttons are someone else’s. Type /recommend to get a dish of your own.
reply-hint = Reply to this message with your answer.
group-closed = I am not available in this group. Please message me in private.
slowed-down = Telegram asks me to slow down, so I will answer in about { $minutes ->
    [one] a minute
   *[other] { $minutes } minutes
}. I have your choice, so there is no need to press again.
chat-full = Answers are piling up in this chat. Please press again in a moment.
not-taken = Sorry, Telegram did not take my answer. Please try again in a moment.
dish-not-taken = Your dish is ready, but Telegram did not take the message. It is number { $number } in your history: try /dish { $number }.
anonymous = I cannot serve an anonymous admin. Turn that off and type it again under your own name.
inline-none = No dishes found. Tap to choose one
inline-more = Choose a dish with Bapsang
about-short = What shall I eat today? Make a few choices and get one dish, measured for one.
about-long = This is Bapsang. Choose difficulty, theme, cuisine, main ingredient and cooking method, add a wish if you like, and get one dish with exact amounts for one serving.
    
    You get new tickets every day, and you can find every dish again in /history. Note what you do not eat in /profile and I will leave it out.
