-- The context (W3C traceparent) in which a fact was decided and a shipment opened; null: not traced.
alter table outbox add column trace text;
alter table shipments add column trace text;
