-- Job "decompile": a package that came from a workflow, as a person may have changed it, back into the
-- workflow's document. Nothing of the package is executed.
--
-- input: {files = {path = text}}. Returns {document, problems = [{file, line, message, expected}]}: what the canvas
-- cannot show; the document comes without it.

local read = require "compiler.read"

return function(input)
    local files = type(input) == "table" and input.files
    if type(files) ~= "table" or type(files["main.lua"]) ~= "string" then
        error({ code = "invalid_arguments", message = "a package's files are needed, main.lua among them", retryable = false }, 0)
    end
    for path, text in pairs(files) do
        if type(path) ~= "string" or type(text) ~= "string" then
            error({ code = "invalid_arguments", message = "files has to hold texts by path", retryable = false }, 0)
        end
    end
    local document, problems = read.package(files)
    return { document = document, problems = problems }
end
