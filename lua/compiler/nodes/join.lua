-- Where the branches of a parallel meet: goes on when all of them have ended.

return { type = "join", fields = {}, exits = { "next" }, must = { "next" } }
