/**
 * Units available as counters in Redis, which scripts (Lua) take from: each script runs alone, so that check and decrement
 * cannot be parted. They know nothing of the database's commits.
 *
 * Limits: the products of one command lie on one Redis (no cluster). Fails: never; see the port for `away`.
 */
import { Effect } from "effect"
import type { StockCounterService, Taking, Units } from "../../../ports/stock-counter.ts"
import type { Connection } from "../connection.ts"

const TAKE = `for i, key in ipairs(KEYS) do
  local left = redis.call('GET', key)
  if not left then return 'uncounted' end
  if tonumber(left) < tonumber(ARGV[i]) then return 'short' end
end
for i, key in ipairs(KEYS) do redis.call('DECRBY', key, ARGV[i]) end
return 'taken'`

const BEGIN = "for i, key in ipairs(KEYS) do redis.call('SET', key, ARGV[i], 'NX') end"

const GIVE = `for i, key in ipairs(KEYS) do
  if redis.call('EXISTS', key) == 1 then redis.call('INCRBY', key, ARGV[i]) end
end`

export const make = ({ run }: Connection, prefix: string): StockCounterService => {
  const keys = (units: ReadonlyArray<Units>) => units.map(({ productId }) => `${prefix}stock-counter:${productId}`)
  const quantities = (units: ReadonlyArray<Units>) => units.map(({ quantity }) => String(quantity))
  const script = (text: string, units: ReadonlyArray<Units>) =>
    run((redis) => redis.eval(text, units.length, ...keys(units), ...quantities(units)))
  const change = (text: string) => (units: ReadonlyArray<Units>) =>
    units.length === 0 ? Effect.void : Effect.ignore(script(text, units))
  return {
    take: (units) =>
      script(TAKE, units).pipe(
        Effect.map((said) => said as Taking),
        Effect.orElseSucceed(() => "away" as const),
      ),
    begin: change(BEGIN),
    give: change(GIVE),
  }
}
