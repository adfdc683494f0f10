create or replace function engine.quote_word(word text) returns text
language sql immutable security invoker set search_path = ''
as $$
    select '''' || replace(replace(word, '\', '\\'), '''', '''''') || ''''
$$;
comment on function engine.quote_word is 'A word as the text form of a tsquery takes it.';
