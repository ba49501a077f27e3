-- A product and its stock are made of the same ids in one transaction, and neither is ever deleted. The reference looked each product
-- up once more and locked it, which was half of what a new row of stock cost. That the two go together is proven by `jaego verify`.
alter table stock drop constraint stock_product_id_fkey;
