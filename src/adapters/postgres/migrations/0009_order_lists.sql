-- Orders of a customer, of a status, of both: equality first, and then in the order of the list. The one of a customer alone is
-- read as one of each status, so that this index takes the place of another and orders cost as many entries as before.
create index orders_of_customer_by_status on orders (customer_id, status, id);
drop index orders_of_customer;
