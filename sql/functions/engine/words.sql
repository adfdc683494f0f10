-- Stop words of English are left out, unless there is nothing else.
create or replace function engine.words(query text) returns tsquery
language sql stable security invoker set search_path = ''
as $$
    with words as (
        select w.lexeme, to_tsvector('pg_catalog.english', w.lexeme) = '' as is_stop_word
        from unnest(to_tsvector('pg_catalog.simple', query)) w
    ), chosen as (
        select w.lexeme from words w
        where not w.is_stop_word or not exists (select from words o where not o.is_stop_word)
        union
        select w.lexeme from unnest(to_tsvector('pg_catalog.english', query)) w
    )
    select coalesce(string_agg(engine.quote_word(c.lexeme), ' | '), '')::tsquery
    from chosen c
$$;
comment on function engine.words is
    'A text search query for documents that have any of the words, as they are or by their stems.';
