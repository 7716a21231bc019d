# Commands and help, languages, dates, and what is said when something goes wrong.
help-heading = What you can do
help-footer = While choosing, type a number or a name. Words such as cancel and back work too.
leave-words = quit, exit
help-leave = To leave, press Ctrl-D or type quit.
command-start = Say hello and start choosing, or go on
command-recommend = Get a dish (you can add a wish right away)
command-again = The same choices as last time
command-history = See your dishes, or search them by name
command-dish = Open one of your dishes
command-tickets = See your tickets
command-language = Change the language
command-help = This help
command-cancel = Stop choosing, or stop the order
argument-wish = wish
argument-keyword = word
argument-number = number
argument-language = ko or en

language-ko = 한국어
language-en = English
language-which = Which language shall we speak?
language-set = I will speak English from now on.
language-unknown = I speak Korean (ko) and English (en).

month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December
moment = { $day } { $month } at { $clock }
clock-hour = { $hour }:00
clock-minute = { $time }

error-read-only = I cannot write to my books right now, so nothing was done. Your tickets and choices are as they were. Please try again in a while.
error-full = There is no room left to save this, so nothing was done. Your tickets and choices are as they were. Please tell the operator.
error-busy = My books are busy right now, so nothing was done. Your tickets and choices are as they were. Please try again in a moment.
error-unexpected = Sorry, something went wrong, and I cannot tell whether it worked. You can see it in /tickets and /history. Trying again never charges the same order twice.
