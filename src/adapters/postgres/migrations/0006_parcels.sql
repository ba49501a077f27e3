-- Ids of callbacks are unique within their order only; who has which parcel; first attempts are found without passing over
-- those that the carrier does not answer. Of orders that share a parcel from before, one has it.
alter table carrier_callbacks drop constraint carrier_callbacks_pkey, add primary key (order_id, id),
  add column what text check (what in ('collected', 'delivered'));

create table carrier_parcels (
  tracking_id text collate "C" primary key,
  order_id    uuid not null
);

insert into carrier_parcels select distinct on (tracking_id) tracking_id, order_id from shipments
  where tracking_id is not null order by tracking_id, order_id;

drop index shipments_due;

create index shipments_due on shipments (next_attempt_at) where next_attempt_at is not null and attempts > 0;

create index shipments_first on shipments (next_attempt_at) where next_attempt_at is not null and attempts = 0;
