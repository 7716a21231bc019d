# The counter: what is said to admins.
command-admin = The counter, for admins alone
admin-about-stats = People, orders, tickets, models and photos, as numbers and as a chart
admin-about-person = Profile, tickets and last orders of one person
admin-about-grant = Give tickets, once or every day
admin-about-limit = Another daily limit; without a number, the usual one again
admin-about-refund = Give back the ticket of one order
admin-about-ban = Serve somebody no more
admin-about-unban = Serve them again
admin-about-broadcast = A message to everyone; stop it, or go on with it
admin-about-maintenance = Close for maintenance, or open again
admin-about-sources = Who makes dishes and who finds photos; switch them off and on
admin-about-photo = Take down the photo of a dish; look for another one, or for none
admin-about-reload = Read the settings again
admin-about-config = The settings as they are, without secrets
admin-about-health = Whether all is well
admin-about-audit = What admins did

admin-argument-who = WHO
admin-argument-whom = WHO or all
admin-argument-until = LAST DAY, such as 2026-12-31
admin-argument-tickets = TICKETS
admin-argument-limit = TICKETS A DAY
admin-argument-how = HOW
admin-argument-order = ORDER
admin-argument-reason = REASON
admin-argument-to = TO WHOM
admin-argument-text = TEXT
admin-argument-switch = ON or OFF
admin-argument-sentence = WHAT PEOPLE HEAR
admin-argument-source = NAME
admin-argument-photo = HOW
admin-argument-dish = DISH
admin-argument-page = PAGE

admin-heading-help = The counter
admin-help-people = A person is named by our number, such as #12, by the number that a platform gives them (with telegram: or discord: before it, if you like), by a mention, or by their nickname. A nickname with a space stands in quotes.
admin-no-such-word = There is no “{ $word }” here. /admin shows what there is.
admin-wrong = “{ $argument }” is missing, or is something else.
admin-wrong-most = “{ $argument }” is missing, or is something else. { $most } is the most.
admin-too-much = Nothing is understood from “{ $rest }” on.
admin-usage = It is written like this: { $usage }
admin-ask = Shall it be done?
choice-admin-yes = Yes, do it
choice-admin-no = No
admin-done-before = It was done before, and is not done twice.
admin-dropped-before = It was put down before.
admin-too-late = It was asked more than an hour ago. Please write it again.
admin-forgotten = Everything about this person was deleted meanwhile. Nothing was done.
admin-dropped = Put down. Nothing was changed.
admin-prompt = Shall it be done? (y or n)
admin-agreed = y, yes
admin-say-yes = There is no terminal to ask on, so nothing was done. Add --yes to do it without asking.
admin-no-office = This cannot be done here.

admin-everyone = everyone
admin-nobody = Nobody is known as “{ $who }”.
admin-several = Several people are known as “{ $who }”: { $list }. Please name one by number.
admin-day-over = { $day } is over already.
admin-until = Last day: { $day }
admin-no-end = Last day: none
admin-ask-grant-once = { $tickets ->
    [one] One ticket more for { $who }, once.
   *[other] { $tickets } tickets more for { $who }, once.
}
admin-ask-grant-daily = { $tickets ->
    [one] One ticket more every day for { $who }.
   *[other] { $tickets } tickets more every day for { $who }.
}
admin-ask-limit = { $tickets ->
    [one] One ticket a day for { $who }.
   *[other] { $tickets } tickets a day for { $who }.
}
admin-ask-no-limit = The usual number of tickets a day again for { $who }.
admin-granted = { $tickets ->
    [one] One ticket was given to { $who }.
   *[other] { $tickets } tickets were given to { $who }.
}
admin-limited = The daily limit was changed for { $who }.
admin-limit-dropped = The usual daily limit counts again for { $who }.
admin-no-limit = There is no other daily limit for { $who }.
admin-no-such-order = There is no order { $order }.
admin-refunded-before = The ticket of order { $order } was given back before.
admin-ask-refund = The ticket of order { $order } goes back to { $who }. It stays until it is used.
admin-ask-stop-order = Order { $order } is still in the making. It is stopped, and its ticket goes back.
admin-refunded = The ticket of order { $order } was given back.
admin-order-stopped = Order { $order } was stopped, and its ticket is back.
admin-order-ended = Order { $order } has ended meanwhile. Please write it again.
admin-ask-ban = { $who } is served no more. Reason: { $reason }
admin-ask-unban = { $who } is served again.
admin-banned = { $who } is served no more.
admin-unbanned = { $who } is served again.
admin-not-banned = { $who } is not banned.
admin-ban-until = banned until { $until }: { $reason }
admin-ban-for-good = banned: { $reason }

