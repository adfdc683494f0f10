-- Words that mean the same, across languages: a question in German finds an article in English. A deployment adds
-- groups of its own (setting glossary).

local words = require "words"

local GROUPS = {
  "vacation holiday Urlaub Urlaubstage Resturlaub", "carry over übertragen verfallen",
  "sick ill illness krank Krankmeldung Krankheit", "certificate Bescheinigung Attest",
  "parental Elternzeit", "allowed possible can erlaubt möglich", "week Woche wöchentlich", "days Tage", "remote homeoffice office Heimarbeit", "abroad countries Ausland",
  "travel trip Reise Dienstreise Reisekosten", "expenses costs Spesen Kosten",
  "kilometre mileage car Kilometer Kilometergeld Auto", "hotel night Übernachtung Nacht",
  "meals allowance Verpflegung Verpflegungssatz Tagegeld", "receipt receipts Beleg Belege Quittung",
  "working hours Arbeitszeit Wochenarbeitszeit", "overtime Überstunden", "laptop computer Notebook",
  "password Passwort Kennwort", "locked gesperrt", "phone Telefon Handy", "probation Probezeit",
  "lost stolen verloren gestohlen", "incident Vorfall Sicherheitsvorfall", "report melden meldet",
  "purchase procurement buy Einkauf Bestellung Beschaffung", "approve approval Genehmigung genehmigt genehmigen",
  "offers Angebote", "gift gifts Geschenk Geschenke", "invitation invitations Einladung",
  "privacy protection Datenschutz", "deletion delete Löschung löschen gelöscht", "warranty guarantee Garantie",
  "error fault code Fehler Fehlercode Fehlercodes", "reset zurücksetzen zurückgesetzt",
  "sensor Fühler Sensor Außenfühler", "install installation Einbau Montage", "update Aktualisierung",
  "supply voltage Versorgung Spannung", "temperature Temperatur", "power consumption Leistungsaufnahme Verbrauch",
  "support Unterstützung", "price cost Preis", "deadline Frist", "invoice invoices Rechnung Rechnungen",
  "child Kind", "doctor Arzt", "pay salary Gehalt Lohn", "first day erster Tag",
}

local function read(group)
  local list = {}
  for word in group:gmatch("%S+") do list[#list + 1] = word end
  return list
end

-- Words that mean the same as words of the text and are not in it. present: a set of stems; words of the text that are
-- in there need no others.
return function(text, more, present)
  local has, found, seen = words.stems(text), {}, {}
  local function look(group)
    local is_meant, is_present = false, false
    for _, word in ipairs(group) do
      local stem = words.stem(words.lower(word))
      is_meant = is_meant or has[stem] == true
      is_present = is_present or has[stem] and present and present[stem]
    end
    for _, word in ipairs(is_meant and not is_present and group or {}) do
      local stem = words.stem(words.lower(word))
      if not has[stem] and not seen[word] and (not present or present[stem]) and #found < 24 then
        seen[word] = true
        found[#found + 1] = word
      end
    end
  end
  for _, group in ipairs(more or {}) do look(group) end
  for _, group in ipairs(GROUPS) do look(read(group)) end
  return found
end
