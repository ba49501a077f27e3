/**
 * `jaego lab`: every way to guard a hot row, side by side, through the real HTTP API; each database audited afterwards.
 *
 * It needs nothing but a clone: PostgreSQL is the embedded one, in a temporary home. Guards in Redis take part where there is a
 * redis-server on the PATH, or REDIS_URL. Limits: loopback, and the bounds of its flags.
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Console, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { CommandFailed } from "../adapters/cli/command-failed.ts"
import { json, whole } from "../adapters/cli/flags.ts"
import { Children } from "./children.ts"
import { Databases } from "./databases.ts"
import { ABOUT, CONTENDERS } from "./guards.ts"
import * as Html from "./html.ts"
import * as Markdown from "./markdown.ts"
import * as Redis from "./redis.ts"
import type { Options, Report } from "./report.ts"
import type { Room } from "./room.ts"
import { run } from "./run.ts"
import type { Contender } from "./service.ts"

/** Of a number in a list, least and most. */
const PRODUCTS = [1, 1_000_000] as const
/** Each is a socket here and one in the service. */
const CONNECTIONS = [1, 512] as const

const list = (name: string, [least, most]: readonly [number, number], fallback: string) =>
  Flag.String(name).pipe(
    Flag.withDefault(fallback),
    Flag.mapTryCatch(
      (text) =>
        text.split(",").map((each) => {
          const value = Number(each)
          if (!Number.isInteger(value) || value < least || value > most) throw new Error(each)
          return value
        }),
      () => `whole numbers from ${least} to ${most} with commas between them`,
    ),
  )

const guards = Flag.String("guards").pipe(
  Flag.withDescription(`Of ${CONTENDERS.join(", ")}; all of them without it`),
  Flag.withDefault(CONTENDERS.join(",")),
  Flag.mapTryCatch(
    (text) =>
      text.split(",").map((each) => {
        if (!(each in ABOUT)) throw new Error(each)
        return each as Contender
      }),
    () => `names of ${CONTENDERS.join(", ")} with commas between them`,
  ),
)

const rate = Flag.Finite("rate").pipe(
  Flag.filter(
    (value) => value > 0 && value <= 2,
    (value) => `a part from 0 to 2, not ${value}`,
  ),
  Flag.withDescription("Open model: orders due, as a part of that guard's own peak"),
  Flag.withDefault(0.7),
)

const flags = {
  guards,
  products: list("products", PRODUCTS, "1,100,10000").pipe(Flag.withDescription("Products in the shop")),
  connections: list("connections", CONNECTIONS, "16,64,256").pipe(Flag.withDescription("Buyers at once")),
  rate,
  seconds: whole("seconds", 1, 60).pipe(Flag.withDescription("Of each load"), Flag.withDefault(1)),
  rounds: whole("rounds", 1, 20).pipe(Flag.withDescription("Of which medians are shown"), Flag.withDefault(1)),
  oversell: whole("oversell", 0, 1_000).pipe(
    Flag.withDescription("How often 400 buyers come for 50 units, under each guard"),
    Flag.withDefault(20),
  ),
  faults: Flag.Boolean("faults").pipe(
    Flag.withDescription("Also: killed in mid-sale, a database 50 ms away, a process that is paused; 20 s a guard"),
    Flag.withDefault(false),
  ),
  quick: Flag.Boolean("quick").pipe(Flag.withDescription("A first look, in 40 s"), Flag.withDefault(false)),
  out: Flag.String("out").pipe(Flag.withDescription("Folder for the report"), Flag.withDefault("jaego-lab")),
  json,
}

/** What fits into 40 s on two processors. */
const QUICK = {
  guards: ["actors", "atomic", "optimistic", "pessimistic", "naive"],
  ...{ products: [1], connections: [64], seconds: 1, rounds: 1, oversell: 3 },
} as const satisfies Partial<Options>

/** On a terminal the line is written over; elsewhere each step has a line. */
const told = (screen: NodeJS.WriteStream) => (what: string) =>
  void screen.write(screen.isTTY ? `\r\x1b[K${what}` : `lab: ${what}\n`)

const room = (redisUrl: string | null) =>
  Effect.gen(function* () {
    const children = yield* Effect.acquireRelease(
      Effect.sync(() => new Children()),
      (all) => Effect.promise(() => all.killAll()),
    )
    const databases = yield* Effect.acquireRelease(
      Effect.tryPromise({ try: () => Databases.open(), catch: failed }),
      (all) => Effect.promise(() => all.close()),
    )
    // Processes end before their database does.
    yield* Effect.addFinalizer(() => Effect.promise(() => children.killAll()))
    const redis = yield* Effect.tryPromise({ try: () => Redis.start(children, redisUrl), catch: failed })
    return { children, databases, redisUrl: redis, told: told(process.stderr) } satisfies Room
  })

const failed = (cause: unknown) =>
  new CommandFailed({ message: cause instanceof Error ? cause.message : String(cause) })

const write = (folder: string, report: Report): void => {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, "report.json"), `${JSON.stringify(report, null, 1)}\n`)
  writeFileSync(join(folder, "report.md"), Markdown.render(report))
  writeFileSync(join(folder, "report.html"), Html.render(report))
}

/** In a line each: what matters most. */
const outcome = ({ crowds }: Report): string =>
  crowds
    .map(
      ({ buyers, contender, oversoldRuns, oversoldUnits, runs, units }) =>
        `${contender}: ${buyers} buyers for ${units} units oversold in ${oversoldRuns} of ${runs} runs, ${oversoldUnits} units`,
    )
    .join("\n")

export const command = Command.make(
  "lab",
  flags,
  Effect.fn(function* ({ json, out, quick, ...asked }) {
    const options: Options = quick ? { ...asked, ...QUICK } : asked
    const place = yield* room(process.env["REDIS_URL"] || null)
    const report = yield* Effect.tryPromise({ try: () => run(place, options), catch: failed })
    if (process.stderr.isTTY) process.stderr.write("\r\x1b[K")
    yield* Effect.try({ try: () => write(out, report), catch: failed })
    for (const each of report.left) yield* Console.error(`LEFT OUT: ${each}`)
    yield* Console.log(json ? JSON.stringify(report) : `${outcome(report)}\n${join(out, "report.html")}`)
  }, Effect.scoped),
).pipe(Command.withDescription("Measure every way to guard a hot row, side by side, and audit each database"))
