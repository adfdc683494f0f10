-- Comments above statements: "-- Title [id]" and the note below it, in blocks that blank lines part.

local M = {}

local HEADER = "^%-%-%s?(.-)%s*%[([a-z][a-z0-9_]*)%]%s*$"

local function title_and_id(text)
    local title, id = text:match("^%-%-%s?(.*)%s%[([a-z][a-z0-9_]*)%]%s*$")
    if not title then
        title, id = text:match(HEADER)
    end
    return title and title:match("^%s*(.-)%s*$"), id
end

-- {{title, id, note, line, last, text}, ...} of a token's comments; id is nil for what is no header.
function M.blocks(token)
    local blocks = {}
    for _, comment in ipairs(token.comments) do
        local block = blocks[#blocks]
        if block and comment.line == block.last + 1 then
            block.last = comment.line
            if block.id then
                block.notes[#block.notes + 1] = comment.text:gsub("^%-%- ?", "")
            end
        else
            local title, id = title_and_id(comment.text)
            blocks[#blocks + 1] = { title = title, id = id, notes = {}, line = comment.line, last = comment.line, text = comment.text }
        end
    end
    for _, block in ipairs(blocks) do
        block.note = #block.notes > 0 and table.concat(block.notes, "\n") or nil
    end
    return blocks
end

-- The name after "-- case", of the comment behind a token or first above the next one.
function M.case_name(token, following)
    local text = token.trailing or ""
    local name = text:match("^%-%- case ([a-z][a-z0-9_]*)%s*$")
    local first = following.comments[1]
    return name or first and first.text:match("^%-%- case ([a-z][a-z0-9_]*)%s*$")
end

function M.is_case(text)
    return text:find("^%-%- case [a-z][a-z0-9_]*%s*$") ~= nil
end

-- "look_up_order" as a title.
function M.title_of(name)
    local text = name:gsub("_", " ")
    return text:sub(1, 1):upper() .. text:sub(2)
end

return M
