-- All its branches at the same time; they meet in one join.

return {
    type = "parallel",
    fields = { { name = "concurrency", kind = "integer", min = 1, max = 100 } },
    exits = { "branch" }, must = {},
}
