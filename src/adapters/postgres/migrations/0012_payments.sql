-- What was tried to get the money of an order, where its status does not say it: attempts, the last decline, what the provider
-- calls the charge, what the buyer has to do.
alter table orders add column payment jsonb;
