/**
 * Overload of an HTTP server: its shedder, which learns twenty times a second whether a queue stands, of commands in a mailbox or of sockets
 * that are ready and not read (the lag of the event loop).
 *
 * Fails: `overloaded` (a problem), with `Retry-After`. The refused are refused first of all, by method and path: at five times of what
 * can be served most of what comes is refused, and each costs what others do not get.
 */
import { Clock, Effect } from "effect"
import { Congestion } from "../../app/overload/congestion.ts"
import { Shedder, StandingQueue } from "../../app/overload/shedding.ts"
import { type Class, Probe } from "../../ports/probe.ts"

export interface Options {
  /** `observe`: count what would be shed. */
  readonly mode: "on" | "observe" | "off"
  /** How long commands may stand in a mailbox (ms). */
  readonly targetMs: number
}

/** Between two looks (ms): five an interval, so that one pause of the garbage collector is no queue. */
const LOOK_MS = 20

export class Overload {
  readonly #mode: "on" | "observe"
  readonly #shedder: Shedder
  readonly #probe: Probe["Service"]

  constructor(
    { mode, shedder }: { readonly mode: "on" | "observe"; readonly shedder: Shedder },
    probe: Probe["Service"],
  ) {
    this.#mode = mode
    this.#shedder = shedder
    this.#probe = probe
  }

  /** Asked first of all: saying no has to cost next to nothing. */
  refuses(of: Class): boolean {
    if (this.#shedder.allows(of)) return false
    this.#probe.emit({ _tag: "RequestShed", class: of, observed: this.#mode === "observe" })
    return this.#mode === "on"
  }

  /** It counts as in flight until it has ended. */
  begun(of: Class): void {
    this.#shedder.begin(of)
  }

  ended(of: Class): void {
    this.#shedder.end(of)
  }
}

export const DEFAULTS: Options = { mode: "on", targetMs: 50 }

/** `thread`: under which number it is counted. Null: it is off. */
export const make = Effect.fnUntraced(function* ({ mode, targetMs }: Options, thread: number) {
  if (mode === "off") return null
  const probe = yield* Probe
  const { beyond, commitMs, until } = yield* Congestion
  const clock = yield* Clock.Clock
  const shedder = new Shedder(targetMs)
  const sockets = new StandingQueue(targetMs)
  let last = performance.now()
  let isBounded = false
  const look = (): void => {
    const now = performance.now()
    const standing = sockets.sample(now - last - LOOK_MS, now)
    last = now
    const time = clock.currentTimeMillisUnsafe()
    shedder.look({ isStanding: standing || time < until[0]!, isBeyond: time < beyond[0]!, commitMs: commitMs[0]! }, now)
    if (isBounded === (shedder.bound !== null)) return
    isBounded = !isBounded
    probe.emit({ _tag: "OverloadChanged", thread, to: isBounded ? "overloaded" : "calm" })
  }
  yield* Effect.acquireRelease(
    Effect.sync(() => setInterval(look, LOOK_MS).unref()),
    (timer) => Effect.sync(() => clearInterval(timer)),
  )
  return new Overload({ mode, shedder }, probe)
})
