-- The chain of each lane's history: a link a taking, minted at random; its facts are those behind `since`, up to the next link.
create table lane_links (
  lane  smallint,
  since bigint,
  link  uuid not null default gen_random_uuid(),
  primary key (lane, since)
);

insert into lane_links (lane, since) select lane, 0 from lanes;
