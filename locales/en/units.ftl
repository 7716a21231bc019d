# Units and allergens. $count chooses the plural: one for amounts up to 1.
unit-gram = { $amount } g
unit-millilitre = { $amount } ml
unit-tablespoon = { $amount } tbsp
unit-teaspoon = { $amount } tsp
unit-cup = { $count ->
        [one] { $amount } cup
       *[other] { $amount } cups
    }
unit-piece = { $amount }
unit-clove = { $count ->
        [one] { $amount } clove
       *[other] { $amount } cloves
    }
unit-block = { $count ->
        [one] { $amount } block
       *[other] { $amount } blocks
    }
unit-stalk = { $count ->
        [one] { $amount } stalk
       *[other] { $amount } stalks
    }
unit-sheet = { $count ->
        [one] { $amount } sheet
       *[other] { $amount } sheets
    }
unit-handful = { $count ->
        [one] { $amount } handful
       *[other] { $amount } handfuls
    }
unit-slice = { $count ->
        [one] { $amount } slice
       *[other] { $amount } slices
    }
unit-bunch = { $count ->
        [one] { $amount } bunch
       *[other] { $amount } bunches
    }
unit-bowl = { $count ->
        [one] { $amount } bowl
       *[other] { $amount } bowls
    }
unit-leaf = { $count ->
        [one] { $amount } leaf
       *[other] { $amount } leaves
    }
unit-can = { $count ->
        [one] { $amount } can
       *[other] { $amount } cans
    }
unit-pack = { $count ->
        [one] { $amount } pack
       *[other] { $amount } packs
    }
unit-animal = { $amount }
unit-pinch = { $count ->
        [one] { $amount } pinch
       *[other] { $amount } pinches
    }

allergen-egg = egg
allergen-milk = milk
allergen-wheat = wheat
allergen-buckwheat = buckwheat
allergen-soy = soy
allergen-peanut = peanut
allergen-nuts = nuts
allergen-sesame = sesame
allergen-fish = fish
allergen-crustaceans = crustaceans
allergen-molluscs = molluscs
allergen-pork = pork
allergen-beef = beef
allergen-chicken = chicken
allergen-peach = peach
allergen-tomato = tomato
allergen-sulphites = sulphites
allergen-celery = celery
allergen-mustard = mustard
