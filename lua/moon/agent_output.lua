-- The answer of an agent that has a schema: what the model is told of it, and whether what it wrote fits.

local parts = ...
local json = parts.moon_json
local type, match, gsub, pairs = type, string.match, string.gsub, pairs

local SENTENCE = "When you have what you need, answer with nothing but JSON that fits the schema of the answer."

local output = {}

-- Models are asked for an object; any other value travels as its member "value".
local function wrap(schema)
    local inner = {}
    for key, item in pairs(schema) do
        if key ~= "$defs" then
            inner[key] = item
        end
    end
    return {
        type = "object", properties = { value = inner }, required = json.array({ "value" }),
        additionalProperties = false, ["$defs"] = schema["$defs"],
    }
end

-- fault(field, what) raises.
function output.new(schema, fault)
    local ok, err = parts.moon_check.inspect(schema)
    if not ok then
        fault("output" .. err.path, err.message)
    end
    local is_wrapped = schema.type ~= "object"
    return { schema = schema, wire = is_wrapped and wrap(schema) or schema, is_wrapped = is_wrapped, sentence = SENTENCE }
end

-- Models that are told not to still like to fence their JSON.
local function unfence(text)
    text = match(text, "^%s*(.-)%s*$")
    return match(text, "^```[^\n]*\n(.*)\n?```$") or text
end

-- true and the value; or false and what is wrong, in words for the model.
function output.read(def, text)
    local value, err = json.decode(unfence(text))
    if value == nil then
        return false, "That answer is no JSON: " .. gsub(err, "^Expected ", "expected ")
    end
    if def.is_wrapped then
        if type(value) ~= "table" or value.value == nil then
            return false, "That answer does not fit the schema: at /value: is missing"
        end
        value = value.value
    end
    local ok, miss = parts.moon_check.fits(def.schema, value)
    if not ok then
        local path = (def.is_wrapped and "/value" or "") .. miss.path
        return false, "That answer does not fit the schema: " .. (path ~= "" and "at " .. path .. ": " or "the answer ")
            .. miss.message
    end
    return true, value
end

return output