admin-heading-person = { $who }
admin-row-users = Platforms
admin-row-avoided = Does not eat
admin-row-language = Language
admin-row-since = First seen
admin-row-seen = Last active
admin-row-tickets = Tickets
admin-row-used = Tickets ever used
admin-row-dishes = Dishes
admin-row-ban = Served
admin-title-grants = Tickets given
admin-title-orders = Last orders
admin-title-ledger = Ledger
admin-given-once = { $tickets ->
    [one] one, once ({ $used } used)
   *[other] { $tickets }, once ({ $used } used)
}
admin-given-daily = { $tickets } more every day
admin-given-limit = { $tickets } a day
admin-given-to-everyone = { $given }, to everyone
admin-order = { $state } · { $platform } · { $at }
admin-order-failed = { $state } ({ $why }) · { $platform } · { $at }
admin-order-queued = waiting
admin-order-cooking = in the making
admin-order-served = ready, on its way
admin-order-delivered = delivered
admin-order-cancelled = stopped
admin-order-without-dish = failed
admin-movement = { $movement } ({ $why }) · { $at }
admin-ticket-taken = taken
admin-ticket-spent = spent
admin-ticket-returned = returned

admin-heading-stats = As it stands ({ $at })
admin-title-people = People
admin-row-people = In all
admin-row-new = New today
admin-row-active-today = Active today
admin-row-active-week = Active in 7 days
admin-title-orders-of-days = Orders
admin-row-orders-today = Today
admin-row-orders-days = In { $days } days
admin-row-waiting = In the making now
admin-row-took = Time to the dish
admin-orders = { $served } served, { $failed } failed, { $cancelled } stopped, { $open } in the making
admin-took = half within { $median } s, nineteen of twenty within { $slow } s
admin-title-today = Today
admin-row-models = Models
admin-tickets = { $taken } taken, { $spent } spent, { $returned } returned
admin-models = { $requests } requests, { $in } tokens read, { $out } written
admin-title-failures = Why orders failed today
admin-title-photos = Pictures in 14 days
admin-card = drawn cards
admin-chart = Orders by day
admin-chart-served = served
admin-chart-failed = failed
admin-chart-cancelled = stopped

