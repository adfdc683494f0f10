-- The set phrases of a reply in seven languages. {name}, {order}, {amount}, {company} are filled in;
-- an opening is chosen by the topic that weighs most.

local M = {}

local EN = {
  name = "English", greeting = "Hello {name},", greeting_formal = "Dear {name},", greeting_unknown = "Hello,",
    greeting_unknown_formal = "Dear customer,",
  thanks = "thank you for your message.",
  opening = {
    refund = "thank you for your message. I am sorry that you need to ask for a refund.",
    billing = "thank you for your message, and sorry for the trouble with your bill.",
    payment = "thank you for your message, and sorry that the payment causes trouble.",
    shipping = "thank you for your message, and sorry that you are still waiting for your delivery.",
    returns = "thank you for your message, and sorry that your order was not as it should be.",
    account = "thank you for your message, and sorry for the trouble with your account.",
    technical = "thank you for the report, and sorry for the trouble.",
    outage = "thank you for telling us right away, and sorry for the interruption.",
    security = "thank you for telling us. We take this seriously.",
    privacy = "thank you for your message about your personal data.",
    complaint = "thank you for being frank with us. I am sorry that we have let you down.",
    praise = "thank you very much for your kind words! They mean a lot to us.",
    feature = "thank you for the suggestion. It goes to our product team.",
    sales = "thank you for your interest.",
    pricing = "thank you for your question about our plans.",
    cancel = "thank you for your message. I am sorry to hear that you want to leave.",
  },
  from_help_english = "",
    refund_noted = "I have noted your refund request{order}{amount}; a colleague checks it before anything is " ..
    "paid out.",
  order_part = " for order {order}", amount_part = " ({amount})",
    ask_order = "So that we can look into it, please send us your order number.",
  ask_details = "Could you tell us a little more, so that we can help?",
    no_passage = "A colleague will look into this and get back to you.",
  closing = "Kind regards", offer = "If anything is still open, simply reply to this message.",
    not_found = "The given context does not answer this.",
}

local DE = {
  name = "German", greeting = "Guten Tag {name},", greeting_formal = "Guten Tag {name},",
    greeting_unknown = "Guten Tag,", greeting_unknown_formal = "Guten Tag,",
  thanks = "vielen Dank für Ihre Nachricht.",
  opening = {
    refund = "vielen Dank für Ihre Nachricht. Es tut mir leid, dass Sie um eine Erstattung bitten müssen.",
    billing = "vielen Dank für Ihre Nachricht. Es tut mir leid, dass es mit Ihrer Rechnung Ärger gibt.",
    payment = "vielen Dank für Ihre Nachricht. Es tut mir leid, dass die Zahlung Schwierigkeiten macht.",
    shipping = "vielen Dank für Ihre Nachricht. Es tut mir leid, dass Sie noch auf Ihre Lieferung warten.",
    returns = "vielen Dank für Ihre Nachricht. Es tut mir leid, dass mit Ihrer Bestellung nicht alles in Ordnung war.",
    account = "vielen Dank für Ihre Nachricht. Es tut mir leid, dass Sie Ihr Konto nicht wie gewohnt nutzen können.",
    technical = "vielen Dank für den Hinweis. Es tut mir leid, dass etwas nicht funktioniert.",
    outage = "vielen Dank, dass Sie uns sofort Bescheid geben. Die Störung tut uns leid.",
    security = "vielen Dank, dass Sie uns Bescheid geben. Wir nehmen das ernst.",
    privacy = "vielen Dank für Ihre Nachricht zu Ihren personenbezogenen Daten.",
    complaint = "vielen Dank für Ihre offenen Worte. Es tut mir leid, dass wir Sie enttäuscht haben.",
    praise = "herzlichen Dank für Ihre netten Worte! Wir freuen uns sehr darüber.",
    feature = "vielen Dank für den Vorschlag. Er geht an unser Produktteam.",
    sales = "vielen Dank für Ihr Interesse.",
    pricing = "vielen Dank für Ihre Frage zu unseren Tarifen.",
    cancel = "vielen Dank für Ihre Nachricht. Es tut uns leid, dass Sie uns verlassen möchten.",
  },
  from_help_english = "Dazu steht in unserer Hilfe (auf Englisch):",
  refund_noted = "Ihren Wunsch nach einer Erstattung{order}{amount} habe ich aufgenommen; vor einer Auszahlung " ..
    "prüft ihn eine Kollegin oder ein Kollege.",
  order_part = " für die Bestellung {order}", amount_part = " ({amount})",
    ask_order = "Damit wir das prüfen können, nennen Sie uns bitte Ihre Bestellnummer.",
  ask_details = "Könnten Sie uns etwas mehr dazu schreiben, damit wir helfen können?",
    no_passage = "Eine Kollegin oder ein Kollege sieht sich das an und meldet sich bei Ihnen.",
  closing = "Mit freundlichen Grüßen",
    offer = "Wenn noch etwas offen ist, antworten Sie einfach auf diese Nachricht.",
    not_found = "Der gegebene Text beantwortet das nicht.",
}

