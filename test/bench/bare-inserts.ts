/**
 * What PostgreSQL alone takes for the rows that an import leaves of a new product: the same rows (product, stock, movement, key, fact) into
 * the same tables with the same indexes, 512 products a transaction, by one session that has all of them at hand. No service, nothing
 * looked up, nothing sent: what an import can come near to where it is PostgreSQL that is full, and more where it is not.
 */
import type { Scratch } from "./scratch.ts"

/** Products in a transaction: as in a commit. */
const BATCH = 512

/** A UUID, but for its last digit. */
const IMPORT = "0190a000-0000-7000-8000-00000000000"

/** The rows, made before the time is taken; ids ascend, as those of a service do. */
const rows = (count: number, round: number) => `create unlogged table bare_${round} as
  select n, (lpad(to_hex(${round * 10_000_000} + n), 12, '0') || '7000800000000000' || lpad(to_hex(n % 64), 4, '0'))::uuid as id,
    'bare ${round} ' || n as sku, 'A mug of round ${round}' as name, gen_random_uuid() as event,
    '${IMPORT}${round % 10}:' || n as key from generate_series(1, ${count}) n`

const insert = (round: number) => {
  const some = `from bare_${round} where n > v_from and n <= v_from + ${BATCH}`
  return `
    insert into products select id, sku, name, 1290, 'EUR', null, n % 64, now() ${some};
    insert into stock select id, 10, 0, 1 ${some};
    insert into movements select id, 1, 'created', 10, 0, 10, 0, null, null, now() ${some};
    insert into idempotency_keys (route, key, fingerprint, answer) select 'imports', key, event,
      json_build_object('_tag', 'Product', 'product', json_build_object('id', id, 'sku', sku, 'name', name, 'price',
        json_build_object('amount', 1290, 'currency', 'EUR'), 'purchaseLimit', null, 'version', 1, 'archived', false)) ${some};
    insert into outbox select n % 64, ${round * 10_000_000} + n, event, 'stock', id, 1, 'jaego.stock.created.v1',
      json_build_object('productId', id, 'onHandDelta', 10, 'reservedDelta', 0, 'onHand', 10, 'reserved', 0), now() ${some};`
}

/** Products a second. `database`: a copy that nothing else uses. */
export const rate = async (scratch: Scratch, database: string, count: number, round: number): Promise<number> => {
  await scratch.query(rows(count, round), database)
  await scratch.query(`alter table bare_${round} add primary key (n)`, database)
  await scratch.query(`analyze bare_${round}`, database)
  await scratch.flush()
  const began = performance.now()
  await scratch.query(
    `do $$ declare v_from int := 0; begin
      while v_from < ${count} loop
        ${insert(round)}
        commit;
        v_from := v_from + ${BATCH};
      end loop;
    end $$`,
    database,
  )
  return count / ((performance.now() - began) / 1_000)
}
