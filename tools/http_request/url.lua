-- URLs and forms: what RFC 3986 and the HTML standard say about escaping.

local M = {}

local function escape(text)
  return (text:gsub("[^%w%-%._~]", function(char) return string.format("%%%02X", char:byte()) end))
end

local function as_text(value)
  if type(value) == "number" and value == math.floor(value)
    and math.abs(value) < 2 ^ 53 then return string.format("%d", value) end
  return tostring(value)
end

-- name=value pairs in the order of the names; a list repeats its name.
local function pairs_of(values, quote)
  local names, parts = {}, {}
  for name in pairs(values) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    local value = values[name]
    for _, item in ipairs(type(value) == "table" and value or { value }) do
      parts[#parts + 1] = quote(name) .. "=" .. quote(as_text(item))
    end
  end
  return table.concat(parts, "&")
end

function M.form(values)
  return pairs_of(values, function(text) return (escape(text):gsub("%%20", "+")) end)
end

-- The address with the query added, before its fragment, which is not sent. nil and the reason when it is no address.
function M.build(address, query)
  local scheme, authority, rest = address:match("^(https?)://([^/%?#]*)(.*)$")
  if not scheme or authority == "" then return nil, "the url must begin with http:// or https:// and name a host" end
  if authority:find("@", 1, true) then return nil, "the url must not hold a user or password; use auth" end
  rest = rest:gsub("#.*$", "")
  local added = query and pairs_of(query, escape) or ""
  if added ~= "" then rest = rest .. (rest:find("?", 1, true) and "&" or "?") .. added end
  return scheme .. "://" .. authority .. rest
end

return M
