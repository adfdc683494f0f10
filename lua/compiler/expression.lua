-- The expression language of workflows, as one face: text to trees and back, types, Lua and back. README.md
-- says what it is. Nothing here raises for what a document says; problems are {message, at, expected, code}.

local lexer = require "compiler.lexer"
local parser = require "compiler.parser"
local values = require "compiler.value"
local format = require "compiler.format"
local infer = require "compiler.infer"
local print = require "compiler.print"
local unprint = require "compiler.unprint"

local MAX_EXPRESSION_BYTES, MAX_TEMPLATE_BYTES = 4000, 100000

local M = {
    format = format.expression, format_template = format.template, format_value = format.value,
    infer = infer.infer, value = values.value, plain = values.plain,
    to_lua = print.expression, template_to_lua = print.template, value_to_lua = print.value,
    read_lua = unprint.value, read_template = unprint.template, read_expression = unprint.expression,
    text_to_lua = print.text, field_to_lua = print.field, constructor_to_lua = print.constructor,
    is_lua_name = print.is_name,
}

local function attempt(read, source, most)
    if type(source) ~= "string" then
        return nil, { message = "a text is expected", at = 1, expected = "a text", code = "syntax" }
    elseif #source > most then
        return nil, { message = "this is longer than " .. most .. " bytes", at = 1, expected = "less", code = "syntax" }
    end
    local tree, problem = lexer.attempt(read, source)
    if tree then
        tree.source = source
        return tree
    end
    return nil, { message = problem.message, at = lexer.character(source, problem.at), expected = problem.expected, code = problem.code }
end

function M.parse(source)
    return attempt(parser.whole, source, MAX_EXPRESSION_BYTES)
end

function M.template(source)
    return attempt(values.template, source, MAX_TEMPLATE_BYTES)
end

return M
