/**
 * Rate limits counted in Redis, by its own clock (GCRA in Lua): what is asked in one turn of the event loop is one call.
 *
 * Limits: the time limit of the connection for one answer; `BATCH_MAX` keys a call.
 * Fails: never; null while Redis is away or slow.
 */
import { Effect, Exit, Layer } from "effect"
import { type Rate, RateLimitStore, type Store } from "../../ports/rate-limit-store.ts"
import * as Connection from "./connection.ts"

/** Keys in one call: a millisecond of Redis. */
const BATCH_MAX = 500

/** Of each key: its share of time and its burst (µs). Answers the time that is left of the burst. */
const TAKE = `local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local left = {}
for i, key in ipairs(KEYS) do
  local each, burst = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local free = tonumber(redis.call('GET', key) or now)
  if free < now or free > now + burst then free = now end
  left[i] = math.floor(burst - (free - now) - each)
  if left[i] >= 0 then
    redis.call('SET', key, string.format('%.0f', free + each), 'PX', math.ceil((free + each - now) / 1000))
  end
end
return left`

interface Asking {
  readonly key: string
  readonly rate: Rate
  readonly answer: (left: number | null) => void
}

const MICROSECONDS = 1_000_000

const eachOf = ({ perSecond }: Rate): number => Math.max(1, Math.round(MICROSECONDS / perSecond))

const leftOf = (rate: Rate, microseconds: number): number =>
  microseconds < 0 ? microseconds / 1_000 : Math.floor(microseconds / eachOf(rate))

export const make = Effect.fnUntraced(function* (options: Connection.Options) {
  const { run } = yield* Connection.make(options)
  const fork = Effect.runForkWith(yield* Effect.context<never>())
  let gathered: Array<Asking> = []

  const send = (asked: ReadonlyArray<Asking>): void => {
    const keys = asked.map(({ key }) => `${options.prefix}limit:${key}`)
    const args = asked.flatMap(({ rate }) => [eachOf(rate), eachOf(rate) * rate.burst])
    const taken = run((redis) => redis.eval(TAKE, keys.length, ...keys, ...args) as Promise<ReadonlyArray<number>>)
    fork(taken).addObserver((exit) => {
      for (const [index, { answer, rate }] of asked.entries())
        answer(Exit.isSuccess(exit) ? leftOf(rate, exit.value[index]!) : null)
    })
  }

  const flush = (): void => {
    const all = gathered
    gathered = []
    for (let begin = 0; begin < all.length; begin += BATCH_MAX) send(all.slice(begin, begin + BATCH_MAX))
  }

  return {
    take: (key, rate, answer) => {
      if (gathered.push({ key, rate, answer }) === 1) setImmediate(flush)
    },
  } satisfies Store
})

/** `options`: null, and each process counts for itself. */
export const layer = (options: Connection.Options | null): Layer.Layer<never> =>
  Layer.effect(RateLimitStore, options === null ? Effect.succeed(null) : make(options))
