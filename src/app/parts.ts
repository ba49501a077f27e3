/**
 * How the parts beside the shop are (a health report): the relay, the consumers and the dependencies outside, as the probe's
 * happenings say it. `/readyz?verbose` shows it. None of it makes the service unready: orders are taken without any of them.
 */
import { Clock, Context, Effect, Layer } from "effect"
import { type Happening, Probe } from "../ports/probe.ts"

export interface Part {
  /** `relay`, `consumer shipping`, `dependency carrier`. */
  readonly name: string
  readonly state: "ok" | "failing"
  /** What is wrong; null: nothing. */
  readonly detail: string | null
  /** Since when it is in this state (ms since 1970). */
  readonly since: number
  /** How often it has been failing since the process started. */
  readonly failures: number
}

/** Parts that have reported, in that order; none where nothing reports. */
export const Parts = Context.Reference<{ readonly report: Effect.Effect<ReadonlyArray<Part>> }>("jaego/app/Parts", {
  defaultValue: () => ({ report: Effect.succeed([]) }),
})

/** What a happening says of a part; a detail of null: it is well. */
type Word = readonly [name: string, detail: string | null]

const consumer = (name: string): string => `consumer ${name}`

const WORDS: { readonly [Tag in Happening["_tag"]]?: (happening: Happening & { readonly _tag: Tag }) => Word } = {
  ConsumerLost: ({ consumer: name, detail }) => [consumer(name), detail],
  ConsumerStalled: ({ absent, consumer: name }) => [consumer(name), `it waits for the ${absent}`],
  ConsumerFlowing: ({ consumer: name }) => [consumer(name), null],
  EventsHandled: ({ consumer: name }) => [consumer(name), null],
  StreamStalled: ({ detail }) => ["relay", detail],
  FactsRelayed: () => ["relay", null],
  LeadershipTaken: () => ["relay", null],
  ReplicaChanged: ({ out, replica }) => [`replica ${replica}`, out],
  CircuitChanged: ({ dependency, to }) => [`dependency ${dependency}`, to === "closed" ? null : `its circuit is ${to}`],
}

const after = (before: Part | undefined, [name, detail]: Word, now: number): Part => {
  const state = detail === null ? "ok" : "failing"
  const since = before?.state === state ? before.since : now
  return { name, state, detail, since, failures: (before?.failures ?? 0) + (state === "failing" ? 1 : 0) }
}

/** The parts, and the probe that follows them. */
export const watching: Layer.Layer<Probe, never, Probe> = Layer.effectContext(
  Effect.gen(function* () {
    const probe = yield* Probe
    const clock = yield* Clock.Clock
    const parts = new Map<string, Part>()
    const emit = (happening: Happening): void => {
      probe.emit(happening)
      const wordOf = WORDS[happening._tag] as ((happening: Happening) => Word) | undefined
      if (wordOf === undefined) return
      const word = wordOf(happening)
      const before = parts.get(word[0])
      // Almost always it was well and still is.
      if (before?.state === "ok" && word[1] === null) return
      parts.set(word[0], after(before, word, clock.currentTimeMillisUnsafe()))
    }
    return Context.make(Parts, { report: Effect.sync(() => [...parts.values()]) }).pipe(Context.add(Probe, { emit }))
  }),
)
