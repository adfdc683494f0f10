-- What the ticket is about: one model call with a schema.

local moon = require "moon"
local clean = require "clean"

local CATEGORIES = {
  { "billing", "invoices, charges, payments, taxes, refunds" },
  { "shipping", "delivery, tracking, late or lost parcels, delivery address" },
  { "returns", "returns, exchanges, damaged, defective or wrong items, warranty" },
  { "account", "login, password, two-factor authentication, profile, team members, permissions" },
  { "technical", "errors, crashes, something does not work, how to use a function, data export" },
  { "outage", "the service is down or cannot be reached for many people" },
  { "integration", "api, webhooks, single sign-on, connecting other systems" },
  { "security", "hacked account, suspicious sign-in, phishing, vulnerability" },
  { "privacy", "personal data, deletion, gdpr, contracts and legal questions" },
  { "sales", "prices, plans, offers, demos, buying" },
  { "cancellation", "cancelling a subscription or contract" },
  { "feedback", "ideas, praise, complaints about the service" },
  { "other", "anything else, and advertising" },
}

local function schema()
  local names, lines = {}, {}
  for i, category in ipairs(CATEGORIES) do
    names[i] = category[1]
    lines[i] = "- " .. category[1] .. ": " .. category[2]
  end
  local function nullable(kind) return { type = { kind, "null" } } end
  return {
    type = "object",
    additionalProperties = false,
    required = {
      "category", "urgency", "language", "sentiment", "summary", "search_terms", "refund_requested", "is_spam",
      "order_number", "invoice_number", "amount", "currency", "customer_name", "confidence",
    },
    properties = {
      category = { enum = names },
      urgency = { enum = { "low", "normal", "high", "urgent" } },
      language = { type = "string", pattern = "^[a-z]{2,3}$",
        description = "ISO 639-1 code of the ticket's language" },
      sentiment = { enum = { "negative", "neutral", "positive" } },
      summary = { type = "string", minLength = 1, maxLength = 400, description = "one or two sentences" },
      search_terms = {
        type = "array", minItems = 1, maxItems = 10, items = { type = "string", minLength = 1, maxLength = 60 },
        description = "English key words for the help centre",
      },
      refund_requested = { type = "boolean", description = "the customer asks for money back" },
      is_spam = { type = "boolean", description = "advertising or junk, not a customer's request" },
      order_number = nullable("string"), invoice_number = nullable("string"), amount = nullable("number"),
      currency = nullable("string"), customer_name = nullable("string"),
      confidence = { type = "number", minimum = 0, maximum = 1 },
    },
  }, table.concat(lines, "\n")
end

-- Numbers that the model gives must stand in the ticket.
local function only_if_there(facts, input)
  local text = (input.subject or "") .. "\n" .. input.body
  for _, name in ipairs({ "order_number", "invoice_number", "customer_name" }) do
    local value = facts[name]
    if value and not text:find(value, 1, true) then facts[name] = nil end
  end
end

-- {category, urgency, language, sentiment, summary, search_terms, refund_requested, is_spam, order_number?,
-- invoice_number?,
-- amount?, currency?, customer_name?, confidence}
return function(input, settings)
  local wanted, categories = schema()
  local company = settings.company ~= "" and settings.company or "the company"
  local facts = moon.llm.json({
    model = settings.model, schema = wanted, name = "ticket", temperature = 0, max_tokens = 1000,
    system = moon.prompt("classify", { company = company, categories = categories }),
    prompt = clean.ticket(input),
  })
  only_if_there(facts, input)
  return facts
end
