# The profile and privacy.
profile-heading = Your profile
profile-nickname = Name
profile-introduction = Introduction
profile-allergens = I do not eat
profile-words = I also do not eat
profile-changed = Last changed
profile-nothing = not set
profile-now = At the moment: { $value }
profile-saved = Saved.
profile-put-down = Done with your profile.
ask-nickname = What shall I call you? Write up to { $most } characters.
ask-introduction = Tell me about yourself in up to { $most } characters.
ask-allergens = Pick what you are allergic to or do not eat. Pick it again to take it off. You can also type several, with commas in between.
ask-words = Write what is not on the “I do not eat” list, with commas in between, up to { $most } characters each. For example: coriander, aubergine
word-as-it-is = { $word }
list-as-it-is = { $items }

privacy-kept = What is kept: the ID or name that tells me who you are, your language, what you chose and wished for, your dishes and their pictures, your favourites, how many tickets you used each day and which were given to you, whether you want news, your profile, and the question that is open.
privacy-why = What for: to recommend dishes, to show you your history and to count your tickets, and for nothing else. Whoever runs this can see your nickname, your tickets and when you ordered, to help or to ban, and that they looked is written down; what you ordered and do not eat they do not see. What you write is not logged.
privacy-shared = Who gets it: nothing about you goes to anybody. It all stays with the operator of this bot, and the dishes come from the Bapsang cookbook.
privacy-shared-with-model = Who gets it: to find a dish, your choices, your wish, what you do not eat and the names of your recent dishes and favourites go to the AI that the operator of this bot has chosen. Who you are does not. Everything else stays with the operator.
privacy-photos = Photos: to find one, the name of the dish goes to photo services, and nothing about who ordered it.
privacy-how = /export gives you all of it as a file, and /forget deletes all of it.
export-made = Here is a file with everything that is kept about you.
file-written = The file is saved as { $path }
file-not-written = The file could not be written, so its content is shown above.
forget-ask = Shall I delete everything that is kept about you: profile, history and pictures? This cannot be undone. An order that is being made will be stopped.
forget-stays = Only the number of tickets you used today stays until midnight, in a form that tells nobody whose it is; then it is deleted too. If you are banned, that and its reason stay in the same form.
forget-kept = Nothing was deleted.
forget-done = Everything that was kept about you is deleted. Thank you for cooking with me. You can begin again at any time with /start.

# The same person on several platforms.
link-offered = Your code is { $code }. Type /link { $code } to Bapsang on the other platform. It is good once, for { $minutes } minutes. Do not give it to anybody else.
link-ask = Shall I join you with where this code comes from? You will share one history, one profile, your favourites and your tickets. Everything that you do not eat is kept, and the tickets used today are added up.
link-ask-names = Shall I join you with where this code comes from? You will share one history, one profile, your favourites and your tickets. Everything that you do not eat is kept, and the tickets used today are added up. The nickname or the introduction differs, so please choose which one stays.
link-left = Nothing was joined.
link-too-many = Too many codes were wrong, so this stops for a moment. Please try again in about ten minutes.
link-gone = This code is not good: it may be mistyped, more than ten minutes old, or used already. Get a new one with /link.
link-same = This code comes from here. Type it on the platform that you want to join.
link-same-platform = Both have an account on the same platform, so they cannot be joined.
link-busy = A dish is being made. Please press again once you have it.
link-done = You are one now: the same history and the same tickets everywhere. To part again, type /unlink.
unlink-alone = There is nothing to part. To join another platform, type /link.
unlink-ask = Shall I part this platform from the others? Dishes stay where you ordered them, and what was used today counts on both sides.
unlink-left = Everything stays as it is.
unlink-busy = A dish is being made. Please try again once you have it.
unlink-done = Done. The dishes that you ordered here are the ones that stay here.

news-on = You hear of news from whoever runs this.
news-off = You hear of no more news. Dishes that you order still come.
choice-news = Hear of news
choice-no-news = No more news
