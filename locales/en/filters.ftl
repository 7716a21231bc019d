# The six lines that are chosen, and their values.
line-difficulty = Difficulty
line-theme = Theme
line-cuisine = Cuisine
line-main = Main ingredient
line-method = Cooking method
line-wish = Your wish

ask-difficulty = How much of a challenge should it be?
ask-theme = What kind of dish are you after?
ask-cuisine = Which cuisine are you in the mood for?
ask-main = What should be the main ingredient?
ask-method = How would you like it cooked?
ask-wish = Anything else you would like? Write it in up to { $most } characters, for example: spicy soup, fun for kids

difficulty-advanced = Advanced
difficulty-advanced-about = More work, for when you want to do it properly
difficulty-intermediate = Intermediate
difficulty-intermediate-about = You are at home with a knife and a hot pan
difficulty-beginner = Beginner
difficulty-beginner-about = Easy to follow, even the first time

theme-main = Main dish
theme-main-about = The hearty centre of a meal
theme-side = Side dish
theme-side-about = Something to go with rice
theme-snack = Snack
theme-snack-about = A small bite between meals
theme-quick = Quick meal
theme-quick-about = On the table within 20 minutes
theme-guests = For guests
theme-guests-about = Good enough to serve to company
theme-regional = Regional dish
theme-regional-about = The taste of one particular place
theme-winter = Winter food
theme-winter-about = Warms you up on a cold day
theme-summer = Summer food
theme-summer-about = Light and refreshing in the heat

cuisine-korean = Korean
cuisine-korean-about = Rice, soups, stews and side dishes
cuisine-japanese = Japanese
cuisine-japanese-about = Clean flavours that let the ingredients speak
cuisine-chinese = Chinese
cuisine-chinese-about = Hot woks and crisp frying
cuisine-western = Western
cuisine-western-about = Pasta, steak, salads

main-beef = Beef
main-beef-about = Rich and deep
main-pork = Pork
main-pork-about = Savoury and filling
main-chicken = Chicken
main-chicken-about = Mild and tender
main-seafood = Seafood
main-seafood-about = Fish, squid, prawns and shellfish
main-vegetables = Vegetables
main-vegetables-about = Fresh and light
main-mushrooms = Mushrooms
main-mushrooms-about = Springy and fragrant
main-fruit = Fruit
main-fruit-about = Sweet and bright

method-stir-frying = Stir-frying
method-stir-frying-about = Fast, in a hot pan
method-boiling = Boiling
method-boiling-about = Soups, stews and anything that simmers
method-deep-frying = Deep-frying
method-deep-frying-about = Crisp from hot oil
method-mixing = Mixing
method-mixing-about = All into one bowl and stirred together
method-grilling = Grilling or roasting
method-grilling-about = Browned in a pan, an oven or over fire
method-raw = Raw
method-raw-about = Fresh and uncooked
method-tossing = Seasoned toss
method-tossing-about = Tossed by hand with seasoning
