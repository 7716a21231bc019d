# What is said on Telegram alone. A sentence whose name ends in -telegram stands in for the same one of the terminal.
greeting-first-telegram = Nice to meet you. Press a button or type a name to choose. If there is anything you do not eat, note it in /profile and I will leave it out. For more, type /help.
lead-not-understood-telegram = I did not understand that. Press a button or type a name; its first letters are enough.
help-footer-telegram = While choosing, press a button or type a name. Words such as “cancel” and “back” work too.
topic-order-about-telegram = Press a button or type a name to answer. The first letters of a name are enough, and “back”, “skip” and “surprise me” work too. An order takes one ticket, and you get it back if there is no dish.
privacy-shared-telegram = What leaves this place: what we say here, and pictures, pass through Telegram. Nothing else is sent anywhere. Dishes come from the built-in cookbook.

summary-line = { $line }: { $value }
only-in-private = Others can read along here, so I will show you this in our private chat.
open-private = Open our private chat
share-send = Send this dish
menu-foreign = This menu is someone else’s. Type /recommend for one of your own.
reply-hint = Reply to this message with your answer.
group-closed = I do not work in this group. Let’s talk in a private chat.
slowed-down = Telegram asks me to slow down, so I will answer in about { $minutes ->
    [one] a minute
   *[other] { $minutes } minutes
}. Your choice has been taken.
inline-none = No dishes to show yet. Press here to choose one
inline-more = Choose a dish with Bapsang
about-short = What to eat? Make a few choices and get one dish, measured for one.
about-long = This is Bapsang. Choose difficulty, theme, cuisine, main ingredient, cooking method and a wish, and get one dish with exact amounts for one serving.
    
    Each day has its tickets, and every dish can be found again in /history. Note what you do not eat in /profile, and it is left out.
