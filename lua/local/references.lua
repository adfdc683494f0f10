-- Reference numbers (orders, invoices, customers...): by the word before them or their own prefix.

local tokenize = require "local.tokenize"
local collect = require "local.collect"
local money = require "local.money"

local M = {}

-- kind -> folded words that stand before such a number
local MARKERS = {
  order = "order orders bestellung bestellnummer bestell-nr bestellnr auftrag auftragsnummer commande pedido " ..
    "encomenda ordine bestelling bestelnummer ordernummer purchase compra orden acquisto",
  invoice = "invoice bill rechnung rechnungsnummer rechnungsnr facture factura fattura factuur factuurnummer " ..
    "fatura receipt nota",
  ticket = "ticket case vorgang fall dossier caso referentie",
  customer = "customer client kunde kundennummer kunden-nr kundennr klantnummer cliente client-id customer-id " ..
    "account-id account",
  tracking = "tracking sendungsnummer suivi seguimiento tracciamento trackingnummer rastreio rastreamento trackingcode",
  contract = "contract vertrag vertragsnummer contrat contrato contratto contractnummer policy police",
  product = "sku article artikel artikelnummer artikelnr model modell item produkt",
  transaction = "transaction transaktion transaktionsnummer transacción transaction-id payment-id transazione " ..
    "transação",
}
-- Words that may stand between the marker and the number.
local BETWEEN = {}
for word in ("number no nr nro num numero nummer id n ref reference code is was my the mit der die unter with # " ..
  "de do da no. nr. n. number: numer lautet ist est es e " ..
    "di numéro número номер et en du sous"):gmatch("%S+") do
  BETWEEN[tokenize.fold(word)] = true
end

local marker_kind = {}
for kind, words in pairs(MARKERS) do
  for word in words:gmatch("%S+") do marker_kind[tokenize.fold(word)] = kind end
end

-- Prefixes that tell the kind without any marker: INV-2024-0012, ORD-77.
local PREFIX_KIND = { INV = "invoice", RE = "invoice", RG = "invoice", FAC = "invoice", FA = "invoice",
  FT = "invoice", FV = "invoice", BILL = "invoice",
  ORD = "order", SO = "order", PO = "order", BE = "order", CMD = "order", PED = "order", ORDER = "order",
  SKU = "product", ART = "product", CUST = "customer", KD = "customer", TCK = "ticket", TKT = "ticket",
    CASE = "ticket" }

local function looks_like_reference(token)
  local digits = select(2, token:gsub("%d", ""))
  return digits >= 3 and #token <= 32 and token:find("^[%w][%w%-_/]*$") and not token:find("^%d%d%d%d%-%d%d%-%d%d$")
end

local AND = { ["and"] = true, und = true, et = true, y = true, e = true, en = true, ["&"] = true, ["or"] = true }
local REACH = 1 -- other words than those that may stand between the marker and its number

-- "order", "Bestellnummer:", "commande-no" -> the kind that it announces, or nil.
local function announces(folded)
  if marker_kind[folded] then return marker_kind[folded] end
  if folded:find("%d") then return nil end
  for part in folded:gmatch("[%a\128-\255]+") do
    if #part > 3 and marker_kind[part] then return marker_kind[part] end
  end
end

local function clean(raw)
  local token = raw:gsub("^[#:'%.%[<]+", ""):gsub("[%.:!%?'%]>]+$", "")
  return (token:gsub("^[Nn][roº°]*[%.:°º]+#?", ""))
end

local function kind_of(token, raw, pending)
  local prefix = token:match("^(%u+)[%-_]?%d")
  if prefix and PREFIX_KIND[prefix] then return PREFIX_KIND[prefix] end
  return pending or (raw:sub(1, 1) == "#" and "reference") or nil
end

-- "120 euros", but not "4711 EUR 49.90"
local function is_amount(tokens, i)
  local after = tokens[i + 1]
  return tokens[i]:find("^%d+$") and after and money.currency_of(after) and not (tokens[i + 2] or ""):find("^%d")
end

-- All reference numbers: {{kind, value}}; kind "reference" when nothing tells what it is.
function M.find(text)
  local list, add = collect.new()
  local tokens = {}
  for raw in text:gmatch("[^%s,;%(%)\"]+") do tokens[#tokens + 1] = raw end
  local pending, last, distance = nil, nil, 0
  for i, raw in ipairs(tokens) do
    local token = clean(raw)
    local folded = tokenize.fold(token):gsub("[%.:#]+$", "")
    local head, tail = token:match("^(%a[%a%-]*)[#:](%w[%w%-]*)$")
    if head and announces(tokenize.fold(head)) then pending, distance, token = announces(tokenize.fold(head)), 0,
      tail end
    local kind = looks_like_reference(token) and not is_amount(tokens, i) and kind_of(token, raw, pending)
    if kind then
      add({ kind = kind, value = token }, token)
      pending, last = nil, kind
    elseif announces(folded) then
      pending, distance = announces(folded), 0
    elseif last and AND[folded] then
      pending, distance, last = last, 0, nil
    else
      last = nil
      if not BETWEEN[folded] then distance = distance + 1 end
      if distance > REACH or folded:find("%d") then pending = nil end
    end
  end
  return list
end

function M.of_kind(text, kind)
  local values = {}
  for _, reference in ipairs(M.find(text)) do
    if reference.kind == kind then values[#values + 1] = reference.value end
  end
  return values
end

return M
