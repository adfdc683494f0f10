-- Where a run begins. Its data is `input` in expressions; the document's input schema says what it holds.

return { type = "input", fields = {}, exits = { "next" }, must = { "next" } }
