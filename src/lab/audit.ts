/**
 * The audit of a database after its load, from SQL alone. It believes holds, which are the lines of orders, and each buyer's name,
 * which is given to one order only: a stock that says something else is what is wrong.
 */
import type { Databases } from "./databases.ts"

export interface Audit {
  /** Units sold beyond those there were. */
  readonly oversold: number
  /** Units sold that the stock does not know of: the writing of one transaction undone by that of another. */
  readonly lostUpdates: number
  /** Orders beyond the first of one request. */
  readonly duplicates: number
  /** Holds that still take units and belong to no open order. */
  readonly stuckHolds: number
  readonly deadlocks: number
  /** Orders there are. */
  readonly orders: number
  /** Units that a product still has available, of those that were named. */
  readonly unsold: number
}

/** `only`: of these products. */
const query = (only: ReadonlyArray<string> | null): string => {
  const chosen = only === null ? "true" : `s.product_id = any (array[${only.map((id) => `'${id}'`)}]::uuid[])`
  return `with sold as (
      select product_id, sum(quantity) as units from holds where state in ('tentative', 'held', 'confirmed') group by 1),
    begun as (
      select product_id, sum(on_hand_delta) as units from movements where type in ('created', 'received', 'adjusted') group by 1),
    stocks as (
      select b.units as begun, coalesce(h.units, 0) as sold, b.units - s.on_hand + s.reserved as known, s.on_hand - s.reserved as available
      from stock s join begun b using (product_id) left join sold h using (product_id) where ${chosen})
    select
      (select coalesce(sum(greatest(0, sold - begun)), 0) from stocks)::float8 as oversold,
      (select coalesce(sum(abs(sold - known)), 0) from stocks)::float8 as "lostUpdates",
      (select coalesce(sum(available), 0) from stocks)::float8 as unsold,
      (select count(*) - count(distinct customer_id) from orders)::float8 as duplicates,
      (select count(*) from holds h left join orders o on o.id = h.order_id
        where h.state in ('tentative', 'held') and o.status is distinct from 'reserved')::float8 as "stuckHolds",
      (select deadlocks from pg_stat_database where datname = current_database())::float8 as deadlocks,
      (select count(*) from orders)::float8 as orders`
}

/** Units of each of these products that were sold beyond those there were. */
export const oversoldOf = async (
  databases: Databases,
  database: string,
  products: ReadonlyArray<string>,
): Promise<ReadonlyArray<number>> => {
  const rows = await databases.query(
    `select greatest(0,
        (select coalesce(sum(quantity), 0) from holds h where h.product_id = p.id and state in ('tentative', 'held', 'confirmed'))
        - (select coalesce(sum(on_hand_delta), 0) from movements m
          where m.product_id = p.id and type in ('created', 'received', 'adjusted')))::float8 as units
      from unnest(array[${products.map((id) => `'${id}'`)}]::uuid[]) p (id)`,
    database,
  )
  return rows.map(({ units }) => Number(units))
}

/** Deadlocks are reported by sessions that have ended: the service must have. */
export const take = async (
  databases: Databases,
  database: string,
  only: ReadonlyArray<string> | null = null,
): Promise<Audit> => {
  const [row] = await databases.query(query(only), database)
  return row as unknown as Audit
}
