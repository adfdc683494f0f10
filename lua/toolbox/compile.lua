-- Job "compile": a workflow's document into a package. Nothing of the document is executed.
--
-- input: {document, version = of the package (1.0.0), tools = {name = manifest}, models = models.json, past = {node id = {input_tokens,
-- output_tokens}}, workflows = {name = {input, output}}}; all but the document may be absent. Returns {ok,
-- errors, warnings, cost, files = {path = text} without errors}; see lua/compiler/README.md for what they hold.

local check = require "compiler.check"
local emit = require "compiler.emit"
local json = require "moon.json"

return function(input)
    if type(input) ~= "table" or type(input.document) ~= "table" then
        error({ code = "invalid_arguments", message = "a document is needed", retryable = false }, 0)
    end
    local result = check.check(input.document, input)
    return {
        ok = #result.errors == 0, errors = json.array(result.errors), warnings = json.array(result.warnings), cost = result.cost,
        files = result.model and emit.package(result.model, { version = input.version }) or nil,
    }
end
