-- What the names of categories, levels and moods stand for in schemas that people write.

local tokenize = require "local.tokenize"

local M = {}

-- word of a value's name -> {topic = affinity}
M.topics = {}

local ROWS = {
  ["billing invoice invoices invoicing invoiced finance financial accounting bill bills charges charge " ..
    "abrechnung rechnung buchhaltung facturation facturacion"] =
    "billing=1 payment=0.95 pricing=0.4 refund=0.7 cancel=0.4",
  ["payment payments pay zahlung paiement pago checkout"] = "payment=1 billing=0.8 refund=0.5",
  ["refund refunds reimbursement chargeback erstattung remboursement reembolso rimborso"] = "refund=1 returns=0.5 billing=0.3",
  ["shipping shipment shipments delivery deliveries logistics tracking fulfillment fulfilment versand lieferung " ..
    "livraison envio spedizione verzending"] =
    "shipping=1 order=0.7 returns=0.3",
  ["order orders bestellung commande pedido ordine"] = "order=1 shipping=0.9 returns=0.5 product=0.3",
  ["return returns exchange exchanges rma retoure retouren retour devolucion reso warranty damaged defective garantie"] = "returns=1 refund=0.5",
  ["account accounts login access authentication password user users profile identity konto compte cuenta"] = "account=1 security=0.3",
  ["technical tech bug bugs error errors software troubleshooting defect technik technisch technique tecnico"] =
    "technical=1 outage=0.9 integration=0.6 data=0.5 howto=0.2",
  ["support problem issue"] = "technical=0.8 outage=0.7 howto=0.4",
  ["outage outages incident incidents downtime availability disruption"] = "outage=1 technical=0.4",
  ["integration integrations api developer developers webhook webhooks"] = "integration=1",
  ["data export import migration reporting"] = "data=1",
  ["security abuse fraud phishing trust hacking sicherheit"] = "security=1",
  ["privacy gdpr dsgvo rgpd personal"] = "privacy=1",
  ["legal compliance contract contracts law recht juridique"] = "legal=1 privacy=0.8",
  ["sales presales quote quotes lead leads demo vertrieb commercial ventas"] = "sales=1 pricing=0.7 partnership=1",
  ["pricing plan plans price prices subscription subscriptions upgrade abo tarif"] = "pricing=1 cancel=0.8 " ..
    "billing=0.3 sales=0.4",
  ["cancellation cancel churn retention termination kundigung"] = "cancel=1",
  ["feature features suggestion suggestions idea ideas enhancement improvement wish"] = "feature=1",
  ["feedback"] = "feature=1 praise=0.9 complaint=0.7",
  ["complaint complaints beschwerde reclamation"] = "complaint=1",
  ["praise compliment compliments thanks kudos lob"] = "praise=1",
  ["question questions howto how usage guidance inquiry enquiry frage"] = "howto=1",
  ["product products item items catalog produkt"] = "product=1 howto=0.5",
  ["spam junk advertising advertisement marketing solicitation"] = "spam=1",
  ["hr careers career job jobs recruiting recruitment personnel"] = "hr=1",
  ["partnership partner partners affiliate"] = "partnership=1",
}

for words, topics in pairs(ROWS) do
  local parsed = {}
  for topic, share in topics:gmatch("([%w_]+)=([%d%.]+)") do parsed[topic] = tonumber(share) end
  for word in words:gmatch("%S+") do
    local into = M.topics[word] or {}
    for topic, share in pairs(parsed) do into[topic] = math.max(into[topic] or 0, share) end
    M.topics[word] = into
  end
end

local function set(words, value)
  local result = {}
  for word in words:gmatch("%S+") do result[tokenize.fold(word)] = value == nil and true or value end
  return result
end

-- First words of the value that takes what fits nowhere.
M.rest = set("other others general misc miscellaneous unknown none unclear unclassified uncategorized rest " ..
  "default sonstige sonstiges andere autre autres otro otros altro overig outro outros allgemein na")

-- Words of names and descriptions that every option could have.
M.vague = set("issue issues problem problems question questions request requests customer customers user users " ..
  "message messages ticket tickets text email mail " ..
  "support team category type kind related about anything everything etc help needs need wants want asks asking " ..
    "value values use used using when like such things thing")

-- Name of a level -> 0 (can wait) to 3 (now)
M.levels = {}
for level, names in pairs({
  [0] = "low lowest trivial minor p4 p5 sev4 s4 niedrig gering bas basse faible baja bajo bassa basso laag " ..
    "baixa 4 5 minimal none",
  [1] = "normal medium moderate standard routine regular average p3 sev3 s3 mittel moyen moyenne media medio " ..
    "normale gemiddeld média 3 default",
  [2] = "high major important elevated p2 sev2 s2 hoch haute elevée alta alto hoog 2 soon",
  [3] = "urgent critical blocker emergency immediate highest severe p0 p1 sev1 sev0 s1 kritisch dringend " ..
    "critique urgente critica critico kritiek 1 asap showstopper",
}) do
  for name in names:gmatch("%S+") do M.levels[tokenize.fold(name)] = level end
end

M.feelings = {}
for feeling, names in pairs({
  [-1] = "very negative;angry;furious;hostile",
    [-0.5] = "negative;bad;unhappy;frustrated;upset;dissatisfied;negativ;négatif;negativo;sad;disappointed",
  [0] = "neutral;mixed;none;neutre;neutro;neutrale;calm",
    [0.5] = "positive;good;happy;satisfied;pleased;positiv;positif;positivo;grateful",
    [1] = "very positive;delighted;enthusiastic;excited",
}) do
  for name in names:gmatch("[^;]+") do M.feelings[tokenize.fold(name)] = feeling end
end

return M
