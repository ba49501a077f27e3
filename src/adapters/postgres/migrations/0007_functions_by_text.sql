-- Functions are named by their text from here on (functions.ts). Those without a hash in their names go: a build that
-- still calls them does not know this schema, and must not write into it.
do $$
declare
  v_function regprocedure;
begin
  for v_function in
    select p.oid from pg_proc p
    where p.pronamespace = current_schema()::regnamespace and p.proname ~ '^jaego_' and p.proname !~ '_[0-9a-f]{8}$'
  loop
    execute format('drop function %s', v_function);
  end loop;
end
$$;

-- What 0004 made on its first day, before it had its present text.
do $$
begin
  if to_regclass('inbox_default') is not null then
    alter table inbox_default rename to inbox_rest;
    alter index inbox_default_pkey rename to inbox_rest_pkey;
    alter table dead_letters drop constraint if exists "dead_letters_consumer_source_offset_key";
    alter table dead_letters drop constraint dead_letters_state_check;
    alter table dead_letters add constraint dead_letters_state_check check (state in ('poison', 'queued', 'discarded'));
  end if;
end
$$;
