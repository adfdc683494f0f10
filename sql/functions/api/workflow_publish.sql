-- The core has compiled the draft of `revision` and checked the package. Publishes it as `version`,
-- and has a deployment run it: `deployment` is an id, "new" or null. `hooks` of the answer is for the
-- core alone: secrets that it has to seal for their triggers.
create or replace function api.workflow_publish(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    wanted constant uuid := request -> 'params' ->> 'workflow_id';
    package constant json := request -> 'package';
    name_ constant text := package -> 'manifest' ->> 'name';
    workflow constant mb.workflows := api.workflow_find(customer, wanted, true);
    version_ mb.workflow_versions;
    body json;
    hooks json;
begin
    if workflow.revision <> (request ->> 'revision')::integer
        or workflow.published + 1 <> (request ->> 'version')::integer then
        perform api.fail(409, 'conflict',
            format('it was changed meanwhile: the draft is at revision %s', workflow.revision));
    end if;
    if exists (select from mb.workflow_versions v
        join mb.workflows w on w.customer_id = v.customer_id and w.workflow_id = v.workflow_id
        where v.customer_id = customer and v.name = name_ and v.workflow_id <> wanted
            and w.deleted_at is null) then
        perform api.fail(409, 'exists', format('another workflow is published as "%s"', name_));
    end if;
    body := api.package_create(customer, package) -> 'body';
    insert into mb.workflow_versions (customer_id, workflow_id, version, name, document, package_id,
        cost, note, published_by)
    values (customer, wanted, workflow.published + 1, name_, workflow.document,
        substr(body ->> 'id', 5)::uuid, request -> 'cost', coalesce(request ->> 'note', ''),
        (request -> 'caller' ->> 'key_id')::uuid)
    returning * into strict version_;
    update mb.workflows w
    set published = version_.version
    where w.customer_id = customer and w.workflow_id = wanted;
    body := api.workflow_version_json(version_);
    if request ->> 'deployment' is not null then
        body := api.json_with(body, 'deployment', api.workflow_deploy(customer, version_, request));
        hooks := api.workflow_hooks(customer, (case request ->> 'deployment' when 'new'
            then request ->> 'deployment_id' else request ->> 'deployment' end)::uuid,
            version_.document);
    end if;
    return json_build_object('status', 201,
        'headers', json_build_object('location', format('/v1/workflows/%s/versions/%s',
            api.show_id('wf', wanted), version_.version)),
        'body', body,
        'hooks', hooks);
end
$$;
comment on function api.workflow_publish is 'POST /v1/workflows/{workflow_id}/publish';