local FR = {
  name = "French", greeting = "Bonjour {name},", greeting_formal = "Bonjour {name},", greeting_unknown = "Bonjour,",
    greeting_unknown_formal = "Bonjour,",
  thanks = "merci pour votre message.",
  opening = {
    refund = "merci pour votre message. Je suis désolé que vous deviez demander un remboursement.",
    billing = "merci pour votre message. Je suis désolé pour ce problème de facturation.",
    payment = "merci pour votre message. Je suis désolé que le paiement pose problème.",
    shipping = "merci pour votre message. Je suis désolé que vous attendiez encore votre livraison.",
    returns = "merci pour votre message. Je suis désolé que votre commande ne soit pas conforme à vos attentes.",
    account = "merci pour votre message. Je suis désolé que vous ne puissiez pas utiliser votre compte normalement.",
    technical = "merci de nous l'avoir signalé. Je suis désolé pour ce dysfonctionnement.",
    outage = "merci de nous avoir prévenus immédiatement. Nous sommes désolés pour cette interruption.",
    security = "merci de nous avoir prévenus. Nous prenons cela au sérieux.",
    privacy = "merci pour votre message au sujet de vos données personnelles.",
    complaint = "merci pour votre franchise. Je suis désolé que nous vous ayons déçu.",
    praise = "un grand merci pour vos compliments ! Ils nous font très plaisir.",
    feature = "merci pour cette suggestion. Elle part à notre équipe produit.",
    sales = "merci pour votre intérêt.",
    pricing = "merci pour votre question sur nos formules.",
    cancel = "merci pour votre message. Nous regrettons que vous souhaitiez nous quitter.",
  },
  from_help_english = "Voici ce que dit notre aide (en anglais) :",
  refund_noted = "J'ai bien noté votre demande de remboursement{order}{amount} ; un collègue la vérifie avant " ..
    "tout versement.",
  order_part = " pour la commande {order}", amount_part = " ({amount})",
    ask_order = "Pour que nous puissions vérifier, merci de nous indiquer votre numéro de commande.",
  ask_details = "Pourriez-vous nous en dire un peu plus, afin que nous puissions vous aider ?",
    no_passage = "Un collègue examine votre demande et vous répondra.",
  closing = "Cordialement", offer = "S'il reste une question, répondez simplement à ce message.",
    not_found = "Le contexte donné ne permet pas de répondre.",
}

local ES = {
  name = "Spanish", greeting = "Hola, {name}:", greeting_formal = "Estimado/a {name}:", greeting_unknown = "Hola:",
    greeting_unknown_formal = "Estimado/a cliente:",
  thanks = "gracias por su mensaje.",
  opening = {
    refund = "gracias por su mensaje. Lamento que tenga que pedir un reembolso.",
    billing = "gracias por su mensaje. Lamento el problema con su factura.",
    payment = "gracias por su mensaje. Lamento que el pago dé problemas.",
    shipping = "gracias por su mensaje. Lamento que siga esperando su entrega.",
    returns = "gracias por su mensaje. Lamento que su pedido no haya llegado como debía.",
    account = "gracias por su mensaje. Lamento que no pueda usar su cuenta con normalidad.",
    technical = "gracias por avisarnos. Lamento las molestias.",
    outage = "gracias por avisarnos enseguida. Sentimos la interrupción.",
    security = "gracias por avisarnos. Nos lo tomamos en serio.",
    privacy = "gracias por su mensaje sobre sus datos personales.",
    complaint = "gracias por su franqueza. Lamento que le hayamos decepcionado.",
    praise = "¡Muchas gracias por sus amables palabras! Nos alegran mucho.",
    feature = "gracias por la sugerencia. Llega a nuestro equipo de producto.",
    sales = "gracias por su interés.",
    pricing = "gracias por su pregunta sobre nuestros planes.",
    cancel = "gracias por su mensaje. Lamentamos que quiera dejarnos.",
  },
  from_help_english = "Esto dice nuestra ayuda (en inglés):",
  refund_noted = "He anotado su solicitud de reembolso{order}{amount}; un compañero la revisa antes de cualquier pago.",
  order_part = " del pedido {order}", amount_part = " ({amount})",
    ask_order = "Para poder revisarlo, indíquenos por favor su número de pedido.",
  ask_details = "¿Podría darnos algún detalle más para que podamos ayudarle?",
    no_passage = "Un compañero lo revisará y se pondrá en contacto con usted.",
  closing = "Un saludo", offer = "Si queda alguna duda, responda simplemente a este mensaje.",
    not_found = "El contexto dado no responde a esto.",
}

