-- The keys of a table as texts, in order: for checks that tell the same each time, and for "there are: a, b".

local pairs, tostring, sort = pairs, tostring, table.sort

return function(of)
    local names = {}
    for key in pairs(of) do
        names[#names + 1] = tostring(key)
    end
    sort(names)
    return names
end
