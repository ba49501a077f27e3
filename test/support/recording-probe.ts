/**
 * A probe that remembers: tests wait for what happened instead of sleeping. And one that is silent.
 *
 * Limits: `recording` keeps everything it is notified of, which is what a test wants and a service must not have.
 */
import { Context, Deferred, Effect, Layer } from "effect"
import { type Happening, Probe } from "../../src/ports/probe.ts"

interface Waiter {
  readonly matches: (happening: Happening) => boolean
  /** How many more of them. */
  missing: number
  readonly done: Deferred.Deferred<void>
}

/** What has happened since the probe was made. */
export class Recording extends Context.Service<
  Recording,
  {
    readonly all: () => ReadonlyArray<Happening>
    readonly count: (matches: (happening: Happening) => boolean) => number
    /** Completes when `count` matching happenings have been emitted; those of the past count too. */
    readonly until: (matches: (happening: Happening) => boolean, count?: number) => Effect.Effect<void>
  }
>()("jaego/adapters/memory/Recording") {}

const record = () => {
  const happenings: Array<Happening> = []
  const waiters = new Set<Waiter>()
  const emit = (happening: Happening): void => {
    happenings.push(happening)
    for (const waiter of waiters)
      if (waiter.matches(happening) && --waiter.missing === 0) Deferred.doneUnsafe(waiter.done, Effect.void)
  }
  const count = (matches: Waiter["matches"]) => happenings.filter(matches).length
  const until = (matches: Waiter["matches"], wanted = 1) =>
    Effect.suspend(() => {
      const missing = wanted - count(matches)
      if (missing <= 0) return Effect.void
      const waiter: Waiter = { matches, missing, done: Deferred.makeUnsafe() }
      waiters.add(waiter)
      return Effect.ensuring(
        Deferred.await(waiter.done),
        Effect.sync(() => waiters.delete(waiter)),
      )
    })
  const probe: Probe["Service"] = { emit }
  const recording: Recording["Service"] = { all: () => [...happenings], count, until }
  return { probe, recording }
}

/** Happenings of one kind: `recording.until(is("BatchCommitted"), 3)`. */
export const is =
  (tag: Happening["_tag"]) =>
  (happening: Happening): boolean =>
    happening._tag === tag

export const recording: Layer.Layer<Probe | Recording> = Layer.effectContext(
  Effect.sync(() => {
    const made = record()
    return Context.make(Probe, made.probe).pipe(Context.add(Recording, made.recording))
  }),
)

export const silent: Layer.Layer<Probe> = Layer.succeed(Probe, { emit: () => undefined })
