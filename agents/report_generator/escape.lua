-- Text from the table or a model, made safe for HTML, SVG and Markdown. Everything that is not ours passes here.

local M = {}

local ENTITIES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

-- UTF-8 that is none, control characters and marks that turn the direction of writing are taken out.
function M.clean(text)
  text = tostring(text):gsub("[%z\1-\8\11\12\14-\31\127]", ""):gsub("[\t\r\n]+", " ")
  text = text:gsub("\226\128[\142\143\168-\174]", ""):gsub("\226\129[\166-\169]", "")
  local out, at = {}, 1
  while at <= #text do
    local from, to = text:find("^[%z\1-\127]+", at)
    if not from then from, to = text:find("^[\194-\223][\128-\191]", at) end
    if not from then from, to = text:find("^[\224-\239][\128-\191][\128-\191]", at) end
    if not from then from, to = text:find("^[\240-\244][\128-\191][\128-\191][\128-\191]", at) end
    if from then out[#out + 1] = text:sub(from, to) else out[#out + 1] = "?" end
    at = (to or at) + 1
  end
  return table.concat(out)
end

function M.html(text)
  return (M.clean(text):gsub("[&<>\"']", ENTITIES))
end

-- In running Markdown text: no markup, no HTML, no links.
function M.markdown(text)
  text = M.clean(text):gsub("[\\`*_%[%]<>|#!~]", "\\%0")
  return (text:gsub("^([%-+=])", "\\%1"):gsub("^(%d+)([.)])", "%1\\%2"):gsub("://", ":\\//"))
end

function M.shorten(text, most)
  text = M.clean(text)
  local _, length = text:gsub("[^\128-\191]", "")
  if length <= most then return text end
  local out = {}
  for character in text:gmatch("[%z\1-\127\194-\244][\128-\191]*") do
    out[#out + 1] = character
    if #out == most - 1 then break end
  end
  return (table.concat(out):gsub("%s+$", "")) .. "…"
end

return M
