-- The few sentences that the package itself adds to a reply, in the customer's language.

local M = {}

local ALL = {
  en = { approved = "Your refund{amount} has been approved.",
    rejected = "We have looked into your refund request and cannot grant it.",
    pending = "Your refund request{amount} is being checked; we will write to you as soon as it is decided.",
    holding = "Thank you for your message. A colleague will look into it personally and get back to you." },
  de = { approved = "Ihre Erstattung{amount} wurde genehmigt.",
    rejected = "Wir haben Ihren Wunsch nach einer Erstattung geprüft und können ihm nicht entsprechen.",
    pending = "Ihr Wunsch nach einer Erstattung{amount} wird geprüft; wir schreiben Ihnen, sobald darüber " ..
      "entschieden ist.",
    holding = "Vielen Dank für Ihre Nachricht. Eine Kollegin oder ein Kollege kümmert sich persönlich darum und " ..
      "meldet sich bei Ihnen." },
  fr = { approved = "Votre remboursement{amount} a été accepté.",
    rejected = "Nous avons étudié votre demande de remboursement et ne pouvons pas y donner suite.",
    pending = "Votre demande de remboursement{amount} est à l'étude ; nous vous écrirons dès qu'une décision " ..
      "sera prise.",
    holding = "Merci pour votre message. Un collègue va s'en occuper personnellement et vous répondra." },
  es = { approved = "Su reembolso{amount} ha sido aprobado.",
    rejected = "Hemos revisado su solicitud de reembolso y no podemos concederla.",
    pending = "Su solicitud de reembolso{amount} está en revisión; le escribiremos en cuanto se decida.",
    holding = "Gracias por su mensaje. Un compañero lo revisará personalmente y se pondrá en contacto con usted." },
  it = { approved = "Il suo rimborso{amount} è stato approvato.",
    rejected = "Abbiamo esaminato la sua richiesta di rimborso e non possiamo accoglierla.",
    pending = "La sua richiesta di rimborso{amount} è in esame; le scriveremo appena sarà decisa.",
    holding = "Grazie per il suo messaggio. Un collega se ne occuperà personalmente e la ricontatterà." },
  nl = { approved = "Uw terugbetaling{amount} is goedgekeurd.",
    rejected = "We hebben uw verzoek om terugbetaling bekeken en kunnen het niet inwilligen.",
    pending = "Uw verzoek om terugbetaling{amount} wordt bekeken; we schrijven u zodra er een besluit is.",
    holding = "Bedankt voor uw bericht. Een collega bekijkt het persoonlijk en neemt contact met u op." },
  pt = { approved = "O seu reembolso{amount} foi aprovado.",
    rejected = "Analisámos o seu pedido de reembolso e não o podemos conceder.",
    pending = "O seu pedido de reembolso{amount} está em análise; escrevemos-lhe assim que houver uma decisão.",
    holding = "Obrigado pela sua mensagem. Um colega vai tratar do assunto pessoalmente e entrará em contacto." },
}

-- name: approved, rejected, pending, holding. amount: like "EUR 49.90", or nil.
function M.get(language, name, amount)
  local text = (ALL[language] or ALL.en)[name]
  return (text:gsub("{amount}", amount and " (" .. amount .. ")" or ""))
end

local function paragraphs_of(reply)
  local paragraphs = {}
  for paragraph in (reply .. "\n\n"):gmatch("(.-)\n\n+") do paragraphs[#paragraphs + 1] = paragraph end
  return paragraphs
end

-- Puts a sentence in place of all that a reply says between its opening and its closing.
function M.replace(reply, sentence)
  local paragraphs = paragraphs_of(reply)
  if #paragraphs < 4 then return M.insert(reply, sentence) end
  return table.concat({ paragraphs[1], paragraphs[2], sentence, paragraphs[#paragraphs] }, "\n\n")
end

-- Puts a sentence into a reply as a paragraph of its own: after greeting and opening, before the rest.
function M.insert(reply, sentence)
  local paragraphs = paragraphs_of(reply)
  local at = #paragraphs >= 3 and 3 or math.max(#paragraphs, 1)
  table.insert(paragraphs, at, sentence)
  return table.concat(paragraphs, "\n\n")
end

return M
