/**
 * `jaego reconcile`: the running service compares the payment provider's books with its orders, and repairs what it may. It does so
 * itself, because only it may change an order, and it has the keys to the provider.
 *
 * Fails: CommandFailed when something differs and was not repaired, or could not be compared; `Unreachable`.
 */
import { Console, Effect, Schedule } from "effect"
import { Command, Flag } from "effect/cli"
import { CommandFailed } from "./command-failed.ts"
import { json } from "./flags.ts"
import * as HttpClient from "./http-client.ts"
import { json as jsonOf, printable } from "./printable.ts"

/** Between two looks at whether it has ended. */
const LOOK = "500 millis"

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }
const SPAN = /^([1-9]\d{0,7})([smhd])$/

interface Difference {
  readonly kind: string
  readonly key: string
  readonly orderStatus: string | null
  readonly owed: { readonly amount: number; readonly currency: string } | null
  readonly captured: number
  readonly refunded: number
  readonly repaired: boolean
}

interface Last {
  readonly outcome: string
  readonly since: string | null
  readonly matched: number
  readonly foreign: number
  readonly differences: ReadonlyArray<Difference>
}

interface State {
  readonly running: boolean
  readonly last: Last | null
}

const REASONS: Readonly<Record<string, string>> = {
  provider: "the payment provider does not show its books",
  database: "the database could not be read",
  "too-many": "there are more charges than can be compared at once: give a shorter --since",
}

const lineOf = ({ captured, key, kind, orderStatus, owed, refunded, repaired }: Difference): string => {
  const order = orderStatus === null ? "no order" : `order ${orderStatus}, owed ${owed?.amount ?? 0}`
  return `${repaired ? "repaired" : "DIFFERS "}  ${kind.padEnd(14)}  ${printable(key)}  ${order}, captured ${captured}, refunded ${refunded}`
}

const text = ({ differences, foreign, matched, since }: Last): string => {
  const left = differences.filter(({ repaired }) => !repaired).length
  const others = foreign === 0 ? "" : ` ${foreign} charges are of others.`
  const sum = `Since ${since}: ${matched} payments match, ${differences.length} differed, ${left} still do.${others}`
  return [...differences.map(lineOf), sum].join("\n")
}

const stateOf = (answer: HttpClient.HttpAnswer, status: number) =>
  answer.status === status
    ? Effect.succeed(answer.body as State)
    : Effect.fail(new CommandFailed({ message: `the service did not compare: ${HttpClient.describe(answer)}` }))

const run = Effect.fnUntraced(function* (url: string, spanSeconds: number, fix: boolean) {
  const client = yield* HttpClient.make(url, { connections: 1, patienceMs: HttpClient.PATIENCE_MS })
  const path = "/v1/admin/reconciliation"
  const look = Effect.flatMap(client.insist({ method: "GET", path }), (answer) => stateOf(answer, 200))
  const wait = Effect.repeat(look, { until: ({ running }) => !running, schedule: Schedule.spaced(LOOK) })
  // One that is under way was asked for something else.
  yield* wait
  yield* stateOf(yield* client.insist({ method: "POST", path, body: { spanSeconds, fix } }), 202)
  const { last } = yield* wait
  if (last === null) return yield* new CommandFailed({ message: "the comparison broke off: see the service's log" })
  return last
}, Effect.scoped)

export const command = (url: Flag.Flag<string>) =>
  Command.make(
    "reconcile",
    {
      url,
      json,
      since: Flag.String("since").pipe(
        Flag.withDescription("How far back: 90s, 30m, 24h or 7d"),
        Flag.filter(
          (span) => SPAN.test(span),
          (span) => `a time like 90s, 30m, 24h or 7d, not ${span}`,
        ),
        Flag.withDefault("24h"),
      ),
      fix: Flag.Boolean("fix").pipe(
        Flag.withDescription("Repair what needs no people: record charges, give back what is owed"),
        Flag.withDefault(false),
      ),
    },
    Effect.fnUntraced(function* (options) {
      const [, count, unit] = SPAN.exec(options.since)!
      const last = yield* run(options.url, Number(count) * SECONDS[unit!]!, options.fix)
      const isCompared = last.outcome === "compared"
      if (options.json) yield* Console.log(jsonOf(last))
      else if (isCompared) yield* Console.log(text(last))
      const isLeft = last.differences.some(({ repaired }) => !repaired)
      if (isLeft || (!isCompared && options.json)) return yield* new CommandFailed({ message: "" })
      if (!isCompared) return yield* new CommandFailed({ message: REASONS[last.outcome] ?? last.outcome })
    }),
  ).pipe(
    Command.withDescription(
      "Compare the payment provider's books with the orders of the running service; 1 if something still differs",
    ),
  )
