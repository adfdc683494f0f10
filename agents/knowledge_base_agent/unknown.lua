-- What is said when no article answers, and the question to a person where a deployment wants that.

local moon = require "moon"

local M = {}

local TEXTS = {
  en = { none = "I do not know: no article answers this.", near = "The closest articles: %s." },
  de = { none = "Das weiß ich nicht: kein Artikel beantwortet es.", near = "Am nächsten kommen: %s." },
  fr = { none = "Je ne sais pas : aucun article n'y répond.", near = "Les articles les plus proches : %s." },
  es = { none = "No lo sé: ningún artículo lo responde.", near = "Los artículos más cercanos: %s." },
  it = { none = "Non lo so: nessun articolo risponde.", near = "Gli articoli più vicini: %s." },
  nl = { none = "Dat weet ik niet: geen artikel geeft er antwoord op.", near = "Het dichtst in de buurt: %s." },
  pt = { none = "Não sei: nenhum artigo responde.", near = "Os artigos mais próximos: %s." },
}

-- {{document_id, title}} of the best few.
function M.closest(documents)
  local list = moon.json.array()
  for i = 1, math.min(3, #documents) do
    list[i] = { document_id = documents[i].id, title = documents[i].title }
  end
  return list
end

function M.text(language, closest)
  local say, titles = TEXTS[language] or TEXTS.en, {}
  for i, one in ipairs(closest) do titles[i] = one.title end
  if #titles == 0 then return say.none end
  return say.none .. " " .. say.near:format(table.concat(titles, "; "))
end

-- The person's decision: {approved, by, data = {answer}}.
function M.ask(state, closest, settings)
  return moon.ask({
    title = moon.text.truncate("Answer this question? " .. moon.text.squeeze(state.question), 200),
    details = { question = state.question, understood_as = state.standalone, language = state.language,
      draft = state.draft and state.draft.answer or nil, closest = closest },
    roles = #settings.roles > 0 and settings.roles or nil,
    form = {
      type = "object", required = { "answer" }, additionalProperties = false,
      properties = { answer = { type = "string", minLength = 1, maxLength = 8000, description = "sent as it is" } },
    },
    deadline_s = settings.answer_deadline_s, on_deadline = "reject",
  })
end

return M
