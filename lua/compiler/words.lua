-- Names that a workflow's own names may not be: Lua's words and what the Lua that is made calls its own.

local reserved = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or repeat return then true until
    while null input config nodes errors moon expr text state ctx json require error pcall ipairs pairs type
    tostring tonumber next select unpack string table math os print assert setmetatable getmetatable
    self arg load loadstring]]):gmatch("%S+") do
    reserved[word] = true
end

local keywords = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or repeat return then true until
    while]]):gmatch("%S+") do
    keywords[word] = true
end

return { reserved = reserved, keywords = keywords }
