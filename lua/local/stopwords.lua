-- The commonest function words per language, folded: they tell languages apart and carry no topic.

local M = {}

M.LANGUAGES = {
  en = [[
    the a an and or but if of to in on at for from with without by as is are was were be been being am do does did
    done have has had having i you he she it we they me him her us them my your his its our their mine this that
    these those there here what which who whom when where why how not no dont doesnt didnt cant couldnt wont isnt
    wasnt havent hasnt can could will would shall should may might must please hello hi hey dear regards thanks
    thank just also only very so too than then now still already yet since after before again into out up down over
    about any some all more most other such because while get got let lets
  ]],
  de = [[
    der die das den dem des ein eine einen einem einer eines und oder aber wenn weil dass ob als wie wo wer was wann
    warum von vom zu zum zur in im an am auf aus bei beim mit ohne nach vor uber unter fur gegen um durch seit bis
    ist sind war waren sein bin bist hat habe haben hatte hatten wird werden wurde wurden kann konnen konnte mochte
    muss mussen soll sollte ich du er sie es wir ihr mich dich sich uns euch mir dir ihm ihn ihnen mein meine meinen
    meiner meinem dein deine ihre ihrem ihren ihrer unser unsere unseren dieser diese dieses diesen nicht kein keine
    keinen nur auch noch schon sehr mehr bitte hallo guten tag geehrte geehrter damen herren freundlichen grussen
    grusse danke vielen dank jetzt immer wieder heute gestern morgen hier da dann denn doch
  ]],
  fr = [[
    le la les l un une des du de d et ou mais si que qui quoi dont quand comment pourquoi a au aux en dans sur sous
    avec sans pour par chez vers depuis est sont etait etaient suis es etre ai as avons avez ont avait avoir je j tu
    il elle on nous vous ils elles me m te t se s lui leur moi toi mon ma mes ton ta tes son sa ses notre nos votre
    vos leurs ce c cet cette ces cela ca ne n pas plus jamais rien aucun aucune tres bien aussi encore deja toujours
    apres avant bonjour bonsoir madame monsieur merci cordialement salutations svp plait peux peut pouvez puis
    pourriez voudrais souhaite faire fait y quel quelle qu
  ]],
  es = [[
    el la los las un una unos unas y e o u pero si que quien cual cuando donde como porque por para con sin de del
    al a en sobre entre desde hasta hacia es son era eran soy eres ser estar esta estan estoy estaba he ha han hemos
    habia hay tengo tiene tienen yo tu ella usted ustedes nosotros ellos me te se nos les le lo mi mis tus su sus
    nuestro nuestra nuestros este estos estas ese esa eso esto no ni nunca nada muy mas tambien ya aun todavia solo
    hola buenos dias buenas tardes gracias saludos favor puedo puede pueden pueda quiero quisiera hacer hace cuanto
  ]],
  it = [[
    il lo la i gli le l un uno una e ed o ma se che chi cui quale quando dove come perche di del dello della dei
    degli delle da dal dalla in nel nella nei su sul sulla con senza per tra fra a al allo alla ai agli alle sono
    era erano sei essere ho hai ha abbiamo avete hanno aveva avere io tu lui lei noi voi loro mi ti si ci vi ne mio
    mia miei mie tuo tua suo sua suoi nostro nostra vostro vostra questo questa questi queste quello quella non mai
    niente molto piu anche gia ancora sempre buongiorno salve ciao grazie saluti cordiali gentile posso puo potete
    potreste vorrei fare fatto dopo prima
  ]],
  nl = [[
    de het een en of maar als dat die wie wat waar wanneer waarom hoe van naar in op aan uit bij met zonder voor na
    over onder tegen door tot sinds is zijn was waren ben bent wordt worden werd heb hebt heeft hebben had hadden
    kan kunnen kon zou zouden moet moeten wil willen mag ik jij je hij zij ze wij we jullie u mij me hem haar ons
    hun mijn jouw uw onze deze dit daar er hier niet geen nog al ook alleen zeer heel meer veel weer steeds nu dan
    toen hallo goedemorgen goedemiddag beste geachte groeten groet vriendelijke alvast bedankt dank graag
    alstublieft aub
  ]],
  pt = [[
    o a os as um uma uns umas e ou mas se que quem qual quando onde como porque de do da dos das em no na nos nas ao
    aos por pelo pela para com sem sobre entre desde ate sao era eram sou ser estar esta estao estou estava tenho
    tem temos tinha ter ha foi foram eu tu ele ela voce voces eles me te lhe meu minha meus minhas seu sua seus suas
    nosso nossa este esse essa isso isto nao nem nunca nada muito mais tambem ja ainda so ola bom dia boa tarde
    obrigado obrigada cumprimentos atenciosamente favor posso pode podem gostaria quero fazer feito depois antes
  ]],
}

M.sets = {} -- language -> {word = true}
M.all = {}  -- word -> number of languages that have it

for language, words in pairs(M.LANGUAGES) do
  local set = {}
  for word in words:gmatch("%S+") do
    if not set[word] then
      set[word] = true
      M.all[word] = (M.all[word] or 0) + 1
    end
  end
  M.sets[language] = set
end

-- Does a folded word carry no topic?
function M.has(word)
  return M.all[word] ~= nil or #word < 2
end

return M
