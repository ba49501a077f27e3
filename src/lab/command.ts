/**
 * `jaego lab`: every way to guard a hot row, side by side, through the real HTTP API; each database audited afterwards.
 *
 * It needs nothing but a clone: PostgreSQL is the embedded one, in a temporary home. Guards in Redis take part where there is a
 * redis-server on the PATH, or REDIS_URL. Limits: loopback, and the bounds of its flags.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Console, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { CommandFailed } from "../adapters/cli/command-failed.ts"
import { json, whole } from "../adapters/cli/flags.ts"
import { Children } from "./children.ts"
import * as Curves from "./curves.ts"
import { Databases } from "./databases.ts"
import { ABOUT, CONTENDERS } from "./guards.ts"
import * as Html from "./html.ts"
import { Generators } from "./load.ts"
import * as Markdown from "./markdown.ts"
import * as Plan from "./plan.ts"
import * as Redis from "./redis.ts"
import { added, PARTS, type Part, type Report, SWEEPS } from "./report.ts"
import type { Room } from "./room.ts"
import { run } from "./run.ts"
import type { Contender } from "./service.ts"
import * as Targets from "./targets.ts"

/** Of a number in a list, least and most. */
const PRODUCTS = [1, 1_000_000] as const
/** Each is a socket here and one in the service. */
const CONNECTIONS = [1, 512] as const

const list = (name: string, [least, most]: readonly [number, number]) =>
  Flag.String(name).pipe(
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
  Flag.mapTryCatch(
    (text) =>
      text.split(",").map((each) => {
        if (!(each in ABOUT)) throw new Error(each)
        return each as Contender
      }),
    () => `names of ${CONTENDERS.join(", ")} with commas between them`,
  ),
)

const isPart = (text: string): text is Part => (PARTS as ReadonlyArray<string>).includes(text)

const only = Flag.String("only").pipe(
  Flag.withDescription(`Nothing but these, of ${PARTS.join(", ")}`),
  Flag.mapTryCatch(
    (text) =>
      text.split(",").map((each) => {
        if (!isPart(each)) throw new Error(each)
        return each
      }),
    () => `names of ${PARTS.join(", ")} with commas between them`,
  ),
)

const rate = Flag.Finite("rate").pipe(
  Flag.filter(
    (value) => value > 0 && value <= 2,
    (value) => `a part from 0 to 2, not ${value}`,
  ),
  Flag.withDescription("Open model: orders due, as a part of that guard's own peak; 0.7"),
)

const switched = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withDefault(false))

/** Without seconds and rounds both are what fits into five minutes, or into 40 s: `plan.ts`. */
const flags = {
  guards: Flag.optional(guards),
  products: Flag.optional(list("products", PRODUCTS).pipe(Flag.withDescription("Products in the shop; 1,100,10000"))),
  connections: Flag.optional(list("connections", CONNECTIONS).pipe(Flag.withDescription("Buyers at once; 16,64,256"))),
  rate: Flag.optional(rate),
  seconds: Flag.optional(whole("seconds", 1, 60).pipe(Flag.withDescription("Of each load; what fits, at most 5"))),
  rounds: Flag.optional(whole("rounds", 1, 20).pipe(Flag.withDescription("Of which medians are shown; at most 3"))),
  oversell: Flag.optional(
    whole("oversell", 0, 1_000).pipe(
      Flag.withDescription(
        "How often 400 buyers come for 50 units, under each guard; 3, and 20 where nothing is promised",
      ),
    ),
  ),
  faults: Flag.optional(
    Flag.Boolean("faults").pipe(
      Flag.withDescription("Killed in mid-sale, a database 50 ms away, connections that are paused"),
    ),
  ),
  figures: switched("figures", `Also: throughput against ${SWEEPS.join(", ")}; five minutes more`),
  only: Flag.optional(only),
  quick: switched("quick", "A first look, in 40 s"),
  out: Flag.String("out").pipe(Flag.withDescription("Folder for the report"), Flag.withDefault("jaego-lab")),
  add: switched("add", "The report that is in the folder keeps what is not measured now"),
  json,
}

