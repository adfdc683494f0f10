-- lua/local: categories, urgency, mood, yes or no.

require "tests.lua.harness"

local analysis = require "local.analysis"
local classify = require "local.classify"
local options = require "local.options"

local function choose(text, names, descriptions)
  local list = {}
  for i, name in ipairs(names) do list[i] = { value = name, description = descriptions and descriptions[name] } end
  local i, confidence = classify.choose(analysis.of(text), list)
  return names[i], confidence
end

local CATEGORIES = { "billing", "shipping", "account", "technical", "sales", "other" }

describe("classify", function()
  for _, case in ipairs({
    { "I was charged twice for my invoice", "billing" }, { "Mein Paket ist nicht angekommen", "shipping" }, { "J'ai oublié mon mot de passe", "account" },
    { "La aplicación no funciona y muestra un error", "technical" }, { "Potete inviarci un preventivo per 50 dipendenti?", "sales" },
    { "De app crasht steeds", "technical" }, { "Meu cartão foi recusado no pagamento", "billing" }, { "asdf qwer", "other" },
  }) do
    it(case[2] .. ": " .. case[1], function() assert.equal(case[2], (choose(case[1], CATEGORIES))) end)
  end

  it("knows categories by words of the same meaning", function()
    local text = "My card was declined when I paid the invoice"
    for _, name in ipairs({ "Payments", "billing_and_invoices", "BillingIssue", "finance", "Rechnung", "facturation" }) do
      assert.equal(name, (choose(text, { "shipping", name, "careers" })))
    end
  end)

  it("uses what descriptions say about unknown names", function()
    local names, said = { "team_a", "team_b" }, { team_a = "parcels and delivery", team_b = "passwords and login" }
    assert.equal("team_b", (choose("I cannot log in, my password is wrong", names, said)))
    assert.equal("team_a", (choose("the parcel is late", names, said)))
  end)

  it("finds descriptions in running instructions", function()
    assert.equal("charges and invoices", options.description_of("billing", "- billing: charges and invoices\n- other: rest"))
    assert.equal("who pays", options.description_of("b", "a = x; b (who pays), c"))
    assert.is_nil(options.description_of("bill", "billing: x"))
  end)

  it("gives topics that no value is for to the value for the rest", function()
    assert.equal("other", (choose("I was charged twice, refund me", { "shipping", "account", "other" })))
  end)

  it("is unsure when nothing tells, and surer the clearer it is", function()
    local _, nothing = choose("asdf", { "billing", "shipping" })
    local _, clear = choose("charged twice, refund the invoice", { "billing", "shipping" })
    assert.is_true(nothing < 0.4 and clear > 0.7)
  end)

  it("orders urgency on any scale of names", function()
    local texts = { "Small question, no rush at all", "How do I change my plan?", "URGENT!!! Production is down for all our users, we lose money" }
    local scales = { { "low", "normal", "urgent" }, { "P4", "P3", "P1" }, { "niedrig", "mittel", "hoch" }, { "trivial", "medium", "blocker" } }
    for _, scale in ipairs(scales) do
      for i, text in ipairs(texts) do assert.equal(i, (classify.choose_urgency(analysis.of(text), scale)), text .. " on " .. scale[i]) end
    end
  end)

  it("tells moods in seven languages", function()
    for text, wanted in pairs({
      ["Great service, I love it"] = 1, ["Das ist eine Frechheit, ich bin sehr enttäuscht"] = -1, ["Excellent, je suis ravi"] = 1, ["Pésimo servicio, es inaceptable"] = -1,
      ["Ottimo lavoro, complimenti"] = 1, ["Ik ben erg teleurgesteld en boos"] = -1, ["Adorei, excelente!"] = 1,
    }) do
      assert.is_true(classify.sentiment(analysis.of(text)) * wanted > 0.2, text)
    end
  end)

  it("answers yes or no by what a field names", function()
    local text = analysis.of("Please refund my order, I was charged twice. I will call my lawyer.")
    for name, wanted in pairs({ refund_requested = true, mentions_legal = true, is_spam = false, password_problem = false, shippingDelay = false }) do
      assert.equal(wanted, (classify.is_true(text, name)), name)
    end
  end)

  it("does not count the quoted history of a mail", function()
    local text = "Thanks, all good now.\n\nOn Monday, Kim wrote:\n> my parcel did not arrive\n> where is my parcel"
    assert.is_nil(analysis.of(text).topics.shipping)
  end)
end)
