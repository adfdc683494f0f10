-- The errors and warnings of a document, all of them: {node, field, message, code, expected, at}.

local M = {}

-- Every code there is, with what it means.
M.codes = {
    -- shape
    missing_field = "a field that is needed is absent", unknown_field = "there is no such field or property",
    wrong_kind = "a field holds the wrong kind of value", out_of_range = "a number or a length is out of its bounds",
    not_allowed = "the value is none of those that are allowed", empty = "a text that has to say something does not",
    bad_name = "a name or an id is not written as names are", duplicate = "two things have the same id or title",
    unknown_type = "there is no such type of node", too_many = "more nodes or edges than a workflow may have",
    bad_schema = "a JSON Schema is none", conflict = "two fields exclude each other",
    -- edges
    unknown_node = "there is no node of this id", wrong_edge = "this edge may not leave or enter there",
    missing_edge = "a way out leads nowhere", missing_case = "a switch names a case that it does not have, or lacks one",
    no_input = "there is no input node, or more than one", no_output_node = "no path ends in an output node",
    -- regions
    unreachable = "no path leads to the node", cycle = "a cycle that is no loop",
    leaves_region = "a path leaves a loop or a branch, or enters it from outside", no_parallel = "a join without a parallel",
    no_join = "a parallel whose branches do not meet in one join", unstructured = "paths meet in a way that if and else cannot say",
    -- expressions
    syntax = "the text is no expression", unknown_function = "there is no such function",
    unknown_name = "there is no such name", name_taken = "the name means something else",
    arguments = "a function has too few or too many arguments", type_mismatch = "a value of the wrong type",
    never_equal = "a comparison that is always false", not_available = "the node has not run",
    not_on_all_paths = "the node has not run on every path", no_output = "the node gives nothing",
    may_be_null = "something may be null where that fails",
    -- nodes
    unknown_tool = "there is no such tool", unknown_model = "there is no such model",
    unknown_workflow = "there is no such workflow", bad_code = "the Lua does not compile",
    bad_schedule = "the cron schedule is none", unused = "what it makes is not used",
}

-- A list that sorts itself by the nodes' order. nodes: {id = position}.
function M.new()
    local errors, warnings = {}, {}
    local self = { errors = errors, warnings = warnings, order = {} }

    -- at: a character of the text. Returns false, so that a check may `return report(...)`.
    function self.report(node, field, message, code, expected, at, is_warning)
        local into = is_warning and warnings or errors
        into[#into + 1] = { node = node, field = field, message = message, code = code, expected = expected, at = at,
            sequence = #into }
        return false
    end

    local function finish(list)
        table.sort(list, function(a, b)
            local left, right = self.order[a.node] or 0, self.order[b.node] or 0
            if left ~= right then
                return left < right
            end
            return a.sequence < b.sequence
        end)
        local result, seen = {}, {}
        for _, problem in ipairs(list) do
            local key = table.concat({ problem.node or "", problem.field or "", problem.message, problem.at or "" }, "\0")
            problem.sequence = nil
            if not seen[key] then
                seen[key], result[#result + 1] = true, problem
            end
        end
        return result
    end

    -- Errors and warnings, in the nodes' order, each once.
    function self.finish()
        return finish(errors), finish(warnings)
    end

    return self
end

return M