local IT = {
  name = "Italian", greeting = "Buongiorno {name},", greeting_formal = "Gentile {name},",
    greeting_unknown = "Buongiorno,", greeting_unknown_formal = "Gentile cliente,",
  thanks = "grazie per il suo messaggio.",
  opening = {
    refund = "grazie per il suo messaggio. Mi dispiace che debba chiedere un rimborso.",
    billing = "grazie per il suo messaggio. Mi dispiace per il problema con la fattura.",
    payment = "grazie per il suo messaggio. Mi dispiace che il pagamento dia problemi.",
    shipping = "grazie per il suo messaggio. Mi dispiace che stia ancora aspettando la consegna.",
    returns = "grazie per il suo messaggio. Mi dispiace che l'ordine non fosse come doveva essere.",
    account = "grazie per il suo messaggio. Mi dispiace che non possa usare il suo account come al solito.",
    technical = "grazie per la segnalazione. Mi dispiace per il disagio.",
    outage = "grazie per averci avvisato subito. Ci scusiamo per l'interruzione.",
    security = "grazie per averci avvisato. Prendiamo la cosa sul serio.",
    privacy = "grazie per il suo messaggio sui suoi dati personali.",
    complaint = "grazie per la sua franchezza. Mi dispiace che l'abbiamo delusa.",
    praise = "grazie mille per le sue gentili parole! Ci fanno molto piacere.",
    feature = "grazie per il suggerimento. Va al nostro team di prodotto.",
    sales = "grazie per il suo interesse.",
    pricing = "grazie per la sua domanda sui nostri piani.",
    cancel = "grazie per il suo messaggio. Ci dispiace che voglia lasciarci.",
  },
  from_help_english = "Ecco che cosa dice la nostra guida (in inglese):",
  refund_noted = "Ho preso nota della sua richiesta di rimborso{order}{amount}; un collega la verifica prima di " ..
    "ogni pagamento.",
  order_part = " per l'ordine {order}", amount_part = " ({amount})",
    ask_order = "Per poter verificare, ci indichi per favore il numero d'ordine.",
  ask_details = "Potrebbe darci qualche dettaglio in più, così da poterla aiutare?",
    no_passage = "Un collega esaminerà la richiesta e la ricontatterà.",
  closing = "Cordiali saluti", offer = "Se resta qualche dubbio, risponda semplicemente a questo messaggio.",
    not_found = "Il contesto dato non risponde a questa domanda.",
}

