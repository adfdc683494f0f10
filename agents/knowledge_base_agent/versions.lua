-- Of several versions of a document the newest that is in force wins. Versions are told by metadata (`series` with
-- `effective`, `supersedes`, `status`), and where there is none by their likeness: nearly the same text under the same
-- title in the same language, of which the later `updated` counts.

local moon = require "moon"
local words = require "words"

local ALIKE = 0.6 -- share of stems in common, from where on two texts of one title are versions of one another

local function meta(document, name)
  local value = document.metadata and document.metadata[name]
  return type(value) == "string" and value or nil
end

local function date_of(document)
  return meta(document, "effective") or meta(document, "updated") or meta(document, "date") or ""
end

local function is_dated_later(a, b)
  local later, earlier = date_of(a), date_of(b)
  if later ~= earlier then return later > earlier end
  return (a.id or "") > (b.id or "")
end

local function in_force(document, today)
  local status = meta(document, "status")
  if status == "outdated" or status == "draft" or status == "archived" then return false, status end
  local effective, expires = meta(document, "effective"), meta(document, "expires")
  if effective and effective > today then return false, "not yet in force" end
  if expires and expires < today then return false, "expired" end
  return true
end

local function are_alike(a, b)
  if words.lower(a.title or "") ~= words.lower(b.title or "") then return false end
  if meta(a, "language") ~= meta(b, "language") then return false end
  local one, n = words.stems(a.body)
  local other, m = words.stems(b.body)
  return math.min(words.share(one, n, other), words.share(other, m, one)) >= ALIKE
end

local function are_versions(a, b)
  local series = meta(a, "series")
  if series and series == meta(b, "series") then return true end
  return are_alike(a, b)
end

-- Why the document does not count beside the others, and which counts instead; or nil.
local function reason_against(document, documents, today)
  local is_in_force, why = in_force(document, today)
  if not is_in_force then return why end
  for _, other in ipairs(documents) do
    if other ~= document and in_force(other, today) then
      if meta(other, "supersedes") == document.id then return "superseded by " .. other.id, other end
      if are_versions(document, other) and is_dated_later(other, document) then return "older than " .. other.id, other end
    end
  end
end

-- The documents that count, in their order, and {{document_id, reason}} of the others. What counts instead of another
-- takes the better score of the two.
return function(documents)
  local today, kept, dropped = moon.date.format(moon.now(), "%Y-%m-%d"), {}, {}
  for _, document in ipairs(documents) do
    local why, instead = reason_against(document, documents, today)
    if instead then instead.score = math.max(instead.score, document.score) end
    if why then
      dropped[#dropped + 1] = { document_id = document.id, reason = why }
    else
      kept[#kept + 1] = document
    end
  end
  return kept, dropped
end
