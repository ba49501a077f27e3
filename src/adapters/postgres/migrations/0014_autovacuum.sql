-- A fifth of a table, the server's own measure, is a million dead rows of five million orders. The counts of dead rows are of tables
-- whose rows change a few times and then rest: orders and their holds, shipments, and what a customer has had.
alter table orders set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
alter table holds set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
alter table shipments set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
alter table customer_units set (autovacuum_vacuum_scale_factor = 0.02);
alter table consumer_keys set (autovacuum_vacuum_scale_factor = 0.02);

-- Rows that every commit updates: few, and each has its own page to be pruned in. Once a snapshot has kept their versions, the first
-- round after it clears them, also of their entries in indexes, whatever share of the pages that is.
alter table stock set (autovacuum_vacuum_scale_factor = 0.02, vacuum_index_cleanup = on);
alter table lanes set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, vacuum_index_cleanup = on);
alter table relay_cursors set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, vacuum_index_cleanup = on);
alter table consumer_positions set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, vacuum_index_cleanup = on);
