-- moon.csv: comma-separated values (RFC 4180), with any one-character separator.

local error, type, find, gsub, sub, tostring = error, type, string.find, string.gsub, string.sub, tostring
local concat, sort = table.concat, table.sort

local csv = {}

-- The cell that begins at `at`; the position after it.
local function read_quoted(text, at)
    local from, pieces = at + 1, {}
    while true do
        local quote = find(text, '"', from, true)
        if not quote then
            return nil, "a quoted cell does not end"
        end
        pieces[#pieces + 1] = sub(text, from, quote - 1)
        if sub(text, quote + 1, quote + 1) ~= '"' then
            return concat(pieces, '"'), quote + 1
        end
        from = quote + 2
    end
end

local function read_cell(text, at, separator)
    if sub(text, at, at) == '"' then
        return read_quoted(text, at)
    end
    local to = find(text, "[\r\n" .. gsub(separator, "%W", "%%%0") .. "]", at) or #text + 1
    return sub(text, at, to - 1), to
end

-- After a cell: whether the row goes on, and where.
local function step(text, at, separator)
    local c = sub(text, at, at)
    if c == separator then
        return true, at + 1
    elseif c == "\r" and sub(text, at + 1, at + 1) == "\n" then
        return false, at + 2
    elseif c == "\n" or c == "\r" or c == "" then
        return false, at + 1
    end
    return nil, "text after a quoted cell"
end

local function read_row(text, at, separator)
    local row, more = {}, true
    while more do
        local cell
        cell, at = read_cell(text, at, separator)
        if not cell then
            return nil, at
        end
        row[#row + 1] = cell
        more, at = step(text, at, separator)
        if more == nil then
            return nil, at
        end
    end
    return row, at
end

local function by_header(rows)
    local header, named = rows[1] or {}, {}
    for i = 2, #rows do
        local row = {}
        for j = 1, #header do
            row[header[j]] = rows[i][j]
        end
        named[i - 1] = row
    end
    return named
end

function csv.decode(text, opts)
    if type(text) ~= "string" then
        error("a text is expected, not a " .. type(text), 2)
    end
    local separator = opts and opts.separator or ","
    local rows, at = {}, 1
    if sub(text, 1, 3) == "\239\187\191" then -- a byte order mark
        at = 4
    end
    while at <= #text do
        local row, next_at = read_row(text, at, separator)
        if not row then
            return nil, "row " .. #rows + 1 .. ": " .. next_at
        end
        if not (#row == 1 and row[1] == "") then -- an empty line
            rows[#rows + 1] = row
        end
        at = next_at
    end
    return (opts and opts.header == false) and rows or by_header(rows)
end

local function write_row(cells, n, separator)
    local out = {}
    for i = 1, n do
        local cell = cells[i] == nil and "" or tostring(cells[i])
        if find(cell, '[",\r\n]') or find(cell, separator, 1, true) then
            cell = '"' .. gsub(cell, '"', '""') .. '"'
        end
        out[i] = cell
    end
    return concat(out, separator) .. "\r\n"
end

local function columns_of(rows)
    local columns, seen = {}, {}
    for _, row in ipairs(rows) do
        for name in pairs(row) do
            if not seen[name] then
                seen[name] = true
                columns[#columns + 1] = name
            end
        end
    end
    sort(columns)
    return columns
end

function csv.encode(rows, opts)
    if type(rows) ~= "table" then
        error("a list of rows is expected, not a " .. type(rows), 2)
    end
    local separator, out = opts and opts.separator or ",", {}
    if opts and opts.header == false then
        for i = 1, #rows do
            out[i] = write_row(rows[i], #rows[i], separator)
        end
        return concat(out)
    end
    local columns = opts and opts.columns or columns_of(rows)
    out[1] = write_row(columns, #columns, separator)
    for i = 1, #rows do
        local cells = {}
        for j = 1, #columns do
            cells[j] = rows[i][columns[j]]
        end
        out[i + 1] = write_row(cells, #columns, separator)
    end
    return concat(out)
end

return csv