local NL = {
  name = "Dutch", greeting = "Beste {name},", greeting_formal = "Geachte {name},", greeting_unknown = "Goedendag,",
    greeting_unknown_formal = "Geachte klant,",
  thanks = "bedankt voor uw bericht.",
  opening = {
    refund = "bedankt voor uw bericht. Het spijt me dat u om een terugbetaling moet vragen.",
    billing = "bedankt voor uw bericht. Het spijt me dat er iets mis is met uw factuur.",
    payment = "bedankt voor uw bericht. Het spijt me dat de betaling problemen geeft.",
    shipping = "bedankt voor uw bericht. Het spijt me dat u nog op uw bezorging wacht.",
    returns = "bedankt voor uw bericht. Het spijt me dat uw bestelling niet in orde was.",
    account = "bedankt voor uw bericht. Het spijt me dat u uw account niet kunt gebruiken zoals het hoort.",
    technical = "bedankt voor uw melding. Het spijt me dat er iets niet werkt.",
    outage = "bedankt dat u het direct meldt. Onze excuses voor de storing.",
    security = "bedankt voor uw melding. We nemen dit serieus.",
    privacy = "bedankt voor uw bericht over uw persoonsgegevens.",
    complaint = "bedankt voor uw openheid. Het spijt me dat we u hebben teleurgesteld.",
    praise = "hartelijk dank voor uw vriendelijke woorden! We zijn er erg blij mee.",
    feature = "bedankt voor de suggestie. Die gaat naar ons productteam.",
    sales = "bedankt voor uw interesse.",
    pricing = "bedankt voor uw vraag over onze abonnementen.",
    cancel = "bedankt voor uw bericht. Het spijt ons dat u wilt stoppen.",
  },
  from_help_english = "Dit staat in onze hulp (in het Engels):",
  refund_noted = "Ik heb uw verzoek om terugbetaling{order}{amount} genoteerd; een collega controleert het " ..
    "voordat er iets wordt uitbetaald.",
  order_part = " voor bestelling {order}", amount_part = " ({amount})",
    ask_order = "Stuur ons alstublieft uw bestelnummer, dan kunnen we het nakijken.",
  ask_details = "Kunt u iets meer vertellen, zodat we u kunnen helpen?",
    no_passage = "Een collega bekijkt dit en neemt contact met u op.",
  closing = "Met vriendelijke groet", offer = "Is er nog iets onduidelijk, beantwoord dan gewoon dit bericht.",
    not_found = "De gegeven tekst beantwoordt dit niet.",
}

local PT = {
  name = "Portuguese", greeting = "Olá, {name},", greeting_formal = "Prezado(a) {name},", greeting_unknown = "Olá,",
    greeting_unknown_formal = "Prezado(a) cliente,",
  thanks = "obrigado pela sua mensagem.",
  opening = {
    refund = "obrigado pela sua mensagem. Lamento que precise de pedir um reembolso.",
    billing = "obrigado pela sua mensagem. Lamento o problema com a sua fatura.",
    payment = "obrigado pela sua mensagem. Lamento que o pagamento esteja a causar problemas.",
    shipping = "obrigado pela sua mensagem. Lamento que ainda esteja à espera da sua encomenda.",
    returns = "obrigado pela sua mensagem. Lamento que a sua encomenda não tenha chegado como devia.",
    account = "obrigado pela sua mensagem. Lamento que não consiga usar a sua conta normalmente.",
    technical = "obrigado por nos avisar. Lamento o incómodo.",
    outage = "obrigado por nos avisar de imediato. Lamentamos a interrupção.",
    security = "obrigado por nos avisar. Levamos isto a sério.",
    privacy = "obrigado pela sua mensagem sobre os seus dados pessoais.",
    complaint = "obrigado pela sua franqueza. Lamento que o tenhamos desiludido.",
    praise = "muito obrigado pelas suas palavras! Ficamos muito contentes.",
    feature = "obrigado pela sugestão. Segue para a nossa equipa de produto.",
    sales = "obrigado pelo seu interesse.",
    pricing = "obrigado pela sua pergunta sobre os nossos planos.",
    cancel = "obrigado pela sua mensagem. Lamentamos que queira deixar-nos.",
  },
  from_help_english = "Isto diz a nossa ajuda (em inglês):",
  refund_noted = "Registei o seu pedido de reembolso{order}{amount}; um colega verifica-o antes de qualquer pagamento.",
  order_part = " da encomenda {order}", amount_part = " ({amount})",
    ask_order = "Para podermos verificar, indique-nos por favor o número da encomenda.",
  ask_details = "Pode dar-nos mais algum detalhe, para o podermos ajudar?",
    no_passage = "Um colega vai analisar o pedido e entrará em contacto.",
  closing = "Com os melhores cumprimentos",
    offer = "Se restar alguma dúvida, responda simplesmente a esta mensagem.",
    not_found = "O contexto dado não responde a isto.",
}

local ALL = { en = EN, de = DE, fr = FR, es = ES, it = IT, nl = NL, pt = PT }

-- The phrases of a language; English for those that are not here.
function M.of(language)
  return ALL[language] or EN, ALL[language] and language or "en"
end

-- Fills {placeholders}; unknown ones become nothing.
function M.fill(text, values)
  return (text:gsub("{(%a+)}", function(name) return values[name] or "" end))
end

return M
