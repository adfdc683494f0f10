-- Answers in the shape of HTTP ("status", "headers", "json"): the records that the address speaks of.

local entities = require "sim.entities"
local fields = require "sim.fields"
local fill = require "sim.fill"
local random = require "sim.random"
local value = require "local.value"

local M = {}

local LISTED = 3
local READS = { GET = true, HEAD = true, OPTIONS = true }

-- Is this the schema of such an answer, and the request one with an address?
function M.is_http(schema, args)
  local properties = type(schema) == "table" and schema.properties
  return properties and properties.status and properties.headers and type(args.url) == "string" or false
end

local function segments(url)
  local list = {}
  for part in (url:match("^%a[%w+.-]*://[^/?#]*([^?#]*)") or ""):gmatch("[^/]+") do list[#list + 1] = part end
  return list
end

-- What the address speaks of: the kind of record, and the id of one, if it names one.
function M.subject(url)
  local list = segments(url)
  local words = {}
  for i, part in ipairs(list) do words[i] = (part:lower():gsub("%.%w+$", "")) end
  local noun, is_plural, at = entities.find(words, fields.singular)
  local after = at and list[at + 1]
  return noun, after and after:find("%d") and after or nil, is_plural, list[#list] or ""
end

local function body_of(args, seed, n)
  local noun, id, is_plural, last = M.subject(args.url)
  local method = args.method or "GET"
  if not READS[method] then
    local echoed = {}
    for key, item in pairs(type(args.json) == "table" and args.json or {}) do echoed[key] = item end
    echoed.id = echoed.id or id or fill.record(noun or "ticket", seed, "made " .. n .. random.canonical(args)).id or "1"
    return echoed, method == "POST" and 201 or 200
  end
  if last:find("%.csv$") then return fill.csv(noun or "order", seed), 200, "text/csv" end
  if not noun then return { ok = true }, 200 end
  if id or not is_plural then return fill.record(noun, seed, 1, id), 200 end
  local list = {}
  for i = 1, LISTED do list[i] = fill.record(noun, seed, i) end
  return { data = value.array(list), total = LISTED }, 200
end

-- n: how often this very request was made before.
function M.answer(args, seed, n)
  local body, status, kind = body_of(args, seed, n)
  local result = { status = status, headers = { ["content-type"] = kind or "application/json" }, url = args.url }
  if type(body) == "string" then result.body = body else result.json = body end
  return result
end

return M
