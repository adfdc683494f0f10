-- Document -> Lua -> document -> Lua, over generated documents that are right (compiler_generate.lua).

local world = require "tests.lua.compiler_world"
local generate = require "tests.lua.compiler_generate"
local check = require "compiler.check"
local emit = require "compiler.emit"
local read = require "compiler.read"

local DOCUMENTS = 2000

-- What does not hold for the document of a seed, or nil.
local function fault_of(seed)
    local document = generate.document(seed)
    local files = world.package(document)
    local ok, err = loadstring(files["main.lua"], "=main.lua")
    if not ok then
        return "does not load: " .. err
    end
    local back, problems = read.package(files)
    if problems[1] then
        return problems[1].file .. ":" .. problems[1].line .. ": " .. problems[1].message
    elseif world.text(back) ~= world.text(document) then
        return "came back as another document"
    end
    local again = check.check(back, {})
    if not again.model then
        return "came back with errors: " .. again.errors[1].message
    end
    for path, text in pairs(emit.package(again.model)) do
        if files[path] ~= text then
            return path .. " differs the second time"
        end
    end
    return nil
end

describe("generated workflows", function()
    it("come back from their Lua as the same document, and give the same bytes again", function()
        local faults = {}
        for seed = 1, DOCUMENTS do
            local fault = fault_of(seed)
            faults[#faults + 1] = fault and ("seed " .. seed .. ": " .. fault)
        end
        assert.are.same({}, faults)
    end)

    it("are Lua that luacheck finds nothing in", function()
        local names = {}
        for seed = 1, 60 do
            local name = os.tmpname()
            local file = assert(io.open(name, "wb"))
            file:write(world.package(generate.document(seed))["main.lua"])
            file:close()
            names[seed] = name
        end
        local pipe = io.popen("luacheck --no-color -q --std sandbox " .. table.concat(names, " ") .. " 2>&1")
        local told = pipe:read("*a")
        pipe:close()
        for _, name in ipairs(names) do
            os.remove(name)
        end
        assert.is_truthy(told:find("Total: 0 warnings / 0 errors", 1, true), told)
    end)

    it("never raise when their Lua was mangled, and come back as far as they can be read", function()
        local random = 17
        local function up_to(n)
            random = random * 16807 % 2147483647
            return random % n + 1
        end
        for seed = 1, 300 do
            local files = world.package(generate.document(seed))
            local text = files["main.lua"]
            for _ = 1, 3 do
                local at, n = up_to(#text), up_to(12)
                text = text:sub(1, at - 1) .. (up_to(2) == 1 and text:sub(up_to(#text)):sub(1, 9) or "") .. text:sub(at + n)
            end
            files["main.lua"] = text
            local ok, document = pcall(read.package, files)
            assert.is_true(ok, "seed " .. seed .. ": " .. tostring(document))
            assert.are.equal("made_" .. seed, document.name)
        end
    end)
end)
