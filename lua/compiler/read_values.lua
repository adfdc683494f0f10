-- Spans of a file that is read back as values of a document: methods of the reader of read_source.lua, which
-- gives nil after it has reported what a document cannot hold.

local expression = require "compiler.expression"
local json = require "moon.json"
local lexer = require "compiler.read_lexer"
local prompts = require "compiler.read_prompts"
local skip = require "compiler.read_skip"

local M = {}

local function line_at(source, at)
    local _, n = source:sub(1, at - 1):gsub("\n", "")
    return n + 1
end

-- Reads the span with one of expression's ways back; nil after reporting.
local function read_with(self, read, span)
    local first, last = self.tokens[span.from], self.tokens[span.to]
    local tree, after = read(self.source, first.at, self.names)
    if not tree then
        self:report_at(self.file, line_at(self.source, after.at), after.message, "a value that the expression language can say")
        return nil
    elseif after ~= last.to + 1 then
        local token = first
        for i = span.from, span.to do
            token = self.tokens[i].at < after and token or self.tokens[i]
            if token.at >= after then
                break
            end
        end
        self:report(token, "the expression language cannot say this " .. lexer.show(token), "a value that the expression language can say")
        return nil
    end
    return tree
end

-- Goes to the first token at or behind a byte.
local function go_behind(self, byte)
    while self:peek().kind ~= "end" and self:peek().at < byte do
        self.at = self.at + 1
    end
end

-- The value that begins here and ends wherever it does; nil after reporting.
function M:value_here()
    local tree, after = expression.read_lua(self.source, self:peek().at, self.names)
    if tree then
        go_behind(self, after)
        return expression.format_value(tree)
    end
    self:report_at(self.file, line_at(self.source, after.at), after.message, "a value that the expression language can say")
    skip.statement(self)
    return nil
end

-- The same for an expression; nil, and nothing is said, when there is none.
function M:expression_here()
    local ast, after = expression.read_expression(self.source, self:peek().at, self.names)
    if not ast then
        return nil
    end
    go_behind(self, after)
    return ast
end

-- JSON of a document, texts being templates.
function M:value(span)
    local tree = read_with(self, expression.read_lua, span)
    return tree and expression.format_value(tree)
end

function M:expression(span)
    local ast = read_with(self, expression.read_expression, span)
    return ast and expression.format(ast), ast
end

-- A template's text, which may be a prompt's.
function M:template(span)
    local tokens = self.tokens
    if tokens[span.from].value == "moon" and tokens[span.from + 2] and tokens[span.from + 2].value == "prompt" then
        return prompts.read(self, span)
    end
    local tree = read_with(self, expression.read_template, span)
    return tree and expression.format_template(tree)
end

local function plain(tree)
    if tree.kind == "literal" then
        return tree.value
    elseif tree.kind == "object" then
        local object = {}
        for _, field in ipairs(tree.fields) do
            object[field.name] = plain(field.value)
        end
        return object
    elseif tree.kind == "list" then
        local list = {}
        for i, item in ipairs(tree.items) do
            list[i] = plain(item)
        end
        return json.array(list)
    end
    return error({ computed = true }, 0)
end

-- JSON that holds no templates.
function M:json(span)
    local tree = read_with(self, expression.read_lua, span)
    if not tree then
        return nil
    end
    local ok, value = pcall(plain, tree)
    if not ok then
        self:report(self.tokens[span.from], "only constants can stand here", "a constant")
        return nil
    end
    return value
end

local function of_kind(kind, shown)
    return function(self, span)
        local value = self:json(span)
        if value ~= nil and type(value) ~= kind then
            self:report(self.tokens[span.from], "this is no " .. shown, "a " .. shown)
            return nil
        end
        return value
    end
end

M.text, M.number, M.boolean = of_kind("string", "text"), of_kind("number", "number"), of_kind("boolean", "boolean")

return M
