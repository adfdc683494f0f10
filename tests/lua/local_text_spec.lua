-- lua/local: words, sentences, languages, facts.

require "tests.lua.harness"

local tokenize = require "local.tokenize"
local language = require "local.language"
local extract = require "local.extract"
local references = require "local.references"
local money = require "local.money"
local dates = require "local.dates"
local names = require "local.names"

describe("tokenize", function()
  it("folds case and diacritics of Latin letters and keeps other scripts", function()
    assert.same({ "zuruck", "ca", "ano", "strasse", "заказ" }, tokenize.words("Zurück ÇA año STRASSE Заказ"))
  end)

  it("keeps contractions together and cuts elisions apart", function()
    assert.same({ "dont", "it", "l", "abonnement" }, tokenize.words("don't it's l’abonnement"))
  end)

  it("gives the same stem to forms of one word", function()
    for _, pair in ipairs({ { "charge", "charged" }, { "charges", "charging" }, { "invoice", "invoices" }, { "shipped", "shipping" },
      { "delivery", "deliveries" }, { "rechnung", "rechnungen" } }) do
      assert.equal(tokenize.stem(pair[1]), tokenize.stem(pair[2]))
    end
  end)

  for text, sentences in pairs({
    ["Dr. Kim has 3.5 points. She is glad! Is she?"] = { "Dr. Kim has 3.5 points.", "She is glad!", "Is she?" },
    ["Am 3. März kam es an. Gut."] = { "Am 3. März kam es an.", "Gut." },
    ["To reset:\n1. Open it.\n2. Close it."] = { "To reset:", "1. Open it.", "2. Close it." },
    ["Choose Forgot? on the page."] = { "Choose Forgot? on the page." },
    ["# Title\n\nBody goes\non here."] = { "# Title", "Body goes on here." },
  }) do
    it("splits into sentences: " .. text:gsub("\n", " | "), function()
      assert.same(sentences, tokenize.sentences(text))
    end)
  end

  it("never cuts inside a character", function()
    assert.equal("ä", tokenize.cut("ää", 3))
    assert.equal("ää", tokenize.cut_chars("äää", 2))
    assert.equal(3, tokenize.length("äöü"))
  end)

  it("tames runs that no word has and keeps usual text as it is", function()
    assert.equal(200, #tokenize.tame(("a"):rep(10000)))
    assert.equal("a  b", tokenize.tame("a" .. (" "):rep(500) .. "b"))
    assert.equal("A text, as\n\nusual.", tokenize.tame("A text, as\n\nusual."))
  end)
end)

describe("language", function()
  for text, code in pairs({
    ["Where is my parcel?"] = "en", ["Wo ist mein Paket?"] = "de", ["Où est mon colis ?"] = "fr", ["¿Dónde está mi paquete?"] = "es",
    ["Dov'è il mio pacco?"] = "it", ["Waar is mijn pakket?"] = "nl", ["Onde está a minha encomenda?"] = "pt",
    ["Привет, где мой заказ?"] = "ru", ["注文はどこですか"] = "ja", ["我的订单在哪里"] = "zh",
    ["Factuur klopt niet"] = "nl", ["Pas de nouvelles de ma commande"] = "fr", ["Meu cartão foi recusado"] = "pt", ["Mi tarjeta fue rechazada"] = "es",
  }) do
    it("tells " .. code .. " by: " .. text, function() assert.equal(code, (language.detect(text))) end)
  end

  it("says that it does not know when nothing tells", function()
    local code, confidence = language.detect("4711")
    assert.equal("en", code)
    assert.equal(0, confidence)
  end)
end)

local function values(list, key)
  local result = {}
  for i, item in ipairs(list) do result[i] = item[key] end
  return result
end

describe("extract", function()
  it("finds addresses of mail, web and machines, and versions", function()
    local found = extract.all("Mail a.b@example.com, (c@example.org). See https://x.example/y?z=1. From 10.0.0.12 and 2001:db8::1 with v2.14.3; " ..
      "call +49 30 1234567 at 14:30. IBAN DE89 3704 0044 0532 0130 00")
    assert.same({ "a.b@example.com", "c@example.org" }, found.emails)
    assert.same({ "https://x.example/y?z=1" }, found.urls)
    assert.same({ "10.0.0.12", "2001:db8::1" }, found.ips)
    assert.same({ "2.14.3" }, found.versions)
    assert.same({ "+49 30 1234567" }, found.phones)
    assert.same({ "DE89370400440532013000" }, found.ibans)
    assert.same({ "14:30" }, found.times)
  end)

  for text, wanted in pairs({
    ["my order 4711 on Monday"] = { "order 4711" },
    ["Bestellung Nr. 88213, Rechnung RE-2024-0815"] = { "order 88213", "invoice RE-2024-0815" },
    ["commande n° CMD-5521"] = { "order CMD-5521" },
    ["mi pedido #99812 de 120 euros"] = { "order 99812" },
    ["invoice INV-2024-00231 (EUR 12)"] = { "invoice INV-2024-00231" },
    ["orders 4711 and 4712"] = { "order 4711", "order 4712" },
    ["the order was placed in 2023"] = {},
    ["ticket #5567"] = { "ticket 5567" },
  }) do
    it("finds references in: " .. text, function()
      local list = {}
      for i, reference in ipairs(references.find(text)) do list[i] = reference.kind .. " " .. reference.value end
      assert.same(wanted, list)
    end)
  end

  for text, number in pairs({ ["1.234,50"] = 1234.5, ["1,234.50"] = 1234.5, ["49,90"] = 49.9, ["1,299"] = 1299, ["0,125"] = 0.125, ["1 200"] = 1200, ["-3"] = -3 }) do
    it("reads the number " .. text, function() assert.equal(number, money.number(text)) end)
  end

  it("finds amounts with their currency in any order", function()
    local amounts = money.amounts("EUR 49.90, 1.234,50 €, $12, 120 euros, R$ 30, 15 CHF")
    assert.same({ 49.9, 1234.5, 12, 120, 30, 15 }, values(amounts, "value"))
    assert.same({ "EUR", "EUR", "USD", "EUR", "BRL", "CHF" }, values(amounts, "currency"))
  end)

  it("does not take dates, references and addresses for numbers", function()
    assert.same({ 200, -4 }, values(money.numbers("200 users on 3.4.2024, 10.0.0.1, INV-22, at -4 degrees"), "value"))
  end)

  for text, date in pairs({
    ["2024-04-03"] = "2024-04-03", ["3.4.2024"] = "2024-04-03", ["12 mars 2024"] = "2024-03-12", ["3 de mayo de 2024"] = "2024-05-03",
    ["March 5, 2024"] = "2024-03-05", ["4/31/2024"] = nil, ["den 1. Februar 2025"] = "2025-02-01", ["5th of May 2023"] = "2023-05-05",
  }) do
    it("reads the date " .. text, function() assert.same({ date }, dates.find("on " .. text .. " it came")) end)
  end

  it("refuses dates that do not exist", function() assert.same({}, dates.find("30.2.2024 2023-02-29 99/99/2024")) end)

  for text, name in pairs({
    ["Please help. Regards, Kim"] = "Kim", ["x\n\nMit freundlichen Grüßen\nJürgen von der Heide\nTel. 1"] = "Jürgen von der Heide",
    ["49 €. Merci,\nÉlodie Martin"] = "Élodie Martin", ["Hi, my name is Maria Rossi and I wait"] = "Maria Rossi", ["Saludos, Ana López"] = "Ana López",
    ["Met vriendelijke groet,\nPieter de Vries\nACME BV"] = "Pieter de Vries",
  }) do
    it("finds the writer's name: " .. name, function() assert.equal(name, names.find(text)[1]) end)
  end
end)
