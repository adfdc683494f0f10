-- The node types there are, in the order of the builder's palette. nodes/<type>.lua says what each is.

return {
    "input", "output", "trigger", "llm", "agent", "tool", "memory", "condition", "switch", "loop", "parallel",
    "join", "human", "transform", "code", "subworkflow", "delay",
}
