/** Whether the service may be sent traffic, and if not, why. Kafka, Redis and the payment provider never make it unready. */
import { Context, Effect, Layer, Stream, SubscriptionRef } from "effect"

/**
 * `worker-lost`: a worker has died or hangs, and is being replaced. The last two are the end: `lame-duck` serves on, so
 * that balancers may notice; from `draining` on nothing new is taken on.
 */
export type State = "starting" | "ready" | "standby" | "database" | "worker-lost" | "lame-duck" | "draining"

export type Ref = SubscriptionRef.SubscriptionRef<State>

export class Readiness extends Context.Service<Readiness, Ref>()("jaego/app/Readiness") {
  static readonly layer = Layer.effect(Readiness, SubscriptionRef.make<State>("starting"))
}

const isEnd = (state: State): boolean => state === "lame-duck" || state === "draining"

/** The next state; from the end there is no way back. */
export const move = (readiness: Ref, next: (state: State) => State): Effect.Effect<void> =>
  SubscriptionRef.update(readiness, (state) => {
    const wanted = next(state)
    return isEnd(state) && !isEnd(wanted) ? state : wanted
  })

export const become = (readiness: Ref, state: State): Effect.Effect<void> => move(readiness, () => state)

/** A state as it is shown to callers and balancers. */
export const shown = <S extends State>(state: S): Exclude<S, "lame-duck"> | "draining" =>
  state === "lame-duck" ? "draining" : (state as Exclude<S, "lame-duck">)

/** Completes as soon as the state is this. */
export const reached = (readiness: Ref, wanted: State): Effect.Effect<void> =>
  SubscriptionRef.changes(readiness).pipe(
    Stream.filter((state) => state === wanted),
    Stream.runHead,
    Effect.asVoid,
  )

/** How long an answer may still take once we are draining (ms): five times the payment deadline (`test/waits.test.ts`). */
export const DRAIN_MS = 10_000

/** Says that it ends, serves on for so long (ms), and then takes on nothing new. */
export const end = Effect.fnUntraced(function* (readiness: Ref, lameDuckMs: number) {
  yield* become(readiness, "lame-duck")
  yield* Effect.sleep(lameDuckMs)
  yield* become(readiness, "draining")
})
