-- The core has held the data to the approval's form.
create or replace function api.run_approve(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    body constant json := request -> 'body';
begin
    perform api.begin_as(customer);
    return api.run_decide(customer, request -> 'params',
        json_build_object('approved', body -> 'approved', 'comment', body -> 'comment',
            'data', body -> 'data'),
        coalesce(body ->> 'by', api.show_id('key', (request -> 'caller' ->> 'key_id')::uuid)));
end
$$;
comment on function api.run_approve is 'POST /v1/runs/{run_id}/approve';
