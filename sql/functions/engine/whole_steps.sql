-- Steps of one run, in the order that they are given.
create or replace function engine.whole_steps(steps mb.steps[]) returns setof mb.steps
language plpgsql stable security invoker set search_path = ''
as $$
declare
    seqs integer[];
    texts text[];
    step mb.steps;
begin
    select array_agg(w.seq), array_agg(w.args) into seqs, texts
    from engine.whole_args(steps[1].customer_id, steps[1].run_id, array(
        select s.seq from unnest(steps) s where s.args like '[%')) w;
    foreach step in array steps loop
        if step.args like '[%' then
            step.args := coalesce(texts[array_position(seqs, step.seq)], step.args);
        end if;
        return next step;
    end loop;
end
$$;
comment on function engine.whole_steps is
    'Steps as they were asked for: with their whole arguments, which the journal stores in parts.';