admin-ask-close = Closes for maintenance. Dishes in the making are still delivered; meanwhile people hear this.
admin-quoted = “{ $text }”
admin-closed = Closed. Admins can go on. /admin maintenance off opens again.
admin-opened = Open again.
admin-heading-sources = Where dishes and photos come from
admin-title-recommenders = Dishes
admin-title-photo-sources = Photos
admin-note-sources = /admin sources NAME off switches one off, and on switches it on again. The cookbook cannot be switched off.
admin-no-such-source = “{ $name }” is nothing that can be switched. /admin sources shows the names.
admin-ask-switch-off = “{ $name }” is switched off, and not asked until it is switched on again.
admin-switched-off = “{ $name }” is switched off. Every process knows in a moment.
admin-switched-on = “{ $name }” is switched on.
admin-source-well = well
admin-source-switched-off = switched off by an admin
admin-source-off = off in the settings
admin-source-keyless = without its key ({ $variables })
admin-source-broken = its settings are wrong: { $error }
admin-source-rests-until = rests until { $until } ({ $trouble })
admin-source-rests = fails again and again; left alone for a moment
admin-source-asked = { $state } · asked { $asked } times in a day
admin-source-asked-of = { $state } · asked { $asked } of { $most } times in a day
admin-no-photo = There is no photo of “{ $dish }”.
admin-ask-replace-photo = The photo of “{ $dish }” is taken down and not used again; next time another one is looked for.
admin-ask-remove-photo = The photo of “{ $dish }” is taken down, and there will be none, only a drawn card.
admin-photo-replaced = The photo of “{ $dish }” is taken down. Next time another one is looked for.
admin-photo-removed = The photo of “{ $dish }” is taken down.
admin-ask-reload = Reads the settings again. A mistake in them changes nothing.
admin-heading-reload = The settings were read again
admin-row-counting = Counts now
admin-row-after-restart = Counts after a restart
admin-not-reloaded = There is a mistake in the settings, so nothing was changed.
admin-config = The settings as they are, without secrets.
admin-heading-well = All is well
admin-heading-ill = Something needs a look
admin-check = { $mark } { $said }
admin-heading-audit = What admins did (page { $page } of { $pages })
admin-entry = { $id }. { $at }
admin-entry-said = { $admin } ({ $place }): { $line } → { $outcome }
admin-outcome-done = done
admin-outcome-nothing = nothing to do
admin-outcome-failed = failed
admin-outcome-unknown = not known
admin-outcome-asked = asked
admin-outcome-dropped = put down

broadcast-ask = To { $to }: { $people } would hear it. It looks like this:
broadcast-to-nobody = Nobody would hear it.
broadcast-under-way = Another message is being sent. Please wait until it has ended, or stop it.
broadcast-begun = It is being sent.
broadcast-none = No message was sent yet.
broadcast-not-stopped = No message was stopped.
broadcast-not-sending = No message is being sent.
broadcast-sending = Sending: { $sent } of { $all } have heard it; { $blocked } blocked, { $failed } failed.
broadcast-stopped = Stopped: { $sent } of { $all } have heard it; { $blocked } blocked, { $failed } failed.
broadcast-done = Everyone was told: { $sent } of { $all } have heard it; { $blocked } blocked, { $failed } failed.
broadcast-twice = { $count } of them may have heard it twice, since telling them was interrupted.
choice-admin-stop = Stop
choice-admin-resume = Go on

notice-start = Bapsang is open. (version { $version })
notice-stop = Bapsang closes. Dishes in the making are taken up again when it opens.
notice-schema = The database was brought from version { $before } to { $now }.
notice-model-down = The model { $name } fails again and again, and the cookbook stands in for it. Look at its key and its server.
notice-budget = { $percent }% of what models may take today is spent. After that the cookbook stands in.
notice-photo-source = The photo source { $source } has changed its layout or turns us away, and is not asked for a while. See: bapsang photos check DISH
notice-room = { $what }: { $said }

health-database = Database
health-database-well = answers within { $millis } ms
health-database-slow = takes { $millis } ms to answer; look at the disk and at what else runs there
health-database-ill = does not answer: { $error }
health-size-name = Size of the database
health-size = { $megabytes } MB
health-size-of = { $megabytes } MB of { $most } MB; raise database.sqlite_max_megabytes in time
health-disk-database = Disk of the database
health-disk-media = Disk of the pictures
health-disk-well = { $megabytes } MB free
health-disk-full = only { $megabytes } MB free; make room
health-queue = Orders in the making
health-queue-waiting = { $waiting }
health-models = Model
health-model-well = { $name }: well
health-model-keyless = { $name }: not asked for want of a key
health-model-rests = { $name }: fails again and again; look at its key and its server
health-fonts = Fonts
health-fonts-well = there is one with Korean letters
health-fonts-none = none with Korean letters, so cards have no words; install fonts-nanum

banned = You cannot use this at the moment. Reason: { $reason } What is kept about you can be seen and deleted by /privacy.
banned-until = You cannot use this until { $back }. Reason: { $reason } What is kept about you can be seen and deleted by /privacy.
house-closed = Closed for a moment, for maintenance. Your tickets and what you chose stay as they are. Please come back a little later.
