-- What questions to a model cost: tokens from the texts' lengths and the types of what is filled in, prices from
-- the table, and what past runs have used where that is known. All in micro-dollars: {low, likely, high}.

local types = require "compiler.schema"

local BYTES_PER_TOKEN = 4
local OVERHEAD = 20 -- roles and marks of a question
local TEXT = { 5, 200, 4000 } -- tokens of a text of which nothing is known
local OTHER = { 5, 300, 8000 } -- of a list or an object
local ANSWER = { 20, 300 }
local DEFAULT_OUTPUT = 4096

local M = {}

local function of_alternative(a)
    if a.kind == "number" or a.kind == "integer" or a.kind == "boolean" or a.kind == "null" then
        return { 1, 2, 8 }
    elseif a.kind == "string" then
        if a.schema.enum or a.schema.const ~= nil then
            return { 1, 3, 8 }
        end
        local most = type(a.schema.maxLength) == "number" and math.ceil(a.schema.maxLength / BYTES_PER_TOKEN) or TEXT[3]
        return { math.min(TEXT[1], most), math.min(TEXT[2], most), most }
    end
    return OTHER
end

local function of_type(t)
    local result = { 0, 0, 0 }
    for _, a in ipairs((t or types.any).alternatives) do
        local one = of_alternative(a)
        for i = 1, 3 do
            result[i] = math.max(result[i], one[i])
        end
    end
    return result
end

local function add(sum, more)
    for i = 1, 3 do
        sum[i] = sum[i] + more[i]
    end
end

local function text_tokens(text)
    local n = math.ceil(#text / BYTES_PER_TOKEN)
    return { n, n, n }
end

local function add_tree(sum, tree)
    if tree.kind == "literal" then
        add(sum, text_tokens(tostring(tree.value)))
    elseif tree.kind == "expression" then
        add(sum, of_type(tree.ast.type))
    elseif tree.kind == "template" then
        for _, part in ipairs(tree.parts) do
            add(sum, type(part) == "string" and text_tokens(part) or of_type(part.type))
        end
    else
        for _, inner in ipairs(tree.fields or tree.items) do
            add_tree(sum, tree.fields and inner.value or inner)
        end
    end
end

-- A rough size of a JSON Schema as it is told to the model.
local function schema_tokens(schema, depth)
    if type(schema) ~= "table" or depth > 6 then
        return 2
    end
    local n = 4
    for _, value in pairs(schema) do
        n = n + 2 + (type(value) == "table" and schema_tokens(value, depth + 1) or 1)
    end
    return n
end

local function model_of(models, name)
    name = name or models.default
    local listed = (models.models or {})[name or ""]
    if listed then
        return listed
    end
    local provider = name and name:match("^([^/]+)/.+")
    return (models.providers or {})[provider or ""] or {}
end

local function price(model, tokens_in, tokens_out)
    local per = model.price or {}
    if per.large and tokens_in > (per.large.above or math.huge) then
        per = per.large
    end
    return (tokens_in * (per["in"] or 0) + tokens_out * (per.out or 0)) / 1e6
end

local function answer_tokens(node, model)
    local most = node.params.max_tokens or model.default_output or DEFAULT_OUTPUT
    local schema = node.params.schema
    local likely = schema and math.max(ANSWER[1], schema_tokens(schema, 0)) or ANSWER[2]
    return { math.min(ANSWER[1], most), math.min(likely, most), most }
end

-- texts: trees that are sent; how: {questions = {low, likely, high} number of questions, growing = each sends
-- the answers before it, too}.
function M.estimate(node, context, texts, how)
    local models = context.models or {}
    local model, input = model_of(models, node.params.model), { OVERHEAD, OVERHEAD, OVERHEAD }
    for i = 1, 2 do
        if texts[i] then
            add_tree(input, texts[i])
        end
    end
    if node.params.schema then
        local n = schema_tokens(node.params.schema, 0)
        add(input, { n, n, n })
    end
    local answer, past, cost = answer_tokens(node, model), context.past[node.id], {}
    for i = 1, 3 do
        local n, sum = how.questions[i], 0
        for k = 0, n - 1 do
            sum = sum + price(model, input[i] + (how.growing and k * answer[i] or 0), answer[i])
        end
        cost[i] = sum
    end
    if past and type(past.input_tokens) == "number" and type(past.output_tokens) == "number" then
        cost[2] = price(model, past.input_tokens, past.output_tokens)
        cost[1], cost[3] = math.min(cost[1], cost[2]), math.max(cost[3], cost[2])
    end
    return cost
end

return M