const partsOf = (
  only: Option.Option<ReadonlyArray<Part>>,
  figures: boolean,
  faults: Option.Option<boolean>,
  quick: boolean,
): ReadonlyArray<Part> => {
  if (Option.isSome(only)) return only.value
  const hasFaults = Option.getOrElse(faults, () => !quick)
  return ["guards", "oversell", ...(hasFaults ? (["faults"] as const) : []), ...(figures ? SWEEPS : [])]
}

/** On a terminal the line is written over; elsewhere each step has a line. */
const logTo = (screen: NodeJS.WriteStream) => (what: string) =>
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
    yield* Effect.tryPromise({ try: () => databases.withoutAutovacuum(), catch: failed })
    yield* Effect.tryPromise({ try: () => databases.withSegments(), catch: failed })
    const redis = yield* Effect.tryPromise({ try: () => Redis.start(children, redisUrl), catch: failed })
    const generators = new Generators(children)
    return { children, databases, generators, redisUrl: redis, log: logTo(process.stderr) } satisfies Room
  })

const failed = (cause: unknown) =>
  new CommandFailed({ message: cause instanceof Error ? cause.message : String(cause) })

const write = (folder: string, report: Report): void => {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, "report.json"), `${JSON.stringify(report, null, 1)}\n`)
  writeFileSync(join(folder, "report.md"), Markdown.render(report))
  writeFileSync(join(folder, "report.html"), Html.render(report))
  for (const sweep of Curves.sweepsOf(report)) writeFileSync(join(folder, `${sweep}.svg`), Curves.fileOf(report, sweep))
}

/** The report that a folder has, also one of an earlier version; null: none. */
const earlier = (folder: string): Report | null => {
  const file = join(folder, "report.json")
  return existsSync(file)
    ? ({ took: [], tails: [], shortened: [], ...JSON.parse(readFileSync(file, "utf8")) } as Report)
    : null
}

/** In a line each: what matters most. */
const outcome = (report: Report): string =>
  [
    ...report.crowds.map(
      ({ buyers, contender, oversoldRuns, oversoldUnits, runs, units }) =>
        `${contender}: ${buyers} buyers for ${units} units oversold in ${oversoldRuns} of ${runs} runs, ${oversoldUnits} units`,
    ),
    ...Targets.of(report).map(
      ({ goal, holds, measured, name }) => `${holds ? "pass" : "FAIL"} ${name.en}: ${measured.en} (${goal.en})`,
    ),
  ].join("\n")

export const command = Command.make(
  "lab",
  flags,
  Effect.fnUntraced(function* ({ add, faults, figures, json, only, out, quick, ...asked }) {
    const plan = Plan.plan({
      quick,
      parts: partsOf(only, figures, faults, quick),
      guards: Option.getOrUndefined(asked.guards),
      products: Option.getOrUndefined(asked.products),
      connections: Option.getOrUndefined(asked.connections),
      rate: Option.getOrUndefined(asked.rate),
      seconds: Option.getOrUndefined(asked.seconds),
      rounds: Option.getOrUndefined(asked.rounds),
      oversell: Option.getOrUndefined(asked.oversell),
    })
    const begun = performance.now()
    yield* Console.error(Plan.summary(plan))
    const before = add ? yield* Effect.try({ try: () => earlier(out), catch: failed }) : null
    const place = yield* room(process.env["REDIS_URL"] || null)
    const found = yield* Effect.tryPromise({ try: () => run(place, plan, begun), catch: failed })
    if (process.stderr.isTTY) process.stderr.write("\r\x1b[K")
    const report = before === null ? found : added(before, found)
    yield* Effect.try({ try: () => write(out, report), catch: failed })
    for (const each of report.left) yield* Console.error(`LEFT OUT: ${each}`)
    for (const { what } of report.shortened) yield* Console.error(`SHORTENED: ${what}`)
    yield* Console.log(json ? JSON.stringify(report) : `${outcome(report)}\n${join(out, "report.html")}`)
  }, Effect.scoped),
).pipe(Command.withDescription("Measure every way to guard a hot row, side by side, and audit each database"))
