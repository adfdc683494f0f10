-- What companies keep records of, as JSON Schemas: for answers whose own schema says nothing.

local M = {}

local function object(fields)
  local required = {}
  for name in pairs(fields) do required[#required + 1] = name end
  table.sort(required)
  return { type = "object", properties = fields, required = required }
end

local text, number, integer = { type = "string" }, { type = "number" }, { type = "integer" }
local at, email = { type = "string", format = "date-time" }, { type = "string", format = "email" }
local person = object { name = text, email = email }

local ENTITIES = {
  ticket = object { id = text, subject = text, body = text, status = text, priority = text, category = text,
    requester = person, tags = { type = "array", items = text, maxItems = 2 }, created_at = at, updated_at = at },
  order = object { number = text, status = text, currency = text, customer = person,
    items = { type = "array", items = object { sku = text, product = text, quantity = integer, unit_price = number } },
    total = number, created_at = at, shipping_address = object { street = text, zip = text, city = text, country = text } },
  invoice = object { number = text, status = text, currency = text, vendor = text, customer = person,
    items = { type = "array", items = object { description = text, quantity = integer, unit_price = number } },
    subtotal = number, tax = number, total = number, date = { type = "string", format = "date" },
    due_date = { type = "string", format = "date" } },
  log = object { timestamp = at, level = text, service = text, message = text, request_id = text },
  alert = object { id = text, title = text, severity = text, status = text, service = text, host = text, created_at = at },
  employee = object { id = text, first_name = text, last_name = text, email = email, department = text, job_title = text,
    manager = text, city = text, salary = integer },
  customer = object { id = text, name = text, email = email, company = text, phone = text, city = text, country = text,
    created_at = at },
  product = object { sku = text, name = text, price = number, currency = text, quantity = integer },
  payment = object { id = text, amount = number, currency = text, status = text, created_at = at },
  message = object { id = text, subject = text, body = text, author = text, created_at = at },
  document = object { id = text, title = text, body = text, updated_at = at },
}

local ALIASES = {
  case = "ticket", issue = "ticket", request = "ticket", purchase = "order", bill = "invoice", receipt = "invoice",
  event = "log", line = "log", incident = "alert", alarm = "alert", user = "employee", person = "employee",
  member = "employee", staff = "employee", contact = "customer", lead = "customer", account = "customer",
  client = "customer", company = "customer", item = "product", article = "document", transaction = "payment",
  refund = "payment", charge = "payment", email = "message", mail = "message", comment = "message", note = "message",
  page = "document", file = "document",
}

-- The kind of record that a word (singular) stands for; nil when it stands for none.
function M.noun(word)
  return ENTITIES[word] and word or ALIASES[word]
end

function M.schema(noun)
  return ENTITIES[noun]
end

-- The first of these words, from the last, that stands for a kind of record; and whether it was a plural.
function M.find(list, singular)
  for i = #list, 1, -1 do
    local one = singular(list[i])
    local noun = M.noun(one)
    if noun then return noun, one ~= list[i], i end
  end
  return nil
end

return M
