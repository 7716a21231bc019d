# The dialogue: greeting, questions, choices, and what is said when it gets stuck.
greeting = Hello, this is Bapsang. Make a few choices and I will find you one dish to cook today, measured for one.

choice-any = Any
choice-any-about = Whatever you think is good
choice-no-wish = None
choice-back = Back
choice-skip = Skip
choice-surprise = Surprise me
choice-cancel = Cancel
choice-confirm = Get my dish
choice-begin = Start choosing
choice-again = Again
choice-history = My history
choice-stop = Stop the order
choice-page = Page { $page }
choice-open = { $name } (#{ $number })
choice-dish = Dish { $number }
choice-previous = Previous
choice-next = Next

question-heading = { $number }/{ $of } { $line }
question-chosen = Chosen so far: { $chosen }
summary-heading = Shall I order this?
summary-hint = Pick a line to change it. Getting the dish takes one ticket.
wish-quoted = “{ $wish }”

lead-again = The same as last time.
lead-again-open = You are in the middle of choosing. Finish that first, or enter /cancel to stop.
question-waits = Your question is still open. Go on with /recommend.
lead-expired = It has been a while, so I put your unfinished order aside.
lead-resume = Let’s go on where you were. To start over, enter /cancel.
lead-first-step = This is the first question.
lead-surprise = Leave the rest to me.
lead-not-understood = I did not understand that. Choose by number or name; the beginning of a name is enough.
lead-several = That could be more than one. Which do you mean? { $labels }
lead-out-of-range = The numbers go from 1 to { $last }.
lead-wish-too-long = A wish can have up to { $most } characters. That one has { $characters }.
lead-wish-empty = There is nothing in it. You can skip this if you have no wish.
lead-corrupt = Sorry, I could not read what you had chosen so far. Let’s start over.

cancelled-dialogue = Stopped choosing. No ticket was used.
nothing-to-cancel = There is nothing to cancel.
idle-hint = Enter /recommend to get a dish, or /help to see what you can do.
menu-old = That menu is old. Use the newest one, at the bottom, or open it again with /start.
unknown-command = There is no command /{ $name }. See /help for what you can do.
