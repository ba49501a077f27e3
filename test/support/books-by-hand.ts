/** What the service writes, written by hand in SQL: for tests of what looks at it afterwards. Each is a list of statements. */
import { randomUUID } from "node:crypto"
import type { SmallShop } from "../cli/small-shop.ts"

export const laneOf = (id: string) => `(get_byte(uuid_send('${id}'::uuid), 15) & 63)`

/** What a thing's fact would be, written behind all others of its lane. */
export const fact = (kind: string, subject: string, version: number, type: string) => [
  `update lanes set seq = seq + 1 where lane = ${laneOf(subject)}`,
  `insert into outbox select lane, seq, gen_random_uuid(), '${kind}', '${subject}', ${version}, '${type}', '{}', now()
    from lanes where lane = ${laneOf(subject)}`,
]

/** A movement as the service would have written it after the newest one, with its fact; "stock": and the row. */
export const moved = (product: string, type: string, onHand: number, reserved: number, order: string | null) => [
  `update stock set on_hand = on_hand + ${onHand}, reserved = reserved + ${reserved}, version = version + 1 where product_id = '${product}'`,
  `insert into movements select product_id, version, '${type}', ${onHand}, ${reserved}, on_hand, reserved,
    ${order === null ? "null" : `'${order}'`}, null, now() from stock where product_id = '${product}'`,
  `update lanes set seq = seq + 1 where lane = ${laneOf(product)}`,
  `insert into outbox select lane, seq, gen_random_uuid(), 'stock', '${product}', s.version, 'jaego.stock.${type}.v1', '{}', now()
    from lanes, stock s where lane = ${laneOf(product)} and s.product_id = '${product}'`,
]

/** Of now, in a lane. */
export const newId = () => {
  const ms = Date.now().toString(16).padStart(12, "0")
  return `${ms.slice(0, 8)}-${ms.slice(8)}-7fff${randomUUID().slice(18)}`
}

/** An order and its line, copied from one that is there, as a person might by hand. */
export const copied = (id: string, of: string, quantity = 1) => [
  `insert into orders select '${id}', customer_id, 'reserved', total_amount * ${quantity}, currency, now(), now() + interval '1 hour', 1
    from orders where id = '${of}'`,
  `insert into holds select '${id}', product_id, line_no, customer_id, lane, ${quantity}, unit_price, currency, 'held', null
    from holds where order_id = '${of}'`,
]

/** As an import would have created them, all in lane 7. */
export const imported = (products: number) => [
  `create temporary table newcomers on commit drop as
    select ('00000000-0000-7000-8000-' || lpad(n::text, 10, '0') || '07')::uuid as id, n from generate_series(1, ${products}) n`,
  `insert into products (id, sku, name, price_amount, price_currency, lane, created_at)
    select id, 'new ' || n, 'new', 1, 'EUR', 7, now() from newcomers`,
  "insert into stock select id, 10, 0, 1 from newcomers",
  "insert into movements select id, 1, 'created', 10, 0, 10, 0, null, null, now() from newcomers",
  `insert into outbox select 7, l.seq + n, gen_random_uuid(), 'stock', id, 1, 'jaego.stock.created.v1', '{}', now()
    from newcomers, lanes l where lane = 7`,
  `update lanes set seq = seq + ${products} where lane = 7`,
]

/** The same as the service would have placed it. */
export const lawful = (shop: SmallShop, id: string) => [
  ...copied(id, shop.open),
  ...moved(shop.bread, "reserved", 0, 1, id),
  ...fact("order", id, 1, "jaego.order.placed.v1"),
]

/** So many orders of one unit of bread, as the service would have placed them, all in lane 7. */
export const rush = (shop: SmallShop, orders: number) => [
  ...moved(shop.bread, "received", orders, 0, null),
  `create table rush as select (left('${newId()}', 24) || lpad(n::text, 10, '0') || '07')::uuid as id, n from generate_series(1, ${orders}) n`,
  `insert into orders select r.id, o.customer_id, 'reserved', o.total_amount, o.currency, now(), now() + interval '1 hour', 1
    from orders o, rush r where o.id = '${shop.open}'`,
  `insert into holds select r.id, h.product_id, h.line_no, h.customer_id, h.lane, h.quantity, h.unit_price, h.currency, 'held', null
    from holds h, rush r where h.order_id = '${shop.open}'`,
  `insert into movements select s.product_id, s.version + n, 'reserved', 0, 1, s.on_hand, s.reserved + n, r.id, null, now()
    from stock s, rush r where s.product_id = '${shop.bread}'`,
  `insert into outbox select l.lane, l.seq + n, gen_random_uuid(), 'stock', s.product_id, s.version + n, 'jaego.stock.reserved.v1', '{}', now()
    from lanes l, stock s, rush where l.lane = ${laneOf(shop.bread)} and s.product_id = '${shop.bread}'`,
  `update stock set reserved = reserved + ${orders}, version = version + ${orders} where product_id = '${shop.bread}'`,
  `update lanes set seq = seq + ${orders} where lane = ${laneOf(shop.bread)}`,
  `insert into outbox select 7, l.seq + n, gen_random_uuid(), 'order', r.id, 1, 'jaego.order.placed.v1', '{}', now()
    from lanes l, rush r where l.lane = 7`,
  `update lanes set seq = seq + ${orders} where lane = 7`,
]
