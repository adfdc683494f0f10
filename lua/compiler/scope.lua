-- Which variables have to be declared before which statement: outputs made inside a statement and read
-- behind it. Sets statement.declare and declare_errors, lists of ids in the nodes' order.

local M = {}

-- statement -> its sequences, in order
local function sequences(statement)
    local kind = statement.kind
    if kind == "if" then
        return { statement.yes, statement.no }
    elseif kind == "switch" then
        local list = {}
        for _, case in ipairs(statement.cases) do
            list[#list + 1] = case.body
        end
        list[#list + 1] = statement.default
        return list
    elseif kind == "parallel" then
        local list = {}
        for _, branch in ipairs(statement.branches) do
            list[#list + 1] = branch.body
        end
        return list
    elseif kind == "try" then
        return { statement.attempt.body or {}, statement.ok, statement.failed }
    end
    return { statement.body }
end
M.sequences = sequences

-- Finds for every node the statements that hold it, from the outermost to its own.
local function locate(sequence, above, paths, order)
    for _, statement in ipairs(sequence) do
        local path = {}
        for i, outer in ipairs(above) do
            path[i] = outer
        end
        path[#path + 1] = statement
        paths[statement.node.id] = path
        order[#order + 1] = statement.node.id
        if statement.join then
            order[#order + 1] = statement.join.id
        end
        for _, inner in ipairs(sequences(statement)) do
            locate(inner, path, paths, order)
        end
    end
end

-- The outermost statement that holds the maker but not all readers, and whether it is the maker's own.
local function statement_of(path, readers, paths)
    local least = #path
    for reader in pairs(readers) do
        local other, common = paths[reader] or {}, 0
        while path[common + 1] and path[common + 1] == other[common + 1] do
            common = common + 1
        end
        least = math.min(least, common + 1)
    end
    return path[least], least == #path
end

local function declare(reads, paths, order, field, is_own)
    for _, id in ipairs(order) do
        local path = paths[id]
        if path and reads[id] then
            local statement, own = statement_of(path, reads[id], paths)
            if statement and (not own or is_own(statement)) then
                statement[field] = statement[field] or {}
                table.insert(statement[field], id)
            end
        end
    end
end

-- reads: {nodes = {id = {reader id = true}}, errors = the same}; what a loop collects it reads in its body.
-- Returns the nodes' order.
function M.declare(body, reads)
    local paths, order = {}, {}
    locate(body, {}, paths, order)
    declare(reads.nodes, paths, order, "declare", function(statement)
        return statement.kind == "try"
    end)
    declare(reads.errors, paths, order, "declare_errors", function()
        return false
    end)
    return order
end

return M
