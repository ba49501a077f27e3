/**
 * The log of a thread: structured lines as JSON or for people on stdout, from the level that is in force up. The level is one number
 * in memory that all threads share, so that an order to one is in force in all, and a thread that starts later finds it.
 *
 * Law: nothing is logged that a caller sent, but the id of its request; ids of ours, and what a dependency said.
 * Limits: lines below the level are dropped where they would be written, not where they are made; nothing on the way of an order
 * makes one.
 */
import { getEnvironmentData, setEnvironmentData } from "node:worker_threads"
import { Clock, Effect, Formatter, Layer, Logger, References } from "effect"
import type * as Effects from "effect/LogLevel"
import { LEVELS, type Level, LogLevel } from "../../ports/log-level.ts"
import { THREAD } from "./thread-name.ts"

export interface Options {
  readonly format: "pretty" | "json"
  readonly level: Level
}

interface Shared extends Options {
  /** One order: until when, ms since 1970 (0: for good), times LEVELS.length, and the place of its level in LEVELS. */
  readonly order: BigInt64Array
}

/** Under which threads that are started find it. */
const SHARED = "jaego/logs"

const PLACES = BigInt(LEVELS.length)

const put = (order: BigInt64Array, level: Level, until: number | null): void => {
  Atomics.store(order, 0, BigInt(until ?? 0) * PLACES + BigInt(LEVELS.indexOf(level)))
}

/** Of the process, before its first thread starts. */
export const share = ({ format, level }: Options): void => {
  const order = new BigInt64Array(new SharedArrayBuffer(8))
  put(order, level, null)
  setEnvironmentData(SHARED, { format, level, order } satisfies Shared)
}

/** Of a process that has shared nothing: a command, a test. */
const UNSHARED: Options = { format: "pretty", level: "info" }

const found = (): Shared => {
  if (getEnvironmentData(SHARED) === undefined) share(UNSHARED)
  return getEnvironmentData(SHARED) as unknown as Shared
}

const of = ({ level: configured, order }: Shared, now: () => number): LogLevel["Service"] => {
  const current = () => {
    const ordered = Atomics.load(order, 0)
    const until = Number(ordered / PLACES)
    if (until !== 0 && until <= now()) return { level: configured, until: null, configured }
    return { level: LEVELS[Number(ordered % PLACES)]!, until: until === 0 ? null : until, configured }
  }
  return {
    current,
    order: (level, until) => {
      put(order, level, until)
      return current()
    },
  }
}

/** The least place in LEVELS at which lines of this severity are dropped. */
const PLACE: Readonly<Record<Effects.Severity, number>> = { Trace: 0, Debug: 1, Info: 2, Warn: 3, Error: 4, Fatal: 4 }

const isWanted = (severity: Effects.LogLevel, level: Level): boolean =>
  severity === "All" || (severity !== "None" && PLACE[severity] >= LEVELS.indexOf(level))

/** `thread`: its name, in lines of JSON. */
export const layer = (thread = THREAD): Layer.Layer<LogLevel> =>
  Layer.unwrap(
    Effect.map(Clock.Clock, (clock) => {
      const shared = found()
      const logLevel = of(shared, () => clock.currentTimeMillisUnsafe())
      const json = Logger.map(Logger.formatStructured, (line) => Formatter.formatJson({ ...line, thread }))
      const write = shared.format === "json" ? Logger.withConsoleLog(json) : Logger.defaultLogger
      const logger = Logger.make<unknown, void>((line) => {
        if (isWanted(line.logLevel, logLevel.current().level)) write.log(line)
      })
      return Layer.mergeAll(
        Layer.succeed(LogLevel, logLevel),
        Logger.layer([logger]),
        Layer.succeed(References.MinimumLogLevel, "All"),
      )
    }),
  )
