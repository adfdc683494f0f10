-- A place in a file of Lua that is read back: tokens, spans of them as values of a document, and what is
-- wrong. Nothing is executed. What cannot be understood is reported with its line; only what stops a whole statement
-- is raised (r:fail), and read_statements.lua catches it.

local emit_fields = require "compiler.emit_fields"
local expression = require "compiler.expression"
local json = require "moon.json"
local lexer = require "compiler.read_lexer"
local values = require "compiler.read_values"

local M = {}

local reader = { array = json.array, format = expression.format, nesting = lexer.nesting }
local metatable = { __index = reader }

-- Names of the variables that a crowded workflow keeps in one table become plain ones of the same length.
local function uncrowded(source)
    if not source:find("local made = {}", 1, true) then
        return source
    end
    local pieces, at = {}, 1
    local tokens = lexer.tokens(source)
    for i, token in ipairs(tokens) do
        local dot = tokens[i + 1]
        if token.kind == "name" and token.value == "made" and dot.value == "." and (i == 1 or tokens[i - 1].value ~= ".") then
            pieces[#pieces + 1] = source:sub(at, token.to) .. "_"
            at = dot.to + 1
        end
    end
    return table.concat(pieces) .. source:sub(at)
end

function M.new(file, source, files)
    source = uncrowded(source)
    return setmetatable({
        file = file, source = source, files = files, tokens = lexer.tokens(source), at = 1, problems = {}, functions = {},
        names = { nodes = {}, errors = {}, locals = {} }, nodes = {}, ids = {}, used = {}, called = {},
    }, metatable)
end

-- ------------------------------------------------------------------------------ problems

function reader:report_at(file, line, message, expected)
    self.problems[#self.problems + 1] = { file = file, line = line, message = message, expected = expected }
end

function reader:report(token, message, expected)
    self:report_at(self.file, token.line, message, expected)
end

-- Gives up the statement.
function reader:fail(token, message, expected)
    self:report(token, message, expected)
    error({ given_up = true }, 0)
end

-- ------------------------------------------------------------------------------ tokens

function reader:peek(n)
    return self.tokens[self.at + (n or 0)] or self.tokens[#self.tokens]
end

function reader:is(value, n)
    local token = self:peek(n)
    return token.value == value and (token.kind == "op" or token.kind == "name")
end

function reader:accept(value)
    if self:is(value) then
        self.at = self.at + 1
        return true
    end
    return false
end

function reader:expect(value)
    if not self:accept(value) then
        self:fail(self:peek(), "this is " .. lexer.show(self:peek()) .. " where the canvas expects '" .. value .. "'", value)
    end
end

function reader:name()
    local token = self:peek()
    if token.kind ~= "name" then
        self:fail(token, "this is " .. lexer.show(token) .. " where a name is expected", "a name")
    end
    self.at = self.at + 1
    return token.value
end

-- A name with dots at a place, and how many tokens it has: "moon.llm.chat", 5.
function reader:path(n)
    local at = self.at + (n or 0)
    local token = self.tokens[at]
    if not token or token.kind ~= "name" then
        return nil
    end
    local path, count = token.value, 1
    while self.tokens[at + count] and self.tokens[at + count].value == "." and self.tokens[at + count + 1].kind == "name" do
        path, count = path .. "." .. self.tokens[at + count + 1].value, count + 2
    end
    return path, count
end

-- Is there a span, and not nil in its place?
function reader:is_given(span)
    local token = span and self.tokens[span.from]
    return token ~= nil and token.value ~= "nil"
end

-- Goes behind the bracket that closes the one here.
function reader:skip_brackets()
    local depth = 0
    repeat
        local token = self:peek()
        if token.kind == "end" then
            self:fail(token, "a bracket does not close", "a bracket")
        end
        depth = depth + lexer.nesting(token)
        self.at = self.at + 1
    until depth == 0
end

-- ------------------------------------------------------------------------------ spans

-- The parts between commas of the brackets here, as spans {from, to} of tokens.
function reader:parts()
    local open = self.at
    self:skip_brackets()
    local spans, from, depth = {}, open + 1, 0
    for i = open + 1, self.at - 1 do
        local token = self.tokens[i]
        local is_end = i == self.at - 1
        if is_end or depth == 0 and token.kind == "op" and (token.value == "," or token.value == ";") then
            if i > from then
                spans[#spans + 1] = { from = from, to = i - 1 }
            end
            from = i + 1
        end
        depth = depth + lexer.nesting(token)
    end
    return spans
end

-- The arguments of a call: (a, b), {...} or "text".
function reader:arguments()
    if self:is("(") then
        return self:parts()
    elseif self:is("{") then
        local from = self.at
        self:skip_brackets()
        return { { from = from, to = self.at - 1 } }
    elseif self:peek().kind == "text" then
        self.at = self.at + 1
        return { { from = self.at - 1, to = self.at - 1 } }
    end
    return self:fail(self:peek(), "this is " .. lexer.show(self:peek()) .. " where the canvas expects a call", "(")
end

-- ".text" behind a call, when it is there.
function reader:suffix(name)
    if self:is(".") and self:is(name, 1) then
        self.at = self.at + 2
    end
end

-- The fields of a table at a span: {{name, span, token}, ...}.
function reader:entries(span, what)
    local outer, list = self.at, {}
    if self.tokens[span.from].value ~= "{" then
        self:report(self.tokens[span.from], what .. " has to be a table with names here: {name = value}", "{")
        return list
    end
    self.at = span.from
    for _, part in ipairs(self:parts()) do
        local token = self.tokens[part.from]
        local from, name = part.from, nil
        if token.kind == "name" and self.tokens[from + 1].value == "=" then
            name, from = token.value, from + 2
        elseif token.value == "[" and self.tokens[from + 3] and self.tokens[from + 3].value == "=" then
            name, from = self:text({ from = from + 1, to = from + 1 }), from + 4
        end
        if name and from <= part.to then
            list[#list + 1] = { name = name, span = { from = from, to = part.to }, token = token }
        else
            self:report(token, "an entry of " .. what .. " has no name", "name = value")
        end
    end
    self.at = outer
    return list
end

function reader:field(entry, list, params, what)
    emit_fields.read_entry(self, entry, list, params, what)
end

for name, read in pairs(values) do
    reader[name] = read
end

return M
